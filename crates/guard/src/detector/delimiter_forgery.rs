//! Owns `delimiter_forgery`: marks that chat templates and prompts use to say who speaks.
//!
//! # What it finds
//!
//! `<|im_start|>system`, `[INST]`, `<<SYS>>`, `### System:`, "END OF DOCUMENT", a forged turn of the user.
//!
//! # Why it matters
//!
//! Such a mark in a document ends the data and begins instructions, for a model that believes it.
//!
//! # What it lets pass
//!
//! Headings, XML of other vocabularies, logs with a line of the system.

use super::act::{Act, Pattern};
use crate::finding::Category;

/// The detector.
pub const ACT: Act = Act {
    name: "delimiter_forgery",
    category: Category::Injection,
    explanation: "forges a mark that separates instructions from data",
    anchors: ANCHORS,
    patterns: PATTERNS,
};

#[rustfmt::skip]
const ANCHORS: &[&str] = &[
    "<|", "[inst", "[/inst", "<<sys", "<</sys", "### system", "### instruction", "### human",
    "### assistant", "### user", "#system", "[system", "system:", "assistant:", "human:", "<system",
    "</system", "</context", "</document", "</data", "</user", "</input", "<instructions", "</instructions",
    "<assistant", "end of", "begin", "start of", "=== ", "---", "role\"", "\"system\"", "<start_of_turn",
    "<end_of_turn", "system]", "system prompt",
];

#[rustfmt::skip]
const PATTERNS: &[Pattern] = &[
    Pattern { document: 0.97, chat: 0.9, text: concat!(
        r#"<\|(?:im_start|im_sep|start_header_id|begin_of_text|start|channel|message)\|>\s{0,3}(?:system|"#,
        r#"user|assistant|developer|<\|)|<\|(?:system|user|assistant|im_start|im_end|endoftext|eot_id|"#,
        r#"end_of_text|endofprompt|end|return)\|>[^<]{0,300}<\||<\|(?:system|user|assistant)\|>\s{0,3}\w"#,
    ) },
    Pattern { document: 0.45, chat: 0.45, text: concat!(
        r#"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id|"#,
        r#"end_header_id|begin_of_text|end_of_text|endofprompt)\|>"#,
    ) },
    Pattern { document: 0.9, chat: 0.8, text: concat!(
        r#"\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|\[/?(?:SYSTEM|system)(?:_PROMPT|~"#,
        r#"?(?:message|prompt|override|note|update|instruction)s?)?\]\s{0,3}:?\s{0,3}\S"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"(?m)^\s{0,4}#{1,4}\s{0,2}(?:new~|updated~)?(?:system|instructions?|human|assistant|user)"#,
        r#"(?:~(?:prompt|message|override|instructions?))?\s{0,2}:"#,
    ) },
    Pattern { document: 0.85, chat: 0.5, text: concat!(
        r#"(?m)^\s{0,4}[\"'*]{0,2}(?:system|developer)(?:~(?:prompt|message|override|note|"#,
        r#"instructions?|update|notice|alert))?[\"'*]{0,2}\s{0,2}:\s{0,3}(?:you~(?:are|must|will|"#,
        r#"should)|ignore|disregard|forget|new|override|your|the~(?:user|assistant|previous|above)|"#,
        r#"do~not|from~now|respond|reply|output|please)"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"(?m)^\s{0,4}(?:human|user|assistant|ai)"#,
        r#"\s{0,2}:[^\n]{0,300}\n\s{0,4}\n?\s{0,4}(?:assistant|ai|human|user)\s{0,2}:"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"</?(?:system|instructions?|system_?prompt|user_?input|user_?query|untrusted\w*|"#,
        r#"retrieved\w*|tool_result|function_results|assistant|context|document|documents|data)"#,
        r#"\s?>\s{0,6}(?:</?\w{1,20}>\s{0,6}){0,3}(?:you~(?:are|must|will|should)|ignore|disregard|"#,
        r#"forget|new|override|your|do~not|from~now|respond|reply|output|please|system|now|the~"#,
        r#"(?:user|assistant|previous|above)|actually|instead|important)"#,
    ) },
    Pattern { document: 0.85, chat: 0.5, text: concat!(
        r#"(?:[=#*\x7e_\-<\[]{2,}\s{0,3})(?:end|start|begin(?:ning)?|close|stop)~(?:of~)"#,
        r#"?<2>(?:context|document|data|instructions?|user~(?:input|query|message)|system~"#,
        r#"(?:prompt|message)|prompt|input|passage|retrieved|untrusted|new~instructions?|"#,
        r#"conversation)\b[^\n]{0,20}(?:[=#*\x7e_\->\]]{2,})"#,
    ) },
    Pattern { document: 0.85, chat: 0.6, text: concat!(
        r#"\"role\"\s{0,2}:\s{0,2}\"(?:system|developer)"#,
        r#"\"\s{0,2},\s{0,2}\"content\"\s{0,2}:\s{0,2}\"(?:ignore|disregard|you~(?:must|will~now)|"#,
        r#"override|new)"#,
    ) },
];
