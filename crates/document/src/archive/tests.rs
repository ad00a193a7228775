//! Archives, sound and hostile, built here.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::package::tests::package;

/// The paths of members and what is said of those that are not read, in order.
fn read(name: &str, bytes: &[u8], limits: Limits) -> Vec<String> {
    members(name, bytes, limits, &Arc::default())
        .unwrap()
        .map(|found| match found {
            Ok(member) => format!("{}={}", member.path, String::from_utf8_lossy(&member.bytes)),
            Err(error) => format!("{}: {error}", error.path),
        })
        .collect()
}

fn check(name: &str, bytes: &[u8], expect: &[&str]) {
    assert_eq!(read(name, bytes, Limits::default()), expect);
}

#[test]
fn locked_members_open_by_the_right_password() {
    let files: [(&[u8], &str, &str); 2] = [
        (include_bytes!("../../tests/data/aes.zip"), "letter.md", "The sealed letter speaks of walnuts."),
        (include_bytes!("../../tests/data/old.zip"), "old.md", "An older lock keeps hazelnuts."),
    ];
    for (bytes, path, text) in files {
        let with = |passwords: &[&str]| {
            let passwords = passwords.iter().map(|password| (*password).to_owned()).collect();
            members("a.zip", bytes, Limits::default(), &passwords).unwrap().next().unwrap()
        };
        let read = with(&["wrong", "open sesame"]).unwrap();
        assert!(read.path == path && String::from_utf8_lossy(&read.bytes).contains(text), "{path}");
        for passwords in [&[][..], &["wrong", ""]] {
            assert_eq!(with(passwords).unwrap_err().refusal, Refusal::Encrypted, "{path}");
        }
        // Of so many wrong passwords, some pass the older way's check of one byte.
        let many: Vec<String> = (0..2000).map(|number| format!("wrong {number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).chain(["open sesame"]).collect();
        assert!(String::from_utf8_lossy(&with(&many).unwrap().bytes).contains(text), "{path}");
    }
}

/// A TAR entry: header, content, padding.
fn entry(path: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 512];
    block[..path.len()].copy_from_slice(path.as_bytes());
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[148..156].fill(b' ');
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = block.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0; 1024]].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn members_come_by_path_and_what_a_folder_hides_does_not() {
    let parts: [(&str, &[u8]); 5] = [
        ("a/b.md", b"B"),
        ("./c.txt", b"C"),
        (".git/x", b"no"),
        ("__MACOSX/a/b.md", b"no"),
        ("d//e.md", b"E"),
    ];
    check("x.ZIP", &package(&parts), &["a/b.md=B", "c.txt=C", "d/e.md=E"]);
    let entries =
        [entry("a/", b'5', b""), entry("a/b.md", b'0', b"B"), entry("g", b'g', b"18 comment=global\n")];
    check("x.tar", &tar(&entries), &["a/b.md=B"]);
    check("x.tar.gz", &gzip(&tar(&entries)), &["a/b.md=B"]);
    check("f/x.tgz", &gzip(&tar(&entries)), &["a/b.md=B"]);
    check("f/notes.txt.gz", &gzip(b"plain"), &["notes.txt=plain"]);
    assert!(members("x.md", &b"text"[..], Limits::default(), &Arc::default()).is_none());
}

#[test]
fn paths_that_lead_out_are_refused_one_by_one() {
    let refused = |path: &str| format!("{path}: {}", Refusal::UnsafePath);
    let bad = ["../up", "a/../../up", "/etc/passwd", "C:\\x", "c:x", "a\\b"];
    let mut parts: Vec<(&str, &[u8])> = bad.iter().map(|path| (*path, &b"x"[..])).collect();
    parts.push(("good.md", b"G"));
    let expect: Vec<String> = bad.iter().map(|path| refused(&path.escape_debug().to_string())).collect();
    let found = read("x.zip", &package(&parts), Limits::default());
    assert_eq!(found[..6], expect);
    assert_eq!(found[6], "good.md=G");
    let entries: Vec<Vec<u8>> = parts.iter().map(|(path, bytes)| entry(path, b'0', bytes)).collect();
    assert_eq!(read("x.tar", &tar(&entries), Limits::default()), found);
}

#[test]
fn links_devices_and_repeated_paths_are_told() {
    let entries = [
        entry("a.md", b'0', b"A"),
        entry("link", b'2', b""),
        entry("hard", b'1', b""),
        entry("tty", b'3', b""),
        entry("./a.md", b'0', b"again"),
    ];
    check(
        "x.tar",
        &tar(&entries),
        &[
            "a.md=A",
            "link: it is a symbolic link, not a file",
            "hard: it is a hard link, not a file",
            "tty: it is a device, not a file",
            "./a.md: another member has the same path, and that one was read",
        ],
    );
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", zip::write::SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    check("x.zip", &bytes, &["link: it is a symbolic link, not a file"]);
    // Two entries whose names differ until one is written over the other.
    let mut bytes = package(&[("a.md", b"1"), ("b.md", b"2")]);
    while let Some(at) = bytes.windows(4).position(|window| window == b"b.md") {
        bytes[at] = b'a';
    }
    check(
        "x.zip",
        &bytes,
        &["a.md=2", "members with the same path: another member has the same path, and that one was read"],
    );
}

#[test]
fn an_encrypted_member_is_told_apart() {
    let mut bytes = package(&[("a.md", b"secret")]);
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    check("x.zip", &bytes, &["a.md: it is encrypted, and no password that was given opens it"]);
}

#[test]
fn long_names_come_from_the_entries_ahead() {
    let long = format!("{}/end.md", "d".repeat(120));
    let record = |text: String| {
        let length = text.len() + 5;
        format!("{length} {text}\n")
    };
    let pax = record(format!("path={long}"));
    assert_eq!(pax.len().to_string(), pax.split(' ').next().unwrap());
    let entries = [
        entry("././@LongLink", b'L', format!("{long}\0").as_bytes()),
        entry("short", b'0', b"gnu"),
        entry("pax", b'x', record(format!("path=p{}", &long[1..])).as_bytes()),
        entry("short", b'0', b"pax"),
    ];
    let expect = [format!("{long}=gnu"), format!("p{}=pax", &long[1..])];
    assert_eq!(read("x.tar", &tar(&entries), Limits::default()), expect);
}

#[test]
fn documents_that_are_packages_are_no_archives() {
    for part in ["[Content_Types].xml", "mimetype"] {
        let bytes = package(&[(part, b"x"), ("a.md", b"A")]);
        assert!(members("x.zip", bytes, Limits::default(), &Arc::default()).is_none());
    }
}

#[test]
fn bombs_stop_at_the_limits() {
    let zeros = vec![0; 24 << 20];
    let limits =
        |member_bytes_max, members_max| Limits { member_bytes_max, members_max, ..Limits::default() };
    let over = format!(": it unpacks to more than {} bytes; the rest of the archive was not read", 16 << 20);
    // Packed a thousand to one: the ratio stops it.
    let bomb = package(&[("a", &zeros), ("b", b"x")]);
    assert_eq!(read("x.zip", &bomb, Limits::default()), [over.as_str()]);
    assert_eq!(read("x.gz", &gzip(&zeros), Limits::default()), [over.as_str()]);
    let tarred = tar(&[entry("a", b'0', &zeros), entry("b", b'0', b"x")]);
    assert_eq!(read("x.tgz", &gzip(&tarred), Limits::default()), [over.as_str()]);
    // A member over its own limit is passed over, and the next is read.
    let found = read("x.tar", &tarred, limits(1 << 20, 9));
    assert_eq!(found, [format!("a: it unpacks to more than {} bytes", 1 << 20), "b=x".to_owned()]);
    let many: Vec<Vec<u8>> = (0..20).map(|n| entry(&n.to_string(), b'0', b"")).collect();
    let found = read("x.tar", &tar(&many), limits(9, 10));
    assert_eq!(found.len(), 11);
    assert_eq!(found[10], ": it has more than 10 members; the rest of the archive was not read");
    // A name that says it has a gigabyte.
    let mut name = entry("././@LongLink", b'L', b"");
    name[124..135].copy_from_slice(b"10000000000");
    let sum: u32 =
        name.iter().enumerate().map(|(n, b)| if (148..156).contains(&n) { 32 } else { u32::from(*b) }).sum();
    name[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let found = read("x.tar", &name, Limits::default());
    assert!(found.len() == 1 && found[0].contains("1073741824 bytes"), "{found:?}");
}

#[test]
fn what_is_cut_off_is_said() {
    let bytes = tar(&[entry("a.md", b'0', b"A"), entry("b.md", b'0', &[b'b'; 900])]);
    let found = read("x.tar", &bytes[..1536 + 300], Limits::default());
    assert_eq!(found, ["a.md=A", ": it is damaged: it ends within a member"]);
    let found = read("x.tar", &bytes[..1024], Limits::default());
    assert_eq!(found, ["a.md=A", ": it is damaged: it ends without the mark of an end"]);
    assert!(read("x.zip", b"PK\x03\x04 nothing", Limits::default())[0].starts_with(": it is damaged"));
    let packed = gzip(&bytes);
    let found = read("x.tgz", &packed[..packed.len() - 20], Limits::default());
    assert!(found.last().unwrap().starts_with(": it is damaged"), "{found:?}");
}

#[test]
fn a_mailbox_is_its_mails_under_names_that_last() {
    let mailbox = "From a@x Mon\nMessage-ID: <one@x>\nSubject: 1\n\n>From here\n>>From there\nFrom within\n\n\
                   From b@x Tue\nSubject: 2\n\ntwo\n\nFrom b@x Tue\nmessage-id: <one@x>\n\nthree\n";
    let found = read("all.mbox", mailbox.as_bytes(), Limits::default());
    assert_eq!(found.len(), 3);
    assert!(
        found[0].starts_with("one@x.eml=Message-ID")
            && found[0].contains("\nFrom here\n>From there\nFrom within")
    );
    assert!(found[1].starts_with("000002.eml=Subject: 2"), "{found:?}");
    assert!(found[2].starts_with("one@x-2.eml=") && found[2].ends_with("three\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_archives_end(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        keep in any::<prop::sample::Index>(),
        whole in any::<bool>(),
        random in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let tarred = tar(&[entry("a.md", b'0', b"A"), entry("x", b'x', b"11 path=ab\n"), entry("c", b'S', b"C")]);
        let zipped = package(&[("a/b.md", b"B"), ("c.txt", b"C")]);
        let zipped_again = package(&[("in.zip", &zipped)]);
        for (name, bytes) in
            [("a.tar", tarred.clone()), ("a.tgz", gzip(&tarred)), ("a.zip", zipped_again), ("a.gz", gzip(b"x")), ("a.mbox", random)]
        {
            let mut bytes = bytes;
            for (place, value) in &cuts {
                if !bytes.is_empty() {
                    let place = place.index(bytes.len());
                    bytes[place] = *value;
                }
            }
            if !whole && !bytes.is_empty() {
                bytes.truncate(keep.index(bytes.len()));
            }
            let limits = Limits { unpacked_bytes_max: 1 << 20, ..Limits::default() };
            let mut total = 0;
            for found in members(name, bytes, limits, &Arc::default()).into_iter().flatten().flatten() {
                total += found.bytes.len();
                prop_assert!(!found.path.contains("..") && !found.path.starts_with('/'));
            }
            prop_assert!(total <= 1 << 20);
        }
    }
}
