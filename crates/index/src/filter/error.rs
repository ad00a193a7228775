//! Why a filter is not one.

use std::fmt;

/// Why an expression is no filter over the fields at hand. `Display` is one line that names the column;
/// [`FilterError::pointer`] shows the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The expression.
    pub expression: String,
    /// Where it stops making sense: the character, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
    hint: String,
}

/// How much of a long expression the pointer shows on either side.
const SHOWN_CHARS: usize = 60;

impl FilterError {
    /// An error at a byte of the expression.
    pub(super) fn at(expression: &str, byte: usize, problem: impl Into<String>) -> Self {
        let column = expression.get(..byte).map_or(0, |before| before.chars().count()) + 1;
        Self { expression: expression.to_owned(), column, problem: problem.into(), hint: String::new() }
    }

    /// Adds what the user can do about it.
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// What the user can do about it; empty when the message says it all.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Two lines: the expression, and a caret under the column. Of a long expression, what is around it.
    pub fn pointer(&self) -> String {
        let first = self.column.saturating_sub(1 + SHOWN_CHARS);
        let shown: String = self
            .expression
            .chars()
            .skip(first)
            .take(2 * SHOWN_CHARS)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        format!("{shown}\n{}^", " ".repeat(self.column - 1 - first))
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filter, column {}: {}", self.column, self.problem)
    }
}

impl std::error::Error for FilterError {}
