//! Owns reading an address as a browser does: references resolved, escapes and unseen signs dropped, the host found.

use crate::view;

/// Where an address leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// To where the text is shown.
    Relative,
    /// To a host, in lower case.
    Host(String),
    /// Somewhere that has no host, or none that can be read.
    Other,
}

/// A text with references of HTML resolved (twice, since they nest), backslash escapes and unseen signs dropped, in
/// lower case.
pub fn plain(text: &str) -> String {
    let resolve = |text: String| view::references(&text).unwrap_or(text);
    let text = resolve(resolve(text.to_owned()));
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let escapes = c == '\\' && rest.peek().is_some_and(|next| next.is_ascii_punctuation());
        if !(escapes || c.is_control() || c.is_whitespace() || view::is_invisible(c)) {
            out.push(if c == '\\' { '/' } else { c });
        }
    }
    out.to_lowercase()
}

/// Where an address leads, with references and escapes resolved.
pub fn host(address: &str) -> Target {
    host_of(&plain(address))
}

/// Where an address leads where nothing is resolved.
pub fn host_as_written(address: &str) -> Target {
    let seen = address.chars().filter(|c| !c.is_control() && !c.is_whitespace());
    host_of(&seen.map(|c| if c == '\\' { '/' } else { c }).collect::<String>().to_lowercase())
}

fn host_of(plain: &str) -> Target {
    let scheme = plain.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    let after = match scheme {
        Some("http" | "https") => plain.split_once(':').map_or("", |(_, after)| after),
        Some(_) => return Target::Other,
        None if plain.starts_with("//") => plain,
        None if plain.starts_with("www.") => plain,
        // A colon before any slash in something that is no scheme is better not guessed at.
        None if plain.split(['/', '?', '#']).next().is_some_and(|first| first.contains([':', '%', '&'])) => {
            return Target::Other;
        }
        None => return Target::Relative,
    };
    let authority = after.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.');
    let readable = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if readable && !host.is_empty() { Target::Host(host.to_owned()) } else { Target::Other }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
}

/// The addresses that a word, made plain, mentions.
pub fn mentions(word: &str) -> impl Iterator<Item = String> {
    let with_scheme = word.match_indices("://").map(|(at, _)| {
        let before = word.get(..at).unwrap_or_default();
        let letters = before.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
        word.get(at - letters..).unwrap_or_default().to_owned()
    });
    let bare = word.match_indices("www.").map(|(at, _)| word.get(at..).unwrap_or_default().to_owned());
    let others = ["javascript:", "data:", "vbscript:", "file:", "ftp:"];
    let running = others
        .into_iter()
        .filter_map(|scheme| word.find(scheme).and_then(|at| word.get(at..)).map(str::to_owned));
    with_scheme
        .chain(bare)
        .chain(running)
        .map(|address| {
            // Signs after an address are no part of it.
            let end =
                address.find(['"', '\'', ')', ']', '}', '`', ',', '*', '|', '(']).unwrap_or(address.len());
            address.get(..end).unwrap_or_default().to_owned()
        })
        .collect::<Vec<_>>()
        .into_iter()
}
