//! Progress bars on standard error, where it is a terminal.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use server::LocalOutput;
use tokio::sync::mpsc::UnboundedSender;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use platform::{IngestEvent, PullEvent};

use crate::printer::Printer;

/// How a command goes on, as one process tells another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Told {
    /// A pull begins at this source.
    Source(String),
    /// A file's name, bytes so far, and in all.
    File(String, u64, Option<u64>),
    /// A file was pulled and verified.
    Verified(String),
    /// So many more items were found.
    Listed(usize),
    /// An item is through.
    Item(String),
    /// So many more tokens were embedded.
    Embedded(usize),
    /// So many of so many steps are done.
    Counted(usize, usize),
}

/// The bars of one command: a pull, then an ingest.
pub struct Progress {
    shown: bool,
    elsewhere: Option<UnboundedSender<LocalOutput>>,
    pull: Mutex<Option<ProgressBar>>,
    items: ProgressBar,
    tokens: Mutex<u64>,
}

impl Progress {
    /// No bar is drawn until there is something to tell. It is told where the printer prints.
    pub fn new(printer: &Printer) -> Self {
        let items = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} items  {per_sec}  {msg}  {eta}")
        {
            items.set_style(style);
        }
        let elsewhere = printer.elsewhere().cloned();
        Self {
            shown: elsewhere.is_none() && std::io::stderr().is_terminal(),
            elsewhere,
            pull: Mutex::default(),
            items,
            tokens: Mutex::default(),
        }
    }

    /// Tells how a pull goes on.
    pub fn pull(&self, event: PullEvent) {
        self.tell(match event {
            PullEvent::Source(source) => Told::Source(source.to_string()),
            PullEvent::File { name, received, total } => Told::File(name.to_string(), received, total),
            PullEvent::Verified(name) => Told::Verified(name.to_string()),
        });
    }

    /// Tells how an ingest goes on.
    pub fn ingest(&self, event: IngestEvent) {
        self.tell(match event {
            IngestEvent::Listed(count) => Told::Listed(count),
            IngestEvent::Item(source) => Told::Item(source),
            IngestEvent::Embedded(count) => Told::Embedded(count),
        });
    }

    /// How far a counted piece of work is.
    pub fn count(&self, done: usize, total: usize) {
        self.tell(Told::Counted(done, total));
    }

    /// Draws what was told, or sends it on.
    pub fn tell(&self, told: Told) {
        if let Some(elsewhere) = &self.elsewhere {
            // Where nobody listens any more, the command is asked to stop.
            let _ = elsewhere.send(LocalOutput::Progress(serde_json::json!(told)));
            return;
        }
        match told {
            Told::Source(source) => self.line(&format!("fetching the embedding model from {source}")),
            Told::File(name, received, total) => {
                let mut pull = self.pull.lock().unwrap_or_else(PoisonError::into_inner);
                let bar = pull.get_or_insert_with(|| self.bytes_bar());
                bar.set_length(total.unwrap_or(received));
                bar.set_message(name);
                bar.set_position(received);
            }
            Told::Verified(name) => {
                if let Some(bar) = self.pull.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    bar.finish_and_clear();
                }
                self.line(&format!("verified {name}"));
            }
            Told::Listed(count) => {
                self.draw();
                self.items.inc_length(count as u64);
            }
            Told::Item(_) => {
                self.items.inc(1);
                if self.items.length().is_some_and(|length| length < self.items.position()) {
                    self.items.set_length(self.items.position());
                }
            }
            Told::Embedded(count) => self.embedded(count),
            Told::Counted(done, total) => {
                self.draw();
                self.items.set_length(total as u64);
                self.items.set_position(done as u64);
            }
        }
    }

    /// Takes the bars away.
    pub fn clear(&self) {
        self.items.finish_and_clear();
    }

    fn draw(&self) {
        if self.shown && self.items.is_hidden() {
            self.items.set_draw_target(ProgressDrawTarget::stderr());
            self.items.enable_steady_tick(Duration::from_millis(200));
        }
    }

    fn embedded(&self, count: usize) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        *tokens += count as u64;
        let seconds = self.items.elapsed().as_secs_f64().max(1e-3);
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown to three digits")]
        let rate = *tokens as f64 / seconds;
        self.items.set_message(format!("embedding {rate:.0} tokens/s"));
    }

    fn bytes_bar(&self) -> ProgressBar {
        let target = if self.shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let template = "{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {msg}  {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }

    fn line(&self, text: &str) {
        if self.shown {
            Printer::new(false).note(text);
        }
    }
}
