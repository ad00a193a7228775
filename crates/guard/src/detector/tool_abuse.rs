//! Owns `tool_abuse`: text that asks its reader to act with the tools it has.
//!
//! # What it finds
//!
//! "Use the send_email tool to", "call delete_all with", "run this command without asking".
//!
//! # Why it matters
//!
//! An assistant's tools act with the user's rights; a document has none.
//!
//! # What it lets pass
//!
//! Commands that a manual shows a person.

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "tool_abuse",
    category: Category::Injection,
    explanation: "asks its reader to use tools on its behalf",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "tool", "function", "plugin", "without asking", "without confirm", "without permission", "do not ask",
    "your access", "transfer", "purchase", "wire ", "click", "approve", "grant",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.85, chat: 0.5, text: concat!(
        r#"\b(?:use|call|invoke|execute|run|trigger|activate)~<2>(?:the~|your~|any~)?<2>(?:\w+_\w+|"#,
        r#"e-?mail|browser|shell|bash|python|search|file|payment|calendar|send\w*|delete\w*|"#,
        r#"transfer\w*|web|memory|code)~<1>(?:tool|function|plugin|capability|api)s?~<3>(?:to~"#,
        r#"(?:send|delete|transfer|forward|post|upload|fetch|download|run|execute|read|email|wire|"#,
        r#"buy|purchase|book|remove|share|open|visit)|with~(?:the|these|arguments?|to))\b"#,
    ) },
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:without|do~not|don.?t|never|no~need~to|skip)~<2>(?:ask\w*|confirm\w*|request\w*|"#,
        r#"seek\w*|wait\w*)~<3>(?:for~)?(?:the~)?(?:user|confirmation|permission|approval|consent)"#,
        r#"\b"#,
    ) },
    // Invoices say so too.
    Pattern { document: 0.45, chat: 0.4, text: concat!(
        r#"\b(?:transfer|wire|send|pay)~<3>(?:(?:\$|€|£)\s?\d[\d,.]{1,12}|\d[\d,.]{1,12}~(?:usd|eur|"#,
        r#"dollars|euros|btc|bitcoin|eth)|money|funds|bitcoin)~<6>(?:to~(?:the~)?(?:following|this|"#,
        r#"account|iban|wallet|address|attacker))"#,
    ) },
];
