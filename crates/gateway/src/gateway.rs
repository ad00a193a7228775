//! The door: a client's request on its way to a model's server, and the answer on its way back.
//!
//! Where a server cannot be reached, is busy or says nothing, another is asked, once, and none is asked twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::Usage;
use provider::Forwarded;
use runtime::{Clock, Stopwatch};

use crate::asked::{Asked, refused, timed_out, unanswered, whole};
use crate::bill::{self, Accounts, Bill, Estimate, Opening, Price};
use crate::cache::{AnswerCache, CacheKey, Found, Kept, Looking};
use crate::call::{CallError, Caller};
use crate::guarding::{Guarded, Restoring};
use crate::held::{Held, streamed};
use crate::measure;
use crate::outgoing::Outgoing;
use crate::quota::{Claim, Limits, WhenAway};
use crate::reply::{self, Reply, ReplyBody, handed_on};
use crate::request::{Operation, Request};
use crate::route::{Backend, Balance, Route, hashed};
use crate::stream::{Supervised, Wants};
use crate::table::Table;
use crate::usage::UsageBook;

/// How long a streamed request waits for the answer to one like it.
const STREAM_WAIT_MAX: Duration = Duration::from_millis(500);

/// Every route, and what stands between clients and servers.
pub struct Gateway {
    pub(crate) table: Table,
    pub(crate) accounts: Accounts,
    cache: Arc<AnswerCache>,
    clock: Arc<dyn Clock>,
}

/// What a gateway is made of.
pub struct GatewayOptions {
    /// The models that clients can ask for.
    pub routes: Vec<Route>,
    /// How much each team may use.
    pub teams: BTreeMap<String, Limits>,
    /// Where it is counted and noted.
    pub accounts: Accounts,
    /// The answers that are kept.
    pub cache: Arc<AnswerCache>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A request with everything that goes along with it.
pub(crate) struct Call {
    pub request: Request,
    pub route: Arc<Route>,
    pub caller: Caller,
    /// What the prompt's tokens stand for.
    pub tokens: Restoring,
    pub clock: Stopwatch,
}

impl Call {
    /// Whether the answer is read before it goes out.
    pub fn reads_answer(&self) -> bool {
        self.route.guarding.reads_answers() || !self.tokens.is_empty()
    }

    /// The number by which a server is picked.
    fn number(&self) -> u64 {
        match self.route.balance {
            Balance::Weighted | Balance::LeastLoaded => hashed(&self.caller.trace_id),
            Balance::Prefix => hashed(&self.request.beginning()),
            Balance::Sticky => match (&self.caller.key, self.request.written("user")) {
                (Some(key), user) => hashed(&(&key.id, user)),
                (None, Some(user)) => hashed(&user),
                (None, None) => hashed(&self.caller.trace_id),
            },
        }
    }
}

impl Gateway {
    /// A gateway with these routes.
    pub fn new(options: GatewayOptions) -> Self {
        let GatewayOptions { routes, teams, accounts, cache, clock } = options;
        Self { table: Table::new(routes, teams), accounts, cache, clock }
    }

    /// Has other routes and teams from now on. What is under way goes on with those it began with.
    pub fn replace(&self, routes: Vec<Route>, teams: BTreeMap<String, Limits>) {
        self.table.replace(routes, teams);
    }

    /// What becomes of requests while quotas cannot be counted together; `None` while they can.
    pub fn counters_away(&self) -> Option<WhenAway> {
        self.accounts.counters.away()
    }

    /// The book of usage.
    pub fn book(&self) -> &UsageBook {
        &self.accounts.book
    }

    /// Sets aside what a request to a model that is not routed may use.
    ///
    /// # Errors
    ///
    /// [`CallError::Quota`] where there is no room.
    pub async fn bill(&self, caller: &Caller, model: &str, estimate: Estimate) -> Result<Bill, CallError> {
        let claims = self.claims(caller, model, Limits::default());
        self.accounts.open(Opening { caller, model, estimate, claims: &claims }).await
    }

    /// What is left to a caller, as headers of OpenAI's names.
    pub fn headroom(&self, caller: &Caller, model: &str) -> Vec<(String, String)> {
        let limits = self.table.now().limits(model);
        let room = self.accounts.headroom(&self.claims(caller, model, limits));
        room.map(|room| reply::rate_limits(&room)).unwrap_or_default()
    }

    fn claims(&self, caller: &Caller, model: &str, limits: Limits) -> Vec<Claim> {
        let table = self.table.now();
        bill::claims(caller, &|team| table.team(team), (model, limits))
    }

    /// The names of the models that are routed.
    pub fn models(&self) -> Vec<String> {
        self.table.now().routes.keys().cloned().collect()
    }

    /// Whether any model is routed.
    pub fn has_routes(&self) -> bool {
        !self.table.now().routes.is_empty()
    }

    /// Whether a model is routed.
    pub fn serves(&self, model: &str) -> bool {
        self.table.now().routes.contains_key(model)
    }

    /// The models of which no server can be asked at the moment.
    pub fn models_out(&self) -> Vec<String> {
        let is_out = |route: &&Arc<Route>| !route.backends.iter().any(|backend| backend.health.is_in());
        self.table.now().routes.values().filter(is_out).map(|route| route.name.clone()).collect()
    }

    /// Forgets the answers of a model, or all; gives how many there were.
    pub fn purge(&self, model: Option<&str>) -> usize {
        self.cache.purge(model)
    }

    /// Asks the model that a request names. Returns when the answer begins: with its first token where it is streamed.
    ///
    /// # Errors
    ///
    /// [`CallError`] when there is no answer. What a server says of a client's own mistake is an answer.
    pub async fn call(&self, request: Request, caller: Caller) -> Result<Reply, CallError> {
        let route = self.route(&request.model)?;
        match &route.cascade {
            Some(cascade) if request.operation == Operation::Chat => {
                self.cascaded((&route, cascade), request, caller).await
            }
            _ => self.once(route, request, caller).await,
        }
    }

    /// The route of a model.
    pub(crate) fn route(&self, model: &str) -> Result<Arc<Route>, CallError> {
        self.table.now().route(model)
    }

    /// Asks the model of one route.
    pub(crate) async fn once(
        &self,
        route: Arc<Route>,
        request: Request,
        caller: Caller,
    ) -> Result<Reply, CallError> {
        let request = route.prompting.apply(request)?;
        let claims = self.claims(&caller, &route.name, route.limits);
        let answers = match request.operation {
            Operation::Chat => {
                request.tokens_max.unwrap_or(route.answer_tokens).saturating_mul(request.answers)
            }
            Operation::Embeddings | Operation::Rerank => 0,
        };
        let estimate = Estimate { prompt: request.prompt_tokens, completion: answers };
        let opening = Opening { caller: &caller, model: &route.name, estimate, claims: &claims };
        let bill = self.accounts.open(opening).await?;
        let limited = bill.limited().cloned();
        let route_prompt = route.prompting.header();
        // A request that the guard refuses costs nothing: what was set aside for it is let go.
        let Guarded { request, header, tokens } = route.guarding.prompt(request).await?;
        let tokens = Restoring::new(tokens);
        let call = Call { request, route, caller, tokens, clock: Stopwatch::start() };
        let mut held = Held { bill: Some(bill), flight: None };
        let (looked, kept) = self.look(&call, &mut held).await;
        let mut reply = match kept {
            Some(reply) => reply,
            None => self.answered(&call, &mut held).await?,
        };
        reply.headers.extend(looked.header());
        reply.headers.extend(header);
        reply.headers.extend(route_prompt);
        reply.headers.extend(limited.map(|limited| reply::limited(&limited)));
        if let Some(room) = self.accounts.headroom(&claims) {
            reply.headers.extend(reply::rate_limits(&room));
        }
        Ok(reply)
    }

    /// Looks whether the answer was given before. Where it was not, the one that comes will be kept.
    async fn look(&self, call: &Call, held: &mut Held) -> (Looked, Option<Reply>) {
        let Some(caching) = call.route.caching.filter(|_| call.request.operation == Operation::Chat) else {
            return (Looked::Not, None);
        };
        let control = call.caller.cache_control;
        let bill = held.bill.as_ref();
        // An answer that a limit made shorter is nobody else's.
        if control.no_store || bill.is_some_and(|bill| bill.limited().is_some()) {
            measure::cache(&call.route.name, "bypass");
            return (Looked::Bypassed, None);
        }
        let is_limited = bill.is_some_and(|bill| bill.completion_granted().is_some());
        let policy = format!("{} {is_limited}", call.route.policy);
        let key = CacheKey::of(&call.request, &call.caller, caching.sharing, &policy);
        // Whoever wants to see an answer being written does not wait for another's to be through.
        let patience = if call.request.is_stream { STREAM_WAIT_MAX } else { call.route.patience.first };
        let (model, keep) = (call.route.name.as_str(), caching.keep);
        match self.cache.look(key, Looking { model, keep, control, patience }).await {
            Found::Answer(kept, age_s) => {
                measure::cache(model, "hit");
                (Looked::Hit, Some(given(held, kept, age_s)))
            }
            Found::Flight(mut flight) => {
                // An answer with values in it is nobody's who gave others.
                if let Some(likeness) = caching.likeness.filter(|_| call.tokens.is_empty()) {
                    let key =
                        |request: &Request| CacheKey::of(request, &call.caller, caching.sharing, &policy);
                    if let Some(like) = flight.alike(&call.request, (likeness, control), key).await {
                        measure::cache(model, "alike");
                        let mut reply = given(held, like.kept, like.age_s);
                        reply.headers.push(("x-patou-cosine".into(), format!("{:.3}", like.cosine)));
                        return (Looked::Alike, Some(reply));
                    }
                }
                measure::cache(model, "miss");
                held.flight = Some(flight);
                (Looked::Missed, None)
            }
        }
    }

    /// Asks one server, and another where the first is no use.
    async fn answered(&self, call: &Call, held: &mut Held) -> Result<Reply, CallError> {
        let number = call.number();
        let now = self.clock.now_micros();
        let Some(first) = call.route.pick(number, now, None) else {
            return Err(CallError::UnknownModel(call.request.model.clone()));
        };
        let error = match self.ask(call, first, held).await {
            Err(error) if error.is_worth_another() => error,
            answered => return answered,
        };
        // Backoff is the client's: asking the same server again is what breaks one that is overloaded.
        match call.route.pick(number, now, Some(first)) {
            Some(second) => {
                measure::fallback(&call.route.name);
                self.ask(call, second, held).await
            }
            None => Err(error),
        }
    }

    async fn ask(&self, call: &Call, backend: &Arc<Backend>, held: &mut Held) -> Result<Reply, CallError> {
        let mut asked = Asked::new(backend, &self.clock);
        let patience = call.route.patience;
        let answer = tokio::time::timeout(patience.first, self.begun(call, &mut asked, held)).await;
        let answer = answer.unwrap_or_else(|_| {
            asked.failed();
            Err(timed_out(backend, patience.first))
        });
        if let (Err(_), Some(bill)) = (&answer, &mut held.bill) {
            bill.declined();
        }
        measure::answered(&call.route.name, &backend.name, answer.as_ref().map(|reply| reply.status));
        answer
    }

    /// Asks a server until there is something to hand on.
    async fn begun(&self, call: &Call, asked: &mut Asked, held: &mut Held) -> Result<Reply, CallError> {
        let backend = Arc::clone(&asked.backend);
        let outgoing = Outgoing::of(&call.request, &backend, held.bill.as_ref());
        let path = match call.request.operation {
            Operation::Chat => "chat/completions",
            Operation::Embeddings => "embeddings",
            Operation::Rerank => "rerank",
        };
        if let Some(bill) = &mut held.bill {
            bill.taken(backend.price);
            bill.on_time(backend.gpu.as_ref());
        }
        let mut headers = vec![("x-request-id", call.caller.trace_id.clone())];
        let traced = held.bill.as_mut().and_then(|bill| bill.asks(&backend.name));
        headers.extend(traced.map(|parent| ("traceparent", parent)));
        let model = backend.model.as_deref().unwrap_or(&call.request.model);
        let sent =
            backend.server.send(Forwarded { path, model, headers: &headers, body: outgoing.body }).await;
        let mut exchange = match sent {
            Ok(exchange) => exchange,
            Err(error) => {
                asked.failed();
                return Err(unanswered(&backend, error));
            }
        };
        if !(200..300).contains(&exchange.status) {
            let refused = refused(exchange, asked).await;
            held.bill.iter_mut().for_each(Bill::declined);
            return refused;
        }
        let mut headers = handed_on(&mut exchange);
        let is_stream =
            exchange.content_type.as_deref().is_some_and(|kind| kind.starts_with("text/event-stream"));
        if let Some(flight) = &mut held.flight {
            flight.begins(&headers);
        }
        let body = if is_stream {
            let wants = Wants { usage: call.request.wants_usage, hides_usage: outgoing.hides_usage };
            streamed(Supervised::new(exchange.body, call.route.patience, wants), (call, asked, held)).await?
        } else {
            let body = whole(exchange, asked).await?;
            measure::whole(&call.route.name, call.clock);
            let (body, header) = held.answered(body, (call, &backend)).await?;
            headers.extend(header);
            ReplyBody::Whole(body)
        };
        Ok(Reply { status: 200, headers, body })
    }
}

/// An answer that was kept. It is noted, and costs nothing.
fn given(held: &mut Held, kept: Kept, age_s: u64) -> Reply {
    if let Some(mut bill) = held.bill.take() {
        bill.taken(Price::default());
        bill.told(Usage::default());
    }
    let mut headers = kept.headers.to_vec();
    headers.push(("age".into(), age_s.to_string()));
    Reply { status: 200, headers, body: ReplyBody::Whole(kept.body) }
}

/// What came of looking into the cache.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looked {
    Not,
    Bypassed,
    Missed,
    Hit,
    Alike,
}

impl Looked {
    fn header(self) -> Option<(String, String)> {
        let value = match self {
            Self::Not => return None,
            Self::Bypassed => "bypass",
            Self::Missed => "miss",
            Self::Hit => "hit",
            Self::Alike => "alike",
        };
        Some(("x-cache".to_owned(), value.to_owned()))
    }
}
