//! What a request may use and what it used: set aside before a model is asked, counted while it answers, settled and
//! noted in the book when the request is over, however it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Usage;
use runtime::Clock;

use crate::call::{CallError, Caller};
use crate::gpu::{GpuShare, GpuTime};
use crate::measure;
use crate::quota::{Claim, Counters, Headroom, Hold, Limits, Unreserved, Wanted, Window};
use crate::spans::{Span, Spans};
use crate::usage::{Spender, UsageBook, UsageRow, Used};

/// The fewest tokens of an answer that are worth asking for.
const ANSWER_TOKENS_MIN: u64 = 16;

/// The counters and the book.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) counters: Counters,
    pub(crate) book: Arc<UsageBook>,
    /// Where calls are told, and the clock for that.
    pub(crate) spans: Option<(Arc<Spans>, Arc<dyn Clock>)>,
}

/// How many tokens a request takes, before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Of its prompt.
    pub prompt: u64,
    /// Of its answers together, at most.
    pub completion: u64,
}

/// A request whose tokens are to be set aside.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub caller: &'a Caller,
    pub model: &'a str,
    pub estimate: Estimate,
    pub claims: &'a [Claim],
}

/// What tokens cost, in millionths of a currency for each token; which is the currency for each million.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    /// For a token of the prompt.
    pub prompt: f64,
    /// For a token of the answer.
    pub completion: f64,
}

impl Price {
    /// What so many tokens cost, in millionths of the currency.
    #[expect(clippy::cast_precision_loss, reason = "a request has fewer than 2^53 tokens")]
    pub(crate) fn of(&self, usage: Usage) -> f64 {
        usage.prompt_tokens as f64 * self.prompt + usage.completion_tokens as f64 * self.completion
    }
}

/// A request's account. Dropping it settles and notes what was used until then.
pub struct Bill {
    accounts: Accounts,
    reservation: Option<Hold>,
    key_id: String,
    team: String,
    model: String,
    prompt_estimate: u64,
    price: Price,
    /// Its part of the server's time, where that has a price.
    gpu: Option<GpuShare>,
    /// Whether a model has the prompt.
    is_taken: bool,
    /// Tokens of the answer that were counted on the way.
    counted: u64,
    told: Option<Usage>,
    span: Option<Span>,
    limited: Option<Limited>,
    limits_tokens: bool,
}

/// A limit that made an answer shorter than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limited {
    pub account: String,
    pub window: Window,
}

impl Accounts {
    /// Counters and a book.
    pub fn new(counters: Counters, book: Arc<UsageBook>) -> Self {
        Self { counters, book, spans: None }
    }

    /// That also tell of every call.
    #[must_use]
    pub fn with_spans(mut self, spans: Arc<Spans>, clock: Arc<dyn Clock>) -> Self {
        self.spans = Some((spans, clock));
        self
    }

    /// Sets aside what a request may use.
    ///
    /// # Errors
    ///
    /// [`CallError::Quota`] where there is no room for the prompt and a few words of an answer;
    /// [`CallError::CountersAway`] where nobody can say whether there is.
    pub(crate) async fn open(&self, opening: Opening<'_>) -> Result<Bill, CallError> {
        let Opening { caller, model, estimate: Estimate { prompt, completion }, claims } = opening;
        let wanted = Wanted {
            least: prompt.saturating_add(completion.min(ANSWER_TOKENS_MIN)),
            most: prompt.saturating_add(completion),
        };
        let limits_tokens = claims.iter().any(|claim| claim.limits.has_tokens());
        let reservation = self.counters.reserve(claims.to_vec(), wanted).await;
        let reservation = reservation.map_err(|unreserved| match unreserved {
            Unreserved::Refused(refusal) => CallError::Quota(refusal),
            Unreserved::Away => CallError::CountersAway,
        })?;
        let is_short = reservation.tokens() < wanted.most;
        let key = caller.key.as_ref();
        Ok(Bill {
            limited: is_short.then(|| self.narrowest(claims)).flatten(),
            accounts: self.clone(),
            reservation: Some(reservation),
            key_id: key.map(|key| key.id.clone()).unwrap_or_default(),
            team: key.and_then(|key| key.spec.team.clone()).unwrap_or_default(),
            model: model.to_owned(),
            prompt_estimate: prompt,
            price: Price::default(),
            gpu: None,
            is_taken: false,
            counted: 0,
            told: None,
            span: self.spans.as_ref().map(|(_, clock)| {
                Span::begin((&caller.trace_id, caller.parent.as_ref()), model, clock.now_micros())
            }),
            limits_tokens,
        })
    }

    /// What is left in the narrowest window of these accounts.
    pub(crate) fn headroom(&self, claims: &[Claim]) -> Option<Headroom> {
        let rooms = claims.iter().filter_map(|claim| {
            let room = self.counters.headroom(&claim.account, &claim.limits)?;
            measure::headroom(&claim.account, room.left);
            Some(room)
        });
        rooms.min_by_key(|room| room.left)
    }

    fn narrowest(&self, claims: &[Claim]) -> Option<Limited> {
        let left = |claim: &Claim| self.counters.headroom(&claim.account, &claim.limits);
        let (room, claim) = claims
            .iter()
            .filter_map(|claim| Some((left(claim)?, claim)))
            .min_by_key(|(room, _)| room.left)?;
        let is_minute = claim.limits.tokens_per_minute == Some(room.limit);
        let window = if is_minute { Window::Minute } else { Window::Month };
        Some(Limited { account: claim.account.clone(), window })
    }
}

/// Has counters begin where the book of this month ends.
pub async fn restore(counters: &Counters, month: &[UsageRow]) {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for row in month {
        let tokens = row.prompt_tokens + row.completion_tokens;
        let named = [("key", &row.key_id), ("team", &row.team), ("model", &row.model)];
        for (kind, name) in named.into_iter().filter(|(_, name)| !name.is_empty()) {
            *sums.entry(format!("{kind}:{name}")).or_default() += tokens;
        }
    }
    counters.restore(&sums.into_iter().collect::<Vec<_>>()).await;
}

/// The accounts that a request counts for.
pub(crate) fn claims(caller: &Caller, teams: &dyn Fn(&str) -> Limits, model: (&str, Limits)) -> Vec<Claim> {
    let mut claims = Vec::with_capacity(3);
    let mut claim = |account: String, limits: Limits| {
        if !limits.is_empty() {
            claims.push(Claim { account, limits });
        }
    };
    if let Some(key) = &caller.key {
        claim(format!("key:{}", key.id), key.spec.limits);
        if let Some(team) = &key.spec.team {
            claim(format!("team:{team}"), teams(team));
        }
    }
    claim(format!("model:{}", model.0), model.1);
    claims
}

impl Bill {
    /// How many tokens all answers together may have; `None` where nothing limits them.
    pub(crate) fn completion_granted(&self) -> Option<u64> {
        let granted = self.reservation.as_ref()?.tokens();
        self.limits_tokens.then_some(granted.saturating_sub(self.prompt_estimate))
    }

    pub(crate) fn limited(&self) -> Option<&Limited> {
        self.limited.as_ref()
    }

    /// Whether somebody pays for it or is limited.
    pub(crate) fn is_somebodys(&self) -> bool {
        self.limits_tokens || !self.key_id.is_empty()
    }

    /// Says that a model has the prompt, and what it asks for tokens.
    pub fn taken(&mut self, price: Price) {
        (self.price, self.is_taken) = (price, true);
    }

    /// Says which server is asked. Gives the header by which that continues the trace, where there is one.
    pub(crate) fn asks(&mut self, backend: &str) -> Option<String> {
        let span = self.span.as_mut()?;
        backend.clone_into(&mut span.backend);
        Some(span.traceparent())
    }

    /// Has it pay for the server's time, too.
    pub(crate) fn on_time(&mut self, time: Option<&Arc<GpuTime>>) {
        self.gpu = time.map(GpuTime::begin);
    }

    /// Says that no model has done anything for it.
    pub(crate) fn declined(&mut self) {
        (self.is_taken, self.gpu) = (false, None);
    }

    /// Counts tokens of the answer.
    pub fn count(&mut self, tokens: u64) {
        self.counted += tokens;
    }

    /// Whether so many tokens more are within what was set aside.
    pub(crate) fn has_room(&self, tokens: u64) -> bool {
        self.completion_granted().is_none_or(|granted| self.counted.saturating_add(tokens) <= granted)
    }

    /// Takes what the model tells of the tokens instead of what was counted.
    pub fn told(&mut self, usage: Usage) {
        self.told = Some(usage);
    }

    /// What was used so far.
    pub(crate) fn usage(&self) -> Usage {
        self.told.unwrap_or(Usage { prompt_tokens: self.prompt_estimate, completion_tokens: self.counted })
    }
}

impl Bill {
    /// Tells of the call, which is over.
    fn tell(&mut self, usage: Usage, cost_micros: u64) {
        let (Some(mut span), Some((spans, clock))) = (self.span.take(), &self.accounts.spans) else { return };
        span.end_micros = clock.now_micros();
        span.key_id.clone_from(&self.key_id);
        span.team.clone_from(&self.team);
        (span.usage, span.cost_micros, span.is_error) = (usage, cost_micros, !self.is_taken);
        spans.take(span);
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        let Some(reservation) = self.reservation.take() else { return };
        if !self.is_taken {
            self.tell(Usage::default(), 0);
            return;
        }
        let usage = self.usage();
        let tokens = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        let over = reservation.settle(tokens);
        if over > 0 {
            tracing::warn!(over, "a model used more tokens than there was room for");
        }
        let time = self.gpu.take().map_or(0.0, GpuShare::end);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "millionths, never below 0"
        )]
        let cost_micros = (self.price.of(usage) + time * 1e6).round() as u64;
        let spender = Spender { key_id: &self.key_id, team: &self.team, model: &self.model };
        let Usage { prompt_tokens, completion_tokens } = usage;
        measure::tokens(&self.model, usage);
        self.accounts.book.note(spender, Used { prompt_tokens, completion_tokens, cost_micros });
        self.tell(usage, cost_micros);
    }
}
