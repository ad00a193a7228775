//! Whether what a sentence cites carries it.

/// From this share on a sentence counts as supported.
pub const SUPPORT_THRESHOLD: f64 = 0.6;

/// What one sentence of an answer rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Support {
    /// The sentence, without its markers.
    pub sentence: String,
    /// The markers it carries.
    pub citations: Vec<usize>,
    /// Whether the score reaches the threshold.
    pub supported: bool,
    /// The share of the sentence's index terms that the cited quotes hold, 0…1.
    pub score: f64,
}

/// The support that `quotes` give to a sentence.
pub(super) fn of(sentence: &str, citations: Vec<usize>, quotes: &[&str]) -> Support {
    let wanted = index::terms(sentence);
    let held: std::collections::BTreeSet<_> = quotes.iter().flat_map(|quote| index::terms(quote)).collect();
    #[expect(clippy::cast_precision_loss, reason = "a sentence has few terms")]
    let score =
        if wanted.is_empty() { 0.0 } else { wanted.intersection(&held).count() as f64 / wanted.len() as f64 };
    let supported = score >= SUPPORT_THRESHOLD;
    Support { sentence: sentence.to_owned(), citations, supported, score }
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
}
