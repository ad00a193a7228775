//! Owns letters of other scripts that look like Latin ones (UTS 39's confusables).

use rustc_hash::FxHashMap;
use unicode_security::confusable_detection::skeleton;

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};

/// Replaces characters outside ASCII by the ASCII that they look like.
pub const TRANSFORM: Transform = Transform { name: "skeleton", literal: true, needs: Needs::Unicode, apply };

/// Letters whose skeleton is another letter's look (`І` has that of `l`), read as what they are drawn as.
const DRAWN: &[(&str, char)] = &[
    ("іɩιıӏⅰ", 'i'),
    ("ІΙӀⅠ", 'I'),
    ("аα", 'a'),
    ("АΑ", 'A'),
    ("ВΒ", 'B'),
    ("ь", 'b'),
    ("сϲ", 'c'),
    ("СϹ", 'C'),
    ("ԁ", 'd'),
    ("еєεё", 'e'),
    ("ЕΕ", 'E'),
    ("ɡց", 'g'),
    ("һհ", 'h'),
    ("НΗ", 'H'),
    ("јϳ", 'j'),
    ("ЈЈ", 'J'),
    ("кκ", 'k'),
    ("КΚ", 'K'),
    ("ⅼ", 'l'),
    ("мⅿ", 'm'),
    ("МΜ", 'M'),
    ("пηո", 'n'),
    ("Ν", 'N'),
    ("оοσօ", 'o'),
    ("ОΟ", 'O'),
    ("рρ", 'p'),
    ("РΡ", 'P'),
    ("ԛ", 'q'),
    ("гɾ", 'r'),
    ("ѕ", 's'),
    ("Ѕ", 'S'),
    ("тτ", 't'),
    ("ТΤ", 'T'),
    ("υսц", 'u'),
    ("ѵν", 'v'),
    ("ѡωԝ", 'w'),
    ("хχ", 'x'),
    ("ХΧ", 'X'),
    ("уγү", 'y'),
    ("УΥ", 'Y'),
    ("Ζ", 'Z'),
    ("з", '3'),
    ("ƖⅬ", 'l'),
];

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    if source.is_ascii() {
        return None;
    }
    let mut changes = Vec::new();
    // A text has few different characters.
    let mut known: FxHashMap<char, Option<Replacement>> = FxHashMap::default();
    for (at, c) in source.char_indices().filter(|(_, c)| !c.is_ascii()) {
        if let Some(by) = known.entry(c).or_insert_with(|| looks_like(c)) {
            changes.push(Change { range: at..at + c.len_utf8(), by: by.clone() });
        }
    }
    changed_lines(source, &changes)
}

/// The ASCII that a letter looks like.
fn looks_like(c: char) -> Option<Replacement> {
    if !c.is_alphabetic() {
        return None;
    }
    if let Some((_, drawn)) = DRAWN.iter().find(|(like, _)| like.contains(c)) {
        return Some(Replacement::Char(*drawn));
    }
    let looks: String = skeleton(c.encode_utf8(&mut [0; 4])).filter(char::is_ascii).collect();
    let mut signs = looks.chars();
    match (signs.next(), signs.next()) {
        (Some(only), None) => only.is_ascii_alphanumeric().then_some(Replacement::Char(only)),
        _ if looks.bytes().any(|byte| byte.is_ascii_alphanumeric()) => Some(Replacement::Text(looks)),
        _ => None,
    }
}
