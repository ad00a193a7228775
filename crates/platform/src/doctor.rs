//! `doctor`: what works, what is missing, and what to do about it.

use access::Reader;

use crate::parts::Embedding;
use crate::{Platform, PlatformError};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStatus {
    /// It works.
    Ok,
    /// It is not there yet, and a command brings it.
    Missing,
    /// It does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it came out.
    pub status: CheckStatus,
    /// What was found.
    pub detail: String,
    /// What to do; empty when it works.
    pub hint: String,
}

impl Check {
    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status: CheckStatus::Ok, detail: detail.into(), hint: String::new() }
    }

    fn broken(name: impl Into<String>, error: &PlatformError) -> Self {
        let mut detail = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            detail.push_str(": ");
            detail.push_str(&inner.to_string());
            source = inner.source();
        }
        Self { name: name.into(), status: CheckStatus::Broken, detail, hint: error.hint() }
    }
}

impl Platform {
    /// Looks at everything that the stack needs.
    pub async fn doctor(&self) -> Vec<Check> {
        let mut checks = self.check_configuration();
        if checks.iter().any(|check| check.status == CheckStatus::Broken) {
            return checks;
        }
        match self.home() {
            Ok(home) => checks.push(Check::ok("home", home.directory().display().to_string())),
            Err(error) => {
                checks.push(Check::broken("home", &error));
                return checks;
            }
        }
        checks.push(self.check_model().await);
        checks.push(self.check_ocr().await);
        checks.extend(self.check_collections().await);
        checks
    }

    fn check_configuration(&self) -> Vec<Check> {
        let resolved = self.configuration();
        if resolved.problems.is_empty() {
            let set = resolved.values.iter().filter(|value| value.origin != crate::Origin::Default).count();
            let detail = format!(
                "stack `{}`, {set} of {} settings set",
                resolved.settings.stack.as_str(),
                resolved.values.len()
            );
            return vec![Check::ok("configuration", detail)];
        }
        let broken = |problem: &crate::ConfigProblem| Check {
            name: "configuration".into(),
            status: CheckStatus::Broken,
            detail: problem.to_string(),
            hint: "mend it, or leave it out for the default".into(),
        };
        resolved.problems.iter().map(broken).collect()
    }

    async fn check_model(&self) -> Check {
        let name = format!("model {}", provider::MODEL_NAME);
        match self.models() {
            Err(error) => Check::broken(name, &error),
            Ok(models) if models.iter().any(|model| !model.present) => Check {
                name,
                status: CheckStatus::Missing,
                detail: "its files are not here".into(),
                hint: "`patou model pull` fetches them (87 MiB)".into(),
            },
            Ok(_) => match self.verify_models().await {
                Ok(()) => Check::ok(name, "hashes verified"),
                Err(error) => Check::broken(name, &error),
            },
        }
    }

    async fn check_collections(&self) -> Vec<Check> {
        let summaries = match self.collections(&Reader::Operator).await {
            Ok(summaries) => summaries,
            Err(error) => return vec![Check::broken("state database", &error)],
        };
        let mut checks = vec![Check::ok("state database", format!("{} collections", summaries.len()))];
        if summaries.is_empty() {
            return checks;
        }
        let library = match self.library(Embedding::On).await {
            Ok(library) => library,
            Err(error) => {
                checks.push(Check::broken("index", &error));
                return checks;
            }
        };
        for summary in summaries {
            let name = format!("collection {}", summary.record.name);
            match library.audit(&summary.record.name).await.map_err(PlatformError::from) {
                Ok(points) => checks.push(Check::ok(
                    name,
                    format!("{} documents, {points} chunks, index and registry agree", summary.documents),
                )),
                Err(error) => checks.push(Check::broken(name, &error)),
            }
        }
        checks
    }
}
