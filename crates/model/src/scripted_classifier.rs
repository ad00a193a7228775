//! A classifier that says what a test wrote, for tests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Classified, Classifier, Concern, Label, ModelError, Sample};

/// What it says of one text.
#[derive(Clone, Debug)]
pub enum Judgement {
    /// These labels.
    Labels(Vec<Label>),
    /// Nothing: it cannot be reached now.
    Unavailable,
    /// Nothing, ever.
    Hang,
}

impl Judgement {
    /// One label over the whole text, called as the concern is.
    pub fn of(concern: Concern, score: f32) -> Self {
        Self::Labels(vec![Label { concern, name: concern.name().to_owned(), score, span: None }])
    }
}

/// Judges each text with the next judgement, or with the last one again. Keeps the texts.
#[derive(Debug, Default)]
pub struct ScriptedClassifier {
    id: String,
    script: Mutex<VecDeque<Judgement>>,
    asked: Mutex<Vec<Sample>>,
}

impl ScriptedClassifier {
    /// A classifier with this id and these judgements; without any it finds nothing.
    pub fn new(id: &str, script: impl IntoIterator<Item = Judgement>) -> Self {
        Self { id: id.to_owned(), script: Mutex::new(script.into_iter().collect()), ..Self::default() }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Sample> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next(&self) -> Option<Judgement> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
    }
}

#[async_trait]
impl Classifier for ScriptedClassifier {
    fn id(&self) -> &str {
        &self.id
    }

    fn detector(&self) -> &'static str {
        "scripted"
    }

    fn judges(&self, _: &Sample) -> bool {
        true
    }

    async fn classify(&self, sample: &Sample) -> Result<Classified, ModelError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(sample.clone());
        match self.next() {
            None => Ok(Classified::default()),
            Some(Judgement::Labels(labels)) => Ok(Classified { labels }),
            Some(Judgement::Unavailable) => {
                Err(ModelError::Unavailable { model: self.id.clone(), why: "the script says so".into() })
            }
            Some(Judgement::Hang) => std::future::pending().await,
        }
    }
}
