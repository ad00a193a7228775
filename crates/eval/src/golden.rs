//! Golden questions: what should be answered from where, and what should be refused.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::PrivateText;
use serde::{Deserialize, Serialize};

use crate::Share;
use crate::error::{EvalError, LineFault, filled_lines};

const WHAT: &str = "golden set";

/// One question and what is right for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldenQuestion {
    /// Names it; unique in its set.
    pub id: String,
    /// What is asked.
    pub question: PrivateText,
    /// Sources or document ids, any one of which has to be cited. May be empty.
    pub expect: BTreeSet<String>,
    /// Whether the right answer is a refusal.
    pub refuse: bool,
}

/// A set of questions, in the order of their file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldenSet(Vec<GoldenQuestion>);

/// What a system did with one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The question's id.
    pub id: String,
    /// Whether it refused to answer.
    pub refused: bool,
    /// What it cited, by every name that a golden set may use: source and document id.
    pub cited: BTreeSet<String>,
}

/// How well a system did on a golden set. A share is `null` where the set has no such question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoldenReport {
    /// How many questions the set has.
    pub questions: usize,
    /// Of the questions that have an answer, those answered.
    pub answered: Option<Share>,
    /// Of the questions that have none, those refused.
    pub refused: Option<Share>,
    /// Of the questions that name a document, those whose answer cites it. A refusal cites nothing.
    pub cited_expected: Option<Share>,
    /// The questions that came out wrong on any of these counts, in the set's order.
    pub wrong: Vec<String>,
    /// The questions without an outcome; they count as neither answered nor refused.
    pub missing: Vec<String>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    question: String,
    #[serde(default)]
    expect: BTreeSet<String>,
    #[serde(default)]
    refuse: bool,
}

impl GoldenSet {
    /// Reads JSON lines with `id`, `question`, `expect` (none if left out) and `refuse` (false if left out).
    ///
    /// # Errors
    ///
    /// [`EvalError`] with the line that is not a question or whose id was there before, or when there is
    /// no question at all.
    pub fn parse(text: &str) -> Result<Self, EvalError> {
        let mut questions = Vec::new();
        let mut seen = HashSet::new();
        for (line, content) in filled_lines(text) {
            let question = parse_line(content).map_err(|fault| fault.at(WHAT, line))?;
            if !seen.insert(question.id.clone()) {
                return Err(LineFault::Repeated(question.id).at(WHAT, line));
            }
            questions.push(question);
        }
        if questions.is_empty() { Err(EvalError::Empty { what: "golden sets" }) } else { Ok(Self(questions)) }
    }

    /// The questions, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &GoldenQuestion> {
        self.0.iter()
    }

    /// Judges what a system did. Outcomes of questions that are not in the set are left alone.
    pub fn score(&self, outcomes: &[Outcome]) -> GoldenReport {
        let by_id: HashMap<_, _> = outcomes.iter().map(|outcome| (outcome.id.as_str(), outcome)).collect();
        let outcome = |question: &GoldenQuestion| by_id.get(question.id.as_str()).copied();
        let answered = Tally::of(
            &self.0,
            |question| !question.refuse,
            |question| outcome(question).is_some_and(|outcome| !outcome.refused),
        );
        let refused = Tally::of(
            &self.0,
            |question| question.refuse,
            |question| outcome(question).is_some_and(|outcome| outcome.refused),
        );
        let names_document = |question: &GoldenQuestion| !question.refuse && !question.expect.is_empty();
        let cited = Tally::of(&self.0, names_document, |question| {
            outcome(question)
                .is_some_and(|outcome| !outcome.refused && !outcome.cited.is_disjoint(&question.expect))
        });
        let failed: HashSet<_> = [&answered, &refused, &cited].into_iter().flat_map(|t| &t.failed).collect();
        let ids = |keep: &dyn Fn(&GoldenQuestion) -> bool| {
            self.0.iter().filter(|question| keep(question)).map(|question| question.id.clone()).collect()
        };
        GoldenReport {
            questions: self.0.len(),
            answered: answered.share(),
            refused: refused.share(),
            cited_expected: cited.share(),
            wrong: ids(&|question| failed.contains(&question.id)),
            missing: ids(&|question| outcome(question).is_none()),
        }
    }
}

/// How many of the questions concerned came out right, and which did not.
struct Tally {
    right: usize,
    failed: Vec<String>,
}

impl Tally {
    fn of(
        questions: &[GoldenQuestion],
        concerns: impl Fn(&GoldenQuestion) -> bool,
        right: impl Fn(&GoldenQuestion) -> bool,
    ) -> Self {
        let mut tally = Self { right: 0, failed: Vec::new() };
        for question in questions.iter().filter(|question| concerns(question)) {
            if right(question) {
                tally.right += 1;
            } else {
                tally.failed.push(question.id.clone());
            }
        }
        tally
    }

    fn share(&self) -> Option<Share> {
        Share::new(self.right, self.right + self.failed.len())
    }
}

fn parse_line(content: &str) -> Result<GoldenQuestion, LineFault> {
    let line: Line = serde_json::from_str(content)
        .map_err(LineFault::json("`id`, `question`, and if need be `expect` and `refuse`"))?;
    let question = line.question.trim();
    match (line.id.is_empty(), question.is_empty()) {
        (true, _) => Err(LineFault::Empty("`id`")),
        (_, true) => Err(LineFault::Empty("`question`")),
        _ => Ok(GoldenQuestion {
            id: line.id,
            question: PrivateText::new(question),
            expect: line.expect,
            refuse: line.refuse,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = r#"{"id":"a","question":" how? ","expect":["x.md","y.md"]}
{"id":"b","question":"why?","expect":["x.md"],"refuse":false}
{"id":"c","question":"who?","expect":[]}
{"id":"d","question":"what is off topic?","refuse":true}
{"id":"e","question":"and this?","refuse":true}
"#;

    fn outcome(id: &str, cited: &[&str]) -> Outcome {
        let cited: BTreeSet<_> = cited.iter().map(|&source| source.to_owned()).collect();
        Outcome { id: id.to_owned(), refused: cited.is_empty(), cited }
    }

    #[test]
    fn counts_answers_refusals_and_expected_citations() {
        let set = GoldenSet::parse(SET).unwrap();
        assert_eq!(set.iter().next().unwrap().question.reveal(), "how?");
        let outcomes = [
            outcome("a", &["z.md", "y.md"]),
            outcome("b", &["z.md"]),
            outcome("c", &[]),
            outcome("d", &[]),
            outcome("unknown", &[]),
        ];
        let report = set.score(&outcomes);
        let counts = |share: Option<Share>| share.map(|share| (share.count, share.of));
        assert_eq!(report.questions, 5);
        assert_eq!(counts(report.answered), Some((2, 3)));
        assert_eq!(counts(report.refused), Some((1, 2)));
        assert_eq!(counts(report.cited_expected), Some((1, 2)));
        assert_eq!(report.wrong, ["b", "c", "e"]);
        assert_eq!(report.missing, ["e"]);
    }

    #[test]
    fn says_what_a_set_has_no_question_for() {
        let set = GoldenSet::parse(r#"{"id":"a","question":"q","refuse":true}"#).unwrap();
        let report = set.score(&[outcome("a", &[])]);
        assert_eq!((report.answered, report.cited_expected), (None, None));
        assert_eq!(report.refused.unwrap().share, 1.0);
    }

    #[test]
    fn says_which_line_is_wrong() {
        let message = |text: &str| GoldenSet::parse(text).unwrap_err().to_string();
        let repeated = "cannot read line 2 of the golden set: `a` is there a second time";
        assert_eq!(message(&r#"{"id":"a","question":"q"}_"#.replace('_', "\n").repeat(2)), repeated);
        assert!(message("{\"id\":1}").starts_with("cannot read line 1 of the golden set: not a JSON object"));
        assert_eq!(message(""), "cannot evaluate with golden sets that have no line in them");
    }
}
