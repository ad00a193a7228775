//! Owns taking out what was found: masked, hashed, or replaced by tokens that can be put back.
//!
//! The map of tokens is the caller's to keep, under a key. A stream is redacted by [`StreamRedactor`].

mod stream;
mod tokens;

use std::collections::BTreeMap;
use std::ops::Range;

pub use stream::{HELD_BYTES_MAX, StreamRedactor};
pub use tokens::{TokenStream, Tokens};

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
    /// The same with 16 hex digits, and a map that gives the values back: `[person#0123456789abcdef]`. A value has one
    /// token under a key, wherever it stands.
    Tokens([u8; 32]),
}

/// How many hex digits a token has: a million values share none, but for one chance in thirty million.
const TOKEN_DIGITS: usize = 16;

/// Replaces values; the same value gets the same token.
#[derive(Debug, Clone)]
pub struct Redactor {
    style: Style,
    tokens: BTreeMap<String, String>,
    /// What is left alone, since it stands for a value already.
    spared: Tokens,
}

impl Redactor {
    /// A redactor without tokens so far.
    pub fn new(style: Style) -> Self {
        Self { style, tokens: BTreeMap::new(), spared: Tokens::default() }
    }

    /// A redactor that leaves these tokens alone: a number in one looks like a secret.
    #[must_use]
    pub fn sparing(self, spared: Tokens) -> Self {
        Self { spared, ..self }
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
        let spared = self.spared.places(text);
        let mut spans: Vec<_> = spans.to_vec();
        let is_within = |span: &Range<usize>| {
            spared.iter().any(|token| token.start <= span.start && span.end <= token.end)
        };
        spans.retain(|(_, span)| !is_within(span));
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
            Style::Hash(key) => format!("[{detector}#{}]", keyed(key, value, 8)),
            Style::Tokens(key) => {
                let token = format!("[{detector}#{}]", keyed(key, value, TOKEN_DIGITS));
                self.tokens.entry(token.clone()).or_insert_with(|| value.to_owned());
                token
            }
        }
    }

    /// Tokens with the values they stand for.
    pub fn tokens(&self) -> &BTreeMap<String, String> {
        &self.tokens
    }
}

fn keyed(key: &[u8; 32], value: &str, digits: usize) -> String {
    blake3::keyed_hash(key, value.as_bytes()).to_hex().chars().take(digits).collect()
}

/// What in a text looks like a token, in its order; the same one may come more than once.
pub fn tokens_in(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|(piece, is_token)| is_token.then_some(piece))
}

/// A text with the values put back that `value` knows; other tokens stay.
pub fn restore<'a>(text: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    pieces(text)
        .map(|(piece, is_token)| if is_token { value(piece).unwrap_or(piece) } else { piece })
        .collect()
}

/// A text cut into tokens and what is between them.
fn pieces(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut from = 0;
        while let Some(found) = rest.get(from..)?.find('[') {
            let at = from + found;
            let Some(length) = token_length(&rest[at..]) else {
                from = at + 1;
                continue;
            };
            let end = if at == 0 { length } else { at };
            let (piece, later) = rest.split_at(end);
            rest = later;
            return Some((piece, at == 0));
        }
        (!rest.is_empty()).then(|| (std::mem::take(&mut rest), false))
    })
}

/// How many bytes the token has that a text begins with: `[`, a detector's name, `#`, hex digits, `]`.
fn token_length(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('[')?;
    let name = rest.bytes().take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_').count();
    let (digits, end) = rest.get(name..)?.strip_prefix('#')?.split_at_checked(TOKEN_DIGITS)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (name > 0 && is_hex && end.starts_with(']')).then_some(name + TOKEN_DIGITS + 3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        let mut tokens = Redactor::new(Style::Tokens([7; 32]));
        let redacted = tokens.redact(text, &findings, policy);
        let found: Vec<&str> = tokens_in(&redacted).collect();
        assert_eq!((found.len(), found[0] == found[2], tokens.tokens().len()), (4, true, 3), "{redacted}");
        assert!(!redacted.contains('@') && !redacted.contains("4111"), "{redacted}");
        let value = |token: &str| tokens.tokens().get(token).map(String::as_str);
        assert_eq!(restore(&redacted, value), text);
        let others = format!("[x] [#] [é#0] [email_address#0123456789abcdef] [[{} [", &found[0][1..]);
        let expected = others.replace(found[0], "ada@house.eu");
        assert_eq!(restore(&others, value), expected);
        let hashed = Redactor::new(Style::Hash([7; 32])).redact(text, &findings, policy);
        assert_eq!(hashed.matches("[email_address#").count(), 3);
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(text in r"(\[|\]|#|a|_|0123456789abcdef|é| |\[a#0123456789abcdef\]){0,24}") {
            let whole: String = pieces(&text).map(|(piece, _)| piece).collect();
            prop_assert_eq!(&whole, &text);
            prop_assert_eq!(restore(&text, |_| None), text);
        }
    }
}
