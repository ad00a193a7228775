//! The files of all-MiniLM-L6-v2: which they are, where they lie, and that they are what they should be.

#![expect(clippy::disallowed_methods, reason = "this module and those below it own the files of models")]

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use model::ModelError;
use sha2::{Digest, Sha256};

mod hub;
mod package;
mod pull;

pub use pull::{PullEvent, PullOptions, pull};

/// The local encoder's model, by the name its makers gave it; also the name of its folder.
pub const MODEL_NAME: &str = "all-MiniLM-L6-v2";

/// One file of the model.
pub(crate) struct ModelFile {
    pub(crate) name: &'static str,
    pub(crate) sha256: &'static str,
}

const WEIGHTS: ModelFile = ModelFile {
    name: "model.safetensors",
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
};

const TOKENIZER: ModelFile = ModelFile {
    name: "tokenizer.json",
    sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

pub(crate) const FILES: [ModelFile; 2] = [TOKENIZER, WEIGHTS];

/// Where the model's files lie, whether or not they are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPaths {
    directory: PathBuf,
}

impl ModelPaths {
    /// The paths below a folder that holds models.
    pub fn below(models_dir: &Path) -> Self {
        Self { directory: models_dir.join(MODEL_NAME) }
    }

    /// The model's own folder.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The weights, in the safetensors format.
    pub fn weights(&self) -> PathBuf {
        self.directory.join(WEIGHTS.name)
    }

    /// The vocabulary and how texts are cut, in the format of `tokenizers`.
    pub fn tokenizer(&self) -> PathBuf {
        self.directory.join(TOKENIZER.name)
    }

    /// Whether all files are there. They are put there whole and verified; [`verify`] proves that again.
    pub fn are_present(&self) -> bool {
        FILES.iter().all(|file| self.directory.join(file.name).is_file())
    }
}

/// Hashes the files and compares with what they should be.
///
/// # Errors
///
/// [`ModelError::File`] when a file cannot be read, [`ModelError::Damaged`] when it is not the right one.
pub fn verify(paths: &ModelPaths) -> Result<(), ModelError> {
    FILES.iter().try_for_each(|file| verify_file(&paths.directory.join(file.name), file))
}

pub(crate) fn verify_file(path: &Path, file: &ModelFile) -> Result<(), ModelError> {
    let actual = sha256(path).map_err(|source| failed("read", path, source))?;
    if actual == file.sha256 {
        return Ok(());
    }
    let why = format!("its sha256 is {actual}, not {}", file.sha256);
    Err(ModelError::Damaged { path: path.display().to_string(), why })
}

pub(crate) fn failed(action: &'static str, path: &Path, source: io::Error) -> ModelError {
    ModelError::File { action, path: path.display().to_string(), source }
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_told_by_name() {
        let home = tempfile::tempdir().unwrap();
        let paths = ModelPaths::below(home.path());
        assert!(!paths.are_present());
        assert!(matches!(verify(&paths), Err(ModelError::File { action: "read", .. })));
        std::fs::create_dir(paths.directory()).unwrap();
        std::fs::write(paths.tokenizer(), "abc").unwrap();
        std::fs::write(paths.weights(), "abc").unwrap();
        assert!(paths.are_present());
        let damaged = verify(&paths).unwrap_err().to_string();
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(damaged.contains("tokenizer.json") && damaged.contains(hash), "{damaged}");
    }
}
