//! What documents are read with beside their parsers, out of the settings: who reads pictures, and which passwords
//! are tried.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::Recognizer;
use provider::{AzureRecognizer, HttpRecognizer, Tesseract, TesseractOptions};
use rag::{Extraction, Passwords, Pictures};

use crate::doctor::{Check, CheckStatus};
use crate::models::endpoint;
use crate::{ModelServer, Platform, PlatformError};

/// The most bytes of a file of passwords.
const PASSWORDS_BYTES_MAX: u64 = 1 << 20;
/// The most passwords: each is tried on each file that is locked.
const PASSWORDS_MAX: usize = 1000;

/// Who reads pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OcrEngine {
    /// Tesseract where it is installed, else nobody.
    #[default]
    Auto,
    /// Tesseract.
    Tesseract,
    /// Azure Document Intelligence.
    Azure,
    /// A service of one's own.
    Http,
    /// Nobody.
    Off,
}

impl OcrEngine {
    /// Every engine, by the name that configuration writes.
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("auto", Self::Auto),
        ("tesseract", Self::Tesseract),
        ("azure", Self::Azure),
        ("http", Self::Http),
        ("off", Self::Off),
    ];
}

/// How pictures are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OcrSettings {
    /// By whom.
    pub engine: OcrEngine,
    /// Tesseract's name or path.
    pub program: String,
    /// The languages, as Tesseract calls them, joined by `+`.
    pub languages: String,
    /// The service, where one is asked.
    pub server: ModelServer,
    /// Words of less confidence are flagged; 0 to 1.
    pub confidence_min: f32,
}

impl OcrSettings {
    fn languages(&self) -> Vec<String> {
        let languages = self.languages.split(['+', ',']).map(str::trim);
        languages.filter(|language| !language.is_empty()).map(str::to_owned).collect()
    }
}

/// Why nobody reads pictures.
struct Unread {
    status: CheckStatus,
    why: String,
    hint: String,
}

impl Platform {
    /// What documents are read with beside their parsers.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the file of passwords cannot be read. Where pictures cannot be read, that is said of
    /// each picture instead.
    pub(crate) async fn extraction(&self) -> Result<Extraction, PlatformError> {
        let settings = self.require_settings()?;
        let passwords = read_passwords(&settings.passwords_file)?;
        let pictures = match self.recognizer().await {
            Ok(recognizer) => Pictures::Read { recognizer, confidence_min: settings.ocr.confidence_min },
            Err(Unread { why, hint, .. }) => Pictures::Left { why: format!("{why}; {hint}") },
        };
        Ok(Extraction { pictures, passwords })
    }

    /// Whether pictures are read, for `doctor`.
    pub(crate) async fn check_ocr(&self) -> Check {
        let name = "pictures".to_owned();
        match self.recognizer().await {
            Ok(recognizer) => {
                let detail = format!("read by {}", recognizer.id());
                Check { name, status: CheckStatus::Ok, detail, hint: String::new() }
            }
            Err(Unread { status: CheckStatus::Ok, why, .. }) => {
                Check { name, status: CheckStatus::Ok, detail: why, hint: String::new() }
            }
            Err(Unread { status, why, hint }) => Check { name, status, detail: why, hint },
        }
    }

    async fn recognizer(&self) -> Result<Arc<dyn Recognizer>, Unread> {
        let broken = |error: PlatformError| Unread {
            status: CheckStatus::Broken,
            why: error.to_string(),
            hint: error.hint(),
        };
        let own = &self.require_settings().map_err(broken)?.ocr;
        let is_service = matches!(own.engine, OcrEngine::Azure | OcrEngine::Http);
        if is_service && own.server.url.is_empty() {
            let why = "no service is named that reads pictures".into();
            let hint = "set `ocr.endpoint`, or `ocr.engine` to `tesseract`".into();
            return Err(Unread { status: CheckStatus::Broken, why, hint });
        }
        match own.engine {
            OcrEngine::Off => Err(Unread {
                status: CheckStatus::Ok,
                why: "`ocr.engine` is `off`".into(),
                hint: "set it to `auto` to have pictures read".into(),
            }),
            OcrEngine::Auto | OcrEngine::Tesseract => {
                let options = TesseractOptions {
                    program: own.program.clone(),
                    languages: own.languages(),
                    timeout: Duration::from_secs(own.server.first_seconds_max),
                };
                let missing = |error: provider::TesseractError| Unread {
                    status: CheckStatus::Missing,
                    why: format!("{error}, which reads pictures"),
                    hint: error.hint(),
                };
                Ok(Arc::new(Tesseract::find(options).await.map_err(missing)?))
            }
            OcrEngine::Azure => {
                Ok(Arc::new(AzureRecognizer::new(endpoint(&own.server, &self.environment).map_err(broken)?)))
            }
            OcrEngine::Http => {
                let endpoint = endpoint(&own.server, &self.environment).map_err(broken)?;
                Ok(Arc::new(HttpRecognizer::new(endpoint, &own.languages())))
            }
        }
    }
}

/// The passwords that a file holds, one a line; none where no file is named.
#[expect(clippy::disallowed_methods, reason = "the file of passwords is read here and nowhere else")]
fn read_passwords(path: &str) -> Result<Passwords, PlatformError> {
    if path.is_empty() {
        return Ok(Passwords::default());
    }
    let path = Path::new(path);
    let failed = PlatformError::file("read", path);
    let length = match std::fs::metadata(path) {
        Ok(file) => file.len(),
        Err(error) => return Err(failed(error)),
    };
    let too_long = |what: String| PlatformError::Argument {
        what: format!("`{}` has more than {what}", path.display()),
        hint: "`ingest.passwords_file` holds one password a line".into(),
    };
    if length > PASSWORDS_BYTES_MAX {
        return Err(too_long(format!("{PASSWORDS_BYTES_MAX} bytes")));
    }
    let text = std::fs::read(path).map_err(failed)?;
    // A password may be of any bytes; those that are no UTF-8 open nothing.
    let text = String::from_utf8_lossy(&text);
    let passwords = Passwords::new(text.lines().filter(|line| !line.is_empty()).map(str::to_owned));
    if passwords.reveal().len() > PASSWORDS_MAX {
        return Err(too_long(format!("{PASSWORDS_MAX} passwords")));
    }
    Ok(passwords)
}
