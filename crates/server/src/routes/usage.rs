//! What was used: by key, team, model and day. An administrator's, or the owner's.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use platform::{PlatformError, UsageRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::caller::Owner;
use crate::error::{ErrorBody, Refused};

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// The first day, as `2026-02-03`; the earliest where absent.
    #[serde(default)]
    pub from: Option<String>,
    /// The last day; the latest where absent.
    #[serde(default)]
    pub to: Option<String>,
    /// `json` or `csv`.
    #[serde(default)]
    pub format: Option<String>,
}

/// The usage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Usage {
    /// One row for each day, key, team and model.
    pub usage: Vec<UsageOfDay>,
}

/// What one key used of one model on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageOfDay {
    /// The day, as `2026-02-03`, in the calendar of `gateway.time_zone`.
    pub day: String,
    /// The key's id; empty for whoever needed none.
    pub key_id: String,
    /// The key's team; empty without one.
    pub team: String,
    /// The model.
    pub model: String,
    /// How many requests.
    pub requests: u64,
    /// Their prompts' tokens.
    pub prompt_tokens: u64,
    /// Their answers' tokens.
    pub completion_tokens: u64,
    /// What they cost, in the currency that the backends' prices are in.
    pub cost: f64,
}

/// What was used, by day, key, team and model.
#[utoipa::path(get, path = "/api/v1/usage", tag = "keys", params(Days),
    responses((status = 200, body = Usage), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn show(
    State(app): State<Arc<App>>,
    _owner: Owner,
    Query(days): Query<Days>,
) -> Result<Response, Refused> {
    let from = days.from.as_deref().unwrap_or("0000-00-00");
    let to = days.to.as_deref().unwrap_or("9999-99-99");
    if ![from, to].into_iter().all(is_day) {
        return Err(Refused::wrong("`from` and `to` are days", "write them as `2026-02-03`"));
    }
    let rows = app.gateway.book().rows(from, to).await.map_err(PlatformError::from)?;
    let rows: Vec<UsageOfDay> = rows.into_iter().map(UsageOfDay::from).collect();
    match days.format.as_deref() {
        None | Some("json") => Ok(Json(Usage { usage: rows }).into_response()),
        Some("csv") => Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv(&rows)).into_response()),
        Some(_) => Err(Refused::wrong("`format` takes `json` or `csv`", "leave it out for JSON")),
    }
}

impl From<UsageRow> for UsageOfDay {
    fn from(row: UsageRow) -> Self {
        let UsageRow { day, key_id, team, model, requests, prompt_tokens, completion_tokens, cost_micros } =
            row;
        #[expect(clippy::cast_precision_loss, reason = "a sum of money below nine milliards is exact")]
        let cost = cost_micros as f64 / 1e6;
        Self { day, key_id, team, model, requests, prompt_tokens, completion_tokens, cost }
    }
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

fn csv(rows: &[UsageOfDay]) -> String {
    let mut text = "day,key_id,team,model,requests,prompt_tokens,completion_tokens,cost\n".to_owned();
    for row in rows {
        let names = [&row.day, &row.key_id, &row.team, &row.model].map(|name| quoted(name)).join(",");
        let UsageOfDay { requests, prompt_tokens, completion_tokens, cost, .. } = row;
        text.push_str(&format!("{names},{requests},{prompt_tokens},{completion_tokens},{cost}\n"));
    }
    text
}

/// A field as RFC 4180 writes it. What a spreadsheet would take for a formula is led by a quote of its own.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    if field.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cannot_become_another_or_a_formula() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert!(is_day("2026-02-03") && !is_day("2026-2-3") && !is_day("2026-02-0x"));
    }
}
