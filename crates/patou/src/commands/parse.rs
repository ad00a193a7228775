//! `patou parse`.

use platform::Extent;

use super::Front;
use crate::arguments::Parse;
use server::wire;

pub async fn run(front: &Front, call: Parse) -> anyhow::Result<u8> {
    let extent = if call.clean { Extent::MainContent } else { Extent::Whole };
    let document = front.platform.parse(&call.file, extent).await?;
    front.printer.result(&wire::parsed(&document), || {
        let mut words = document.text.clone();
        if !words.is_empty() && !words.ends_with('\n') {
            words.push('\n');
        }
        words
    })?;
    for problem in &document.problems {
        front.printer.note(&format!("problem: {}: {}: {}", problem.place, problem.what, problem.why));
    }
    Ok(0)
}
