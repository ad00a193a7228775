//! How documents, versions, chunks and texts get their names: hashes of what they are.

use document::Span;
use index::PointId;

const ID_BYTES: usize = 16;

/// A document's id from where it lies: the first 16 bytes of blake3(root ‖ path) in hex.
pub fn document_id(root: &str, path: &str) -> String {
    hex(&digest(&[root.as_bytes(), path.as_bytes()]))
}

/// A version's id: the first 16 bytes of blake3(stored text ‖ pipeline fingerprint) in hex.
pub fn version_id(text: &str, fingerprint: &str) -> String {
    hex(&digest(&[text.as_bytes(), fingerprint.as_bytes()]))
}

/// A chunk's id, which is its point's id as well: blake3(document id ‖ version ‖ span), 16 bytes.
pub fn chunk_id(document_id: &str, version: &str, span: Span) -> PointId {
    let place = format!("{}-{}", span.start, span.end);
    PointId(digest(&[document_id.as_bytes(), version.as_bytes(), place.as_bytes()]))
}

/// The key under which the vector of a text is kept: blake3(embedder id ‖ text), 16 bytes.
pub fn vector_key(embedder: &str, text: &str) -> [u8; ID_BYTES] {
    digest(&[embedder.as_bytes(), text.as_bytes()])
}

/// A hash that stands for a name where many are remembered.
pub type NameKey = [u8; ID_BYTES];

/// The hash that stands for a name.
pub fn name_key(name: &str) -> NameKey {
    digest(&[name.as_bytes()])
}

/// The hash of an item's bytes, in hex.
pub fn content_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// A point id as contracts show it: 32 hex digits.
pub fn hex(id: &[u8; ID_BYTES]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The reverse of [`hex`]; `None` when the text is not 32 hex digits.
pub fn from_hex(text: &str) -> Option<[u8; ID_BYTES]> {
    let mut id = [0; ID_BYTES];
    if text.len() != 2 * ID_BYTES || !text.is_ascii() {
        return None;
    }
    for (place, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(id)
}

/// Hashes the parts with their lengths, so that moving a byte from one part to the next is another hash.
fn digest(parts: &[&[u8]]) -> [u8; ID_BYTES] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut id = [0; ID_BYTES];
    hasher.finalize_xof().fill(&mut id);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(document_id("/a", "b/c"), document_id("/a/b", "c"));
        assert_ne!(document_id("/ab", "c"), document_id("/a", "bc"));
        assert_eq!(document_id("/a", "b").len(), 32);
    }

    #[test]
    fn hex_goes_both_ways() {
        let id = chunk_id("d", "v", Span { start: 1, end: 9 }).0;
        assert_eq!(from_hex(&hex(&id)), Some(id));
        assert_eq!(from_hex("zz"), None);
        assert_eq!(from_hex(&"é".repeat(16)), None);
    }
}
