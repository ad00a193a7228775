//! What a page says to whoever follows links: links, its canonical address, and what robots may do with it.
//! Reads tags alone, front to back, whatever else the bytes are.

use url::Url;

/// Links of one page beyond so many are not followed.
const LINKS_MAX: usize = 2_000;

/// What a page says of itself and of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PageLinks {
    /// Where its links lead, without fragments, each once, in their order.
    pub links: Vec<String>,
    /// The address that it would be known by.
    pub canonical: Option<String>,
    /// Whether it asks not to be indexed.
    pub no_index: bool,
    /// Whether it had more links than are followed.
    pub cut: bool,
}

/// Reads the tags of a page that was found at `base`.
pub(super) fn links(html: &str, base: &Url) -> PageLinks {
    let (mut page, mut base, mut no_follow) = (PageLinks::default(), base.clone(), false);
    let mut seen = std::collections::HashSet::new();
    for tag in (Tags { rest: html }) {
        let attribute = |name: &str| attribute(tag.attributes, name);
        let has = |list: &str, word: &str| {
            list.split([' ', ',', '\t', '\n']).any(|own| own.eq_ignore_ascii_case(word))
        };
        let rel = attribute("rel").unwrap_or_default();
        match tag.name.to_ascii_lowercase().as_str() {
            "base" => {
                let given = attribute("href").and_then(|href| base.join(href.trim()).ok());
                base = given.unwrap_or(base);
            }
            "meta" => {
                let name = attribute("name").unwrap_or_default().to_ascii_lowercase();
                if name == "robots" || name == "patou" {
                    let content = attribute("content").unwrap_or_default();
                    page.no_index |= has(&content, "noindex") || has(&content, "none");
                    no_follow |= has(&content, "nofollow") || has(&content, "none");
                }
            }
            "link" if has(&rel, "canonical") => {
                let href = attribute("href").and_then(|href| address(&base, &href));
                page.canonical = page.canonical.or(href);
            }
            "a" | "area" if !has(&rel, "nofollow") => {
                let Some(link) = attribute("href").and_then(|href| address(&base, &href)) else { continue };
                if page.links.len() == LINKS_MAX {
                    page.cut = true;
                } else if seen.insert(link.clone()) {
                    page.links.push(link);
                }
            }
            _ => {}
        }
    }
    if no_follow {
        page.links.clear();
    }
    page
}

/// An address on the web, without its fragment.
pub(super) fn address(base: &Url, href: &str) -> Option<String> {
    let mut url = base.join(href.trim()).ok()?;
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then(|| url.to_string())
}

struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

/// The opening tags of a page, without those in comments, scripts and styles.
struct Tags<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            let tag = &self.rest[self.rest.find('<')? + 1..];
            if let Some(comment) = tag.strip_prefix("!--") {
                self.rest = &comment[comment.find("-->")?..];
                continue;
            }
            let name_end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
            let end = tag_end(tag)?;
            let (name, whole) = (&tag[..name_end], &tag[..end]);
            self.rest = &tag[end..];
            if name.is_empty() {
                // A closing tag, a declaration, or a `<` that is none: what follows it is looked at.
                self.rest = tag;
                continue;
            }
            if ["script", "style", "textarea", "template"].iter().any(|raw| name.eq_ignore_ascii_case(raw)) {
                self.rest = after_raw(self.rest, name);
                continue;
            }
            return Some(Tag { name, attributes: &whole[name_end..] });
        }
    }
}

/// Where a tag ends: at the first `>` outside quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (place, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(place),
            (None, b'"' | b'\'') if tag[..place].trim_end().ends_with('=') => quote = Some(byte),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// What follows the end of an element whose content is no markup.
fn after_raw<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return rest;
        }
    }
    ""
}

/// The value of an attribute, its references to characters resolved.
fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let name_end =
            rest.find(|c: char| c.is_ascii_whitespace() || c == '=' || c == '/').unwrap_or(rest.len());
        let name = &rest[..name_end];
        let after = rest[name_end..].trim_start();
        let value;
        match after.strip_prefix('=').map(str::trim_start) {
            Some(given) => {
                let quote = given.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (own, left) = match quote {
                    Some(quote) => given[1..].split_once(quote).unwrap_or((&given[1..], "")),
                    None => given.split_at(
                        given.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(given.len()),
                    ),
                };
                (value, rest) = (own, left);
            }
            // An attribute without a value; a lone `=` is passed over.
            None if name.is_empty() => return None,
            None => (value, rest) = ("", after),
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(unescaped(value));
        }
    }
}

fn unescaped(value: &str) -> String {
    let named =
        [("&amp;", "&"), ("&#38;", "&"), ("&#x26;", "&"), ("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<")];
    if !value.contains('&') {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        let found = named.iter().find(|(reference, _)| rest[at..].starts_with(reference));
        let (length, letter) = found.map_or((1, "&"), |(reference, letter)| (reference.len(), *letter));
        text.push_str(letter);
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> PageLinks {
        links(html, &"https://example.org/docs/a".parse().unwrap())
    }

    #[test]
    fn links_are_found_and_made_whole() {
        let page = read(
            "<html><a href=b>b</a> <A class='x>y' HREF = \"../c?x=1&amp;y=2#part\">c</A><a href='mailto:x@y'>m</a>\
             <!-- <a href=hidden> --><script>\"<a href=script>\"</script><a rel='nofollow ugc' href=d>d</a>\
             <a href=b>again</a><area href=//other.org/e><a name=x>",
        );
        let wanted = ["https://example.org/docs/b", "https://example.org/c?x=1&y=2", "https://other.org/e"];
        assert_eq!(page.links, wanted);
    }

    #[test]
    fn what_a_page_says_to_robots() {
        let page =
            read("<meta name=robots content='noindex, nofollow'><link rel=canonical href=/z><a href=b>b</a>");
        assert!(page.no_index && page.links.is_empty());
        assert_eq!(page.canonical.as_deref(), Some("https://example.org/z"));
        assert!(read("<base href='https://cdn.org/x/'><a href=b>").links == ["https://cdn.org/x/b"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[<>a-z!\\-\"'= /&;é]{0,400}") {
            let _ = read(&text);
        }
    }
}
