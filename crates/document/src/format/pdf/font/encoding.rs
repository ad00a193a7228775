//! What the codes of simple fonts stand for: the encodings that a file may name, and the names of glyphs.

use std::collections::HashMap;
use std::sync::OnceLock;

use glyph_names::GLYPH_NAME_PAIRS;

/// Characters by code; 0 where a code stands for none.
pub(super) type Characters = [char; 256];

/// An encoding that files name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Encoding {
    /// What fonts have that say nothing.
    Standard,
    /// Windows code page 1252.
    Windows,
    /// Mac OS Roman.
    Macintosh,
    /// The Symbol font's own.
    Symbol,
    /// The ZapfDingbats font's own.
    Dingbats,
}

impl Encoding {
    /// By the name that files use.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"StandardEncoding" => Some(Self::Standard),
            b"WinAnsiEncoding" | b"PDFDocEncoding" => Some(Self::Windows),
            b"MacRomanEncoding" => Some(Self::Macintosh),
            _ => None,
        }
    }

    /// Its characters.
    pub(super) fn characters(self) -> Characters {
        let mut characters = ['\0'; 256];
        let mut fill = |start: usize, text: &str| {
            for (place, c) in characters[start..].iter_mut().zip(text.chars()) {
                *place = c;
            }
        };
        match self {
            Self::Standard => {
                fill(0x20, &(' '..='~').collect::<String>());
                fill(0xa1, STANDARD_HIGH);
                characters[0x27] = '’';
                characters[0x60] = '‘';
            }
            Self::Windows => of_charset(encoding_rs::WINDOWS_1252, &mut fill),
            Self::Macintosh => of_charset(encoding_rs::MACINTOSH, &mut fill),
            Self::Symbol => {
                fill(0x20, SYMBOL_LOW);
                fill(0xa0, SYMBOL_HIGH);
            }
            Self::Dingbats => {
                fill(0x20, DINGBATS_LOW);
                fill(0xa0, DINGBATS_HIGH);
            }
        }
        characters
    }
}

/// What a glyph's name stands for (Adobe Glyph List Specification, section 2).
pub(super) fn named(name: &str) -> Option<String> {
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    let mut text = String::new();
    for part in stem.split('_') {
        match known().get(part) {
            Some(c) => text.push(*c),
            None => text.push_str(&by_number(part)?),
        }
    }
    Some(text)
}

fn of_charset(charset: &'static encoding_rs::Encoding, fill: &mut dyn FnMut(usize, &str)) {
    for code in 0x20..=0xffu8 {
        let bytes = [code];
        let (text, _) = charset.decode_without_bom_handling(&bytes);
        if text.chars().all(|c| !c.is_control() && c != '\u{fffd}') {
            fill(usize::from(code), &text);
        }
    }
    if std::ptr::eq(charset, encoding_rs::WINDOWS_1252) {
        // Codes without a character show as bullets (ISO 32000-2, annex D.2).
        for code in [0x7f, 0x81, 0x8d, 0x8f, 0x90, 0x9d] {
            fill(code, "•");
        }
    }
}

fn known() -> &'static HashMap<&'static str, char> {
    static KNOWN: OnceLock<HashMap<&'static str, char>> = OnceLock::new();
    KNOWN.get_or_init(|| GLYPH_NAME_PAIRS.iter().chain(MORE).map(|(c, name)| (*name, *c)).collect())
}

/// `uni20AC`, `u1F574`.
fn by_number(name: &str) -> Option<String> {
    let character = |digits: &str| char::from_u32(u32::from_str_radix(digits, 16).ok()?);
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.is_ascii()
    {
        let units: Option<Vec<u16>> = (0..digits.len() / 4)
            .map(|index| u16::from_str_radix(&digits[index * 4..index * 4 + 4], 16).ok())
            .collect();
        return String::from_utf16(&units?).ok();
    }
    let digits = name.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len()))?;
    character(digits).map(String::from)
}

/// Names that fonts use beside those for new fonts.
const MORE: &[(char, &str)] = &[
    ('ﬀ', "ff"),
    ('ﬃ', "ffi"),
    ('ﬄ', "ffl"),
    ('\u{a0}', "nbspace"),
    ('\u{a0}', "nonbreakingspace"),
    ('\u{a0}', "uni00A0"),
    ('\u{ad}', "sfthyphen"),
    ('-', "hyphenminus"),
    ('Δ', "Deltagreek"),
    ('Ω', "Omegagreek"),
    ('μ', "mugreek"),
    ('·', "middot"),
    ('·', "periodcentered"),
    ('•', "bulletoperator"),
    ('□', "square"),
    ('●', "blackcircle"),
    ('✓', "checkmark"),
    ('✓', "a19"),
    ('✔', "a20"),
    ('■', "a73"),
    ('●', "a71"),
    ('ς', "sigma1"),
    ('ϑ', "theta1"),
    ('ϕ', "phi1"),
    ('ϖ', "omega1"),
    ('∋', "suchthat"),
    ('⇒', "arrowdblright"),
    ('→', "arrowright"),
    ('‐', "hyphentwo"),
    ('ȷ', "dotlessj"),
    ('™', "trademarkserif"),
    ('©', "copyrightserif"),
    ('®', "registerserif"),
    ('ț', "tcommaaccent"),
    ('€', "Euro"),
    ('ﬁ', "f_i"),
    ('ﬂ', "f_l"),
];

/// The standard encoding from 0xa1 on.
const STANDARD_HIGH: &str = "\
    ¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ\0–†‡·\0¶•‚„”»…‰\0¿\0`´ˆ˜¯˘˙¨\0˚¸\0˝˛ˇ—\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0Æ\0ª\0\0\0\0ŁØŒº\0\0\0\0\0æ\0\0\0ı\0\0łøœß";

/// The Symbol font's own encoding from 0x20 on.
const SYMBOL_LOW: &str = "\
    \u{20}!∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_\
    ‾αβχδεφγηιϕκλµνοπθρστυϖωξψζ{|}∼";

/// And from 0xa0 on.
const SYMBOL_HIGH: &str = "\
    €ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|―↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓\
    ◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\0〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭";

/// The ZapfDingbats font's own encoding from 0x20 on.
const DINGBATS_LOW: &str = "\
    \u{20}✁✂✃✄☎✆✇✈✉☛☞✌✍✎✏✐✑✒✓✔✕✖✗✘✙✚✛✜✝✞✟✠✡✢✣✤✥✦✧★✩✪✫✬✭✮✯✰✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿\
    ❀❁❂❃❄❅❆❇❈❉❊❋●❍■❏❐❑❒▲▼◆❖◗❘❙❚❛❜❝❞";

/// And from 0xa0 on.
const DINGBATS_HIGH: &str = "\
    \0❡❢❣❤❥❦❧♣♦♥♠①②③④⑤⑥⑦⑧⑨⑩❶❷❸❹❺❻❼❽❾❿➀➁➂➃➄➅➆➇➈➉➊➋➌➍➎➏➐➑➒➓➔→↔↕➘➙➚➛➜➝➞\
    ➟➠➡➢➣➤➥➦➧➨➩➪➫➬➭➮➯\0➱➲➳➴➵➶➷➸➹➺➻➼➽➾";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_characters() {
        assert_eq!(named("eacute").as_deref(), Some("é"));
        assert_eq!(named("uni00410042.alt").as_deref(), Some("AB"));
        assert_eq!(named("f_f_i").as_deref(), Some("ffi"));
        assert_eq!(named("u1F574").as_deref(), Some("🕴"));
        assert_eq!(named("g123"), None);
        assert_eq!(Encoding::Windows.characters()[0x93], '“');
        assert_eq!(Encoding::Standard.characters()[0xae], 'ﬁ');
        assert_eq!(Encoding::Symbol.characters()[0xb7], '•');
        assert_eq!(Encoding::Symbol.characters()[0x61], 'α');
        assert_eq!(Encoding::Dingbats.characters()[0x34], '✔');
    }
}
