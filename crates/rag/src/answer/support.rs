//! Whether what a sentence cites carries it: its terms, its numbers, its names, whether it says yes or no, and how near
//! in meaning it is. A score, and no proof.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::Embedder;

/// From this share on a sentence counts as supported.
pub const SUPPORT_THRESHOLD: f64 = 0.6;
/// What a number that no quote has leaves of a score, and what a name does, and a yes where the quote says no.
const WRONG_NUMBER: f64 = 0.4;
const WRONG_NAME: f64 = 0.7;
const WRONG_SIGN: f64 = 0.5;
/// Sentences that are so near in meaning say the same; those at the other end have nothing to do with each other.
const COSINE_SAME: f64 = 0.85;
const COSINE_APART: f64 = 0.25;
/// What has this much in words needs no other look.
const ALIGNED_FROM: f64 = 0.95;

/// What one sentence of an answer rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Support {
    /// The sentence, without its markers.
    pub sentence: String,
    /// The markers it carries.
    pub citations: Vec<usize>,
    /// Whether the score reaches the threshold.
    pub supported: bool,
    /// 0…1: the share of the sentence's index terms that the cited quotes hold, or where that is more, how near the
    /// nearest sentence of them is in meaning (cosine from .25 for 0 to .85 for 1); times .4 where it has a number that
    /// no quote has, times .7 where it has such a name, times .5 where one of it and that sentence negates.
    pub score: f64,
}

/// What is known of a sentence before meanings are compared.
pub(super) struct Claim {
    pub(super) support: Support,
    /// The sentence of the quotes that has most of its terms.
    nearest: Option<String>,
    /// What numbers, names and negation leave.
    factor: f64,
}

/// The support that `quotes` give to a sentence, by words alone.
pub(super) fn of(sentence: &str, citations: Vec<usize>, quotes: &[&str]) -> Support {
    claim(sentence, citations, quotes).support
}

/// The same, with what it takes to compare meanings.
pub(super) fn claim(sentence: &str, citations: Vec<usize>, quotes: &[&str]) -> Claim {
    let wanted = index::terms(sentence);
    let held: BTreeSet<_> = quotes.iter().flat_map(|quote| index::terms(quote)).collect();
    let share = super::extractive::share(&wanted, &held);
    let nearest = nearest(&wanted, quotes);
    let mut factor = 1.0;
    if !numbers(sentence).is_subset(&quotes.iter().flat_map(|quote| numbers(quote)).collect()) {
        factor *= WRONG_NUMBER;
    }
    let words: BTreeSet<String> =
        quotes.iter().flat_map(|quote| words(quote)).map(str::to_lowercase).collect();
    if names(sentence).any(|name| !words.contains(&name.to_lowercase())) {
        factor *= WRONG_NAME;
    }
    if nearest.is_some_and(|nearest| negates(sentence) != negates(nearest)) {
        factor *= WRONG_SIGN;
    }
    let score = share * factor;
    let support =
        Support { sentence: sentence.to_owned(), citations, supported: score >= SUPPORT_THRESHOLD, score };
    Claim { support, nearest: nearest.map(str::to_owned), factor }
}

/// The support of sentences, those that say it in other words compared by meaning where there is an embedder. Where it
/// fails, words decide.
pub(super) async fn aligned(claims: Vec<Claim>, embedder: Option<&Arc<dyn Embedder>>) -> Vec<Support> {
    let open = |claim: &&Claim| claim.support.score < ALIGNED_FROM * claim.factor && claim.nearest.is_some();
    let texts: Vec<String> = claims
        .iter()
        .filter(open)
        .flat_map(|claim| [claim.support.sentence.clone(), claim.nearest.clone().unwrap_or_default()])
        .collect();
    let vectors = match embedder {
        Some(embedder) if !texts.is_empty() => embedder.embed(&texts).await.unwrap_or_default(),
        _ => Vec::new(),
    };
    let mut pairs = vectors.as_chunks::<2>().0.iter();
    let support = |claim: Claim| {
        let pair = if open(&&claim) { pairs.next() } else { None };
        let Claim { mut support, factor, .. } = claim;
        if let Some([sentence, nearest]) = pair {
            let cosine: f64 =
                sentence.iter().zip(nearest).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum();
            let near = ((cosine - COSINE_APART) / (COSINE_SAME - COSINE_APART)).clamp(0.0, 1.0);
            support.score = support.score.max(near * factor);
            support.supported = support.score >= SUPPORT_THRESHOLD;
        }
        support
    };
    claims.into_iter().map(support).collect()
}

/// The sentence of the quotes that has most of the terms.
fn nearest<'a>(wanted: &BTreeSet<u32>, quotes: &[&'a str]) -> Option<&'a str> {
    let sentences = quotes.iter().flat_map(|quote| {
        document::sentences(quote).into_iter().filter_map(|span| quote.get(span.start..span.end))
    });
    let shared = sentences.map(|sentence| (index::terms(sentence).intersection(wanted).count(), sentence));
    let best = shared.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count);
    best.map(|(_, sentence)| sentence)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’')).filter(|word| !word.is_empty())
}

/// The numbers of a text, thousands run together: `4,127` is `4127`.
fn numbers(text: &str) -> BTreeSet<String> {
    let numeric = text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')));
    let plain = |number: &str| {
        let number = number.trim_matches(['.', ',']).replace(',', "");
        let number =
            if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
        number.to_owned()
    };
    numeric.map(plain).filter(|number| !number.is_empty()).collect()
}

/// The words with a capital that do not begin the sentence.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let named = |word: &&str| word.len() > 2 && word.starts_with(char::is_uppercase);
    words(text).skip(1).filter(named).map(|word| word.trim_end_matches("'s").trim_end_matches("’s"))
}

fn negates(text: &str) -> bool {
    const NOT: [&str; 12] = [
        "no", "not", "never", "none", "cannot", "without", "neither", "nor", "nicht", "kein", "keine",
        "nobody",
    ];
    let is_not = |word: &str| {
        let lower = word.to_lowercase();
        NOT.contains(&lower.as_str()) || lower.ends_with("n't") || lower.ends_with("n’t")
    };
    words(text).filter(|word| is_not(word)).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_out_of_its_quote_is_supported_and_another_is_not() {
        let quote = "- The **default** node pool holds three nodes.";
        assert!(of("The default node pool holds three nodes.", vec![1], &[quote]).supported);
        assert!(!of("Backups are kept for a week.", vec![1], &[quote]).supported);
        assert_eq!(of("", vec![], &[quote]).score, 0.0);
    }

    #[test]
    fn another_number_name_or_sign_is_not_carried() {
        let quote = "Frost came late. The orchard of Ada gave 4,127 crates of pears. It was not sold.";
        let score = |sentence: &str| of(sentence, vec![1], &[quote]).score;
        let whole = score("The orchard of Ada gave 4127 crates of pears.");
        assert!(whole > 0.8, "{whole}");
        assert!(score("The orchard of Ada gave 4227 crates of pears.") < 0.5);
        assert!(score("The orchard of Eve gave 4127 crates of pears.") < whole * 0.8);
        assert!(score("The orchard of Ada never gave 4127 crates of pears.") < SUPPORT_THRESHOLD);
    }

    #[tokio::test]
    async fn other_words_of_the_same_meaning_are_compared_by_vectors() {
        struct Near;
        #[async_trait::async_trait]
        impl Embedder for Near {
            fn id(&self) -> &str {
                "near"
            }
            fn dimension(&self) -> usize {
                2
            }
            fn max_tokens(&self) -> usize {
                512
            }
            fn count_tokens(&self, text: &str) -> usize {
                text.len()
            }
            async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, model::ModelError> {
                Ok(texts.iter().map(|_| vec![1.0, 0.0]).collect())
            }
        }
        let claims = || {
            let quote = "Savings of the household are kept at the bank.";
            vec![
                claim("The household puts money aside.", vec![1], &[quote]),
                claim("Zebras.", vec![1], &[quote]),
            ]
        };
        let by_words = aligned(claims(), None).await;
        assert!(by_words.iter().all(|support| !support.supported));
        let embedder: Arc<dyn Embedder> = Arc::new(Near);
        let by_meaning = aligned(claims(), Some(&embedder)).await;
        assert_eq!(by_meaning.iter().map(|support| support.supported).collect::<Vec<_>>(), [true, false]);
    }
}
