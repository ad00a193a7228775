//! Owns `addressed_to_model`: text in a document that speaks to the model which reads it.
//!
//! # What it finds
//!
//! "Note to the AI assistant", "if you are a language model reading this", "attention, LLM".
//!
//! # Why it matters
//!
//! Documents are written for people. One that addresses machines wants something of them.
//!
//! # What it lets pass
//!
//! Prose about assistants and models.

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "addressed_to_model",
    category: Category::Injection,
    explanation: "speaks to the model that reads it",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "assistant", "language model", "llm", "chatbot", "ai model", "ai agent", "ai system", "to the ai",
    "to ai", "dear ai", "hey ai", "an ai", "chatgpt", "gpt", "claude", "gemini", "copilot", "the model",
    "the agent", "reading this", "processing this", "summarizing this", "summarising this",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.9, chat: 0.4, text: concat!(
        r#"\b(?:attention|note|message|memo|instructions?|notice|important|reminder|hint|directive|"#,
        r#"warning|hello|hi|hey|dear|greetings)~(?:(?:to|for)~)?(?:all~|any~|the~|every~)?(?:ai|"#,
        r#"a\.i\.|llms?|language~models?|ai~\w+|assistants?|chatbots?|chatgpt|gpt\w*|claude|gemini|"#,
        r#"copilot|large~language~models?|automated~(?:systems?|agents?|readers?))\b(?:~"#,
        r#"(?:assistants?|models?|agents?|systems?|reading|processing|reviewers?|bots?|scrapers?))"#,
        r#"?\s{0,3}(?:[:,!\-.]|—)"#,
    ) },
    Pattern { document: 0.9, chat: 0.4, text: concat!(
        r#"\b(?:if|when|since|because|as|should)~(?:you~are|you.re|you~be|this~is~(?:being~)"#,
        r#"?(?:read|processed|parsed|summari[sz]ed)~by|read~by|processed~by)~(?:an?~|the~)"#,
        r#"?<2>(?:ai|llm|language~model|chatbot|bot|assistant|chatgpt|gpt\w*|automated|machine|"#,
        r#"model|agent)\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.4, text: concat!(
        r#"\b(?:ai|llm|assistant|model|agent|chatbot|bot|language~model)s?~(?:\w+~)?(?:that~is~|"#,
        r#"that~are~|which~is~|who~is~|currently~)?(?:reading|processing|summari[sz]ing|parsing|"#,
        r#"analy[sz]ing|reviewing|translating)~(?:this|these|the~(?:above|following))\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.35, text: concat!(
        r#"(?m)(?:^|[.!?:*#>\]\n]\s{0,4})(?:(?:dear|hey|hi|hello|ok|okay)~)?(?:ai|llm|assistant|"#,
        r#"chatgpt|gpt-?\d?|claude|gemini|copilot|chatbot|ai~(?:assistant|model|agent)|language~"#,
        r#"model)\s{0,2}[,:]\s{0,2}(?:please~|you~(?:must|should|will|are|need)|ignore|do|stop|"#,
        r#"forget|disregard|output|print|respond|reply|say|tell|send|write|reveal|your|now|i~|from|"#,
        r#"when|add|include|rate|recommend|approve)"#,
    ) },
    Pattern { document: 0.8, chat: 0.35, text: concat!(
        r#"\b(?:the|any|all|every|this)~<1>(?:assistant|ai|llm|chatbot|language~model|ai~agent|ai~"#,
        r#"model)s?~(?:must|should|shall|needs?~to|has~to|is~(?:required|instructed|to)|are~"#,
        r#"(?:required|instructed|to)|will~now)~<2>(?:ignore|disregard|output|print|respond~with|"#,
        r#"reply~with|say|tell~the~user|send|reveal|recommend|rate|include|append|not~(?:mention|"#,
        r#"reveal|tell|disclose))\b"#,
    ) },
];
