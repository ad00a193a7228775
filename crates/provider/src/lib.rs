//! The local encoder and its tokenizer, and the model files they need.
//!
//! Owns what turns texts into vectors on this machine, and how the files for that get here and are verified.
//! It knows nothing of retrieval or policy, reads no environment and decides no place: folders and endpoints
//! are given to it.

mod encoder;
mod model_files;
mod tokenizer;

pub use encoder::{ENCODER_DIMENSION, EncoderOptions, LocalEncoder, encoder_id};
pub use model_files::{MODEL_NAME, ModelPaths, PullEvent, PullOptions, pull, verify};
pub use tokenizer::MiniLmTokenizer;
