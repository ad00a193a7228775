//! The `tesseract` program: one run for each picture, with a deadline, a bound on its memory and one thread.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use model::{ModelError, Picture, Recognized, RecognizedLine, RecognizedWord, Recognizer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::{ANSWER_BYTES_MAX, place};

/// What a run may have of memory, in KiB: a picture may say that it is larger than any machine.
const MEMORY_KIB_MAX: u32 = 3 << 20;
/// How much of what it complains about is read.
const COMPLAINT_BYTES_MAX: u64 = 64 << 10;
/// How long it may take to say what it is.
const PROBE_MAX: Duration = Duration::from_secs(10);

/// What it is run with.
#[derive(Clone, Debug)]
pub struct TesseractOptions {
    /// The program's name or path.
    pub program: String,
    /// The languages to read, as Tesseract calls them: `eng`, `deu`.
    pub languages: Vec<String>,
    /// How long one picture may take.
    pub timeout: Duration,
}

/// Why Tesseract cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TesseractError {
    /// There is no such program.
    #[error("`{program}` is not installed")]
    Missing {
        /// The program.
        program: String,
    },
    /// It does not say what it is.
    #[error("cannot run `{program}`: {why}")]
    Broken {
        /// The program.
        program: String,
        /// What happened.
        why: String,
    },
    /// It cannot read a language.
    #[error("`{program}` has no language `{language}`; it has {there}")]
    Language {
        /// The program.
        program: String,
        /// The language.
        language: String,
        /// Those that it has.
        there: String,
    },
}

impl TesseractError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Missing { .. } => {
                "install it (Debian: `apt install tesseract-ocr`), or set `ocr.engine` to a service".into()
            }
            Self::Broken { .. } => "see that it runs by hand, or name another with `ocr.program`".into(),
            Self::Language { language, .. } => {
                format!(
                    "install it (Debian: `apt install tesseract-ocr-{language}`), or change `ocr.languages`"
                )
            }
        }
    }
}

/// Reads pictures by running Tesseract.
pub struct Tesseract {
    id: String,
    options: TesseractOptions,
    turns: Semaphore,
}

impl Tesseract {
    /// Looks for the program and its languages.
    ///
    /// # Errors
    ///
    /// [`TesseractError`] when it is not there, does not run, or lacks a language.
    pub async fn find(options: TesseractOptions) -> Result<Self, TesseractError> {
        let program = || options.program.clone();
        let said = ask(&options.program, "--version").await?;
        let version = said.split_whitespace().skip_while(|word| *word != "tesseract").nth(1);
        let why = || "it does not tell its version".to_owned();
        let version =
            version.ok_or_else(|| TesseractError::Broken { program: program(), why: why() })?.to_owned();
        let said = ask(&options.program, "--list-langs").await?;
        let there: Vec<&str> = said.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect();
        if let Some(missing) = options.languages.iter().find(|own| !there.contains(&own.as_str())) {
            let (language, there) = (missing.clone(), there.join(", "));
            return Err(TesseractError::Language { program: program(), language, there });
        }
        let id = format!("tesseract {version} {}", options.languages.join("+"));
        let turns = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self { id, options, turns: Semaphore::new(turns) })
    }

    fn failed(&self, why: String) -> ModelError {
        ModelError::Failed { model: self.id.clone(), why }
    }

    fn unavailable(&self, error: &io::Error) -> ModelError {
        ModelError::Unavailable { model: self.id.clone(), why: error.to_string() }
    }

    /// One run, to its end. Dropping this ends the process.
    async fn run(&self, picture: &Picture) -> Result<String, ModelError> {
        let languages = self.options.languages.join("+");
        let mut command = bounded(&self.options.program);
        command.args(["stdin", "stdout", "-l", &languages, "tsv"]);
        // The runs are beside each other; threads within one would only get in each other's way.
        command.env("OMP_THREAD_LIMIT", "1").env("LC_ALL", "C");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| self.unavailable(&error))?;
        let (Some(mut input), Some(output), Some(complaints)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(self.failed("it has no input or output".into()));
        };
        let write = async {
            // It may end before it has read everything; its status tells what that means.
            let _ = input.write_all(&picture.bytes).await;
            drop(input);
        };
        let ((), said, complaint) =
            tokio::join!(write, text_of(output, ANSWER_BYTES_MAX), text_of(complaints, COMPLAINT_BYTES_MAX));
        let status = child.wait().await.map_err(|error| self.unavailable(&error))?;
        let said = said.map_err(|error| self.unavailable(&error))?;
        if status.success() {
            return Ok(said);
        }
        let complaint = complaint.unwrap_or_default();
        let complaint = complaint.lines().next_back().map(|line| format!(": {line}")).unwrap_or_default();
        Err(self.failed(format!("it ended with {status}{complaint}")))
    }
}

#[async_trait]
impl Recognizer for Tesseract {
    fn id(&self) -> &str {
        &self.id
    }

    async fn recognize(&self, picture: &Picture) -> Result<Recognized, ModelError> {
        if !is_image(&picture.bytes) {
            return Err(self.failed("the bytes are no picture of a kind that it reads".into()));
        }
        let Ok(_turn) = self.turns.acquire().await else {
            return Err(self.failed("it is shut down".into()));
        };
        let timeout = self.options.timeout;
        let timed_out = |_| ModelError::TimedOut { model: self.id.clone(), waited_s: timeout.as_secs() };
        let said = tokio::time::timeout(timeout, self.run(picture)).await.map_err(timed_out)??;
        Ok(recognized(&said))
    }
}

/// Whether bytes begin as a picture does. Tesseract takes any others for a list of files to be read, so that a
/// "picture" could have it read files of this machine.
fn is_image(bytes: &[u8]) -> bool {
    let marks: [&[u8]; 8] = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"II*\0",
        b"MM\0*",
        b"GIF87a",
        b"GIF89a",
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"BM",
    ];
    let is_bitmap = || {
        let size = bytes.get(2..6).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
        size.and_then(|size| usize::try_from(size).ok()) == Some(bytes.len())
    };
    let web = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let mark = marks.iter().find(|mark| bytes.starts_with(mark));
    web || mark.is_some_and(|mark| *mark != b"BM" || is_bitmap())
}

/// The program with a bound on its memory, where the system has one.
fn bounded(program: &str) -> Command {
    if cfg!(unix) {
        let mut command = Command::new("sh");
        let script = format!("ulimit -v {MEMORY_KIB_MAX} 2>/dev/null; exec \"$0\" \"$@\"");
        command.arg("-c").arg(script).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// What the program says when it is asked with one word.
async fn ask(program: &str, word: &str) -> Result<String, TesseractError> {
    let broken = |why: String| TesseractError::Broken { program: program.to_owned(), why };
    let mut command = Command::new(program);
    command.arg(word).env("LC_ALL", "C").stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PROBE_MAX, command.output())
        .await
        .map_err(|_| broken(format!("it did not answer within {} s", PROBE_MAX.as_secs())))?;
    let output = output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => TesseractError::Missing { program: program.to_owned() },
        _ => broken(error.to_string()),
    })?;
    if !output.status.success() {
        return Err(broken(format!("`{word}` ended with {}", output.status)));
    }
    // Some versions say this on the one, some on the other.
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

async fn text_of(from: impl AsyncRead + Unpin, bytes_max: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut from = from;
    (&mut from).take(bytes_max).read_to_end(&mut bytes).await?;
    // What goes beyond is read and left, so that the process is not held up.
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads Tesseract's table: `level page block paragraph line word left top width height confidence text`.
fn recognized(table: &str) -> Recognized {
    let mut lines: Vec<RecognizedLine> = Vec::new();
    let (mut size, mut begins_paragraph) = ([0.0; 2], true);
    for row in table.lines().skip(1) {
        let fields: Vec<&str> = row.splitn(12, '\t').collect();
        let [level, _, _, _, _, _, left, top, width, height, confidence, text] = fields[..] else { continue };
        let number = |field: &str| field.parse::<f32>().unwrap_or(0.0);
        let (left, top, width, height) = (number(left), number(top), number(width), number(height));
        match level {
            "1" => size = [width, height],
            "2" | "3" => begins_paragraph = true,
            "4" => {
                let place = place([left, top, left + width, top + height], size);
                lines.push(RecognizedLine { begins_paragraph, words: Vec::new(), place });
                begins_paragraph = false;
            }
            "5" if !text.trim().is_empty() => {
                let confidence = Some((number(confidence) / 100.0).clamp(0.0, 1.0));
                let word = RecognizedWord { text: text.trim().to_owned(), confidence };
                lines.extend(lines.is_empty().then(RecognizedLine::default));
                lines.last_mut().map(|line| line.words.push(word)).unwrap_or_default();
            }
            _ => {}
        }
    }
    // A line that says nothing may have begun a paragraph.
    let mut pending = false;
    lines.retain_mut(|line| {
        line.begins_paragraph |= std::mem::take(&mut pending);
        pending = line.words.is_empty() && line.begins_paragraph;
        !line.words.is_empty()
    });
    Recognized { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_as_lines_of_words() {
        let table = "level\tpage_num\n\
            1\t1\t0\t0\t0\t0\t0\t0\t200\t100\t-1\t\n\
            2\t1\t1\t0\t0\t0\t0\t0\t0\t0\t-1\t\n\
            3\t1\t1\t1\t0\t0\t0\t0\t0\t0\t-1\t\n\
            4\t1\t1\t1\t1\t0\t20\t10\t100\t10\t-1\t\n\
            5\t1\t1\t1\t1\t1\t20\t10\t40\t10\t91.5\tOne\n\
            5\t1\t1\t1\t1\t2\t70\t10\t50\t10\t12\ttwo\n\
            4\t1\t1\t1\t2\t0\t20\t30\t100\t10\t-1\t\n\
            5\t1\t1\t1\t2\t1\t20\t30\t40\t10\t-1\t \n\
            3\t1\t1\t2\t0\t0\t0\t0\t0\t0\t-1\t\n\
            4\t1\t1\t2\t1\t0\t20\t50\t100\t10\t-1\t\n\
            5\t1\t1\t2\t1\t1\t20\t50\t40\t10\t99\tthree\n\
            broken row\n";
        let read = recognized(table);
        let lines: Vec<(bool, Vec<&str>)> = read
            .lines
            .iter()
            .map(|line| (line.begins_paragraph, line.words.iter().map(|word| word.text.as_str()).collect()))
            .collect();
        assert_eq!(lines, [(true, vec!["One", "two"]), (true, vec!["three"])]);
        assert_eq!(read.lines[0].words[1].confidence, Some(0.12));
        let place = read.lines[0].place.unwrap();
        assert_eq!((place.left, place.top, place.right, place.bottom), (0.1, 0.1, 0.6, 0.2));
        assert_eq!(recognized(""), Recognized::default());
    }

    #[test]
    fn a_list_of_files_is_no_picture() {
        for bytes in [&b"/etc/passwd"[..], b"", b"BM/tmp/x.png", b"P5 1 1 1 x", b"RIFF____WAVE"] {
            assert!(!is_image(bytes), "{bytes:?}");
        }
        for bytes in [&b"\x89PNG\r\n\x1a\nx"[..], b"\xff\xd8\xff\xe0", b"GIF89a", b"BM\x08\0\0\0\0\0"] {
            assert!(is_image(bytes), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_table_is_read(table in "([0-9]{1,2}\t|\n|word|-1|é){0,60}") {
            for line in recognized(&table).lines {
                proptest::prop_assert!(!line.words.is_empty());
            }
        }
    }
}
