//! The keys of `server.issuers.NAME`: whose tokens are taken.

use gateway::{Algorithm, IssuerSpec, KeyRole, Limits};

use super::{FamilyKey, put_limit};
use crate::settings::values::{choose, put, put_text, put_url};
use crate::settings::{Kind, ServerSettings, Settings};

/// Somebody who makes tokens that are taken here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuerSettings {
    /// What its tokens say, and who that is.
    pub spec: IssuerSpec,
    /// Where its keys are; empty where its own description says so.
    pub jwks_url: String,
}

/// The settings of an issuer.
pub(super) const ISSUER: &[FamilyKey] = &[
    FamilyKey {
        name: "issuer",
        kind: Kind::Text,
        default: "",
        what: "what stands in the tokens' `iss`, to the letter",
        set: |settings, name, value| {
            put_url(&mut String::new(), value)?;
            put_text(&mut spec(settings, name).issuer, value)
        },
    },
    FamilyKey {
        name: "jwks_url",
        kind: Kind::Text,
        default: "",
        what: "where the issuer's keys are; without it, where its `/.well-known/openid-configuration` says",
        set: |settings, name, value| put_url(&mut issuer(settings, name).jwks_url, value),
    },
    FamilyKey {
        name: "audiences",
        kind: Kind::Texts,
        default: "",
        what: "this service's names in `aud`, of which a token has to have one",
        set: |settings, name, value| put_texts(&mut spec(settings, name).audiences, value),
    },
    FamilyKey {
        name: "algorithms",
        kind: Kind::Texts,
        default: "RS256\nES256",
        what: "the signatures that are taken: `RS256` to `RS512`, `PS256` to `PS512`, `ES256`, `ES384`, `EdDSA`",
        set: |settings, name, value| {
            let algorithms = value.lines().map(|name| choose(name, Algorithm::NAMES));
            spec(settings, name).algorithms = algorithms.collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    FamilyKey {
        name: "user_claim",
        kind: Kind::Text,
        default: "sub",
        what: "the claim that names the user: `user:…` in access lists",
        set: |settings, name, value| put_text(&mut spec(settings, name).user_claim, value),
    },
    FamilyKey {
        name: "group_claims",
        kind: Kind::Texts,
        default: "groups\nroles",
        what: "the claims that hold groups and app roles: `group:…` in access lists",
        set: |settings, name, value| put_texts(&mut spec(settings, name).group_claims, value),
    },
    FamilyKey {
        name: "team_claim",
        kind: Kind::Text,
        default: "",
        what: "the claim that names the team that pays",
        set: |settings, name, value| put_text(&mut spec(settings, name).team_claim, value),
    },
    FamilyKey {
        name: "admin_groups",
        kind: Kind::Texts,
        default: "",
        what: "the groups and app roles that have the role `admin` here",
        set: |settings, name, value| put_role(settings, name, (KeyRole::Admin, value)),
    },
    FamilyKey {
        name: "ingest_groups",
        kind: Kind::Texts,
        default: "",
        what: "those that have the role `ingest`",
        set: |settings, name, value| put_role(settings, name, (KeyRole::Ingest, value)),
    },
    FamilyKey {
        name: "delete_groups",
        kind: Kind::Texts,
        default: "",
        what: "those that have the role `delete`",
        set: |settings, name, value| put_role(settings, name, (KeyRole::Delete, value)),
    },
    FamilyKey {
        name: "leeway_seconds",
        kind: Kind::Integer,
        default: "60",
        what: "how far the issuer's clock and this one may be apart",
        set: |settings, name, value| put(&mut spec(settings, name).leeway_s, value, 0..=600),
    },
    FamilyKey {
        name: "tokens_per_minute",
        kind: Kind::Integer,
        default: "0",
        what: "tokens of models that each subject may use in a minute; 0 for no limit",
        set: |settings, name, value| put_limit(&mut limits(settings, name).tokens_per_minute, value),
    },
    FamilyKey {
        name: "tokens_per_month",
        kind: Kind::Integer,
        default: "0",
        what: "tokens of models that each subject may use in a calendar month; 0 for no limit",
        set: |settings, name, value| put_limit(&mut limits(settings, name).tokens_per_month, value),
    },
    FamilyKey {
        name: "streams",
        kind: Kind::Integer,
        default: "0",
        what: "requests of each subject that may be under way at once; 0 for no limit",
        set: |settings, name, value| put_limit(&mut limits(settings, name).streams, value),
    },
];

fn issuer<'a>(settings: &'a mut Settings, name: &str) -> &'a mut IssuerSettings {
    let issuer = settings.server.issuers.entry(name.to_owned()).or_default();
    name.clone_into(&mut issuer.spec.name);
    issuer
}

fn spec<'a>(settings: &'a mut Settings, name: &str) -> &'a mut IssuerSpec {
    &mut issuer(settings, name).spec
}

fn limits<'a>(settings: &'a mut Settings, name: &str) -> &'a mut Limits {
    &mut spec(settings, name).limits
}

fn put_texts(place: &mut Vec<String>, value: &str) -> Result<(), String> {
    *place = value.lines().map(str::to_owned).collect();
    Ok(())
}

fn put_role(settings: &mut Settings, name: &str, (role, value): (KeyRole, &str)) -> Result<(), String> {
    let roles = &mut spec(settings, name).roles;
    roles.retain(|(own, _)| *own != role);
    roles.push((role, value.lines().map(str::to_owned).collect()));
    Ok(())
}

/// What does not go together: the table (`server.issuers.NAME`), and what is wrong.
pub(in crate::settings) fn contradictions(settings: &ServerSettings) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, issuer) in &settings.issuers {
        let mut wrong = |what: String| found.push((format!("server.issuers.{name}"), what));
        if issuer.spec.issuer.is_empty() {
            wrong(format!("the issuer `{name}` needs an `issuer`"));
        }
        if issuer.spec.audiences.is_empty() {
            // Without one, whatever a provider makes for any service would open this one.
            wrong(format!("the issuer `{name}` needs `audiences`"));
        }
        if issuer.spec.user_claim.is_empty() {
            wrong(format!("the issuer `{name}` needs a `user_claim`"));
        }
    }
    if settings.tls_certificate_file.is_empty() != settings.tls_key_file.is_empty() {
        let what = "`server.tls_certificate_file` and `server.tls_key_file` belong together";
        found.push(("server.tls_certificate_file".to_owned(), what.to_owned()));
    }
    if settings.auth.takes_tokens() && settings.issuers.is_empty() {
        let what =
            "`server.auth` asks for tokens, and there is no `[server.issuers.NAME]` whose tokens are taken";
        found.push(("server.auth".to_owned(), what.to_owned()));
    }
    found
}
