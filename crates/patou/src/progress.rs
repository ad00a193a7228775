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
    /// Bytes and tokens in a second, seconds left, and the stage that limits.
    Rate(f64, f64, Option<f64>, String),
    /// So many of so many steps are done.
    Counted(usize, usize),
}

/// The bars of one command: a pull, then an ingest.
pub struct Progress {
    shown: bool,
    elsewhere: Option<UnboundedSender<LocalOutput>>,
    pull: Mutex<Option<ProgressBar>>,
    items: ProgressBar,
}

impl Progress {
    /// No bar is drawn until there is something to tell. It is told where the printer prints.
    pub fn new(printer: &Printer) -> Self {
        let items = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} items  {msg}") {
            items.set_style(style);
        }
        let elsewhere = printer.elsewhere().cloned();
        Self {
            shown: elsewhere.is_none() && std::io::stderr().is_terminal(),
            elsewhere,
            pull: Mutex::default(),
            items,
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
            IngestEvent::Progress(progress) => Told::Rate(
                progress.bytes_per_second,
                progress.tokens_per_second,
                progress.seconds_left,
                progress.limited_by.as_str().to_owned(),
            ),
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
            Told::Embedded(_) => {}
            Told::Rate(bytes, tokens, left, stage) => {
                self.items.set_message(rate(bytes, tokens, left, &stage))
            }
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

/// How an ingest goes on, in a line's rest.
fn rate(bytes_per_second: f64, tokens_per_second: f64, seconds_left: Option<f64>, stage: &str) -> String {
    let mut words = format!("{:.2} MB/s", bytes_per_second / 1e6);
    if tokens_per_second > 0.0 {
        words.push_str(&format!("  {tokens_per_second:.0} tokens/s"));
    }
    if let Some(left) = seconds_left {
        let left = left.round();
        let (minutes, seconds) = ((left / 60.0).floor(), left % 60.0);
        words.push_str(&format!("  {minutes:.0}:{seconds:02.0} left"));
    }
    format!("{words}  limited by {stage}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_in_words() {
        assert_eq!(rate(1.5e6, 0.0, None, "parse"), "1.50 MB/s  limited by parse");
        assert_eq!(
            rate(25_000.0, 7012.4, Some(95.2), "embed"),
            "0.03 MB/s  7012 tokens/s  1:35 left  limited by embed"
        );
    }
}
