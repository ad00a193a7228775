//! What goes on beside requests: the book is written, counters are kept, servers are asked for their load.

use std::sync::Arc;
use std::time::Duration;

use outbound::Origin;
use runtime::Shutdown;

use crate::gateway::Gateway;
use crate::load;
use crate::route::Backend;

/// How often usage is written: what a power cut loses at most.
const BOOKS_EVERY: Duration = Duration::from_secs(1);
/// How often servers are asked for their load.
const LOAD_EVERY: Duration = Duration::from_millis(500);

impl Gateway {
    /// Keeps the book and the counters, watches the servers' load and tells of calls until `stop` is requested.
    pub async fn tend(&self, stop: Shutdown) {
        let counting = async {
            if let Some(shared) = self.accounts.counters.shared() {
                shared.tend(stop.clone()).await;
            }
        };
        let telling = async {
            if let Some((spans, _)) = &self.accounts.spans {
                spans.tend(stop.clone()).await;
            }
        };
        tokio::join!(self.keep_books(stop.clone()), self.watch_load(stop.clone()), counting, telling);
    }

    /// Asks those servers that tell their load, of the routes that there are at the time.
    async fn watch_load(&self, stop: Shutdown) {
        while !stop.is_requested() {
            let table = self.table.now();
            let mut told: Vec<(&Arc<Backend>, &Origin)> = Vec::new();
            for backend in table.routes.values().flat_map(|route| &route.backends) {
                let is_new = !told.iter().any(|(other, _)| Arc::ptr_eq(other, backend));
                told.extend(backend.metrics.as_ref().filter(|_| is_new).map(|metrics| (backend, metrics)));
            }
            let asked = told.iter().map(|(backend, metrics)| load::ask(backend, metrics));
            futures_util::future::join_all(asked).await;
            tokio::select! {
                () = stop.requested() => {}
                () = tokio::time::sleep(LOAD_EVERY) => {}
            }
        }
    }

    /// Writes what was used to the database every second, until `stop` is requested, and once more then.
    async fn keep_books(&self, stop: Shutdown) {
        loop {
            let is_last = stop.is_requested();
            if let Err(error) = self.accounts.book.write().await {
                tracing::error!(%error, "usage waits to be written");
            }
            if is_last {
                return;
            }
            tokio::select! {
                () = stop.requested() => {}
                () = tokio::time::sleep(BOOKS_EVERY) => {}
            }
        }
    }
}
