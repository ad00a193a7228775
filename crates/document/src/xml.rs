//! XML parts of packages, read piece by piece: no entity is expanded but the five of XML and characters by
//! number, no part is deeper than a limit, and what is held is what the caller holds.

use std::borrow::Cow;

use quick_xml::events::{BytesEnd, BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::decode;

/// How deep elements may be nested.
const DEPTH_MAX: usize = 256;
/// How many elements and texts a tree may have.
const NODES_MAX: usize = 4_000_000;

/// A part being read. A copy goes on from the same place.
#[derive(Clone)]
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
}

/// A piece of a part.
pub(crate) enum Token<'a> {
    /// An element begins. One that is empty ends at once.
    Start(Tag<'a>),
    /// The element that began last ends.
    End(EndTag<'a>),
    /// Text between tags. Text with an entity in it comes in several pieces.
    Text(Cow<'a, str>),
}

/// The tag that an element begins with.
pub(crate) struct Tag<'a>(BytesStart<'a>);

/// The tag that an element ends with.
pub(crate) struct EndTag<'a>(BytesEnd<'a>);

/// An element with all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// As it is written, with its prefix.
    pub name: String,
    /// Names as they are written, and values.
    pub attributes: Vec<(String, String)>,
    /// What is in it, in order.
    pub children: Vec<Node>,
}

/// What is in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// An element.
    Element(Element),
    /// Text.
    Text(String),
}

impl<'a> Xml<'a> {
    /// Begins to read a part.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self { reader, depth: 0 }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// What is wrong with the part, where it is not well-formed or too deep.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, String> {
        loop {
            let at = self.reader.buffer_position();
            let event = self.reader.read_event().map_err(|error| format!("at byte {at}: {error}"))?;
            return Ok(Some(match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        return Err(format!("at byte {at}: elements are nested more than {DEPTH_MAX} deep"));
                    }
                    Token::Start(Tag(tag))
                }
                Event::End(tag) => {
                    self.depth = self.depth.saturating_sub(1);
                    Token::End(EndTag(tag))
                }
                Event::Text(text) => Token::Text(text.xml_content(XmlVersion::Implicit1_0)),
                Event::CData(text) => Token::Text(text.xml_content(XmlVersion::Implicit1_0)),
                Event::GeneralRef(entity) => match character(&entity) {
                    Some(text) => Token::Text(Cow::Owned(text)),
                    None => continue,
                },
                Event::Eof if self.depth > 0 => {
                    return Err(format!("at byte {at}: it ends within an element"));
                }
                Event::Eof => return Ok(None),
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => continue,
            }));
        }
    }

    /// Passes over what is left of the element that began last.
    ///
    /// # Errors
    ///
    /// As [`Xml::next`].
    pub(crate) fn skip(&mut self) -> Result<(), String> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside && self.next()?.is_some() {}
        Ok(())
    }

    /// The text within the element that began last, of all that is in it.
    ///
    /// # Errors
    ///
    /// As [`Xml::next`].
    pub(crate) fn text(&mut self) -> Result<String, String> {
        let mut all = String::new();
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            match self.next()? {
                Some(Token::Text(text)) => all.push_str(&text),
                Some(_) => {}
                None => break,
            }
        }
        Ok(all)
    }

    /// The element that begins with `tag`, which was the last piece, with all that is in it.
    ///
    /// # Errors
    ///
    /// As [`Xml::next`], and when there is more in it than memory should hold.
    pub(crate) fn tree(&mut self, tag: &Tag<'_>) -> Result<Element, String> {
        let mut open = vec![tag.element()];
        let mut nodes = 0;
        while let Some(token) = self.next()? {
            nodes += 1;
            if nodes > NODES_MAX {
                return Err(format!("an element `{}` has more than {NODES_MAX} parts", tag.name()));
            }
            match token {
                Token::Start(tag) => open.push(tag.element()),
                Token::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.push_text(&text);
                    }
                }
                Token::End(_) => {
                    let Some(ended) = open.pop() else { break };
                    match open.last_mut() {
                        Some(outer) => outer.children.push(Node::Element(ended)),
                        None => return Ok(ended),
                    }
                }
            }
        }
        Ok(open.into_iter().next().unwrap_or_default())
    }
}

impl Tag<'_> {
    /// The name as it is written, with its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.name().into_inner()
    }

    /// The name without its prefix.
    pub(crate) fn local(&self) -> &str {
        local(self.0.name().into_inner())
    }

    /// The value of an attribute by its name without a prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        self.find(|key| local(key) == name)
    }

    /// The value of an attribute by its name as it is written.
    pub(crate) fn qualified(&self, name: &str) -> Option<Cow<'_, str>> {
        self.find(|key| key == name)
    }

    /// The number that an attribute has, by its name without a prefix.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// Whether an attribute says yes.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|value| matches!(value.trim(), "1" | "true" | "on"))
    }

    /// Calls `take` with each attribute's name without its prefix and its value as it is written.
    pub(crate) fn raw_attributes(&self, mut take: impl FnMut(&str, &str)) {
        for attribute in self.0.attributes().with_checks(false).flatten() {
            take(local(attribute.key.into_inner()), &attribute.value);
        }
    }

    fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<Cow<'_, str>> {
        let mut attributes = self.0.attributes();
        let found =
            attributes.with_checks(false).flatten().find(|attribute| wanted(attribute.key.into_inner()))?;
        let value = found.normalized_value(XmlVersion::Implicit1_0);
        Some(value.unwrap_or(found.value))
    }

    fn element(&self) -> Element {
        let mut attributes = self.0.attributes();
        let attributes = attributes.with_checks(false).flatten().map(|attribute| {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_or_else(|_| attribute.value.to_string(), Cow::into_owned);
            (attribute.key.into_inner().to_owned(), value)
        });
        Element { name: self.name().to_owned(), attributes: attributes.collect(), children: Vec::new() }
    }
}

impl EndTag<'_> {
    /// The name without its prefix.
    pub(crate) fn local(&self) -> &str {
        local(self.0.name().into_inner())
    }
}

impl Element {
    /// The value of an attribute by its name as it is written.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The elements in it.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The value of an attribute by its name without a prefix.
    pub(crate) fn attribute_local(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| local(key) == name).map(|(_, value)| value.as_str())
    }

    /// The text in it and in what is in it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut waiting: Vec<&Node> = self.children.iter().rev().collect();
        while let Some(node) = waiting.pop() {
            match node {
                Node::Text(own) => text.push_str(own),
                Node::Element(element) => waiting.extend(element.children.iter().rev()),
            }
        }
        text
    }

    /// The elements of a name in it and in what is in it, in order; those within one of them are left out.
    pub(crate) fn descendants(&self, name: &str) -> Vec<&Element> {
        self.find(|element| element.name == name)
    }

    /// As [`Element::descendants`], by the name without a prefix.
    pub(crate) fn descendants_local(&self, name: &str) -> Vec<&Element> {
        self.find(|element| local(&element.name) == name)
    }

    fn find(&self, wanted: impl Fn(&Element) -> bool) -> Vec<&Element> {
        let mut found = Vec::new();
        let mut waiting: Vec<&Element> = self.elements().collect();
        waiting.reverse();
        while let Some(element) = waiting.pop() {
            if wanted(element) {
                found.push(element);
            } else {
                let place = waiting.len();
                waiting.extend(element.elements());
                waiting[place..].reverse();
            }
        }
        found
    }

    fn push_text(&mut self, text: &str) {
        match self.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => self.children.push(Node::Text(text.to_owned())),
        }
    }
}

/// The text of a part: UTF-8, or what its byte-order mark says.
pub(crate) fn decoded(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => decode::decode(error.as_bytes()).text,
    }
}

/// A name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn character(entity: &BytesRef<'_>) -> Option<String> {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return Some(character.to_string());
    }
    quick_xml::escape::resolve_predefined_entity(entity).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Element, String> {
        let mut xml = Xml::new(text);
        match xml.next()? {
            Some(Token::Start(tag)) => xml.tree(&tag),
            _ => Ok(Element::default()),
        }
    }

    #[test]
    fn a_tree_has_names_attributes_and_text() {
        let root = tree("<?xml version=\"1.0\"?><a:r x:y='1 &lt; 2'>t &amp; &#65;<b/><c>u<b>v</b></c></a:r>")
            .unwrap();
        assert_eq!((root.name.as_str(), root.attribute("x:y")), ("a:r", Some("1 < 2")));
        assert_eq!(root.children[0], Node::Text("t & A".into()));
        assert_eq!(root.descendants("b").len(), 2);
    }

    #[test]
    fn entities_of_a_part_are_not_expanded() {
        let root = tree("<!DOCTYPE r [<!ENTITY e \"boom\">]><r>a&e;b</r>").unwrap();
        assert_eq!(root.children, [Node::Text("ab".into())]);
    }

    #[test]
    fn what_is_cut_off_or_too_deep_is_an_error() {
        assert!(tree("<a><b>").is_err());
        assert!(tree(&"<a>".repeat(100_000)).is_err());
        assert!(tree("<a></b>").is_err());
    }
}
