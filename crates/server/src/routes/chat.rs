//! Chat completions: a collection answers under the name `rag/COLLECTION`, the stack's model under its own.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use platform::{
    AnswerEvent, AskCall, ChatStream, ErrorKind, ModelError, Operation, PlatformError, PrivateText,
    SearchCall, ServedModel,
};

use crate::app::App;
use crate::body::{self, Taken};
use crate::caller::Caller;
use crate::error::{ErrorBody, Refused};
use crate::events::{self, Teller, unnamed};
use crate::layers;
use crate::metered::Metered;
use crate::metrics;
use crate::routes::gateway::{self, Routed};
use crate::wire::openai::{ChatCompletionRequest, Completion};

/// Completes a chat. `rag/COLLECTION` answers from a collection with citations as annotations; the stack's
/// model, and those behind the gateway, get the request byte for byte.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = ChatCompletionRequest,
    responses((status = 200, description = "a chat completion, or its chunks as events"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn completions(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refused> {
    let Taken { bytes, room } = body::read(&app, request).await?;
    let body = match gateway::routed(&app, Operation::Chat, bytes)? {
        Routed::Here(request) => return gateway::call(&app, &caller, (request, room)).await,
        Routed::Elsewhere(body) => body,
    };
    let slot = layers::slot(&app.slots)?;
    let response = layers::within(&app, here(Arc::clone(&app), caller, body)).await??;
    Ok(layers::holding(slot, response))
}

/// What this server answers by itself, or through the stack's model.
async fn here(app: Arc<App>, caller: Caller, body: Bytes) -> Result<Response, Refused> {
    let request: ChatCompletionRequest = serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Refused::wrong(
            format!("the body is no chat completion request: line {line}, column {column}"),
            "send JSON with `model` and `messages`",
        )
    })?;
    match app.platform.served_model(&request.model)? {
        ServedModel::Collection(collection) => answer(app, caller, request, collection).await,
        ServedModel::Chat => {
            let text = String::from_utf8(body.into())
                .map_err(|_| Refused::wrong("the body is not UTF-8", "send JSON in UTF-8"))?;
            forward(&app, PrivateText::new(text), request.stream == Some(true)).await
        }
        ServedModel::Embedder | ServedModel::Routed => {
            Err(Refused::wrong(format!("`{}` is an embedding model", request.model), "use `/v1/embeddings`"))
        }
    }
}

async fn answer(
    app: Arc<App>,
    caller: Caller,
    request: ChatCompletionRequest,
    collection: String,
) -> Result<Response, Refused> {
    let Some((question, history)) = request.question() else {
        return Err(Refused::wrong("`messages` holds no user turn", "the last user turn is the question"));
    };
    let search = SearchCall {
        text: PrivateText::new(question),
        collection,
        top_k: None,
        mode: None,
        filter: request.filter.clone(),
        reader: caller.reader.clone(),
    };
    let metered = Metered::open(&app, &caller, &search.collection).await?;
    let call = AskCall { search, history, trace_id: caller.trace_id };
    let completion = Completion {
        id: format!("chatcmpl-{}", call.trace_id),
        created: platform::now_seconds(),
        model: request.model.clone(),
    };
    if request.stream != Some(true) {
        metered.taken();
        let outcome = app.platform.ask(&call, &|_| {}, &|_| {}).await?;
        metered.told(&outcome);
        metrics::answer(&outcome);
        return Ok(Json(completion.whole(&outcome)).into_response());
    }
    app.platform.check(&call.search).await?;
    let counts = request.stream_options.and_then(|options| options.include_usage) == Some(true);
    Ok(events::stream(move |teller| stream(app, call, Streamed { completion, counts, metered }, teller))
        .into_response())
}

/// How a streamed completion is told.
struct Streamed {
    completion: Completion,
    /// Whether the tokens used are told.
    counts: bool,
    metered: Metered,
}

/// Tells an answer as it is written. A function of its own, since the compiler proves it to be `Send` then.
async fn stream(app: Arc<App>, call: AskCall, streamed: Streamed, teller: Teller) {
    let Streamed { completion, counts, metered } = streamed;
    metered.taken();
    // Nobody listens any more where sending fails: this work is about to be dropped.
    let _ = teller.send(unnamed(&completion.start()));
    let tell = |told: AnswerEvent| {
        if let AnswerEvent::Token(text) = told {
            metered.count();
            let _ = teller.send(unnamed(&completion.token(&text)));
        }
    };
    match app.platform.ask(&call, &tell, &|_| {}).await {
        Ok(outcome) => {
            metered.told(&outcome);
            metrics::answer(&outcome);
            let _ = teller.send(unnamed(&completion.end(&outcome)));
            if counts {
                let _ = teller.send(unnamed(&completion.usage(&outcome)));
            }
            let _ = teller.send(Event::default().data("[DONE]"));
        }
        Err(error) => {
            let detail = Refused::from(error).detail(&call.trace_id, true);
            let _ = teller.send(unnamed(&ErrorBody { error: detail }));
        }
    }
}

/// The model's own bytes, as they come.
async fn forward(app: &App, body: PrivateText, is_stream: bool) -> Result<Response, Refused> {
    let events = match app.platform.forward_chat(body).await {
        Ok(events) => events,
        // What the model's server says about a client's own request is for that client.
        Err(PlatformError::Model(ModelError::Rejected { status, original, .. })) => {
            let status =
                axum::http::StatusCode::from_u16(status).unwrap_or(axum::http::StatusCode::BAD_REQUEST);
            let kind = [(header::CONTENT_TYPE, "application/json")];
            return Ok((status, kind, original.reveal().to_owned()).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let kind = if is_stream { "text/event-stream" } else { "application/json" };
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(originals(events))).into_response())
}

/// The pieces as they were sent; an error in the middle is told in the stream and ends it.
fn originals(
    mut events: ChatStream,
) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
    async_stream::stream! {
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => yield Ok(event.original),
                Err(error) => {
                    let refused = Refused::new(ErrorKind::Failed, error.to_string(), "try again");
                    let body = ErrorBody { error: refused.detail("", true) };
                    let text = serde_json::to_string(&body).unwrap_or_default();
                    yield Ok(Bytes::from(format!("data: {text}\n\n")));
                    return;
                }
            }
        }
    }
}
