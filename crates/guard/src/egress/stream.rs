//! Owns egress rules on text that arrives in pieces: no address is looked at before it is whole.
//!
//! Held back are the last word, and a link or tag that is still open, up to a limit; past it what is open is taken
//! apart as [`Egress::clean`] does where a text ends.

use super::{CONSTRUCT_BYTES_MAX, Egress, balanced, opens_tag, outside_quotes};

/// Takes out of a stream what points to hosts that are not listed.
#[derive(Debug, Clone)]
pub struct EgressStream {
    egress: Egress,
    held: String,
    has_removed: bool,
}

impl EgressStream {
    /// A stream under these rules.
    pub fn new(egress: Egress) -> Self {
        Self { egress, held: String::new(), has_removed: false }
    }

    /// Takes a piece and gives what may go out.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let settled = settled(&self.held);
        if self.held.len() - settled > CONSTRUCT_BYTES_MAX {
            return self.finish();
        }
        if settled == 0 {
            return String::new();
        }
        let rest = self.held.split_off(settled);
        self.cleaned(rest)
    }

    /// Gives what is left, at the end of the stream.
    pub fn finish(&mut self) -> String {
        self.cleaned(String::new())
    }

    /// Whether anything was taken out so far.
    pub fn has_removed(&self) -> bool {
        self.has_removed
    }

    /// How many bytes are held.
    pub fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// What is held, cleaned; the rest is held from now on.
    fn cleaned(&mut self, rest: String) -> String {
        let held = std::mem::replace(&mut self.held, rest);
        let clean = self.egress.clean(&held);
        self.has_removed |= clean != held;
        clean
    }
}

/// How much of a text means the same whatever comes after it: whole words without a link or a tag that is open.
fn settled(text: &str) -> usize {
    let (mut at, mut settled) = (0, 0);
    while let Some(found) =
        text.get(at..).and_then(|rest| rest.find(|c: char| c.is_whitespace() || "<]".contains(c)))
    {
        at += found;
        let rest = text.get(at..).unwrap_or_default();
        match construct(rest) {
            Some(length) => at += length,
            None => break,
        }
        if rest.starts_with(char::is_whitespace) {
            settled = at;
        }
    }
    settled
}

/// How long what begins a text is; `None` where its end is not here yet.
fn construct(rest: &str) -> Option<usize> {
    if let Some(inner) = rest.strip_prefix("](") {
        return balanced(inner).map(|close| close + 3);
    }
    if let Some(inner) = rest.strip_prefix("]:") {
        // An address may stand behind blanks; it ends where the next one is.
        let address = inner.trim_start();
        let length = address.find(char::is_whitespace)?;
        return Some(2 + inner.len() - address.len() + length);
    }
    if let Some(tag) = rest.strip_prefix('<') {
        return match tag.chars().next() {
            Some(c) if opens_tag(c) => outside_quotes(tag).map(|end| end + 2),
            _ => Some(1),
        };
    }
    rest.chars().next().map(char::len_utf8)
}
