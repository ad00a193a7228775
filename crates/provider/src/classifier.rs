//! Those outside who judge texts: Azure AI Content Safety, Llama Guard, any HTTP service. One file each.
//!
//! Owns what each is handed and what its answers mean, how long texts are cut for it, and the watch over all of them:
//! deadline, breaker, kept judgements, and what happens where none comes.

mod azure;
mod http;
mod llama_guard;
mod watched;

pub use azure::{AzureGroundedness, AzurePromptShields, AzureTextAnalysis};
pub use http::HttpClassifier;
pub use llama_guard::LlamaGuard;
pub use watched::{OnFailure, Watch, WatchedClassifier};

use std::ops::Range;

use futures_util::{StreamExt, TryStreamExt};
use model::{Label, ModelError};

/// The longest answer that is taken.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// How many pieces of one text are judged at once.
const PIECES_AT_ONCE: usize = 4;
/// Into how many pieces a text is cut at most. A longer one is not judged, rather than judged by its beginning.
const PIECES_MAX: usize = 256;
/// How many characters two pieces share, so that what stands at a cut is seen whole.
const OVERLAP_CHARS: usize = 256;

/// A text as pieces of at most so many characters (4 at least), cut at white space where there is some; an empty text is
/// none.
fn pieces(text: &str, chars_max: usize) -> Vec<Range<usize>> {
    let chars_max = chars_max.max(4);
    let shared = OVERLAP_CHARS.min(chars_max / 4);
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    while pieces.last().is_none_or(|last| last.end < text.len()) && !text.is_empty() {
        let rest = text.get(start..).unwrap_or_default();
        let hard = rest.char_indices().nth(chars_max).map_or(text.len(), |(at, _)| start + at);
        let last = |end: usize| text.get(start..end).unwrap_or_default().char_indices().rev().take(shared);
        let blank = last(hard).find(|(_, c)| c.is_whitespace() && hard < text.len());
        let end = blank.map_or(hard, |(at, blank)| start + at + blank.len_utf8());
        pieces.push(start..end);
        start = last(end).last().map_or(end, |(at, _)| start + at);
    }
    pieces
}

/// The judgements of all pieces, with spans of the whole.
async fn by_piece<'a, F>(
    (model, text): (&str, &'a str),
    chars_max: usize,
    judge: impl Fn(&'a str) -> F,
) -> Result<Vec<Label>, ModelError>
where
    F: Future<Output = Result<Vec<Label>, ModelError>>,
{
    let pieces = pieces(text, chars_max);
    if pieces.len() > PIECES_MAX {
        let why = format!("the text is longer than {PIECES_MAX} times {chars_max} characters");
        return Err(ModelError::Failed { model: model.to_owned(), why });
    }
    let is_whole = pieces.len() == 1;
    let place = |piece: Range<usize>, mut label: Label| {
        label.span = match label.span {
            Some(span) => Some(piece.start + span.start..(piece.start + span.end).min(piece.end)),
            None if is_whole => None,
            None => Some(piece),
        };
        label
    };
    let judged = futures_util::stream::iter(pieces.into_iter().map(|piece| {
        let judging = judge(text.get(piece.clone()).unwrap_or_default());
        async move { Ok::<_, ModelError>((piece, judging.await?)) }
    }));
    let judged: Vec<_> = judged.buffered(PIECES_AT_ONCE).try_collect().await?;
    let labels = judged.into_iter().flat_map(|(piece, labels)| {
        labels.into_iter().map(|label| place(piece.clone(), label)).collect::<Vec<_>>()
    });
    Ok(labels.collect())
}

/// Whether a service's word for something can be shown: a word, never a sentence, which could hold the text.
fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_the_text_in_order(text in "[a-zé \n]{0,600}", chars_max in 4usize..80) {
            let pieces = pieces(&text, chars_max);
            let mut covered = 0;
            for piece in &pieces {
                prop_assert!(piece.start <= covered && piece.end > covered, "{pieces:?}");
                prop_assert!(text[piece.clone()].chars().count() <= chars_max);
                covered = piece.end;
            }
            prop_assert_eq!(covered, text.len());
        }
    }
}
