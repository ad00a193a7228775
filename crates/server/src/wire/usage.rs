//! Usage as JSON, as CSV and in words.

use platform::UsageRow;
use serde::Serialize;
use utoipa::ToSchema;

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

/// Usage as JSON.
pub fn usage(rows: Vec<UsageRow>) -> Usage {
    Usage { usage: rows.into_iter().map(UsageOfDay::from).collect() }
}

/// Usage as CSV (RFC 4180).
pub fn usage_csv(Usage { usage }: &Usage) -> String {
    let mut text = "day,key_id,team,model,requests,prompt_tokens,completion_tokens,cost\n".to_owned();
    for row in usage {
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

impl From<UsageRow> for UsageOfDay {
    fn from(row: UsageRow) -> Self {
        let UsageRow { day, key_id, team, model, requests, prompt_tokens, completion_tokens, cost_micros } =
            row;
        #[expect(clippy::cast_precision_loss, reason = "a sum of money below nine milliards is exact")]
        let cost = cost_micros as f64 / 1e6;
        Self { day, key_id, team, model, requests, prompt_tokens, completion_tokens, cost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cannot_become_another_or_a_formula() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
    }
}
