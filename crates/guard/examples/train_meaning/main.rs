//! Trains the second look and writes `meaning.bin` beside the crate.
//!
//! `train_meaning DATA MODELS [OUT]` reads the development data and the encoder's files in MODELS, and writes into OUT,
//! by default the crate's `weights/`. Run `train_guard` first: what it learns comes on top of the linear model. The
//! same file comes out each time on processors with the same instructions, since the encoder computes with them.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a program of its own, that reads arguments and files and stops where something is wrong"
)]

#[path = "../train_guard/corpora.rs"]
mod corpora;
#[path = "../train_guard/examples.rs"]
mod examples;
#[path = "../train_guard/learn.rs"]
mod learn;
mod network;
#[path = "../train_guard/templates.rs"]
mod templates;
mod windows;

use std::error::Error;
use std::path::{Path, PathBuf};

use corpora::{Corpora, Part};
use patou_guard::model::{Head, Meaning, Weights};
use provider::{EncoderOptions, EncoderPrecision, LocalEncoder, ModelPaths};
use windows::{Source, Window};

/// How many texts are embedded at a time.
const BATCH: usize = 2000;

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: train_meaning DATA MODELS [OUT]";
    let mut arguments = std::env::args().skip(1);
    let data = PathBuf::from(arguments.next().ok_or(usage)?);
    let models = PathBuf::from(arguments.next().ok_or(usage)?);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/weights");
    let out = PathBuf::from(arguments.next().unwrap_or_else(|| beside.to_owned()));
    let corpora = Corpora::read(&data).ok_or("the development data is not complete")?;
    let trained = windows::of_part(&corpora, Part::Train, &heads(&corpora));
    let own: Vec<&Head> = (0..corpora::FOLDS).map(|_| &Weights::built_in().document).collect();
    let checked = windows::of_part(&corpora, Part::Validation, &own);
    println!("{} windows to train on, {} to set the threshold on", trained.len(), checked.len());
    let encoder = encoder(&models)?;
    let network = network::train(&embedded(&encoder, &trained)?);
    let network = network::calibrated(network, &embedded(&encoder, &checked)?, &checked);
    println!("threshold {:.4}, slope {:.4}", network.threshold, network.slope);
    std::fs::write(out.join("meaning.bin"), network.write())?;
    Ok(())
}

/// For each fold a linear model that has not seen it: what a model says of its own examples is surer than what it says
/// of others.
fn heads(corpora: &Corpora) -> Vec<Head> {
    (0..corpora::FOLDS).map(|fold| examples::document_head(&without(corpora, fold))).collect()
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

/// The same, with nothing to train on from one fold.
fn without(corpora: &Corpora, fold: u8) -> Corpora {
    let mut less = corpora.clone();
    let all = [
        &mut less.manual,
        &mut less.contexts,
        &mut less.abstracts,
        &mut less.queries,
        &mut less.triggers,
        &mut less.overrides,
        &mut less.orders,
        &mut less.injections,
        &mut less.announcements,
        &mut less.commands,
        &mut less.harmless,
        &mut less.articles,
    ];
    let held = |text: &&mut corpora::Text| text.part == Part::Train && text.fold == fold;
    all.into_iter().flatten().filter(held).for_each(|text| text.part = Part::Validation);
    less
}
