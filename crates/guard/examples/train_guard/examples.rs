//! Owns what each head learns from, and where its threshold is set.

use std::ops::Range;

use patou_guard::Kind;
use patou_guard::model::{Head, Sink, marks, visit};

use super::corpora::{Corpora, Part, Text, of};
use super::learn::{Example, Pace, learn};
use super::templates::Dice;
use super::windows::best_windows;

/// Which share of harmless texts may be over the threshold, on the validation part, before a margin is added.
#[derive(Clone, Copy)]
pub struct Over {
    /// The share.
    pub share: f32,
    /// Added to the threshold.
    pub margin: f32,
}

const DOCUMENTS_OVER: Over = Over { share: 0.015, margin: 0.0 };
const ABSTRACTS_OVER: Over = Over { share: 0.004, margin: 0.3 };
/// Of single sentences that were written to be mistaken, more may be.
const LINES_OVER: Over = Over { share: 0.025, margin: 0.0 };
const PROMPTS_OVER: Over = Over { share: 0.004, margin: 1.0 };
const PACE: Pace = Pace { epochs: 4, rate: 0.2 };
const ASKED_OVER: Over = Over { share: 0.02, margin: 0.0 };
/// The probability that the middle one of the attacks that are found shall have.
const MIDDLE: f32 = 0.97;

/// The features of each sentence of a text.
fn sentences(text: &str, kind: Kind) -> Vec<Vec<u32>> {
    #[derive(Default)]
    struct Gather {
        done: Vec<Vec<u32>>,
        now: Vec<u32>,
    }
    impl Sink for Gather {
        fn feature(&mut self, bucket: u32) {
            self.now.push(bucket);
        }
        fn sentence(&mut self, _: Range<usize>) {
            self.done.push(std::mem::take(&mut self.now));
        }
    }
    let mut gather = Gather::default();
    visit(text, &marks(text, kind), &mut gather);
    gather.done
}

fn windows(sentences: &[Vec<u32>], size: usize) -> impl Iterator<Item = Vec<u32>> {
    sentences.windows(size.min(sentences.len().max(1))).map(<[_]>::concat)
}

/// Examples of texts, by windows of one and of three sentences.
fn add(examples: &mut Vec<Example>, texts: &[Text], kind: Kind, (attack, weight): (bool, f32)) {
    for text in of(texts, Part::Train) {
        let sentences = sentences(text, kind);
        for size in [1, 3] {
            let windows = windows(&sentences, size);
            examples.extend(windows.map(|features| Example { features, attack, weight }));
            if sentences.len() < 2 {
                break;
            }
        }
    }
}

/// Attacks as a whole, and between sentences of ordinary documents.
fn add_hidden(examples: &mut Vec<Example>, attacks: &[Text], around: &[Vec<u32>], weight: f32) {
    let mut dice = Dice(11);
    for text in of(attacks, Part::Train) {
        let sentences = sentences(text, Kind::Document);
        examples.push(Example { features: sentences.concat(), attack: true, weight });
        let Some(before) = dice.pick(around) else { continue };
        let Some(after) = dice.pick(around) else { continue };
        let first = sentences.first().cloned().unwrap_or_default();
        let features = [before.clone(), first, after.clone()].concat();
        examples.push(Example { features, attack: true, weight: weight / 2.0 });
    }
}

/// Injections in documents.
pub fn document_head(corpora: &Corpora) -> Head {
    let kind = Kind::Document;
    let mut examples = Vec::new();
    let harmless = [
        (&corpora.manual, 1.0),
        (&corpora.contexts, 3.0),
        (&corpora.pages, 3.0),
        (&corpora.abstracts, 1.0),
        (&corpora.articles, 10.0),
        (&corpora.commands, 1.0),
        (&corpora.harmless, 3.0),
        (&corpora.queries, 0.5),
    ];
    for (texts, weight) in harmless {
        add(&mut examples, texts, kind, (false, weight));
    }
    let around: Vec<Vec<u32>> =
        examples.iter().filter(|e| e.features.len() < 80).map(|e| e.features.clone()).collect();
    add_hidden(&mut examples, &corpora.overrides, &around, 2.0);
    add_hidden(&mut examples, &corpora.orders, &around, 2.0);
    add_hidden(&mut examples, &corpora.injections, &around, 2.0);
    add_hidden(&mut examples, &corpora.announcements, &around, 4.0);
    for _ in 0..4 {
        add_hidden(&mut examples, &corpora.triggers, &around, 2.0);
    }
    let head = learn(&examples, PACE);
    let worst = |text: &str| worst_window(&head, text, kind);
    let scores = |texts: &[&Vec<Text>]| -> Vec<f32> {
        texts.iter().flat_map(|texts| of(texts, Part::Validation)).map(worst).collect()
    };
    let harmless = vec![
        (scores(&[&corpora.manual, &corpora.contexts, &corpora.pages]), DOCUMENTS_OVER),
        (scores(&[&corpora.abstracts]), ABSTRACTS_OVER),
        (scores(&[&corpora.commands, &corpora.harmless]), LINES_OVER),
    ];
    let attacks =
        [&corpora.overrides, &corpora.orders, &corpora.injections, &corpora.announcements, &corpora.triggers];
    let attacks: Vec<f32> =
        attacks.into_iter().flat_map(|texts| of(texts, Part::Validation)).map(worst).collect();
    calibrated(head.clone(), harmless, attacks)
}

/// Jailbreaks and injections in windows of prompts.
pub fn chat_head(corpora: &Corpora) -> Head {
    let kind = Kind::Prompt;
    let mut examples = Vec::new();
    let harmless = [
        (&corpora.ordinary, 1.0),
        (&corpora.scary, 2.0),
        (&corpora.asked, 6.0),
        (&corpora.queries, 1.0),
        (&corpora.articles, 2.0),
        (&corpora.commands, 1.0),
        (&corpora.harmless, 1.0),
        (&corpora.manual, 0.2),
        (&corpora.pages, 1.0),
        (&corpora.abstracts, 0.5),
    ];
    for (texts, weight) in harmless {
        add(&mut examples, texts, kind, (false, weight));
    }
    add(&mut examples, &corpora.jailbreaks, kind, (true, 0.3));
    add(&mut examples, &corpora.talked_over, kind, (true, 0.5));
    add(&mut examples, &corpora.overrides, kind, (true, 1.0));
    add(&mut examples, &corpora.orders, kind, (true, 1.0));
    add(&mut examples, &corpora.injections, kind, (true, 1.0));
    let head = learn(&examples, PACE);
    let (harmless, attacks) = prompts(corpora, |text| worst_window(&head, text, kind));
    calibrated(head.clone(), harmless, attacks)
}

/// Jailbreaks, by the whole prompt.
pub fn prompt_head(corpora: &Corpora) -> Head {
    let kind = Kind::Prompt;
    let whole = |text: &str| sentences(text, kind).concat();
    let mut examples = Vec::new();
    let mut push = |text: &str, attack: bool, weight: f32| {
        examples.push(Example { features: whole(text), attack, weight });
    };
    let harmless = [
        (&corpora.ordinary, 1.0),
        (&corpora.scary, 2.0),
        (&corpora.asked, 6.0),
        (&corpora.queries, 1.0),
        (&corpora.harmless, 1.0),
        (&corpora.commands, 0.5),
        (&corpora.articles, 2.0),
    ];
    for (texts, weight) in harmless {
        of(texts, Part::Train).for_each(|text| push(text, false, weight));
    }
    of(&corpora.abstracts, Part::Train).for_each(|text| push(text, false, 0.5));
    of(&corpora.manual, Part::Train).for_each(|text| push(text, false, 1.0));
    of(&corpora.pages, Part::Train).for_each(|text| push(text, false, 1.0));
    // Long harmless prompts: several in one, and pages with a question.
    let ordinary: Vec<&str> = of(&corpora.ordinary, Part::Train).collect();
    let mut dice = Dice(13);
    for page in of(&corpora.manual, Part::Train) {
        let cut = page.floor_char_boundary(500 + dice.below(2500));
        let asked = dice.pick(&ordinary).copied().unwrap_or_default();
        push(&format!("{asked}\n\n{}", page.get(..cut).unwrap_or_default()), false, 1.0);
        let several: Vec<&str> =
            (0..2 + dice.below(6)).filter_map(|_| dice.pick(&ordinary).copied()).collect();
        push(&several.join(" "), false, 2.0);
    }
    for text in of(&corpora.jailbreaks, Part::Train) {
        push(text, true, 3.0);
        push(text.get(..text.floor_char_boundary(text.len() / 2)).unwrap_or_default(), true, 1.0);
    }
    of(&corpora.overrides, Part::Train).for_each(|text| push(text, true, 0.5));
    of(&corpora.injections, Part::Train).for_each(|text| push(text, true, 1.0));
    of(&corpora.talked_over, Part::Train).for_each(|text| push(text, true, 5.0));
    let head = learn(&examples, PACE);
    let raw = |text: &str| {
        let features = whole(text);
        let sum = features.iter().map(|bucket| head.weight(*bucket)).sum();
        head.raw(sum, features.len() as f32)
    };
    let (harmless, attacks) = prompts(corpora, raw);
    calibrated(head.clone(), harmless, attacks)
}

/// The raw scores of harmless prompts, by their kind, and of jailbreaks, of the validation part.
fn prompts(corpora: &Corpora, raw: impl Fn(&str) -> f32) -> (Vec<(Vec<f32>, Over)>, Vec<f32>) {
    let scores = |texts: &Vec<Text>| of(texts, Part::Validation).map(&raw).collect::<Vec<f32>>();
    let harmless = [&corpora.ordinary, &corpora.scary, &corpora.queries, &corpora.abstracts];
    let attacks = scores(&corpora.jailbreaks).into_iter().chain(scores(&corpora.talked_over));
    let harmless = harmless.into_iter().map(|texts| (scores(texts), PROMPTS_OVER));
    (harmless.chain([(scores(&corpora.asked), ASKED_OVER)]).collect(), attacks.collect())
}

/// The raw score of the likeliest window of a text.
fn worst_window(head: &Head, text: &str, kind: Kind) -> f32 {
    best_windows(text, kind, head).into_iter().map(|(_, raw)| raw).fold(f32::NEG_INFINITY, f32::max)
}

/// Sets the threshold where a share of each kind of harmless text is over it, with a margin, and the slope so that
/// the middle one of the attacks above it is sure.
pub fn calibrated(mut head: Head, harmless: Vec<(Vec<f32>, Over)>, attacks: Vec<f32>) -> Head {
    (head.threshold, head.slope) = calibration(harmless, attacks);
    head
}

/// A threshold and a slope of raw scores.
pub fn calibration(harmless: Vec<(Vec<f32>, Over)>, mut attacks: Vec<f32>) -> (f32, f32) {
    let threshold = |(mut scores, over): (Vec<f32>, Over)| {
        scores.sort_unstable_by(f32::total_cmp);
        let allowed = (scores.len() as f32 * over.share) as usize;
        let at = scores.len().checked_sub(1 + allowed)?;
        Some(scores.get(at)? + over.margin)
    };
    let threshold = harmless.into_iter().filter_map(threshold).fold(f32::NEG_INFINITY, f32::max);
    attacks.retain(|raw| *raw >= threshold);
    attacks.sort_unstable_by(f32::total_cmp);
    let middle = attacks.get(attacks.len() / 2).copied().unwrap_or(threshold + 1.0);
    (threshold, (MIDDLE / (1.0 - MIDDLE)).ln() / (middle - threshold).max(0.1))
}
