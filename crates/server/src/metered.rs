//! What a question to a collection may use and used: the same quotas and the same book as for models behind the
//! gateway.

use std::sync::{Mutex, PoisonError};

use platform::{AskOutcome, Bill, PlatformError, Price};

use crate::app::App;
use crate::caller::Caller;
use crate::error::Refused;

/// A question's bill. Dropping it settles what was used until then.
pub struct Metered(Mutex<Bill>);

impl Metered {
    /// Sets aside what an answer from a collection takes at most.
    ///
    /// # Errors
    ///
    /// A refusal where the caller's quota has no room for it.
    pub async fn open(app: &App, caller: &Caller, collection: &str) -> Result<Self, Refused> {
        let estimate = app.platform.answer_estimate()?;
        let model = format!("rag/{collection}");
        let bill = app.gateway.bill(&caller.of_models(), &model, estimate).await;
        let bill = bill.map_err(PlatformError::from)?;
        Ok(Self(Mutex::new(bill)))
    }

    /// Says that the answer is being written.
    pub fn taken(&self) {
        self.bill(|bill| bill.taken(Price::default()));
    }

    /// Counts a piece of the answer.
    pub fn count(&self) {
        self.bill(|bill| bill.count(1));
    }

    /// Says what the answer took.
    pub fn told(&self, outcome: &AskOutcome) {
        self.bill(|bill| bill.told(outcome.answer.usage));
    }

    fn bill<T>(&self, change: impl FnOnce(&mut Bill) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
