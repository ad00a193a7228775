//! The `git` program: fetches one revision into a bare repository and reads its objects. Nothing is checked out, so
//! that no filter, hook or name of a repository's touches this machine's files.

#![expect(clippy::disallowed_methods, reason = "this module is where `git` is run")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The most files of one revision.
const ENTRIES_MAX: usize = 1_000_000;
/// How much of what `git` complains about is shown.
const COMPLAINT_BYTES_MAX: usize = 400;

/// Settings that hold whatever the machine's say: no program of a repository's, no protocol but these, no way to an
/// address that was not judged.
const SETTINGS: [&str; 10] = [
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.http.allow=always",
    "protocol.file.allow=always",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// What is fetched.
pub(super) struct Remote<'a> {
    pub url: &'a str,
    pub revision: &'a str,
    /// The addresses that its host was judged by, where it has one.
    pub pinned: Option<Vec<IpAddr>>,
}

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    Submodule,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Link => "link",
            Self::Submodule => "submodule",
        }
    }
}

/// One name in a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub path: String,
    pub kind: Kind,
    pub object: String,
    pub size: u64,
}

/// A revision that was fetched.
pub(super) struct Repository {
    folder: PathBuf,
    commit: String,
    objects: Mutex<Option<Objects>>,
}

/// The process that hands out objects.
struct Objects {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It ends by itself when its input does; this one only makes sure.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Repository {
    /// Fetches a revision, without its history.
    ///
    /// # Errors
    ///
    /// What `git` says.
    pub(super) fn fetch(folder: &Path, remote: &Remote<'_>) -> Result<Self, String> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
        run(git(folder).args(["init", "--quiet", "--bare", "."]))?;
        let mut fetch = git(folder);
        if let Some(pinned) = &remote.pinned {
            fetch.arg("-c").arg(format!("http.curloptResolve={}", pin(remote.url, pinned)));
        }
        fetch.args(["fetch", "--quiet", "--depth", "1", "--no-tags", "--no-recurse-submodules", "--force"]);
        run(fetch.args(["--", &absolute(remote.url), remote.revision]))?;
        let commit = run(git(folder).args(["rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"]))?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        Ok(Self { folder: folder.to_owned(), commit, objects: Mutex::new(None) })
    }

    /// Every name of the revision.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, String> {
        let tree = run(git(&self.folder).args(["ls-tree", "-r", "-l", "-z", "--full-tree", &self.commit]))?;
        let lines = tree.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let mut entries = Vec::new();
        for line in lines {
            if entries.len() == ENTRIES_MAX {
                return Err(format!("it has more than {ENTRIES_MAX} files"));
            }
            entries.extend(entry(&String::from_utf8_lossy(line)));
        }
        Ok(entries)
    }

    /// The bytes of a file.
    pub(super) fn read(&self, object: &str, bytes_max: u64) -> Result<Vec<u8>, String> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        if objects.is_none() {
            *objects = Some(self.objects()?);
        }
        let Some(open) = objects.as_mut() else { return Err("`git` cannot be run".into()) };
        let read = open.read(object, bytes_max);
        if read.is_err() {
            // What is left of the answer would be taken for the next one.
            *objects = None;
        }
        read
    }

    fn objects(&self) -> Result<Objects, String> {
        let mut command = git(&self.folder);
        command
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| unrunnable(&error))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(ask), Some(answers)) => Ok(Objects { child, ask, answers: BufReader::new(answers) }),
            _ => Err("`git` has no input or output".into()),
        }
    }
}

impl Objects {
    fn read(&mut self, object: &str, bytes_max: u64) -> Result<Vec<u8>, String> {
        let broken = |error: io::Error| format!("`git` broke off: {error}");
        writeln!(self.ask, "{object}").and_then(|()| self.ask.flush()).map_err(broken)?;
        let mut head = String::new();
        self.answers.by_ref().take(1024).read_line(&mut head).map_err(broken)?;
        let mut words = head.split_whitespace().skip(1);
        let (kind, length) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let length: u64 = match (kind, length.parse()) {
            ("blob", Ok(length)) if length <= bytes_max => length,
            ("blob", Ok(length)) => {
                return Err(format!("it has {length} bytes, over the limit of {bytes_max}"));
            }
            _ => return Err(format!("there is no file `{object}` in the repository")),
        };
        let mut bytes = Vec::new();
        self.answers.by_ref().take(length + 1).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.pop() != Some(b'\n') || bytes.len() as u64 != length {
            return Err("`git` broke off".into());
        }
        Ok(bytes)
    }
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    // Nobody is there to be asked for a password, and no variable of the caller's points to another repository.
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "true").env("LC_ALL", "C");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| unrunnable(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(COMPLAINT_BYTES_MAX)]);
    Err(format!("`git` says: {}", said.trim().replace('\n', "; ")))
}

fn unrunnable(error: &io::Error) -> String {
    format!("cannot run `git`, which has to be installed: {error}")
}

/// A path as seen from anywhere; a URL as it is.
fn absolute(url: &str) -> String {
    let path = Path::new(url);
    if url.contains("://") {
        url.to_owned()
    } else {
        path.canonicalize().map_or_else(|_| format!("./{url}"), |path| path.display().to_string())
    }
}

/// `host:port:address,address`, as curl takes it.
fn pin(url: &str, addresses: &[IpAddr]) -> String {
    let parsed: Option<url::Url> = url.parse().ok();
    let host = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or_default().to_owned();
    let port = parsed.as_ref().and_then(url::Url::port_or_known_default).unwrap_or(443);
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    format!("{host}:{port}:{}", addresses.join(","))
}

/// Reads `MODE TYPE OBJECT SIZE\tPATH`.
fn entry(line: &str) -> Option<Entry> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_whitespace();
    let (mode, _, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let kind = match mode {
        "120000" => Kind::Link,
        "160000" => Kind::Submodule,
        _ => Kind::File,
    };
    Some(Entry { path: path.to_owned(), kind, object: object.to_owned(), size: size.parse().unwrap_or(0) })
}
