//! Owns the learning: logistic regression by AdaGrad, in one order, with arithmetic that is the same everywhere.

use patou_guard::model::{BUCKETS, Head};

use super::templates::Dice;

/// Features of a window, whether it is an attack, and how much it counts.
pub struct Example {
    /// Buckets.
    pub features: Vec<u32>,
    /// Whether it is an attack.
    pub attack: bool,
    /// How much it counts.
    pub weight: f32,
}

/// How far a model goes towards its examples: little, where what it is to judge will read otherwise than they do.
#[derive(Clone, Copy)]
pub struct Pace {
    /// How often it sees them all.
    pub epochs: usize,
    /// How far it goes each time.
    pub rate: f32,
}

/// Pulls weights towards nothing.
const DECAY: f32 = 2e-6;
/// What a feature's first gradients are damped by.
const DAMPING: f32 = 1e-3;

/// A head learned from examples; its calibration is set afterwards.
pub fn learn(examples: &[Example], pace: Pace) -> Head {
    let mut weights = vec![0.0f32; BUCKETS as usize];
    let mut squares = vec![DAMPING; BUCKETS as usize];
    let (mut bias, mut bias_square) = (0.0f32, 1.0f32);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut dice = Dice(7);
    for _ in 0..pace.epochs {
        for at in (1..order.len()).rev() {
            order.swap(at, dice.below(at + 1));
        }
        for example in order.iter().map(|at| &examples[*at]) {
            let scale = 1.0 / (example.features.len().max(1) as f32).sqrt();
            let sum: f32 = example.features.iter().map(|bucket| weights[*bucket as usize]).sum();
            let target = if example.attack { 1.0 } else { 0.0 };
            let error = (logistic(bias + scale * sum) - target) * example.weight;
            bias_square += error * error;
            bias -= pace.rate * error / bias_square.sqrt();
            for bucket in &example.features {
                let at = *bucket as usize;
                let gradient = error * scale + DECAY * weights[at];
                squares[at] += gradient * gradient;
                weights[at] -= pace.rate * gradient / squares[at].sqrt();
            }
        }
    }
    pack(&weights, bias)
}

fn pack(weights: &[f32], bias: f32) -> Head {
    let mut sizes: Vec<f32> = weights.iter().map(|weight| weight.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    // The largest few are cut, so that the many keep their decimals.
    let largest = sizes.get(sizes.len().saturating_sub(1 + sizes.len() / 2000)).copied().unwrap_or(1.0);
    let scale = largest / 127.0;
    let weights = weights.iter().map(|weight| (weight / scale).round().clamp(-127.0, 127.0) as i8).collect();
    Head { scale, bias, slope: 1.0, threshold: 0.0, weights }
}

/// 1 / (1 + exp(−x)), with an exponential of additions and products alone, which every machine rounds alike.
pub fn logistic(x: f32) -> f32 {
    let x = f64::from(-x).clamp(-40.0, 40.0);
    let whole = (x / std::f64::consts::LN_2).round();
    let rest = x - whole * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..12 {
        term = term * rest / f64::from(n);
        sum += term;
    }
    let power = f64::from_bits(((1023 + whole as i64) as u64) << 52);
    (1.0 / (1.0 + sum * power)) as f32
}
