//! Progress bars on standard error, where it is a terminal.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use platform::{IngestEvent, PullEvent};

/// The bars of one command: a pull, then an ingest.
pub struct Progress {
    shown: bool,
    pull: Mutex<Option<ProgressBar>>,
    items: ProgressBar,
    tokens: Mutex<u64>,
}

impl Progress {
    /// No bar is drawn until there is something to tell.
    pub fn new() -> Self {
        let items = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} items  {per_sec}  {msg}  {eta}")
        {
            items.set_style(style);
        }
        Self {
            shown: std::io::stderr().is_terminal(),
            pull: Mutex::default(),
            items,
            tokens: Mutex::default(),
        }
    }

    /// Tells how a pull goes on.
    pub fn pull(&self, event: PullEvent) {
        let mut pull = self.pull.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            PullEvent::Source(source) => self.line(&format!("fetching the embedding model from {source}")),
            PullEvent::File { name, received, total } => {
                let bar = pull.get_or_insert_with(|| self.bytes_bar());
                bar.set_length(total.unwrap_or(received));
                bar.set_message(name);
                bar.set_position(received);
            }
            PullEvent::Verified(name) => {
                if let Some(bar) = pull.take() {
                    bar.finish_and_clear();
                }
                self.line(&format!("verified {name}"));
            }
        }
    }

    /// Tells how an ingest goes on.
    pub fn ingest(&self, event: IngestEvent) {
        match event {
            IngestEvent::Listed(count) => {
                if self.shown && self.items.is_hidden() {
                    self.items.set_draw_target(ProgressDrawTarget::stderr());
                    self.items.enable_steady_tick(Duration::from_millis(200));
                }
                self.items.inc_length(count as u64);
            }
            IngestEvent::Item(_) => {
                self.items.inc(1);
                if self.items.length().is_some_and(|length| length < self.items.position()) {
                    self.items.set_length(self.items.position());
                }
            }
            IngestEvent::Embedded(count) => {
                let mut tokens = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                *tokens += count as u64;
                let seconds = self.items.elapsed().as_secs_f64().max(1e-3);
                #[expect(clippy::cast_precision_loss, reason = "a rate is shown to three digits")]
                let rate = *tokens as f64 / seconds;
                self.items.set_message(format!("embedding {rate:.0} tokens/s"));
            }
        }
    }

    /// How far a counted piece of work is.
    pub fn count(&self, done: usize, total: usize) {
        if self.shown && self.items.is_hidden() {
            self.items.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.items.set_length(total as u64);
        self.items.set_position(done as u64);
    }

    /// Takes the bars away.
    pub fn clear(&self) {
        self.items.finish_and_clear();
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
            crate::printer::Printer::new(false).note(text);
        }
    }
}
