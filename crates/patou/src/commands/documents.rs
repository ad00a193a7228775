//! `patou documents`.

use platform::reader_from;

use super::Front;
use crate::arguments::{Delete, Documents, InCollection, Show};
use server::wire;

pub async fn run(front: &Front, call: Documents) -> anyhow::Result<u8> {
    match call {
        Documents::List(place) => list(front, &place).await,
        Documents::Show(call) => show(front, &call).await,
        Documents::Delete(call) => delete(front, &call).await,
        Documents::Problems(place) => problems(front, &place).await,
    }
}

async fn list(front: &Front, place: &InCollection) -> anyhow::Result<u8> {
    let documents = front.platform.documents(&place.collection, &reader_from(&place.reader)?).await?;
    let listed: Vec<_> = documents.iter().map(wire::document).collect();
    front.printer.result(
        &serde_json::json!({"collection": place.collection, "documents": listed}),
        || {
            let mut words = String::new();
            for document in &documents {
                let title = document.title.as_deref().unwrap_or("");
                words.push_str(&format!(
                    "{}  {:>4} chunks  {:>2} problems  {}  {title}\n",
                    document.id, document.chunks, document.problems, document.source
                ));
            }
            if documents.is_empty() {
                words.push_str("no documents\n");
            }
            words
        },
    )?;
    Ok(0)
}

async fn show(front: &Front, call: &Show) -> anyhow::Result<u8> {
    let reader = reader_from(&call.place.reader)?;
    let detail = front.platform.document(&call.place.collection, &reader, &call.id).await?;
    if call.text || call.version.is_some() {
        let text =
            front.platform.document_text(&call.place.collection, &detail, call.version.as_deref()).await?;
        front.printer.raw(&text)?;
        return Ok(0);
    }
    front.printer.result(&wire::document_detail(&detail), || {
        let document = &detail.document;
        let mut words = format!(
            "id        {}\nsource    {}\ntitle     {}\nversion   {}\nformat    {}\nlanguage  {}\nroot      {}\n\
             text      {} bytes\nchunks    {}\nproblems  {}\nread by   {}\n",
            document.id,
            document.source,
            document.title.as_deref().unwrap_or("–"),
            document.version,
            document.format,
            document.language.as_deref().unwrap_or("–"),
            document.root,
            document.text_bytes,
            document.chunks,
            document.problems,
            wire::access(&document.access).join(", "),
        );
        for (version, _) in &detail.versions {
            words.push_str(&format!("kept      {version}\n"));
        }
        words
    })?;
    Ok(0)
}

async fn delete(front: &Front, call: &Delete) -> anyhow::Result<u8> {
    let deleted = front.platform.delete_documents(&call.collection, &call.ids).await?;
    front
        .printer
        .result(&serde_json::json!({"collection": call.collection, "deleted": deleted.ids}), || {
            format!("{} deleted\n", deleted.ids.len())
        })?;
    Ok(0)
}

async fn problems(front: &Front, place: &InCollection) -> anyhow::Result<u8> {
    let problems = front.platform.problems(&place.collection, &reader_from(&place.reader)?).await?;
    let listed: Vec<_> = problems.iter().map(wire::document_problem).collect();
    front.printer.result(&serde_json::json!({"collection": place.collection, "problems": listed}), || {
        let mut words = String::new();
        for found in &problems {
            let problem = &found.problem;
            let lost = if problem.content_lost { " (content lost)" } else { "" };
            words.push_str(&format!(
                "{}: {}: {}: {}{lost}\n",
                found.source, problem.place, problem.what, problem.why
            ));
        }
        if problems.is_empty() {
            words.push_str("no problems\n");
        }
        words
    })?;
    Ok(0)
}
