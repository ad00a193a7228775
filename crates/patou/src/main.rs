//! The command line: flags in, one use case, words or JSON out, an exit code.

mod arguments;
mod commands;
mod printer;
mod progress;
mod reference;
mod remote;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use arguments::Arguments;
use printer::Printer;

/// Gives back what many threads used in turn, as an ingest does: the C library's allocator kept 1.8 KB for each chunk
/// that was ever written. It takes no huge pages: a request that was the first to touch one waited 5 ms while the system
/// cleared it, and an idle server held 9 MB more.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no failures; everything else is wrong use.
            let code = if error.use_stderr() { 2 } else { 0 };
            return match error.print() {
                Ok(()) => ExitCode::from(code),
                Err(_) => ExitCode::FAILURE,
            };
        }
    };
    let printer = Printer::new(arguments.common.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = anyhow::Error::new(error).context("cannot start the runtime");
            return ExitCode::from(printer.failure(&error));
        }
    };
    match runtime.block_on(commands::run(arguments, &printer)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => ExitCode::from(printer.failure(&error)),
    }
}
