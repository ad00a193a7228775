//! The keys of `gateway.teams.TEAM`: how much a team may use.

use gateway::Limits;

use super::{FamilyKey, put_limit};
use crate::settings::{Kind, Settings};

pub(super) const TEAM: &[FamilyKey] = &[
    FamilyKey {
        name: "tokens_per_minute",
        kind: Kind::Integer,
        default: "0",
        what: "tokens that the team's keys together may use in a minute; 0 for no limit",
        set: |settings, name, value| put_limit(&mut team(settings, name).tokens_per_minute, value),
    },
    FamilyKey {
        name: "tokens_per_month",
        kind: Kind::Integer,
        default: "0",
        what: "tokens that the team's keys together may use in a calendar month; 0 for no limit",
        set: |settings, name, value| put_limit(&mut team(settings, name).tokens_per_month, value),
    },
    FamilyKey {
        name: "streams",
        kind: Kind::Integer,
        default: "0",
        what: "requests of the team that may be under way at once; 0 for no limit",
        set: |settings, name, value| put_limit(&mut team(settings, name).streams, value),
    },
];

fn team<'a>(settings: &'a mut Settings, name: &str) -> &'a mut Limits {
    settings.gateway.teams.entry(name.to_owned()).or_default()
}
