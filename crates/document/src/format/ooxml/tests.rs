//! What tests of Office formats share: reading a package, and breaking one in every way that bytes can be.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::package::tests::package;
use crate::{Extent, Input, ParseError, parse};

/// How many broken packages each format must survive.
const CASES: u32 = 400;

/// Reads a package of these parts under a name.
pub(in crate::format) fn read(name: &str, parts: &[(&str, &[u8])]) -> Result<Document, ParseError> {
    read_bytes(name, &package(parts))
}

pub(in crate::format) fn read_bytes(name: &str, bytes: &[u8]) -> Result<Document, ParseError> {
    parse(&Input { name, bytes, extent: Extent::Whole, passwords: &[] })
}

/// A change of bytes: where, as a share of all, of what kind, and with which byte.
fn broken(bytes: &[u8], (share, kind, byte): (f64, u8, u8)) -> Vec<u8> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place"
    )]
    let at = (bytes.len() as f64 * share) as usize;
    let at = at.min(bytes.len().saturating_sub(1));
    let mut bytes = bytes.to_vec();
    if bytes.is_empty() {
        return bytes;
    }
    let end = (at + 1 + usize::from(byte)).min(bytes.len());
    match kind {
        0 => bytes[at] = byte,
        1 => bytes.truncate(at),
        2 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        3 => drop(bytes.drain(at..end)),
        _ => bytes[at] ^= 1 << (byte % 8),
    }
    bytes
}

/// Breaks a part, or the package as a whole, again and again: whatever is read then is a sound document.
pub(in crate::format) fn survives(name: &str, parts: &[(&str, &[u8])]) {
    let whole = package(parts);
    assert_eq!(read_bytes(name, &whole).unwrap().faults(), Vec::<String>::new());
    let changes = prop::collection::vec((0.0f64..1.0, 0u8..5, any::<u8>()), 1..4);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(any::<bool>(), 0..parts.len(), changes), |(as_a_whole, which, changes)| {
            let breaks =
                |bytes: &[u8]| changes.iter().fold(bytes.to_vec(), |bytes, change| broken(&bytes, *change));
            let bytes = if as_a_whole {
                breaks(&whole)
            } else {
                let part = breaks(parts[which].1);
                let mut parts = parts.to_vec();
                parts[which].1 = &part;
                package(&parts)
            };
            match read_bytes(name, &bytes) {
                Ok(document) => {
                    prop_assert_eq!(document.faults(), Vec::<String>::new());
                    Ok(())
                }
                Err(ParseError::Damaged { .. } | ParseError::Locked { .. } | ParseError::TooMuch { .. }) => {
                    Ok(())
                }
                Err(ParseError::UnknownFormat { .. }) => Err(TestCaseError::fail("the format is forgotten")),
            }
        })
        .unwrap();
}

#[test]
fn encrypted_and_old_files_are_told() {
    let mut bytes = COMPOUND.to_vec();
    bytes.extend([0; 512]);
    assert!(matches!(read_bytes("a.docx", &bytes), Err(ParseError::Damaged { .. })));
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    for name in ["a.docx", "a.pptx"] {
        assert!(matches!(read_bytes(name, &bytes), Err(ParseError::Locked { .. })));
    }
    let not_word: &[(&str, &[u8])] = &[("[Content_Types].xml", b"<Types/>"), ("word/x.xml", b"<x/>")];
    assert!(matches!(read("a.docx", not_word), Err(ParseError::Damaged { .. })));
}
