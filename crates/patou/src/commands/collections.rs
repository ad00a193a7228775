//! `patou collections`.

use platform::reader_from;

use super::Front;
use crate::arguments::Collections;
use server::wire;

pub async fn run(front: &Front, call: Collections) -> anyhow::Result<u8> {
    match call {
        Collections::List { reader } => {
            let summaries = front.platform.collections(&reader_from(&reader)?).await?;
            let listed: Vec<_> = summaries.iter().map(wire::collection).collect();
            front.printer.result(&serde_json::json!({"collections": listed}), || {
                let mut words = String::new();
                for summary in &summaries {
                    words.push_str(&format!(
                        "{}  {} documents  {} chunks  {} problems\n",
                        summary.record.name, summary.documents, summary.chunks, summary.problems
                    ));
                }
                if summaries.is_empty() {
                    words.push_str("no collections; `patou ingest PATH` makes one\n");
                }
                words
            })?;
        }
        Collections::Create { name } => {
            front.platform.create_collection(&name).await?;
            front.printer.result(&serde_json::json!({"created": name}), || format!("created {name}\n"))?;
        }
        Collections::Delete { name } => {
            front.platform.delete_collection(&name).await?;
            front.printer.result(&serde_json::json!({"deleted": name}), || format!("deleted {name}\n"))?;
        }
    }
    Ok(0)
}
