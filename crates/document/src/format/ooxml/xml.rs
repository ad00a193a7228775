//! One pass over the XML of a part: elements by their local names, whatever prefix or namespace edition
//! (Transitional or Strict) the file uses. Entities are never expanded; what is not well-formed ends the pass,
//! and [`Xml::damage`] says where.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

pub(crate) use crate::xml::decoded;
use crate::xml::local;

/// Nesting of elements beyond which a part is not read on.
const DEPTH_MAX: usize = 10_000;

/// A part being read. A copy goes on from the same place. An element whose content was not read is skipped when
/// the next one is asked for.
#[derive(Clone)]
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    /// How many elements are open.
    depth: usize,
    damage: Option<String>,
    ended: bool,
}

/// An element whose start was just read.
pub(crate) struct Element<'a> {
    start: BytesStart<'a>,
    /// What to ask [`Xml::child`] for its children with.
    pub inner: usize,
}

/// What an element holds.
pub(crate) enum Node<'a> {
    Element(Element<'a>),
    Text(Cow<'a, str>),
}

impl Element<'_> {
    /// The name without its prefix.
    pub(crate) fn name(&self) -> &str {
        local(self.start.name().0)
    }

    /// The value of the attribute of this name, whatever its prefix; one without a prefix is preferred.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let mut found = None;
        for attribute in self.start.attributes().with_checks(false).flatten() {
            let key = attribute.key.0;
            if key == name || (found.is_none() && local(key) == name) {
                found = Some(
                    attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or_default().into_owned(),
                );
                if key == name {
                    break;
                }
            }
        }
        found
    }

    /// The value of the attribute of this name that has a prefix: `r:id` where there is an `id` too.
    pub(crate) fn prefixed(&self, name: &str) -> Option<String> {
        let mut attributes = self.start.attributes();
        let mut attributes = attributes.with_checks(false).flatten();
        let own = attributes.find(|attribute| {
            attribute.key.0.split_once(':').is_some_and(|(prefix, key)| prefix != "xmlns" && key == name)
        })?;
        Some(own.normalized_value(XmlVersion::Implicit1_0).unwrap_or_default().into_owned())
    }

    /// The number that an attribute holds.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// Whether a property that is on by being there is on: `val` may say that it is not.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self.attribute("val").as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

impl<'a> Xml<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().allow_dangling_amp = true;
        Self { reader, depth: 0, damage: None, ended: false }
    }

    /// The outermost element.
    pub(crate) fn root(&mut self) -> Option<Element<'a>> {
        self.child(0)
    }

    /// The next child of the element whose content is at depth `of`; `None` at its end.
    pub(crate) fn child(&mut self, of: usize) -> Option<Element<'a>> {
        loop {
            if let Node::Element(element) = self.node(of)? {
                return Some(element);
            }
        }
    }

    /// The next child or text of the element whose content is at depth `of`; `None` at its end.
    pub(crate) fn node(&mut self, of: usize) -> Option<Node<'a>> {
        while self.depth >= of && !self.ended {
            match self.reader.read_event() {
                Ok(Event::Start(start)) => {
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        self.stop(format!("elements are nested more than {DEPTH_MAX} deep"));
                    } else if self.depth == of + 1 {
                        return Some(Node::Element(Element { start, inner: self.depth }));
                    }
                }
                Ok(Event::End(_)) => self.depth = self.depth.saturating_sub(1),
                Ok(Event::Text(text)) if self.depth == of => return Some(Node::Text(content(text))),
                Ok(Event::CData(text)) if self.depth == of => return Some(Node::Text(text.into_inner())),
                Ok(Event::GeneralRef(reference)) if self.depth == of => {
                    return Some(Node::Text(referred(&reference)));
                }
                Ok(Event::Eof) => {
                    self.ended = true;
                    if self.depth > 0 {
                        self.stop("it ends within an element".into());
                    }
                }
                Ok(_) => {}
                Err(error) => self.stop(error.to_string()),
            }
        }
        None
    }

    /// All text within the element whose content is at depth `of`, that of its children too.
    pub(crate) fn text(&mut self, of: usize) -> String {
        let mut text = String::new();
        let mut at = of;
        // One level at a time, without recursion: the levels that are open are a number.
        while at >= of {
            match self.node(at) {
                Some(Node::Text(own)) => text.push_str(&own),
                Some(Node::Element(child)) => at = child.inner,
                None if self.ended || at == 0 => break,
                None => at -= 1,
            }
        }
        text
    }

    /// Whether the part was read whole; if not, where and why not.
    pub(crate) fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    fn stop(&mut self, why: String) {
        self.ended = true;
        let place = self.reader.buffer_position();
        self.damage.get_or_insert(format!("its XML cannot be read on at byte {place}: {why}"));
    }
}

/// Text with `\n` line ends.
fn content<'a>(text: quick_xml::events::BytesText<'a>) -> Cow<'a, str> {
    let text = text.into_inner();
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { text }
}

/// What a reference stands for: a character, or one of XML's own five names; anything else stands for itself.
fn referred<'a>(reference: &quick_xml::events::BytesRef<'a>) -> Cow<'a, str> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Cow::Owned(c.to_string());
    }
    let known = quick_xml::escape::resolve_predefined_entity(reference);
    known.map_or_else(|| Cow::Owned(format!("&{};", &**reference)), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_found_and_what_is_not_read_is_skipped() {
        let mut xml = Xml::new(
            "<w:a xmlns:w='x'><w:b r:id='1' id='2'><c>one</c></w:b><d>t&amp;&#65;<e>u</e></d></w:a>",
        );
        let root = xml.root().unwrap();
        let b = xml.child(root.inner).unwrap();
        assert_eq!(
            (b.name(), b.attribute("id").as_deref(), b.prefixed("id").as_deref()),
            ("b", Some("2"), Some("1"))
        );
        let d = xml.child(root.inner).unwrap();
        assert_eq!(d.name(), "d");
        assert_eq!(xml.text(d.inner), "t&Au");
        assert!(xml.child(root.inner).is_none() && xml.child(root.inner).is_none());
        assert_eq!(xml.damage(), None);
    }

    #[test]
    fn damage_ends_the_pass_and_is_told() {
        for text in ["<a><b>", "<a></b></a>", "<a><b", ""] {
            let mut xml = Xml::new(text);
            if let Some(root) = xml.root() {
                while let Some(child) = xml.child(root.inner) {
                    xml.text(child.inner);
                }
                assert!(xml.damage().is_some(), "{text}");
            }
        }
        let deep = "<a>".repeat(20_000);
        let mut xml = Xml::new(&deep);
        let root = xml.root().unwrap();
        assert_eq!(xml.text(root.inner), "");
        assert!(xml.damage().is_some_and(|why| why.contains("nested")));
    }

    #[test]
    fn entities_are_not_expanded() {
        let text = "<!DOCTYPE a [<!ENTITY x 'yyyy'>]><a>&x;&x;</a>";
        let mut xml = Xml::new(text);
        let root = xml.root().unwrap();
        assert_eq!(xml.text(root.inner), "&x;&x;");
    }
}
