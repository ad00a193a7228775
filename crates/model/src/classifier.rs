//! Texts to concerns: what somebody else's model says of a text.

use std::ops::Range;

use access::PrivateText;
use async_trait::async_trait;

use crate::ModelError;

/// What a text is to whoever judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// What a user writes to a model.
    Prompt,
    /// What a model reads on somebody's behalf.
    Document,
    /// What a model wrote.
    Output,
}

impl TextKind {
    /// The name on wires and in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Document => "document",
            Self::Output => "output",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Prompt, Self::Document, Self::Output].into_iter().find(|kind| kind.name() == name)
    }
}

/// A text to be judged, and what it was written from.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is.
    pub kind: TextKind,
    /// The text.
    pub text: PrivateText,
    /// For an output: the question that it answers, where there is one.
    pub question: Option<PrivateText>,
    /// For an output: the passages that it should rest on.
    pub grounds: Vec<PrivateText>,
}

impl Sample {
    /// A text without anything around it.
    pub fn new(kind: TextKind, text: impl Into<String>) -> Self {
        Self { kind, text: PrivateText::new(text.into()), question: None, grounds: Vec::new() }
    }
}

/// What a text gives cause for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Concern {
    /// Instructions to the model where there should be data.
    Injection,
    /// An attempt to talk the model out of its rules.
    Jailbreak,
    /// Content that harms: hate, violence, self-harm and the like.
    Harm,
    /// A claim that the passages do not carry.
    Ungrounded,
    /// Something about a person.
    Pii,
    /// Something that opens doors.
    Secret,
}

impl Concern {
    /// Every concern.
    pub const ALL: [Self; 6] =
        [Self::Injection, Self::Jailbreak, Self::Harm, Self::Ungrounded, Self::Pii, Self::Secret];

    /// The name on wires.
    pub fn name(self) -> &'static str {
        match self {
            Self::Injection => "injection",
            Self::Jailbreak => "jailbreak",
            Self::Harm => "harm",
            Self::Ungrounded => "ungrounded",
            Self::Pii => "pii",
            Self::Secret => "secret",
        }
    }
}

/// One thing that a classifier says of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// What it is cause for.
    pub concern: Concern,
    /// What the classifier calls it: `Hate`, `S9`. Never a piece of the text.
    pub name: String,
    /// How sure it is, or how grave it says it is, 0 to 1.
    pub score: f32,
    /// Where, in bytes of the text; `None` for all of it.
    pub span: Option<Range<usize>>,
}

/// What a classifier says of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classified {
    /// What it found; nothing is a text without cause for concern.
    pub labels: Vec<Label>,
}

/// Judges texts: a moderation service, a model that guards another.
#[async_trait]
pub trait Classifier: Send + Sync {
    /// Its name, as configured.
    fn id(&self) -> &str;

    /// What kind of judge it is, which findings name as their detector: `llama_guard`.
    fn detector(&self) -> &'static str;

    /// Whether it has anything to say of such a text. One that it does not judge is not handed to it.
    fn judges(&self, sample: &Sample) -> bool;

    /// Judges a text.
    ///
    /// # Errors
    ///
    /// [`ModelError`] when it cannot: whether the text passes all the same is for the caller to say.
    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError>;
}
