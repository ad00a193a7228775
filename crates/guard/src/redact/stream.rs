//! Owns redaction of text that arrives in pieces: a value cut anywhere never gets out, and little is held back.
//!
//! Held back are the last bytes, as many as a value with spaces may have, the word they begin in, and a value that is
//! still open. A word without an end is held up to a limit; beyond it, it is masked.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Redactor, Style, Tokens};
use crate::detector::value;
use crate::finding::Category;
use crate::guard::Tier;
use crate::policy::{Decision, Policy};

/// As much may be part of a value that has not ended.
const WINDOW_BYTES: usize = 96;
/// As much of what was let go is looked at again, for the words before a value.
const CONTEXT_BYTES: usize = 96;
/// No more than this is ever held.
pub const HELD_BYTES_MAX: usize = 16 * 1024;

/// Redacts a stream.
#[derive(Debug)]
pub struct StreamRedactor {
    redactor: Redactor,
    policy: Policy,
    tier: Tier,
    /// What was let go lately and what is held, as it came.
    text: String,
    /// Where what is held begins.
    held: usize,
    /// Whether a masked word without an end goes on.
    within: bool,
    /// What kinds of values were masked.
    masked: BTreeSet<Category>,
}

impl StreamRedactor {
    /// A redactor of a stream; what the policy masks, or does worse to, is replaced in this style.
    pub fn new(style: Style, policy: Policy, tier: Tier) -> Self {
        Self {
            redactor: Redactor::new(style),
            policy,
            tier,
            text: String::new(),
            held: 0,
            within: false,
            masked: BTreeSet::new(),
        }
    }

    /// Takes a piece and gives what may go out.
    pub fn push(&mut self, piece: &str) -> String {
        let mut out = String::new();
        let mut rest = piece;
        // Large pieces are taken in parts, so that what is held stays bounded.
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.floor_char_boundary(HELD_BYTES_MAX / 2));
            rest = later;
            let part = self.after_word(part);
            self.text.push_str(part);
            self.release(&mut out);
        }
        out
    }

    /// Gives what is left, at the end of the stream.
    pub fn finish(&mut self) -> String {
        let spans = self.spans();
        let out = self.let_go(self.text.len(), &spans);
        self.text.clear();
        self.held = 0;
        out
    }

    /// A redactor that leaves these tokens alone.
    #[must_use]
    pub fn sparing(self, tokens: Tokens) -> Self {
        Self { redactor: self.redactor.sparing(tokens), ..self }
    }

    /// The redactor, for its tokens.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// What kinds of values were masked, or are about to be.
    pub fn masked(&self) -> &BTreeSet<Category> {
        &self.masked
    }

    /// How many bytes are held.
    pub fn held_bytes(&self) -> usize {
        self.text.len() - self.held
    }

    /// What comes after a masked word that went on.
    fn after_word<'a>(&mut self, piece: &'a str) -> &'a str {
        if !self.within {
            return piece;
        }
        let end = piece.find(char::is_whitespace);
        self.within = end.is_none();
        end.and_then(|end| piece.get(end..)).unwrap_or_default()
    }

    /// Everything to be masked in what is held and a little before.
    fn spans(&mut self) -> Vec<(&'static str, Range<usize>)> {
        let mut spans = Vec::new();
        for (value, found) in value::find(&self.text, self.tier) {
            if self.policy.of(value.category, found.score) >= Decision::Mask {
                self.masked.insert(value.category);
                spans.push((value.name, found.range));
            }
        }
        spans
    }

    fn release(&mut self, out: &mut String) {
        let mut until = self.text.floor_char_boundary(self.text.len().saturating_sub(WINDOW_BYTES));
        if until <= self.held {
            return;
        }
        // No word is cut.
        let held = self.text.get(self.held..until).unwrap_or_default();
        let word = held.rfind(char::is_whitespace).map_or(self.held, |at| self.held + at);
        until = word;
        let mut spans = self.spans();
        for (_, span) in spans.iter().rev() {
            if span.start < until && span.end > until {
                until = span.start.max(self.held);
            }
        }
        if self.held_bytes() > HELD_BYTES_MAX {
            // A value or word longer than any: masked as far as it came, and until it ends.
            let last = self.text.len();
            self.masked.insert(Category::Secret);
            spans.push(("secret", until.max(self.held)..last));
            until = last;
            self.within = !self.text.ends_with(char::is_whitespace);
        }
        out.push_str(&self.let_go(until, &spans));
    }

    /// Lets go what is held up to a place, with what is to be masked replaced.
    fn let_go(&mut self, until: usize, spans: &[(&'static str, Range<usize>)]) -> String {
        let held = self.held;
        let within = |(name, span): &(&'static str, Range<usize>)| {
            let (start, end) = (span.start.max(held), span.end.min(until));
            (start < end).then(|| (*name, start - held..end - held))
        };
        let spans: Vec<_> = spans.iter().filter_map(within).collect();
        let text = self.text.get(held..until).unwrap_or_default().to_owned();
        let out = self.redactor.replace(&text, &spans);
        self.held = until;
        let mut keep = self.text.floor_char_boundary(self.held.saturating_sub(CONTEXT_BYTES));
        let start = self.text.get(keep..self.held).and_then(|context| context.find(char::is_whitespace));
        keep += start.unwrap_or_default();
        self.text.drain(..keep);
        self.held -= keep;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn redactor() -> StreamRedactor {
        StreamRedactor::new(Style::Mask, Policy::built_in(Kind::Output), Tier::Rules)
    }

    fn number(state: &mut u64, below: u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    }

    /// A card number with its check digit.
    fn card(state: &mut u64) -> String {
        let mut digits: Vec<u64> = std::iter::once(4).chain((0..14).map(|_| number(state, 10))).collect();
        let doubled =
            |(at, digit): (usize, &u64)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit };
        let sum: u64 = digits.iter().rev().enumerate().map(doubled).sum();
        digits.push((10 - sum % 10) % 10);
        digits.iter().map(u64::to_string).collect()
    }

    fn value(state: &mut u64) -> String {
        let word = |state: &mut u64, length| -> String {
            (0..length)
                .map(|_| char::from(b"abcdefghkmnpqrstuvwxyzABCDEFGH23456789"[number(state, 38) as usize]))
                .collect()
        };
        match number(state, 6) {
            0 => card(state),
            1 => card(state)
                .as_bytes()
                .chunks(4)
                .map(|four| String::from_utf8_lossy(four).into_owned())
                .collect::<Vec<_>>()
                .join(" "),
            2 => format!("{}@{}.org", word(state, 7), word(state, 6).to_lowercase()),
            3 => format!("ghp_{}", word(state, 36)),
            4 => format!(
                "{} Old Mercer Street, Apt. {}, Portland, OR {}",
                1 + number(state, 9000),
                1 + number(state, 90),
                10_000 + number(state, 89_999)
            ),
            _ => format!(
                "{}-{}-{}",
                100 + number(state, 500),
                10 + number(state, 89),
                1000 + number(state, 8999)
            ),
        }
    }

    #[test]
    fn no_split_of_ten_thousand_streams_leaks() {
        let mut state = 3;
        for _ in 0..10_000 {
            let secret = value(&mut state);
            let text = format!("I see {secret} here");
            for split in 0..=text.len() {
                let (one, other) = text.split_at(split);
                let mut stream = redactor();
                let mut out = stream.push(one);
                out.push_str(&stream.push(other));
                out.push_str(&stream.finish());
                assert!(!out.contains(&secret) && out.contains('['), "{text} split at {split}: {out}");
            }
        }
    }

    #[test]
    fn long_streams_leak_nothing_and_hold_little() {
        let mut state = 5;
        for size in [1, 2, 3, 7, 16, 33, 64] {
            let mut text = String::new();
            let mut secrets = Vec::new();
            for _ in 0..30 {
                for _ in 0..number(&mut state, 40) {
                    text.push_str(
                        ["and ", "then ", "we ", "said ", "that ", "it ", "is, "]
                            [number(&mut state, 7) as usize],
                    );
                }
                secrets.push(value(&mut state));
                text.push_str(secrets.last().map(String::as_str).unwrap_or_default());
                text.push_str(" so ");
            }
            let mut stream = redactor();
            let mut out = String::new();
            for piece in text.as_bytes().chunks(size) {
                out.push_str(&stream.push(std::str::from_utf8(piece).unwrap_or_default()));
                assert!(stream.held_bytes() <= 2 * WINDOW_BYTES + 64, "{}", stream.held_bytes());
            }
            out.push_str(&stream.finish());
            assert!(secrets.iter().all(|secret| !out.contains(secret.as_str())), "{size}: {out}");
            assert_eq!(out.matches("said").count(), text.matches("said").count());
        }
    }

    #[test]
    fn a_word_without_an_end_is_held_to_a_limit() {
        let mut stream = redactor();
        let mut out = String::new();
        for _ in 0..1000 {
            out.push_str(&stream.push(&"a1".repeat(500)));
            assert!(stream.held_bytes() <= HELD_BYTES_MAX + 1000);
        }
        out.push_str(&stream.push(" end"));
        out.push_str(&stream.finish());
        assert_eq!(out, "[secret] end");
    }
}
