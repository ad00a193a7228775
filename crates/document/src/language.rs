//! Which natural language a text is in.

use whatlang::{Detector, Lang};

/// How many bytes from the start are looked at.
const SAMPLE_BYTES: usize = 4096;
/// Shorter texts say too little, in letters.
const LETTERS_MIN: usize = 40;
/// How much likelier than the next the language must be, 0…1.
const CONFIDENCE_MIN: f64 = 0.2;

/// ISO 639-1 codes of the languages that are told apart.
const CODES: &[(Lang, &str)] = &[
    (Lang::Eng, "en"),
    (Lang::Deu, "de"),
    (Lang::Fra, "fr"),
    (Lang::Spa, "es"),
    (Lang::Por, "pt"),
    (Lang::Ita, "it"),
    (Lang::Nld, "nl"),
    (Lang::Swe, "sv"),
    (Lang::Dan, "da"),
    (Lang::Nob, "no"),
    (Lang::Fin, "fi"),
    (Lang::Pol, "pl"),
    (Lang::Ces, "cs"),
    (Lang::Slk, "sk"),
    (Lang::Hun, "hu"),
    (Lang::Ron, "ro"),
    (Lang::Bul, "bg"),
    (Lang::Ell, "el"),
    (Lang::Rus, "ru"),
    (Lang::Ukr, "uk"),
    (Lang::Tur, "tr"),
    (Lang::Ara, "ar"),
    (Lang::Heb, "he"),
    (Lang::Pes, "fa"),
    (Lang::Hin, "hi"),
    (Lang::Ben, "bn"),
    (Lang::Tha, "th"),
    (Lang::Vie, "vi"),
    (Lang::Ind, "id"),
    (Lang::Jpn, "ja"),
    (Lang::Kor, "ko"),
    (Lang::Cmn, "zh"),
];

/// The language's ISO 639-1 code, where the text is long and plain enough to tell.
pub(crate) fn detect(text: &str) -> Option<String> {
    let mut end = text.len().min(SAMPLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = &text[..end];
    if sample.chars().filter(|c| c.is_alphabetic()).take(LETTERS_MIN).count() < LETTERS_MIN {
        return None;
    }
    let among = CODES.iter().map(|(lang, _)| *lang).collect();
    let found = Detector::with_allowlist(among).detect(sample)?;
    if found.confidence() < CONFIDENCE_MIN {
        return None;
    }
    CODES.iter().find(|(lang, _)| *lang == found.lang()).map(|(_, code)| (*code).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_told_and_short_text_is_not() {
        let english =
            "This page shows how the members of a team can share what they have found with each other.";
        let german = "Diese Seite zeigt, wie die Mitglieder einer Gruppe miteinander teilen können, was sie gefunden haben.";
        assert_eq!(detect(english).as_deref(), Some("en"));
        assert_eq!(detect(german).as_deref(), Some("de"));
        assert_eq!(detect("ok"), None);
        assert_eq!(detect("12345 67890 !!!"), None);
    }
}
