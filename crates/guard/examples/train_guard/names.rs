//! Owns what the tagger of names learns from: words of the synthetic sentences, and of the manual, which names nobody.

use patou_guard::model::{Head, may_be_name, person_features, person_words};

use super::corpora::{Corpora, Part, Personal, Text, of};
use super::learn::{Example, Pace, learn};
use super::templates::{Dice, Templates};

/// Where a word is a name: the tagger's probability is ½ at the raw score 0, moved by this.
const SHIFT: f32 = -0.5;
/// Pages of the manual are many.
const PAGES: usize = 60;
const PAGE_BYTES_MAX: usize = 4000;
/// How many sentences each template gives.
const SENTENCES_EACH: usize = 40;

/// Words of names.
pub fn person_head(corpora: &Corpora) -> Head {
    let mut examples = Vec::new();
    let own = named_sentences();
    let training = corpora.personal.iter().chain(&own).filter(|held| held.text.part == Part::Train);
    // Some people write without capitals.
    let small = |text: &str| text.chars().map(lower).collect::<String>();
    let both =
        training.flat_map(|held| [(held, held.text.text.clone(), 1.0), (held, small(&held.text.text), 0.3)]);
    for (held, text, weight) in both {
        let text = &text;
        let words = person_words(text);
        for (at, word) in words.iter().enumerate().filter(|(_, word)| may_be_name(word)) {
            let named = |(kind, range): &(String, std::ops::Range<usize>)| {
                kind == "PERSON" && range.start < word.range.end && word.range.start < range.end
            };
            let attack = held.spans.iter().any(named);
            examples.push(Example { features: person_features(text, &words, at), attack, weight });
        }
    }
    for page in of(&corpora.manual, Part::Train).take(PAGES) {
        let page = page.get(..page.floor_char_boundary(PAGE_BYTES_MAX)).unwrap_or_default();
        let words = person_words(page);
        for (at, _) in words.iter().enumerate().filter(|(_, word)| may_be_name(word)) {
            examples.push(Example {
                features: person_features(page, &words, at),
                attack: false,
                weight: 0.3,
            });
        }
    }
    let mut head = learn(&examples, Pace { epochs: 12, rate: 0.5 });
    head.threshold = SHIFT;
    head.slope = 1.0;
    head
}

/// A letter in lower case, if that is as long.
fn lower(c: char) -> char {
    c.to_lowercase().next().filter(|lower| lower.len_utf8() == c.len_utf8()).unwrap_or(c)
}

/// Sentences made from `training/names.txt`, where brackets hold names; all for training.
fn named_sentences() -> Vec<Personal> {
    let templates = Templates::read(include_str!("../../training/names.txt"));
    let mut dice = Dice(17);
    let mut made = Vec::new();
    for line in templates.lines.iter().flat_map(|line| std::iter::repeat_n(line, SENTENCES_EACH)) {
        let filled = templates.fill(line, &mut dice).replace("\\n", "\n");
        let (mut text, mut spans, mut start) = (String::new(), Vec::new(), 0);
        for c in filled.chars() {
            match c {
                '[' => start = text.len(),
                ']' => spans.push(("PERSON".to_owned(), start..text.len())),
                _ => text.push(c),
            }
        }
        made.push(Personal { text: Text { text, part: Part::Train, fold: 0 }, spans });
    }
    made
}
