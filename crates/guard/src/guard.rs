//! Owns the scan: a text through views, detectors and models to findings with spans of the original, and a verdict.
//!
//! Long texts are read in overlapping slabs, so that memory does not grow with them.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::detector::{ACTS, act, hidden_text, mention, value};
use crate::finding::{Category, Finding};
use crate::model::{self, Marked, act_bucket};
use crate::poisoning;
use crate::policy::{Decision, Kind, Mode, Policy};
use crate::view::{ViewLimits, Views, expand};

/// What came of a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What is to be done: [`Decision::Allow`] where the guard only observes.
    pub decision: Decision,
    /// What the policy calls for, whether it is to be done or not.
    pub called_for: Decision,
    /// The probability that the text is an attack, 0 to 1. Personal data and secrets do not raise it; their findings
    /// have scores of their own.
    pub score: f32,
    /// What was found, in the order of spans.
    pub findings: Vec<Finding>,
    /// How many more there were than are listed. All of them had a say in the decision.
    pub omitted: usize,
    /// Whether a limit on views was met, so that something decoded may not have been read.
    pub truncated: bool,
    /// What the models here are in doubt about of a document, for a second look.
    pub doubts: Vec<Doubt>,
}

/// A window of a text that is worth a second look.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// Where it stands in the original.
    pub span: Range<usize>,
    /// The view that it was read in.
    pub view: Cow<'static, str>,
    /// What it reads there, from its start.
    pub text: String,
    /// The linear model's raw score.
    pub raw: f32,
    /// Whether it talks about attacks, it or what stands around it.
    pub talks: bool,
}

/// Findings beyond so many are counted and not listed.
pub const FINDINGS_MAX: usize = 10_000;
/// How much of a text is read at a time, and how much of it twice.
const SLAB_BYTES: usize = 128 * 1024;
const OVERLAP_BYTES: usize = 2 * 1024;
/// A model that is so sure is believed even where attacks are talked about.
const SURE: f32 = 0.95;
/// And one that is so sure, where letters had to be guessed.
const SURE_RESTORED: f32 = 0.66;
/// What a window's score is multiplied by where attacks are talked about.
const TALKED: f32 = 0.5;
/// And what any score is where the words stand in a list of quoted phrases.
const LISTED: f32 = 0.45;
/// The name of the models' detector.
pub const LINEAR_MODEL: &str = "linear_model";

/// How much is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Views, acts, hidden text, identifiers and secrets: what patterns and check digits decide.
    Rules,
    /// That, and what models decide: how text reads, and names.
    All,
}

/// Scans texts. Cheap to share behind an `Arc`; nothing in it changes.
#[derive(Debug, Clone)]
pub struct Guard {
    mode: Mode,
    policies: [Policy; 3],
    limits: ViewLimits,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            policies: [Kind::Prompt, Kind::Document, Kind::Output].map(Policy::built_in),
            limits: ViewLimits::default(),
        }
    }
}

impl Guard {
    /// A guard that does what it decides, only tells it, or looks at nothing.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Whether what it decides is to be done.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// A guard with another policy for one kind of text.
    #[must_use]
    pub fn with_policy(mut self, kind: Kind, policy: Policy) -> Self {
        let [prompt, document, output] = &mut self.policies;
        let held = match kind {
            Kind::Prompt => prompt,
            Kind::Document => document,
            Kind::Output => output,
        };
        *held = policy;
        self
    }

    /// The policy for a kind of text.
    pub fn policy(&self, kind: Kind) -> &Policy {
        let [prompt, document, output] = &self.policies;
        match kind {
            Kind::Prompt => prompt,
            Kind::Document => document,
            Kind::Output => output,
        }
    }

    /// Scans a text, in time proportional to its length and in bounded memory. Never fails.
    pub fn scan(&self, kind: Kind, text: &str) -> Verdict {
        self.scan_tier(kind, Tier::All, text)
    }

    /// Scans a text with a part of what there is. Never fails.
    pub fn scan_tier(&self, kind: Kind, tier: Tier, text: &str) -> Verdict {
        let mut scan = Scan::new((kind, tier), self.policy(kind));
        if self.mode == Mode::Off {
            return scan.finish(self.mode);
        }
        let mut start = 0;
        loop {
            let end = text.floor_char_boundary((start + SLAB_BYTES).min(text.len()));
            let slab = text.get(start..end).unwrap_or_default();
            scan.slab(slab, start, self.limits);
            if end >= text.len() {
                scan.whole(text);
                return scan.finish(self.mode);
            }
            start = text.floor_char_boundary(end - OVERLAP_BYTES);
        }
    }
}

/// What a window's score is multiplied by: less than 1 where attacks are talked about, unless it is sure of itself and
/// stands in no list of examples.
pub(crate) fn talked_about(score: f32, is_listed: bool, talks: impl FnOnce() -> bool) -> f32 {
    match (is_listed || score < SURE) && talks() {
        true if is_listed => LISTED,
        true => TALKED,
        false => 1.0,
    }
}

struct Scan<'a> {
    kind: Kind,
    tier: Tier,
    policy: &'a Policy,
    verdict: Verdict,
    seen: FxHashSet<(&'static str, usize, usize)>,
    /// How many doubts there were before this slab.
    doubts_before: usize,
}

/// A text being read: the original's slab or one of its views.
struct Reading<'a> {
    text: &'a str,
    view: Option<(usize, &'a Views)>,
    offset: usize,
}

impl Reading<'_> {
    /// Whether letters had to be guessed, which leaves odd words where there was nothing to restore.
    fn is_restored(&self) -> bool {
        self.view.and_then(|(at, views)| views.views.get(at)).is_some_and(|view| !view.literal)
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        let range = self.view.map_or(range.clone(), |(view, views)| views.original(view, range));
        self.offset + range.start..self.offset + range.end
    }

    fn name(&self) -> Cow<'static, str> {
        let view = self.view.and_then(|(at, views)| views.views.get(at));
        view.map_or(Cow::Borrowed("original"), |view| Cow::Owned(view.name.clone()))
    }
}

impl<'a> Scan<'a> {
    fn new((kind, tier): (Kind, Tier), policy: &'a Policy) -> Self {
        let verdict = Verdict {
            decision: Decision::Allow,
            called_for: Decision::Allow,
            score: 0.0,
            findings: Vec::new(),
            omitted: 0,
            truncated: false,
            doubts: Vec::new(),
        };
        Self { kind, tier, policy, verdict, seen: FxHashSet::default(), doubts_before: 0 }
    }

    fn slab(&mut self, slab: &str, offset: usize, limits: ViewLimits) {
        self.doubts_before = self.verdict.doubts.len();
        let original = Reading { text: slab, view: None, offset };
        self.attacks(&original);
        self.values(&original);
        self.hidden(&original);
        let views = expand(slab, limits);
        self.verdict.truncated |= views.truncated;
        for (at, view) in views.views.iter().enumerate() {
            let reading = Reading { text: &view.text, view: Some((at, &views)), offset };
            self.attacks(&reading);
            if view.literal {
                self.values(&reading);
            }
        }
    }

    /// The rules, and the models with what the rules found.
    fn attacks(&mut self, reading: &Reading<'_>) {
        let hits = act::find(reading.text, self.kind);
        let mut marked: Vec<Marked> = Vec::with_capacity(hits.len());
        for hit in &hits {
            let Some(act) = ACTS.get(hit.act) else { continue };
            let factor = mention::factor(reading.text, &hit.range);
            marked.push((hit.range.clone(), act_bucket(act.name, factor >= 0.5)));
            let is_listed = factor > LISTED && mention::is_listed(reading.text, &hit.range);
            self.add(Finding {
                detector: act.name,
                category: act.category,
                span: reading.original(hit.range.clone()),
                view: reading.name(),
                score: hit.score * if is_listed { LISTED } else { factor },
                explanation: Cow::Borrowed(act.explanation),
            });
        }
        if self.kind == Kind::Output || self.tier == Tier::Rules {
            return;
        }
        marked.sort_by_key(|(range, _)| range.start);
        let read = model::read(reading.text, self.kind, &marked);
        // A window over the threshold has its say as a finding.
        let score = if read.windows.is_empty() { read.score } else { read.whole };
        self.verdict.score = self.verdict.score.max(score);
        for (range, score) in read.windows {
            let is_listed = mention::is_listed(reading.text, &range);
            let talked = talked_about(score, is_listed, || mention::talks(reading.text, &range));
            let garbled = if reading.is_restored() && score < SURE_RESTORED { 0.7 } else { 1.0 };
            let score = score * talked * garbled;
            self.model_finding(reading, range, score);
        }
        if read.whole >= 0.5 && !self.seen.iter().any(|(detector, ..)| *detector == LINEAR_MODEL) {
            self.model_finding(reading, 0..reading.text.len(), read.whole);
        }
        // The second look knows documents alone.
        if self.kind == Kind::Document {
            self.doubt(reading, read.doubts);
        }
    }

    /// Notes what is worth a second look: as much of a slab and its views together as of one reading.
    fn doubt(&mut self, reading: &Reading<'_>, doubts: Vec<(Range<usize>, f32)>) {
        let from = self.doubts_before;
        for (range, raw) in doubts {
            let talks = mention::talks(reading.text, &range);
            let text = reading.text.get(range.clone()).unwrap_or_default();
            let text =
                text.get(..text.floor_char_boundary(model::DOUBT_BYTES)).unwrap_or_default().to_owned();
            let is_known = |held: &Doubt| held.text == text;
            if !self.verdict.doubts.iter().any(is_known) {
                let (span, view) = (reading.original(range), reading.name());
                self.verdict.doubts.push(Doubt { span, view, text, raw, talks });
            }
        }
        if let Some(of_slab) = self.verdict.doubts.get_mut(from..) {
            of_slab.sort_by(|one, other| other.raw.total_cmp(&one.raw));
        }
        self.verdict.doubts.truncate(from + model::DOUBTS_MAX);
    }

    fn model_finding(&mut self, reading: &Reading<'_>, range: Range<usize>, score: f32) {
        let (category, explanation) = match self.kind {
            Kind::Document => (Category::Injection, "reads like instructions to a model"),
            Kind::Prompt | Kind::Output => {
                (Category::Jailbreak, "reads like an attempt to talk a model out of its rules")
            }
        };
        self.add(Finding {
            detector: LINEAR_MODEL,
            category,
            span: reading.original(range),
            view: reading.name(),
            score,
            explanation: Cow::Borrowed(explanation),
        });
    }

    /// Identifiers, secrets and names. One that an earlier reading has found is not found again in another.
    fn values(&mut self, reading: &Reading<'_>) {
        for (value, found) in value::find(reading.text, self.tier) {
            self.add(Finding {
                detector: value.name,
                category: value.category,
                span: reading.original(found.range),
                view: reading.name(),
                score: found.score,
                explanation: Cow::Borrowed(value.explanation),
            });
        }
    }

    fn hidden(&mut self, reading: &Reading<'_>) {
        for hidden in hidden_text::find(reading.text) {
            self.add(Finding {
                detector: hidden_text::NAME,
                category: Category::HiddenText,
                span: reading.original(hidden.range),
                view: reading.name(),
                score: hidden.score,
                explanation: Cow::Borrowed(hidden.how),
            });
        }
    }

    fn add(&mut self, finding: Finding) {
        if !self.seen.insert((finding.detector, finding.span.start, finding.span.end)) {
            return;
        }
        self.verdict.called_for =
            self.verdict.called_for.max(self.policy.of(finding.category, finding.score));
        if matches!(finding.category, Category::Injection | Category::Jailbreak) {
            self.verdict.score = self.verdict.score.max(finding.score);
        }
        if self.verdict.findings.len() < FINDINGS_MAX {
            self.verdict.findings.push(finding);
        } else {
            self.verdict.omitted += 1;
            // What is told apart no more is counted again where slabs overlap; memory stays bounded.
            self.seen.clear();
        }
    }

    /// What only the whole of a document shows.
    fn whole(&mut self, text: &str) {
        if self.kind == Kind::Document && self.tier == Tier::All {
            for finding in poisoning::find(text, &self.verdict.findings) {
                self.add(finding);
            }
        }
    }

    fn finish(mut self, mode: Mode) -> Verdict {
        self.verdict.findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
        if mode == Mode::Enforce {
            self.verdict.decision = self.verdict.called_for;
        }
        self.verdict
    }
}
