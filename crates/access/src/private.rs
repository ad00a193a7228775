//! Text that must not reach a log line, a metric label or an error message.

use std::fmt;

/// A question, a prompt or a document's text on its way through the house. It has no `Display`, and its
/// `Debug` tells the length alone; whoever needs the words says so with [`PrivateText::reveal`].
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PrivateText(String);

impl PrivateText {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for those who work on it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_the_length_alone() {
        assert_eq!(format!("{:?}", PrivateText::new("the secret")), "PrivateText(10 bytes)");
    }
}
