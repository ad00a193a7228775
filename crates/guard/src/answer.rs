//! Owns what an answer goes through on its way out: values are redacted, then what points to hosts that are not
//! listed is taken out. Whether an answer leaks its system prompt is the caller's to ask.

use crate::egress::{Egress, EgressStream};
use crate::finding::Category;
use crate::redact::StreamRedactor;

/// An answer that arrives in pieces.
#[derive(Debug, Default)]
pub struct AnswerStream {
    redactor: Option<StreamRedactor>,
    egress: Option<EgressStream>,
}

impl AnswerStream {
    /// An answer whose values go through `redactor` and whose links go through `egress`; what is `None` changes
    /// nothing.
    pub fn new(redactor: Option<StreamRedactor>, egress: Option<Egress>) -> Self {
        Self { redactor, egress: egress.map(EgressStream::new) }
    }

    /// Takes a piece and gives what may go out.
    pub fn push(&mut self, piece: &str) -> String {
        let shown = self.redactor.as_mut().map(|redactor| redactor.push(piece));
        match &mut self.egress {
            Some(egress) => egress.push(shown.as_deref().unwrap_or(piece)),
            None => shown.unwrap_or_else(|| piece.to_owned()),
        }
    }

    /// Gives what is left, at the end.
    pub fn finish(&mut self) -> String {
        let rest = self.redactor.as_mut().map(StreamRedactor::finish).unwrap_or_default();
        match &mut self.egress {
            Some(egress) => egress.push(&rest) + &egress.finish(),
            None => rest,
        }
    }

    /// What was taken out, or is about to be.
    pub fn masked(&self) -> impl Iterator<Item = Category> {
        let values = self.redactor.iter().flat_map(|redactor| redactor.masked().iter().copied());
        let links = self.egress.iter().filter(|egress| egress.has_removed()).map(|_| Category::Egress);
        values.chain(links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Guard, Kind, Style, Tier};

    #[test]
    fn an_answer_goes_through_both_or_either() {
        let said = "Write to ada@house.eu, see [this](https://elsewhere.example/a) and https://house.eu/b.";
        let check = |redacts: bool, hosts: Option<&str>, expected: &str, categories: &[Category]| {
            let policy = Guard::default().policy(Kind::Output).clone();
            let redactor = redacts.then(|| StreamRedactor::new(Style::Mask, policy, Tier::Rules));
            let egress = hosts.map(|host| Egress::new(vec![host.to_owned()]));
            let mut answer = AnswerStream::new(redactor, egress);
            let mut shown = String::new();
            for piece in said.split_inclusive(' ') {
                shown.push_str(&answer.push(piece));
            }
            shown.push_str(&answer.finish());
            assert_eq!(shown, expected);
            assert_eq!(answer.masked().collect::<Vec<_>>(), categories);
        };
        check(false, None, said, &[]);
        let masked = said.replace("ada@house.eu", "[email_address]");
        check(true, None, &masked, &[Category::Pii]);
        let kept = said.replace("(https://elsewhere.example/a)", "");
        check(false, Some("house.eu"), &kept, &[Category::Egress]);
        let both = kept.replace("ada@house.eu", "[email_address]");
        check(true, Some("house.eu"), &both, &[Category::Pii, Category::Egress]);
    }
}
