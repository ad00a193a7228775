//! The mails of a mailbox file (RFC 4155, with `>From ` escapes as "mboxrd" has them).

use std::collections::HashMap;

use super::ledger::{Admission, Ledger};
use super::{Member, MemberError, Unpack};

/// How much of a message's identifier goes into its name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// A mailbox being read.
pub(super) struct Mailbox<B> {
    bytes: B,
    at: usize,
    count: usize,
    /// How often a name was given.
    names: HashMap<String, usize>,
}

impl<B: AsRef<[u8]>> Mailbox<B> {
    pub(super) fn new(bytes: B) -> Self {
        Self { bytes, at: 0, count: 0, names: HashMap::new() }
    }

    /// The bytes of the next mail, without the line that parts it from the one before.
    fn next_mail(&mut self) -> Option<Vec<u8>> {
        let bytes = self.bytes.as_ref();
        let mut mail = Vec::new();
        let mut blank = true;
        while self.at < bytes.len() {
            let rest = &bytes[self.at..];
            let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
            let line = &rest[..length];
            if blank && line.starts_with(b"From ") {
                if !mail.trim_ascii().is_empty() {
                    break;
                }
                mail.clear();
            } else {
                let quotes = line.iter().take_while(|byte| **byte == b'>').count();
                let escaped = quotes > 0 && line[quotes..].starts_with(b"From ");
                mail.extend_from_slice(&line[usize::from(escaped)..]);
            }
            blank = line.trim_ascii().is_empty();
            self.at += length;
        }
        (!mail.trim_ascii().is_empty()).then_some(mail)
    }

    /// A name that stays the mail's own when others come and go: its `Message-ID`, else its number.
    fn name(&mut self, mail: &[u8]) -> String {
        let id = message_id(mail).unwrap_or_else(|| format!("{:06}", self.count));
        let times = self.names.entry(id.clone()).or_default();
        *times += 1;
        if *times == 1 { format!("{id}.eml") } else { format!("{id}-{times}.eml") }
    }
}

impl<B: AsRef<[u8]>> Unpack for Mailbox<B> {
    fn next(&mut self, ledger: &mut Ledger) -> Option<Result<Member, MemberError>> {
        let mail = self.next_mail()?;
        self.count += 1;
        if let Err(error) = ledger.count() {
            return Some(Err(error));
        }
        let name = self.name(&mail);
        match ledger.admit(&name) {
            Admission::Read(path) => Some(Ok(Member { path, bytes: mail })),
            Admission::Refused(error) => Some(Err(error)),
            Admission::Hidden => Some(Ok(Member { path: format!("{:06}.eml", self.count), bytes: mail })),
        }
    }
}

/// What a mail's `Message-ID` says, as a file name can hold it.
fn message_id(mail: &[u8]) -> Option<String> {
    let lines = mail.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let key = b"message-id:";
    let mut lines =
        lines.filter(|line| line.len() > key.len() && line[..key.len()].eq_ignore_ascii_case(key));
    let id = String::from_utf8_lossy(&lines.next()?[key.len()..]).into_owned();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "@._+-=".contains(c) { c } else { '_' };
    let id: String =
        id.trim().trim_matches(['<', '>', '.']).chars().take(NAME_CHARS_MAX).map(plain).collect();
    (!id.is_empty()).then_some(id)
}
