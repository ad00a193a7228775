//! Outlook's messages (MS-OXMSG): properties in a compound file, read as the mail that they are.
//!
//! What a message carries comes out as it is; a message within a message is written out as a mail, so that whoever
//! reads attachments needs to know of one kind alone.

mod compressed;
mod outgoing;

use std::io::{Cursor, Read as _};

use cfb::CompoundFile;
use encoding_rs::{Encoding, UTF_16LE, WINDOWS_1252};

use super::mail::{Body, Mail, line};
use super::{Context, Damage, Entry, Read, rtf};
use crate::calendar::of_filetime;
use crate::{Document, Problem, decode};

/// Outlook messages.
pub(crate) const FORMAT: Entry =
    Entry { name: "msg", endings: &["msg"], names: &[], prose: true, read: Read::Bytes { sniff, read } };

/// What every compound file begins with.
const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The stream that holds properties of a fixed size.
const PROPERTIES: &str = "__properties_version1.0";
/// How deep messages are read within messages.
const DEPTH_MAX: usize = 6;
/// How many bytes all streams may have together: streams of a damaged file can share theirs.
const STREAM_BYTES_MAX: u64 = 512 << 20;
/// How many receivers and attachments are read.
const PARTS_MAX: usize = 20_000;

/// Properties by their numbers (MS-OXPROPS).
mod property {
    pub(super) const CLASS: u16 = 0x001a;
    pub(super) const SUBJECT: u16 = 0x0037;
    pub(super) const SENT: u16 = 0x0039;
    pub(super) const REPRESENTING_NAME: u16 = 0x0042;
    pub(super) const REPRESENTING_ADDRESS: u16 = 0x0065;
    pub(super) const RECIPIENT_KIND: u16 = 0x0c15;
    pub(super) const SENDER_NAME: u16 = 0x0c1a;
    pub(super) const SENDER_ADDRESS: u16 = 0x0c1f;
    pub(super) const SENDER_SMTP: u16 = 0x5d01;
    pub(super) const DELIVERED: u16 = 0x0e06;
    pub(super) const BODY: u16 = 0x1000;
    pub(super) const RICH_TEXT: u16 = 0x1009;
    pub(super) const HTML: u16 = 0x1013;
    pub(super) const MESSAGE_ID: u16 = 0x1035;
    pub(super) const IN_REPLY_TO: u16 = 0x1042;
    pub(super) const NAME: u16 = 0x3001;
    pub(super) const ADDRESS: u16 = 0x3003;
    pub(super) const CREATED: u16 = 0x3007;
    pub(super) const DATA: u16 = 0x3701;
    pub(super) const SHORT_FILE_NAME: u16 = 0x3704;
    pub(super) const LONG_FILE_NAME: u16 = 0x3707;
    pub(super) const SMTP: u16 = 0x39fe;
    pub(super) const INTERNET_CODEPAGE: u16 = 0x3fde;
    pub(super) const MESSAGE_CODEPAGE: u16 = 0x3ffd;
}

fn sniff(bytes: &[u8]) -> bool {
    let wide: Vec<u8> = PROPERTIES.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.starts_with(MAGIC) && bytes.windows(wide.len()).any(|window| window[0] == b'_' && window == wide)
}

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    let file = CompoundFile::open(Cursor::new(bytes)).map_err(|error| Damage::Broken(error.to_string()))?;
    if !file.is_stream(PROPERTIES) {
        return Err(Damage::Broken("it is a compound file, and no message".into()));
    }
    let mut reader = Reader { file, bytes_left: STREAM_BYTES_MAX, over: false };
    let mut mail = reader.message("", 32, 0);
    if reader.over {
        return Err(Damage::TooMuch(format!("its streams have more than {STREAM_BYTES_MAX} bytes")));
    }
    mail.problems.dedup();
    Ok(mail.into_document(context))
}

struct Reader<'a> {
    file: CompoundFile<Cursor<&'a [u8]>>,
    bytes_left: u64,
    /// Whether the streams had more bytes than they may.
    over: bool,
}

/// The properties of one message, receiver or attachment.
struct Properties {
    /// The storage they are in, ending with `/`.
    base: String,
    /// Those of a fixed size: number and value.
    fixed: Vec<(u16, u64)>,
    encoding: &'static Encoding,
}

impl Reader<'_> {
    fn stream(&mut self, path: &str) -> Option<Vec<u8>> {
        if self.over {
            return None;
        }
        let stream = self.file.open_stream(path).ok()?;
        let mut bytes = Vec::new();
        // What a damaged stream has up to the damage is kept.
        let _ = stream.take(self.bytes_left + 1).read_to_end(&mut bytes);
        match self.bytes_left.checked_sub(bytes.len() as u64) {
            Some(left) => self.bytes_left = left,
            None => {
                self.over = true;
                return None;
            }
        }
        Some(bytes)
    }

    fn properties(&mut self, base: &str, head: usize, encoding: &'static Encoding) -> Properties {
        let bytes = self.stream(&format!("{base}/{PROPERTIES}")).unwrap_or_default();
        let fixed = bytes.get(head..).unwrap_or_default().chunks_exact(16).map(|entry| {
            let number = u16::from_le_bytes([entry[2], entry[3]]);
            let mut value = [0; 8];
            value.copy_from_slice(&entry[8..]);
            (number, u64::from_le_bytes(value))
        });
        Properties { base: format!("{base}/"), fixed: fixed.collect(), encoding }
    }

    fn binary(&mut self, of: &Properties, number: u16) -> Option<Vec<u8>> {
        self.stream(&format!("{}__substg1.0_{number:04X}0102", of.base))
    }

    fn text(&mut self, of: &Properties, number: u16) -> Option<String> {
        let wide = self.stream(&format!("{}__substg1.0_{number:04X}001F", of.base));
        let text = match wide {
            Some(bytes) => UTF_16LE.decode_without_bom_handling(&bytes).0.into_owned(),
            None => {
                let bytes = self.stream(&format!("{}__substg1.0_{number:04X}001E", of.base))?;
                of.encoding.decode_without_bom_handling(&bytes).0.into_owned()
            }
        };
        let text = text.trim_end_matches('\0');
        (!text.trim().is_empty()).then(|| text.to_owned())
    }

    /// The first of several properties that has a text.
    fn first(&mut self, of: &Properties, numbers: &[u16]) -> String {
        numbers.iter().find_map(|number| self.text(of, *number)).map(|text| line(&text)).unwrap_or_default()
    }

    /// A message, by the storage that it is in.
    fn message(&mut self, base: &str, head: usize, depth: usize) -> Mail {
        let mut of = self.properties(base, head, WINDOWS_1252);
        let codepage = |number| of.number(number).and_then(|page| i32::try_from(page & 0xffff).ok());
        let encoding = codepage(property::MESSAGE_CODEPAGE).and_then(rtf::codepage);
        let page_encoding = codepage(property::INTERNET_CODEPAGE).and_then(rtf::codepage);
        of.encoding = encoding.or(page_encoding).unwrap_or(WINDOWS_1252);
        let name = self.first(&of, &[property::SENDER_NAME, property::REPRESENTING_NAME]);
        let address = self
            .first(&of, &[property::SENDER_SMTP, property::SENDER_ADDRESS, property::REPRESENTING_ADDRESS]);
        let dates = [property::SENT, property::DELIVERED, property::CREATED];
        let mut mail = Mail {
            subject: self.first(&of, &[property::SUBJECT]),
            from: person(&name, &address),
            date: dates.into_iter().find_map(|number| of_filetime(of.number(number)?)),
            message_id: self.text(&of, property::MESSAGE_ID).map(|id| line(&id)),
            in_reply_to: self.text(&of, property::IN_REPLY_TO).map(|id| line(&id)),
            ..Mail::default()
        };
        self.body(&of, page_encoding, &mut mail);
        for storage in self.storages(base, "__recip_version1.0_", &mut mail) {
            self.receiver(&storage, of.encoding, &mut mail);
        }
        for (number, storage) in
            self.storages(base, "__attach_version1.0_", &mut mail).into_iter().enumerate()
        {
            self.attachment(&Carried { storage, number: number + 1, depth }, of.encoding, &mut mail);
        }
        if self.first(&of, &[property::CLASS]).eq_ignore_ascii_case("ipm.note.smime") {
            lost(&mut mail, "the body", "it is encrypted or signed as one block");
        }
        mail
    }

    /// The storages below `base` whose names begin so, in order.
    fn storages(&mut self, base: &str, begin: &str, mail: &mut Mail) -> Vec<String> {
        let place = if base.is_empty() { "/" } else { base };
        let Ok(entries) = self.file.read_storage(place) else { return Vec::new() };
        let names = entries.filter(|entry| entry.is_storage() && entry.name().starts_with(begin));
        let mut found: Vec<String> =
            names.map(|entry| format!("{base}/{}", entry.name())).take(PARTS_MAX + 1).collect();
        if found.len() > PARTS_MAX {
            found.truncate(PARTS_MAX);
            lost(mail, "receivers and attachments", &format!("there are more than {PARTS_MAX}"));
        }
        found.sort();
        found
    }

    /// The body in the form that says most: a page, rich text, plain text.
    fn body(&mut self, of: &Properties, page_encoding: Option<&'static Encoding>, mail: &mut Mail) {
        let page = match self.binary(of, property::HTML) {
            Some(bytes) => Some(match page_encoding {
                Some(encoding) => encoding.decode(&bytes).0.into_owned(),
                None => decode::decode(&bytes).text,
            }),
            None => self.text(of, property::HTML),
        };
        if let Some(page) = page.filter(|page| !page.trim().is_empty()) {
            mail.body.push(Body::Html(page));
            return;
        }
        if let Some(packed) = self.binary(of, property::RICH_TEXT) {
            match compressed::unpack(&packed) {
                Ok(rich) => {
                    mail.body.push(Body::Html(rtf::to_html(&rich)));
                    return;
                }
                Err(why) => mail.problems.push(Problem {
                    place: "the body".into(),
                    what: "rich text".into(),
                    why,
                    content_lost: false,
                }),
            }
        }
        if let Some(text) = self.text(of, property::BODY) {
            mail.body.push(Body::Plain(text.replace("\r\n", "\n")));
        }
    }

    fn receiver(&mut self, storage: &str, encoding: &'static Encoding, mail: &mut Mail) {
        let of = self.properties(storage, 8, encoding);
        let name = self.first(&of, &[property::NAME]);
        let address = self.first(&of, &[property::SMTP, property::ADDRESS]);
        let person = person(&name, &address);
        match of.number(property::RECIPIENT_KIND).map(|kind| kind & 0xf) {
            _ if person.is_empty() => {}
            Some(2) => mail.cc.push(person),
            Some(3) => {}
            _ => mail.to.push(person),
        }
    }

    fn attachment(&mut self, carried: &Carried, encoding: &'static Encoding, mail: &mut Mail) {
        let of = self.properties(&carried.storage, 8, encoding);
        let names = [property::LONG_FILE_NAME, property::SHORT_FILE_NAME, property::NAME];
        let name = self.first(&of, &names);
        let place = format!("attachment {}", carried.number);
        let inner = format!("{}/__substg1.0_{:04X}000D", carried.storage, property::DATA);
        if let Some(bytes) = self.binary(&of, property::DATA) {
            let name = if name.is_empty() { format!("attachment-{}.bin", carried.number) } else { name };
            mail.attachments.push((name, bytes));
        } else if self.file.is_stream(format!("{inner}/{PROPERTIES}")) {
            if carried.depth >= DEPTH_MAX {
                lost(mail, &place, &format!("messages are nested more than {DEPTH_MAX} deep"));
                return;
            }
            let inner = self.message(&inner, 24, carried.depth + 1);
            let name = if inner.subject.is_empty() { name } else { inner.subject.clone() };
            let name = if name.is_empty() { "mail".to_owned() } else { name };
            for problem in &inner.problems {
                let place = format!("{place}, {}", problem.place);
                mail.problems.push(Problem { place, ..problem.clone() });
            }
            mail.attachments.push((format!("{name}.eml"), outgoing::write(&inner)));
        } else if self.file.is_storage(&inner) {
            lost(mail, &place, "it is an object of another program");
        } else {
            lost(mail, &place, "the message does not hold it");
        }
    }
}

/// Something that a message carries.
struct Carried {
    storage: String,
    number: usize,
    depth: usize,
}

impl Properties {
    fn number(&self, number: u16) -> Option<u64> {
        self.fixed.iter().find(|(own, _)| *own == number).map(|(_, value)| *value)
    }
}

/// `Name <address>`; the address alone where the name says no more.
fn person(name: &str, address: &str) -> String {
    match (name, address) {
        ("", address) => address.to_owned(),
        (name, "") => name.to_owned(),
        (name, address) if name == address => address.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

fn lost(mail: &mut Mail, place: &str, why: &str) {
    let (place, what, why) = (place.to_owned(), "mail part".to_owned(), why.to_owned());
    mail.problems.push(Problem { place, what, why, content_lost: true });
}

#[cfg(test)]
mod tests;
