//! The keys of `gateway.prompts.NAME`: a system prompt.

use super::{FamilyKey, PromptSettings};
use crate::settings::values::put_text;
use crate::settings::{Kind, Settings};

pub(super) const PROMPT: &[FamilyKey] = &[
    FamilyKey {
        name: "text",
        kind: Kind::Text,
        default: "",
        what: "what the prompt says",
        set: |settings, name, value| put_text(&mut prompt(settings, name).text, value),
    },
    FamilyKey {
        name: "file",
        kind: Kind::Text,
        default: "",
        what: "the file that holds what it says",
        set: |settings, name, value| put_text(&mut prompt(settings, name).file, value),
    },
];

fn prompt<'a>(settings: &'a mut Settings, name: &str) -> &'a mut PromptSettings {
    settings.gateway.prompts.entry(name.to_owned()).or_default()
}
