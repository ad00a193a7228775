//! What benchmarks ingest: a folder's Markdown, or text made up by a fixed rule.

#![expect(clippy::disallowed_methods, reason = "this module writes and reads the benchmarks' own input")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rag::{MemorySource, Source};

use crate::PlatformError;

/// How much Markdown is made up.
const MADE_FILES: u64 = 600;
const MADE_SECTIONS: u64 = 14;
/// The largest file that is taken from a folder, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// How many different words made-up text has, and how many of them begin a paragraph's every tenth.
const WORDS: u64 = 20_000;
const COMMON_WORDS: u64 = 300;

/// Named Markdown files.
pub(super) struct Corpus {
    pub files: Vec<(String, Vec<u8>)>,
    pub bytes: u64,
}

impl Corpus {
    /// The Markdown below a folder, or Markdown made up.
    pub fn read(folder: Option<&Path>) -> Result<Self, PlatformError> {
        let files = match folder {
            None => (0..MADE_FILES).map(made_file).collect(),
            Some(folder) => markdown_below(folder)?,
        };
        let bytes = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        Ok(Self { files, bytes })
    }

    /// The files as a source.
    pub fn source(&self) -> Box<dyn Source> {
        Box::new(MemorySource::new("bench", self.files.iter().cloned()))
    }
}

fn markdown_below(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, PlatformError> {
    let source = rag::open_path(&folder.to_string_lossy(), FILE_BYTES_MAX)?;
    let listing = source.list(&rag::Remembered::default());
    let is_markdown = |name: &str| name.to_ascii_lowercase().ends_with(".md");
    let files: Vec<_> = listing
        .items
        .iter()
        .filter(|item| is_markdown(&item.source))
        .filter_map(|item| Some((item.source.clone(), source.read(item).ok()?)))
        .collect();
    if files.is_empty() {
        return Err(PlatformError::Argument {
            what: format!("there is no Markdown below `{}`", folder.display()),
            hint: "name a folder with `.md` files, or leave `--corpus` out".into(),
        });
    }
    Ok(files)
}

fn made_file(number: u64) -> (String, Vec<u8>) {
    let mut text = format!("# Manual {number}\n\n");
    for section in 0..MADE_SECTIONS {
        let seed = number * MADE_SECTIONS + section;
        text.push_str(&format!("## Part {section}: {}\n\n", paragraph(seed, 4)));
        text.push_str(&format!("{}.\n\n{}.\n\n", paragraph(seed + 7, 60), paragraph(seed + 11, 40)));
        if section % 3 == 0 {
            text.push_str(&format!("- {}\n- {}\n\n", paragraph(seed + 1, 9), paragraph(seed + 2, 12)));
        }
        if section % 4 == 0 {
            text.push_str(&format!("```sh\n{}\n```\n\n", paragraph(seed + 3, 12)));
        }
    }
    (format!("manual/{number:05}.md"), text.into_bytes())
}

/// Writes documents of ten paragraphs each as JSON lines; gives how many bytes.
pub(super) fn write_lines(path: &Path, documents: usize) -> Result<(), PlatformError> {
    let write = || {
        let mut file = BufWriter::new(File::create(path)?);
        for number in 0..documents as u64 {
            let paragraphs: Vec<String> = (0..10).map(|part| paragraph(number * 10 + part, 56)).collect();
            let line = serde_json::json!({"_id": format!("d{number}"), "text": paragraphs.join("\n\n")});
            writeln!(file, "{line}")?;
        }
        file.flush()
    };
    write().map_err(PlatformError::file("write", path))
}

/// So many words that follow from the seed; few of them are common, most are rare.
fn paragraph(seed: u64, words: u64) -> String {
    let word = |place: u64| {
        let draw = mixed(seed * 1009 + place);
        let number = if draw % 10 < 6 { (draw >> 8) % COMMON_WORDS } else { (draw >> 8) % WORDS };
        spelled(number)
    };
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

/// A word of its own for each number.
fn spelled(number: u64) -> String {
    const SYLLABLES: [&str; 20] = [
        "ka", "lo", "mi", "ser", "ver", "tan", "del", "ro", "pu", "net", "con", "fi", "gu", "ra", "tion",
        "sta", "ble", "or", "en", "is",
    ];
    let mut word = String::new();
    let mut rest = number + 20;
    while rest > 0 {
        let place = usize::try_from(rest % 20).unwrap_or(0);
        word.push_str(SYLLABLES[place]);
        rest /= 20;
    }
    word
}

fn mixed(x: u64) -> u64 {
    let mut x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2 {
        x = (x ^ (x >> 31)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
    x ^ (x >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_is_the_same_every_time_and_differs_by_seed() {
        assert_eq!(paragraph(3, 9), paragraph(3, 9));
        assert_ne!(paragraph(3, 9), paragraph(4, 9));
        let spelled: std::collections::BTreeSet<String> = (0..WORDS).map(spelled).collect();
        assert_eq!(spelled.len() as u64, WORDS);
        let corpus = Corpus::read(None).unwrap();
        assert!(corpus.bytes > 4_000_000, "{}", corpus.bytes);
    }
}
