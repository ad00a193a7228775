//! Texts to normalised words, as BERT's uncased models do: control characters dropped, accents stripped, lower
//! case, cut at white space, around punctuation and around Chinese characters.

use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::UnicodeNormalization;

/// Hands each normalised word of `text` to `take` until that says no; returns whether it never did.
pub(super) fn words(text: &str, take: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut buffer = String::new();
    // White space ends a word and is a starter in the sense of Unicode, so nothing is changed across it.
    let runs = text.split([' ', '\t', '\n', '\r']).filter(|run| !run.is_empty());
    for run in runs {
        let go_on = if run.is_ascii() { ascii(run, &mut buffer, take) } else { any(run, &mut buffer, take) };
        if !go_on {
            return false;
        }
    }
    true
}

fn ascii(run: &str, word: &mut String, take: &mut dyn FnMut(&str) -> bool) -> bool {
    word.clear();
    for byte in run.bytes().filter(|byte| !byte.is_ascii_control()) {
        if byte.is_ascii_punctuation() {
            if !flush(word, take) || !take(char::from(byte).encode_utf8(&mut [0; 4])) {
                return false;
            }
        } else {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
    }
    flush(word, take)
}

fn any(run: &str, word: &mut String, take: &mut dyn FnMut(&str) -> bool) -> bool {
    word.clear();
    let cleaned = run.chars().filter(|&c| c != '\u{fffd}' && !c.is_other());
    let spaced = cleaned.map(|c| if c.is_whitespace() { ' ' } else { c }).flat_map(|c| {
        let around = is_chinese(c).then_some(' ');
        around.into_iter().chain([c]).chain(around)
    });
    let bare = spaced.nfd().map(|(c, _)| c).filter(|c| !c.is_mark_nonspacing());
    for c in bare.flat_map(char::to_lowercase) {
        let go_on = if c.is_whitespace() {
            flush(word, take)
        } else if c.is_ascii_punctuation() || c.is_punctuation() {
            flush(word, take) && take(c.encode_utf8(&mut [0; 4]))
        } else {
            word.push(c);
            true
        };
        if !go_on {
            return false;
        }
    }
    flush(word, take)
}

fn flush(word: &mut String, take: &mut dyn FnMut(&str) -> bool) -> bool {
    let go_on = word.is_empty() || take(word);
    word.clear();
    go_on
}

/// The blocks of CJK ideographs, which are cut one by one; other East Asian scripts are not.
fn is_chinese(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4e00..=0x9fff
            | 0x3400..=0x4dbf
            | 0x20000..=0x2a6df
            | 0x2a700..=0x2b73f
            | 0x2b740..=0x2b81f
            | 0x2b920..=0x2ceaf
            | 0xf900..=0xfaff
            | 0x2f800..=0x2fa1f
    )
}
