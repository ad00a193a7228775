//! HTML and XHTML as a run of tags and text, read in one pass whose time grows with the length alone.
//!
//! It refuses nothing: what is no tag is text, and what is opened and never closed (a comment, a script, a
//! quotation mark) does not swallow the rest.

use std::borrow::Cow;

use super::Syntax;
use super::entities::decoded;

/// Attributes of one element beyond this many are not kept.
const ATTRIBUTES_MAX: usize = 256;
/// Elements whose content is text, whatever it looks like.
const RAW: [&str; 8] = ["script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp"];

/// A tag or a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Text(Cow<'a, str>),
    Open(Tag<'a>),
    /// The name, in lower case.
    Close(Cow<'a, str>),
}

/// An opening tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// In lower case; without its namespace's prefix in XHTML.
    pub name: Cow<'a, str>,
    /// Names in lower case with their values.
    pub attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub closes_itself: bool,
    /// The byte of the source that it begins at.
    pub at: usize,
}

pub(super) struct Tokens<'a> {
    source: &'a str,
    syntax: Syntax,
    at: usize,
    /// The element whose content comes next as text.
    raw: Option<&'static str>,
    /// What was looked for up to the end once and is not there: it is not looked for again.
    absent: Vec<&'static str>,
    /// Before this byte no tag begins: one that began earlier went on up to here and has no end.
    no_tag_before: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(source: &'a str, syntax: Syntax) -> Self {
        Self { source, syntax, at: 0, raw: None, absent: Vec::new(), no_tag_before: 0 }
    }

    /// Where `wanted` is from `from` on.
    fn find(&mut self, wanted: &'static str, from: usize) -> Option<usize> {
        if self.absent.contains(&wanted) {
            return None;
        }
        let found = self.source[from..].find(wanted).map(|place| from + place);
        if found.is_none() {
            self.absent.push(wanted);
        }
        found
    }

    /// The content of the raw element that has just been opened.
    fn raw_text(&mut self, name: &'static str) -> Option<Token<'a>> {
        if self.absent.contains(&name) {
            return None;
        }
        let mut from = self.at;
        while let Some(place) = self.source[from..].find("</").map(|place| from + place) {
            let after = &self.source.as_bytes()[place + 2..];
            if after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
                let text = &self.source[self.at..place];
                self.at = place;
                let text =
                    if matches!(name, "title" | "textarea") { decoded(text, false) } else { text.into() };
                return Some(Token::Text(text));
            }
            from = place + 2;
        }
        self.absent.push(name);
        None
    }

    /// What begins with `<` here; `None` when it is only a character.
    fn markup(&mut self) -> Option<Option<Token<'a>>> {
        let start = self.at;
        let rest = &self.source[start + 1..];
        match rest.as_bytes().first()? {
            b'!' | b'?' => {
                self.skip_declaration(rest);
                Some(None)
            }
            b'/' if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let end = self.find(">", start)?;
                let name =
                    rest[1..end - start - 1].split(|c: char| c.is_ascii_whitespace() || c == '/').next();
                self.at = end + 1;
                Some(Some(Token::Close(self.name(name.unwrap_or_default()))))
            }
            first if first.is_ascii_alphabetic() => self.tag().map(Some),
            _ => None,
        }
    }

    /// Goes past a comment, a CDATA mark, a doctype or a processing instruction.
    fn skip_declaration(&mut self, rest: &str) {
        let start = self.at;
        let (mark, length): (&'static str, usize) = if rest.starts_with("!--") {
            ("-->", 3)
        } else if rest.starts_with("![CDATA[") {
            // What is in it is text, which is read as such.
            self.at = start + "<![CDATA[".len();
            return;
        } else {
            let subset = rest.starts_with('!') && {
                let opens = rest.find(['[', '>']);
                opens.is_some_and(|place| rest.as_bytes()[place] == b'[')
            };
            (if subset { "]>" } else { ">" }, 1)
        };
        let from = start + if rest.starts_with("!-->") { 2 } else { length };
        self.at = match self.find(mark, from) {
            Some(end) => end + mark.len(),
            // Without an end it is taken to end with its first `>`, so that the rest is read.
            None => self.find(">", start).map_or(start + 1 + length, |end| end + 1),
        };
    }

    /// An opening tag; `None` when it has no end.
    fn tag(&mut self) -> Option<Token<'a>> {
        if self.absent.contains(&">") {
            return None;
        }
        let bytes = self.source.as_bytes();
        let begins = self.at;
        let mut at = begins + 1;
        let name = self.word(&mut at, |b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
        let mut tag = Tag { name: self.name(name), attributes: Vec::new(), closes_itself: false, at: begins };
        loop {
            while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
                at += 1;
            }
            match bytes.get(at) {
                None => {
                    // No tag that begins later ends either, or it ends within a quotation of this one.
                    self.absent.push(">");
                    return None;
                }
                Some(b'>') => break,
                Some(_) => {}
            }
            let name = self.word(&mut at, |b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'='));
            let value = self.value(&mut at, name.is_empty())?;
            let known = |tag: &Tag<'_>| tag.attributes.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
            if !name.is_empty() && tag.attributes.len() < ATTRIBUTES_MAX && !known(&tag) {
                tag.attributes.push((lower(name), decoded(value, true)));
            }
        }
        tag.closes_itself = bytes[at - 1] == b'/';
        self.at = at + 1;
        let honoured = tag.closes_itself && self.syntax == Syntax::Xhtml;
        self.raw = RAW.into_iter().find(|raw| *raw == tag.name).filter(|_| !honoured);
        Some(Token::Open(tag))
    }

    /// The value of an attribute whose name has been read; `None` when a quotation mark has no second.
    fn value(&mut self, at: &mut usize, nameless: bool) -> Option<&'a str> {
        let bytes = self.source.as_bytes();
        let mut next = *at;
        while bytes.get(next).is_some_and(u8::is_ascii_whitespace) {
            next += 1;
        }
        if bytes.get(next) != Some(&b'=') {
            return Some("");
        }
        next += 1;
        while bytes.get(next).is_some_and(u8::is_ascii_whitespace) {
            next += 1;
        }
        *at = next;
        match bytes.get(next) {
            Some(b'"') if !nameless => self.quoted(at, "\""),
            Some(b'\'') if !nameless => self.quoted(at, "'"),
            _ => Some(self.word(at, |b| b.is_ascii_whitespace() || b == b'>')),
        }
    }

    fn quoted(&mut self, at: &mut usize, mark: &'static str) -> Option<&'a str> {
        let from = *at + 1;
        let Some(end) = self.find(mark, from) else {
            self.no_tag_before = from;
            return None;
        };
        *at = end + 1;
        Some(&self.source[from..end])
    }

    /// What is before the first byte that `ends` it.
    fn word(&self, at: &mut usize, ends: fn(u8) -> bool) -> &'a str {
        let from = *at;
        let rest = &self.source.as_bytes()[from..];
        *at = from + rest.iter().position(|b| ends(*b)).unwrap_or(rest.len());
        &self.source[from..*at]
    }

    fn name(&self, name: &'a str) -> Cow<'a, str> {
        match (self.syntax, name.rsplit_once(':')) {
            (Syntax::Xhtml, Some((_, local))) => lower(local),
            _ => lower(name),
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take()
            && let Some(text) = self.raw_text(name)
        {
            return Some(text);
        }
        let mut text_start = self.at;
        let mut searched = self.at;
        loop {
            let Some(open) = self.source[searched..].find('<').map(|place| searched + place) else {
                let rest = &self.source[text_start..];
                self.at = self.source.len();
                return (!rest.is_empty()).then(|| Token::Text(decoded(rest, false)));
            };
            if open > text_start && begins_markup(&self.source[open + 1..]) {
                self.at = open;
                return Some(Token::Text(decoded(&self.source[text_start..open], false)));
            }
            self.at = open;
            match self.markup() {
                Some(Some(token)) => return Some(token),
                Some(None) => {
                    text_start = self.at;
                    searched = self.at;
                }
                None => searched = self.no_tag_before.max(open + 1),
            }
        }
    }
}

fn begins_markup(after: &str) -> bool {
    after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expect: &str) {
        let found: Vec<String> = Tokens::new(source, Syntax::Html)
            .map(|token| match token {
                Token::Text(text) => format!("'{text}'"),
                Token::Close(name) => format!("/{name}"),
                Token::Open(tag) => {
                    let attributes: Vec<_> =
                        tag.attributes.iter().map(|(n, v)| format!(" {n}={v}")).collect();
                    format!(
                        "<{}{}{}",
                        tag.name,
                        attributes.concat(),
                        if tag.closes_itself { "/" } else { "" }
                    )
                }
            })
            .collect();
        assert_eq!(found.join(" "), expect);
    }

    #[test]
    fn tags_and_text_are_told_apart() {
        check("a<B Href='x &amp; y' c=d e>f</B >", "'a' <b href=x & y c=d e= 'f' /b");
        check("1 < 2 &lt; 3<br/>", "'1 < 2 < 3' <br/");
        check("<!doctype html [<!ENTITY a 'b'>]>x<!-- <p> -->y<![CDATA[z]]>", "'x' 'y' 'z]]>'");
        check("<script>a<b</b></SCRIPT>c", "<script 'a<b</b>' /script 'c'");
        check("<title>a &amp; <b></title>", "<title 'a & <b>' /title");
    }

    #[test]
    fn what_never_ends_swallows_nothing() {
        check("<!-- a > b", "' b'");
        check("<script>a <b>c</b>", "<script 'a ' <b 'c' /b");
        check("x<a href=\"y <b>z", "'x' '<a href=\"y ' <b 'z'");
        check("x <a href", "'x ' '<a href'");
    }
}
