//! `patou parse`.

use platform::{Extent, Platform};

use crate::arguments::Parse;
use crate::printer::Printer;
use crate::wire;

pub async fn run(platform: &Platform, printer: &Printer, call: Parse) -> anyhow::Result<u8> {
    let extent = if call.clean { Extent::MainContent } else { Extent::Whole };
    let document = platform.parse(&call.file, extent).await?;
    printer.result(&wire::parsed(&document), || {
        let mut words = document.text.clone();
        if !words.is_empty() && !words.ends_with('\n') {
            words.push('\n');
        }
        words
    })?;
    for problem in &document.problems {
        printer.note(&format!("problem: {}: {}: {}", problem.place, problem.what, problem.why));
    }
    Ok(0)
}
