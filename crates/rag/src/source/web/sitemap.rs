//! Sitemaps and sitemap indexes, plain or compressed, as sitemaps.org has them; a plain list of URLs too.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// The longest sitemap that is read, unpacked, in bytes: what the protocol allows.
pub(super) const BYTES_MAX: u64 = 50 << 20;
/// The most entries of one sitemap: what the protocol allows.
pub(super) const ENTRIES_MAX: usize = 50_000;

/// What a sitemap names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sitemap {
    /// Pages.
    pub pages: Vec<String>,
    /// Further sitemaps.
    pub sitemaps: Vec<String>,
}

/// Reads a sitemap.
///
/// # Errors
///
/// What is wrong with it, in words.
pub(super) fn parse(bytes: &[u8]) -> Result<Sitemap, String> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let mut limited = MultiGzDecoder::new(bytes).take(BYTES_MAX + 1);
        limited.read_to_end(&mut unpacked).map_err(|error| format!("its gzip is broken: {error}"))?;
        if unpacked.len() as u64 > BYTES_MAX {
            return Err(format!("it unpacks to more than {BYTES_MAX} bytes"));
        }
        return plain(&unpacked);
    }
    plain(bytes)
}

fn plain(bytes: &[u8]) -> Result<Sitemap, String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        let pages: Vec<String> =
            text.lines().map(str::trim).filter(|line| line.starts_with("http")).map(str::to_owned).collect();
        if pages.is_empty() {
            return Err("it is neither XML nor a list of URLs".into());
        }
        return bounded(Sitemap { pages, sitemaps: Vec::new() });
    }
    let mut reader = Reader::from_str(text);
    let (mut sitemap, mut path, mut location) = (Sitemap::default(), Vec::<String>::new(), String::new());
    loop {
        match reader.read_event().map_err(|error| format!("its XML is broken: {error}"))? {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                location.clear();
                if path.len() > 16 {
                    return Err("its XML is nested too deep".into());
                }
            }
            Event::Text(text) if is_location(&path) => {
                location.push_str(&text.xml_content(XmlVersion::Implicit1_0));
            }
            Event::CData(text) if is_location(&path) => {
                location.push_str(&text.xml_content(XmlVersion::Implicit1_0));
            }
            Event::GeneralRef(reference) if is_location(&path) => {
                location.push_str(letter(&reference.xml_content(XmlVersion::Implicit1_0)));
            }
            Event::End(_) => {
                if is_location(&path) {
                    let into = if path.iter().any(|name| name == "sitemap") {
                        &mut sitemap.sitemaps
                    } else {
                        &mut sitemap.pages
                    };
                    into.push(std::mem::take(&mut location).trim().to_owned());
                }
                path.pop();
            }
            Event::Eof => return bounded(sitemap),
            _ => {}
        }
        if sitemap.pages.len() + sitemap.sitemaps.len() > ENTRIES_MAX {
            return bounded(sitemap);
        }
    }
}

/// Whether the text belongs to the `loc` of a page or sitemap, and not to that of a picture on it.
fn is_location(path: &[String]) -> bool {
    matches!(path, [.., parent, name] if name == "loc" && (parent == "url" || parent == "sitemap"))
}

fn letter(reference: &str) -> &'static str {
    match reference {
        "amp" | "#38" | "#x26" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" | "#39" => "'",
        _ => "",
    }
}

fn bounded(sitemap: Sitemap) -> Result<Sitemap, String> {
    if sitemap.pages.len() + sitemap.sitemaps.len() > ENTRIES_MAX {
        return Err(format!("it has more than {ENTRIES_MAX} entries"));
    }
    Ok(sitemap)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const MAP: &str = "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\
        <url><loc> https://e.org/a?x=1&amp;y=2 </loc><lastmod>2026-01-01</lastmod>\
        <image:image><image:loc>https://e.org/p.png</image:loc></image:image></url>\
        <url><loc><![CDATA[https://e.org/b]]></loc></url></urlset>";

    #[test]
    fn pages_and_further_sitemaps_are_told_apart() {
        assert_eq!(parse(MAP.as_bytes()).unwrap().pages, ["https://e.org/a?x=1&y=2", "https://e.org/b"]);
        let index = "<sitemapindex><sitemap><loc>https://e.org/1.xml.gz</loc></sitemap></sitemapindex>";
        assert_eq!(parse(index.as_bytes()).unwrap().sitemaps, ["https://e.org/1.xml.gz"]);
        assert_eq!(parse(b"https://e.org/a\nhttps://e.org/b\n").unwrap().pages.len(), 2);
    }

    #[test]
    fn compressed_ones_are_unpacked_to_a_limit() {
        let pack = |bytes: &[u8]| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(bytes).unwrap();
            packed.finish().unwrap()
        };
        assert_eq!(parse(&pack(MAP.as_bytes())).unwrap().pages.len(), 2);
        let bomb = pack(&vec![b' '; usize::try_from(BYTES_MAX).unwrap() + 1]);
        assert!(parse(&bomb).unwrap_err().contains("unpacks to more than"));
        assert!(parse(&[0x1f, 0x8b, 9]).is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(parse(b"hello").is_err());
        assert!(parse(b"<a><b></a>").is_err());
        let many = "<urlset>".to_owned() + &"<url><loc>https://e.org/</loc></url>".repeat(ENTRIES_MAX + 1);
        assert!(parse(many.as_bytes()).unwrap_err().contains("entries"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
