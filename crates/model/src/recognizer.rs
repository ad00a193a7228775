//! Pictures to texts.

use async_trait::async_trait;
use bytes::Bytes;

use crate::ModelError;

/// A picture whose text is wanted.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/png`, `image/jpeg` and the like.
    pub media_type: &'static str,
    /// The image file.
    pub bytes: Bytes,
}

/// What is written in a picture, in reading order. Without words it is a picture that says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recognized {
    /// Its lines.
    pub lines: Vec<RecognizedLine>,
}

/// One line of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecognizedLine {
    /// Whether a paragraph begins with it.
    pub begins_paragraph: bool,
    /// Its words, in order.
    pub words: Vec<RecognizedWord>,
    /// Where it stands, where that is known.
    pub place: Option<PicturePlace>,
}

/// One word of a picture.
#[derive(Clone, PartialEq)]
pub struct RecognizedWord {
    /// The word, without white space.
    pub text: String,
    /// How sure the reader is of it, 0 to 1, where it says so.
    pub confidence: Option<f32>,
}

/// Where something stands in a picture, as shares of its width and height: 0 is the left or upper edge, 1 the right
/// or lower one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PicturePlace {
    /// The left edge.
    pub left: f32,
    /// The upper edge.
    pub top: f32,
    /// The right edge.
    pub right: f32,
    /// The lower edge.
    pub bottom: f32,
}

/// Reads what is written in pictures (optical character recognition).
#[async_trait]
pub trait Recognizer: Send + Sync {
    /// Names the engine, its version and whatever else changes what it reads (languages, model). Part of the
    /// pipeline fingerprint of documents with pictures: two recognizers with one id read the same.
    fn id(&self) -> &str;

    /// Reads one picture. Callers may ask for many at once; how many are read at once is the recognizer's own matter.
    ///
    /// # Errors
    ///
    /// [`ModelError::Failed`], or [`ModelError::Rejected`] with the status 400, 413, 415 or 422, when this picture
    /// cannot be read, now or later; any other when the recognizer cannot serve now.
    async fn recognize(&self, picture: &Picture) -> Result<Recognized, ModelError>;
}

impl Recognized {
    /// Lines of text as they are, each of one confidence; an empty line ends a paragraph.
    pub fn from_text(text: &str, confidence: Option<f32>) -> Self {
        let mut lines = Vec::new();
        let mut begins_paragraph = true;
        for line in text.lines() {
            let word = |word: &str| RecognizedWord { text: word.to_owned(), confidence };
            let words: Vec<RecognizedWord> = line.split_whitespace().map(word).collect();
            if words.is_empty() {
                begins_paragraph = true;
            } else {
                lines.push(RecognizedLine { begins_paragraph, words, place: None });
                begins_paragraph = false;
            }
        }
        Self { lines }
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

/// A word is a document's text: it is not printed.
impl std::fmt::Debug for RecognizedWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecognizedWord({} bytes, {:?})", self.text.len(), self.confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_end_paragraphs() {
        let read = Recognized::from_text("one two\nthree\n\n \nfour\n", Some(0.5));
        let lines: Vec<(bool, Vec<&str>)> = read
            .lines
            .iter()
            .map(|line| (line.begins_paragraph, line.words.iter().map(|word| word.text.as_str()).collect()))
            .collect();
        assert_eq!(lines, [(true, vec!["one", "two"]), (false, vec!["three"]), (true, vec!["four"])]);
        assert!(Recognized::from_text(" \n", None).lines.is_empty());
    }

    #[test]
    fn words_are_not_printed() {
        let read = Recognized::from_text("secret", None);
        assert!(!format!("{read:?}").contains("secret"));
    }
}
