//! Rich text as messages hold it (MS-OXRTFCP): references into the 4,096 bytes before.

/// What those bytes hold before the first was written.
const PRIMER: &[u8] =
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \
\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW_BYTES: usize = 4096;
const HEAD_BYTES: usize = 16;

/// Unpacks rich text. A reference stands for at most 17 bytes, so that what comes out is bounded by what goes in.
///
/// # Errors
///
/// When it is packed in a way that is not known here.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let word =
        |at: usize| packed.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_le_bytes);
    let (Some(raw), Some(kind)) = (word(4), word(8)) else {
        return Err("it is shorter than its head".into());
    };
    let raw = usize::try_from(raw).unwrap_or(usize::MAX);
    let content = &packed[HEAD_BYTES.min(packed.len())..];
    match &kind.to_le_bytes() {
        b"MELA" => Ok(content[..raw.min(content.len())].to_vec()),
        b"LZFu" => Ok(unpack_references(content, raw)),
        _ => Err("it is packed in a way that is not known here".into()),
    }
}

fn unpack_references(content: &[u8], raw: usize) -> Vec<u8> {
    let mut window = [b' '; WINDOW_BYTES];
    window[..PRIMER.len()].copy_from_slice(PRIMER);
    let mut end = PRIMER.len();
    let mut unpacked = Vec::new();
    let mut bytes = content.iter().copied();
    'all: while let Some(flags) = bytes.next() {
        for bit in 0..8 {
            let Some(first) = bytes.next() else { break 'all };
            let (mut from, count) = if flags >> bit & 1 == 1 {
                let Some(second) = bytes.next() else { break 'all };
                let reference = usize::from(first) << 8 | usize::from(second);
                if reference >> 4 == end {
                    break 'all;
                }
                (reference >> 4, (reference & 0xf) + 2)
            } else {
                window[end] = first;
                (end, 1)
            };
            for _ in 0..count {
                let byte = window[from];
                window[end] = byte;
                unpacked.push(byte);
                from = (from + 1) % WINDOW_BYTES;
                end = (end + 1) % WINDOW_BYTES;
            }
            if unpacked.len() > raw {
                break 'all;
            }
        }
    }
    unpacked.truncate(raw);
    unpacked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_unpack() {
        // MS-OXRTFCP, 4.1 and 4.2.
        let simple = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3\x20hel\x09\0\x20bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        assert_eq!(unpack(simple).unwrap(), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        let crossing = b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ\x0d\x6e}\x01\x0e\xb0";
        assert_eq!(unpack(crossing).unwrap(), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
        assert_eq!(unpack(b"\x10\0\0\0\x02\0\0\0MELA\0\0\0\0hi").unwrap(), b"hi");
        assert!(unpack(b"\x10\0\0\0\x02\0\0\0nope\0\0\0\0hi").is_err() && unpack(b"").is_err());
    }
}
