//! Rows of activations to 8-bit integers and back, vectorised for the processor at hand.

use rten_simd::ops::{BitOps, FloatOps, NarrowSaturate, NumOps, ToFloat};
use rten_simd::{Isa, Simd, SimdOp, SimdUnaryOp};

use super::gelu::ShortGelu;

/// Rows are as long as a multiple of this: the most 8-bit integers that a vector holds.
pub(super) const LANES_MAX: usize = 64;

/// The largest value of a quantised activation.
const UNITS: f32 = 255.0;

/// Rows of one value only are quantised as if they had this range, so that nothing is divided by zero.
const RANGE_MIN: f32 = 1e-30;

/// How the values of a row were quantised: `x ≈ low + step · u`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RowScale {
    low: f32,
    step: f32,
}

/// What belongs to the outputs of a layer.
#[derive(Debug)]
pub(super) struct Columns {
    /// What a unit of the quantised weights stands for.
    pub(super) steps: Vec<f32>,
    /// The sums of the weights as quantised.
    pub(super) totals: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// Quantises each row of `input`, `width` long, between its least and its largest value.
pub(super) struct Quantise<'a> {
    pub(super) input: &'a [f32],
    pub(super) width: usize,
    pub(super) values: &'a mut [u8],
    /// What rounding left over, again from 0 to 255; where it is empty, that is lost.
    pub(super) remainders: &'a mut [u8],
    pub(super) scales: &'a mut [RowScale],
}

impl SimdOp for Quantise<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { input, width, values, remainders, scales } = self;
        let rows = input.chunks_exact(width).zip(values.chunks_exact_mut(width)).zip(scales);
        if remainders.is_empty() {
            for ((row, values), scale) in rows {
                *scale = RowScale::of(isa, row);
                let units = row.chunks_exact(isa.u8().len()).zip(values.chunks_exact_mut(isa.u8().len()));
                for (row, values) in units {
                    isa.u8().store(
                        narrow(isa, scale.units(isa, row).map(|unit| isa.f32().to_int_round(unit))),
                        values,
                    );
                }
            }
        } else {
            for (((row, values), scale), remainders) in rows.zip(remainders.chunks_exact_mut(width)) {
                *scale = RowScale::of(isa, row);
                scale.quantise_twice(isa, row, [values, remainders]);
                scale.low -= scale.step / 2.0;
            }
        }
    }
}

impl RowScale {
    /// The scale that takes in the whole row.
    #[inline(always)]
    fn of<I: Isa>(isa: I, row: &[f32]) -> Self {
        let floats = isa.f32();
        let [mut low, mut high] = [[floats.load(row); 4]; 2];
        for chunk in row.chunks_exact(floats.len() * 4) {
            let chunk = floats.load_many::<4>(chunk);
            for part in 0..4 {
                low[part] = floats.min(chunk[part], low[part]);
                high[part] = floats.max(chunk[part], high[part]);
            }
        }
        let low = floats.min(floats.min(low[0], low[1]), floats.min(low[2], low[3]));
        let high = floats.max(floats.max(high[0], high[1]), floats.max(high[2], high[3]));
        let low = fold(low.to_array(), f32::min);
        let range = (fold(high.to_array(), f32::max) - low).max(RANGE_MIN);
        Self { low, step: range / UNITS }
    }

    /// Four vectors of the row in units, not yet rounded.
    #[inline(always)]
    fn units<I: Isa>(self, isa: I, row: &[f32]) -> [I::F32; 4] {
        let floats = isa.f32();
        let (inverse, shift) = (floats.splat(1.0 / self.step), floats.splat(-self.low / self.step));
        floats.load_many::<4>(row).map(|part| floats.mul_add(part, inverse, shift))
    }

    #[inline(always)]
    fn quantise_twice<I: Isa>(self, isa: I, row: &[f32], into: [&mut [u8]; 2]) {
        let (floats, integers, bytes) = (isa.f32(), isa.i32(), isa.u8());
        let (most, half) = (floats.splat(UNITS), floats.splat(UNITS / 2.0));
        let [values, remainders] = into;
        let places = values.chunks_exact_mut(bytes.len()).zip(remainders.chunks_exact_mut(bytes.len()));
        for (row, (values, remainders)) in row.chunks_exact(bytes.len()).zip(places) {
            let units = self.units(isa, row);
            let rounded = units.map(|unit| floats.to_int_round(unit));
            let rest: [_; 4] = std::array::from_fn(|part| {
                let rest = floats.sub(units[part], integers.to_float(rounded[part]));
                floats.to_int_round(floats.mul_add(rest, most, half))
            });
            bytes.store(narrow(isa, rounded), values);
            bytes.store(narrow(isa, rest), remainders);
        }
    }
}

/// Four vectors of integers to one of bytes; what is out of their range becomes the nearest.
#[inline(always)]
fn narrow<I: Isa>(isa: I, units: [I::I32; 4]) -> I::U8 {
    let first = isa.i32().narrow_saturate(units[0], units[1]);
    let last = isa.i32().narrow_saturate(units[2], units[3]);
    isa.i16().narrow_saturate(first, last)
}

/// What becomes of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onto {
    /// They are written over what an output holds.
    Replace,
    /// They go through GELU and are written over what an output holds.
    Gelu,
    /// They are added to what an output holds.
    Add,
}

/// Turns sums of products back into floats and adds the bias.
pub(super) struct Dequantise<'a> {
    pub(super) sums: &'a [i32],
    /// The products of what [`Quantise::remainders`] held.
    pub(super) remainders: &'a [i32],
    pub(super) scales: &'a [RowScale],
    pub(super) columns: &'a Columns,
    pub(super) output: &'a mut [f32],
    pub(super) onto: Onto,
}

impl SimdOp for Dequantise<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let (floats, integers) = (isa.f32(), isa.i32());
        if self.remainders.is_empty() {
            self.rows(
                isa,
                #[inline(always)]
                |sums, _| integers.to_float(integers.load(sums)),
            );
        } else {
            let part = floats.splat(1.0 / UNITS);
            self.rows(
                isa,
                #[inline(always)]
                |sums, remainders| {
                    let whole = integers.to_float(integers.load(sums));
                    floats.mul_add(integers.to_float(integers.load(remainders)), part, whole)
                },
            );
        }
    }
}

impl Dequantise<'_> {
    #[inline(always)]
    fn rows<I: Isa>(self, isa: I, sum: impl Fn(&[i32], &[i32]) -> I::F32) {
        let Self { sums, remainders, scales, columns, output, onto } = self;
        let width = columns.bias.len();
        let remainders = if remainders.is_empty() { sums } else { remainders };
        let sums = sums.chunks_exact(width).zip(remainders.chunks_exact(width));
        for (((sums, remainders), output), scale) in sums.zip(output.chunks_exact_mut(width)).zip(scales) {
            let row = Row { sums, remainders, scale: *scale, columns, sum: &sum };
            match onto {
                Onto::Replace => row.finish(
                    isa,
                    output,
                    #[inline(always)]
                    |_, new| new,
                ),
                Onto::Gelu => row.finish(
                    isa,
                    output,
                    #[inline(always)]
                    |_, new| ShortGelu.eval(isa, new),
                ),
                Onto::Add => row.finish(
                    isa,
                    output,
                    #[inline(always)]
                    |old, new| isa.f32().add(old, new),
                ),
            }
        }
    }
}

struct Row<'a, S> {
    sums: &'a [i32],
    remainders: &'a [i32],
    scale: RowScale,
    columns: &'a Columns,
    sum: S,
}

impl<S> Row<'_, S> {
    #[inline(always)]
    fn finish<I: Isa>(&self, isa: I, output: &mut [f32], onto: impl Fn(I::F32, I::F32) -> I::F32)
    where
        S: Fn(&[i32], &[i32]) -> I::F32,
    {
        let floats = isa.f32();
        let lanes = floats.len();
        let (low, step) = (floats.splat(self.scale.low), floats.splat(self.scale.step));
        let Columns { steps, totals, bias } = self.columns;
        let columns = steps.chunks_exact(lanes).zip(totals.chunks_exact(lanes)).zip(bias.chunks_exact(lanes));
        let sums = self.sums.chunks_exact(lanes).zip(self.remainders.chunks_exact(lanes));
        for (((sums, remainders), output), ((steps, totals), bias)) in
            sums.zip(output.chunks_exact_mut(lanes)).zip(columns)
        {
            let product = floats.mul((self.sum)(sums, remainders), floats.load(steps));
            let constant = floats.mul_add(floats.load(totals), low, floats.load(bias));
            let new = floats.mul_add(product, step, constant);
            floats.store(onto(floats.load(output), new), output);
        }
    }
}

fn fold(lanes: impl IntoIterator<Item = f32>, with: fn(f32, f32) -> f32) -> f32 {
    lanes.into_iter().reduce(with).unwrap_or_default()
}
