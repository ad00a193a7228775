//! Owns taking out what was found: masked, hashed, or replaced by tokens that can be put back.
//!
//! The map of tokens is the caller's to keep, under a key. A stream is redacted by [`StreamRedactor`].

mod stream;

use std::collections::BTreeMap;
use std::ops::Range;

pub use stream::{HELD_BYTES_MAX, StreamRedactor};

use crate::finding::Finding;
use crate::guard::{Guard, Tier, Verdict};
use crate::policy::{Decision, Kind, Policy};

/// What stands in place of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    /// What kind of thing it was: `[email_address]`.
    Mask,
    /// That, and a keyed hash (BLAKE3, 8 hex digits), so that the same value can be told again: `[us_ssn#1a2b3c4d]`.
    Hash([u8; 32]),
    /// That, and a number, with a map that gives the value back: `[person#1]`.
    Tokens,
}

/// Replaces values; the same value gets the same token.
#[derive(Debug, Clone)]
pub struct Redactor {
    style: Style,
    numbers: BTreeMap<String, usize>,
    tokens: Vec<(String, String)>,
}

impl Redactor {
    /// A redactor without tokens so far.
    pub fn new(style: Style) -> Self {
        Self { style, numbers: BTreeMap::new(), tokens: Vec::new() }
    }

    /// The text with everything that the policy masks, or does worse to, replaced.
    pub fn redact(&mut self, text: &str, findings: &[Finding], policy: &Policy) -> String {
        let masked = |one: &&Finding| policy.of(one.category, one.score) >= Decision::Mask;
        let spans: Vec<_> =
            findings.iter().filter(masked).map(|one| (one.detector, one.span.clone())).collect();
        self.replace(text, &spans)
    }

    /// The text with everything replaced that the guard's policy masks, or does worse to. Where more was found than
    /// `verdict` lists, what is left is looked for again.
    pub fn redact_scanned(
        &mut self,
        text: &str,
        verdict: &Verdict,
        (guard, kind, tier): (&Guard, Kind, Tier),
    ) -> String {
        let policy = guard.policy(kind);
        let mut out = self.redact(text, &verdict.findings, policy);
        let mut omitted = verdict.omitted;
        while omitted > 0 {
            let again = guard.scan_tier(kind, tier, &out);
            let next = self.redact(&out, &again.findings, policy);
            if next == out {
                break;
            }
            (out, omitted) = (next, again.omitted);
        }
        out
    }

    /// The text with these spans replaced. Those that overlap are replaced together.
    pub fn replace(&mut self, text: &str, spans: &[(&'static str, Range<usize>)]) -> String {
        let mut spans: Vec<_> = spans.to_vec();
        spans.sort_by_key(|(_, span)| (span.start, span.end));
        let mut joined: Vec<(&'static str, Range<usize>)> = Vec::with_capacity(spans.len());
        for (detector, span) in spans {
            match joined.last_mut() {
                Some((_, last)) if span.start < last.end => last.end = last.end.max(span.end),
                _ => joined.push((detector, span)),
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (detector, span) in joined {
            let (Some(before), Some(value)) = (text.get(at..span.start), text.get(span.clone())) else {
                continue;
            };
            out.push_str(before);
            let token = self.token(detector, value);
            out.push_str(&token);
            at = span.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// What stands in place of a value.
    fn token(&mut self, detector: &str, value: &str) -> String {
        match &self.style {
            Style::Mask => format!("[{detector}]"),
            Style::Hash(key) => {
                let hash = blake3::keyed_hash(key, value.as_bytes()).to_hex();
                format!("[{detector}#{}]", hash.get(..8).unwrap_or_default())
            }
            Style::Tokens => {
                let next = self.tokens.len() + 1;
                let number = *self.numbers.entry(value.to_owned()).or_insert(next);
                let token = format!("[{detector}#{number}]");
                if number == next {
                    self.tokens.push((token.clone(), value.to_owned()));
                }
                self.tokens.get(number - 1).map_or(token, |(token, _)| token.clone())
            }
        }
    }

    /// Tokens with the values they stand for, in the order they were made.
    pub fn tokens(&self) -> &[(String, String)] {
        &self.tokens
    }

    /// A text with the values of this redactor's tokens put back.
    pub fn restore(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('[') {
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            let end = after.find(']').map_or(1, |end| end + 1);
            let (token, later) = after.split_at(end);
            let number = token
                .rsplit_once('#')
                .and_then(|(_, number)| number.strip_suffix(']')?.parse::<usize>().ok());
            let known = number.and_then(|number| self.tokens.get(number.checked_sub(1)?));
            match known.filter(|(known, _)| known == token) {
                Some((_, value)) => {
                    out.push_str(value);
                    rest = later;
                }
                None => {
                    out.push('[');
                    rest = after.get(1..).unwrap_or_default();
                }
            }
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FINDINGS_MAX;

    #[test]
    fn more_than_a_verdict_lists_is_redacted_too() {
        let text: String = (0..FINDINGS_MAX + 50).map(|at| format!("a{at}@house.eu ")).collect();
        let guard = Guard::default();
        let verdict = guard.scan_tier(Kind::Prompt, Tier::Rules, &text);
        assert!(verdict.omitted > 0);
        let masked =
            Redactor::new(Style::Mask).redact_scanned(&text, &verdict, (&guard, Kind::Prompt, Tier::Rules));
        assert_eq!(masked, "[email_address] ".repeat(FINDINGS_MAX + 50));
    }

    #[test]
    fn values_are_replaced_and_given_back() {
        let text =
            "Write to ada@house.eu or bob@house.eu; ada@house.eu is best. Pay with 4111 1111 1111 1111.";
        let guard = Guard::default();
        let findings = guard.scan(Kind::Prompt, text).findings;
        let policy = guard.policy(Kind::Prompt);
        let masked = Redactor::new(Style::Mask).redact(text, &findings, policy);
        let expected =
            "Write to [email_address] or [email_address]; [email_address] is best. Pay with [credit_card].";
        assert_eq!(masked, expected);
        let mut tokens = Redactor::new(Style::Tokens);
        let redacted = tokens.redact(text, &findings, policy);
        assert!(
            redacted.starts_with("Write to [email_address#1] or [email_address#2]; [email_address#1]"),
            "{redacted}"
        );
        assert_eq!(tokens.restore(&redacted), text);
        assert_eq!(
            tokens.restore("[x] [email_address#9] [person#1] ["),
            "[x] [email_address#9] [person#1] ["
        );
        let hashed = Redactor::new(Style::Hash([7; 32])).redact(text, &findings, policy);
        assert_eq!(hashed.matches("[email_address#").count(), 3);
    }
}
