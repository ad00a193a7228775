//! What documents are read with beside their parsers: who reads their pictures, and what opens those that are locked.
//!
//! A picture that nobody could read is a problem of its document that says why, and the document is marked so that it
//! is read again when somebody can.

use std::sync::Arc;

use document::{Document, Problem};
use futures_util::{StreamExt, stream};
use model::{ModelError, Picture, Recognized, Recognizer};
use runtime::Shutdown;

/// How many pictures of one document are handed over at once.
const PICTURES_AT_ONCE: usize = 8;

/// What documents are read with beside their parsers.
#[derive(Clone, Default)]
pub struct Extraction {
    /// Who reads pictures.
    pub pictures: Pictures,
    /// What is tried on files that are encrypted.
    pub passwords: Passwords,
}

/// Passwords of documents. They are not printed.
#[derive(Clone, Default)]
pub struct Passwords(Arc<[String]>);

impl Passwords {
    /// These, tried in this order.
    pub fn new(passwords: impl IntoIterator<Item = String>) -> Self {
        Self(passwords.into_iter().collect())
    }

    /// Those that are tried, for whoever tries them.
    pub fn reveal(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn shared(&self) -> Arc<[String]> {
        Arc::clone(&self.0)
    }
}

/// Who reads pictures.
#[derive(Clone)]
pub enum Pictures {
    /// They are read.
    Read {
        /// By whom.
        recognizer: Arc<dyn Recognizer>,
        /// A word of less confidence is flagged; a picture without a word of so much says nothing. 0 to 1.
        confidence_min: f32,
    },
    /// Nobody reads them.
    Left {
        /// Why, and what to do about it.
        why: String,
    },
}

impl Default for Pictures {
    fn default() -> Self {
        Self::Left { why: "optical character recognition is not set up".into() }
    }
}

/// What became of a document's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureState {
    /// It has none whose text is missing.
    Absent,
    /// They were read as far as they can be by this reader, or there is none.
    Settled,
    /// Some were not read, and may be another time.
    Open,
}

/// What decides what a document becomes, as text.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    text: String,
    pictures: String,
}

impl Extraction {
    /// Reads the pictures of a document and puts what is written in them where they stand. What cannot be read, or
    /// with little confidence, is among its problems. The pictures themselves are dropped.
    pub async fn read_pictures(&self, document: &mut Document, stop: &Shutdown) -> PictureState {
        if document.scans.is_empty() {
            return PictureState::Absent;
        }
        let state = match &self.pictures {
            Pictures::Left { why } => {
                for place in places(document) {
                    amend(document, &place, why);
                }
                PictureState::Settled
            }
            Pictures::Read { recognizer, confidence_min } => {
                let read = recognize(document, &**recognizer, stop).await;
                take_in(document, read, *confidence_min)
            }
        };
        document.scans.clear();
        state
    }

    /// What decides what a document becomes, given what decides it whether it has pictures or not.
    pub(crate) fn pipeline(&self, text: String) -> Pipeline {
        let reader = match &self.pictures {
            Pictures::Read { recognizer, confidence_min } => {
                format!("{} from {confidence_min}", recognizer.id())
            }
            Pictures::Left { .. } => "nobody".to_owned(),
        };
        Pipeline { pictures: format!("{text} | pictures read by {reader}"), text }
    }
}

impl Pipeline {
    /// What holds of every document.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The fingerprint of a document. One with pictures depends on who reads them, and those alone do.
    pub(crate) fn fingerprint(&self, pictures: PictureState) -> String {
        match pictures {
            PictureState::Absent => self.text.clone(),
            PictureState::Settled => self.pictures.clone(),
            PictureState::Open => format!("{}, not all", self.pictures),
        }
    }

    /// Whether a document of this fingerprint is as this pipeline would make it.
    pub(crate) fn made(&self, fingerprint: &str) -> bool {
        fingerprint == self.text || fingerprint == self.pictures
    }
}

/// Reads every picture, in the order of the document's scans.
async fn recognize(
    document: &Document,
    recognizer: &dyn Recognizer,
    stop: &Shutdown,
) -> Vec<Result<Recognized, ModelError>> {
    let stopped =
        || ModelError::Unavailable { model: recognizer.id().to_owned(), why: "the work was stopped".into() };
    let read = async |picture: Picture| {
        tokio::select! {
            biased;
            () = stop.requested() => Err(stopped()),
            read = recognizer.recognize(&picture) => read,
        }
    };
    let pictures: Vec<Picture> = document
        .scans
        .iter()
        .map(|scan| Picture { media_type: scan.media_type, bytes: scan.bytes.clone().into() })
        .collect();
    stream::iter(pictures).map(read).buffered(PICTURES_AT_ONCE).collect().await
}

/// Puts what was read into the document.
fn take_in(
    document: &mut Document,
    read: Vec<Result<Recognized, ModelError>>,
    confidence_min: f32,
) -> PictureState {
    let mut state = PictureState::Settled;
    let (mut texts, mut doubts) = (Vec::new(), Vec::new());
    for (scan, (read, place)) in read.into_iter().zip(places(document)).enumerate() {
        match read.map(|read| Judged::of(&read, confidence_min)) {
            Ok(Judged { doubtful, words, .. }) if words > 0 && doubtful == words => {
                let why = format!("none of its {words} words could be read with confidence");
                amend(document, &place, &why);
            }
            Ok(Judged { text, doubtful, words }) => {
                if doubtful > 0 {
                    let why = format!(
                        "{doubtful} of {words} words were read with a confidence below {confidence_min} and may \
                         be wrong"
                    );
                    let what = "text in a picture".to_owned();
                    doubts.push(Problem { place, what, why, content_lost: false });
                }
                texts.push((scan, text));
            }
            Err(error) => {
                if !is_final(&error) {
                    state = PictureState::Open;
                }
                amend(document, &place, &error.to_string());
            }
        }
    }
    document.recognized(texts);
    document.problems.extend(doubts);
    state
}

/// Whether an error says that this picture cannot be read, now or later.
fn is_final(error: &ModelError) -> bool {
    matches!(error, ModelError::Failed { .. } | ModelError::Rejected { status: 400 | 413 | 415 | 422, .. })
}

fn places(document: &Document) -> Vec<String> {
    document.scans.iter().map(|scan| scan.place.clone()).collect()
}

/// Adds to what is said of a picture why it was not read.
fn amend(document: &mut Document, place: &str, why: &str) {
    let said = document.problems.iter_mut().find(|problem| problem.place == place && problem.content_lost);
    if let Some(problem) = said {
        problem.why = format!("{}: {why}", problem.why);
    }
}

/// A picture's text, and how far it is to be trusted.
struct Judged {
    text: String,
    words: usize,
    /// Words of less confidence than is asked for.
    doubtful: usize,
}

impl Judged {
    fn of(read: &Recognized, confidence_min: f32) -> Self {
        let mut judged = Self { text: String::new(), words: 0, doubtful: 0 };
        for line in &read.lines {
            if !judged.text.is_empty() {
                judged.text.push_str(if line.begins_paragraph { "\n\n" } else { "\n" });
            }
            for (number, word) in line.words.iter().enumerate() {
                judged.text.push_str(if number == 0 { "" } else { " " });
                judged.text.push_str(&word.text);
                judged.words += 1;
                judged.doubtful += usize::from(word.confidence.is_some_and(|own| own < confidence_min));
            }
        }
        judged
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use document::{Extent, Input};
    use model::{Reading, ScriptedRecognizer};

    use super::*;

    const A: &[u8] = b"\x89PNG\r\n\x1a\na";
    const B: &[u8] = b"\x89PNG\r\n\x1a\nb";
    const C: &[u8] = b"\x89PNG\r\n\x1a\nc";

    /// A notebook whose outputs are pictures.
    fn notebook(pictures: &[&[u8]]) -> Document {
        use base64::Engine;
        let output = |bytes: &&[u8]| {
            let data = base64::engine::general_purpose::STANDARD.encode(bytes);
            serde_json::json!({"output_type": "display_data", "data": {"image/png": data}, "metadata": {}})
        };
        let cell = serde_json::json!({"cell_type": "code", "source": "plot()", "metadata": {},
            "execution_count": 1, "outputs": pictures.iter().map(output).collect::<Vec<_>>()});
        let file = serde_json::json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]});
        let bytes = file.to_string().into_bytes();
        let input = Input { name: "a.ipynb", bytes: &bytes, extent: Extent::Whole, passwords: &[] };
        let document = document::parse(&input).unwrap();
        assert_eq!(document.scans.len(), pictures.len());
        document
    }

    fn extraction(script: &[(&'static [u8], Reading)]) -> Extraction {
        let script = script.iter().map(|(bytes, reading)| (Bytes::from_static(bytes), reading.clone()));
        let recognizer = Arc::new(ScriptedRecognizer::new("scripted", script));
        Extraction { pictures: Pictures::Read { recognizer, confidence_min: 0.6 }, ..Extraction::default() }
    }

    #[tokio::test]
    async fn what_is_read_comes_in_and_what_is_not_says_why() {
        let extraction = extraction(&[
            (A, Reading::Text("first words\nof two lines\n\nmore".into(), Some(0.9))),
            (B, Reading::Unreadable),
        ]);
        let mut document = notebook(&[A, B]);
        let state = extraction.read_pictures(&mut document, &Shutdown::new()).await;
        assert_eq!(state, PictureState::Settled);
        assert!(document.text.contains("first words\nof two lines\n\nmore"), "{}", document.text);
        let [problem] = &document.problems[..] else { panic!("{:?}", document.problems) };
        assert!(problem.content_lost && problem.why.ends_with("`scripted` failed: the script says so"));
        assert!(document.scans.is_empty());
    }

    #[tokio::test]
    async fn doubtful_words_are_flagged_and_noise_is_left_out() {
        let extraction = extraction(&[
            (A, Reading::Text("one two".into(), None)),
            (B, Reading::Text("~ |; il".into(), Some(0.2))),
        ]);
        let mut document = notebook(&[A, B]);
        extraction.read_pictures(&mut document, &Shutdown::new()).await;
        assert!(document.text.contains("one two") && !document.text.contains("il"), "{}", document.text);
        let [problem] = &document.problems[..] else { panic!("{:?}", document.problems) };
        assert!(problem.content_lost && problem.why.contains("none of its 3 words"), "{problem:?}");

        let mut document = notebook(&[A]);
        let word = |text: &str, own| model::RecognizedWord { text: text.into(), confidence: Some(own) };
        let line =
            model::RecognizedLine { words: vec![word("sure", 0.9), word("nat", 0.5)], ..Default::default() };
        take_in(&mut document, vec![Ok(Recognized { lines: vec![line] })], 0.6);
        let [problem] = &document.problems[..] else { panic!("{:?}", document.problems) };
        assert!(!problem.content_lost && problem.why.starts_with("1 of 2 words"), "{problem:?}");
        assert!(document.text.contains("sure nat"));
    }

    #[tokio::test]
    async fn a_reader_that_is_away_leaves_the_document_to_be_read_again() {
        let away = extraction(&[(A, Reading::Unavailable)]);
        let mut document = notebook(&[A]);
        let state = away.read_pictures(&mut document, &Shutdown::new()).await;
        assert_eq!(state, PictureState::Open);
        let pipeline = away.pipeline("text".into());
        assert!(!pipeline.made(&pipeline.fingerprint(state)));
        assert!(pipeline.made(&pipeline.fingerprint(PictureState::Settled)));

        let stopped = Shutdown::new();
        stopped.request();
        let ready = extraction(&[(C, Reading::Text("x".into(), None))]);
        let mut document = notebook(&[C]);
        assert_eq!(ready.read_pictures(&mut document, &stopped).await, PictureState::Open);
    }

    #[tokio::test]
    async fn without_a_reader_every_picture_says_how_to_mend_it() {
        let pictures = Pictures::Left { why: "install one".into() };
        let left = Extraction { pictures, ..Extraction::default() };
        let mut document = notebook(&[A, B]);
        let state = left.read_pictures(&mut document, &Shutdown::new()).await;
        assert_eq!(state, PictureState::Settled);
        assert!(document.problems.iter().all(|problem| problem.why.ends_with(": install one")));
        assert_eq!(document.problems.len(), 2);
        // What has no pictures is the same whoever reads them.
        let (one, other) = (left.pipeline("text".into()), extraction(&[]).pipeline("text".into()));
        assert_eq!(one.fingerprint(PictureState::Absent), other.fingerprint(PictureState::Absent));
        assert!(!other.made(&one.fingerprint(state)));
    }
}
