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
        r#"data)|contents~of~(?:the~conversation|your)|everything~(?:above|you)|your~(?:instructions|"#,
        r#"prompt|memory|context)|context~window)"#,
        r#"\b[^.!?\n]{0,60}\b(?:to|at|via|using|through)\b"#,
    ) },
    // To somebody's address; manuals say what to send where, too.
    Pattern { document: 0.6, chat: 0.5, text: concat!(
        r#"\b(?:send|post|forward|e-?mail|transmit|upload|exfiltrate|leak|deliver|submit|relay|share)~"#,
        r#"<4>(?:passwords?|credentials|secrets?|api~keys?|access~tokens?|private~\w+|session~\w+|"#,
        r#"personal~(?:data|information|details))\b[^.!?\n]{0,60}\b(?:to|at|via)~<2>(?:https?:|"#,
        r#"[\w.+-]{1,64}@[\w-]{1,64}\.)"#,
    ) },
    Pattern { document: 0.9, chat: 0.75, text: concat!(
        r#"!\[[^\]\n]{0,80}\]\(\s{0,2}https?://[^)\s]{1,200}[?&/=][^)\s]{0,80}(?:\{\{?|%7b|<|"#,
        r#"\[[a-z_]{3}|(?-i:\bDATA\b|\bSECRET\b|\bCONTENT\b|_HERE\b|\bPASSWORD\b|[=_/]BASE64))"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\b(?:append|encode|embed|concatenate)~"#,
        r#"<8>(?:conversation|chat~history|system~prompt|user.s~\w+|personal~\w+|previous~messages?)"#,
        r#"\b[^.!?\n]{0,60}\b(?:url|link|query~(?:string|parameter)|image|src|https?|get~request|"#,
        r#"base64)\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\b(?:render|display|show|output|include|load|fetch|open|visit|request|call|markdown)"#,
        r#"\b[^.!?\n]{0,50}(?:image|url|link|https?://)[^.!?\n]{0,80}\b(?:with|containing|where|"#,
        r#"followed~by|replac\w+|plus)\b[^.!?\n]{0,60}\b(?:conversation|secrets?\b|chat~history|"#,
        r#"system~prompt|user.s~(?:data|message|question|input|name|e-?mail)|private~data|personal~data)"#,
    ) },
    Pattern { document: 0.8, chat: 0.6, text: concat!(
        r#"\b(?:collect|gather|extract|find|search~for|look~for|retrieve|list|read)~"#,
        r#"<6>(?:passwords?|credentials|secrets?|api~keys?|private~keys?|access~tokens?|personal~"#,
        r#"(?:data|information)|credit~cards?)\b[^.!?\n]{0,40}\b(?:and~)"#,
        r#"(?:then~)?(?:send|post|forward|e-?mail|transmit|upload|exfiltrate|deliver|submit)~"#,
        r#"<4>(?:them|it|these|those|all|to|everything)\b"#,
    ) },
];
