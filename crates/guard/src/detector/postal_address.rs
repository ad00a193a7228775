//! Owns `postal_address`: where somebody lives, works or gets letters.
//!
//! # What it finds
//!
//! A house number and a street as they are written in English, German, French, the Romance languages, Dutch, Polish,
//! Hungarian and the Nordic languages; post boxes; flats and suites. With a post code and a town it is a whole
//! address, which default policies mask in prompts and answers; a street alone scores less, and more where words
//! before it speak of an address.
//!
//! ```text
//! 590 Edington Drive, Apt. 4, Springfield, IL 62704        10 Downing Street, London SW1A 2AA
//! Hauptstraße 5, 10115 Berlin                              12 bis, rue de la Paix, 75002 Paris
//! ```
//!
//! # What it lets pass
//!
//! Streets without a house number, towns and countries by themselves, and streets whose kind is an everyday word
//! (`Drive`, `Place`, `Way`) where nothing else says that they are one.

mod shapes;

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Match, MatchKind};
use regex::bytes::{Captures, Regex};

use super::numbers::Numbers;
use super::value::{Found, Value, is_after, is_within_word};
use crate::finding::Category;
use crate::guard::Tier;
use crate::view::Vocabulary;
use shapes::{CODED, CODES, SHAPES, Shape};

/// The detector.
pub const VALUE: Value = Value {
    name: "postal_address",
    category: Category::Pii,
    explanation: "a postal address, or a street with a house number",
    tier: Tier::Rules,
    find,
};

/// A whole address, and one that lacks its post code. A street alone stays under .8, from which values are masked.
const WHOLE: f32 = 0.85;
const WITH_UNIT: f32 = 0.75;
const NAMED: f32 = 0.7;
const ALONE: f32 = 0.55;
/// How far around an anchor an address reaches. No longer one is sure: a stream would have let its beginning go.
const BEFORE: usize = 72;
const AFTER: usize = 120;
const ADDRESS_BYTES_MAX: usize = 96;

/// Words that speak of an address.
const CONTEXT: &[&str] = &[
    "address",
    "lives",
    " live ",
    "lived",
    "located",
    "office",
    "meet",
    "ship",
    "send",
    "sent to",
    "deliver",
    "resid",
    "moved",
    "home",
    "return to",
    "mail",
    "adresse",
    "wohn",
    "habite",
    "domicil",
];

struct Engine {
    anchors: Option<AhoCorasick>,
    /// The shape of each anchor.
    shapes: Vec<usize>,
    patterns: Vec<Option<Regex>>,
    codes: Option<Regex>,
    coded: Vec<Option<Regex>>,
}

fn compiled(shape: &Shape) -> Option<Regex> {
    Regex::new(&shape.pattern()).ok()
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let listed =
        || SHAPES.iter().enumerate().flat_map(|(at, shape)| shape.anchors.iter().map(move |text| (at, text)));
    Engine {
        anchors: AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(listed().map(|(_, text)| text))
            .ok(),
        shapes: listed().map(|(at, _)| at).collect(),
        patterns: SHAPES.iter().map(compiled).collect(),
        codes: Regex::new(CODES).ok(),
        coded: CODED.iter().map(compiled).collect(),
    }
});

fn find(text: &str, numbers: &Numbers) -> Vec<Found> {
    let engine = &*ENGINE;
    let Some(anchors) = &engine.anchors else { return Vec::new() };
    let mut found: Vec<Found> = Vec::new();
    // No address is without a number.
    let near = numbers.near.iter().flat_map(|near| {
        let held = text.as_bytes().get(near.clone()).unwrap_or_default();
        let place =
            |found: Match| (found.pattern().as_usize(), near.start + found.start()..near.start + found.end());
        anchors.find_iter(held).map(place)
    });
    for (anchor, place) in near {
        let until = found.last().map_or(0, |last| last.range.end);
        let which = engine.shapes.get(anchor).copied().unwrap_or_default();
        let (Some(shape), Some(Some(pattern))) = (SHAPES.get(which), engine.patterns.get(which)) else {
            continue;
        };
        if place.start < until || !shape.may_be(text.as_bytes(), place.clone()) {
            continue;
        }
        let before = if shape.is_ahead { 0 } else { BEFORE };
        let start = if shape.is_ahead { place.end } else { place.start.saturating_sub(before).max(until) };
        let low = text.ceil_char_boundary(start);
        let high = text.ceil_char_boundary((place.end + AFTER).min(text.len()));
        let Some(window) = text.as_bytes().get(low..high) else { continue };
        let Some(captures) = reaching(pattern, window, place.start.saturating_sub(low)) else { continue };
        found.extend(judged(text, low, shape, &captures));
    }
    by_codes(text, numbers, &mut found);
    found
}

/// Addresses without a street's kind, by the post code.
fn by_codes(text: &str, numbers: &Numbers, found: &mut Vec<Found>) {
    let Some(codes) = &ENGINE.codes else { return };
    let mut until = 0;
    for place in numbers.matches(text, codes) {
        let held = |one: &Found| one.range.contains(&place.start);
        if place.start < until || found.iter().rev().take(8).any(held) {
            continue;
        }
        let low = text.ceil_char_boundary(place.start.saturating_sub(BEFORE).max(until));
        let high = text.ceil_char_boundary((place.end + BEFORE).min(text.len()));
        let Some(window) = text.as_bytes().get(low..high) else { continue };
        for (shape, pattern) in CODED.iter().zip(&ENGINE.coded) {
            let captures = pattern.as_ref().and_then(|pattern| reaching(pattern, window, place.start - low));
            let Some(one) = captures.and_then(|captures| judged(text, low, shape, &captures)) else {
                continue;
            };
            until = until.max(one.range.end);
            found.push(one);
        }
    }
}

/// The match that reaches over a place.
fn reaching<'a>(pattern: &Regex, window: &'a [u8], place: usize) -> Option<Captures<'a>> {
    // Whether there is one is told much faster than what is in it.
    let found = pattern.find_iter(window).find(|found| found.end() > place)?;
    pattern.captures_at(window, found.start())
}

/// An address of a shape, and how sure it is one.
fn judged(text: &str, low: usize, shape: &Shape, captures: &Captures<'_>) -> Option<Found> {
    let held = captures.name("address")?;
    let range = low + held.start()..low + held.end();
    let value = text.get(range.clone())?;
    if is_within_word(text, &range) || touches(text, &range) || shape.is_guarded && !has_strange_word(value) {
        return None;
    }
    let has = |name: &str| captures.name(name).is_some_and(|part| !part.is_empty());
    let has_tail = has("tail") || has("military");
    let named = shape.is_ahead || is_after(text, range.start, CONTEXT);
    let score = match () {
        () if has_tail && value.len() <= ADDRESS_BYTES_MAX => WHOLE,
        () if has_tail || has("unit") => WITH_UNIT,
        () if named => NAMED,
        () if has("kind") => ALONE,
        () => return None,
    };
    Some(Found { range, score })
}

/// Whether signs beside it make it part of something else: a path, an amount, a version.
fn touches(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let after = (bytes.get(range.end), bytes.get(range.end + 1));
    matches!(before, Some(b'.' | b'-' | b'/' | b'$' | b'#' | b'=' | b'%' | b'_'))
        || matches!(after, (Some(b'.' | b'/' | b':'), Some(b'0'..=b'9')) | (Some(b'%' | b'='), _))
}

/// Whether a word is none that manuals and prompts use: streets have names, and so do few other things with numbers.
fn has_strange_word(value: &str) -> bool {
    let words = value.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().nth(2).is_some());
    let strange = |word: &str| {
        word.starts_with(char::is_uppercase) && !Vocabulary::built_in().holds(&word.to_lowercase())
    };
    words.filter(|word| word.chars().all(char::is_alphabetic)).any(strange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, f32)]) {
        let found = find(text, &Numbers::of(text));
        let found: Vec<_> = found.into_iter().map(|found| (&text[found.range], found.score)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn whole_addresses_are_found() {
        let whole = |text: &str, address: &str| check(text, &[(address, WHOLE)]);
        let american = "590 Edington Drive, Apt. 4, Springfield, IL 62704";
        whole(&format!("In 2019 I moved to {american}."), american);
        whole(
            "Send it to 1600 Pennsylvania Ave NW, Washington, DC 20500-0003!",
            "1600 Pennsylvania Ave NW, Washington, DC 20500-0003",
        );
        whole("to 10 Downing Street, London SW1A 2AA.", "10 Downing Street, London SW1A 2AA");
        whole("221B Baker St\nLondon\nNW1 6XE\nTel", "221B Baker St\nLondon\nNW1 6XE");
        whole("bei Hauptstraße 5, 10115 Berlin", "Hauptstraße 5, 10115 Berlin");
        whole("Am Alten Weg 12a\nD-80331 München", "Am Alten Weg 12a\nD-80331 München");
        whole("au 12 bis, rue de la Paix, 75002 Paris", "12 bis, rue de la Paix, 75002 Paris");
        whole("Via Roma 131, 00184 Roma", "Via Roma 131, 00184 Roma");
        whole("Calle Mayor 12, 28013 Madrid", "Calle Mayor 12, 28013 Madrid");
        whole("Keizersgracht 1 or Damstraat 12, 1012 JM Amsterdam", "Damstraat 12, 1012 JM Amsterdam");
        whole("P.O. Box 242, Springfield, IL 62704", "P.O. Box 242, Springfield, IL 62704");
        whole("PSC 0413, Box 8144\nAPO AA 42323", "PSC 0413, Box 8144\nAPO AA 42323");
        whole("100 Queen Street West, Toronto, ON M5H 2N2", "100 Queen Street West, Toronto, ON M5H 2N2");
        let danish = "4844 Søndergade 52\n Apt. 656\n Brønderslev\n\n Denmark 35018";
        whole(&format!("Stephan M Urner\n\n{danish}"), danish);
        whole("Unter den Linden 77, 10117 Berlin", "Unter den Linden 77, 10117 Berlin");
        whole("1500 Broadway, New York, NY 10036", "1500 Broadway, New York, NY 10036");
        whole("12 avenue des Champs-Élysées, 75008 Paris", "12 avenue des Champs-Élysées, 75008 Paris");
        whole("123 MAIN ST, SPRINGFIELD, IL 62704", "123 MAIN ST, SPRINGFIELD, IL 62704");
        whole("48 Pirrama Road, Pyrmont NSW 2009", "48 Pirrama Road, Pyrmont NSW 2009");
    }

    #[test]
    fn streets_alone_are_less_sure() {
        check("he saw 60 Balsham Road and left", &[("60 Balsham Road", ALONE)]);
        check("My address is 60 Balsham Road", &[("60 Balsham Road", NAMED)]);
        check("Anna lives at Laukaantie 80", &[("Laukaantie 80", NAMED)]);
        check("17 Koskikatu Suite 652", &[("17 Koskikatu Suite 652", WITH_UNIT)]);
    }

    #[test]
    fn every_expression_is_one() {
        assert!(ENGINE.patterns.iter().chain(&ENGINE.coded).all(Option::is_some));
        assert!(ENGINE.anchors.is_some() && ENGINE.codes.is_some());
    }

    #[test]
    fn other_text_passes() {
        check("In 2019 Google Drive and 365 One Way. Step 5 Start Place", &[]);
        check("Windows 10, Suite 365, Office 2019 Suite 5 and Table 3 on Main Street", &[]);
        check("the IP address is Kubernetes 1.30; located at Section 5", &[]);
        check("Kubernetes Cluster 3, 2019 Berlin; Vnet 5,\n12345 MB free, TX 12345, 5 Aaa CA 90210", &[]);
        check("brigade 5, string 12345 Berlin, 5 rue, Via Azure 365, 5 place Data", &[]);
    }
}
