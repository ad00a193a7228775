//! The models: the local encoder with its tokenizer and files, and those behind OpenAI-compatible servers.
//!
//! Owns what turns texts into vectors on this machine, how the files for that get here and are verified, and
//! the wires that other models, those who read pictures or judge texts, object stores and Microsoft Graph are asked
//! over. It knows nothing of retrieval or policy, reads no environment and decides no place: folders and endpoints
//! are given to it.

mod blobs;
mod classifier;
mod encoder;
mod graph;
mod model_files;
mod openai;
mod recognizer;
mod tokenizer;

pub use blobs::{Blob, BlobAccess, BlobError, BlobPlace, BlobVariables, Blobs};
pub use classifier::{
    AzureGroundedness, AzurePromptShields, AzureTextAnalysis, HttpClassifier, LlamaGuard, OnFailure, Watch,
    WatchedClassifier,
};
pub use encoder::{ENCODER_DIMENSION, EncoderOptions, EncoderPrecision, LocalEncoder, encoder_id};
pub use graph::{
    DriveChanges, DriveItem, DrivePlace, Grantee, Graph, GraphAccess, GraphCredentials, GraphError,
    ParentReference,
};
pub use model_files::{MODEL_NAME, ModelPaths, PullEvent, PullOptions, pull, verify};
pub use openai::{
    Backend, BackendOptions, Dialect, Endpoint, Forwarded, Frame, Frames, OpenAiChat, OpenAiChatOptions,
    OpenAiEmbedder, OpenAiEmbedderOptions,
};
pub use recognizer::{AzureRecognizer, HttpRecognizer, Tesseract, TesseractError, TesseractOptions};
pub use tokenizer::MiniLmTokenizer;
