//! Owns `secrecy_demand`: text that asks its reader to keep something from the user.
//!
//! # What it finds
//!
//! "Do not tell the user", "without mentioning this", "keep this between us".
//!
//! # Why it matters
//!
//! An honest document has no reason to speak of what its reader may tell.
//!
//! # What it lets pass
//!
//! "Do not share your password with anyone", "do not disclose the key".

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "secrecy_demand",
    category: Category::Injection,
    explanation: "asks its reader to keep something from the user",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "tell the user", "inform the user", "alert the user", "notify the user", "mention", "the user know",
    "the user to know", "from the user", "between us", "secretly", "silently", "covertly", "acknowledge",
    "reveal this", "reveal that", "the human", "anyone about this", "disclose",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.88, chat: 0.6, text: concat!(
        r#"\b(?:do~not|don.?t|never|must~not|should~not|avoid|without|refrain~from)~<2>(?:tell|"#,
        r#"inform|alert|notify|warn|mention|reveal|disclos|let|show|explain|say|admit|acknowledg)"#,
        r#"\w*~<4>(?:the~|any~|your~)?(?:users?|humans?|reader)\b~"#,
        r#"<3>(?:about|that|of|know|this|these|what|anything|why|you)\b"#,
    ) },
    // People ask it of people.
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:do~not|don.?t|never|must~not|should~not|avoid|without|refrain~from)~<2>(?:tell|"#,
        r#"inform|alert|notify|warn|mention|reveal|disclos|let|show|explain|say|admit|acknowledg)"#,
        r#"\w*~<4>(?:the~|any~|your~)?(?:customer|person|anyone|them)\b~"#,
        r#"<3>(?:about|that|of|know|this|these|what|anything|why|you)\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\b(?:do~not|don.?t|never|must~not|avoid|without)~<2>(?:mention|reveal|disclos|"#,
        r#"acknowledg|admit|referenc|talk~about|explain)\w*~<1>(?:this|these|that|any~of~this|"#,
        r#"having|to~have)~<2>(?:instructions?|message|request|task|note|prompt|to~the~user|"#,
        r#"you|received|seen|been)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:keep|hide|conceal|withhold)~<4>(?:hidden~|secret~|confidential~)?(?:from~(?:the~)"#,
        r#"?(?:user|human|reader)|between~us)\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:silently|quietly)~<2>(?:send|add|include|insert|run|execute|call|forward|upload|"#,
        r#"collect|record|modify|change|transfer|delete|install)\b"#,
    ) },
    Pattern { document: 0.8, chat: 0.55, text: concat!(
        r#"\b(?:secretly|covertly|discreetly|without~the~user(?:.s)?~(?:knowledge|"#,
        r#"knowing|consent|noticing))~<2>(?:send|add|include|insert|run|execute|call|forward|"#,
        r#"upload|collect|record|modify|change|transfer|delete|install)\b"#,
    ) },
];
