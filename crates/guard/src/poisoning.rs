//! Owns `echoed_question` and `topic_jump`: documents that are made to be found, and parts that do not belong to them.
//!
//! # What it finds
//!
//! A question that a short document asks over and over, so that whoever asks it finds this document; a stretch whose
//! words have nothing to do with the rest of a document that is all about one thing, where it reads a little like
//! instructions too.
//!
//! # Why it matters
//!
//! Retrieval looks for likeness to the question: who repeats the question comes first. Who hides instructions in
//! somebody's document seldom writes about its topic.
//!
//! # What it lets pass
//!
//! Questions with answers, each asked once or twice; appendices, licences and tables, which jump too and instruct nobody.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::finding::{Category, Finding};

/// So often a question is asked over and over.
const ECHOES_MIN: usize = 3;
/// With fewer words it is no question that anybody would be found by.
const WORDS_MIN: usize = 5;
/// The least share of the text that the question and its echoes have together.
const SHARE_MIN: f32 = 0.04;
/// A longer question is none, and a longer document is about more than one.
const OPENING_BYTES_MAX: usize = 240;
const SHORT_BYTES_MAX: usize = 4096;
/// How long stretches are that are compared with the rest, and how many there have to be to say what the rest is about.
const STRETCH_BYTES: usize = 900;
const STRETCHES_MIN: usize = 6;
/// Words that are shorter say little about a topic.
const TOPIC_WORD_BYTES_MIN: usize = 5;
/// A stretch with no more of its words in the rest, where the usual one has at least so many, jumps.
const JUMP_SHARE_MAX: f32 = 0.12;
const USUAL_SHARE_MIN: f32 = 0.4;
/// What reads so much like an attack in a stretch that jumps is taken for one.
const HINT_SCORE_MIN: f32 = 0.2;

/// What of a document's text looks made to be found, or put in by somebody else. `found` is what was found in it.
pub fn find(text: &str, found: &[Finding]) -> Vec<Finding> {
    let mut all = Vec::new();
    if let Some((span, count)) = echoed(text) {
        let words = format!("asks the same question {count} times");
        all.push(finding("echoed_question", span, 0.6, Cow::Owned(words)));
    }
    let hinted = |span: &Range<usize>| {
        let near = |finding: &&Finding| {
            finding.category.is_attack() && finding.span.start < span.end && span.start < finding.span.end
        };
        found.iter().filter(near).any(|finding| finding.score >= HINT_SCORE_MIN)
    };
    // Without a hint there is nothing to look for.
    if found.iter().any(|finding| finding.category.is_attack()) {
        let jumps = jumps(text).into_iter().filter(hinted);
        let words = "has nothing to do with the rest of its document, and reads like instructions";
        all.extend(jumps.map(|span| finding("topic_jump", span, 0.6, Cow::Borrowed(words))));
    }
    all
}

fn finding(
    detector: &'static str,
    span: Range<usize>,
    score: f32,
    explanation: Cow<'static, str>,
) -> Finding {
    Finding {
        detector,
        category: Category::Poisoning,
        span,
        view: Cow::Borrowed("original"),
        score,
        explanation,
    }
}

/// The question that a short text begins with, in plain words, by which a crowd of such texts is known.
pub fn opening_question(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let end = memchr::memchr3(b'?', b'.', b'!', text.as_bytes())?;
    let question = text.get(..end)?;
    let words: Vec<String> = words(question).map(str::to_lowercase).collect();
    let asks =
        text.as_bytes().get(end) == Some(&b'?') && end <= OPENING_BYTES_MAX && text.len() <= SHORT_BYTES_MAX;
    (asks && words.len() >= WORDS_MIN).then(|| words.join(" "))
}

/// The question that is asked most often, where that is often: its first place, and how often.
fn echoed(text: &str) -> Option<(Range<usize>, usize)> {
    let mut asked: FxHashMap<String, (Range<usize>, usize, usize)> = FxHashMap::default();
    let mut start = 0;
    for at in memchr::memchr3_iter(b'?', b'.', b'\n', text.as_bytes()) {
        let span = start..at + 1;
        start = at + 1;
        if text.as_bytes().get(at) != Some(&b'?') {
            continue;
        }
        let question = text.get(span.clone()).unwrap_or_default();
        let words: Vec<String> = words(question).map(str::to_lowercase).collect();
        if words.len() >= WORDS_MIN {
            let held = asked.entry(words.join(" ")).or_insert((span.clone(), 0, 0));
            held.1 += 1;
            held.2 += span.len();
        }
    }
    let (span, count, bytes) = asked.into_values().max_by_key(|(_, count, _)| *count)?;
    let share = bytes as f32 / text.len().max(1) as f32;
    (count >= ECHOES_MIN && share >= SHARE_MIN).then_some((span, count))
}

/// The stretches that share hardly a word with the rest, in a document whose stretches usually do.
fn jumps(text: &str) -> Vec<Range<usize>> {
    let stretches = stretches(text);
    if stretches.len() < STRETCHES_MIN {
        return Vec::new();
    }
    let topics: Vec<FxHashSet<String>> =
        stretches.iter().map(|span| topic(text.get(span.clone()).unwrap_or_default())).collect();
    let mut held: FxHashMap<&str, usize> = FxHashMap::default();
    topics.iter().flatten().for_each(|word| *held.entry(word).or_default() += 1);
    let share = |topic: &FxHashSet<String>| {
        let elsewhere = topic.iter().filter(|word| held.get(word.as_str()).is_some_and(|count| *count > 1));
        elsewhere.count() as f32 / topic.len().max(1) as f32
    };
    let shares: Vec<f32> = topics.iter().map(share).collect();
    let mut sorted = shares.clone();
    sorted.sort_by(f32::total_cmp);
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    if usual < USUAL_SHARE_MIN {
        return Vec::new();
    }
    let jumping = stretches.into_iter().zip(shares).filter(|(_, share)| *share <= JUMP_SHARE_MAX);
    jumping.map(|(span, _)| span).collect()
}

/// A text in stretches of about the same length, cut at line ends where there are some.
fn stretches(text: &str) -> Vec<Range<usize>> {
    let (mut stretches, mut start) = (Vec::new(), 0);
    while start < text.len() {
        let hard = text.ceil_char_boundary((start + STRETCH_BYTES).min(text.len()));
        let line = text
            .as_bytes()
            .get(hard..)
            .and_then(|rest| memchr::memchr(b'\n', rest.get(..STRETCH_BYTES).unwrap_or(rest)));
        let end = line.map_or(hard, |at| hard + at + 1);
        stretches.push(start..end);
        start = end;
    }
    stretches
}

fn topic(text: &str) -> FxHashSet<String> {
    words(text).filter(|word| word.len() >= TOPIC_WORD_BYTES_MIN).map(str::to_lowercase).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Guard;
    use crate::policy::{Decision, Kind};

    fn detectors(text: &str) -> Vec<&'static str> {
        let verdict = Guard::default().scan(Kind::Document, text);
        verdict
            .findings
            .iter()
            .filter(|one| one.category == Category::Poisoning)
            .map(|one| one.detector)
            .collect()
    }

    #[test]
    fn a_question_asked_over_and_over_is_found_and_a_page_of_questions_is_not() {
        let question = "Who is the director of the northern harbour?";
        let echo = format!("{question} It is Carla Winter. {question} Carla Winter. {question}");
        assert_eq!(detectors(&echo), ["echoed_question"]);
        assert_eq!(Guard::default().scan(Kind::Document, &echo).decision, Decision::Quarantine);
        let page = (0..9)
            .map(|at| format!("What does the harbour charge for berth {at}? It charges {at} crowns.\n"));
        assert!(detectors(&page.collect::<String>()).is_empty());
    }

    #[test]
    fn a_stretch_about_something_else_is_found_where_it_instructs() {
        let harbour = "The northern harbour charges every vessel that berths along its western quay, and the pilots \
                       of the harbour guide vessels between the quay and the breakwater. ";
        let body = harbour.repeat(40);
        let foreign =
            "Quarterly gymnastics tournaments celebrate ribbons, trampolines, somersaults, leotards. "
                .repeat(12);
        let text = format!("{body}\n{foreign}\n{body}");
        assert!(!jumps(&text).is_empty());
        assert!(jumps(&body).is_empty());
        assert!(detectors(&text).is_empty(), "it instructs nobody");
        let hint =
            Finding { category: Category::Injection, ..finding("x", jumps(&text).remove(0), 0.3, "".into()) };
        assert_eq!(find(&text, &[hint])[0].detector, "topic_jump");
    }
}
