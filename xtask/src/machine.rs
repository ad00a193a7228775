//! The machine that xtask runs on: arguments, environment, folders and other programs.

#![expect(
    clippy::disallowed_methods,
    reason = "this module is where xtask starts processes and reads its environment"
)]

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Where the checkout is and what the environment says.
pub struct Machine {
    /// The folder that holds the workspace.
    pub root: PathBuf,
    /// Whether a missing part is a failure: `CI` is set, and not to `false` or `0`.
    pub ci: bool,
    /// What may be fetched once and shared by clones: `$PATOU_CACHE`, else `$XDG_CACHE_HOME/patou`, else
    /// `~/.cache/patou`, else within the target directory.
    pub cache: PathBuf,
    /// Public collections to measure quality on: `$PATOU_SHARED_DATA`, else `../shared/data` beside the
    /// checkout, where it is there.
    pub shared_data: Option<PathBuf>,
}

/// The words after `cargo xtask`.
pub fn arguments() -> Vec<String> {
    env::args().skip(1).collect()
}

impl Machine {
    /// Looks around.
    ///
    /// # Errors
    ///
    /// When xtask's own folder lies in no workspace.
    pub fn here() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().context("cannot find the workspace above xtask")?.to_path_buf();
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let target = variable("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let folder = |name, below: &str| variable(name).map(|value| PathBuf::from(value).join(below));
        let cache = folder("PATOU_CACHE", "")
            .or_else(|| folder("XDG_CACHE_HOME", "patou"))
            .or_else(|| folder("HOME", ".cache/patou"))
            .unwrap_or_else(|| target.join("patou-cache"));
        let beside = root.join("../shared/data");
        let shared_data = variable("PATOU_SHARED_DATA").map(PathBuf::from).or(Some(beside));
        Ok(Self {
            ci: variable("CI").is_some_and(|value| value != "false" && value != "0"),
            cache: std::path::absolute(cache).context("cannot resolve the cache folder")?,
            shared_data: shared_data.and_then(|folder| folder.canonicalize().ok()),
            root,
        })
    }

    /// The folder that the embedding model is pulled into.
    pub fn models(&self) -> PathBuf {
        self.cache.join("models")
    }

    /// The folder that the browser's driver and the clients are installed into.
    pub fn clients(&self) -> PathBuf {
        self.cache.join("clients")
    }

    /// A call of cargo in the workspace. On CI the lock file must be up to date.
    pub fn cargo(&self, arguments: &[&str]) -> Program {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut program = self.program(cargo).without_package();
        let takes_locked = !matches!(arguments, ["fmt" | "deny", ..] | [_, "--version"]);
        let own = arguments.iter().position(|word| *word == "--").unwrap_or(arguments.len());
        program.command.args(&arguments[..own]);
        if self.ci && takes_locked {
            program.command.arg("--locked");
        }
        program.command.args(&arguments[own..]);
        program
    }

    /// A call of the binary itself, built with the features that the tests are built with: another
    /// choice of features would compile the engine once more.
    ///
    /// # Errors
    ///
    /// When it cannot be built.
    pub fn patou(&self, arguments: &[&str]) -> Result<Program> {
        if !self.cargo(&["test", "--quiet", "--workspace", "--no-run", "--test", "cli"]).show()? {
            bail!("cannot build the binary");
        }
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), PathBuf::from);
        let binary = self.root.join(target).join("debug/patou").with_extension(env::consts::EXE_EXTENSION);
        Ok(self.program(binary).arguments(arguments).without_settings())
    }

    /// A call of another program in the workspace.
    pub fn program(&self, name: impl Into<OsString>) -> Program {
        let mut command = Command::new(name.into());
        command.current_dir(&self.root).stdin(Stdio::null());
        Program { command }
    }
}

/// A program that is about to run.
pub struct Program {
    command: Command,
}

impl Program {
    /// Adds words to its call.
    pub fn arguments(mut self, words: &[&str]) -> Self {
        self.command.args(words);
        self
    }

    /// Sets a variable for it.
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Keeps from it what cargo told us about this package: build scripts that read these variables, as
    /// ring's does, would run again with every change from a call of ours to one by hand, and all that
    /// stands on them would be compiled again.
    fn without_package(mut self) -> Self {
        let told = env::vars_os().map(|(name, _)| name);
        for name in told.filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            self.command.env_remove(name);
        }
        self
    }

    /// Keeps a developer's own `PATOU_*` settings from it.
    pub fn without_settings(mut self) -> Self {
        let ours = env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.to_string_lossy().starts_with("PATOU_")) {
            self.command.env_remove(name);
        }
        self
    }

    /// Runs it, its output going straight to ours, and both its streams to one, so that their order is
    /// kept; says whether it succeeded.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn show(mut self) -> Result<bool> {
        self.command.stderr(Stdio::from(io::stdout()));
        let name = self.name();
        Ok(self.command.status().with_context(|| format!("cannot start `{name}`"))?.success())
    }

    /// Runs it in silence and gives what it wrote to its standard output.
    ///
    /// # Errors
    ///
    /// When it cannot be started or fails; the message holds all that it wrote.
    pub fn read(mut self) -> Result<String> {
        let name = self.name();
        let output = self.command.output().with_context(|| format!("cannot start `{name}`"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!("`{name}` failed\n{text}{}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(text)
    }

    fn name(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }
}
