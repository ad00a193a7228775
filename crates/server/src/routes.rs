//! One module for each part of the interface.

pub mod ask;
pub mod chat;
pub mod collections;
pub mod documents;
pub mod embeddings;
pub mod events;
pub mod gateway;
pub mod health;
pub mod keys;
pub mod local;
pub mod mcp;
pub mod models;
pub mod quarantine;
pub mod rerank;
pub mod search;
pub mod settings;
pub mod usage;
