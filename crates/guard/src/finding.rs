//! Owns what a detector found: a category, exact bytes of the original text, how sure it is, and why.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Instructions to the model where there should be data.
    Injection,
    /// An attempt to talk the model out of its rules.
    Jailbreak,
    /// Content that a person does not see and a model does.
    HiddenText,
    /// Something about a person.
    Pii,
    /// Something that opens doors.
    Secret,
    /// A link or picture that carries data away.
    Egress,
    /// Words that should never leave the system prompt.
    Leak,
    /// A document that was made to be found: it echoes others, or a likely question, or jumps to another topic.
    Poisoning,
    /// Content that harms, as a classifier outside says.
    Harm,
    /// A claim of an answer that its passages do not carry, as a classifier outside says.
    Ungrounded,
    /// Nothing that was found: a classifier outside could not say, and what it does not judge does not pass.
    Unjudged,
}

impl Category {
    /// Every category, in the order policies list them.
    pub const ALL: [Self; 11] = [
        Self::Injection,
        Self::Jailbreak,
        Self::HiddenText,
        Self::Pii,
        Self::Secret,
        Self::Egress,
        Self::Leak,
        Self::Poisoning,
        Self::Harm,
        Self::Ungrounded,
        Self::Unjudged,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Injection => "injection",
            Self::Jailbreak => "jailbreak",
            Self::HiddenText => "hidden_text",
            Self::Pii => "pii",
            Self::Secret => "secret",
            Self::Egress => "egress",
            Self::Leak => "leak",
            Self::Poisoning => "poisoning",
            Self::Harm => "harm",
            Self::Ungrounded => "ungrounded",
            Self::Unjudged => "unjudged",
        }
    }

    /// Whether it is an attack, which is what a verdict's score is about.
    pub fn is_attack(self) -> bool {
        matches!(self, Self::Injection | Self::Jailbreak | Self::HiddenText)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The detector's name.
    pub detector: &'static str,
    /// What kind of thing it is.
    pub category: Category,
    /// Where it is: bytes of the original text, half-open, on character boundaries.
    pub span: Range<usize>,
    /// The view it was found in: `original`, or the transforms applied, joined by `>`.
    pub view: Cow<'static, str>,
    /// How sure the detector is, 0 to 1. For attacks, a calibrated probability.
    pub score: f32,
    /// Why, without any of the text.
    pub explanation: Cow<'static, str>,
}
