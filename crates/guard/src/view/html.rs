//! Owns character references of HTML, and tags that stand within words.

use super::Transform;
use super::offsets::Builder;
use super::regions::{Change, Replacement, changed_lines};
use super::signals::{Needs, Signals};

/// Resolves references and drops tags.
pub const TRANSFORM: Transform = Transform { name: "html", literal: true, needs: Needs::Nothing, apply };

const NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("colon", ':'),
    ("sol", '/'),
    ("lpar", '('),
    ("rpar", ')'),
    ("lsqb", '['),
    ("rsqb", ']'),
    ("excl", '!'),
    ("period", '.'),
    ("comma", ','),
    ("num", '#'),
    ("commat", '@'),
    ("equals", '='),
    ("quest", '?'),
    ("lowbar", '_'),
    ("hyphen", '-'),
    ("ast", '*'),
    ("bsol", '\\'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
];
/// No tag is longer, so that a lone `<` costs little.
const TAG_BYTES_MAX: usize = 120;

fn apply(source: &str, _: &Signals) -> Option<Builder> {
    let mut changes = Vec::new();
    let mut rest = 0;
    for at in memchr::memchr2_iter(b'&', b'<', source.as_bytes()) {
        if at < rest {
            continue;
        }
        let Some(after) = source.get(at..) else { continue };
        let change = if after.starts_with('&') { reference(after) } else { tag(source, at) };
        let Some((length, by)) = change else { continue };
        rest = at + length;
        changes.push(Change { range: at..rest, by });
    }
    changed_lines(source, &changes)
}

/// A text with every reference resolved; `None` where it has none.
pub fn references(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut at = 0;
    for from in memchr::memchr_iter(b'&', text.as_bytes()) {
        if from < at {
            continue;
        }
        if let Some((length, Replacement::Char(c))) = text.get(from..).and_then(reference) {
            out.push_str(text.get(at..from).unwrap_or_default());
            out.push(c);
            at = from + length;
        }
    }
    if at == 0 {
        return None;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Some(out)
}

fn reference(after: &str) -> Option<(usize, Replacement)> {
    let name = after.get(1..)?;
    let length =
        name.bytes().take(10).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
    let name = name.get(..length)?;
    let closed = usize::from(after.as_bytes().get(1 + length) == Some(&b';'));
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let hex = number.strip_prefix(['x', 'X']).map(|hex| u32::from_str_radix(hex, 16));
            char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?).filter(|c| *c != '\0')?
        }
        None if closed == 1 => NAMED.iter().find(|(known, _)| *known == name)?.1,
        None => return None,
    };
    Some((1 + length + closed, Replacement::Char(c)))
}

/// A tag or comment that has a letter on both sides takes a word apart; others are left as they are.
fn tag(source: &str, at: usize) -> Option<(usize, Replacement)> {
    let letter = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let bytes = source.as_bytes();
    if !letter(at.checked_sub(1).and_then(|before| bytes.get(before))) {
        return None;
    }
    let stretch = bytes.get(at..(at + TAG_BYTES_MAX).min(bytes.len()))?;
    if !stretch.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!')) {
        return None;
    }
    let length = memchr::memchr(b'>', stretch)? + 1;
    letter(bytes.get(at + length)).then_some((length, Replacement::Nothing))
}
