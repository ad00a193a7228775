//! Owns `exfiltration`: text that asks for data to be carried somewhere.
//!
//! # What it finds
//!
//! "Send the conversation to", a picture whose address has a place for the user's data, "post the API key to".
//!
//! # Why it matters
//!
//! It is what most injections are for.
//!
//! # What it lets pass
//!
//! "Send the file to your storage account", and other steps a person takes with data of their own.

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "exfiltration",
    category: Category::Injection,
    explanation: "asks for data to be sent away",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "send", "post", "forward", "e-mail", "email", "transmit", "upload", "exfiltrat", "leak", "deliver",
    "submit", "encode", "append", "concatenat", "![", "http", "collect", "gather", "share",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.9, chat: 0.75, text: concat!(
        r#"\b(?:send|post|forward|e-?mail|transmit|upload|exfiltrate|leak|deliver|submit|relay|"#,
        r#"share|report)~<4>(?:(?:this|the|entire|full|whole|our|all|complete)~)"#,
        r#"{0,2}(?:conversation|chat~(?:history|log)|system~prompt|user(?:.s)?~(?:data|details|"#,
        r#"messages?|personal|private|password|credentials?|information|email)|users?~(?:messages?|"#,
        r#"data)|passwords?|credentials|secrets?|api~keys?|access~tokens?|personal~(?:data|"#,
        r#"information|details)|contents~of~(?:this|the~conversation|your)|everything~(?:above|you)"#,
        r#"|your~(?:instructions|prompt|memory|context)|private~\w+|session~\w+|context~window)"#,
        r#"\b[^.!?\n]{0,60}\b(?:to|at|via|using|through)\b"#,
    ) },
    Pattern { document: 0.9, chat: 0.75, text: concat!(
        r#"!\[[^\]\n]{0,80}\]\(\s{0,2}https?://[^)\s]{1,200}[?&/=][^)\s]{0,80}(?:\{\{?|%7b|<|\[|"#,
        r#"\$\{|\bDATA\b|\bSECRET\b|\bCONTENT\b|_HERE\b|\bPASSWORD\b|BASE64)"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\b(?:append|encode|embed|concatenate)~"#,
        r#"<8>(?:conversation|user(?:.s)?~\w+|chat~history|system~prompt|passwords?|credentials|"#,
        r#"secrets?|api~keys?|personal~\w+|data|answer|summary|email~address|previous~messages?)"#,
        r#"\b[^.!?\n]{0,60}\b(?:url|link|query~(?:string|parameter)|image|src|https?|get~request|"#,
        r#"base64)\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\b(?:render|display|show|output|include|load|fetch|open|visit|request|call|markdown)"#,
        r#"\b[^.!?\n]{0,50}(?:image|url|link|https?://)[^.!?\n]{0,80}\b(?:with|containing|where|"#,
        r#"followed~by|replac\w+|plus)\b[^.!?\n]{0,60}\b(?:user|conversation|secret|password|"#,
        r#"history|prompt|private|personal|email|key)\w*"#,
    ) },
    Pattern { document: 0.8, chat: 0.6, text: concat!(
        r#"\b(?:collect|gather|extract|find|search~for|look~for|retrieve|list|read)~"#,
        r#"<6>(?:passwords?|credentials|secrets?|api~keys?|private~keys?|access~tokens?|personal~"#,
        r#"(?:data|information)|credit~cards?|emails?|messages?|files?)\b[^.!?\n]{0,40}\b(?:and~)"#,
        r#"(?:then~)?(?:send|post|forward|e-?mail|transmit|upload|exfiltrate|deliver|submit)~"#,
        r#"<4>(?:them|it|these|those|all|to|everything)\b"#,
    ) },
];
