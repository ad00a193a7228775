//! Settings, as the command line and the console show them.

use std::path::PathBuf;

use platform::Platform;
use serde::Serialize;
use utoipa::ToSchema;

/// The resolved settings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Configuration {
    /// Where everything lies that is written.
    #[schema(value_type = String)]
    pub home: PathBuf,
    /// Every setting.
    pub settings: Vec<Setting>,
    /// What is wrong.
    pub problems: Vec<SettingProblem>,
}

/// One setting.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Setting {
    /// Its name, as the file has it.
    pub name: String,
    /// What it is set to, as the file would have it.
    pub value: String,
    /// Where that came from.
    pub origin: String,
    /// What it means.
    pub what: String,
}

/// Something wrong with the configuration.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettingProblem {
    /// Where it stands.
    pub origin: String,
    /// What is wrong.
    pub problem: String,
}

/// What a server serves with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServedSettings {
    /// Patou's version.
    pub version: String,
    /// The stack that serves.
    pub stack: String,
    /// Who writes answers: a chat model's name, or `extractive`.
    pub answers_by: String,
    /// The resolved settings.
    #[serde(flatten)]
    pub configuration: Configuration,
}

/// The resolved settings.
pub fn configuration(platform: &Platform) -> Configuration {
    let resolved = platform.configuration();
    let settings = resolved.values.iter().map(|value| Setting {
        name: value.name.to_string(),
        value: value.value.clone(),
        origin: value.origin.to_string(),
        what: value.what.to_string(),
    });
    let problems = resolved
        .problems
        .iter()
        .map(|problem| SettingProblem { origin: problem.origin.to_string(), problem: problem.what.clone() });
    Configuration {
        home: platform.home_directory().to_path_buf(),
        settings: settings.collect(),
        problems: problems.collect(),
    }
}
