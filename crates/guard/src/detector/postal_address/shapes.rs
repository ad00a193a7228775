//! Owns how addresses are written: for each way, what it is looked for by, and an expression.
//!
//! Expressions read bytes; whatever is no ASCII is taken for a letter. In them `address` is what is found, `kind` a
//! word that says by itself that it is a street, `unit` a flat or suite in it, `tail` the town with its post code.

use std::ops::Range;

/// A way to write addresses.
pub struct Shape {
    /// What has to stand in it, by case.
    pub anchors: &'static [&'static str],
    /// The expression; names in braces stand for the parts below.
    pattern: &'static str,
    /// What stands beside an anchor, so that most are told at a glance.
    beside: Beside,
    /// Whether the address begins after the anchor, which speaks of it.
    pub is_ahead: bool,
    /// Whether it needs a word that is no everyday word.
    pub is_guarded: bool,
}

/// What stands beside an anchor.
#[derive(PartialEq)]
enum Beside {
    /// A word ends with it.
    End,
    /// A digit comes after it.
    Digit,
    /// A number stands before it, perhaps with a comma or `bis`.
    Number,
    /// A capital letter, a digit, or a particle comes after it.
    Anything,
}

impl Shape {
    /// The whole expression.
    pub fn pattern(&self) -> String {
        let parts = [
            ("{TAIL}", TAIL),
            ("{UNIT}", UNIT),
            ("{CITY}", CITY),
            ("{NAME}", NAME),
            ("{WORD}", WORD),
            ("{NUMBER}", NUMBER),
            ("{GAP}", GAP),
        ];
        let mut pattern = format!("(?-u){}", self.pattern);
        for (name, part) in parts {
            pattern = pattern.replace(name, part);
        }
        pattern
    }

    /// Whether an anchor may belong to an address, by the bytes beside it.
    pub fn may_be(&self, bytes: &[u8], anchor: Range<usize>) -> bool {
        let after = bytes.get(anchor.end);
        match self.beside {
            Beside::End => !after.is_some_and(u8::is_ascii_alphanumeric),
            Beside::Digit => after.is_some_and(u8::is_ascii_digit),
            Beside::Number => {
                let low = anchor.start.saturating_sub(6);
                bytes.get(low..anchor.start).unwrap_or_default().iter().any(u8::is_ascii_digit)
            }
            Beside::Anything => true,
        }
    }
}

const WORD: &str = r"[A-Z\x80-\xff][A-Za-z\x80-\xff'.-]*";
const NAME: &str = concat!(
    r"(?:[A-Z\x80-\xff][A-Za-z\x80-\xff'.-]*|\d{1,3}(?:st|nd|rd|th)|[dl]'[A-Za-z\x80-\xff-]+",
    r"|(?:de|del|della|dei|di|da|do|dos|des|du|la|le|les|el|al|delle|degli|lo|los|las|aux|sur|van|der|den|of|the",
    r"|and|y|e|am|an|im|zum|zur|auf|út|utca|gate|terrasse)\b|u\.|rkp\.)"
);
const NUMBER: &str = r"\d{1,6}(?:[A-Za-z]|[/-]\d{1,4}[A-Za-z]?(?:/\d{1,4})?)?\b";
/// Between the lines of an address, which may be those of a quoted letter.
const GAP: &str = r"(?:\s{0,3}[,\n][\s>?|]{0,6}(?:,\s{0,3})?|\s{1,4})";
const UNIT: &str = concat!(
    r"(?P<unit>(?:{GAP}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room)\b\.?\s?#?\d{1,5}[A-Za-z]?\b",
    r"|,?\s#\s?\d{1,5}|{GAP}\d{1,2}(?:st|nd|rd|th)\s[Ff]loor\b",
    r"|,\s\d{1,2}\xc2[\xaa\xb0\xba](?:\s[A-Za-z]{1,4}\b)?){0,2})"
);
const CITY: &str =
    r"(?:(?:St\. |Mt\. )?[A-Z\x80-\xff][A-Za-z\x80-\xff'-]+(?:[ -]{NAME}){0,3}(?: \([A-Z][a-z]{1,12}\))?)";
/// A town before its post code, perhaps with a state or country between, or after it.
const TAIL: &str = concat!(
    r"(?P<tail>{GAP}{CITY}{GAP}(?:(?:- )?(?:[A-Z]{2,3}|nan|{CITY}){GAP}){0,2}(?:\d{5,6}(?:-\d{3,4})?|[A-Z]{2,3}\s\d{4}",
    r"|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d)\b",
    r"|{GAP}{CITY}\s(?:\d{5,6}(?:-\d{4})?|[A-Z]{2,3}\s\d{4}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})\b",
    r"|{GAP}(?:[A-Z]{1,2}-)?(?:\d{5}(?:-\d{3})?|\d{4}(?:\s?[A-Z]{2}|-\d{3})?|\d{3}\s\d{2}|\d{2}-\d{3})",
    r"\s{1,3}{CITY})?"
);

/// What stands in an address without a street's kind, where digits are: a house number before a post code, or a state's
/// letters before one.
pub const CODES: &str = concat!(
    r"(?-u)[A-Za-z\x80-\xff.]\s\d[\d/-]{0,8}[A-Za-z]?\s{0,2}[,\n]\s{0,4}(?:[A-Z]{1,2}-)?\d{2}[\d A-Z-]{2,5}\s",
    r"[A-Z\x80-\xff]|,?\s[A-Z]{2}\s{1,2}\d{5}\b"
);

/// Ways that are looked for by [`CODES`].
pub const CODED: &[Shape] = &[
    // Unter den Linden 77, 10117 Berlin. Four digits that may be a year are none.
    Shape {
        anchors: &[],
        pattern: concat!(
            r"(?P<address>\b{WORD}(?:\s{NAME}){0,4}\s{NUMBER}(?P<tail>\s{0,2}[,\n]\s{0,4}(?:[A-Z]{1,2}-)?",
            r"(?:\d{5}|(?:[03-9]\d|1[0-8]|2[1-9])\d{2}|\d{4}\s?[A-Z]{2}|\d{3}\s\d{2}|\d{2}-\d{3})\s{CITY}))"
        ),
        beside: Beside::Anything,
        is_ahead: false,
        is_guarded: true,
    },
    // 1500 Broadway, New York, NY 10036
    Shape {
        anchors: &[],
        pattern: concat!(
            r"(?P<address>\b{NUMBER}\s(?:{NAME}\s){0,4}{WORD}{UNIT}(?P<tail>{GAP}{CITY},?\s{1,3}",
            r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]",
            r"|W[AIVY])\s{1,2}\d{5}(?:-\d{4})?\b))"
        ),
        beside: Beside::Anything,
        is_ahead: false,
        is_guarded: true,
    },
];

/// Every way.
pub const SHAPES: &[Shape] = &[
    // 590 Edington Drive
    Shape {
        anchors: &[
            " Street",
            " St",
            " Avenue",
            " Ave",
            " Road",
            " Rd",
            " Boulevard",
            " Blvd",
            " Lane",
            " Ln",
            " Crescent",
            " Terrace",
            " Parkway",
            " Pkwy",
            " Highway",
            " Hwy",
            " STREET",
            " ST",
            " RD",
            " AVENUE",
            " AVE",
            " ROAD",
            " BLVD",
            " LANE",
        ],
        pattern: concat!(
            r"(?P<address>\b{NUMBER},?\s(?:\d{1,5}[A-Za-z]?\s)?(?:{NAME}\s){1,5}?(?P<kind>Street|St|Avenue|Ave|Road|Rd",
            r"|Boulevard|Blvd|Lane|Ln|Crescent|Terrace|Parkway|Pkwy|Highway|Hwy|STREET|ST|AVENUE|AVE|ROAD|RD|BLVD|LANE)",
            r"\b\.?(?:\s(?:North|South|East|West|[NS]?[EW]|[NS])\b)?{UNIT}{TAIL})"
        ),
        beside: Beside::End,
        is_ahead: false,
        is_guarded: false,
    },
    // The same, by words that mean other things too.
    Shape {
        anchors: &[
            " Drive",
            " Dr",
            " Court",
            " Ct",
            " Place",
            " Pl",
            " Square",
            " Sq",
            " Circle",
            " Close",
            " Way",
            " Grove",
            " Gardens",
            " Mews",
            " Quay",
            " Row",
            " Hill",
            " Walk",
            " Alley",
            " Trail",
            " Parade",
            " Cottages",
            " Loop",
            " Wharf",
            " Esplanade",
            " Embankment",
            " Plaza",
            " DRIVE",
            " DR",
            " CT",
            " LN",
            " COURT",
            " PLACE",
        ],
        pattern: concat!(
            r"(?P<address>\b{NUMBER},?\s(?:\d{1,5}[A-Za-z]?\s)?(?:{NAME}\s){1,5}?(?:Drive|Dr|Court|Ct|Place|Pl|Square",
            r"|Sq|Circle|Close|Way|Grove|Gardens|Mews|Quay|Row|Hill|Walk|Alley|Trail|Parade|Cottages|Loop|Wharf|Esplanade|Embankment|Plaza|DRIVE|DR|COURT|PLACE)",
            r"\b\.?(?:\s(?:North|South|East|West|[NS]?[EW]|[NS])\b)?{UNIT}{TAIL})"
        ),
        beside: Beside::End,
        is_ahead: false,
        is_guarded: true,
    },
    // Hauptstraße 5
    Shape {
        anchors: &[
            "straße ", "strasse ", "str. ", "Straße ", "Strasse ", "Str. ", "straat ", "gatan ", "utca ",
            "gade ", "vägen ",
        ],
        pattern: concat!(
            r"(?P<address>(?:\b\d{3,6}\s)?(?:{NAME}\s){0,3}?(?:{WORD}[\s-])?[A-Za-z\x80-\xff.-]*?",
            r"(?P<kind>[Ss]traße|[Ss]trasse|[Ss]tr\.|straat|gatan|utca|gade|vägen)\s{NUMBER}\.?{UNIT}{TAIL})"
        ),
        beside: Beside::Digit,
        is_ahead: false,
        is_guarded: true,
    },
    Shape {
        anchors: &[
            "weg ", "Weg ", "platz ", "Platz ", "gasse ", "Gasse ", "allee ", "Allee ", "damm ", "Damm ",
            "ufer ", "ring ", "vej ", "laan ", "gracht ", "katu ", "tie ", "tér ", "plein ", "veien ",
            "vegen ",
        ],
        pattern: concat!(
            r"(?P<address>(?:\b\d{3,6}\s)?(?:{NAME}\s){0,3}?(?:[A-Z\x80-\xff][A-Za-z\x80-\xff.-]*?",
            r"(?:weg|platz|gasse|allee|damm|ufer|ring|vej|laan|gracht|katu|tie|tér|plein|veien|vegen)",
            r"|(?:{NAME}\s)(?:Weg|Platz|Gasse|Allee|Damm|tér))\s{NUMBER}\.?{UNIT}{TAIL})"
        ),
        beside: Beside::Digit,
        is_ahead: false,
        is_guarded: true,
    },
    // 12 bis, rue de la Paix
    Shape {
        anchors: &[
            " rue ",
            " Rue ",
            " avenue ",
            " boulevard ",
            " chemin ",
            " impasse ",
            " quai ",
            " allée ",
            " route ",
            " place ",
            " cours ",
            " square ",
        ],
        pattern: concat!(
            r"(?P<address>\b{NUMBER}(?:\s?(?:bis|ter|quater)\b)?,?\s(?:(?P<kind>[Rr]ue)|avenue|boulevard|chemin|impasse|quai",
            r"|allée|route|place|cours|square)(?:\s{NAME}){1,6}(?:\s\d{1,4}\b)?{UNIT}{TAIL})"
        ),
        beside: Beside::Number,
        is_ahead: false,
        is_guarded: true,
    },
    // Calle Mayor 12
    Shape {
        anchors: &[
            "Via ",
            "Viale ",
            "Piazza ",
            "Corso ",
            "Calle ",
            "C/ ",
            "Avenida ",
            "Av. ",
            "Plaza ",
            "Paseo ",
            "Rua ",
            "Travessa ",
            "ul. ",
            "Rue ",
            "Avenue ",
            "Chemin ",
        ],
        pattern: concat!(
            r"(?P<address>(?:\b\d{3,6}\s)?\b(?:(?P<kind>Viale|Piazza|Calle|Avenida|Paseo|Rua|Travessa|ul\.|Rue)|Via|Corso",
            r"|C/|Av\.|Plaza|Avenue|Chemin)\s(?:{NAME}\s){0,5}?{WORD},?\s(?:n\.? ?|nº ?)?{NUMBER}{UNIT}{TAIL})"
        ),
        beside: Beside::Anything,
        is_ahead: false,
        is_guarded: true,
    },
    // P.O. Box 242
    Shape {
        anchors: &["Box ", "BOX ", "Postfach ", "Postbus ", "Boîte postale "],
        pattern: concat!(
            r"(?P<address>\b(?:\d{3,6}\s)?(?P<kind>P\.?\s?O\.?\s?(?:Box|BOX)|Postfach|Postbus|Boîte postale",
            r"|(?:PSC|CMR|Unit|UNIT)\s\d{3,5},?\s(?:Box|BOX))\s\d{1,6}(?:\s\d{2,3}){0,3}\b{UNIT}",
            r"(?:(?P<military>\s{1,3}[ADF]PO,?\sA[AEP]\s\d{5}\b)|{TAIL}))"
        ),
        beside: Beside::Digit,
        is_ahead: false,
        is_guarded: false,
    },
    // A ship's.
    Shape {
        anchors: &["APO A", "FPO A", "DPO A"],
        pattern: r"(?P<address>\b(?P<kind>US[A-Z]{1,3})\s{WORD}(?P<tail>\s{1,3}[ADF]PO,?\sA[AEP]\s\d{5}\b))",
        beside: Beside::Anything,
        is_ahead: false,
        is_guarded: false,
    },
    // 17 Koskikatu Suite 652
    Shape {
        anchors: &["Apt. ", "Apt ", "Suite ", "Ste ", "Apartment ", "Flat "],
        pattern: concat!(
            r"(?P<address>\b{NUMBER},?\s(?:(?:{NAME}|\d{1,5}[A-Za-z]?\.?)\s){0,7}?(?:{NAME}|\d{1,5}[A-Za-z]?\.?)",
            r"(?P<unit>(?:{GAP}(?:Apt|Suite|Ste|Apartment|Flat)\b\.?\s?#?\d{1,5}[A-Za-z]?\b){1,2}){TAIL})"
        ),
        beside: Beside::Digit,
        is_ahead: false,
        is_guarded: true,
    },
    // … lives at Laukaantie 80
    Shape {
        anchors: &[
            "address is ",
            "ddress: ",
            "address to ",
            "address with ",
            "ive at ",
            "ives at ",
            "ives on ",
            "ive in ",
            "ived in ",
            "ived at ",
            "ocated at ",
            "ffice is at ",
            "eet me at ",
            "eet you at ",
            "ent to ",
            "end it to ",
            "eturn to ",
            "taxi to ",
            "rrived at ",
            "eliver to ",
            "hip to ",
            "dresse : ",
            "dresse ist ",
            "ohnt in der ",
            "station is on ",
            "off at ",
        ],
        pattern: concat!(
            r"^\s{0,8}(?:the corner of )?(?P<address>(?:(?:\d{1,6}\s)?(?:{NAME}\s){0,5}?{WORD}\s{NUMBER}\.?",
            r"|{NUMBER}\s{WORD}(?:\s{NAME}){0,4}){UNIT}{TAIL})"
        ),
        beside: Beside::Anything,
        is_ahead: true,
        is_guarded: true,
    },
];
