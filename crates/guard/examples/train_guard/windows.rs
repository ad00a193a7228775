//! Owns which windows the second look learns from: of each text those that the linear model finds likeliest, and some
//! others.

use std::borrow::Borrow;
use std::ops::Range;

use patou_guard::Kind;
use patou_guard::model::{DOUBT_BYTES, Head, Sink, marks, visit};

use super::corpora::{Corpora, FOLDS, Part, Text};
use super::templates::Dice;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Instructions to a model.
    Attack,
    /// An ordinary document.
    Document,
    /// An abstract or a query, which little is like an attack in.
    Abstract,
    /// A sentence that was written to be mistaken.
    Line,
    /// A paragraph about attacks.
    Article,
}

/// A window, and what is known of it.
pub struct Window {
    /// What it reads, as far as the encoder gets it.
    pub text: String,
    /// What the linear model says of it.
    pub raw: f32,
    /// What the text is.
    pub source: Source,
    /// How much it counts.
    pub weight: f32,
    /// Names the text.
    pub document: usize,
}

const KIND: Kind = Kind::Document;
/// So many of the likeliest windows of a long text, and so many others.
const LIKELIEST: usize = 3;
const OTHERS: usize = 5;
/// And so many of what the threshold is set on.
const CHECKED: usize = 12;

/// The windows of a part. `heads` has for each fold a linear model to ask.
pub fn of_part<H: Borrow<Head>>(corpora: &Corpora, part: Part, heads: &[H]) -> Vec<Window> {
    let heads: Vec<&Head> = heads.iter().map(Borrow::borrow).collect();
    let mut gather = Gather { heads, part, made: Vec::new(), document: 0 };
    let harmless = [
        (&corpora.manual, 1.0, Source::Document),
        (&corpora.contexts, 3.0, Source::Document),
        (&corpora.pages, 3.0, Source::Document),
        (&corpora.abstracts, 1.0, Source::Abstract),
        (&corpora.queries, 0.3, Source::Abstract),
        (&corpora.articles, 8.0, Source::Article),
        (&corpora.commands, 1.0, Source::Line),
        (&corpora.harmless, 3.0, Source::Line),
    ];
    for (texts, weight, source) in harmless {
        gather.add(texts, source, weight);
    }
    let attacks = [
        (&corpora.overrides, 0.5),
        (&corpora.orders, 0.5),
        (&corpora.triggers, 1.5),
        (&corpora.injections, 1.5),
        (&corpora.announcements, 1.5),
    ];
    for (texts, weight) in attacks {
        gather.add(texts, Source::Attack, weight);
        if part == Part::Train {
            gather.add_hidden(texts, &corpora.contexts, weight / 2.0);
        }
    }
    gather.made
}

struct Gather<'a> {
    heads: Vec<&'a Head>,
    part: Part,
    made: Vec<Window>,
    document: usize,
}

impl Gather<'_> {
    fn add(&mut self, texts: &[Text], source: Source, weight: f32) {
        let (mut dice, part) = (Dice(23), self.part);
        for text in texts.iter().filter(|text| text.part == part) {
            self.document += 1;
            let mut windows = best_windows(&text.text, KIND, self.heads[usize::from(text.fold % FOLDS)]);
            let most = if self.part == Part::Train { LIKELIEST } else { CHECKED };
            windows.sort_by(|one, other| other.1.total_cmp(&one.1));
            let others = windows.split_off(most.min(windows.len()));
            if self.part == Part::Train && source != Source::Attack {
                windows.extend((0..OTHERS).filter_map(|_| dice.pick(&others).cloned()));
            }
            for (range, raw) in windows {
                self.push(&text.text, (range, raw), (source, weight));
            }
        }
    }

    /// Attacks with a sentence before and one behind, by the window that the linear model picks of them.
    fn add_hidden(&mut self, attacks: &[Text], around: &[Text], weight: f32) {
        let (mut dice, part) = (Dice(29), self.part);
        let sentences: Vec<&str> = around
            .iter()
            .filter(|text| text.part == part)
            .flat_map(|text| text.text.split_inclusive(['.', '\n']))
            .filter(|sentence| (20..200).contains(&sentence.trim().len()))
            .collect();
        for text in attacks.iter().filter(|text| text.part == part) {
            self.document += 1;
            let pick = |dice: &mut Dice| dice.pick(&sentences).copied().unwrap_or_default().trim();
            let (before, after) = (pick(&mut dice), pick(&mut dice));
            let whole = format!("{before} {} {after}", text.text);
            let windows = best_windows(&whole, KIND, self.heads[usize::from(text.fold % FOLDS)]);
            let likeliest = windows.into_iter().max_by(|one, other| one.1.total_cmp(&other.1));
            // One that holds nothing of the attack teaches nothing.
            let end = before.len() + 1 + text.text.len();
            if let Some((range, raw)) =
                likeliest.filter(|(range, _)| range.end > before.len() + 2 && range.start < end)
            {
                self.push(&whole, (range, raw), (Source::Attack, weight));
            }
        }
    }

    fn push(&mut self, text: &str, (range, raw): (Range<usize>, f32), (source, weight): (Source, f32)) {
        let text = text.get(range).unwrap_or_default();
        let text = text.get(..text.floor_char_boundary(DOUBT_BYTES)).unwrap_or_default().to_owned();
        self.made.push(Window { text, raw, source, weight, document: self.document });
    }
}

/// The best window that ends with each sentence, as the guard finds it, with its raw score.
pub fn best_windows(text: &str, kind: Kind, head: &Head) -> Vec<(Range<usize>, f32)> {
    struct Sums<'a> {
        done: Vec<(Range<usize>, f32, f32)>,
        now: (f32, f32),
        head: &'a Head,
    }
    impl Sink for Sums<'_> {
        fn feature(&mut self, bucket: u32) {
            self.now.0 += self.head.weight(bucket);
            self.now.1 += 1.0;
        }
        fn sentence(&mut self, range: Range<usize>) {
            let (weight, features) = std::mem::take(&mut self.now);
            self.done.push((range, weight, features));
        }
    }
    let mut sums = Sums { done: Vec::new(), now: (0.0, 0.0), head };
    visit(text, &marks(text, kind), &mut sums);
    let mut windows = Vec::new();
    for at in 0..sums.done.len() {
        let (mut weight, mut features) = (0.0, 0.0);
        let mut best = (f32::NEG_INFINITY, at);
        for first in (at.saturating_sub(2)..=at).rev() {
            weight += sums.done[first].1;
            features += sums.done[first].2;
            let raw = head.raw(weight, features);
            if raw > best.0 {
                best = (raw, first);
            }
        }
        windows.push((sums.done[best.1].0.start..sums.done[at].0.end, best.0));
    }
    windows
}
