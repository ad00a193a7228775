//! Owns text written backwards: as a whole, or word by word.

use super::Transform;
use super::likeness::{Likeness, stretches};
use super::offsets::Builder;
use super::signals::{Needs, Signals};

/// Reads stretches from their end to their start.
pub const WHOLE: Transform =
    Transform { name: "reversed", literal: false, needs: Needs::OddLetters, apply: whole };
/// Reads each word from its end to its start.
pub const WORDS: Transform =
    Transform { name: "reversed_words", literal: false, needs: Needs::OddLetters, apply: words };

fn whole(source: &str, signals: &Signals) -> Option<Builder> {
    let mut builder = Builder::default();
    for stretch in stretches(&signals.odd, Likeness::is_reversed) {
        if !builder.text().is_empty() {
            builder.put("\n", stretch.start..stretch.start);
        }
        backwards(source, stretch, &mut builder);
    }
    (!builder.text().is_empty()).then_some(builder)
}

fn words(source: &str, signals: &Signals) -> Option<Builder> {
    let mut builder = Builder::default();
    for stretch in stretches(&signals.odd, Likeness::is_reversed) {
        if !builder.text().is_empty() {
            builder.put("\n", stretch.start..stretch.start);
        }
        let Some(text) = source.get(stretch.clone()) else { continue };
        for word in text.split_inclusive(char::is_whitespace) {
            let from = word.as_ptr() as usize - source.as_ptr() as usize;
            let letters = word.trim_end().len();
            backwards(source, from..from + letters, &mut builder);
            builder.keep(source, from + letters..from + word.len());
        }
    }
    (!builder.text().is_empty()).then_some(builder)
}

fn backwards(source: &str, range: std::ops::Range<usize>, builder: &mut Builder) {
    let Some(text) = source.get(range.clone()) else { return };
    for (at, c) in text.char_indices().rev() {
        builder.put_char(c, range.start + at..range.start + at + c.len_utf8());
    }
}
