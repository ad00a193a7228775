//! A small model first, and a large one where the small one's answer will not do.
//!
//! An answer is judged when it is whole: what a client asked to see written comes at once then.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::bill::Price;
use crate::call::{CallError, Caller};
use crate::draft::Draft;
use crate::gateway::Gateway;
use crate::measure;
use crate::reply::{Reply, ReplyBody};
use crate::request::{Operation, Request};
use crate::route::Route;
use crate::texts::question;

/// A stream that is longer is taken for an answer.
const DRAFT_BYTES_MAX: usize = 1 << 20;
/// How much of a question and an answer a judge reads.
const JUDGED_BYTES_MAX: usize = 16 << 10;
/// An answer that begins like this, and is short, answers nothing.
const REFUSALS: &[&str] = &[
    "i can't",
    "i cannot",
    "i can not",
    "i am not able",
    "i'm not able",
    "i am unable",
    "i'm unable",
    "i don't know",
    "i do not know",
    "i'm not sure",
    "i am not sure",
    "i'm sorry",
    "i am sorry",
    "sorry,",
    "unfortunately, i",
    "as an ai",
];
const REFUSAL_BYTES_MAX: usize = 400;
const JUDGE: &str = "You judge answers. Say `yes` where the answer answers the question fully and correctly, and `no` \
    where it does not. Say nothing else.";

/// When a larger model is asked.
#[derive(Clone, Debug, Default)]
pub struct Cascade {
    /// The larger model's route.
    pub to: String,
    /// What an answer of the smaller one must not be.
    pub reasons: Vec<Reason>,
    /// From how many tokens of a prompt on the larger one is asked at once.
    pub prompt_tokens_max: Option<u64>,
    /// The route of a model that says whether an answer will do.
    pub judge: Option<String>,
}

/// Why an answer will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It says that it cannot or does not know.
    Refusal,
    /// It was cut short.
    Length,
    /// It says nothing.
    Empty,
    /// JSON was asked for, and it is none.
    Json,
    /// There is none: the model's servers failed.
    Error,
}

impl Reason {
    /// Every one, by its name.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("refusal", Self::Refusal),
        ("length", Self::Length),
        ("empty", Self::Empty),
        ("json", Self::Json),
        ("error", Self::Error),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }

    fn applies(self, draft: &Draft, wants_json: bool) -> bool {
        let text = draft.text.trim();
        match self {
            Self::Refusal => {
                let start = text.get(..text.floor_char_boundary(40)).unwrap_or_default().to_lowercase();
                let start = start.replace('\u{2019}', "'");
                draft.finish == "content_filter"
                    || text.len() <= REFUSAL_BYTES_MAX
                        && REFUSALS.iter().any(|refusal| start.starts_with(refusal))
            }
            Self::Length => draft.finish == "length",
            Self::Empty => text.is_empty() && !draft.has_calls,
            Self::Json => {
                wants_json && !draft.has_calls && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
            }
            Self::Error => draft.is_error,
        }
    }
}

impl Gateway {
    /// Asks the smaller model, and the larger one where that is needed.
    pub(crate) async fn cascaded(
        &self,
        (route, cascade): (&Arc<Route>, &Cascade),
        request: Request,
        caller: Caller,
    ) -> Result<Reply, CallError> {
        let larger = self.route(&cascade.to)?;
        let (why, first) = self.first((route, &larger, cascade), &request, &caller).await?;
        let (told, mut reply) = match (why, first) {
            (None, Some(reply)) => ("first".to_owned(), reply),
            (why, _) => {
                let body = request.edited(request.renamed(&larger.name).into_iter().collect());
                let request = Request::read(Operation::Chat, body)?;
                let reply = self.once(larger, request, caller).await?;
                (format!("escalated: {}", why.unwrap_or("long")), reply)
            }
        };
        measure::cascade(&route.name, why.unwrap_or("first"));
        reply.headers.push(("x-patou-cascade".into(), told));
        Ok(reply)
    }

    /// The smaller model's answer, and why it will not do. No answer where it is not even asked.
    async fn first(
        &self,
        (route, larger, cascade): (&Arc<Route>, &Arc<Route>, &Cascade),
        request: &Request,
        caller: &Caller,
    ) -> Result<(Option<&'static str>, Option<Reply>), CallError> {
        if cascade.prompt_tokens_max.is_some_and(|most| request.prompt_tokens > most) {
            return Ok((Some("long"), None));
        }
        let reply = match self.once(Arc::clone(route), request.clone(), caller.clone()).await {
            Err(error) if error.is_servers() && cascade.reasons.contains(&Reason::Error) => {
                return Ok((Some(Reason::Error.name()), None));
            }
            reply => reply?,
        };
        if reply.status != 200 {
            return Ok((None, Some(reply)));
        }
        let (reply, body) = collected(reply).await;
        let Some(body) = body else { return Ok((None, Some(reply))) };
        let draft = Draft::read(&body);
        let wants_json = request.written("response_format").is_some_and(|format| {
            serde_json::from_slice::<Value>(format)
                .is_ok_and(|format| format["type"].as_str().is_some_and(|kind| kind.starts_with("json")))
        });
        let reason = cascade.reasons.iter().find(|reason| reason.applies(&draft, wants_json));
        let mut why = reason.map(|reason| reason.name());
        if let (None, Some(judge)) = (why, &cascade.judge)
            && !draft.has_calls
            && self.judged(judge, (request, &draft), caller).await == Some(false)
        {
            why = Some("judge");
        }
        if why.is_none() {
            measure::saved(&route.name, saved(&route.price(), &larger.price(), &draft, request));
        }
        Ok((why, Some(reply)))
    }

    /// Whether a model says that an answer will do; `None` where it says neither.
    async fn judged(
        &self,
        judge: &str,
        (request, draft): (&Request, &Draft),
        caller: &Caller,
    ) -> Option<bool> {
        let cut = |text: &str| text[..text.floor_char_boundary(JUDGED_BYTES_MAX)].to_owned();
        let question = question(request)?.text;
        let asked = format!("Question:\n{}\n\nAnswer:\n{}", cut(&question), cut(&draft.text));
        let body = json!({"model": judge, "max_tokens": 16, "temperature": 0, "messages": [
            {"role": "system", "content": JUDGE}, {"role": "user", "content": asked},
        ]});
        let request = Request::read(Operation::Chat, Bytes::from(body.to_string())).ok()?;
        let reply = Box::pin(self.once(self.route(judge).ok()?, request, caller.clone())).await.ok()?;
        let ReplyBody::Whole(body) = reply.body else { return None };
        let said = Draft::read(&body).text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        [("yes", true), ("no", false)]
            .into_iter()
            .find(|(word, _)| said.starts_with(word))
            .map(|(_, does)| does)
    }
}

/// What the smaller model saved, in millionths of the currency.
fn saved(smaller: &Price, larger: &Price, draft: &Draft, request: &Request) -> f64 {
    let usage = draft.usage(request.prompt_tokens);
    (larger.of(usage) - smaller.of(usage)).max(0.0)
}

/// An answer to its end. One that is too long to be judged goes on as it comes.
async fn collected(reply: Reply) -> (Reply, Option<Bytes>) {
    let Reply { status, headers, body } = reply;
    let mut coming = match body {
        ReplyBody::Whole(body) => {
            let reply = Reply { status, headers, body: ReplyBody::Whole(body.clone()) };
            return (reply, Some(body));
        }
        ReplyBody::Stream(coming) => coming,
    };
    let mut whole = BytesMut::new();
    let mut is_whole = true;
    while let Some(bytes) = coming.next().await {
        whole.extend_from_slice(&bytes);
        if whole.len() > DRAFT_BYTES_MAX {
            is_whole = false;
            break;
        }
    }
    let whole = whole.freeze();
    let body = ReplyBody::Stream(Box::pin(stream::iter([whole.clone()]).chain(coming)));
    (Reply { status, headers, body }, is_whole.then_some(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_will_not_do_for_a_reason() {
        let why = |text: &str, finish: &str, wants_json| {
            let draft = Draft { text: text.into(), finish: finish.into(), ..Draft::default() };
            let reasons = Reason::NAMES.map(|(_, reason)| reason).into_iter();
            reasons.filter(|reason| reason.applies(&draft, wants_json)).map(Reason::name).collect::<Vec<_>>()
        };
        assert_eq!(why("Paris.", "stop", false), [""; 0]);
        assert_eq!(why("I\u{2019}m sorry, but no.", "stop", false), ["refusal"]);
        assert_eq!(
            why(&format!("I'm sorry to hear that. {}", "Here is how. ".repeat(50)), "stop", false),
            [""; 0]
        );
        assert_eq!(why("Paris is", "length", false), ["length"]);
        assert_eq!(why(" \n", "stop", false), ["empty"]);
        assert_eq!(why("{\"a\":1}", "stop", true), [""; 0]);
        assert_eq!(why("```json\n{}```", "stop", true), ["json"]);
        assert_eq!(why("x", "content_filter", false), ["refusal"]);
    }
}
