//! The local encoder, its tokenizer and model files.
