//! Owns what an answer goes through on its way out: values are redacted, those that tokens stand for are put back, then
//! what points to hosts that are not listed is taken out. Whether an answer leaks its system prompt is the caller's to
//! ask.

use crate::egress::{Egress, EgressStream};
use crate::finding::Category;
use crate::redact::{StreamRedactor, TokenStream, Tokens};

/// An answer that arrives in pieces.
#[derive(Debug, Default)]
pub struct AnswerStream {
    redactor: Option<StreamRedactor>,
    tokens: Option<TokenStream>,
    egress: Option<EgressStream>,
}

impl AnswerStream {
    /// An answer whose values go through `redactor` and whose links go through `egress`; what is `None` changes
    /// nothing.
    pub fn new(redactor: Option<StreamRedactor>, egress: Option<Egress>) -> Self {
        Self { redactor, tokens: None, egress: egress.map(EgressStream::new) }
    }

    /// An answer whose request had these values taken out, which come back.
    #[must_use]
    pub fn restoring(self, tokens: Tokens) -> Self {
        let redactor = self.redactor.map(|redactor| redactor.sparing(tokens.clone()));
        let tokens = (!tokens.is_empty()).then(|| TokenStream::new(tokens));
        Self { redactor, tokens, ..self }
    }

    /// Takes a piece and gives what may go out.
    pub fn push(&mut self, piece: &str) -> String {
        let mut shown = self.redactor.as_mut().map(|redactor| redactor.push(piece));
        if let Some(tokens) = &mut self.tokens {
            shown = Some(tokens.push(shown.as_deref().unwrap_or(piece)));
        }
        match &mut self.egress {
            Some(egress) => egress.push(shown.as_deref().unwrap_or(piece)),
            None => shown.unwrap_or_else(|| piece.to_owned()),
        }
    }

    /// Gives what is left, at the end.
    pub fn finish(&mut self) -> String {
        let mut rest = self.redactor.as_mut().map(StreamRedactor::finish).unwrap_or_default();
        if let Some(tokens) = &mut self.tokens {
            rest = tokens.push(&rest) + &tokens.finish();
        }
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
    use crate::{Guard, Kind, Redactor, Style, Tier};

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

    #[test]
    fn what_the_request_said_comes_back_and_leads_nowhere_else() {
        let guard = Guard::default();
        let asked = "I am ada@house.eu, and I pay with 4111 1111 1111 1111.";
        let mut redactor = Redactor::new(Style::Tokens([7; 32]));
        let taken =
            redactor.redact(asked, &guard.scan(Kind::Prompt, asked).findings, guard.policy(Kind::Prompt));
        let tokens: Vec<&str> = crate::tokens_in(&taken).collect();
        let [mail, card] = tokens[..] else { panic!("{taken}") };
        let said =
            format!("{mail} is yours, bob@house.eu is not: ![x](http://elsewhere.example/{mail}) [ {card}");
        let policy = guard.policy(Kind::Output).clone();
        let redactor_of = StreamRedactor::new(Style::Mask, policy, Tier::Rules);
        let egress = Egress::new(vec!["house.eu".to_owned()]);
        let known = Tokens::new(redactor.tokens().clone());
        let mut answer = AnswerStream::new(Some(redactor_of), Some(egress)).restoring(known);
        let mut shown = String::new();
        for piece in said.as_bytes().chunks(3) {
            shown.push_str(&answer.push(std::str::from_utf8(piece).unwrap()));
        }
        shown.push_str(&answer.finish());
        assert_eq!(shown, "ada@house.eu is yours, [email_address] is not: ![x] [ 4111 1111 1111 1111");
    }
}
