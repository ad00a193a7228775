//! Temporary homes, the binary under test, servers to talk to, and the data that tests measure against.
//!
//! A dev-dependency only. What a test needs and this machine lacks is told on standard error; on CI it is a
//! failure.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read the environment, write files and start the binary"
)]
#![expect(clippy::panic, reason = "a test that cannot be set up fails")]

mod azurite;
mod http;
mod redis;
mod served;
mod signer;
mod similarity;
mod upstream;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub use azurite::Azurite;
pub use http::{Event, Http, Response};
pub use redis::Redis;
pub use served::Served;
pub use signer::Signer;
pub use similarity::{cell_similarity, heading_similarity, word_similarity};
pub use upstream::{Reply, Upstream};

/// The folder with the models that `cargo xtask setup` pulled; `None`, said aloud, where there is none.
pub fn models() -> Option<PathBuf> {
    folder("PATOU_TEST_MODELS", "run `cargo xtask test`, which pulls the model")
}

/// The folder with the clients and the browser's driver that `cargo xtask setup` installed; `None`, said aloud,
/// where there is none.
pub fn clients() -> Option<PathBuf> {
    folder("PATOU_TEST_CLIENTS", "run `cargo xtask test`, which installs them")
}

/// The development data; `None`, said aloud, where there is none.
pub fn shared_data() -> Option<PathBuf> {
    let named = std::env::var_os("PATOU_SHARED_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let found = named.unwrap_or(beside);
    if found.is_dir() {
        return Some(found);
    }
    note("left out: there is no development data");
    None
}

fn folder(variable: &str, remedy: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_dir());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "`{variable}` names no folder: {remedy}");
        note(&format!("left out: `{variable}` names no folder; {remedy}"));
    }
    found
}

fn note(text: &str) {
    use std::io::Write;
    // A test goes on where standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The binary under test with a home of its own.
pub struct Patou {
    binary: PathBuf,
    home: tempfile::TempDir,
    offline: bool,
}

impl Patou {
    /// A fresh home whose models are `models`; without them the home has none.
    pub fn new(binary: &str, models: Option<&Path>) -> Self {
        let Ok(home) = tempfile::tempdir() else { panic!("cannot make a temporary home") };
        if let Some(models) = models {
            #[cfg(unix)]
            let linked = std::os::unix::fs::symlink(models, home.path().join("models"));
            #[cfg(not(unix))]
            let linked = std::os::windows::fs::symlink_dir(models, home.path().join("models"));
            assert!(linked.is_ok(), "cannot link the models: {linked:?}");
        }
        Self { binary: binary.into(), home, offline: true }
    }

    /// The same, for tests that ingest from servers on this machine: it may fetch.
    #[must_use]
    pub fn online(self) -> Self {
        Self { offline: false, ..self }
    }

    /// The home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A command of the binary on this home, fetching nothing unless it is [`Patou::online`].
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.home()).env_remove("HF_ENDPOINT");
        command.args(self.offline.then_some("--offline")).arg("--home").arg(self.home()).args(arguments);
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        match self.command(arguments).output() {
            Ok(output) => output,
            Err(error) => panic!("cannot start `{}`: {error}", self.binary.display()),
        }
    }

    /// Runs it with `--json`; it must end with `code` and print one JSON document.
    pub fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        let printed = String::from_utf8_lossy(&output.stdout);
        match serde_json::from_str(&printed) {
            Ok(value) => value,
            Err(error) => panic!("{arguments:?} printed no JSON ({error}): {printed}"),
        }
    }

    /// Runs what must fail with `code`; gives the one line on standard error.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        error
    }
}

/// Writes files below a folder.
pub fn write_files(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = folder.join(name);
        let made = path.parent().map(std::fs::create_dir_all);
        let written = std::fs::write(&path, bytes);
        assert!(written.is_ok(), "cannot write `{}`: {made:?} {written:?}", path.display());
    }
}
