//! What a request holds until its answer ends: a bill, and a place among the answers that are kept.

use bytes::Bytes;

use crate::asked::Asked;
use crate::bill::Bill;
use crate::cache::Flight;
use crate::call::CallError;
use crate::chunk::Told;
use crate::gateway::Call;
use crate::guarding::{Read, Rewriter};
use crate::measure::Pace;
use crate::reply::ReplyBody;
use crate::request::Operation;
use crate::route::Backend;
use crate::stream::{Keeping, Opened, Supervised};

/// What a request holds until its answer ends.
#[derive(Default)]
pub(crate) struct Held {
    pub bill: Option<Bill>,
    /// Where its answer is kept.
    pub flight: Option<Flight>,
}

/// A stream whose first token is here.
pub(crate) async fn streamed(
    mut stream: Supervised,
    (call, asked, held): (&Call, &mut Asked, &mut Held),
) -> Result<ReplyBody, CallError> {
    match stream.open(&asked.backend.name).await {
        Ok(Opened) => asked.answered(),
        Err(error) => {
            asked.failed();
            return Err(error);
        }
    }
    let pace = Pace::begun(&call.route.name, call.clock);
    let keeping = Keeping {
        bill: held.bill.take(),
        flight: held.flight.take(),
        pace,
        rewriter: call
            .reads_answer()
            .then(|| Rewriter::new(&call.route.guarding, &call.route.name, call.tokens.clone())),
        in_flight: asked.in_flight.take(),
    };
    Ok(ReplyBody::Stream(Box::pin(stream.bytes(keeping))))
}

impl Held {
    /// The whole answer is here. Gives it as it may go out, and a header that tells what became of it.
    pub async fn answered(
        &mut self,
        body: Bytes,
        (call, backend): (&Call, &Backend),
    ) -> Result<(Bytes, Option<(String, String)>), CallError> {
        if let Some(mut bill) = self.bill.take() {
            note(&mut bill, &body);
        }
        if call.request.operation != Operation::Chat || !call.reads_answer() {
            self.keep(&body);
            return Ok((body, None));
        }
        let guarding = &call.route.guarding;
        let Read { body, header, is_refused } =
            guarding.answer(&call.route.name, body, &call.tokens).await.map_err(|_| CallError::Garbled {
                backend: backend.name.clone(),
                what: "no guard can read it",
            })?;
        if !is_refused {
            self.keep(&body);
        }
        Ok((body, header))
    }

    fn keep(&mut self, body: &[u8]) {
        if let Some(mut flight) = self.flight.take() {
            flight.record(body);
            flight.land();
        }
    }
}

/// Notes what a whole answer says that it took, or what it looks like.
fn note(bill: &mut Bill, body: &[u8]) {
    let Ok(told) = Told::read(body) else { return };
    bill.count(told.tokens);
    if let Some(usage) = told.usage {
        bill.told(usage);
    }
}
