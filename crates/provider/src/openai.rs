//! The OpenAI-compatible wire: chat and embeddings, as vLLM, Ollama, llama.cpp's server, TEI and OpenAI
//! speak it.
//!
//! Owns the shapes on the wire and what the servers' answers mean. What it does not know it passes by: a
//! field is read where it is there, and a request that a client wrote goes out byte for byte.

mod backend;
mod chat;
mod embedding;
mod endpoint;
mod frames;

pub use backend::{Backend, BackendOptions, Dialect, Forwarded};
pub use chat::{OpenAiChat, OpenAiChatOptions};
pub use embedding::{OpenAiEmbedder, OpenAiEmbedderOptions};
pub use endpoint::Endpoint;
pub use frames::{Frame, Frames};
