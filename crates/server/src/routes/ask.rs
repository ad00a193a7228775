//! Questions, answered at once or as the answer is written.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use platform::{AnswerEvent, AskCall, Message, PrivateText, Role, SearchCall};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::search::ModeName;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::events::{self, Teller, event};
use crate::metered::Metered;
use crate::{metrics, wire};

/// A question, perhaps within a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    /// What is asked.
    pub question: String,
    /// What was said before, oldest first: `user` and `assistant` in turn.
    #[serde(default)]
    pub history: Vec<wire::Said>,
    /// How many hits are looked at.
    #[serde(default)]
    pub top_k: Option<usize>,
    /// Which legs take part.
    #[serde(default)]
    pub mode: Option<ModeName>,
    /// Which documents count, as a filter expression.
    #[serde(default)]
    pub filter: Option<String>,
    /// Whether to tell what the answer was made from.
    #[serde(default)]
    pub inspect: bool,
}

/// A piece of text on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    /// The answer goes on with this.
    pub text: String,
}

impl AskBody {
    fn call(&self, collection: String, caller: &Caller) -> Result<AskCall, Refused> {
        let mut history = Vec::with_capacity(self.history.len());
        for said in &self.history {
            let role = match said.role.as_str() {
                "user" => Role::User,
                "assistant" => Role::Assistant,
                _ => {
                    return Err(Refused::wrong(
                        "`history` holds a role that is neither `user` nor `assistant`",
                        "leave that message out",
                    ));
                }
            };
            history.push(Message::new(role, said.content.clone()));
        }
        let search = SearchCall {
            text: PrivateText::new(self.question.clone()),
            collection,
            top_k: self.top_k,
            mode: self.mode.map(Into::into),
            filter: self.filter.clone(),
            reader: caller.reader.clone(),
        };
        Ok(AskCall { search, history, trace_id: caller.trace_id.clone() })
    }
}

/// Answers a question from a collection. With `Accept: text/event-stream` the answer comes as it is written:
/// `token`, `citation` before the token that holds its marker, then `done` with the whole, or `error`.
#[utoipa::path(post, path = "/api/v1/collections/{collection}/ask", tag = "search",
    params(("collection" = String, Path)), request_body = AskBody,
    responses((status = 200, body = wire::Answered), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn ask(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(collection): Path<String>,
    Json(body): Json<AskBody>,
) -> Result<Response, Refused> {
    let call = body.call(collection, &caller)?;
    let metered = Metered::open(&app, &caller, &call.search.collection).await?;
    if !caller.takes_events {
        metered.taken();
        let outcome = app.platform.ask(&call, &|_| {}, &|_| {}).await?;
        metered.told(&outcome);
        return Ok(Json(answered(&body, &outcome)).into_response());
    }
    // What is wrong with the question itself is told by the status.
    app.platform.check(&call.search).await?;
    Ok(events::stream(move |teller| stream(app, Asked { body, call, metered }, teller)).into_response())
}

/// A question on its way.
struct Asked {
    body: AskBody,
    call: AskCall,
    metered: Metered,
}

/// Tells an answer as it is written. A function of its own, since the compiler proves it to be `Send` then.
async fn stream(app: Arc<App>, asked: Asked, teller: Teller) {
    let Asked { body, call, metered } = asked;
    metered.taken();
    let tell = |told: AnswerEvent| {
        // Nobody listens any more where sending fails: this work is about to be dropped.
        let _ = teller.send(match told {
            AnswerEvent::Token(text) => {
                metered.count();
                event("token", &Token { text })
            }
            AnswerEvent::Citation(citation) => event("citation", &wire::citation(&citation)),
        });
    };
    let last = match app.platform.ask(&call, &tell, &|_| {}).await {
        Ok(outcome) => {
            metered.told(&outcome);
            event("done", &answered(&body, &outcome))
        }
        Err(error) => {
            let detail = Refused::from(error).detail(&call.trace_id, false);
            event("error", &ErrorBody { error: detail })
        }
    };
    let _ = teller.send(last);
}

fn answered(body: &AskBody, outcome: &platform::AskOutcome) -> wire::Answered {
    metrics::answer(outcome);
    let inspection = body.inspect.then(|| wire::inspection(outcome));
    wire::Answered { inspection, ..wire::ask(&body.question, outcome) }
}
