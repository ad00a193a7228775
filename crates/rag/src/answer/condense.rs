//! A question that stands alone, out of a conversation.

use futures_util::StreamExt;
use model::{ChatRequest, Message, Role};

use super::{Generator, prompt};

/// How many of the last messages count.
pub(super) const HISTORY_MAX: usize = 8;
/// How many tokens a rewritten question may have.
const TOKENS_MAX: u32 = 128;
/// A question with fewer index terms than this leans on what was said before.
const TERMS_MIN: usize = 3;
/// Words that stand for something said before.
const STAND_INS: &[&str] = &[
    "it", "its", "they", "them", "their", "this", "that", "these", "those", "he", "she", "his", "her",
    "there", "one", "ones", "same", "former", "latter",
];

/// The last messages of a conversation that fit into so many tokens.
pub(super) fn recent(history: &[Message], tokens_max: usize, count: &dyn Fn(&str) -> usize) -> Vec<Message> {
    let mut left = tokens_max;
    let mut kept: Vec<Message> = Vec::new();
    for message in history.iter().rev().take(HISTORY_MAX) {
        let needed = count(message.text.reveal());
        if needed > left {
            break;
        }
        left -= needed;
        kept.push(message.clone());
    }
    kept.reverse();
    kept
}

/// The question as it is searched for. Where the model fails, words are taken over from the question before.
pub(super) async fn stand_alone(
    history: &[Message],
    question: &str,
    generator: Option<&Generator>,
) -> String {
    if history.is_empty() {
        return question.to_owned();
    }
    let rewritten = match generator {
        Some(generator) => rewrite(history, question, generator).await,
        None => None,
    };
    rewritten.unwrap_or_else(|| with_last_question(history, question))
}

async fn rewrite(history: &[Message], question: &str, generator: &Generator) -> Option<String> {
    let request = ChatRequest {
        messages: prompt::condense(history, question),
        tokens_max: Some(TOKENS_MAX),
        temperature: Some(0.0),
        original: None,
    };
    let mut stream = generator.chat.chat(request).await.ok()?;
    let mut said = String::new();
    while let Some(event) = stream.next().await {
        said.push_str(&event.ok()?.text);
    }
    let line = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.trim_matches('"').to_owned())
}

/// The question before in front of this one, if this one leans on it.
fn with_last_question(history: &[Message], question: &str) -> String {
    let words = question.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let leans = index::terms(question).len() < TERMS_MIN
        || words.into_iter().any(|word| STAND_INS.contains(&word.as_str()));
    let last = history.iter().rev().find(|message| message.role == Role::User);
    match last {
        Some(last) if leans => format!("{} {question}", last.text.reveal()),
        _ => question.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_leans_takes_the_last_one_along() {
        let history =
            [Message::new(Role::User, "How hot is Venus?"), Message::new(Role::Assistant, "Very hot.")];
        let check = |question: &str, expect: &str| assert_eq!(with_last_question(&history, question), expect);
        check("And its clouds?", "How hot is Venus? And its clouds?");
        check("How many moons does Jupiter have?", "How many moons does Jupiter have?");
    }

    #[test]
    fn the_last_messages_that_fit_are_kept() {
        let history: Vec<Message> =
            (0..20).map(|n| Message::new(Role::User, format!("message {n}"))).collect();
        let count = |text: &str| text.split_whitespace().count();
        assert_eq!(recent(&history, 100, &count).len(), HISTORY_MAX);
        let kept = recent(&history, 5, &count);
        assert_eq!(kept.iter().map(|m| m.text.reveal()).collect::<Vec<_>>(), ["message 18", "message 19"]);
    }
}
