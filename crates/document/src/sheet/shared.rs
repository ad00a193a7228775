//! The strings that a workbook's cells share.

/// Strings one after the other.
#[derive(Default)]
pub(crate) struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Strings {
    pub(crate) fn push(&mut self, string: &str) {
        self.text.push_str(string);
        self.ends.push(self.text.len());
    }

    /// Adds what is pushed to the end of the text; as far as it got, where that fails.
    pub(crate) fn push_with<E>(&mut self, push: impl FnOnce(&mut String) -> Result<(), E>) -> Result<(), E> {
        let pushed = push(&mut self.text);
        self.ends.push(self.text.len());
        pushed
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end)
    }
}
