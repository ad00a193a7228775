//! Pictures within documents: a mark in the text, and a scan for whoever can read what is written in them.

use crate::compose::{block, separate};
use crate::{BlockKind, Document, Problem, Scan};

/// What stands in the text for a picture.
const MARK: &str = "<!-- image -->";

/// File name endings of pictures that hold pixels, and their types.
const PIXELS: [(&str, &str); 8] = [
    (".png", "image/png"),
    (".jpg", "image/jpeg"),
    (".jpeg", "image/jpeg"),
    (".gif", "image/gif"),
    (".bmp", "image/bmp"),
    (".tif", "image/tiff"),
    (".tiff", "image/tiff"),
    (".webp", "image/webp"),
];

/// A picture's file.
pub(crate) struct Picture {
    /// `image/png` and the like.
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// The type of a picture's file by its name; `None` for what holds no pixels.
pub(crate) fn media_type(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    PIXELS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, media_type)| *media_type)
}

/// Writes the mark of a picture, with its file where there is one that holds pixels.
pub(crate) fn write(document: &mut Document, path: &[String], place: &str, picture: Option<Picture>) {
    let at = separate(document);
    let place = format!("{place}, picture {}", document.scans.len() + 1);
    let why = match picture {
        Some(_) => "what is written in the picture was not read",
        None => "the picture is of a kind without pixels, or not in the file; what it shows was not read",
    };
    document.problems.push(Problem {
        place: place.clone(),
        what: "picture".into(),
        why: why.into(),
        content_lost: true,
    });
    if let Some(Picture { media_type, bytes }) = picture {
        document.scans.push(Scan { place, at, media_type, bytes });
    }
    block(document, path, BlockKind::Html, MARK);
}

/// Writes the mark of a picture that is drawn from numbers which follow it.
pub(crate) fn mark(document: &mut Document, path: &[String]) {
    block(document, path, BlockKind::Html, MARK);
}
