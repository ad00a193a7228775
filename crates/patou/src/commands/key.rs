//! `patou key`.

use platform::KeyCall;

use super::Front;
use crate::arguments::Keys;
use server::wire;

pub async fn run(front: &Front, call: Keys) -> anyhow::Result<u8> {
    match call {
        Keys::Create { name, team, principals, roles, days, limits } => {
            let seconds = days.map(|days| u64::from(days) * 86_400);
            let limits = limits.into();
            let call = KeyCall { name, team, principals, roles, seconds, limits };
            let made = front.platform.create_key(&call).await?;
            told(front, &wire::new_key(&made))?;
        }
        Keys::Rotate { id, overlap_seconds } => {
            let made = front.platform.rotate_key(&id, overlap_seconds).await?;
            told(front, &wire::new_key(&made))?;
        }
        Keys::List => {
            let keys: Vec<wire::Key> =
                front.platform.keys().await?.iter().map(|key| wire::key(key)).collect();
            front.printer.result(&serde_json::json!({"keys": keys}), || {
                let mut words: String = keys.iter().map(line).collect();
                if keys.is_empty() {
                    words.push_str("no keys; `patou key create NAME` makes one\n");
                }
                words
            })?;
        }
        Keys::Revoke { id } => {
            let key = wire::key(&*front.platform.revoke_key(&id).await?);
            front.printer.result(&key, || format!("revoked {} ({})\n", key.id, key.name))?;
        }
    }
    Ok(0)
}

/// The secret, which is shown this once.
fn told(front: &Front, made: &wire::KeyWithSecret) -> anyhow::Result<()> {
    front.printer.result(made, || {
        format!(
            "{}\n\nkey {} ({}). The secret is shown this once.\n",
            made.secret, made.key.id, made.key.name
        )
    })
}

fn line(key: &wire::Key) -> String {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked".to_owned(),
        (None, Some(at)) if at <= platform::now_seconds() => "expired".to_owned(),
        _ => key.prefixes.iter().map(|prefix| format!("{prefix}…")).collect::<Vec<_>>().join(" "),
    };
    let may: Vec<&str> = key.roles.iter().copied().chain(key.principals.iter().map(String::as_str)).collect();
    format!("{}  {}  {}  {}\n", key.id, state, key.name, may.join(" "))
}
