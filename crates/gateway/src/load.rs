//! How much a server has to do: what it says itself, as vLLM does, and what has been sent to it since.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use outbound::{Origin, OutboundError, Request};

use crate::route::Backend;

/// The longest page of metrics that is read.
const PAGE_BYTES_MAX: u64 = 4 << 20;
/// How long a server may take to tell.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of a server's load, in requests.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// Under way from here.
    in_flight: AtomicU32,
    /// What it told last.
    told: AtomicU32,
    /// How many were under way from here then.
    then: AtomicU32,
}

/// A request under way. Dropping it ends that.
pub(crate) struct InFlight(Arc<Backend>);

impl Load {
    /// What it told last, and what has come since.
    pub fn now(&self) -> u32 {
        let more = self.in_flight.load(Ordering::SeqCst).saturating_sub(self.then.load(Ordering::SeqCst));
        self.told.load(Ordering::SeqCst).saturating_add(more)
    }

    /// How many requests are under way from here.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::SeqCst)
    }

    fn tell(&self, requests: u32) {
        self.then.store(self.in_flight.load(Ordering::SeqCst), Ordering::SeqCst);
        self.told.store(requests, Ordering::SeqCst);
    }
}

impl InFlight {
    pub fn of(backend: &Arc<Backend>) -> Self {
        backend.load.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(backend))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.load.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Asks a server for its load. One that does not tell is judged by what is under way from here.
pub(crate) async fn ask(backend: &Backend, metrics: &Origin) {
    match tokio::time::timeout(PATIENCE, page(metrics)).await {
        Ok(Ok(text)) => backend.load.tell(requests(&text)),
        Ok(Err(error)) => tracing::debug!(backend = backend.name, %error, "a backend does not tell its load"),
        Err(_) => tracing::debug!(backend = backend.name, "a backend is slow to tell its load"),
    }
}

async fn page(metrics: &Origin) -> Result<String, OutboundError> {
    let exchange = metrics.send(Request::default()).await?;
    Ok(String::from_utf8_lossy(&exchange.whole(PAGE_BYTES_MAX).await?).into_owned())
}

/// The load in vLLM's metrics: running requests, those that wait counted twice, and all of it up to twice over as the
/// key-value cache fills.
fn requests(page: &str) -> u32 {
    let sum = |names: &[&str]| -> f64 {
        let values = page.lines().filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            let name = name.split('{').next()?.trim();
            names.contains(&name).then(|| value.parse::<f64>().ok()).flatten()
        });
        values.filter(|value| value.is_finite() && *value >= 0.0).sum()
    };
    let waiting = sum(&["vllm:num_requests_waiting"]);
    let full = sum(&["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"]).min(1.0);
    let load = (sum(&["vllm:num_requests_running"]) + 2.0 * waiting) * (1.0 + full);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never below 0, and bounded")]
    let load = load.min(1e6).round() as u32;
    load
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vllm_tells_its_load() {
        let page = "# HELP vllm:num_requests_running x\n\
            vllm:num_requests_running{engine=\"0\",model_name=\"m a\"} 6.0\n\
            vllm:num_requests_waiting{engine=\"0\"} 2.0\n\
            vllm:kv_cache_usage_perc{engine=\"0\"} 0.5\nother 9\nvllm:num_requests_waiting NaN\n";
        assert_eq!(requests(page), 15);
        assert_eq!((requests(""), requests("vllm:num_requests_running 1e99")), (0, 1_000_000));
    }
}
