//! Having the configuration read anew: when the process is told to hang up, and when its file changes.

use std::time::Duration;

use platform::{Hangups, Platform, Shutdown};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Reads the configuration anew whenever there is reason to, until `stop` is requested.
pub async fn reload_when_told(platform: &Platform, stop: Shutdown) {
    let mut hangups = match Hangups::listen() {
        Ok(hangups) => hangups,
        Err(error) => return tracing::error!(%error, "the configuration is not read anew: no signals"),
    };
    while !stop.is_requested() {
        tokio::select! {
            () = stop.requested() => return,
            () = hangups.next() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {
                if !platform.is_configuration_new() {
                    continue;
                }
            }
        }
        reload(platform).await;
    }
}

async fn reload(platform: &Platform) {
    let outcome = match platform.reload().await {
        Ok(reloaded) => {
            tracing::info!(routes = reloaded.routes, "the configuration was read anew");
            if !reloaded.waiting.is_empty() {
                let settings = reloaded.waiting.join(", ");
                tracing::warn!(settings, "changed, and held from the next start alone");
            }
            "taken"
        }
        Err(error) => {
            tracing::error!(%error, hint = error.hint(), "the configuration is no good: the one before goes on");
            "rejected"
        }
    };
    metrics::counter!("patou_configuration_reloads_total", "outcome" => outcome).increment(1);
}
