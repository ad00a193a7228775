//! Owns the learning of the network: logistic loss, one example at a time, with AdaGrad.

use patou_guard::model::{HIDDEN, Meaning, UNIT, units};

use super::examples::{Over, calibration};
use super::learn::logistic;
use super::templates::Dice;
use super::windows::{Source, Window};

/// What goes in, what should come out, and how much it counts.
pub struct Example {
    /// Numbers.
    pub inputs: Vec<f32>,
    /// Whether it is an attack.
    pub attack: bool,
    /// How much it counts.
    pub weight: f32,
}

const EPOCHS: usize = 4;
/// How many networks there are, and how many units each has.
const MEMBERS: usize = 3;
const UNITS: usize = HIDDEN / MEMBERS;
/// Vectors are moved by up to so much each time they are seen, so that nothing hangs on where exactly they lie.
const NOISE: f32 = 0.17;
const RATE: f32 = 0.03;
/// Pulls weights towards nothing.
const DECAY: f32 = 1e-5;
const DAMPING: f32 = 1e-3;
/// How large the first weights are.
const FIRST: f32 = 0.08;

/// Of ordinary documents, of single sentences that were written to be mistaken, and of paragraphs about attacks.
const OVER: [(Source, Over); 4] = [
    (Source::Document, Over { share: 0.01, margin: 0.3 }),
    (Source::Abstract, Over { share: 0.004, margin: 0.3 }),
    (Source::Line, Over { share: 0.04, margin: 0.0 }),
    (Source::Article, Over { share: 0.05, margin: 0.0 }),
];

/// A network learned from examples: several that learn apart, side by side, whose answers are averaged; its calibration
/// is set afterwards.
pub fn train(examples: &[Example]) -> Meaning {
    let members: Vec<Member> = (0..MEMBERS).map(|seed| Member::trained(examples, seed as u64)).collect();
    let hidden = members.iter().flat_map(|member| member.hidden.iter().copied()).collect();
    let share = 1.0 / MEMBERS as f32;
    let out = members.iter().flat_map(|member| &member.out[..UNITS]).map(|weight| weight * share);
    let bias: f32 = members.iter().map(|member| member.out[UNITS] * share).sum();
    Meaning { hidden, out: out.chain([bias]).collect(), threshold: 0.0, slope: 1.0 }
}

/// One of them, while it learns.
struct Member {
    hidden: Vec<f32>,
    out: Vec<f32>,
    of_hidden: Vec<f32>,
    of_out: Vec<f32>,
}

impl Member {
    fn trained(examples: &[Example], seed: u64) -> Self {
        let mut dice = Dice(31 + seed);
        let mut first = |count: usize| -> Vec<f32> { (0..count).map(|_| even(&mut dice) * FIRST).collect() };
        let mut member = Self {
            hidden: first(UNITS * UNIT),
            out: first(UNITS + 1),
            of_hidden: vec![DAMPING; UNITS * UNIT],
            of_out: vec![DAMPING; UNITS + 1],
        };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for _ in 0..EPOCHS {
            for at in (1..order.len()).rev() {
                order.swap(at, dice.below(at + 1));
            }
            for example in order.iter().map(|at| &examples[*at]) {
                let mut inputs = example.inputs.clone();
                if let Some((_raw, vector)) = inputs.split_last_mut() {
                    vector.iter_mut().for_each(|input| *input += even(&mut dice) * NOISE);
                }
                member.step(&inputs, example);
            }
        }
        member
    }

    fn step(&mut self, inputs: &[f32], example: &Example) {
        let units = units(&self.hidden, inputs);
        let sum: f32 = units.iter().zip(&self.out).map(|(unit, weight)| unit * weight).sum();
        let target = if example.attack { 1.0 } else { 0.0 };
        let error = (logistic(sum + self.out[UNITS]) - target) * example.weight;
        for (at, unit) in units.iter().enumerate() {
            // What does not speak learns nothing.
            if *unit > 0.0 {
                let back = error * self.out[at];
                let inputs = inputs.iter().chain([&1.0]);
                let own = at * UNIT..(at + 1) * UNIT;
                let weights = self.hidden[own.clone()].iter_mut().zip(&mut self.of_hidden[own]);
                for ((weight, square), input) in weights.zip(inputs) {
                    moved(weight, square, back * input);
                }
            }
        }
        for (at, unit) in units.iter().chain([&1.0]).enumerate() {
            moved(&mut self.out[at], &mut self.of_out[at], error * unit);
        }
    }
}

/// A number between −1 and 1.
fn even(dice: &mut Dice) -> f32 {
    dice.below(2001) as f32 / 1000.0 - 1.0
}

fn moved(weight: &mut f32, square: &mut f32, gradient: f32) {
    let gradient = gradient + DECAY * *weight;
    *square += gradient * gradient;
    *weight -= RATE * gradient / square.sqrt();
}

/// Sets the threshold and the slope, by the worst window of each text.
pub fn calibrated(mut network: Meaning, examples: &[Example], windows: &[Window]) -> Meaning {
    let mut scores: Vec<(Source, f32)> = Vec::new();
    let mut at = 0;
    while let Some(window) = windows.get(at) {
        let of_text = windows[at..].iter().take_while(|other| other.document == window.document).count();
        let raws = examples[at..at + of_text].iter().map(|example| network.raw(&example.inputs));
        let worst = raws.fold(f32::NEG_INFINITY, f32::max);
        scores.push((window.source, worst));
        at += of_text;
    }
    let of = |wanted: Source| {
        scores.iter().filter(|(source, _)| *source == wanted).map(|(_, score)| *score).collect()
    };
    let harmless = OVER.into_iter().map(|(source, over)| (of(source), over)).collect();
    (network.threshold, network.slope) = calibration(harmless, of(Source::Attack));
    network
}
