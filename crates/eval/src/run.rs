//! A run: for each query, the documents that a system ranked, as TREC files hold it.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use crate::error::{EvalError, LineFault, filled_lines};

const WHAT: &str = "run";
/// How many documents a query keeps.
pub const RUN_DEPTH: usize = 1000;

/// One document in a ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// The document's id.
    pub document: String,
    /// What it was ranked by; finite.
    pub score: f64,
}

/// What a system ranked for each query, best first, each document once, the best [`RUN_DEPTH`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run(BTreeMap<String, Vec<Ranked>>);

impl Run {
    /// A run that has ranked nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the ranking of one query, in place of an earlier one. Documents are sorted by score, and those
    /// of equal score stay in the order given; a document that comes more than once (one hit for each of
    /// its chunks) keeps its best place.
    ///
    /// # Errors
    ///
    /// [`EvalError::Score`] when a score is not finite.
    pub fn insert(
        &mut self,
        query: impl Into<String>,
        hits: impl IntoIterator<Item = (String, f64)>,
    ) -> Result<(), EvalError> {
        let query = query.into();
        let mut ranking: Vec<_> =
            hits.into_iter().map(|(document, score)| Ranked { document, score }).collect();
        if let Some(bad) = ranking.iter().find(|ranked| !ranked.score.is_finite()) {
            return Err(EvalError::Score { query, document: bad.document.clone() });
        }
        ranking.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut seen = HashSet::new();
        ranking.retain(|ranked| seen.insert(ranked.document.clone()));
        ranking.truncate(RUN_DEPTH);
        self.0.insert(query, ranking);
        Ok(())
    }

    /// The ranking of one query, best first; `None` where it was never asked.
    pub fn ranking(&self, query: &str) -> Option<&[Ranked]> {
        self.0.get(query).map(Vec::as_slice)
    }

    /// The queries that were asked, in the order of their ids, with their rankings.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Ranked])> {
        self.0.iter().map(|(query, ranking)| (query.as_str(), ranking.as_slice()))
    }

    /// Reads six columns: query, `Q0`, document, rank, score, run name. Documents rank by score, those of
    /// equal score by the rank column. A query with no document cannot be written down in this format.
    ///
    /// # Errors
    ///
    /// [`EvalError`] with the line that is not an entry or names a document a second time.
    pub fn read_trec(text: &str) -> Result<Self, EvalError> {
        let mut entries: BTreeMap<&str, Vec<(u64, &str, f64)>> = BTreeMap::new();
        let mut seen = HashSet::new();
        for (line, content) in filled_lines(text) {
            let (query, entry) = parse_line(content).map_err(|fault| fault.at(WHAT, line))?;
            if !seen.insert((query, entry.1)) {
                return Err(LineFault::Repeated(format!("{query} {}", entry.1)).at(WHAT, line));
            }
            entries.entry(query).or_default().push(entry);
        }
        let mut run = Self::new();
        for (query, mut ranking) in entries {
            ranking.sort_by_key(|&(rank, ..)| rank);
            run.insert(query, ranking.into_iter().map(|(_, document, score)| (document.to_owned(), score)))?;
        }
        Ok(run)
    }

    /// Writes six columns, with `name` as the last. Evaluators sort by the score column, which they read in
    /// single precision, and break ties by document id; so a score that is not below the one before it at
    /// that precision is written as the next number below, and the order survives in all of them.
    ///
    /// # Errors
    ///
    /// [`EvalError::Column`] when an id or the name is empty or holds white space.
    pub fn write_trec(&self, name: &str) -> Result<String, EvalError> {
        check_column("run", name)?;
        let mut text = String::new();
        for (query, ranking) in &self.0 {
            check_column("query", query)?;
            let mut above = f32::INFINITY;
            for (place, Ranked { document, score }) in ranking.iter().enumerate() {
                check_column("document", document)?;
                above = below(above, *score);
                let rank = place + 1;
                // Writing to a `String` cannot fail.
                let _ = writeln!(text, "{query} Q0 {document} {rank} {above} {name}");
            }
        }
        Ok(text)
    }
}

/// `score` in single precision, or the next number below `above` if it is not below it.
fn below(above: f32, score: f64) -> f32 {
    let score = score.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
    if score < above { score } else { above.next_down() }
}

fn check_column(what: &'static str, name: &str) -> Result<(), EvalError> {
    let broken = name.is_empty() || name.contains(char::is_whitespace);
    if broken { Err(EvalError::Column { what, name: name.escape_debug().to_string() }) } else { Ok(()) }
}

fn parse_line(content: &str) -> Result<(&str, (u64, &str, f64)), LineFault> {
    let columns: Vec<_> = content.split_whitespace().collect();
    let [query, _, document, rank, score, _] = columns[..] else {
        return Err(LineFault::Columns { found: columns.len(), wanted: "6" });
    };
    let number = |column, value: &str, wanted| LineFault::Number { column, value: value.to_owned(), wanted };
    let place = rank.parse().map_err(|_| number("rank", rank, "a whole number"))?;
    let value: f64 = score.parse().map_err(|_| number("score", score, "a number"))?;
    if !value.is_finite() {
        return Err(number("score", score, "a finite number"));
    }
    Ok((query, (place, document, value)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(query: &str, hits: &[(&str, f64)]) -> Run {
        let mut run = Run::new();
        run.insert(query, hits.iter().map(|&(document, score)| (document.to_owned(), score))).unwrap();
        run
    }

    fn documents<'a>(run: &'a Run, query: &str) -> Vec<&'a str> {
        run.ranking(query).unwrap().iter().map(|ranked| ranked.document.as_str()).collect()
    }

    #[test]
    fn a_document_keeps_its_best_place_and_ties_their_order() {
        let run = run("q", &[("b", 0.5), ("a", 0.5), ("c", 0.9), ("a", 0.7), ("c", 0.1)]);
        assert_eq!(documents(&run, "q"), ["c", "a", "b"]);
        assert!(run.ranking("r").is_none());
    }

    #[test]
    fn keeps_the_best_thousand() {
        let mut run = Run::new();
        run.insert("q", (0..1500).map(|n| (n.to_string(), f64::from(n)))).unwrap();
        let kept = documents(&run, "q");
        assert_eq!((kept.len(), kept[0], kept[999]), (1000, "1499", "500"));
    }

    #[test]
    fn writes_what_any_evaluator_reads_in_the_same_order() {
        let written =
            run("q", &[("b", 0.5), ("c", 0.5), ("a", 0.5 - 1e-12), ("d", -1.0)]).write_trec("patou");
        assert_eq!(
            written.unwrap(),
            "q Q0 b 1 0.5 patou\nq Q0 c 2 0.49999997 patou\nq Q0 a 3 0.49999994 patou\nq Q0 d 4 -1 patou\n"
        );
    }

    #[test]
    fn refuses_columns_that_white_space_would_break() {
        let error = run("q", &[("a b", 1.0)]).write_trec("patou").unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot write document `a b` as a TREC column: it is empty or has white space in it"
        );
        assert!(run("q\t1", &[("a", 1.0)]).write_trec("patou").is_err());
        assert!(run("q", &[("a", 1.0)]).write_trec("").is_err());
        assert!(Run::new().insert("q", [("a".to_owned(), f64::NAN)]).is_err());
    }

    #[test]
    fn reads_by_score_then_rank() {
        let read = Run::read_trec("q Q0 a 2 1.0 x\nq\tQ0\tb\t1\t1.0\tx\r\n\nq Q0 c 3 7e0 x\n").unwrap();
        assert_eq!(documents(&read, "q"), ["c", "b", "a"]);
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        assert_eq!(Run::read_trec(text).unwrap_err().to_string(), message);
    }

    #[test]
    fn says_which_line_is_wrong() {
        let good = "q Q0 a 1 1.0 x\n";
        let line = "cannot read line 2 of the run:";
        refused(&format!("{good}q Q0 b 1"), &format!("{line} has 4 columns where 6 are needed"));
        refused(&format!("{good}q Q0 b one 1 x"), &format!("{line} rank `one` is not a whole number"));
        refused(&format!("{good}q Q0 b 1 NaN x"), &format!("{line} score `NaN` is not a finite number"));
        refused(&format!("{good}q Q0 b 1 high x"), &format!("{line} score `high` is not a number"));
        refused(&format!("{good}{good}"), &format!("{line} `q a` is there a second time"));
    }

    proptest! {
        #[test]
        fn order_survives_the_file(scores in proptest::collection::vec(-1e3f64..1e3, 1..40)) {
            let mut run = Run::new();
            let rounded = scores.iter().map(|score| (score * 3.0).round() / 3.0);
            run.insert("q", rounded.enumerate().map(|(n, score)| (format!("d{n}"), score))).unwrap();
            let text = run.write_trec("patou").unwrap();
            let read = Run::read_trec(&text).unwrap();
            prop_assert_eq!(documents(&run, "q"), documents(&read, "q"));
            let singles: Vec<f32> =
                text.lines().map(|line| line.split(' ').nth(4).unwrap().parse().unwrap()).collect();
            prop_assert!(singles.windows(2).all(|pair| pair[0] > pair[1]));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[ -~\t\n]{0,200}") {
            let _ = Run::read_trec(&text);
            let _ = crate::Qrels::parse(&text);
            let _ = crate::Queries::parse(&text);
            let _ = crate::GoldenSet::parse(&text);
        }
    }
}
