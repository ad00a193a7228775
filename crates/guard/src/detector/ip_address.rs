//! Owns `ip_address` and `mac_address`: addresses of machines on a network.
//!
//! # What it lets pass
//!
//! Private, loopback and documentation ranges count less, since they name nobody; versions with four parts are let
//! pass where a word says that they are.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::numbers::Numbers;
use super::value::{Found, Value, is_after, is_within_word};
use crate::finding::Category;
use crate::guard::Tier;

/// The detector of IP addresses.
pub const IP: Value = Value {
    name: "ip_address",
    category: Category::Pii,
    explanation: "an IP address",
    tier: Tier::Rules,
    find: find_ip,
};
/// The detector of hardware addresses.
pub const MAC: Value = Value {
    name: "mac_address",
    category: Category::Pii,
    explanation: "a hardware address",
    tier: Tier::Rules,
    find: find_mac,
};

/// Longer than any address.
const ADDRESS_BYTES_MAX: usize = 48;

static V4: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)\b\d{1,3}(?:\.\d{1,3}){3}\b").ok());
static V6: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i-u)[0-9a-f]{1,4}:[0-9a-f:]{3,34}[0-9a-f]").ok());
static HARDWARE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i-u)\b[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})\b").ok());

fn find_ip(text: &str, numbers: &Numbers) -> Vec<Found> {
    let mut all = Vec::new();
    if let Some(v4) = &*V4 {
        all.extend(numbers.matches(text, v4));
    }
    if let Some(v6) = &*V6 {
        all.extend(around_signs(text, numbers, b':', v6));
    }
    let judged = all.into_iter().filter_map(|range| {
        let held = text.get(range.clone())?;
        let address: IpAddr = held.parse().ok()?;
        let part = text.as_bytes().get(range.end) == Some(&b'.')
            && text.as_bytes().get(range.end + 1).is_some_and(u8::is_ascii_digit);
        if is_within_word(text, &range) || part || is_after(text, range.start, &["version", "release", " v"])
        {
            return None;
        }
        let score = match address {
            IpAddr::V4(address) if names_nobody(address) => 0.3,
            IpAddr::V6(address) if address.is_loopback() || address.is_unspecified() => 0.3,
            IpAddr::V6(_) if held.matches(':').count() < 3 => return None,
            _ => 0.9,
        };
        Some(Found { range, score })
    });
    judged.collect()
}

/// The matches of a pattern that has a sign after at most four digits.
fn around_signs(text: &str, numbers: &Numbers, sign: u8, pattern: &Regex) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in numbers.parted.iter().filter(|at| bytes.get(**at) == Some(&sign)) {
        // A boundary before the first digit is seen only with what stands there.
        let low = at.saturating_sub(5).max(found.last().map_or(0, |last| last.end));
        let window = bytes.get(low..(at + ADDRESS_BYTES_MAX).min(bytes.len())).unwrap_or_default();
        let matched = pattern.find(window).map(|found| low + found.start()..low + found.end());
        found.extend(matched.filter(|matched| matched.contains(at)));
    }
    found
}

fn names_nobody(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    let special = address.is_private() || address.is_loopback() || address.is_documentation();
    special || address.is_link_local() || address.is_broadcast() || first == 0 || first >= 224
}

fn find_mac(text: &str, numbers: &Numbers) -> Vec<Found> {
    let Some(hardware) = &*HARDWARE else { return Vec::new() };
    let matches = [b':', b'-'].map(|sign| around_signs(text, numbers, sign, hardware));
    let all = matches.into_iter().flatten().map(|range| Found { range, score: 0.9 });
    all.filter(|found| !is_within_word(text, &found.range)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_and_versions_pass() {
        let found = |text: &str| {
            find_ip(text, &Numbers::of(text))
                .into_iter()
                .map(|found| text[found.range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("from 93.184.216.34 at"), ["93.184.216.34"]);
        assert_eq!(
            found("6e40:4041:c617:e898:c11:40d2:c669:2eb4"),
            ["6e40:4041:c617:e898:c11:40d2:c669:2eb4"]
        );
        assert!(found("version 1.2.3.4, 300.1.1.1, at 12:30:45").is_empty());
        assert_eq!(find_mac("eth 00:1a:2B:3c:4d:5e up", &Numbers::of("eth 00:1a:2B:3c:4d:5e up")).len(), 1);
    }
}
