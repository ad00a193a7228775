//! What a token says of its subject.

use std::collections::BTreeSet;

use access::Principal;
use serde_json::{Map, Value};

use super::{IssuerSpec, MICROS_PER_SECOND, TokenRefusal};
use crate::key::{Key, KeySpec, Role};

/// The longest name of a subject, in bytes (OpenID Connect Core, section 2).
const SUBJECT_BYTES_MAX: usize = 255;

/// The claims of a token.
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    /// Reads a payload.
    pub fn read(payload: &[u8]) -> Result<Self, TokenRefusal> {
        let claims = serde_json::from_slice(payload);
        claims.map(Self).map_err(|_| TokenRefusal::Malformed("its claims are no JSON object"))
    }

    /// A claim that is a text and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.find(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Checks the times and whom the token is for; gives the moment until which it is good, in microseconds since 1970.
    pub fn check(&self, spec: &IssuerSpec, now_micros: i64) -> Result<i64, TokenRefusal> {
        let leeway = i64::from(spec.leeway_s) * MICROS_PER_SECOND;
        let ends = self.moment("exp")?.ok_or_else(|| missing("exp"))?.saturating_add(leeway);
        if ends <= now_micros {
            return Err(TokenRefusal::Expired);
        }
        if self.moment("nbf")?.is_some_and(|begins| begins.saturating_sub(leeway) > now_micros) {
            return Err(TokenRefusal::NotYet);
        }
        let is_ours = |audience: &str| spec.audiences.iter().any(|own| own == audience);
        let named = match self.0.get("aud") {
            Some(Value::String(audience)) => is_ours(audience),
            Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).any(is_ours),
            _ => false,
        };
        if named { Ok(ends) } else { Err(TokenRefusal::Audience) }
    }

    /// The key that stands for the subject.
    pub fn key(&self, spec: &IssuerSpec) -> Result<Key, TokenRefusal> {
        let subject = self.text("sub").filter(|subject| subject.len() <= SUBJECT_BYTES_MAX);
        let subject = subject.ok_or_else(|| missing("sub"))?;
        let groups = self.groups(spec)?;
        let mut principals: BTreeSet<Principal> = BTreeSet::new();
        principals.insert(self.itself(spec, subject)?);
        // What is no name of a group is in no access list either.
        principals.extend(groups.iter().filter_map(|group| format!("group:{group}").parse().ok()));
        let may =
            |(_, wanted): &&(Role, Vec<String>)| wanted.iter().any(|group| groups.contains(&group.as_str()));
        let team = (!spec.team_claim.is_empty()).then(|| self.text(&spec.team_claim)).flatten();
        Ok(Key {
            id: format!("token:{}:{subject}", spec.name),
            spec: KeySpec {
                name: self.text(&spec.user_claim).unwrap_or(subject).to_owned(),
                team: team.map(str::to_owned),
                principals,
                roles: spec.roles.iter().filter(may).map(|(role, _)| *role).collect(),
                limits: spec.limits,
            },
            prefixes: Vec::new(),
            created_at: self.moment("iat")?.unwrap_or_default(),
            expires_at: self.moment("exp")?,
            revoked_at: None,
        })
    }

    /// The user, or the program that calls in its own name.
    fn itself(&self, spec: &IssuerSpec, subject: &str) -> Result<Principal, TokenRefusal> {
        let app = ["azp", "appid", "client_id"].into_iter().find_map(|name| self.text(name));
        // Entra marks such tokens with `idtyp`, where asked to, and else by having no scope and the subject for its
        // object; others have the client for the subject.
        let is_app = self.text("idtyp") == Some("app")
            || app == Some(subject)
            || (self.text("oid") == Some(subject) && self.0.get("scp").is_none());
        let (kind, claim, name) = match app.filter(|_| is_app) {
            Some(app) => ("app", "azp", app),
            None => {
                let claim = spec.user_claim.as_str();
                ("user", claim, self.text(claim).ok_or_else(|| missing(claim))?)
            }
        };
        format!("{kind}:{name}").parse().map_err(|_| missing(claim))
    }

    /// The groups and app roles.
    fn groups(&self, spec: &IssuerSpec) -> Result<Vec<&str>, TokenRefusal> {
        // Entra's way of saying that a list is elsewhere: `_claim_names`, or `hasgroups` in tokens of pages.
        let elsewhere = |name: &str| match self.0.get("_claim_names") {
            Some(Value::Object(names)) => names.contains_key(name),
            Some(_) => true,
            None => name == "groups" && self.0.get("hasgroups").is_some_and(|has| *has != Value::Bool(false)),
        };
        let mut groups = Vec::new();
        for name in &spec.group_claims {
            if elsewhere(name) {
                return Err(TokenRefusal::Overage);
            }
            match self.find(name) {
                None | Some(Value::Null) => {}
                Some(Value::String(one)) => groups.push(one.as_str()),
                Some(Value::Array(several)) if several.iter().all(Value::is_string) => {
                    groups.extend(several.iter().filter_map(Value::as_str));
                }
                Some(_) => return Err(missing(name)),
            }
        }
        Ok(groups)
    }

    /// A claim by its name, or by the path to it: `realm_access.roles`.
    fn find(&self, name: &str) -> Option<&Value> {
        if let Some(found) = self.0.get(name) {
            return Some(found);
        }
        let (first, rest) = name.split_once('.')?;
        rest.split('.').try_fold(self.0.get(first)?, |claim, part| claim.get(part))
    }

    /// A moment, in microseconds since 1970; an error where it is no number.
    fn moment(&self, name: &str) -> Result<Option<i64>, TokenRefusal> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let whole = value.as_i64();
        #[expect(clippy::cast_possible_truncation, reason = "what is beyond all time is its end")]
        let seconds = whole.or_else(|| value.as_f64().map(|seconds| seconds as i64));
        let seconds = seconds.ok_or_else(|| missing(name))?;
        Ok(Some(seconds.saturating_mul(MICROS_PER_SECOND)))
    }
}

fn missing(claim: &str) -> TokenRefusal {
    TokenRefusal::Claim(claim.to_owned())
}
