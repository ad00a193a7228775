//! A message written out as a mail that travels, to be read as any other.

use super::super::mail::{Body, Mail, line};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const BOUNDARY: &str = "=_patou_part";

/// The bytes of a mail (RFC 5322, with headers in UTF-8 as RFC 6532 has them).
pub(super) fn write(mail: &Mail) -> Vec<u8> {
    let mut out = String::new();
    let people = |all: &[String]| all.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", ");
    let id = |id: &Option<String>| id.clone().unwrap_or_default();
    let headers = [
        ("From", quoted(&mail.from)),
        ("To", people(&mail.to)),
        ("Cc", people(&mail.cc)),
        ("Subject", mail.subject.clone()),
        ("Date", mail.date.as_deref().and_then(date).unwrap_or_default()),
        ("Message-ID", id(&mail.message_id)),
        ("In-Reply-To", id(&mail.in_reply_to)),
    ];
    for (name, value) in headers {
        // A mail without a sender has an empty one, so that it is known as a mail.
        if name == "From" || !value.is_empty() {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    out.push_str(&format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n"
    ));
    for body in &mail.body {
        let (kind, text) = match body {
            Body::Plain(text) => ("plain", text),
            Body::Html(page) => ("html", page),
        };
        part(&mut out, &format!("text/{kind}; charset=utf-8\r\n"), text.as_bytes());
    }
    for (name, bytes) in &mail.attachments {
        let name = line(name).replace(['"', '\\'], "_");
        let head = format!(
            "application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n"
        );
        part(&mut out, &head, bytes);
    }
    out.push_str(&format!("--{BOUNDARY}--\r\n"));
    out.into_bytes()
}

fn part(out: &mut String, head: &str, bytes: &[u8]) {
    out.push_str(&format!("--{BOUNDARY}\r\nContent-Type: {head}Content-Transfer-Encoding: base64\r\n\r\n"));
    for line in bytes.chunks(57) {
        push_base64(out, line);
        out.push_str("\r\n");
    }
}

fn push_base64(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let held =
            group.iter().fold(0u32, |held, byte| held << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS[(held >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= group.len() { digit as char } else { '=' });
        }
    }
}

/// `"Name" <address>`.
fn quoted(person: &str) -> String {
    match person.rsplit_once(" <") {
        Some((name, address)) => format!("\"{}\" <{address}", name.replace(['"', '\\'], "'")),
        None => person.to_owned(),
    }
}

/// A date as mails have it.
fn date(iso: &str) -> Option<String> {
    let month: usize = iso.get(5..7)?.parse().ok()?;
    Some(format!(
        "{} {} {} {} +0000",
        iso.get(8..10)?,
        MONTHS.get(month.checked_sub(1)?)?,
        iso.get(..4)?,
        iso.get(11..19)?
    ))
}
