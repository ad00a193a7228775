//! Owns the engine under the detectors of attacks: anchors found by one automaton, then each act's patterns near
//! them.
//!
//! Linear in the text: a stretch of a few hundred bytes around an anchor is read once for each act.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use super::ACTS;
use crate::finding::Category;
use crate::policy::Kind;

/// A detector of one kind of act.
pub struct Act {
    /// Its name.
    pub name: &'static str,
    /// What a finding of it is.
    pub category: Category,
    /// What the text does.
    pub explanation: &'static str,
    /// Lower-case words of which a match contains one at least.
    pub anchors: &'static [&'static str],
    /// What is looked for around them.
    pub patterns: &'static [Pattern],
}

/// A form of the act, and how sure it is.
pub struct Pattern {
    /// The score in a document.
    pub document: f32,
    /// The score in a chat, where people may say to a model what a document may not.
    pub chat: f32,
    /// A regular expression, where `~` stands for what separates words and `<n>` for up to n words.
    pub text: &'static str,
}

/// An act that was found.
pub struct Hit {
    /// Which, as an index of [`ACTS`].
    pub act: usize,
    /// Where.
    pub range: Range<usize>,
    /// How sure it is for the kind of text.
    pub score: f32,
}

/// How far around an anchor its act is looked for.
const BEFORE: usize = 200;
const AFTER: usize = 320;
/// Anchors nearer than this to one that was looked at are covered by it.
const COVERED: usize = 120;

/// How many bytes the states of one act's automaton may take.
const DFA_BYTES_MAX: usize = 8 << 20;

/// A pattern and, once it was needed, its expression.
type Compiled = (&'static Pattern, OnceLock<Option<Regex>>);

struct Engine {
    anchors: Option<AhoCorasick>,
    owners: Vec<usize>,
    /// For each act, whether any of its patterns is in a text: one automaton where there are many.
    any: Vec<Option<Regex>>,
    /// Each act's patterns, compiled when they are first needed.
    patterns: Vec<Vec<Compiled>>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let owned =
        ACTS.iter().enumerate().flat_map(|(act, held)| held.anchors.iter().map(move |word| (act, *word)));
    let (owners, words): (Vec<_>, Vec<_>) = owned.unzip();
    let anchors = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .ok();
    let any = ACTS.iter().map(|act| any_of(act.patterns).ok()).collect();
    let held = |act: &'static Act| act.patterns.iter().map(|pattern| (pattern, OnceLock::new())).collect();
    Engine { anchors, owners, any, patterns: ACTS.iter().map(held).collect() }
});

/// The regular expression that a pattern stands for. It matches bytes, since the classes of Unicode make automata
/// large.
fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&expression(pattern)).case_insensitive(true).unicode(false).build()
}

/// One expression for all of them, which says no as soon as none can be.
fn any_of(patterns: &[Pattern]) -> Result<Regex, regex::Error> {
    let each: Vec<String> =
        patterns.iter().map(|pattern| format!("(?:{})", expression(pattern.text))).collect();
    let mut builder = RegexBuilder::new(&each.join("|"));
    builder.case_insensitive(true).unicode(false).size_limit(64 << 20).dfa_size_limit(DFA_BYTES_MAX).build()
}

fn expression(pattern: &str) -> String {
    let mut text = pattern.replace('~', "[^A-Za-z0-9]{1,8}");
    for count in 1..=9 {
        let words = format!("(?:[\\w'.\\x80-\\xff]{{1,24}}[^A-Za-z0-9]{{1,8}}){{0,{count}}}");
        text = text.replace(&format!("<{count}>"), &words);
    }
    text
}

/// Every act in a text, in the order of their anchors.
pub fn find(text: &str, kind: Kind) -> Vec<Hit> {
    let engine = &*ENGINE;
    let Some(anchors) = &engine.anchors else { return Vec::new() };
    let mut hits = Vec::new();
    let mut covered = vec![0usize; ACTS.len()];
    for anchor in anchors.find_overlapping_iter(text) {
        let Some(act) = engine.owners.get(anchor.pattern().as_usize()).copied() else { continue };
        let Some(until) = covered.get_mut(act) else { continue };
        if anchor.start() < *until {
            continue;
        }
        *until = anchor.start() + COVERED;
        let low = text.floor_char_boundary(anchor.start().saturating_sub(BEFORE));
        let high = text.ceil_char_boundary((anchor.end() + AFTER).min(text.len()));
        let (Some(window), Some(patterns)) = (text.get(low..high), engine.patterns.get(act)) else {
            continue;
        };
        if engine.any.get(act).and_then(Option::as_ref).is_some_and(|any| !any.is_match(window.as_bytes())) {
            continue;
        }
        for (pattern, regex) in patterns {
            let Some(regex) = regex.get_or_init(|| compiled(pattern.text).ok()) else { continue };
            let score = if kind == Kind::Document { pattern.document } else { pattern.chat };
            let Some(found) = regex.find(window.as_bytes()) else { continue };
            let start = text.floor_char_boundary(low + found.start());
            let end = text.ceil_char_boundary(low + found.end());
            add(&mut hits, Hit { act, range: start..end, score });
        }
    }
    hits
}

/// Keeps the surest of hits of one act that overlap.
fn add(hits: &mut Vec<Hit>, hit: Hit) {
    let overlaps = |held: &&mut Hit| {
        held.act == hit.act && held.range.start < hit.range.end && hit.range.start < held.range.end
    };
    // What overlaps was found lately.
    match hits.iter_mut().rev().take(16).find(overlaps) {
        Some(held) if held.score < hit.score => *held = hit,
        Some(_) => {}
        None => hits.push(hit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for act in ACTS {
            for pattern in act.patterns {
                let compiled = compiled(pattern.text);
                assert!(compiled.is_ok(), "{}: {compiled:?}", act.name);
            }
        }
        assert!(ENGINE.anchors.is_some() && ENGINE.any.iter().all(Option::is_some));
    }
}
