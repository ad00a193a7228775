//! OpenDocument texts: streamed block by block, so that what is held is one block.

use super::blocks::Writer;
use super::{Source, enter};
use crate::Document;
use crate::xml::{Token, Xml};

/// Elements that hold blocks as the body does.
const CONTAINERS: [&str; 3] = ["text:section", "text:index-body", "text:bibliography"];

/// Reads the body of a text.
pub(super) fn read(source: &mut Source<'_>, document: &mut Document) -> Result<(), String> {
    let mut xml = Xml::new(source.content);
    let mut writer = Writer::new(document, &source.styles, source.package.as_mut());
    let read = body(&mut xml, &mut writer);
    writer.end();
    read
}

fn body(xml: &mut Xml<'_>, writer: &mut Writer<'_, '_>) -> Result<(), String> {
    let kind = enter(xml)?;
    if kind != "office:text" {
        return Err(format!("its body is `{kind}`, not a text"));
    }
    let mut depth = 1;
    while depth > 0 {
        match xml.next()? {
            Some(Token::Start(tag)) if CONTAINERS.contains(&tag.name()) => {
                depth += 1;
                if tag.qualified("text:display").is_some_and(|display| display == "none") {
                    writer.problem("section", "it is hidden; it was read", false);
                }
            }
            Some(Token::Start(tag)) => {
                let element = xml.tree(&tag)?;
                writer.element(&element);
            }
            Some(Token::End(_)) => depth -= 1,
            Some(Token::Text(_)) => {}
            None => break,
        }
    }
    Ok(())
}
