//! Owns the learning of the network: logistic loss, one example at a time, with AdaGrad.

use patou_guard::model::{HIDDEN, Meaning, UNIT};

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
const RATE: f32 = 0.03;
/// Pulls weights towards nothing.
const DECAY: f32 = 1e-5;
const DAMPING: f32 = 1e-3;
/// How large the first weights are.
const FIRST: f32 = 0.08;

/// Of ordinary documents, of single sentences that were written to be mistaken, and of paragraphs about attacks.
const OVER: [(Source, Over); 3] = [
    (Source::Document, Over { share: 0.004, margin: 0.3 }),
    (Source::Line, Over { share: 0.04, margin: 0.0 }),
    (Source::Article, Over { share: 0.05, margin: 0.0 }),
];

/// A network learned from examples; its calibration is set afterwards.
pub fn train(examples: &[Example]) -> Meaning {
    let mut dice = Dice(31);
    let mut first = |count: usize| -> Vec<f32> {
        (0..count).map(|_| (dice.below(2001) as f32 / 1000.0 - 1.0) * FIRST).collect()
    };
    let mut network =
        Meaning { hidden: first(HIDDEN * UNIT), out: first(HIDDEN + 1), threshold: 0.0, slope: 1.0 };
    let mut squares = (vec![DAMPING; HIDDEN * UNIT], vec![DAMPING; HIDDEN + 1]);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for _ in 0..EPOCHS {
        for at in (1..order.len()).rev() {
            order.swap(at, dice.below(at + 1));
        }
        for example in order.iter().map(|at| &examples[*at]) {
            step(&mut network, &mut squares, example);
        }
    }
    network
}

fn step(network: &mut Meaning, (of_hidden, of_out): &mut (Vec<f32>, Vec<f32>), example: &Example) {
    let units = network.units(&example.inputs);
    let sum: f32 = units.iter().zip(&network.out).map(|(unit, weight)| unit * weight).sum();
    let target = if example.attack { 1.0 } else { 0.0 };
    let error = (logistic(sum + network.out[HIDDEN]) - target) * example.weight;
    for (at, unit) in units.iter().enumerate() {
        // What does not speak learns nothing.
        if *unit > 0.0 {
            let back = error * network.out[at];
            let inputs = example.inputs.iter().chain([&1.0]);
            let own = at * UNIT..(at + 1) * UNIT;
            let weights = network.hidden[own.clone()].iter_mut().zip(&mut of_hidden[own]);
            for ((weight, square), input) in weights.zip(inputs) {
                moved(weight, square, back * input);
            }
        }
    }
    for (at, unit) in units.iter().chain([&1.0]).enumerate() {
        moved(&mut network.out[at], &mut of_out[at], error * unit);
    }
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
