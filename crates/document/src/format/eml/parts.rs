//! The parts of a mail (RFC 2045 to 2047, 2183, 3676): which are its text, which it carries, and their bytes.

use std::borrow::Cow;

use encoding_rs::Encoding;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Message, MessageParser, MimeHeaders};

use crate::format::mail::{Body, Mail};
use crate::{Problem, decode};

/// How deep parts are followed within parts.
const DEPTH_MAX: usize = 20;
/// How many parts a mail may have.
const PARTS_MAX: usize = 20_000;
/// How many bytes of headers a part may have.
const HEAD_BYTES_MAX: usize = 8 << 20;

/// A walk through a mail's parts.
pub(super) struct Walk<'m> {
    mail: &'m mut Mail,
    parts: usize,
}

/// A part: what its headers say, and its bytes.
struct Part<'a> {
    kind: String,
    charset: Option<String>,
    flowed: bool,
    delete_space: bool,
    attached: bool,
    name: Option<String>,
    encoding: String,
    body: &'a [u8],
}

impl<'m> Walk<'m> {
    pub(super) fn new(mail: &'m mut Mail) -> Self {
        Self { mail, parts: 0 }
    }

    /// Reads a whole mail; gives its headers.
    pub(super) fn read<'a>(&mut self, bytes: &'a [u8]) -> Option<Message<'static>> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let bytes: &'a [u8] = if bytes.starts_with(b"From ") { after_line(bytes) } else { bytes };
        let (head, body) = split_head(bytes);
        if head.len() > HEAD_BYTES_MAX {
            self.lost(
                "the headers",
                format!("they have more than {HEAD_BYTES_MAX} bytes; the rest was not read"),
            );
        }
        let head = parse_head(head);
        let part = Part::of(head.as_ref(), body);
        let boundary = boundary_of(head.as_ref());
        self.part(part, boundary, 0);
        head
    }

    /// Takes one part, with what is in it.
    fn part(&mut self, part: Part<'_>, boundary: Option<String>, depth: usize) {
        self.parts += 1;
        let Some(subtype) = part.kind.strip_prefix("multipart/") else {
            self.leaf(part);
            return;
        };
        if subtype == "encrypted" || subtype.contains("pkcs7") {
            self.lost("the body", "it is encrypted".into());
        }
        let Some(boundary) = boundary else {
            self.mail.body.push(Body::Plain(text_of(part.body, None)));
            return;
        };
        if depth >= DEPTH_MAX {
            self.lost(
                "a part",
                format!("parts are nested more than {DEPTH_MAX} deep; what is in it was not read"),
            );
            return;
        }
        let pieces = split(part.body, &boundary);
        if pieces.is_empty() {
            self.mail.body.push(Body::Plain(text_of(part.body, None)));
            return;
        }
        if subtype == "alternative" {
            self.alternatives(pieces, depth);
            return;
        }
        for piece in pieces {
            if self.parts >= PARTS_MAX {
                self.lost("the rest of its parts", format!("it has more than {PARTS_MAX}"));
                return;
            }
            self.piece(piece, subtype == "digest", depth);
        }
    }

    fn piece(&mut self, piece: &[u8], digest: bool, depth: usize) {
        let (head, body) = split_head(piece);
        let head = parse_head(head);
        let mut part = Part::of(head.as_ref(), body);
        if digest && head.as_ref().is_none_or(|head| head.content_type().is_none()) {
            part.kind = "message/rfc822".into();
        }
        self.part(part, boundary_of(head.as_ref()), depth + 1);
    }

    /// The same text in several forms: the page where there is one with words in it, else the plain text. What
    /// is no text is carried.
    fn alternatives(&mut self, pieces: Vec<&[u8]>, depth: usize) {
        let before = self.mail.body.len();
        for piece in pieces {
            if self.parts >= PARTS_MAX {
                break;
            }
            self.piece(piece, false, depth);
        }
        let page = |body: &Body| matches!(body, Body::Html(page) if has_words(page));
        let has_page = self.mail.body[before..].iter().any(page);
        let forms = self.mail.body.split_off(before);
        let plain = |body: &Body| matches!(body, Body::Plain(_));
        self.mail
            .body
            .extend(forms.into_iter().filter(|body| if has_page { page(body) } else { plain(body) }));
    }

    fn leaf(&mut self, part: Part<'_>) {
        let number = self.parts;
        let signature = part.kind.ends_with("-signature");
        let bytes = self.decoded(&part);
        if signature || (bytes.trim_ascii().is_empty() && part.name.is_none()) {
            return;
        }
        let shown = !part.attached && part.name.is_none();
        match part.kind.as_str() {
            "text/html" if shown => self.mail.body.push(Body::Html(text_of(&bytes, part.charset.as_deref()))),
            "text/plain" | "text/enriched" | "text/markdown" if shown => {
                let text = text_of(&bytes, part.charset.as_deref());
                if text.contains('\u{fffd}') {
                    self.lost(
                        &format!("part {number}"),
                        "it has bytes that are not in its character set".into(),
                    );
                }
                let text = if part.flowed { flow(&text, part.delete_space) } else { text };
                self.mail.body.push(Body::Plain(text));
            }
            kind => {
                if matches!(kind, "application/pkcs7-mime" | "application/x-pkcs7-mime") {
                    self.lost("the body", "it is encrypted or signed as one block".into());
                }
                let name = part.name.clone().unwrap_or_else(|| self.name_of(kind, &bytes));
                // Attached mails need an ending that says so, whatever they are called.
                let mail = kind == "message/rfc822" || kind == "message/global";
                let name =
                    if mail && !name.to_lowercase().ends_with(".eml") { format!("{name}.eml") } else { name };
                self.mail.attachments.push((name, bytes.into_owned()));
            }
        }
    }

    /// A name for what has none.
    fn name_of(&self, kind: &str, bytes: &[u8]) -> String {
        if kind.starts_with("message/") && kind != "message/delivery-status" {
            let subject = parse_head(split_head(bytes).0).and_then(|head| head.subject().map(str::to_owned));
            return subject.filter(|subject| !subject.trim().is_empty()).unwrap_or_else(|| "mail".into());
        }
        let ending = match kind {
            "text/html" => "html",
            "text/csv" => "csv",
            "application/pdf" => "pdf",
            "application/json" => "json",
            "application/zip" => "zip",
            "application/rtf" | "text/rtf" => "rtf",
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "image/gif" => "gif",
            "image/tiff" => "tiff",
            "image/webp" => "webp",
            "image/bmp" => "bmp",
            kind if kind.starts_with("text/") || kind.starts_with("message/") => "txt",
            _ => "bin",
        };
        format!("part-{}.{ending}", self.parts)
    }

    /// A part's bytes as they were before they were made fit to travel.
    fn decoded<'a>(&mut self, part: &Part<'a>) -> Cow<'a, [u8]> {
        let decoded = match part.encoding.as_str() {
            "base64" => Some(decode::base64(part.body)),
            "quoted-printable" => quoted_printable_decode(part.body),
            _ => return Cow::Borrowed(part.body),
        };
        if let Some(bytes) = decoded {
            return Cow::Owned(bytes);
        }
        let place = format!("part {}", self.parts);
        self.lost(&place, format!("it is not {}; it was read as it is", part.encoding));
        Cow::Borrowed(part.body)
    }

    fn lost(&mut self, place: &str, why: String) {
        let what = "mail part".to_owned();
        self.mail.problems.push(Problem { place: place.to_owned(), what, why, content_lost: true });
    }
}

impl<'a> Part<'a> {
    fn of(head: Option<&Message<'_>>, body: &'a [u8]) -> Self {
        let kind = head.and_then(MimeHeaders::content_type);
        let attribute = |name: &str| kind.and_then(|kind| kind.attribute(name));
        let is = |name: &str, value: &str| attribute(name).is_some_and(|own| own.eq_ignore_ascii_case(value));
        let encoding = head.and_then(|head| head.content_transfer_encoding());
        Self {
            kind: kind
                .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_lowercase())
                .unwrap_or_else(|| "text/plain".into()),
            charset: attribute("charset").map(str::to_owned),
            flowed: is("format", "flowed"),
            delete_space: is("delsp", "yes"),
            attached: head.and_then(MimeHeaders::content_disposition).is_some_and(|own| own.is_attachment()),
            name: head.and_then(MimeHeaders::attachment_name).map(str::to_owned),
            encoding: encoding.unwrap_or_default().trim().to_ascii_lowercase(),
            body,
        }
    }
}

fn boundary_of(head: Option<&Message<'_>>) -> Option<String> {
    let boundary = head?.content_type()?.attribute("boundary")?.trim_end();
    (!boundary.is_empty()).then(|| boundary.to_owned())
}

/// Headers alone: a body is never handed to the parser.
fn parse_head(head: &[u8]) -> Option<Message<'static>> {
    let head = &head[..head.len().min(HEAD_BYTES_MAX)];
    let text: Cow<'_, [u8]> = match std::str::from_utf8(head) {
        Ok(_) => Cow::Borrowed(head),
        Err(_) => Cow::Owned(decode::decode(head).text.into_bytes()),
    };
    MessageParser::default().parse_headers(text.as_ref()).map(Message::into_owned)
}

/// Headers and body, parted by the first empty line.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < bytes.len() {
        let line = line_at(bytes, at);
        let next = at + line.len();
        if line.trim_ascii_end().is_empty() {
            return (&bytes[..at], &bytes[next..]);
        }
        at = next;
    }
    (bytes, &[])
}

fn after_line(bytes: &[u8]) -> &[u8] {
    &bytes[line_at(bytes, 0).len()..]
}

/// The line that begins here, with its end.
fn line_at(bytes: &[u8], at: usize) -> &[u8] {
    let rest = &bytes[at..];
    &rest[..rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1)]
}

/// What stands between the boundaries of a part. Where the last one is missing, the last piece ends with it all.
fn split<'a>(bytes: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = 0;
    while at < bytes.len() && pieces.len() <= PARTS_MAX {
        let line = line_at(bytes, at);
        let next = at + line.len();
        let mark = line.strip_prefix(b"--").and_then(|rest| rest.strip_prefix(boundary.as_bytes()));
        if let Some(rest) = mark {
            let last = rest.starts_with(b"--");
            if last || rest.trim_ascii().is_empty() {
                if let Some(start) = start {
                    pieces.push(without_end(&bytes[start..at]));
                }
                start = Some(next);
                if last {
                    return pieces;
                }
            }
        }
        at = next;
    }
    if let Some(start) = start.filter(|start| *start < bytes.len()) {
        pieces.push(&bytes[start..]);
    }
    pieces
}

/// The line end before a boundary belongs to the boundary.
fn without_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn text_of(bytes: &[u8], charset: Option<&str>) -> String {
    match charset.and_then(|label| Encoding::for_label(label.as_bytes())) {
        Some(encoding) if encoding != encoding_rs::UTF_8 => {
            decode::unix_lines(encoding.decode_without_bom_handling(bytes).0)
        }
        _ => decode::decode(bytes).text,
    }
}

/// Text that was wrapped to travel (RFC 3676): lines that end with a space go on in the next.
fn flow(text: &str, delete_space: bool) -> String {
    let mut flowed = String::with_capacity(text.len());
    for line in text.lines() {
        let quoted = line.starts_with('>');
        let line = if quoted { line } else { line.strip_prefix(' ').unwrap_or(line) };
        let soft = line.ends_with(' ') && line != "-- " && !quoted;
        let line = if soft && delete_space { &line[..line.len() - 1] } else { line };
        flowed.push_str(line);
        if !soft {
            flowed.push('\n');
        }
    }
    flowed
}

/// Whether a page says anything between its tags.
fn has_words(page: &str) -> bool {
    let body = page.find("<body").map_or(page, |start| &page[start..]);
    body.split('<')
        .any(|piece| piece.split_once('>').map_or(piece, |(_, text)| text).chars().any(char::is_alphanumeric))
}
