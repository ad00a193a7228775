//! HTML: stored as the Markdown it says, links kept.

use std::sync::OnceLock;

use htmd::HtmlToMarkdown;

use super::{Entry, Read, markdown, text};
use crate::{Document, Extent, Format, Problem};

/// Web pages.
pub(crate) const FORMAT: Entry = Entry {
    name: "html",
    endings: &["html", "htm", "xhtml"],
    names: &[],
    prose: true,
    read: Read::Text(|text, context| Ok(parse(&text, context.extent))),
};

/// Pages nested deeper are read as their words alone: the tree is walked recursively.
const DEPTH_MAX: usize = 400;
/// Less main content than this share of the whole is not believed.
const MAIN_SHARE_MIN: f64 = 0.1;
/// Nor is less than this many bytes.
const MAIN_BYTES_MIN: usize = 200;
/// Elements whose content nobody reads.
const SKIPPED: [&str; 6] = ["script", "style", "noscript", "template", "iframe", "svg"];

/// Reads a page.
pub(crate) fn parse(html: &str, extent: Extent) -> Document {
    if depth(html) > DEPTH_MAX {
        let mut document = Document::new(Format(&FORMAT), words(html));
        document.blocks = text::paragraphs(&document.text);
        document.problems.push(Problem {
            place: "the whole page".into(),
            what: "structure".into(),
            why: format!("elements are nested more than {DEPTH_MAX} deep; only the words were read"),
            content_lost: false,
        });
        return document;
    }
    let whole = to_markdown(html);
    let main = (extent == Extent::MainContent).then(|| main_content(html)).flatten();
    let believed = |main: &String| {
        #[expect(clippy::cast_precision_loss, reason = "a share of a page needs no more than 52 bits")]
        let share = main.len() as f64 / whole.len().max(1) as f64;
        main.len() >= MAIN_BYTES_MIN && share >= MAIN_SHARE_MIN
    };
    let mut document = Document::new(Format(&FORMAT), main.filter(believed).unwrap_or(whole));
    document.blocks = markdown::blocks(&document.text).blocks;
    document.title = title(html).or_else(|| markdown::first_heading(&document.blocks));
    document.language = language(html);
    document
}

fn to_markdown(html: &str) -> String {
    static CONVERTER: OnceLock<HtmlToMarkdown> = OnceLock::new();
    let converter = CONVERTER.get_or_init(|| {
        HtmlToMarkdown::builder().skip_tags([&SKIPPED[..], &["head", "title"]].concat()).build()
    });
    match converter.convert(html) {
        Ok(text) => text.replace('\r', "").trim().to_owned(),
        Err(_) => words(html),
    }
}

fn main_content(html: &str) -> Option<String> {
    let mut page = dom_smoothie::Readability::new(html, None, None).ok()?;
    let article = page.parse().ok()?;
    Some(to_markdown(&article.content))
}

/// How deep elements are nested, at most: opening tags less closing ones.
fn depth(html: &str) -> usize {
    const VOID: [&str; 10] = ["br", "hr", "img", "input", "link", "meta", "area", "col", "source", "wbr"];
    let (mut now, mut most) = (0usize, 0usize);
    for piece in html.split('<').skip(1) {
        if piece.starts_with('/') {
            now = now.saturating_sub(1);
        } else if piece.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name = piece.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let closes_itself = piece.split('>').next().is_some_and(|tag| tag.ends_with('/'));
            // A paragraph or an item that nobody closes is closed by the next one.
            let closed_by_next = matches!(name, "p" | "li" | "dt" | "dd" | "tr" | "td" | "th" | "option");
            if !closes_itself && !closed_by_next && !VOID.contains(&name) {
                now += 1;
                most = most.max(now);
            }
        }
    }
    most
}

/// The text between tags.
fn words(html: &str) -> String {
    let mut words = String::with_capacity(html.len() / 2);
    let mut skipping: Option<&str> = None;
    for piece in html.split('<') {
        let Some((tag, text)) = piece.split_once('>') else { continue };
        let name = tag
            .trim_start_matches('/')
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        match skipping {
            Some(skipped) if tag.starts_with('/') && name.eq_ignore_ascii_case(skipped) => skipping = None,
            Some(_) => continue,
            None => skipping = SKIPPED.into_iter().find(|skipped| name.eq_ignore_ascii_case(skipped)),
        }
        if skipping.is_none() && !text.trim().is_empty() {
            words.push_str(text.trim());
            words.push('\n');
        }
    }
    words
}

fn title(html: &str) -> Option<String> {
    let start = find_tag(html, "<title")?;
    let inner = html[start..].split_once('>')?.1;
    let end = inner.find("</").unwrap_or(inner.len());
    let title = to_markdown(&format!("<p>{}</p>", &inner[..end]));
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "");
    (!title.is_empty()).then_some(title)
}

/// The `lang` of the `html` element, without its region.
fn language(html: &str) -> Option<String> {
    let start = find_tag(html, "<html")?;
    let tag = html[start..].split('>').next()?;
    let value = tag.split(" lang=").nth(1)?.trim_start_matches(['"', '\'']);
    let code: String = value.chars().take_while(char::is_ascii_alphabetic).collect();
    (code.len() == 2).then(|| code.to_ascii_lowercase())
}

fn find_tag(html: &str, tag: &str) -> Option<usize> {
    let wanted = tag.as_bytes();
    html.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_its_markdown() {
        let html = "<!doctype html><html lang=\"en-GB\"><head><title>A &amp; B</title><style>x{}</style></head>\
                    <body><h1>Head</h1><p>See <a href=\"/x\">the link</a>.</p><script>no()</script></body></html>";
        let document = parse(html, Extent::Whole);
        assert_eq!(document.text, "# Head\n\nSee [the link](/x).");
        assert_eq!(document.title.as_deref(), Some("A & B"));
        assert_eq!(document.language.as_deref(), Some("en"));
        assert_eq!(document.blocks[1].heading_path, ["Head"]);
    }

    #[test]
    fn main_content_leaves_navigation_out() {
        let body =
            "Bees fly from flower to flower, and with them goes the pollen that plants wait for. ".repeat(12);
        let html = format!(
            "<html><head><title>Bees</title></head><body><nav><a href=a>Home</a> <a href=b>Shop</a></nav>\
             <article><h1>Bees</h1><p>{body}</p><p>{body}</p></article><footer>Copyright nobody</footer></body></html>"
        );
        let main = parse(&html, Extent::MainContent).text;
        assert!(main.contains("pollen") && !main.contains("Shop") && !main.contains("Copyright"), "{main}");
        let whole = parse(&html, Extent::Whole).text;
        assert!(whole.contains("Shop") && whole.contains("Copyright"));
    }

    #[test]
    fn deep_nesting_gives_the_words() {
        let html = format!("{}deep words{}", "<div>".repeat(50_000), "</div>".repeat(50_000));
        let document = parse(&html, Extent::Whole);
        assert!(document.text.contains("deep words"));
        assert_eq!(document.problems.len(), 1);
    }
}
