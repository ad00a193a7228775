//! `patou serve`.

use std::pin::Pin;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use platform::{Auth, Platform, Shutdown};
use server::{LocalCommands, LocalOutput, ServeOptions};
use tokio::sync::mpsc::UnboundedSender;

use super::{Front, dispatch};
use crate::arguments::Serve;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::remote::Given;

pub async fn run(front: &Front, call: Serve) -> anyhow::Result<u8> {
    let auth = front.platform.require_settings()?.server.auth;
    let listen = match call.listen {
        Some(listen) => listen,
        None => front.platform.require_settings()?.server.listen.clone(),
    };
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let options = ServeOptions {
        listen,
        local: Arc::new(Commands { platform: Arc::clone(&front.platform) }),
        stop: front.stop.clone(),
    };
    let listening = |url: &str| {
        let shown = serde_json::json!({"listening": url});
        let words = || format!("listening at {url}\n");
        // That nobody reads standard output is no reason not to serve.
        let _ = front.printer.result(&shown, words);
        if auth == Auth::Nothing {
            front.printer.note(
                "warning: there is no authentication: every program on this machine can read public documents, add and delete",
            );
        }
    };
    let serving = server::serve(Arc::clone(&front.platform), options, listening);
    front.stoppable(beside(serving, load_embedder(front))).await?;
    Ok(0)
}

/// The embedding model, so that the first question does not wait for it. What is no question works without it.
async fn load_embedder(front: &Front) {
    let progress = Progress::new(&front.printer);
    let loaded = front.platform.load_embedder(&|event| progress.pull(event)).await;
    progress.clear();
    if let Err(error) = loaded {
        front.printer.note(&format!("warning: {error} (hint: {})", error.hint()));
    }
}

/// The outcome of `work`, with `other` going on meanwhile.
async fn beside<T>(work: impl Future<Output = T>, other: impl Future<Output = ()>) -> T {
    let (mut work, mut other) = (std::pin::pin!(work), std::pin::pin!(other));
    tokio::select! {
        done = work.as_mut() => done,
        () = other.as_mut() => work.await,
    }
}

/// Runs the owner's commands on the platform that serves.
struct Commands {
    platform: Arc<Platform>,
}

impl LocalCommands for Commands {
    fn run(
        &self,
        command: serde_json::Value,
        output: UnboundedSender<LocalOutput>,
        stop: Shutdown,
    ) -> Pin<Box<dyn Future<Output = u8> + Send>> {
        Box::pin(given(Arc::clone(&self.platform), command, output, stop))
    }
}

async fn given(
    platform: Arc<Platform>,
    command: serde_json::Value,
    output: UnboundedSender<LocalOutput>,
    stop: Shutdown,
) -> u8 {
    let given: Given = match serde_json::from_value(command) {
        Ok(given) => given,
        Err(error) => {
            let error =
                anyhow::Error::new(error).context("the server is of another version than this command");
            return Printer::to(output, false).failure(&error);
        }
    };
    let printer = Printer::to(output, given.json);
    let standard_input = given.standard_input.and_then(|text| STANDARD.decode(text).ok());
    let front = Front { platform, printer, stop, standard_input };
    match dispatch(&front, given.command).await {
        Ok(code) => code,
        Err(error) => front.printer.failure(&error),
    }
}
