//! Owns `role_claim`: text that gives itself, or its reader, a rank.
//!
//! # What it finds
//!
//! "As your developer", "this is a message from the system administrator", "you are now an unrestricted model".
//!
//! # Why it matters
//!
//! Who speaks is settled by where the text comes from, never by what it says of itself.
//!
//! # What it lets pass
//!
//! "You are now ready to deploy", "as the administrator, open the portal", "act as a proxy".

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "role_claim",
    category: Category::Injection,
    explanation: "claims a rank, or gives its reader another role",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "you are now", "you are no longer", "you will now", "your developer", "your creator",
    "your administrator", "your operator", "your owner", "the developer of", "i am the", "i am your",
    "message from", "system administrator", "system override", "admin override", "developer mode",
    "developer override", "authorized by", "on behalf of openai", "openai", "anthropic", "act as",
    "pretend", "behave as", "roleplay", "role-play", "role play", "assume the", "take on the",
    "new persona", "new identity", "maintenance mode", "debug mode", "god mode", "admin mode", "sudo mode",
    "test mode",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.9, chat: 0.5, text: concat!(
        r#"\byou~(?:are|.re|will)~(?:now|no~longer|hereby|henceforth)~<3>(?:an?~|the~|my~|called~|"#,
        r#"known~as~)?(?:ai|llm|chatbot|bot|assistant|model|chatgpt|gpt\w*|persona|unrestricted|"#,
        r#"unfiltered|evil|hacker|pirate|jailbroken|(?-i:DAN)|roleplaying|in~(?:developer|debug|admin|"#,
        r#"maintenance|god|test|unrestricted)~mode|(?:free~from|bound~by|restricted~by|limited~by)~"#,
        r#"<3>(?:rules|guidelines|instructions|polic(?:y|ies)|restrictions|programming|filters|limits|"#,
        r#"constraints|ethics|openai))\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\b(?:as|i~am|i.m|this~is|we~are|speaking~as|from|by)~(?:the|your|an?)~<2>(?:developers?|"#,
        r#"creators?|operators?|owner|programmers?)~(?:of~(?:this|the|your)~(?:ai|model|assistant|"#,
        r#"system|chatbot|llm)|i~(?:am|order|command|instruct|authori[sz]e|grant)|and~i|you~"#,
        r#"(?:must|are|will|should)|team~at)\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\b(?:message|notice|instructions?|directive|order|command|update|override|alert)~from~"#,
        r#"<2>(?:the~|your~)?(?:system|developers?|system~administrator|admin(?:istrator)?s?|"#,
        r#"openai|anthropic|google|microsoft|ai~safety~team|security~team|operator|creator)~"#,
        r#"?(?:\s*[:\-]|to~(?:the~)?(?:ai|assistant|model|agent|bot|llm)|you~must|for~the~(?:ai|"#,
        r#"assistant|model))"#,
    ) },
    Pattern { document: 0.85, chat: 0.7, text: concat!(
        r#"\b(?:system|admin(?:istrator)?|developer|root|security|emergency|safety)~(?:override|"#,
        r#"bypass)~?(?:\s*[:\-!]|code|engaged|activated|enabled|initiated|in~effect|authori[sz]ed|"#,
        r#"accepted|command|key|token|protocol)"#,
    ) },
    Pattern { document: 0.85, chat: 0.75, text: concat!(
        r#"\b(?:enter|enable|activate|switch~(?:to|into)|now~in|engage|turn~on|you~are~in|entering|"#,
        r#"unlock)~<2>(?:god|sudo|unrestricted|unfiltered|jailbreak|(?-i:DAN))~mode\b"#,
    ) },
    // Phones, servers and programs have these.
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"\b(?:enter|enable|activate|switch~(?:to|into)|now~in|engage|turn~on|you~are~in|entering|"#,
        r#"unlock)~<2>(?:developer|debug|admin|maintenance|root|test)~mode\b"#,
    ) },
    Pattern { document: 0.8, chat: 0.45, text: concat!(
        r#"\b(?:act|behave|respond|pretend|pose|operate|function|roleplay|role-play|answer)~"#,
        r#"<2>(?:as|to~be|like)~<3>(?:unrestricted|unfiltered|uncensored|evil|jailbroken|amoral|"#,
        r#"malicious|(?-i:DAN)|rogue|unlimited|without~(?:any~)?(?:restrictions|filters|rules|limits))\b"#,
    ) },
];
