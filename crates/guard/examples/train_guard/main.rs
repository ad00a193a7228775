//! Trains the guard's models and writes them beside the crate, bit for bit the same each time.
//!
//! `train_guard DATA MODELS [OUT]` reads the development data and the encoder's files in MODELS, and writes `words.txt`,
//! `linear.bin` and `meaning.bin` into OUT, by default the crate's `weights/`; it prints the split's hash and the
//! calibration.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a program of its own, that reads arguments and files and stops where something is wrong"
)]

mod corpora;
mod examples;
mod learn;
mod meaning;
mod names;
mod network;
mod templates;
mod windows;
mod words;

use std::error::Error;
use std::path::PathBuf;

use corpora::Corpora;
use patou_guard::model::Weights;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: train_guard DATA MODELS [OUT]";
    let data = PathBuf::from(arguments.next().ok_or(usage)?);
    let models = PathBuf::from(arguments.next().ok_or(usage)?);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/weights");
    let out = PathBuf::from(arguments.next().unwrap_or_else(|| beside.to_owned()));
    let corpora = Corpora::read(&data).ok_or("the development data is not complete")?;
    println!("split {}", corpora.split_hash());
    std::fs::write(out.join("words.txt"), words::count(&corpora))?;
    let weights = Weights {
        document: examples::document_head(&corpora),
        chat: examples::chat_head(&corpora),
        prompt: examples::prompt_head(&corpora),
        person: names::person_head(&corpora),
    };
    let heads = [
        ("document", &weights.document),
        ("chat", &weights.chat),
        ("prompt", &weights.prompt),
        ("person", &weights.person),
    ];
    for (name, head) in heads {
        println!("{name}: threshold {:.4}, slope {:.4}, bias {:.4}", head.threshold, head.slope, head.bias);
    }
    std::fs::write(out.join("linear.bin"), weights.write())?;
    let network = meaning::network(&corpora, &weights.document, &models)?;
    println!("meaning: threshold {:.4}, slope {:.4}", network.threshold, network.slope);
    std::fs::write(out.join("meaning.bin"), network.write())?;
    Ok(())
}
