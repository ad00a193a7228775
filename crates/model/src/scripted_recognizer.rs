//! A recognizer that reads what a test wrote, for tests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{ModelError, Picture, Recognized, Recognizer};

/// What is read in one picture.
#[derive(Clone, Debug)]
pub enum Reading {
    /// This text, with this confidence.
    Text(String, Option<f32>),
    /// Nothing: this picture cannot be read.
    Unreadable,
    /// Nothing: the recognizer cannot be reached now.
    Unavailable,
}

/// Reads each picture as the script says, by the picture's bytes; one that the script does not name says nothing.
/// Keeps how many it was asked for.
#[derive(Debug, Default)]
pub struct ScriptedRecognizer {
    id: String,
    script: HashMap<Bytes, Reading>,
    asked: Mutex<usize>,
}

impl ScriptedRecognizer {
    /// A recognizer with this id and script.
    pub fn new(id: &str, script: impl IntoIterator<Item = (Bytes, Reading)>) -> Self {
        Self { id: id.to_owned(), script: script.into_iter().collect(), asked: Mutex::new(0) }
    }

    /// How many pictures it was asked to read.
    pub fn asked(&self) -> usize {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Recognizer for ScriptedRecognizer {
    fn id(&self) -> &str {
        &self.id
    }

    async fn recognize(&self, picture: &Picture) -> Result<Recognized, ModelError> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let (model, why) = (self.id.clone(), "the script says so".to_owned());
        match self.script.get(&picture.bytes) {
            Some(Reading::Text(text, confidence)) => Ok(Recognized::from_text(text, *confidence)),
            Some(Reading::Unreadable) => Err(ModelError::Failed { model, why }),
            Some(Reading::Unavailable) => Err(ModelError::Unavailable { model, why }),
            None => Ok(Recognized::default()),
        }
    }
}
