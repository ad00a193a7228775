//! `patou usage`.

use server::wire;

use super::Front;
use crate::arguments::Usage;

pub async fn run(front: &Front, call: &Usage) -> anyhow::Result<u8> {
    let usage = wire::usage(front.platform.usage(call.from.as_deref(), call.to.as_deref()).await?);
    if call.csv {
        front.printer.raw(&wire::usage_csv(&usage))?;
        return Ok(0);
    }
    front.printer.result(&usage, || {
        let line = |row: &wire::UsageOfDay| {
            let wire::UsageOfDay { day, key_id, team, model, requests, prompt_tokens, completion_tokens, cost } = row;
            let who = if key_id.is_empty() { "-" } else { key_id };
            let team = if team.is_empty() { String::new() } else { format!(" ({team})") };
            format!(
                "{day}  {model}  {who}{team}  {requests} requests  {prompt_tokens} + {completion_tokens} tokens  {cost}\n"
            )
        };
        let words: String = usage.usage.iter().map(line).collect();
        if words.is_empty() { "nothing was used\n".to_owned() } else { words }
    })?;
    Ok(0)
}
