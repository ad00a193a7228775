//! Mails as they travel (RFC 5322, MIME): headers are read by `mail-parser`, the tree of parts is walked here.
//!
//! A mail within a mail is an attachment and is not looked into, so that however deep they are nested, one level
//! is read at a time; parts within parts are followed to a depth.

mod parts;

use mail_parser::{Address, HeaderName, HeaderValue, Message};

use super::mail::{Mail, line};
use super::{Context, Damage, Entry, Read};
use crate::{Document, Problem};
use parts::Walk;

/// Mails.
pub(crate) const FORMAT: Entry = Entry {
    name: "eml",
    endings: &["eml", "mht", "mhtml"],
    names: &[],
    prose: true,
    // A mail is known by its name alone: its first line may be that of many a text.
    read: Read::Bytes { sniff: |_| false, read },
};

fn read(bytes: &[u8], context: &Context<'_>) -> Result<Document, Damage> {
    Ok(mail(bytes)?.into_document(context))
}

fn mail(bytes: &[u8]) -> Result<Mail, Damage> {
    let mut mail = Mail::default();
    let mut walk = Walk::new(&mut mail);
    let head = walk.read(bytes);
    let known =
        [HeaderName::From, HeaderName::To, HeaderName::Subject, HeaderName::Date, HeaderName::Received];
    if !head.as_ref().is_some_and(|head| known.into_iter().any(|name| head.header(name).is_some())) {
        return Err(Damage::Broken("it has none of the headers of a mail".into()));
    }
    if let Some(head) = head {
        take_head(&mut mail, &head);
    }
    Ok(mail)
}

fn take_head(mail: &mut Mail, head: &Message<'_>) {
    mail.subject = head.subject().map(line).unwrap_or_default();
    mail.from = people(head.header(HeaderName::From).or_else(|| head.header(HeaderName::Sender))).join(", ");
    mail.to = people(head.header(HeaderName::To));
    mail.cc = people(head.header(HeaderName::Cc));
    mail.message_id = head.message_id().map(line);
    mail.in_reply_to = head.in_reply_to().as_text().map(line);
    match head.header(HeaderName::Date) {
        Some(HeaderValue::DateTime(date)) if date.is_valid() => mail.date = Some(date.to_rfc3339()),
        Some(_) => mail.problems.push(Problem {
            place: "header `Date`".into(),
            what: "date".into(),
            why: "it is no date that is known here".into(),
            content_lost: false,
        }),
        None => {}
    }
}

/// Addresses as `Name <address>`.
fn people(header: Option<&HeaderValue<'_>>) -> Vec<String> {
    let Some(address) = header.and_then(HeaderValue::as_address) else { return Vec::new() };
    let all: Box<dyn Iterator<Item = _>> = match address {
        Address::List(list) => Box::new(list.iter()),
        Address::Group(groups) => Box::new(groups.iter().flat_map(|group| group.addresses.iter())),
    };
    let shown = all.map(|one| match (one.name.as_deref(), one.address.as_deref()) {
        (Some(name), Some(address)) => line(&format!("{name} <{address}>")),
        (Some(only), None) | (None, Some(only)) => line(only),
        (None, None) => String::new(),
    });
    shown.filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests;
