//! Owns `organization`: names of firms and other bodies.
//!
//! # What it finds
//!
//! Words with capitals before a legal form (`Inc.`, `LLC`, `Ltd`, `GmbH`, `AG`, `S.A.`, `SARL`, `B.V.`, `plc`, …) or
//! before a word that such names end in (`Holdings`, `Associates`, `University`); and names beside words that speak of
//! an employer or a firm (`works for`, `subsidiary of`, `was founded`).
//!
//! # Why it matters
//!
//! With a name or a place it tells who somebody is. By itself it is hardly personal data: scores stay under what
//! default policies mask.
//!
//! # What it lets pass
//!
//! Names without any of that, which only a gazetteer would know, and capitals that are everyday words: `Resource Group`.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::numbers::Numbers;
use super::value::{Found, Value};
use crate::finding::Category;
use crate::guard::Tier;
use crate::view::Vocabulary;

/// The detector.
pub const VALUE: Value = Value {
    name: "organization",
    category: Category::Pii,
    explanation: "the name of an organisation",
    tier: Tier::All,
    find,
};

/// What an anchor says.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    /// A legal form that is nothing else.
    Form,
    /// A legal form of two letters, which means other things too.
    Letters,
    /// What names of organisations end in.
    Ending,
    /// That the name of an employer, or of what somebody bought or sits in, follows.
    Employer,
    /// That the name before it is one of a body.
    Body,
}

const ANCHORS: &[(Says, &[&str])] = &[
    (
        Says::Form,
        &[
            " Inc",
            " INC",
            " LLC",
            " L.L.C.",
            " Ltd",
            " LTD",
            " Limited",
            " Corp",
            " Corporation",
            " PLC",
            " plc",
            " Plc",
            " LLP",
            " GmbH",
            " KGaA",
            " OHG",
            " e.V.",
            " S.A.",
            " S.A.S",
            " SAS",
            " SARL",
            " S.à r.l.",
            " SpA",
            " S.p.A.",
            " S.r.l.",
            " Srl",
            " S.L.",
            " Lda",
            " Ltda",
            " B.V.",
            " N.V.",
            " ApS",
            " A/S",
            " Oyj",
            " Pty",
            " Sp. z o.o.",
            " s.r.o.",
            " Kft",
            " Zrt",
            " and Sons",
            " & Sons",
            " & Co",
        ],
    ),
    (Says::Letters, &[" AG", " KG", " SE", " SA", " AB", " AS", " NV", " BV", " Oy", " Co.", " LP"]),
    (
        Says::Ending,
        &[
            " Holdings",
            " Holding",
            " Associates",
            " Partners",
            " Industries",
            " Solutions",
            " Systems",
            " Technologies",
            " Insurance",
            " Consulting",
            " Ventures",
            " Capital",
            " Bank",
            " University",
            " Institute",
            " Foundation",
            " Agency",
            " Company",
            " Investments",
            " Laboratories",
            " Airlines",
            " Hospital",
            " College",
            " Ministry",
            " Bros",
            " Labs",
        ],
    ),
    (
        Says::Body,
        &[
            " office is ",
            " offices are ",
            " was founded ",
            " was acquired ",
            " is headquartered ",
            " headquarters ",
            " employees ",
            " shares ",
            " is a company",
        ],
    ),
    (
        Says::Employer,
        &[
            "work for ",
            "works for ",
            "worked for ",
            "working for ",
            "work at ",
            "works at ",
            "worked at ",
            "working at ",
            "employed by ",
            "employed at ",
            "employee of ",
            "CEO of ",
            "CTO of ",
            "CFO of ",
            "founder of ",
            "customer of ",
            "job at ",
            "hired by ",
            "year at ",
            "acquired by ",
            "subsidiary of ",
            "division of ",
            "address of ",
            "offices of ",
        ],
    ),
];

const FORM: f32 = 0.75;
const ENDING: f32 = 0.6;
const EMPLOYER: f32 = 0.55;
/// No name has more words, or bytes.
const WORDS_MAX: usize = 6;
const NAME_BYTES_MAX: usize = 160;
/// Words that begin sentences, and no names.
const BEGINNERS: &[&str] = &[
    "The", "A", "An", "In", "At", "For", "From", "By", "And", "Of", "Our", "Their", "His", "Her", "My",
    "Your", "If", "When", "With", "To", "As", "On", "This", "That", "Contact", "Dear", "Is", "Are", "Both",
    "While",
];

struct Engine {
    anchors: Option<AhoCorasick>,
    says: Vec<Says>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let listed = || ANCHORS.iter().flat_map(|(says, texts)| texts.iter().map(move |text| (*says, *text)));
    Engine {
        anchors: AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(listed().map(|(_, text)| text))
            .ok(),
        says: listed().map(|(says, _)| says).collect(),
    }
});

fn find(text: &str, _: &Numbers) -> Vec<Found> {
    let engine = &*ENGINE;
    let Some(anchors) = &engine.anchors else { return Vec::new() };
    let mut found: Vec<Found> = Vec::new();
    // No name goes on after a legal form.
    let mut low = 0;
    for anchor in anchors.find_iter(text) {
        let Some(says) = engine.says.get(anchor.pattern().as_usize()).copied() else { continue };
        let one = match says {
            Says::Employer => after(text, anchor.start()..anchor.end()),
            says => before(text, low, anchor.start()..anchor.end(), says),
        };
        let Some(one) = one else { continue };
        if matches!(says, Says::Form | Says::Letters) {
            low = one.range.end;
        }
        match found.last_mut() {
            // `Ossian Bank Holdings`: the later anchor has the longer name.
            Some(last) if one.range.start < last.range.end => {
                last.range.end = last.range.end.max(one.range.end);
                last.score = last.score.max(one.score);
            }
            _ => found.push(one),
        }
    }
    found
}

/// The name that ends in an anchor.
fn before(text: &str, low: usize, anchor: Range<usize>, says: Says) -> Option<Found> {
    let rest = text.get(anchor.end..)?;
    if says != Says::Body && rest.starts_with(|c: char| c.is_alphanumeric() || c == '-') {
        return None;
    }
    let low = text.ceil_char_boundary(anchor.start.saturating_sub(NAME_BYTES_MAX).max(low));
    let head = text.get(low..anchor.start)?;
    let mut start = anchor.start;
    let mut words: Vec<&str> = Vec::new();
    let mut from = head;
    while words.len() < WORDS_MAX {
        let at = from
            .rfind(|c: char| c.is_whitespace())
            .map_or(0, |at| at + from[at..].chars().next().map_or(1, char::len_utf8));
        let word = from.get(at..)?;
        let plain = word.rsplit(['(', ')', '"', '“', '*', '[', ']', '>', ':', '=', '|', '/', '\'']).next()?;
        // A comma may stand before a legal form, and between names.
        let named =
            plain.trim_end_matches(',').starts_with(char::is_uppercase) && !plain.ends_with(['.', ';']);
        let joins = matches!(plain, "&" | "and" | "of") && !words.is_empty();
        if !(named || joins) || plain.len() > 32 {
            break;
        }
        words.push(plain);
        start = low + at + word.len() - plain.len();
        if plain.len() < word.len() || at == 0 || !from[..at].ends_with(' ') {
            break;
        }
        from = &from[..at - 1];
    }
    // What begins a sentence or joins the name to one is no part of it.
    while let Some(word) =
        words.last().filter(|word| BEGINNERS.contains(word) || matches!(**word, "&" | "and" | "of"))
    {
        start += word.len() + 1;
        words.pop();
    }
    let strange = words.iter().any(|word| is_strange(word));
    let score = match says {
        Says::Form if !words.is_empty() => FORM,
        Says::Letters if strange && words.first().is_some_and(|word| word.contains(char::is_lowercase)) => {
            FORM
        }
        Says::Ending if strange => ENDING,
        Says::Body if strange => EMPLOYER,
        _ => return None,
    };
    let end = match says {
        Says::Ending => anchor.end + of_place(rest),
        Says::Body => anchor.start,
        Says::Form | Says::Letters | Says::Employer => anchor.end,
    };
    Some(Found { range: start..end, score })
}

/// How long the rest of a name is: `University` ` of Vienna`.
fn of_place(rest: &str) -> usize {
    let Some(place) = rest.strip_prefix(" of ").filter(|place| place.starts_with(char::is_uppercase)) else {
        return 0;
    };
    " of ".len() + place.find(|c: char| !c.is_alphanumeric()).unwrap_or(place.len())
}

/// The name that follows an anchor.
fn after(text: &str, anchor: Range<usize>) -> Option<Found> {
    let joined = text.get(..anchor.start)?.ends_with(|c: char| c.is_alphanumeric() || c == '-');
    let high = text.floor_char_boundary(anchor.end + NAME_BYTES_MAX);
    let rest = text.get(anchor.end..high)?;
    // A name ends where a line, a clause or a link does.
    let stop = rest
        .find(['\n', ',', ';', ':', '(', ')', '[', ']', '"', '|', '<', '*', '?', '!'])
        .unwrap_or(rest.len());
    let stop = rest.find(". ").unwrap_or(stop).min(stop);
    let rest = rest.get(..stop)?.trim_end_matches('.');
    let mut end = 0;
    let mut strange = false;
    for word in rest.split(' ').take(WORDS_MAX) {
        let named = word.starts_with(char::is_uppercase);
        if !(named || end > 0 && matches!(word, "&" | "of" | "and")) {
            break;
        }
        strange |= is_strange(word);
        if named {
            end = word.as_ptr() as usize - rest.as_ptr() as usize + word.len();
        }
    }
    (strange && !joined).then_some(Found { range: anchor.end..anchor.end + end, score: EMPLOYER })
}

/// Whether a word is a name rather than one that manuals and prompts use.
fn is_strange(word: &str) -> bool {
    let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
    plain.starts_with(char::is_uppercase)
        && plain.contains(char::is_lowercase)
        && !plain.contains(|c: char| c.is_ascii_digit())
        && !Vocabulary::built_in().holds(&plain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = find(text, &Numbers::of(text));
        assert!(found.iter().all(|found| found.score < 0.8));
        let found: Vec<_> = found.into_iter().map(|found| &text[found.range]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn legal_forms_and_endings_make_names() {
        check("The Shepherd Ltd. was founded", &["Shepherd Ltd"]);
        check("sold to Müller & Söhne GmbH in 2019", &["Müller & Söhne GmbH"]);
        check(
            "by Socialeffort, Inc. and Banco Verdafero S.A.",
            &["Socialeffort, Inc", "Banco Verdafero S.A."],
        );
        check("At Allstate Insurance, for Thomas and Sons", &["Allstate Insurance", "Thomas and Sons"]);
        check("Siemens AG and Volvo AB", &["Siemens AG", "Volvo AB"]);
    }

    #[test]
    fn employers_are_named_by_context() {
        check("I used to work for Usaa Brothers as a clerk", &["Usaa Brothers"]);
        check("The Avalara office is closed, and Microbilt was founded here", &["Avalara", "Microbilt"]);
        check("Anna works at Verdafero. She", &["Verdafero"]);
    }

    #[test]
    fn other_capitals_pass() {
        check("Create a Resource Group and a Network Security Group with Azure Systems", &[]);
        check("it works for TLSv1.2", &[]);
        check("Application network for Xyzzy Foo", &[]);
        check("a SE Linux, the AS number, works for Linux containers, ok LLC", &[]);
        check("-subj '/CN=a/O=example Inc' for a Capacity Reservation Group", &[]);
        check("Increase the Limited Incident", &[]);
    }
}
