//! That nothing of what a Markdown renderer makes of an answer points to a host that is not listed.

#![expect(clippy::unwrap_used, reason = "a test")]

use patou_guard::{Egress, EgressStream};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use url::Url;

const LISTED: &str = "docs.house.example";

fn egress() -> Egress {
    Egress::new([LISTED.to_owned()])
}

/// The host that a browser would go to from a page at `base.local`.
fn host_of(address: &str) -> Option<String> {
    let base = Url::parse("https://base.local/page").unwrap();
    match base.join(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.host_str().map(str::to_owned),
        Ok(url) => Some(format!("scheme {}", url.scheme())),
        Err(_) => None,
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let cleaned = egress().clean(text);
    is_clean(text, &cleaned)
}

/// Cleans a text that comes in pieces of these lengths.
fn check_stream(text: &str, lengths: &[usize]) -> Result<(), TestCaseError> {
    let mut stream = EgressStream::new(egress());
    let (mut cleaned, mut rest) = (String::new(), text);
    for length in lengths.iter().cycle() {
        let (piece, later) = rest.split_at(rest.ceil_char_boundary((*length).min(rest.len())));
        cleaned.push_str(&stream.push(piece));
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    cleaned.push_str(&stream.finish());
    is_clean(text, &cleaned)
}

fn is_clean(text: &str, cleaned: &str) -> Result<(), TestCaseError> {
    for event in Parser::new_ext(cleaned, Options::all()) {
        let address = match &event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => dest_url.to_string(),
            Event::Html(html) | Event::InlineHtml(html) => {
                prop_assert!(!html.contains("evil.test"), "{:?} gives {:?}", text, html);
                continue;
            }
            _ => continue,
        };
        let host = host_of(&address);
        let fine = host.as_deref().is_none_or(|host| host == LISTED || host == "base.local");
        prop_assert!(fine, "{:?} gives {:?} and goes to {:?}", text, cleaned, host);
    }
    // An address on its own becomes a link in many clients.
    prop_assert!(!cleaned.contains("://evil.test"), "{:?} gives {:?}", text, cleaned);
    Ok(())
}

fn encoded() -> impl Strategy<Value = String> {
    let letter = |c: char| {
        prop_oneof![
            6 => Just(c.to_string()),
            1 => Just(format!("&#{};", u32::from(c))),
            1 => Just(format!("&#x{:x};", u32::from(c))),
            1 => Just(if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_ascii_uppercase().to_string() }),
        ]
    };
    let addresses = prop_oneof![
        Just("https://evil.test/p?q=1"),
        Just("//evil.test/x"),
        Just("HTTP://evil.test"),
        Just("https:evil.test"),
        Just("https:/\\evil.test"),
        Just("javascript:alert(1)"),
        Just("data:text/html,x"),
        Just("https://docs.house.example@evil.test/"),
        Just("https://docs.house.example.evil.test/"),
        Just("https://docs.house.example/ok"),
        Just("/relative"),
    ];
    addresses.prop_flat_map(move |address| {
        address.chars().map(letter).collect::<Vec<_>>().prop_map(|letters| letters.concat())
    })
}

fn written() -> impl Strategy<Value = String> {
    (encoded(), 0usize..14).prop_map(|(address, form)| match form {
        0 => format!("[text]({address})"),
        1 => format!("![alt]({address} \"title\")"),
        2 => format!("![alt](<{address}>)"),
        3 => format!("[a][b]\n\n[b]: {address}\n"),
        4 => format!("[b]:\n  <{address}>\n\n![b]"),
        5 => format!("<{address}>"),
        6 => format!("<img src=\"{address}\">"),
        7 => format!("<a href='{address}' title=\"a>b\">x</a>"),
        8 => format!("<img src={address}>"),
        9 => format!("<p style=\"background:url({address})\">x</p>"),
        10 => format!("[![a]({address})](https://docs.house.example/)"),
        11 => format!("see {address}, then"),
        12 => format!("> * [x]({address}\n'title')"),
        _ => format!("<svg><image href=\"{address}\"/></svg>"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]
    #[test]
    fn no_address_of_another_host_is_left(parts in proptest::collection::vec(prop_oneof![4 => written(), 1 => "[ a-z<>\\[\\]()!:/\\\\\n\"'`*-]{0,12}"], 1..5)) {
        check(&parts.concat())?;
        check(&parts.join(" "))?;
        check(&parts.join("\n\n"))?;
    }

    #[test]
    fn no_address_gets_through_in_pieces(
        parts in proptest::collection::vec(prop_oneof![4 => written(), 1 => "[ a-z<>\\[\\]()!:/\\\\\n\"'`*-]{0,12}"], 1..5),
        lengths in proptest::collection::vec(1usize..9, 1..6),
    ) {
        check_stream(&parts.concat(), &lengths)?;
        check_stream(&parts.join("\n\n"), &lengths)?;
    }
}

#[test]
fn a_stream_holds_back_no_more_than_what_is_open() {
    let mut stream = EgressStream::new(egress());
    assert_eq!(stream.push("Read [the page](https://docs.hou"), "Read [the ");
    assert_eq!(stream.push("se.example/a), it is"), "page](https://docs.house.example/a), it ");
    assert_eq!(stream.push(" short. See https://evil"), "is short. See ");
    assert_eq!(stream.push(".test/x\n"), "(link removed)\n");
    let open = format!("<a {}", "x ".repeat(4000));
    assert!(stream.push(&open).starts_with("&lt;a x") && stream.held_bytes() == 0);
    assert_eq!(stream.finish(), "");
}
