//! Owns the training of the second look: windows, what the encoder makes of them, and a network over that.
//!
//! The same network comes out each time on processors with the same instructions, since the encoder computes with them.

use std::error::Error;
use std::path::Path;

use patou_guard::model::{Head, Meaning};
use provider::{EncoderOptions, EncoderPrecision, LocalEncoder, ModelPaths};

use super::corpora::{Corpora, FOLDS, Part};
use super::windows::{Source, Window, of_part};
use super::{examples, network};

/// How many texts are embedded at a time.
const BATCH: usize = 2000;

/// The network for windows that `head` is in doubt about, with the encoder's files in `models`.
pub fn network(corpora: &Corpora, head: &Head, models: &Path) -> Result<Meaning, Box<dyn Error>> {
    let trained = of_part(corpora, Part::Train, &heads(corpora));
    let checked = of_part(corpora, Part::Validation, &vec![head; usize::from(FOLDS)]);
    println!("{} windows to train on, {} to set the threshold on", trained.len(), checked.len());
    let encoder = encoder(models)?;
    let network = network::train(&embedded(&encoder, &trained)?);
    Ok(network::calibrated(network, &embedded(&encoder, &checked)?, &checked))
}

/// For each fold a linear model that has not seen it: what a model says of its own examples is surer than what it says
/// of others.
fn heads(corpora: &Corpora) -> Vec<Head> {
    (0..FOLDS).map(|fold| examples::document_head(&corpora.without(fold))).collect()
}

fn encoder(models: &Path) -> Result<LocalEncoder, Box<dyn Error>> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = EncoderOptions { max_tokens: 512, threads, precision: EncoderPrecision::Int8 };
    Ok(LocalEncoder::open(&ModelPaths::below(models), options)?)
}

/// Windows as examples.
fn embedded(encoder: &LocalEncoder, windows: &[Window]) -> Result<Vec<network::Example>, Box<dyn Error>> {
    let mut examples = Vec::with_capacity(windows.len());
    for some in windows.chunks(BATCH) {
        let texts: Vec<String> = some.iter().map(|window| window.text.clone()).collect();
        for (window, vector) in some.iter().zip(encoder.embed_blocking(&texts)?) {
            let inputs =
                Meaning::inputs(&vector, window.raw).ok_or("the encoder's vectors have another length")?;
            examples.push(network::Example {
                inputs,
                attack: window.source == Source::Attack,
                weight: window.weight,
            });
        }
    }
    Ok(examples)
}
