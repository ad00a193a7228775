//! EPUB: the parts of the reading order, one after the other, as Markdown.
//!
//! A book under digital rights management is locked. What the package names and does not have is a problem.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::html::tree::{Id, Tree};
use super::html::{Page, Syntax, language, page};
use super::{Context, Damage, Entry, Read, markdown};
use crate::package::Package;
use crate::{Document, Problem, Scan, decode};

/// Electronic books.
pub(crate) const FORMAT: Entry =
    Entry { name: "epub", endings: &["epub"], names: &[], prose: true, read: Read::Bytes { sniff, read } };

/// What an EPUB file has at byte 30: its first part's name and content.
const MARK: &[u8] = b"mimetypeapplication/epub+zip";
const MARK_AT: usize = 30;
/// Ways of encryption that only keep fonts from being taken out of a book.
const FONTS_ONLY: [&str; 2] = ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];

fn sniff(bytes: &[u8]) -> bool {
    bytes.get(MARK_AT..MARK_AT + MARK.len()) == Some(MARK)
}

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let mut package = Package::open(bytes)?;
    let path = package_path(&mut package)?;
    let source = text(&package.require(&path)?);
    let tree = Tree::parse(&source, Syntax::Xhtml);
    let manifest = Manifest::read(&tree, &path);
    let locked = encrypted(&mut package)?;
    let order = manifest.reading_order(&tree);
    if order.iter().any(|item| locked.contains(&item.path)) {
        return Err(Damage::Locked);
    }
    let mut book = Book {
        titles: titles(&mut package, &manifest)?,
        document: Document::new(context.format, String::new()),
        package,
    };
    for item in &order {
        book.part(item, &manifest)?;
    }
    let mut document = book.document;
    metadata(&tree, &mut document);
    document.blocks = markdown::blocks(&document.text).blocks;
    document.title = document.title.take().or_else(|| markdown::first_heading(&document.blocks));
    Ok(document)
}

/// The path of the package document.
fn package_path(package: &mut Package<'_>) -> Result<String, Damage> {
    if let Some(container) = package.read("META-INF/container.xml")? {
        let source = text(&container);
        let tree = Tree::parse(&source, Syntax::Xhtml);
        let named = tree.find(0, "rootfile").and_then(|id| tree.attribute(id, "full-path"));
        if let Some(path) = named {
            return Ok(path.to_owned());
        }
    }
    let found = package.names().find(|name| name.ends_with(".opf"));
    found.ok_or_else(|| Damage::Broken("it has no package document".into()))
}

/// The paths of parts that are encrypted, fonts aside.
fn encrypted(package: &mut Package<'_>) -> Result<HashSet<String>, Damage> {
    let Some(bytes) = package.read("META-INF/encryption.xml")? else { return Ok(HashSet::new()) };
    let source = text(&bytes);
    let tree = Tree::parse(&source, Syntax::Xhtml);
    let part = |data: Id| {
        let algorithm = tree.find(data, "encryptionmethod").and_then(|id| tree.attribute(id, "algorithm"));
        let path = tree.find(data, "cipherreference").and_then(|id| tree.attribute(id, "uri"))?;
        (!algorithm.is_some_and(|own| FONTS_ONLY.contains(&own))).then(|| path_from("", path))
    };
    Ok(tree.descendants(0).filter(|id| tree.name(*id) == "encrypteddata").filter_map(part).collect())
}

/// A part that the package document names.
#[derive(Clone)]
struct Item {
    path: String,
    media_type: String,
    properties: String,
}

struct Manifest {
    by_id: HashMap<String, Item>,
    /// In the order of the package document.
    items: Vec<Item>,
}

impl Manifest {
    fn read(tree: &Tree<'_>, package_path: &str) -> Self {
        let mut manifest = Self { by_id: HashMap::new(), items: Vec::new() };
        for id in tree.descendants(0).filter(|id| tree.name(*id) == "item") {
            let Some(href) = tree.attribute(id, "href") else { continue };
            let value = |name| tree.attribute(id, name).unwrap_or_default().to_owned();
            let item = Item {
                path: path_from(package_path, href),
                media_type: value("media-type"),
                properties: value("properties"),
            };
            manifest.by_id.insert(value("id"), item.clone());
            manifest.items.push(item);
        }
        manifest
    }

    /// The parts as they are read, then pages that the reading order leaves out and only links lead to.
    fn reading_order(&self, tree: &Tree<'_>) -> Vec<Item> {
        let spine = tree.descendants(0).filter(|id| tree.name(*id) == "itemref");
        let named = spine.filter_map(|id| tree.attribute(id, "idref")).map(|idref| {
            self.by_id.get(idref).cloned().unwrap_or_else(|| Item {
                path: idref.to_owned(),
                media_type: String::new(),
                properties: String::new(),
            })
        });
        let is_page = |item: &&Item| {
            item.media_type == "application/xhtml+xml" && !item.has("nav") && !item.has("cover-image")
        };
        let mut seen = HashSet::new();
        named
            .chain(self.items.iter().filter(is_page).cloned())
            .filter(|item| seen.insert(item.path.clone()))
            .collect()
    }
}

impl Item {
    fn has(&self, property: &str) -> bool {
        self.properties.split_whitespace().any(|own| own == property)
    }
}

struct Book<'a> {
    package: Package<'a>,
    /// What the table of contents calls each part.
    titles: HashMap<String, String>,
    document: Document,
}

impl Book<'_> {
    /// Adds a part to the document.
    fn part(&mut self, item: &Item, manifest: &Manifest) -> Result<(), Damage> {
        let bytes = match self.package.read(&item.path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                self.lost(item, "the book names it and does not have it".into());
                return Ok(());
            }
            Err(Damage::Broken(why)) => {
                self.lost(item, why);
                return Ok(());
            }
            Err(damage) => return Err(damage),
        };
        if item.media_type.starts_with("image/") && item.media_type != "image/svg+xml" {
            self.picture(item, bytes);
            return Ok(());
        }
        let decoded = decode::decode(&bytes);
        let page = page(&decoded.text, Syntax::Xhtml);
        let problems = decoded.problems.into_iter().chain(page.problems.iter().cloned());
        self.document.problems.extend(
            problems.map(|problem| Problem { place: format!("{}, {}", item.path, problem.place), ..problem }),
        );
        self.push(item, &page);
        let only_pictures = page.text.replace("<!-- image -->", "").trim().is_empty();
        if only_pictures {
            self.pictures(item, &page, manifest)?;
        }
        Ok(())
    }

    /// Adds a part's text, under its title from the table of contents if it has no heading.
    fn push(&mut self, item: &Item, page: &Page) {
        let document = &mut self.document;
        if !document.text.is_empty() && !page.text.is_empty() {
            document.text.push_str("\n\n");
        }
        let title = self.titles.get(&item.path).filter(|_| !page.has_headings && !page.text.is_empty());
        if let Some(title) = title.filter(|title| !page.text.starts_with(title.as_str())) {
            document.text.push_str(&format!("## {title}\n\n"));
        }
        document.text.push_str(&page.text);
    }

    /// The pictures of a page without text, whose text somebody may read. The cover has none that matters.
    fn pictures(&mut self, item: &Item, page: &Page, manifest: &Manifest) -> Result<(), Damage> {
        for source in &page.images {
            let path = path_from(&item.path, source);
            let Some(image) = manifest.items.iter().find(|item| item.path == path) else { continue };
            if image.has("cover-image") || item.path.contains("cover") || path.contains("cover") {
                continue;
            }
            match self.package.read(&path) {
                Ok(Some(bytes)) => self.picture(&image.clone(), bytes),
                Ok(None) => self.lost(image, "the book names it and does not have it".into()),
                Err(Damage::Broken(why)) => self.lost(image, why),
                Err(damage) => return Err(damage),
            }
        }
        Ok(())
    }

    fn picture(&mut self, item: &Item, bytes: Vec<u8>) {
        const KNOWN: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff"];
        let why = "a page of the book is a picture, whose text was not read";
        self.lost(item, why.into());
        if let Some(media_type) = KNOWN.into_iter().find(|known| *known == item.media_type) {
            let at = self.document.text.len();
            self.document.scans.push(Scan { place: item.path.clone(), at, media_type, bytes });
        }
    }

    fn lost(&mut self, item: &Item, why: String) {
        self.document.problems.push(Problem {
            place: item.path.clone(),
            what: "part".into(),
            why,
            content_lost: true,
        });
    }
}

/// What the table of contents calls each part: of EPUB 3, else of EPUB 2.
fn titles(package: &mut Package<'_>, manifest: &Manifest) -> Result<HashMap<String, String>, Damage> {
    let mut titles = HashMap::new();
    let navigation = manifest.items.iter().filter(|item| item.has("nav"));
    let contents = manifest.items.iter().filter(|item| item.media_type == "application/x-dtbncx+xml");
    for item in navigation.chain(contents) {
        let bytes = match package.read(&item.path) {
            Ok(bytes) => bytes.unwrap_or_default(),
            // Without it, parts only have no titles.
            Err(Damage::Broken(_)) => continue,
            Err(damage) => return Err(damage),
        };
        let source = text(&bytes);
        let tree = Tree::parse(&source, Syntax::Xhtml);
        let mut label = String::new();
        for id in tree.descendants(0) {
            let target = match tree.name(id) {
                "navlabel" => {
                    label = tree.words(id);
                    continue;
                }
                "content" => tree.attribute(id, "src"),
                "a" => {
                    label = tree.words(id);
                    tree.attribute(id, "href")
                }
                _ => None,
            };
            if let Some(target) = target.filter(|_| !label.is_empty()) {
                titles.entry(path_from(&item.path, target)).or_insert_with(|| label.clone());
            }
        }
    }
    Ok(titles)
}

/// What the package document says of the book.
fn metadata(tree: &Tree<'_>, document: &mut Document) {
    let Some(metadata) = tree.find(0, "metadata") else { return };
    let mut lists: HashMap<&str, Vec<String>> = HashMap::new();
    for id in tree.descendants(metadata) {
        let name = match tree.name(id) {
            "creator" => "author",
            "subject" => "keywords",
            "date" => "created",
            "meta" if tree.attribute(id, "property") == Some("dcterms:modified") => "modified",
            known @ ("title" | "language" | "publisher" | "identifier" | "description" | "rights") => known,
            _ => continue,
        };
        let value = tree.words(id);
        if !value.is_empty() {
            lists.entry(name).or_default().push(value);
        }
    }
    document.title = lists.remove("title").and_then(|titles| titles.into_iter().next());
    document.language = lists.remove("language").and_then(|languages| language(languages.first()?));
    for (name, values) in lists {
        let value = match name {
            "keywords" => Value::from(values),
            "author" => Value::from(values.join(", ")),
            _ => values.into_iter().next().map_or(Value::Null, |value| Value::from(plain(value))),
        };
        document.metadata.insert(name.to_owned(), value);
    }
}

/// A value that may have been written as HTML.
fn plain(value: String) -> String {
    if value.contains('<') { page(&value, Syntax::Html).text } else { value }
}

fn text(bytes: &[u8]) -> String {
    decode::decode(bytes).text
}

/// The path of what a part at `from` calls `href`, without its fragment.
fn path_from(from: &str, href: &str) -> String {
    let href = href.split('#').next().unwrap_or_default();
    let folder = if href.is_empty() { from } else { from.rsplit_once('/').map_or("", |(folder, _)| folder) };
    let decoded = percent_decoded(href);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::tests::package;
    use crate::{Extent, Input, ParseError};

    const CONTAINER: &[u8] = b"<container><rootfiles><rootfile full-path='o/p.opf'/></rootfiles></container>";
    const PACKAGE: &[u8] = b"<?xml version='1.0'?><package xmlns:dc='x'><metadata><dc:title>Bees</dc:title>\
        <dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><dc:language>en-GB</dc:language>\
        <dc:subject>insects</dc:subject><meta property='dcterms:modified'>2024-01-02T03:04:05Z</meta></metadata>\
        <manifest><item id='a' href='t/a%20b.xhtml' media-type='application/xhtml+xml'/>\
        <item id='c' href='t/c.xhtml' media-type='application/xhtml+xml'/>\
        <item id='n' href='n.xhtml' media-type='application/xhtml+xml' properties='nav'/>\
        <item id='i' href='i.png' media-type='image/png'/>\
        <item id='x' href='x.xhtml' media-type='application/xhtml+xml'/></manifest>\
        <spine><itemref idref='c'/><itemref idref='a'/><itemref idref='gone'/></spine></package>";

    fn book(more: &[(&str, &[u8])]) -> Vec<u8> {
        let mut parts: Vec<(&str, &[u8])> = vec![
            ("mimetype", b"application/epub+zip"),
            ("META-INF/container.xml", CONTAINER),
            ("o/p.opf", PACKAGE),
            (
                "o/n.xhtml",
                b"<html><nav><ol><li><a href='t/a%20b.xhtml#x'>Chapter <i>two</i></a></ol></nav></html>",
            ),
            ("o/t/a b.xhtml", b"<html><body><p id='x'/><p>Second.</p></body></html>"),
            ("o/t/c.xhtml", b"<html><head><title/></head><body><h1>One</h1><p>First.</p></body></html>"),
        ];
        parts.extend_from_slice(more);
        package(&parts)
    }

    fn parse(bytes: &[u8]) -> Result<Document, ParseError> {
        crate::parse(&Input { name: "a.epub", bytes, extent: Extent::Whole, passwords: &[] })
    }

    #[test]
    fn parts_come_in_the_order_of_reading() {
        let document = parse(&book(&[
            ("o/x.xhtml", b"<html><body><img src='i.png'/></body></html>"),
            ("o/i.png", b"P"),
        ]))
        .unwrap();
        assert_eq!(document.text, "# One\n\nFirst.\n\n## Chapter two\n\nSecond.\n\n<!-- image -->");
        assert_eq!((document.title.as_deref(), document.language.as_deref()), (Some("Bees"), Some("en")));
        assert_eq!(document.metadata["author"], "Ann, Bob");
        assert_eq!(document.metadata["keywords"], serde_json::json!(["insects"]));
        assert_eq!(document.metadata["modified"], "2024-01-02T03:04:05Z");
        let lost: Vec<_> = document.problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(lost, ["gone", "o/i.png"]);
        assert_eq!((document.scans.len(), document.scans[0].at), (1, document.text.len()));
    }

    #[test]
    fn a_locked_book_is_told_apart_from_one_with_hidden_fonts() {
        let encryption = |algorithm: &str| {
            format!(
                "<encryption xmlns:enc='e'><enc:EncryptedData><enc:EncryptionMethod Algorithm='{algorithm}'/>\
                 <enc:CipherData><enc:CipherReference URI='o/t/c.xhtml'/></enc:CipherData></enc:EncryptedData></encryption>"
            )
        };
        let with = |algorithm| book(&[("META-INF/encryption.xml", encryption(algorithm).as_bytes())]);
        let locked = parse(&with("http://www.w3.org/2001/04/xmlenc#aes256-cbc"));
        assert_eq!(locked.unwrap_err(), ParseError::Locked { name: "a.epub".into() });
        assert!(parse(&with(FONTS_ONLY[0])).is_ok());
    }

    #[test]
    fn what_is_no_book_is_damaged() {
        assert!(matches!(parse(b"PK"), Err(ParseError::Damaged { .. })));
        assert!(matches!(
            parse(&package(&[("mimetype", b"application/epub+zip")])),
            Err(ParseError::Damaged { .. })
        ));
        assert_eq!(path_from("a/b/c.x", "../d/./e%20f#g"), "a/d/e f");
        assert_eq!(path_from("a", "../../b"), "b");
    }
}
