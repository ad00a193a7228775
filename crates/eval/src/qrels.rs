//! Judgements of relevance: BEIR's three columns or TREC's four.

use std::collections::BTreeMap;

use crate::error::{EvalError, LineFault, filled_lines};

const WHAT: &str = "qrels";
/// What the last column of a header line is called in the collections that have one.
const GRADE_NAMES: [&str; 5] = ["score", "relevance", "rel", "label", "grade"];

/// Which documents are relevant to which query, and how much. At least one query has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qrels(BTreeMap<String, BTreeMap<String, i64>>);

impl Qrels {
    /// Reads `qrels.tsv` (`query-id`, `corpus-id`, `score`; a header line may be there) or TREC qrels
    /// (`query`, `iteration`, `document`, `grade`). Columns are parted by tabs where a line has one, else by
    /// white space.
    ///
    /// # Errors
    ///
    /// [`EvalError`] with the line that is not a judgement or contradicts an earlier one, or when no query
    /// has a relevant document.
    pub fn parse(text: &str) -> Result<Self, EvalError> {
        let mut judged: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for (nth, (line, content)) in filled_lines(text).enumerate() {
            let columns = columns(content);
            if nth == 0 && is_header(&columns) {
                continue;
            }
            let (query, document, grade) = judgement(&columns).map_err(|fault| fault.at(WHAT, line))?;
            let earlier = judged.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
            if earlier.is_some_and(|earlier| earlier != grade) {
                return Err(LineFault::Repeated(format!("{query} {document}")).at(WHAT, line));
            }
        }
        let relevant = judged.values().flat_map(BTreeMap::values).any(|&grade| grade > 0);
        if relevant { Ok(Self(judged)) } else { Err(EvalError::NothingRelevant) }
    }

    /// The queries that have a relevant document, each with its documents' grades: what metrics are
    /// averaged over. A grade of 0 or below is a document judged not relevant.
    pub fn judged(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, i64>)> {
        let with_relevant = |grades: &BTreeMap<String, i64>| grades.values().any(|&grade| grade > 0);
        self.0
            .iter()
            .filter(move |(_, grades)| with_relevant(grades))
            .map(|(id, grades)| (id.as_str(), grades))
    }
}

fn columns(content: &str) -> Vec<&str> {
    if content.contains('\t') {
        content.split('\t').map(str::trim).collect()
    } else {
        content.split_whitespace().collect()
    }
}

fn is_header(columns: &[&str]) -> bool {
    columns.len() == 3 && GRADE_NAMES.contains(&columns[2].to_ascii_lowercase().as_str())
}

fn judgement<'a>(columns: &[&'a str]) -> Result<(&'a str, &'a str, i64), LineFault> {
    let (query, document, grade) = match *columns {
        [query, document, grade] | [query, _, document, grade] => (query, document, grade),
        _ => return Err(LineFault::Columns { found: columns.len(), wanted: "3 (BEIR) or 4 (TREC)" }),
    };
    if query.is_empty() || document.is_empty() {
        return Err(LineFault::Empty(if query.is_empty() { "the query" } else { "the document" }));
    }
    let number = grade.parse().map_err(|_| LineFault::Number {
        column: "grade",
        value: grade.to_owned(),
        wanted: "a whole number",
    })?;
    Ok((query, document, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Vec<(String, Vec<(String, i64)>)> {
        let qrels = Qrels::parse(text).unwrap();
        qrels.judged().map(|(id, grades)| (id.to_owned(), grades.clone().into_iter().collect())).collect()
    }

    #[test]
    fn reads_both_conventions_alike() {
        let expected = vec![("1".to_owned(), vec![("a".to_owned(), 2), ("b".to_owned(), 0)])];
        assert_eq!(judged("query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\t0\n"), expected);
        assert_eq!(judged("\u{feff}1\ta\t2\r\n1\tb\t0\r\n1\ta\t2\r\n"), expected);
        assert_eq!(judged("1 0 a 2\n1 0 b 0\n"), expected);
        assert_eq!(judged("1 a 2\n\n1 b 0\n2 a 0\n"), expected, "query 2 has nothing relevant");
    }

    #[test]
    fn ids_may_hold_spaces_where_tabs_part_them() {
        assert_eq!(judged("q 1\td 1\t1"), [("q 1".to_owned(), vec![("d 1".to_owned(), 1)])]);
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        assert_eq!(Qrels::parse(text).unwrap_err().to_string(), message);
    }

    #[test]
    fn says_which_line_is_wrong() {
        let line = "cannot read line 2 of the qrels:";
        refused("1 a 1\n1 a", &format!("{line} has 2 columns where 3 (BEIR) or 4 (TREC) are needed"));
        refused("1 a 1\n1 b yes", &format!("{line} grade `yes` is not a whole number"));
        refused("1 a 1\n1 a 2", &format!("{line} `1 a` is there a second time"));
        refused("1\ta\t1\n\tb\t1", &format!("{line} the query is empty"));
        refused("1 a x", "cannot read line 1 of the qrels: grade `x` is not a whole number");
        refused("1 a 0", "cannot evaluate with qrels in which no query has a relevant document");
        refused("", "cannot evaluate with qrels in which no query has a relevant document");
    }
}
