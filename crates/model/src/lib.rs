//! Object-safe model traits, their errors and their fakes.
//!
//! Owns the seam between those who need a model and those who know a vendor. It speaks no HTTP and knows
//! no vendor.

mod chat;
mod classifier;
mod embedder;
mod error;
mod fake;
mod recognizer;
mod scripted;
mod scripted_classifier;
mod scripted_recognizer;
mod tokens;

pub use chat::{ChatEvent, ChatModel, ChatRequest, ChatStream, FinishReason, Message, Role, Usage};
pub use classifier::{Classified, Classifier, Concern, Label, Sample, TextKind};
pub use embedder::Embedder;
pub use error::ModelError;
pub use fake::HashEmbedder;
pub use recognizer::{Picture, PicturePlace, Recognized, RecognizedLine, RecognizedWord, Recognizer};
pub use scripted::{ScriptedChat, Step};
pub use scripted_classifier::{Judgement, ScriptedClassifier};
pub use scripted_recognizer::{Reading, ScriptedRecognizer};
pub use tokens::estimate_tokens;
