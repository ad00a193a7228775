//! Character references: `&amp;`, `&#8217;` and the like.

use std::borrow::Cow;

use quick_xml::escape::resolve_html5_entity;

/// No name of an entity is longer.
const NAME_BYTES_MAX: usize = 32;

/// What the numbers 0x80 to 0x9f are taken for in pages: Windows-1252, as browsers do.
const C1: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A text with its references replaced. In an attribute a name without a semicolon stays as it is before `=`.
pub(super) fn decoded(text: &str, attribute: bool) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        let length = reference(after, attribute, &mut out).unwrap_or_else(|| {
            out.push('&');
            0
        });
        rest = &after[length..];
        let next = rest.find('&').unwrap_or(rest.len());
        out.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(out)
}

/// Writes what the reference after an `&` stands for. Gives its length without the `&`.
fn reference(after: &str, attribute: bool, out: &mut String) -> Option<usize> {
    let window = &after.as_bytes()[..after.len().min(NAME_BYTES_MAX)];
    let name_length =
        window.iter().skip(1).position(|b| !b.is_ascii_alphanumeric()).map_or(window.len(), |p| p + 1);
    let name = after.get(..name_length)?;
    let closed = after[name_length..].starts_with(';');
    let length = name_length + usize::from(closed);
    if let Some(number) = name.strip_prefix('#') {
        out.push(character(number)?);
        return Some(length);
    }
    let resolved = resolve_html5_entity(name)?;
    if !closed {
        // Only the oldest names go without a semicolon: those of the first 256 characters.
        let oldest = resolved.chars().all(|c| u32::from(c) < 256);
        if !oldest || (attribute && after[name_length..].starts_with('=')) {
            return None;
        }
    }
    out.push_str(resolved);
    Some(length)
}

fn character(number: &str) -> Option<char> {
    let value = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    let value = value.ok()?;
    match value {
        0x80..=0x9f => C1.get(value as usize - 0x80).copied(),
        0 => Some('\u{fffd}'),
        _ => Some(char::from_u32(value).unwrap_or('\u{fffd}')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(decoded(text, false), expect);
    }

    #[test]
    fn references_become_characters() {
        check("a &amp; b &lt;c&gt; &nbsp;&eacute;&hellip;", "a & b <c> \u{a0}é…");
        check("&#65;&#x42;&#147;x&#148;&#0;&#xD800;", "AB“x”\u{fffd}\u{fffd}");
        check("&copy 2024 &amp&amp; R&D & &nosuch; &hellip &;&#;", "© 2024 && R&D & &nosuch; &hellip &;&#;");
        check("&é; &", "&é; &");
        assert_eq!(decoded("?a=1&copy=2&reg", true), "?a=1&copy=2®");
    }
}
