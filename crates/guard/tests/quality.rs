//! How well attacks are told from ordinary text, on the part of the data that training never saw.
//!
//! Figures are committed with a tolerance; `cargo test -p patou-guard --test quality -- --nocapture` prints them.
//! Needs the development data and, for the second look, the encoder's files (`PATOU_TEST_MODELS`), and says so where
//! there are none.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests, which read data and print figures"
)]

#[expect(dead_code, reason = "training tells folds apart, and no test does")]
#[path = "../examples/train_guard/corpora.rs"]
mod corpora;
#[path = "quality/data.rs"]
mod data;
#[path = "quality/halves.rs"]
mod halves;
#[path = "quality/meaning.rs"]
mod meaning;
#[path = "quality/obfuscation.rs"]
mod obfuscation;
#[path = "../examples/train_guard/templates.rs"]
mod templates;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use corpora::{Corpora, Part, Personal, Text, of};
use data::{close, hidden_in, shared_data};
use halves::Half;
use patou_guard::{Category, Corroboration, Decision, Finding, Guard, Kind};
use templates::Dice;

static CORPORA: LazyLock<Option<Corpora>> = LazyLock::new(|| {
    let found = shared_data().and_then(|data| Corpora::read(&data));
    if found.is_none() {
        println!("left out: there is no development data for the guard");
    }
    found
});

fn flagged(guard: &Guard, kind: Kind, text: &str) -> bool {
    guard.scan(kind, text).decision > Decision::Mask
}

fn share(name: &str, texts: impl IntoIterator<Item = String>, kind: Kind) -> f32 {
    let guard = Guard::default();
    let (mut all, mut hit) = (0, 0);
    for text in texts {
        let found = flagged(&guard, kind, &text);
        all += 1;
        hit += u32::from(found);
    }
    let share = hit as f32 / all.max(1) as f32;
    println!("{name}: {hit} of {all} = {share:.4}");
    share
}

fn test(texts: &[Text]) -> Vec<String> {
    of(texts, Part::Test).map(str::to_owned).collect()
}

#[test]
fn injections_in_documents_are_found_and_ordinary_documents_pass() {
    let Some(corpora) = &*CORPORA else { return };
    assert_eq!(corpora.split_hash(), include_str!("../weights/split.txt").trim());
    let (manual, contexts) = (test(&corpora.manual), test(&corpora.contexts));
    let overrides: Vec<String> = test(&corpora.overrides).into_iter().step_by(3).collect();
    let kind = Kind::Document;
    let found = share("overrides in the manual", hidden_in(&overrides, &manual), kind);
    close(found, 0.965);
    close(share("overrides in contexts", hidden_in(&overrides, &contexts), kind), 0.968);
    close(share("triggers in contexts", hidden_in(&test(&corpora.triggers), &contexts), kind), 0.923);
    close(share("false positives, manual", manual, kind), 0.005);
    close(share("false positives, contexts", contexts, kind), 0.0);
    close(share("false positives, abstracts", test(&corpora.abstracts), kind), 0.0);
    close(share("articles about attacks", test(&corpora.articles), kind), 0.035);
}

#[test]
fn jailbreaks_rank_above_harmless_prompts() {
    let Some(corpora) = &*CORPORA else { return };
    let guard = Guard::default();
    let score = |text: String| guard.scan(Kind::Prompt, &text).score;
    let attacks: Vec<f32> = test(&corpora.jailbreaks).into_iter().map(score).collect();
    let harmless = [&corpora.ordinary, &corpora.scary, &corpora.queries];
    let harmless: Vec<f32> = harmless.into_iter().flat_map(|texts| test(texts)).map(score).collect();
    println!(
        "jailbreaks: AUROC {:.4}, {} attacks, {} harmless",
        area(&attacks, &harmless),
        attacks.len(),
        harmless.len()
    );
    let ordinary: Vec<f32> = test(&corpora.ordinary).into_iter().map(score).collect();
    println!("jailbreaks against ordinary: AUROC {:.4}", area(&attacks, &ordinary));
    share("jailbreaks blocked", test(&corpora.jailbreaks), Kind::Prompt);
    share("ordinary prompts", test(&corpora.ordinary), Kind::Prompt);
    share("queries", test(&corpora.queries), Kind::Prompt);
    let scary = share("harmless prompts with scary words", test(&corpora.scary), Kind::Prompt);
    close(area(&attacks, &harmless), 0.984);
    close(scary, 0.0);
}

/// The area under the receiver operating characteristic: how often an attack scores above a harmless text.
fn area(attacks: &[f32], harmless: &[f32]) -> f32 {
    let above = |attack: &f32| -> f32 {
        harmless
            .iter()
            .map(|score| {
                if attack > score {
                    1.0
                } else if attack == score {
                    0.5
                } else {
                    0.0
                }
            })
            .sum()
    };
    attacks.iter().map(above).sum::<f32>() / (attacks.len() * harmless.len()) as f32
}

#[test]
fn disguised_attacks_are_found() {
    let Some(corpora) = &*CORPORA else { return };
    let guard = Guard::default();
    let mut attacks: Vec<String> = test(&corpora.overrides).into_iter().step_by(40).collect();
    attacks.extend(test(&corpora.triggers).into_iter().step_by(12));
    attacks.retain(|text| text.is_ascii() && flagged(&guard, Kind::Document, text));
    let mut all = [0u32; 2];
    let mut missed = BTreeMap::new();
    for attack in &attacks {
        obfuscation::each_disguised(attack, |name, disguised| {
            let found = flagged(&guard, Kind::Document, &disguised);
            all[usize::from(found)] += 1;
            if !found {
                missed.entry(name.to_owned()).or_insert_with(Vec::new).push(disguised);
            }
        });
    }
    for (name, texts) in &missed {
        println!("  missed {}: {name}: {:?}", texts.len(), texts[0].get(..texts[0].floor_char_boundary(160)));
    }
    let share = all[1] as f32 / (all[0] + all[1]) as f32;
    println!("disguised: {} of {} = {share:.4}, {} attacks", all[1], all[0] + all[1], attacks.len());
    close(share, 0.987);
}

/// A piece of each of some texts, from all over the list.
fn pieces(texts: &[String], count: usize) -> Vec<String> {
    const PIECE_BYTES: usize = 600;
    let mut dice = Dice(7);
    let piece = |text: &String| {
        let from = text.floor_char_boundary(dice.below(text.len().saturating_sub(PIECE_BYTES) + 1));
        text[from..text.floor_char_boundary(from + PIECE_BYTES)].to_owned()
    };
    texts.iter().step_by((texts.len() / count).max(1)).take(count).map(piece).collect()
}

/// Whether a text is taken for an attack by what it says, and whether only for hiding something.
fn taken_for_attack(guard: &Guard, text: &str) -> (bool, bool) {
    let verdict = guard.scan(Kind::Document, text);
    let policy = guard.policy(Kind::Document);
    let calls = |finding: &&Finding| policy.of(finding.category, finding.score) > Decision::Mask;
    let says = verdict.findings.iter().filter(calls).any(|finding| finding.category != Category::HiddenText);
    (says, !says && verdict.decision > Decision::Mask)
}

#[test]
fn ordinary_text_in_disguise_is_no_attack() {
    let Some(corpora) = &*CORPORA else { return };
    let guard = Guard::default();
    let mut texts = pieces(&test(&corpora.manual), 45);
    texts.extend(pieces(&test(&corpora.contexts), 30));
    let plain = texts.iter().filter(|text| taken_for_attack(&guard, text).0).count();
    let (mut all, mut attacks, mut hiding) = (0, 0, 0);
    for text in &texts {
        obfuscation::each_disguised(text, |name, disguised| {
            let (says, hides) = taken_for_attack(&guard, &disguised);
            all += 1;
            attacks += u32::from(says);
            hiding += u32::from(hides);
            if says {
                let shown = guard.scan(Kind::Document, &disguised).findings;
                let shown = shown.iter().find(|one| one.category.is_attack() && one.score >= 0.5);
                println!("  wrong: {name}: {:?}", shown.map(|one| (one.detector, &one.view, one.score)));
            }
        });
    }
    let (share, before) = (attacks as f32 / all as f32, plain as f32 / texts.len() as f32);
    println!("ordinary pieces taken for attacks: plain {plain} of {} = {before:.5}", texts.len());
    println!("  disguised {attacks} of {all} = {share:.5}; held back for what hides them alone: {hiding}");
    assert!(share - before <= 0.001, "{share} of ordinary text in disguise against {before}");
}

/// What counts as found: precision and recall by overlapping spans, and precision and recall by exact ones.
#[test]
fn identifiers_and_names_are_found_in_synthetic_sentences() {
    let Some(corpora) = &*CORPORA else { return };
    let kinds = [
        ("CREDIT_CARD", "credit_card"),
        ("PHONE_NUMBER", "phone_number"),
        ("EMAIL_ADDRESS", "email_address"),
        ("IBAN_CODE", "iban_code"),
        ("US_SSN", "us_ssn"),
        ("IP_ADDRESS", "ip_address"),
    ];
    let structured = measure(corpora.personal.iter(), &kinds);
    println!("structured identifiers: precision {:.4}, recall {:.4}", structured.0, structured.1);
    for kind in kinds {
        let (precision, recall) = measure(corpora.personal.iter(), &[kind]);
        println!("  {}: precision {precision:.4}, recall {recall:.4}", kind.1);
    }
    let unseen = corpora.personal.iter().filter(|held| held.text.part == Part::Test);
    let (precision, recall) = measure(unseen, &[("PERSON", "person")]);
    let harmonic = 2.0 * precision * recall / (precision + recall);
    println!("person, templates unseen: precision {precision:.4}, recall {recall:.4}, F1 {harmonic:.4}");
    close(structured.0, 1.0);
    close(structured.1, 0.988);
    close(harmonic, 0.851);
}

fn measure<'a>(held: impl Iterator<Item = &'a Personal>, kinds: &[(&str, &str)]) -> (f32, f32) {
    let guard = Guard::default();
    let (mut right, mut found, mut expected) = (0, 0, 0);
    for held in held {
        let text = &held.text.text;
        let findings = guard.scan(Kind::Document, text).findings;
        for (kind, detector) in kinds {
            let spans: Vec<_> =
                held.spans.iter().filter(|(name, _)| name == kind).map(|(_, span)| span).collect();
            let ours: Vec<_> =
                findings.iter().filter(|one| one.detector == *detector && one.score >= 0.5).collect();
            let overlap =
                |span: &Range<usize>, one: &Finding| span.start < one.span.end && one.span.start < span.end;
            right += spans.iter().filter(|span| ours.iter().any(|one| overlap(span, one))).count();
            let wrong: Vec<_> =
                ours.iter().filter(|one| !spans.iter().any(|span| overlap(span, one))).collect();
            found +=
                spans.iter().filter(|span| ours.iter().any(|one| overlap(span, one))).count() + wrong.len();
            expected += spans.len();
        }
    }
    (right as f32 / found.max(1) as f32, right as f32 / expected.max(1) as f32)
}

/// Addresses by any overlap with what is labelled as one (which may be a house number by itself), names of
/// organisations likewise; and how many ordinary documents have what a policy would mask in a prompt.
#[test]
fn addresses_and_organizations_are_found_and_ordinary_documents_have_few() {
    let Some(corpora) = &*CORPORA else { return };
    let of = |kind| {
        let (precision, recall) = measure(corpora.personal.iter(), &[kind]);
        println!("{}: precision {precision:.4}, recall {recall:.4}", kind.1);
        (precision, recall)
    };
    let address = of(("STREET_ADDRESS", "postal_address"));
    let organization = of(("ORGANIZATION", "organization"));
    let guard = Guard::default();
    let with = |texts: &[String], detectors: &[&str], least: f32| {
        let found = |text: &&String| {
            let findings = guard.scan(Kind::Document, text).findings;
            findings.iter().any(|one| detectors.contains(&one.detector) && one.score >= least)
        };
        texts.iter().filter(found).count()
    };
    let mut plain = 0;
    let contexts = test(&corpora.contexts);
    for (name, texts) in [("manual", test(&corpora.manual)), ("abstracts", test(&corpora.abstracts))] {
        let masked = with(&texts, &["postal_address", "health_id"], 0.5);
        let named = with(&texts, &["organization"], 0.5);
        println!("{name}: {masked} of {} with an address or health number, {named} with a firm", texts.len());
        plain += masked;
    }
    let mails = with(&contexts, &["postal_address", "health_id"], 0.8);
    println!("contexts: {mails} of {} with a whole address or health number", contexts.len());
    close(address.0, 1.0);
    close(address.1, 0.848);
    close(organization.0, 1.0);
    close(organization.1, 0.392);
    assert_eq!(plain, 0);
}

/// Addresses of twenty countries, as they are written there; some lack a post code or a house number.
#[test]
fn addresses_of_many_countries_are_found() {
    let guard = Guard::default();
    let lines: Vec<&str> = include_str!("quality/addresses.txt").lines().collect();
    let score = |line: &&str| {
        let findings = guard.scan(Kind::Document, line).findings;
        let found = findings.iter().filter(|one| one.detector == "postal_address");
        found.map(|one| one.score).fold(0.0, f32::max)
    };
    let whole = lines.iter().filter(|line| score(line) >= 0.8).count();
    let parts = lines.iter().filter(|line| score(line) >= 0.5).count() - whole;
    println!("addresses of many countries: {whole} of {} whole, {parts} as streets", lines.len());
    lines.iter().filter(|line| score(line) < 0.5).for_each(|line| println!("  missed: {line}"));
    assert!((whole, parts) >= (39, 3));
}

/// The rule's thresholds were set on ordinary documents: each half shows what the other half's would have done.
#[test]
fn documents_are_held_back_alike_in_both_halves() {
    let Some(corpora) = &*CORPORA else { return };
    let guard = Guard::default();
    let mut halves = [Half::default(), Half::default()];
    let half = |text: &str| usize::from(blake3::hash(text.as_bytes()).as_bytes()[1] % 2);
    let scan = |text: &str| (guard.scan(Kind::Document, text), text.len());
    for text in [&corpora.manual, &corpora.contexts, &corpora.abstracts].into_iter().flatten() {
        halves[half(&text.text)].ordinary.push(scan(&text.text));
    }
    let attacks: Vec<String> = test(&corpora.overrides).into_iter().step_by(3).collect();
    let pages = test(&corpora.manual);
    let mut dice = Dice(11);
    for attack in &attacks {
        let page = dice.pick(&pages).unwrap();
        let breaks: Vec<usize> = page.match_indices('\n').map(|(at, _)| at).collect();
        let at = dice.pick(&breaks).copied().unwrap_or(page.len());
        let attacked = format!("{}\n{attack}\n{}", &page[..at], &page[at..]);
        halves[half(page)].attacked.push(scan(&attacked));
    }
    for (at, name) in ["first half", "second half"].into_iter().enumerate() {
        println!("{name}:");
        let [one, other] = [&halves[at], &halves[1 - at]];
        let found = one.print("as it is", Corroboration::default());
        one.print("tuned on the other half", other.tuned());
        assert!(found >= 0.7, "{found}");
        assert!(Half::held(&one.ordinary, Corroboration::default()) * 1000 <= one.ordinary.len());
    }
}
