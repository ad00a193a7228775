//! Who calls: nobody in particular, the holder of a key, or this machine's owner.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use platform::{Auth, CacheControl, ErrorKind, Key, KeyRole, Parent, Reader};

use crate::app::App;
use crate::error::Refused;
use crate::layers::TraceId;

/// Where the key is, beside a token.
const API_KEY: &str = "x-api-key";

/// The one who calls, and the request's name.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose documents count.
    pub reader: Reader,
    /// The key that was shown, where one has to be.
    pub key: Option<Arc<Key>>,
    /// Names the request in logs.
    pub trace_id: String,
    /// Whether the answer is wanted as a stream of events.
    pub takes_events: bool,
    /// What is wanted of kept answers.
    pub cache_control: CacheControl,
    /// Where the caller's own span stands.
    pub parent: Option<Parent>,
}

/// The owner of the home, who alone can read the token that lies there, or an administrator.
#[derive(Clone, Copy, Debug)]
pub struct Owner;

/// As whom a request was let in.
#[derive(Clone, Debug)]
pub enum Admission {
    /// The owner of the home.
    Owner,
    /// The holder of a key.
    Key(Arc<Key>),
    /// Somebody on this machine, where no key has to be shown.
    Anyone,
}

/// As whom a request comes in.
///
/// # Errors
///
/// A refusal where a key has to be shown and none, or a bad one, is; and when keys cannot be looked up.
pub async fn admission(parts: &Parts, app: &App) -> Result<Admission, Refused> {
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().trim();
    if same(given.as_bytes(), app.owner_token.as_bytes()) {
        return Ok(Admission::Owner);
    }
    if app.limits.auth == Auth::Nothing {
        return Ok(Admission::Anyone);
    }
    let platform = &app.platform;
    let key = match app.limits.auth {
        Auth::Keys => platform.admit(shown(given, NO_KEY)?).await?,
        Auth::Tokens => platform.admit_token(shown(given, NO_TOKEN)?).await?,
        Auth::KeysAndTokens => {
            let secret = parts.headers.get(API_KEY).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let (secret, token) = (shown(secret.trim(), NO_KEY_BESIDE)?, shown(given, NO_TOKEN)?);
            let key = platform.admit(secret).await?;
            Arc::new(key.with_token(&*platform.admit_token(token).await?))
        }
        // A token has dots, which no key has.
        _ if given.contains('.') => platform.admit_token(given).await?,
        _ => platform.admit(shown(given, NO_KEY)?).await?,
    };
    Ok(Admission::Key(key))
}

/// What is missing, and how it is sent.
type Missing = (&'static str, &'static str);

const NO_KEY: Missing =
    ("there is no API key in the request", "send `Authorization: Bearer KEY`; `patou key create` makes one");
const NO_TOKEN: Missing =
    ("there is no token in the request", "send `Authorization: Bearer TOKEN`, from the provider");
const NO_KEY_BESIDE: Missing = (
    "there is no API key in the request",
    "send `x-api-key: KEY` beside the token; `patou key create` makes one",
);

/// What was shown, if it was.
fn shown(given: &str, (what, hint): Missing) -> Result<&str, Refused> {
    if given.is_empty() { Err(Refused::new(ErrorKind::Unauthenticated, what, hint)) } else { Ok(given) }
}

/// Compares without telling by the time it takes where two secrets differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (x, y)| differing | (x ^ y)) == 0
}

impl Caller {
    /// The caller as models behind the gateway know it.
    pub fn of_models(&self) -> platform::Caller {
        platform::Caller {
            key: self.key.clone(),
            trace_id: self.trace_id.clone(),
            cache_control: self.cache_control,
            parent: self.parent.clone(),
        }
    }

    /// Goes on where the caller's key has the role. Where no key has to be shown, everybody on the machine has it.
    pub fn require(&self, role: KeyRole) -> Result<(), Refused> {
        match &self.key {
            Some(key) if !key.may(role) => {
                let message = format!("the API key lacks the role `{}`", role.as_str());
                Err(Refused::new(
                    ErrorKind::Forbidden,
                    message,
                    "use a key that has it: `patou key create --role`",
                ))
            }
            _ => Ok(()),
        }
    }
}

async fn admitted(parts: &mut Parts, app: &Arc<App>) -> Result<Admission, Refused> {
    match parts.extensions.get::<Admission>() {
        Some(admission) => Ok(admission.clone()),
        None => admission(parts, app).await,
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let (reader, key) = match admitted(parts, app).await? {
            Admission::Owner => (Reader::Operator, None),
            Admission::Anyone => (Reader::Anonymous, None),
            Admission::Key(key) => (key.reader(), Some(key)),
        };
        let trace_id = parts.extensions.get::<TraceId>().map(|id| id.0.clone());
        let accepts = parts.headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
        Ok(Self {
            reader,
            key,
            trace_id: trace_id.unwrap_or_else(platform::new_id),
            cache_control: parts
                .headers
                .get(header::CACHE_CONTROL)
                .and_then(|control| control.to_str().ok())
                .map(CacheControl::of_header)
                .unwrap_or_default(),
            parent: parts
                .headers
                .get("traceparent")
                .and_then(|parent| parent.to_str().ok())
                .and_then(Parent::of_header),
            takes_events: accepts.is_some_and(|accepts| accepts.contains("text/event-stream")),
        })
    }
}

impl FromRequestParts<Arc<App>> for Owner {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        match admitted(parts, app).await? {
            Admission::Owner => Ok(Self),
            Admission::Key(key) if key.may(KeyRole::Admin) => Ok(Self),
            Admission::Key(_) | Admission::Anyone => {
                let hint =
                    "use the command line as the user that the server runs as, or an administrator's key";
                Err(Refused::new(
                    ErrorKind::Forbidden,
                    "only the owner of this server's home may do that",
                    hint,
                ))
            }
        }
    }
}
