//! Images: no text of their own, one scan for whoever can read it.

use super::{Context, Damage, Entry, Read};
use crate::{Document, Problem, Scan};

/// Pictures and scans.
pub(crate) const FORMAT: Entry = Entry {
    name: "image",
    endings: &["png", "jpg", "jpeg", "tif", "tiff", "webp", "bmp", "gif"],
    names: &[],
    prose: true,
    read: Read::Bytes { sniff: |bytes| media_type(bytes).is_some(), read },
};

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let media_type = media_type(bytes).ok_or_else(|| {
        Damage::Broken("it does not begin as PNG, JPEG, TIFF, WebP, BMP or GIF files do".into())
    })?;
    let mut document = Document::new(context.format, String::new());
    let place = "the whole image".to_owned();
    document.problems.push(Problem {
        place: place.clone(),
        what: "text in a picture".into(),
        why: "its text takes optical character recognition, which is not set up".into(),
        content_lost: true,
    });
    document.scans.push(Scan { place, at: 0, media_type, bytes: bytes.to_vec() });
    Ok(document)
}

/// What kind of image begins so.
pub(crate) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    // Two letters are no mark of an image: a bitmap says its size as well.
    let bitmap = || {
        let size = bytes.get(2..6).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
        starts(b"BM") && size.and_then(|size| usize::try_from(size).ok()) == Some(bytes.len())
    };
    match () {
        () if starts(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        () if starts(b"\xff\xd8\xff") => Some("image/jpeg"),
        () if starts(b"II*\0") || starts(b"MM\0*") => Some("image/tiff"),
        () if starts(b"GIF87a") || starts(b"GIF89a") => Some("image/gif"),
        () if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Some("image/webp"),
        () if bitmap() => Some("image/bmp"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Extent, Input, ParseError, parse};

    #[test]
    fn an_image_is_one_scan_and_one_problem() {
        for (name, bytes, kind) in [
            ("a.png", &b"\x89PNG\r\n\x1a\nrest"[..], "image/png"),
            ("photo", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("a.tif", b"II*\0", "image/tiff"),
            ("a.txt", b"GIF89a", "image/gif"),
            ("a.webp", b"RIFF\0\0\0\0WEBP", "image/webp"),
            ("a.bmp", b"BM\x08\0\0\0\0\0", "image/bmp"),
        ] {
            let document = parse(&Input { name, bytes, extent: Extent::Whole, passwords: &[] }).unwrap();
            assert_eq!((document.text.as_str(), document.scans.len(), document.problems.len()), ("", 1, 1));
            assert_eq!((document.scans[0].media_type, document.problems[0].content_lost), (kind, true));
            let mut read = document.clone();
            read.recognized(vec![(0, "seen".into())]);
            assert_eq!((read.text.as_str(), read.problems.len(), read.blocks.len()), ("seen", 0, 1));
        }
        let broken = parse(&Input { name: "a.png", bytes: b"text", extent: Extent::Whole, passwords: &[] });
        assert!(matches!(broken, Err(ParseError::Damaged { .. })));
    }
}
