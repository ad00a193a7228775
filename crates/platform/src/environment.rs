//! Every environment variable that Patou reads, in one list. The one place that reads the environment.

#![expect(clippy::disallowed_methods, reason = "this module is where the environment is read")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::settings::KEYS;

/// A variable that is no setting.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
}

/// The variables that are no settings; each setting has one more, named after its key.
pub const VARIABLES: &[Variable] = &[
    Variable { name: "PATOU_HOME", what: "the home, where `--home` is not given" },
    Variable { name: "PATOU_CONFIG", what: "the configuration file, where `--config` is not given" },
    Variable { name: "AZURE_STORAGE_KEY", what: "`az://`: the account's key" },
    Variable { name: "AZURE_STORAGE_SAS_TOKEN", what: "`az://`: a shared access signature" },
    Variable { name: "AZURE_STORAGE_ENDPOINT", what: "`az://`: another address than Azure's own" },
    Variable { name: "AZURE_TENANT_ID", what: "`az://`, `graph://`: the tenant" },
    Variable { name: "AZURE_CLIENT_ID", what: "`az://`, `graph://`: the application" },
    Variable { name: "AZURE_CLIENT_SECRET", what: "`az://`, `graph://`: the application's secret" },
    Variable { name: "AZURE_AUTHORITY_HOST", what: "`az://`, `graph://`: who hands out tokens" },
    Variable { name: "GRAPH_TOKEN", what: "`graph://`: a token that is there already" },
    Variable { name: "GRAPH_ENDPOINT", what: "`graph://`: another address than Graph's own" },
    Variable { name: "AWS_ACCESS_KEY_ID", what: "`s3://`: the key's id" },
    Variable { name: "AWS_SECRET_ACCESS_KEY", what: "`s3://`: the key" },
    Variable { name: "AWS_SESSION_TOKEN", what: "`s3://`: a session's token" },
    Variable { name: "AWS_REGION", what: "`s3://`: the bucket's region" },
    Variable { name: "AWS_ENDPOINT_URL", what: "`s3://`: another address than Amazon's own" },
    Variable { name: "PATOU_CACHE", what: "where `cargo xtask` keeps what tests need" },
    Variable { name: "PATOU_TEST_MODELS", what: "the models folder that tests use" },
    Variable {
        name: "PATOU_TEST_CLIENTS",
        what: "the folder of the browser's driver and the clients that tests use",
    },
    Variable { name: "PATOU_TEST_SCREENSHOT", what: "where the browser test puts the README's picture" },
    Variable { name: "PATOU_TEST_KILLS", what: "how often the crash test kills an ingest" },
    Variable { name: "PATOU_SHARED_DATA", what: "the development data that tests measure against" },
];

/// The environment as it was when the program began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(pub(crate) BTreeMap<String, String>);

impl Environment {
    /// Reads the process's environment. Variables that are not UTF-8 are not ours.
    pub(crate) fn read() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(utf8).collect())
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A secret or what goes with it: the variable, or what the file holds that `NAME_FILE` names.
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        let from_file = || {
            let path = self.get(&format!("{name}_FILE"))?;
            let text = std::fs::read_to_string(path).ok()?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty())
        };
        self.get(name).map(str::to_owned).or_else(from_file)
    }

    /// The `PATOU_*` variables that mean nothing.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        let known = |name: &str| {
            VARIABLES.iter().any(|variable| variable.name == name)
                || KEYS.iter().any(|key| key.variable() == name)
        };
        self.0.keys().map(String::as_str).filter(move |name| name.starts_with("PATOU_") && !known(name))
    }

    /// The platform's data directory for Patou.
    pub(crate) fn data_directory(&self) -> Option<PathBuf> {
        let user = self.get("HOME").or_else(|| self.get("USERPROFILE")).map(PathBuf::from);
        let base = if cfg!(target_os = "macos") {
            user.map(|user| user.join("Library/Application Support"))
        } else if cfg!(windows) {
            self.get("LOCALAPPDATA").map(PathBuf::from)
        } else {
            self.get("XDG_DATA_HOME")
                .map(PathBuf::from)
                .or_else(|| user.map(|user| user.join(".local/share")))
        };
        base.map(|base| base.join("patou"))
    }
}
