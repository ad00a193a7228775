//! Answers to questions that mean the same, found by the likeness of what is asked.
//!
//! Everything else about a request has to be the same before two questions are compared at all: who asks, the model,
//! the system prompt, earlier turns, tools and every parameter. Questions that name other numbers, negate otherwise or
//! quote something else are never the same, however alike they look.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::Embedder;
use quick_cache::sync::Cache;

use crate::cache::{CacheKey, Kept};
use crate::json::Edit;
use crate::request::Request;
use crate::texts::question;

/// How many partitions there are at most; the one not used for longest goes.
const PARTITIONS_MAX: usize = 4096;
/// How many questions of a partition are known at most; the oldest goes.
const QUESTIONS_MAX: usize = 256;
/// Longer questions are compared by no single vector.
const QUESTION_BYTES_MAX: usize = 2048;
/// How long looking for likeness may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Words that turn a meaning round.
const NEGATIONS: &[&str] = &[
    "no", "not", "never", "none", "nothing", "nobody", "neither", "nor", "without", "cannot", "except",
    "nicht", "kein", "keine", "ohne", "nie", "ne", "pas", "jamais", "sans", "non", "sin", "nunca",
];

/// From which likeness on a kept answer is given to another question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// The least cosine of the two questions.
    pub cosine_min: f32,
    /// Whether it is only measured what would be given.
    pub is_shadow: bool,
}

/// The questions whose answers are kept.
pub(crate) struct Likenesses {
    embedder: Arc<dyn Embedder>,
    partitions: Cache<CacheKey, Arc<Mutex<VecDeque<Known>>>>,
}

/// A question that was asked.
#[derive(Clone)]
pub(crate) struct Asked {
    partition: CacheKey,
    vector: Arc<[f32]>,
    marks: BTreeSet<String>,
}

#[derive(Clone)]
struct Known {
    asked: Asked,
    answer: CacheKey,
}

/// A kept answer to a question like the one at hand.
pub(crate) struct Like {
    pub kept: Kept,
    pub age_s: u64,
    pub cosine: f32,
}

impl Likenesses {
    pub fn new(embedder: Arc<dyn Embedder>) -> Self {
        Self { embedder, partitions: Cache::new(PARTITIONS_MAX) }
    }

    /// Reads what is asked; `None` where it cannot be compared. `key` names an answer by a request.
    pub async fn asked(&self, request: &Request, key: impl Fn(&Request) -> CacheKey) -> Option<Asked> {
        let question = question(request)?;
        if question.text.len() > QUESTION_BYTES_MAX || question.text.trim().is_empty() {
            return None;
        }
        let blank = question.places.into_iter().map(|place| Edit { place, text: String::new() });
        let rest = Request::read(request.operation, request.edited(blank.collect())).ok()?;
        let texts = [question.text];
        let embedded = tokio::time::timeout(PATIENCE, self.embedder.embed(&texts)).await;
        let vector = match embedded {
            Ok(Ok(vectors)) => vectors.into_iter().next()?,
            Ok(Err(error)) => {
                tracing::warn!(%error, "no likeness of questions: the embedder failed");
                return None;
            }
            Err(_) => {
                tracing::warn!("no likeness of questions: the embedder took too long");
                return None;
            }
        };
        let [text] = texts;
        Some(Asked { partition: key(&rest), vector: vector.into(), marks: marks(&text) })
    }

    /// The answer to the question that is most alike, of those that `kept` still gives.
    pub fn find(
        &self,
        asked: &Asked,
        cosine_min: f32,
        kept: impl Fn(CacheKey) -> Option<(Kept, u64)>,
    ) -> Option<Like> {
        let partition = self.partitions.get(&asked.partition)?;
        let mut partition = partition.lock().unwrap_or_else(PoisonError::into_inner);
        partition.retain(|known| kept(known.answer).is_some());
        let alike = partition.iter().filter(|known| known.asked.marks == asked.marks);
        let scored = alike.map(|known| (cosine(&known.asked.vector, &asked.vector), known.answer));
        let (cosine, answer) =
            scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 >= cosine_min)?;
        let (kept, age_s) = kept(answer)?;
        Some(Like { kept, age_s, cosine })
    }

    /// Knows a question whose answer is kept under this key.
    pub fn know(&self, asked: Asked, answer: CacheKey) {
        let partition = self.partitions.get(&asked.partition).unwrap_or_else(|| {
            let new = Arc::new(Mutex::default());
            self.partitions.insert(asked.partition, Arc::clone(&new));
            new
        });
        let mut partition = partition.lock().unwrap_or_else(PoisonError::into_inner);
        partition.retain(|known| known.answer != answer);
        partition.push_back(Known { asked, answer });
        if partition.len() > QUESTIONS_MAX {
            partition.pop_front();
        }
    }
}

/// Of two vectors of length 1.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    if a.len() == b.len() { a.iter().zip(b).map(|(a, b)| a * b).sum() } else { 0.0 }
}

/// What two questions that mean the same have alike: numbers, negations, names, and
/// what stands in quotes.
fn marks(text: &str) -> BTreeSet<String> {
    let mut marks = BTreeSet::new();
    let words = text.split(|c: char| c.is_whitespace() || "?!;()[]{}\"'`,".contains(c));
    for (at, word) in words.filter(|word| !word.is_empty()).enumerate() {
        let word = word.trim_matches(['.', ':']);
        let lower = word.to_lowercase();
        let has_digit = word.contains(|c: char| c.is_numeric());
        // `I` and the word that begins the question name nothing.
        let is_name = at > 0 && word != "I" && word.chars().next().is_some_and(char::is_uppercase);
        let inner = word.chars().skip(1).any(|c| c.is_uppercase() || "_./@:-".contains(c));
        if has_digit || is_name || inner || NEGATIONS.contains(&lower.as_str()) {
            marks.insert(lower);
        }
    }
    // `don't` and its like lose their end above.
    let apostrophes = text.to_lowercase().replace('\u{2019}', "'").matches("n't").count();
    if apostrophes > 0 {
        marks.insert(format!("n't {apostrophes}"));
    }
    for quote in ['"', '`', '\u{201c}'] {
        let end = if quote == '\u{201c}' { '\u{201d}' } else { quote };
        let mut rest = text;
        while let Some((_, inner)) = rest.split_once(quote)
            && let Some((quoted, after)) = inner.split_once(end)
        {
            marks.insert(format!("{quote}{quoted}"));
            rest = after;
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_name_something_else_are_not_the_same() {
        let same = |a: &str, b: &str| marks(a) == marks(b);
        assert!(same("How do I scale a node pool?", "how can I scale the node pool"));
        assert!(same("Is it on port 443?", "Does it use port 443"));
        assert!(!same("Is it on port 443?", "Is it on port 80?"));
        assert!(!same("Should I use it?", "Should I not use it?"));
        assert!(!same("Why can't I log in?", "Why can I log in?"));
        assert!(!same("What does `kubectl get` do?", "What does `kubectl describe` do?"));
        assert!(!same("Use GPT or vLLM?", "Use GPT or SGLang?"));
        assert!(!same("How far is it to Berlin?", "How far is it to Paris?"));
        assert!(!same("delete eu-west-1", "delete eu-west-2"));
    }
}
