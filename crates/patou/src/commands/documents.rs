//! `patou documents`.

use platform::{Platform, reader_from};

use crate::arguments::{Delete, Documents, InCollection, Show};
use crate::printer::Printer;
use crate::wire;

pub async fn run(platform: &Platform, printer: &Printer, call: Documents) -> anyhow::Result<u8> {
    match call {
        Documents::List(place) => list(platform, printer, &place).await,
        Documents::Show(call) => show(platform, printer, &call).await,
        Documents::Delete(call) => delete(platform, printer, &call).await,
        Documents::Problems(place) => problems(platform, printer, &place).await,
    }
}

async fn list(platform: &Platform, printer: &Printer, place: &InCollection) -> anyhow::Result<u8> {
    let documents = platform.documents(&place.collection, &reader_from(&place.reader)?).await?;
    let listed: Vec<_> = documents.iter().map(wire::document).collect();
    printer.result(&serde_json::json!({"collection": place.collection, "documents": listed}), || {
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
    })?;
    Ok(0)
}

async fn show(platform: &Platform, printer: &Printer, call: &Show) -> anyhow::Result<u8> {
    let reader = reader_from(&call.place.reader)?;
    let detail = platform.document(&call.place.collection, &reader, &call.id).await?;
    if call.text || call.version.is_some() {
        let text = platform.document_text(&call.place.collection, &detail, call.version.as_deref()).await?;
        printer.raw(&text)?;
        return Ok(0);
    }
    printer.result(&wire::document_detail(&detail), || {
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

async fn delete(platform: &Platform, printer: &Printer, call: &Delete) -> anyhow::Result<u8> {
    let deleted = platform.delete_documents(&call.collection, &call.ids).await?;
    printer.result(&serde_json::json!({"collection": call.collection, "deleted": deleted.ids}), || {
        format!("{} deleted\n", deleted.ids.len())
    })?;
    Ok(0)
}

async fn problems(platform: &Platform, printer: &Printer, place: &InCollection) -> anyhow::Result<u8> {
    let problems = platform.problems(&place.collection, &reader_from(&place.reader)?).await?;
    let listed: Vec<_> = problems.iter().map(wire::document_problem).collect();
    printer.result(&serde_json::json!({"collection": place.collection, "problems": listed}), || {
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
