//! `patou config`.

use super::Front;
use crate::arguments::Config;

pub fn run(front: &Front, call: &Config) -> anyhow::Result<u8> {
    let resolved = front.platform.configuration();
    let problems: Vec<_> = resolved
        .problems
        .iter()
        .map(|problem| serde_json::json!({"origin": problem.origin.to_string(), "problem": problem.what}))
        .collect();
    match call {
        Config::Show => {
            let settings: Vec<_> = resolved
                .values
                .iter()
                .map(|value| {
                    serde_json::json!({
                        "name": value.name, "value": value.value, "origin": value.origin.to_string(),
                        "what": value.what,
                    })
                })
                .collect();
            let home = front.platform.home_directory();
            let shown = serde_json::json!({"home": home, "settings": settings, "problems": problems});
            front.printer.result(&shown, || {
                let mut words = format!("home = {}\n", home.display());
                for value in &resolved.values {
                    words.push_str(&format!("{} = {}  # {}\n", value.name, value.value, value.origin));
                }
                words
            })?;
        }
        Config::Check => front.printer.result(&serde_json::json!({"problems": problems}), || {
            if resolved.problems.is_empty() {
                return "no problems\n".to_owned();
            }
            resolved.problems.iter().map(|problem| format!("{problem}\n")).collect()
        })?,
    }
    Ok(if resolved.problems.is_empty() { 0 } else { 1 })
}
