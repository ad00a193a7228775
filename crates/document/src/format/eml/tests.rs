//! Mails, sound and hostile, written out here.

use proptest::prelude::*;

use crate::{Document, Extent, Input, ParseError, parse};

fn read(bytes: &[u8]) -> Result<Document, ParseError> {
    parse(&Input { name: "a.eml", bytes, extent: Extent::Whole, passwords: &[] })
}

fn check(mail: &str, text: &str, attachments: &[(&str, &str)]) -> Document {
    let document = read(mail.replace('\n', "\r\n").as_bytes()).unwrap();
    assert_eq!(document.text, text);
    let carried: Vec<_> = document
        .attachments
        .iter()
        .map(|carried| (carried.name.clone(), String::from_utf8_lossy(&carried.bytes).replace('\r', "")))
        .collect();
    let expect: Vec<_> =
        attachments.iter().map(|(name, bytes)| ((*name).to_owned(), (*bytes).to_owned())).collect();
    assert_eq!(carried, expect);
    document
}

#[test]
fn head_and_body_become_text_and_metadata() {
    let document = check(
        "From: =?utf-8?q?J=C3=BCrgen_A?= <j@example.org>\nTo: Ann <a@example.org>, b@example.org\n\
         Cc: team: c@example.org;\nSubject: =?utf-8?b?UmVwb3J0IMOkbm5leA==?=\n folded\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\nMessage-ID: <1@x>\nIn-Reply-To: <0@x>\n\n\
         All good.\n\n> said before\n",
        "# Report ännex folded\n\n- From: Jürgen A <j@example.org>\n- To: Ann <a@example.org>, b@example.org\n\
         - Cc: c@example.org\n- Date: 2026-03-02T10:00:00+01:00\n\nAll good.\n\n> said before",
        &[],
    );
    assert_eq!(document.title.as_deref(), Some("Report ännex folded"));
    assert_eq!(document.metadata["author"], "Jürgen A <j@example.org>");
    assert_eq!(document.metadata["to"], serde_json::json!(["Ann <a@example.org>", "b@example.org"]));
    assert_eq!(document.metadata["created"], "2026-03-02T10:00:00+01:00");
    assert_eq!(
        (&document.metadata["message_id"], &document.metadata["in_reply_to"]),
        (&"1@x".into(), &"0@x".into())
    );
    assert!(document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn the_page_is_taken_before_plain_text_and_files_are_carried() {
    let inner = "From: c@x\nSubject: Inner one\n\ninner";
    check(
        &format!(
            "From: a@x\nSubject: S\nContent-Type: multipart/mixed; boundary=\"o\"\n\npreamble\n--o\n\
             Content-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain\n\nplain\n--i\n\
             Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n\
             <p>caf=E9 <b>bold</b></p>\n--i--\n--o\nContent-Type: application/pdf; name=r.pdf\n\
             Content-Disposition: attachment; filename*=utf-8''r%C3%A4.pdf\nContent-Transfer-Encoding: base64\n\n\
             aGVs\nbG8\n--o\nContent-Type: text/csv\nContent-Disposition: attachment; filename=r.csv\n\na,b\n--o\n\
             Content-Type: message/rfc822\n\n{inner}\n--o\nContent-Type: application/pgp-signature; name=s.asc\n\nx\n--o--\nepilogue"
        ),
        "# S\n\n- From: a@x\n\ncafé **bold**",
        &[("rä.pdf", "hello"), ("r.csv", "a,b"), ("Inner one.eml", inner)],
    );
}

#[test]
fn plain_text_stands_where_a_page_says_nothing_and_flowed_text_is_joined() {
    check(
        "From: a@x\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain; format=flowed\n\n\
         one \ntwo\n\nthree\n-- \nme\n--i\nContent-Type: text/html\n\n<html><body><img src=x></body></html>\n--i--",
        "- From: a@x\n\none two\n\nthree\n-- \nme",
        &[],
    );
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_lost() {
    let problems = |mail: &str| {
        let document = read(mail.as_bytes()).unwrap();
        (document.text, document.problems.into_iter().map(|problem| problem.why).collect::<Vec<_>>())
    };
    let (text, why) = problems("From: a@x\nDate: some day\nContent-Type: multipart/mixed\n\nno boundary");
    assert!(text.ends_with("no boundary") && why == ["it is no date that is known here"], "{why:?}");
    let (text, why) = problems("From: a@x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ncut o");
    assert!(text.ends_with("cut o") && why.is_empty(), "{text} {why:?}");
    let (_, why) = problems(
        "From: a@x\nContent-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/octet-stream\n\nx\n--b--",
    );
    assert_eq!(why, ["it is encrypted"]);
    let latin = read(b"From: a@x\nSubject: caf\xe9\n\ncaf\xe9").unwrap();
    assert_eq!(latin.text, "# café\n\n- From: a@x\n\ncafé");
    assert!(matches!(read(b"no mail at all"), Err(ParseError::Damaged { .. })));
    assert!(matches!(read(b""), Err(ParseError::Damaged { .. })));
}

#[test]
fn hostile_mails_end() {
    let headers = "X-A: b\n".repeat(1_000_000);
    let document = read(format!("From: a@x\n{headers}Subject: s\n\nbody").as_bytes()).unwrap();
    assert!(document.text.contains("body"));
    let mut deep = String::from("From: a@x\n");
    for level in 0..20_000 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
    }
    let document = read(deep.as_bytes()).unwrap();
    assert!(document.problems.iter().any(|problem| problem.why.contains("nested more than 20 deep")));
    // Parts that name a boundary which never comes.
    let missing = "--b\nContent-Type: multipart/mixed; boundary=never\n\nx\n".repeat(50_000);
    let document =
        read(format!("From: a@x\nContent-Type: multipart/mixed; boundary=b\n\n{missing}").as_bytes());
    assert!(document.unwrap().problems.iter().any(|problem| problem.why == "it has more than 20000"));
    let mails = "Content-Type: message/rfc822\n\n".repeat(100_000);
    assert_eq!(read(format!("From: a@x\n{mails}").as_bytes()).unwrap().attachments.len(), 1);
    let comments = format!(
        "From: {}a@x{}\nTo: {}\n\nx",
        "(".repeat(100_000),
        ")".repeat(100_000),
        "a@x,".repeat(100_000)
    );
    assert!(read(comments.as_bytes()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_mails_are_survived(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        keep in any::<prop::sample::Index>(),
    ) {
        let mut bytes = b"From: =?utf-8?q?=C3?= <a@x>\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nSubject: s\nContent-Type: multipart/mixed;\n boundary=\"b\"\n\n--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPHA+aGk8L3A+\n--b\nContent-Type: message/rfc822; name*0*=utf-8''a; name*1=b\n\nFrom: c@x\n\nin\n--b--\n".to_vec();
        for (place, value) in cuts {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(keep.index(bytes.len() + 1).max(bytes.len() / 2));
        let _ = read(&bytes);
    }
}
