//! `guard redact` and `guard restore`: personal and secret values out of a text, and back into it.

use access::PrivateText;
use gateway::{Restored, Vault};
use guard::{Guard, Kind, Policy, Redactor, Style, Tier};
use store::Database;

use super::guard::whole_text;
use crate::api_key::{KeyPlace, api_key};
use crate::{Platform, PlatformError};

/// What to take out of a text.
#[derive(Clone, Debug)]
pub struct RedactCall {
    /// A file, or `-` for standard input.
    pub input: String,
    /// What the text is.
    pub kind: Kind,
    /// Whether values can be put back: then each becomes a token, and is kept under the key of the settings.
    pub is_reversible: bool,
}

impl Platform {
    /// A text without its personal and secret values.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the input cannot be read as text, or values are to be kept and cannot be.
    pub async fn guard_redact(&self, call: RedactCall) -> Result<String, PlatformError> {
        let vault = if call.is_reversible { Some(self.vault().await?) } else { None };
        let text = whole_text(self, call.input).await?;
        let style = vault.as_ref().map_or(Style::Mask, Vault::style);
        let kind = call.kind;
        let (text, redactor) = runtime::blocking(move || {
            let guard = Guard::default().with_policy(kind, Policy::new(Policy::VALUES.into()));
            let verdict = guard.scan(kind, &text);
            let mut redactor = Redactor::new(style);
            (redactor.redact_scanned(&text, &verdict, (&guard, kind, Tier::All)), redactor)
        })
        .await?;
        if let Some(vault) = vault {
            vault.keep(redactor.tokens()).await?;
        }
        Ok(text)
    }

    /// A text with the values put back that were kept.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] when the input cannot be read as text, there is no key, or values were kept under another.
    pub async fn guard_restore(&self, input: String) -> Result<Restored, PlatformError> {
        let text = whole_text(self, input).await?;
        Ok(self.vault().await?.restore(&text).await?)
    }

    /// The key that values are kept under.
    pub(crate) fn values_key(&self) -> Result<PrivateText, PlatformError> {
        let own = &self.require_settings()?.guard;
        let place =
            KeyPlace { variable: &own.values_key_env, file: &own.values_key_file, of: "the guard's values" };
        api_key(place, &self.environment)?.ok_or_else(|| PlatformError::Argument {
            what: "there is no key to keep values under".into(),
            hint: "make one with `openssl rand -base64 32`, and name it with `guard.values_key_env` or \
                   `guard.values_key_file`"
                .into(),
        })
    }

    async fn vault(&self) -> Result<Vault, PlatformError> {
        let key = self.values_key()?;
        let database = Database::open_sqlite(&self.home()?.state_database()).await?;
        Ok(Vault::open(database, &key).await?)
    }
}
