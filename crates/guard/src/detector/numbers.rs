//! Owns one look at a text that says where numbers stand, so that detectors of numbers read those places alone.

use std::ops::Range;

use regex::bytes::Regex;

/// Where the digits of a text are.
#[derive(Debug, Default)]
pub struct Numbers {
    /// Stretches with digits that stand near each other, with a little around them. No match of a pattern whose digits
    /// are at most [`GAP_BYTES`] apart begins or ends outside of one.
    pub stretches: Vec<Range<usize>>,
    /// Stretches that have a digit in them or within [`NEAR_BYTES`], apart from one another. They may begin and end
    /// within a character.
    pub near: Vec<Range<usize>>,
    /// Where two letters at a word's beginning are followed by two digits.
    pub lettered: Vec<usize>,
    /// Where signs stand that part the bytes of an address: a colon or a dash between hexadecimal digits.
    pub parted: Vec<usize>,
}

/// Digits nearer to each other belong together. Nothing between the digits of a number is longer (` ext. `).
pub const GAP_BYTES: usize = 8;
/// A house number is nearer to its street.
pub const NEAR_BYTES: usize = 96;
/// With fewer digits it is no number that anybody looks for.
const DIGITS_MIN: usize = 4;

impl Numbers {
    /// Looks at a text once.
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut found = Self::default();
        // First digit, last digit, how many.
        let mut run: Option<(usize, usize, usize)> = None;
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    run = Some(match run {
                        Some((first, last, count)) if at - last <= GAP_BYTES => (first, at, count + 1),
                        other => {
                            found.close(bytes.len(), other);
                            found.come_near(bytes.len(), other);
                            (at, at, 1)
                        }
                    });
                    if begins_with_letters(bytes, at) {
                        found.lettered.push(at - 2);
                    }
                }
                b':' | b'-' if parts(bytes, at) => found.parted.push(at),
                _ => {}
            }
        }
        found.close(bytes.len(), run);
        found.come_near(bytes.len(), run);
        found
    }

    /// What is around a run of digits is near it.
    fn come_near(&mut self, length: usize, run: Option<(usize, usize, usize)>) {
        let Some((first, last, _)) = run else { return };
        let (low, high) = (first.saturating_sub(NEAR_BYTES), (last + 1 + NEAR_BYTES).min(length));
        match self.near.last_mut() {
            Some(held) if low <= held.end => held.end = high,
            _ => self.near.push(low..high),
        }
    }

    fn close(&mut self, length: usize, run: Option<(usize, usize, usize)>) {
        if let Some((first, last, count)) = run
            && count >= DIGITS_MIN
        {
            // The next digit is further away than what is taken along.
            let high = (last + 1 + GAP_BYTES).min(length);
            self.stretches.push(first.saturating_sub(GAP_BYTES)..high);
        }
    }

    /// The matches of a pattern of digits, as ranges of the whole text.
    pub fn matches(&self, text: &str, pattern: &Regex) -> Vec<Range<usize>> {
        let within = |stretch: &Range<usize>| {
            let held = text.as_bytes().get(stretch.clone()).unwrap_or_default();
            let start = stretch.start;
            let found = pattern.find_iter(held).map(move |found| start + found.start()..start + found.end());
            found.collect::<Vec<_>>()
        };
        self.stretches.iter().flat_map(within).collect()
    }
}

/// Whether a digit and the next one follow two letters at the beginning of a word.
fn begins_with_letters(bytes: &[u8], at: usize) -> bool {
    let letter =
        |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
    let joined = at
        .checked_sub(3)
        .and_then(|at| bytes.get(at))
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    letter(1) && letter(2) && !joined && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

/// Whether a sign has a hexadecimal digit before it and, after it, what an address goes on with.
fn parts(bytes: &[u8], at: usize) -> bool {
    let hex = |place: Option<usize>| place.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
    let goes_on = |place: usize| bytes.get(place) == Some(&b':') || hex(Some(place));
    hex(at.checked_sub(1)) && goes_on(at + 1) && (goes_on(at + 2) || bytes.get(at + 2) == Some(&b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_met_with_what_is_around_them() {
        let stretches = |text: &str| {
            let numbers = Numbers::of(text);
            numbers.stretches.iter().map(|range| text[range.clone()].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(stretches("in 2024, about 3 of them"), ["in 2024, about "]);
        let called = "call +1 555 0100 ext. 22 now ple";
        assert_eq!(stretches("call +1 555 0100 ext. 22 now please"), [called]);
        assert!(stretches("12 and no more than 34").is_empty());
        let far = " and more of it".repeat(20);
        let text = format!("12 oaks{far} 7 elms{far}");
        let near = Numbers::of(&text).near;
        let seven = text.find('7').unwrap_or_default();
        assert_eq!(near, [0..2 + NEAR_BYTES, seven - NEAR_BYTES..seven + 1 + NEAR_BYTES]);
        assert_eq!(Numbers::of("7 elms or 12 oaks").near.len(), 1);
        let numbers = Numbers::of("IBAN GB82 WEST, mac 00:1b:44:11:3a:b7, at 10:30, so-so");
        assert_eq!((numbers.lettered.len(), numbers.parted.first()), (1, Some(&22)));
    }
}
