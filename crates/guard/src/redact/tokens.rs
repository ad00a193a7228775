//! Owns putting values back into an answer, whole or in pieces: only those that were taken out of the request it
//! answers, so that a token seen elsewhere gives nothing away.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{TOKEN_DIGITS, pieces};

/// Values by the tokens that stand for them. Cheap to clone; prints no value.
#[derive(Clone, Default)]
pub struct Tokens(Arc<BTreeMap<String, String>>);

impl Tokens {
    /// These values.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self(Arc::new(values))
    }

    /// Whether there is nothing to put back.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text with its values put back; tokens of others stay.
    pub fn restore(&self, text: &str) -> String {
        super::restore(text, |token| self.value(token))
    }

    /// The same tokens, with each value written as `write` does.
    #[must_use]
    pub fn map(&self, write: impl Fn(&str) -> String) -> Self {
        Self::new(self.0.iter().map(|(token, value)| (token.clone(), write(value))).collect())
    }

    /// Where tokens of these stand in a text.
    pub(super) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut at = 0;
        let place = |(piece, is_token): (&str, bool)| {
            at += piece.len();
            (is_token && self.0.contains_key(piece)).then_some(at - piece.len()..at)
        };
        let known = (!self.is_empty()).then(|| pieces(text).filter_map(place));
        known.into_iter().flatten().collect()
    }

    fn value(&self, token: &str) -> Option<&str> {
        self.0.get(token).map(String::as_str)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}

/// Puts values back into a text that arrives in pieces. No more is held than a token may be long.
#[derive(Debug)]
pub struct TokenStream {
    tokens: Tokens,
    held: String,
    longest: usize,
}

impl TokenStream {
    /// A stream whose values are these.
    pub fn new(tokens: Tokens) -> Self {
        let longest = tokens.0.keys().map(String::len).max().unwrap_or_default();
        Self { tokens, held: String::new(), longest }
    }

    /// Takes a piece and gives what may go out.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let from = self.held.floor_char_boundary(self.held.len().saturating_sub(self.longest));
        let tail = self.held.get(from..).unwrap_or_default();
        let open = tail.rfind('[').filter(|at| tail.get(*at..).is_some_and(may_become_token));
        let rest = self.held.split_off(open.map_or(self.held.len(), |at| from + at));
        self.tokens.restore(&std::mem::replace(&mut self.held, rest))
    }

    /// Gives what is left, at the end.
    pub fn finish(&mut self) -> String {
        self.tokens.restore(&std::mem::take(&mut self.held))
    }
}

/// Whether a token may begin as a text does that goes on.
fn may_become_token(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    let (name, digits) = rest.split_once('#').unwrap_or((rest, ""));
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && digits.len() <= TOKEN_DIGITS
        && digits.bytes().all(is_hex)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "[email_address#0123456789abcdef]";
    const OTHER: &str = "[email_address#fedcba9876543210]";

    fn tokens() -> Tokens {
        Tokens::new([(TOKEN.to_owned(), "ada@house.eu".to_owned())].into())
    }

    #[test]
    fn values_come_back_and_others_stay_shut() {
        let text = format!("Ask {TOKEN} or {OTHER}, [see {TOKEN}");
        assert_eq!(tokens().restore(&text), format!("Ask ada@house.eu or {OTHER}, [see ada@house.eu"));
        assert_eq!(tokens().map(str::to_uppercase).restore(TOKEN), "ADA@HOUSE.EU");
        assert_eq!(format!("{:?}", tokens()), "Tokens(1)");
        assert_eq!(tokens().places(&text), [4..36, text.len() - 32..text.len()]);
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_whole_gives(
            parts in prop::collection::vec(
                prop_oneof![Just(TOKEN.to_owned()), Just(OTHER.to_owned()), "[\\[\\]#a-f0é ]{0,4}"], 0..8),
            size in 1usize..9,
        ) {
            let text = parts.concat();
            let letters: Vec<char> = text.chars().collect();
            let mut stream = TokenStream::new(tokens());
            let mut out = String::new();
            for piece in letters.chunks(size) {
                out.push_str(&stream.push(&piece.iter().collect::<String>()));
                prop_assert!(stream.held.len() < TOKEN.len());
            }
            out.push_str(&stream.finish());
            prop_assert_eq!(out, tokens().restore(&text));
        }
    }
}
