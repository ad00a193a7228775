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
        r#"a\.i\.|llms?|language~models?|ai~\w+|chatbots?|chatgpt|gpt\w*|copilot|"#,
        r#"large~language~models?|automated~(?:systems?|agents?|readers?))\b(?:~"#,
        r#"(?:assistants?|models?|agents?|systems?|reading|processing|reviewers?|bots?|scrapers?))"#,
        r#"?\s{0,3}(?:[:,!\-.]|—)"#,
    ) },
    Pattern { document: 0.9, chat: 0.4, text: concat!(
        r#"\b(?:if|when|since|because|as|should)~(?:you~are|you.re|you~be|this~is~(?:being~)"#,
        r#"?(?:read|processed|parsed|summari[sz]ed)~by|read~by|processed~by)~(?:an?~|the~)"#,
        r#"?<1>(?:ai|llm|language~model|chatbot|chatgpt|gpt\w*|(?:ai|automated|virtual)~(?:agent|"#,
        r#"assistant|system|reader|reviewer|tool))\b"#,
    ) },
    // There are other agents, assistants and models.
    Pattern { document: 0.45, chat: 0.3, text: concat!(
        r#"\b(?:(?:if|when|since|because|as|should)~(?:you~are|you.re|you~be)~(?:an?~|the~)?<1>(?:bot|"#,
        r#"assistant|machine|model|agent)|(?:note|message|memo|reminder|attention|instructions?)~(?:to|for)~"#,
        r#"(?:all~|any~|the~)?(?:assistants?|agents?|claude|gemini))\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.4, text: concat!(
        r#"\b(?:ai|llm|assistant|model|agent|chatbot|bot|language~model)s?~(?:\w+~)?(?:that~is~|"#,
        r#"that~are~|which~is~|who~is~|currently~)?(?:reading|processing|summari[sz]ing|parsing|"#,
        r#"analy[sz]ing|reviewing|translating)~(?:this|these|the~(?:above|following))\b"#,
    ) },
    Pattern { document: 0.85, chat: 0.35, text: concat!(
        r#"(?m)(?:^|[.!?:*#>\]\n]\s{0,4})(?:(?:dear|hey|hi|hello|ok|okay)~)?(?:ai|llm|assistant|"#,
        r#"chatgpt|gpt-?\d?|copilot|chatbot|ai~(?:assistant|model|agent)|language~"#,
        r#"model)\s{0,2}[,:]\s{0,2}(?:you~(?:must|should|need)|ignore|stop|forget|disregard|output|"#,
        r#"print|respond|reply|say|tell|reveal|rate|recommend|approve)\b"#,
    ) },
    Pattern { document: 0.8, chat: 0.35, text: concat!(
        r#"\b(?:the|any|all|every|this)~<1>(?:assistant|ai|llm|chatbot|language~model|ai~agent|ai~"#,
        r#"model)s?~(?:must|should|shall|needs?~to|has~to|is~(?:required|instructed|to)|are~"#,
        r#"(?:required|instructed|to)|will~now)~<2>(?:ignore|disregard|tell~the~user|reveal|not~"#,
        r#"(?:mention|reveal|tell|disclose))\b|\b(?:ai|llm|chatbot|language~model|ai~(?:agent|model|"#,
        r#"assistant))s?~(?:must|shall|has~to|(?:is|are)~(?:required|instructed|to))~<2>(?:output|print|"#,
        r#"respond~with|reply~with|say|recommend|rate|include|append)\b"#,
    ) },
];
