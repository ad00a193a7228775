//! What was noted on cells: notes, and threads of comments.

use std::collections::HashMap;

use super::cells::parse_cell;
use crate::Document;
use crate::package::Package;
use crate::package::relations::Relations;
use crate::sheet::{Content, Float, Sheet};
use crate::xml::{self, Element, Token, Xml, local};

/// A note that stands for a thread has such an author.
const THREAD_AUTHOR: &str = "tc=";

/// Reads the notes and comments of a sheet; they come below its cells.
pub(super) fn read(
    package: &mut Package<'_>,
    relations: &Relations,
    sheet: &mut Sheet,
    document: &mut Document,
) {
    let mut noted: Vec<(String, String, String)> = Vec::new();
    let threads = relations.parts("threadedComment");
    let people = if threads.is_empty() { HashMap::new() } else { people(package) };
    let mut errors = Vec::new();
    for part in &threads {
        errors.extend(each(package, part, "threadedComment", |comment| {
            let author = comment.attribute_local("personId").and_then(|id| people.get(id)).cloned();
            let text = comment.descendants_local("text").into_iter().map(Element::text).collect::<String>();
            let cell = comment.attribute_local("ref").unwrap_or_default().to_owned();
            noted.push((cell, author.unwrap_or_default(), text));
        }));
    }
    for part in relations.parts("comments") {
        let mut authors = Vec::new();
        errors.extend(each(package, &part, "author", |author| authors.push(author.text())));
        errors.extend(each(package, &part, "comment", |comment| {
            let author = comment.attribute_local("authorId").and_then(|id| id.parse::<usize>().ok());
            let author = author.and_then(|id| authors.get(id)).cloned().unwrap_or_default();
            if !threads.is_empty() && author.starts_with(THREAD_AUTHOR) {
                return;
            }
            let text = comment.descendants_local("t").into_iter().map(Element::text).collect::<String>();
            noted.push((comment.attribute_local("ref").unwrap_or_default().to_owned(), author, text));
        }));
    }
    document.problems.extend(errors.into_iter().map(|why| sheet.problem("comments", why, true)));
    noted.retain(|(_, _, text)| !text.trim().is_empty());
    noted.sort_by_key(|(cell, _, _)| parse_cell(cell));
    let floats = noted.into_iter().map(|(cell, author, text)| Float {
        top: u32::MAX,
        content: Content::Comment { cell, author, text },
    });
    sheet.floats.extend(floats);
}

/// The people who wrote comments, by their ids.
fn people(package: &mut Package<'_>) -> HashMap<String, String> {
    let parts: Vec<String> = package.names().filter(|name| name.starts_with("xl/persons/")).collect();
    let mut people = HashMap::new();
    for part in parts {
        // Without a name a comment is read all the same.
        let _ = each(package, &part, "person", |person| {
            let id = person.attribute_local("id").unwrap_or_default();
            people
                .insert(id.to_owned(), person.attribute_local("displayName").unwrap_or_default().to_owned());
        });
    }
    people
}

/// Calls `take` with each element of a name in a part; gives what is wrong with the part.
fn each(package: &mut Package<'_>, part: &str, name: &str, mut take: impl FnMut(&Element)) -> Option<String> {
    let bytes = match package.read(part) {
        Ok(bytes) => bytes,
        Err(damage) => return Some(format!("the part `{part}` cannot be read: {damage:?}")),
    };
    let text = xml::decoded(bytes.unwrap_or_default());
    let mut xml = Xml::new(&text);
    let mut read = || -> Result<(), String> {
        while let Some(token) = xml.next()? {
            if let Token::Start(tag) = token
                && local(tag.name()) == name
            {
                take(&xml.tree(&tag)?);
            }
        }
        Ok(())
    };
    read().err()
}
