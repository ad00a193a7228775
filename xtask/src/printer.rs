//! What xtask prints, all on standard output, in the order it happens.

#![expect(clippy::print_stdout, reason = "this module is the printer")]
#![expect(clippy::disallowed_methods, reason = "times a step without importing a crate that xtask judges")]

use std::time::Instant;

/// Prints one line.
pub fn line(text: &str) {
    println!("{text}");
}

/// Measures how long a step takes.
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the start, with one decimal.
    pub fn seconds(&self) -> String {
        format!("{:.1} s", self.0.elapsed().as_secs_f64())
    }
}
