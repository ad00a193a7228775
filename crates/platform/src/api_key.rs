//! Keys to others' servers, which stand in variables or files and never in the configuration.

use std::path::Path;

use access::PrivateText;

use crate::PlatformError;
use crate::environment::Environment;

/// Where the key to a server is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyPlace<'a> {
    /// The variable that holds it; empty where there is none.
    pub variable: &'a str,
    /// The file that holds it; empty where there is none.
    pub file: &'a str,
    /// The server, for messages.
    pub of: &'a str,
}

/// The key; `None` where the server needs none.
///
/// # Errors
///
/// [`PlatformError`] when the variable is not set or the file cannot be read.
pub(crate) fn api_key(
    place: KeyPlace<'_>,
    environment: &Environment,
) -> Result<Option<PrivateText>, PlatformError> {
    if !place.variable.is_empty() {
        return match environment.get(place.variable) {
            Some(key) => Ok(Some(PrivateText::new(key))),
            None => Err(PlatformError::Argument {
                what: format!(
                    "the variable `{}`, which holds the key to `{}`, is not set",
                    place.variable, place.of
                ),
                hint: "set it, or name a file with `api_key_file`".into(),
            }),
        };
    }
    if place.file.is_empty() {
        return Ok(None);
    }
    read_key(Path::new(place.file)).map(Some)
}

#[expect(clippy::disallowed_methods, reason = "a key's file is read here and nowhere else")]
fn read_key(path: &Path) -> Result<PrivateText, PlatformError> {
    let key = std::fs::read_to_string(path).map_err(PlatformError::file("read", path))?;
    Ok(PrivateText::new(key.trim()))
}
