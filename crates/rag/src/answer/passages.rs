//! Passages: what of the hits a model gets to read, numbered, within a budget of tokens.

use std::collections::HashMap;

use document::Span;

use crate::{CollectionName, Hit, Library, RagError};

/// How many hits become passages at most.
const HITS_MAX: usize = 8;
/// How many of the best passages are widened to their neighbours, as far as the budget goes.
const WIDENED_MAX: usize = 3;
/// Two chunks with no more than white space of so many bytes between them are read as one.
const GAP_BYTES_MAX: usize = 8;

/// A stretch of one document version that a prompt shows.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    /// The best hit within; says which document it is and what it stands under.
    pub hit: Hit,
    /// What is shown, in the stored text.
    pub span: Span,
    /// The stored text at the span.
    pub text: String,
}

/// Stored texts by document and version, so that each is read once.
type Texts = HashMap<(String, String), String>;

impl Library {
    /// The passages of the hits, best first. `count` counts the tokens of a text; all of them together have
    /// at most `tokens_max`, except that the first is always there, cut if it must be.
    pub(super) async fn passages(
        &self,
        collection: &CollectionName,
        hits: &[Hit],
        budget: &Budget<'_>,
    ) -> Result<Vec<Passage>, RagError> {
        let mut texts = Texts::new();
        let mut passages: Vec<Passage> = Vec::new();
        let mut left = budget.tokens_max;
        for hit in hits.iter().take(HITS_MAX) {
            let span = hit.found.chunk.span;
            let needed = (budget.count)(&hit.text);
            if needed > left {
                if passages.is_empty() {
                    passages.push(cut(hit, left, budget));
                }
                break;
            }
            left -= needed;
            let text = self.stored(collection, hit, &mut texts).await?;
            if !joined(&mut passages, hit, span, text) {
                passages.push(Passage { hit: hit.clone(), span, text: hit.text.clone() });
            }
        }
        for place in 0..passages.len().min(WIDENED_MAX) {
            let Some(passage) = passages.get(place) else { break };
            let hit = passage.hit.clone();
            let around = self.parts.registry.neighbours(collection, &hit.found).await?;
            let text = self.stored(collection, &hit, &mut texts).await?;
            for span in around {
                let needed = text.get(span.start..span.end).map_or(usize::MAX, budget.count);
                if needed <= left && joined(&mut passages, &hit, span, text) {
                    left -= needed;
                }
            }
        }
        Ok(passages)
    }

    async fn stored<'a>(
        &self,
        collection: &CollectionName,
        hit: &Hit,
        texts: &'a mut Texts,
    ) -> Result<&'a str, RagError> {
        self.slice(collection, &hit.found, texts).await?;
        let key = (hit.found.document_id.clone(), hit.found.version.clone());
        Ok(texts.get(&key).map_or("", String::as_str))
    }
}

/// How much may be shown.
pub(super) struct Budget<'a> {
    /// The most tokens of all passages together.
    pub tokens_max: usize,
    /// Counts a text's tokens.
    pub count: &'a (dyn Fn(&str) -> usize + Sync),
}

/// Adds a span to a passage of the same document version that it touches; `false` where there is none. Where
/// it makes two passages touch, the later joins the earlier.
fn joined(passages: &mut Vec<Passage>, hit: &Hit, span: Span, text: &str) -> bool {
    let same = |passage: &Passage| {
        passage.hit.found.document_id == hit.found.document_id
            && passage.hit.found.version == hit.found.version
    };
    let Some(place) = passages.iter().position(|passage| same(passage) && touch(passage.span, span, text))
    else {
        return false;
    };
    let mut whole = union(passages[place].span, span);
    while let Some(other) = passages
        .iter()
        .enumerate()
        .position(|(other, passage)| other > place && same(passage) && touch(passage.span, whole, text))
    {
        whole = union(whole, passages.remove(other).span);
    }
    let passage = &mut passages[place];
    passage.span = whole;
    text.get(whole.start..whole.end).unwrap_or_default().clone_into(&mut passage.text);
    true
}

fn union(a: Span, b: Span) -> Span {
    Span { start: a.start.min(b.start), end: a.end.max(b.end) }
}

/// Whether two spans overlap or have nothing but a little white space between them.
fn touch(a: Span, b: Span, text: &str) -> bool {
    let (first, second) = if a.start <= b.start { (a, b) } else { (b, a) };
    if second.start <= first.end {
        return true;
    }
    let gap = text.get(first.end..second.start).unwrap_or("?");
    gap.len() <= GAP_BYTES_MAX && gap.trim().is_empty()
}

/// The sentences at the beginning of a hit that fit, or as many of its characters.
fn cut(hit: &Hit, tokens_max: usize, budget: &Budget<'_>) -> Passage {
    let fits = |end: &usize| (budget.count)(&hit.text[..*end]) <= tokens_max;
    let ends = document::sentences(&hit.text).into_iter().map(|sentence| sentence.end);
    let end = ends.take_while(fits).last().or_else(|| {
        let ends: Vec<usize> = hit.text.char_indices().map(|(at, _)| at).collect();
        ends.get(ends.partition_point(fits).saturating_sub(1)).copied()
    });
    let end = end.unwrap_or(0);
    let start = hit.found.chunk.span.start;
    Passage { hit: hit.clone(), span: Span { start, end: start + end }, text: hit.text[..end].to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_touch_over_white_space_alone() {
        let text = "one two\n\nthree";
        let span = |start, end| Span { start, end };
        assert!(touch(span(0, 7), span(9, 14), text));
        assert!(touch(span(9, 14), span(0, 7), text));
        assert!(touch(span(0, 5), span(3, 7), text));
        assert!(!touch(span(0, 3), span(9, 14), text));
    }
}
