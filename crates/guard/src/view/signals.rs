//! Owns one look at a text that says which transforms are worth trying on it, so that ordinary text is read once and
//! not once for each of them.

use std::ops::Range;

use super::base64;
use super::likeness::{Odd, odd_stretches};

/// What a transform needs in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing that this look sees.
    Nothing,
    /// A character outside ASCII.
    Unicode,
    /// That, or a control character.
    Unprintable,
    /// A stretch of letters that reads worse than English does.
    OddLetters,
    /// A run of signs of Base64.
    Base64Run,
    /// A run of hexadecimal digits, turned or not.
    HexRun,
    /// A long run of letters.
    LetterRun,
    /// A digit or sign beside a letter.
    DigitsInWords,
    /// Single characters with signs between.
    Singles,
}

/// What one look saw.
pub struct Signals {
    /// The stretches whose letters read worse than English.
    pub odd: Vec<Odd>,
    /// The runs of signs of Base64 that are long enough to hold some.
    pub base64: Vec<Range<usize>>,
    /// The runs of hexadecimal digits, turned or not, and of what stands between them.
    pub hex: Vec<Range<usize>>,
    /// The long runs of letters.
    pub letters: Vec<Range<usize>>,
    /// Where it is Base64 as it stands, in order: it is decoded, and read in no other way.
    pub decoded: Vec<Range<usize>>,
    is_ascii: bool,
    has_controls: bool,
    digits_in_words: bool,
    singles: bool,
}

const LETTER: u8 = 1;
const BASE64: u8 = 2;
const HEX: u8 = 4;
const DIGIT: u8 = 8;
const SPACE: u8 = 16;
const CONTROL: u8 = 32;

/// What each byte belongs to.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        let mut class = 0;
        if byte.is_ascii_alphabetic() {
            class |= LETTER;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=') {
            class |= BASE64;
        }
        if byte.is_ascii_hexdigit() || matches!(byte, b'n'..=b's' | b'N'..=b'S') {
            class |= HEX;
        }
        if matches!(byte, b' ' | b':' | b',' | b'x' | b'k' | b'\\' | b'\n') {
            class |= HEX;
        }
        if byte.is_ascii_digit() || matches!(byte, b'@' | b'$' | b'!' | b'|' | b'+' | b'(') {
            class |= DIGIT;
        }
        if byte.is_ascii_whitespace() || byte >= 0x80 {
            class |= SPACE;
        }
        if (byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t')) || byte == 0x7f {
            class |= CONTROL;
        }
        classes[byte as usize] = class;
        if byte == 255 {
            return classes;
        }
        byte += 1;
    }
}

/// Shorter runs are words.
pub const BASE64_MIN: usize = 16;
pub const HEX_MIN: usize = 14;
pub const LETTERS_MIN: usize = 14;
/// So many single characters in a row, but one, are no accident; nor are so many signs each between two letters.
const SINGLES_MIN: usize = 5;
const APART_MIN: usize = 3;

/// Runs of one class of bytes.
struct Runs {
    class: u8,
    bytes_min: usize,
    length: usize,
    found: Vec<Range<usize>>,
}

impl Runs {
    fn new(class: u8, bytes_min: usize) -> Self {
        Self { class, bytes_min, length: 0, found: Vec::new() }
    }

    fn meet(&mut self, at: usize, class: u8) {
        if class & self.class != 0 {
            self.length += 1;
        } else {
            if self.length >= self.bytes_min {
                self.found.push(at - self.length..at);
            }
            self.length = 0;
        }
    }
}

impl Signals {
    /// Looks at a text once.
    pub fn of(text: &str) -> Self {
        let mut letters = Runs::new(LETTER, LETTERS_MIN);
        let mut base64 = Runs::new(BASE64, BASE64_MIN);
        let mut hex = Runs::new(HEX, HEX_MIN);
        let mut beside = 0usize;
        let (mut singles, mut singles_most, mut apart, mut apart_most) = (0usize, 0usize, 0usize, 0usize);
        let (mut last, mut before, mut all) = (SPACE, SPACE, 0u8);
        for (at, byte) in text.bytes().enumerate() {
            let class = CLASSES.get(usize::from(byte)).copied().unwrap_or_default();
            all |= class;
            letters.meet(at, class);
            base64.meet(at, class);
            hex.meet(at, class);
            let (here, there) = (class & (LETTER | DIGIT), last & (LETTER | DIGIT));
            beside += usize::from(here | there == LETTER | DIGIT && here != there);
            if class & SPACE != 0 {
                // A word ends here: of one character, or of more.
                if last & SPACE == 0 {
                    singles = if before & SPACE != 0 { singles + 1 } else { 0 };
                    singles_most = singles_most.max(singles);
                }
                apart = 0;
            } else if here != 0 {
                let set_apart = there == 0 && last & SPACE == 0 && before & (LETTER | DIGIT) != 0;
                apart = if set_apart { apart + 1 } else { 0 };
                apart_most = apart_most.max(apart);
            }
            (before, last) = (last, class);
        }
        for runs in [&mut letters, &mut base64, &mut hex] {
            runs.meet(text.len(), 0);
        }
        let is_ascii = text.is_ascii();
        let decoded = base64::plain(text, &base64.found);
        let is_left = |range: &Range<usize>| !is_within(range, &decoded);
        let mut odd = odd_stretches(text);
        odd.retain(|odd| is_left(&odd.range));
        letters.found.retain(is_left);
        Self {
            odd,
            base64: base64.found,
            hex: hex.found,
            letters: letters.found,
            decoded,
            is_ascii,
            has_controls: all & CONTROL != 0,
            digits_in_words: beside >= 2,
            // The last word has no space after it.
            singles: !is_ascii || singles_most + 1 >= SINGLES_MIN || apart_most >= APART_MIN,
        }
    }

    /// Whether a range is decoded as a whole.
    pub fn is_decoded(&self, range: &Range<usize>) -> bool {
        is_within(range, &self.decoded)
    }

    /// Whether there is what a transform needs.
    pub fn have(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Unicode => !self.is_ascii,
            Needs::Unprintable => !self.is_ascii || self.has_controls,
            Needs::OddLetters => !self.odd.is_empty(),
            Needs::Base64Run => !self.base64.is_empty(),
            Needs::HexRun => !self.hex.is_empty(),
            Needs::LetterRun => !self.letters.is_empty(),
            Needs::DigitsInWords => self.digits_in_words,
            Needs::Singles => self.singles,
        }
    }
}

/// Whether one of these, which are in order and apart, holds a range.
fn is_within(range: &Range<usize>, wholes: &[Range<usize>]) -> bool {
    let at = wholes.partition_point(|whole| whole.end < range.end);
    wholes.get(at).is_some_and(|whole| whole.start <= range.start)
}
