//! BEIR queries: JSON lines with `_id` and `text`.

use std::collections::HashMap;

use access::PrivateText;
use serde::Deserialize;

use crate::error::{EvalError, LineFault, filled_lines};

const WHAT: &str = "queries";

/// One query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its id, as qrels and runs name it.
    pub id: String,
    /// What is asked, without white space around it.
    pub text: PrivateText,
}

/// A set of queries, in the order of their file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queries {
    list: Vec<Query>,
    by_id: HashMap<String, usize>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_id")]
    id: Id,
    text: String,
}

/// Some collections write their ids as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

impl Queries {
    /// Reads `queries.jsonl`. Fields other than `_id` and `text` are left alone; blank lines are skipped.
    ///
    /// # Errors
    ///
    /// [`EvalError`] with the line that is not a query, is empty or has an id that was there before, or
    /// when there is no query at all.
    pub fn parse(text: &str) -> Result<Self, EvalError> {
        let mut queries = Self::default();
        for (line, content) in filled_lines(text) {
            let query = parse_line(content).map_err(|fault| fault.at(WHAT, line))?;
            if queries.by_id.insert(query.id.clone(), queries.list.len()).is_some() {
                return Err(LineFault::Repeated(query.id).at(WHAT, line));
            }
            queries.list.push(query);
        }
        if queries.list.is_empty() { Err(EvalError::Empty { what: WHAT }) } else { Ok(queries) }
    }

    /// The query with that id.
    pub fn get(&self, id: &str) -> Option<&Query> {
        self.by_id.get(id).map(|&at| &self.list[at])
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Query> {
        self.list.iter()
    }

    /// How many there are: at least one.
    pub fn count(&self) -> usize {
        self.list.len()
    }
}

fn parse_line(content: &str) -> Result<Query, LineFault> {
    let line: Line = serde_json::from_str(content).map_err(LineFault::json("`_id` and `text`"))?;
    let id = match line.id {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
    };
    let text = line.text.trim();
    match (id.is_empty(), text.is_empty()) {
        (true, _) => Err(LineFault::Empty("`_id`")),
        (_, true) => Err(LineFault::Empty("`text`")),
        _ => Ok(Query { id, text: PrivateText::new(text) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_beir_convention() {
        let text = "\u{feff}{\"_id\":\"b\",\"text\":\" two\\nlines \"}\r\n\r\n{\"_id\":7,\"text\":\"x\",\"more\":1}\n";
        let queries = Queries::parse(text).unwrap();
        let ids: Vec<_> = queries.iter().map(|query| query.id.as_str()).collect();
        assert_eq!(ids, ["b", "7"]);
        assert_eq!(queries.count(), 2);
        assert_eq!(queries.get("b").unwrap().text.reveal(), "two\nlines");
        assert!(queries.get("c").is_none());
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        assert_eq!(Queries::parse(text).unwrap_err().to_string(), message);
    }

    #[test]
    fn says_which_line_is_wrong_and_keeps_its_text_to_itself() {
        let good = "{\"_id\":\"1\",\"text\":\"q\"}\n";
        let json = "cannot read line 2 of the queries: not a JSON object with `_id` and `text`";
        refused(&format!("{good}{{\"_id\":\"2\"}}"), &format!("{json} (column 11)"));
        refused(&format!("{good}\"a secret\""), &format!("{json} (column 10)"));
        refused(&format!("{good}\n{good}"), "cannot read line 3 of the queries: `1` is there a second time");
        refused("{\"_id\":\"1\",\"text\":\"  \"}", "cannot read line 1 of the queries: `text` is empty");
        refused("{\"_id\":\"\",\"text\":\"q\"}", "cannot read line 1 of the queries: `_id` is empty");
        refused(" \n", "cannot evaluate with queries that have no line in them");
    }
}
