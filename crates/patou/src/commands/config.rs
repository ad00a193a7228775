//! `patou config`.

use super::Front;
use crate::arguments::Config;

pub fn run(front: &Front, call: &Config) -> anyhow::Result<u8> {
    let platform = &front.platform;
    let resolved = platform.configuration();
    let configuration = server::wire::configuration(platform);
    match call {
        Config::Show => front.printer.result(&serde_json::json!(configuration), || {
            let mut words = format!("home = {}\n", configuration.home.display());
            for setting in &configuration.settings {
                words.push_str(&format!("{} = {}  # {}\n", setting.name, setting.value, setting.origin));
            }
            words
        })?,
        Config::Check => {
            front.printer.result(&serde_json::json!({"problems": configuration.problems}), || {
                if resolved.problems.is_empty() {
                    return "no problems\n".to_owned();
                }
                resolved.problems.iter().map(|problem| format!("{problem}\n")).collect()
            })?;
        }
    }
    Ok(if resolved.problems.is_empty() { 0 } else { 1 })
}
