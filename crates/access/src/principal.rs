//! A name that can be granted something: `user:NAME`, `group:NAME` or `app:NAME`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What sort of name a [`Principal`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A set of people.
    Group,
    /// A program.
    App,
}

impl PrincipalKind {
    /// The word before the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::App => "app",
        }
    }
}

/// Somebody or something that an access list can name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Principal {
    kind: PrincipalKind,
    name: String,
}

/// Why a text is not a [`Principal`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PrincipalError {
    /// There is no `user:`, `group:` or `app:` in front.
    #[error("principal `{0}` does not start with `user:`, `group:` or `app:`")]
    Kind(String),
    /// Nothing follows the colon.
    #[error("principal `{0}` has no name after the colon")]
    Empty(String),
    /// The name holds a control character or begins or ends with white space.
    #[error("principal `{0}` has white space around its name or a control character in it")]
    Name(String),
}

impl Principal {
    /// What sort of name this is.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The part after the colon.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kinds = [PrincipalKind::User, PrincipalKind::Group, PrincipalKind::App];
        let (kind, name) = kinds
            .into_iter()
            .find_map(|kind| Some((kind, text.strip_prefix(kind.as_str())?.strip_prefix(':')?)))
            .ok_or_else(|| PrincipalError::Kind(text.to_owned()))?;
        if name.trim().is_empty() {
            return Err(PrincipalError::Empty(text.to_owned()));
        }
        if name.trim() != name || name.chars().any(char::is_control) {
            return Err(PrincipalError::Name(text.escape_debug().to_string()));
        }
        Ok(Self { kind, name: name.to_owned() })
    }
}

impl TryFrom<String> for Principal {
    type Error = PrincipalError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.to_string()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        for text in ["user:ada", "group:ml platform", "app:ci:nightly"] {
            assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_names_nobody() {
        assert_eq!("ada".parse::<Principal>(), Err(PrincipalError::Kind("ada".into())));
        assert_eq!("".parse::<Principal>(), Err(PrincipalError::Kind("".into())));
        assert_eq!("user:".parse::<Principal>(), Err(PrincipalError::Empty("user:".into())));
        assert_eq!("group:  ".parse::<Principal>(), Err(PrincipalError::Empty("group:  ".into())));
        assert!(matches!("user: ada".parse::<Principal>(), Err(PrincipalError::Name(_))));
        assert!(matches!("user:a\nb".parse::<Principal>(), Err(PrincipalError::Name(_))));
    }
}
