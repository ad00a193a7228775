//! Owns `email_address`: addresses of e-mail.
//!
//! # What it lets pass
//!
//! Versions of packages (`name@1.2.3`) and addresses in domains that are reserved for examples count less.

use super::numbers::Numbers;
use super::value::{Found, Value};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector.
pub const VALUE: Value = Value {
    name: "email_address",
    category: Category::Pii,
    explanation: "an e-mail address",
    tier: Tier::Rules,
    find,
};

fn find(text: &str, _: &Numbers) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for at in memchr::memchr_iter(b'@', bytes) {
        let local = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._%+-'".contains(byte);
        let host = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
        let before = bytes.get(..at).unwrap_or_default().iter().rev().take(64).take_while(local).count();
        let after = bytes.get(at + 1..).unwrap_or_default().iter().take(255).take_while(host).count();
        let (Some(name), Some(domain)) = (text.get(at - before..at), text.get(at + 1..at + 1 + after)) else {
            continue;
        };
        let start = at - before + (name.len() - name.trim_start_matches(['.', '\'', '-', '%']).len());
        let domain = domain.trim_end_matches(['.', '-']);
        let Some((_, top)) = domain.rsplit_once('.') else { continue };
        let known = top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
        if start == at || !known || domain.starts_with('.') || domain.contains("..") {
            continue;
        }
        let reserved = ["example", "test", "invalid", "localhost"].iter().any(|name| domain.contains(name));
        found.push(Found { range: start..at + 1 + domain.len(), score: if reserved { 0.6 } else { 0.95 } });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_with_their_bounds() {
        let found = |text: &str| {
            find(text, &Numbers::of(text))
                .into_iter()
                .map(|found| text[found.range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("write to <ada.l+x@mail.house.co.uk>, or bob@y.de."),
            ["ada.l+x@mail.house.co.uk", "bob@y.de"]
        );
        assert!(found("serde@1.0.2 @home a@b").is_empty());
    }
}
