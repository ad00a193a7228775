//! Undoes the filters of streams, under a limit of bytes. Image filters are left for whoever wants the image.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress, Status};

use super::file::File;
use super::object::{Dictionary, Object};

/// More filters than this on one stream are left undone.
const FILTERS_MAX: usize = 8;

/// What a stream holds.
pub(super) struct Decoded<'a> {
    /// Its bytes, up to the limit.
    pub bytes: Cow<'a, [u8]>,
    /// The image filter that is still on them.
    pub image: Option<Image>,
    /// Whether the bytes are not all that the stream holds: it is damaged, or larger than the limit.
    pub cut: bool,
}

impl Decoded<'_> {
    /// The same on its own.
    pub(super) fn into_owned(self) -> Decoded<'static> {
        Decoded { bytes: Cow::Owned(self.bytes.into_owned()), image: self.image, cut: self.cut }
    }
}

/// A filter that images have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Image {
    /// JPEG.
    Jpeg,
    /// JPEG 2000.
    Jpeg2000,
    /// Fax, with its parameters.
    Fax(Dictionary),
    /// JBIG2, and any filter that nobody knows.
    Other,
}

/// Undoes the filters of a stream.
pub(super) fn decode<'a>(
    file: &File<'_>,
    dictionary: &Dictionary,
    raw: &'a [u8],
    bytes_max: usize,
) -> Decoded<'a> {
    let resolve = |object: &Object| file.resolve(object);
    run(&resolve, dictionary, raw, bytes_max)
}

/// Undoes the filters of a stream that refers to nothing, as of cross-reference streams.
pub(super) fn decode_alone<'a>(dictionary: &Dictionary, raw: &'a [u8], bytes_max: usize) -> Decoded<'a> {
    run(&Object::clone, dictionary, raw, bytes_max)
}

fn run<'a>(
    resolve: &dyn Fn(&Object) -> Object,
    dictionary: &Dictionary,
    raw: &'a [u8],
    bytes_max: usize,
) -> Decoded<'a> {
    let either = |long: &[u8], short: &[u8]| match resolve(dictionary.get(long)) {
        Object::Null => resolve(dictionary.get(short)),
        object => object,
    };
    let list = |object: Object| match object {
        Object::Array(objects) => objects.iter().map(resolve).collect(),
        Object::Null => Vec::new(),
        object => vec![object],
    };
    let filters = list(either(b"Filter", b"F"));
    let parameters = list(either(b"DecodeParms", b"DP"));
    let mut decoded = Decoded { bytes: Cow::Borrowed(raw), image: None, cut: filters.len() > FILTERS_MAX };
    for (index, filter) in filters.iter().take(FILTERS_MAX).enumerate() {
        let own = parameters.get(index).and_then(Object::dictionary).cloned().unwrap_or_default();
        let number = |name: &[u8], otherwise: i64| resolve(own.get(name)).integer().unwrap_or(otherwise);
        let bytes = &decoded.bytes;
        let (bytes, whole) = match filter.name().unwrap_or_default() {
            b"FlateDecode" | b"Fl" => predicted(inflate(bytes, bytes_max), &number),
            b"LZWDecode" | b"LZW" => {
                predicted(lzw(bytes, number(b"EarlyChange", 1) != 0, bytes_max), &number)
            }
            b"ASCIIHexDecode" | b"AHx" => (hexadecimal(bytes), true),
            b"ASCII85Decode" | b"A85" => (base85(bytes), true),
            b"RunLengthDecode" | b"RL" => run_lengths(bytes, bytes_max),
            b"Crypt" => continue,
            name => {
                decoded.image = Some(match name {
                    b"DCTDecode" | b"DCT" => Image::Jpeg,
                    b"JPXDecode" => Image::Jpeg2000,
                    b"CCITTFaxDecode" | b"CCF" => Image::Fax(own),
                    _ => Image::Other,
                });
                break;
            }
        };
        decoded.cut |= !whole;
        decoded.bytes = Cow::Owned(bytes);
    }
    decoded
}

/// Unpacked bytes, and whether they are all.
type Unpacked = (Vec<u8>, bool);

fn inflate(bytes: &[u8], bytes_max: usize) -> Unpacked {
    let (out, whole) = inflate_as(bytes, true, bytes_max);
    if out.is_empty() && !whole && bytes.len() > 2 {
        // Some writers leave a wrong header before what is otherwise sound.
        let (raw, raw_whole) = inflate_as(&bytes[2..], false, bytes_max);
        if !raw.is_empty() {
            return (raw, raw_whole);
        }
    }
    (out, whole)
}

fn inflate_as(bytes: &[u8], header: bool, bytes_max: usize) -> Unpacked {
    let mut inflater = Decompress::new(header);
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(4).clamp(1024, bytes_max.max(1024)));
    loop {
        let taken = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        let rest = bytes.get(taken..).unwrap_or_default();
        if out.len() == out.capacity() {
            if out.len() >= bytes_max {
                return (out, false);
            }
            out.reserve(out.len().min(bytes_max - out.len()));
        }
        let before = (inflater.total_in(), out.len());
        match inflater.decompress_vec(rest, &mut out, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return (out, true),
            Ok(_) if (inflater.total_in(), out.len()) != before || out.len() == out.capacity() => {}
            _ => return (out, false),
        }
    }
}

fn lzw(bytes: &[u8], early: bool, bytes_max: usize) -> Unpacked {
    use weezl::{BitOrder, decode::Configuration};
    let configuration = if early {
        Configuration::with_tiff_size_switch(BitOrder::Msb, 8)
    } else {
        Configuration::new(BitOrder::Msb, 8)
    };
    let mut decoder = configuration.build();
    let mut out = Vec::new();
    let mut rest = bytes;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let step = decoder.decode_bytes(rest, &mut buffer);
        out.extend_from_slice(&buffer[..step.consumed_out]);
        rest = &rest[step.consumed_in..];
        match step.status {
            Ok(weezl::LzwStatus::Done) => return (out, true),
            Ok(weezl::LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            _ => return (out, false),
        }
        if out.len() >= bytes_max {
            return (out, false);
        }
    }
}

/// Undoes the predictor that may stand before compression.
fn predicted((bytes, whole): Unpacked, number: &dyn Fn(&[u8], i64) -> i64) -> Unpacked {
    let predictor = number(b"Predictor", 1);
    if predictor < 2 {
        return (bytes, whole);
    }
    let bounded = |name: &[u8], otherwise: i64, most: i64| number(name, otherwise).clamp(1, most) as usize;
    let (colours, bits) = (bounded(b"Colors", 1, 32), bounded(b"BitsPerComponent", 8, 16));
    let columns = bounded(b"Columns", 1, 1 << 24);
    let pixel = (colours * bits).div_ceil(8);
    // A row that is longer than all there is needs no more room than that.
    let row = (colours * bits * columns).div_ceil(8).min(bytes.len().max(1));
    if predictor == 2 {
        let mut bytes = bytes;
        if bits == 8 {
            for line in bytes.chunks_mut(row) {
                for place in pixel..line.len() {
                    line[place] = line[place].wrapping_add(line[place - pixel]);
                }
            }
        }
        return (bytes, whole);
    }
    (portable_rows(&bytes, row, pixel), whole)
}

/// The row filters of PNG (section 9 of its specification).
fn portable_rows(bytes: &[u8], row: usize, pixel: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut above = vec![0u8; row];
    for line in bytes.chunks(row + 1) {
        let Some((kind, line)) = line.split_first() else { break };
        let start = out.len();
        for (place, &byte) in line.iter().enumerate() {
            let left = if place >= pixel { out[start + place - pixel] } else { 0 };
            let up = above[place];
            let corner = if place >= pixel { above[place - pixel] } else { 0 };
            let predicted = match kind {
                1 => left,
                2 => up,
                3 => u8::midpoint(left, up),
                4 => paeth(left, up, corner),
                _ => 0,
            };
            out.push(byte.wrapping_add(predicted));
        }
        above[..line.len()].copy_from_slice(&out[start..]);
    }
    out
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let estimate = a + b - c;
    let (to_left, to_up, to_corner) = ((estimate - a).abs(), (estimate - b).abs(), (estimate - c).abs());
    if to_left <= to_up && to_left <= to_corner {
        left
    } else if to_up <= to_corner {
        up
    } else {
        corner
    }
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == b'>').unwrap_or(bytes.len());
    let digits: Vec<u8> = bytes[..end]
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

fn base85(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 5 * 4);
    let mut group: Vec<u32> = Vec::with_capacity(5);
    let flush = |group: &mut Vec<u32>, out: &mut Vec<u8>| {
        let missing = 5 - group.len();
        group.resize(5, 84);
        let value = group.iter().fold(0u32, |value, digit| value.wrapping_mul(85).wrapping_add(*digit));
        out.extend_from_slice(&value.to_be_bytes()[..4 - missing]);
        group.clear();
    };
    let bytes = bytes.strip_prefix(b"<~").unwrap_or(bytes);
    for &byte in bytes {
        match byte {
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            b'z' if group.is_empty() => out.extend_from_slice(&[0; 4]),
            b'~' => break,
            _ => {}
        }
        if group.len() == 5 {
            flush(&mut group, &mut out);
        }
    }
    if group.len() > 1 {
        flush(&mut group, &mut out);
    }
    out
}

fn run_lengths(bytes: &[u8], bytes_max: usize) -> Unpacked {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((&length, tail)) = rest.split_first() {
        match length {
            128 => return (out, true),
            0..=127 => {
                let run = tail.len().min(usize::from(length) + 1);
                out.extend_from_slice(&tail[..run]);
                rest = &tail[run..];
            }
            _ => {
                let Some((&byte, tail)) = tail.split_first() else { break };
                out.resize(out.len() + 257 - usize::from(length), byte);
                rest = tail;
            }
        }
        if out.len() > bytes_max {
            return (out, false);
        }
    }
    (out, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_letters_are_undone() {
        assert_eq!(hexadecimal(b"48 65 6c6C 6f>"), b"Hello");
        assert_eq!(base85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(run_lengths(&[1, b'a', b'b', 254, b'c', 128, 9], 100).0, b"abccc");
    }

    #[test]
    fn rows_are_predicted() {
        assert_eq!(portable_rows(&[1, 1, 1, 1, 2, 1, 1, 1], 3, 1), [1, 2, 3, 2, 3, 4]);
    }

    #[test]
    fn unpacking_stops_at_its_limit() {
        use std::io::Write;
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(&vec![0; 8 << 20]).unwrap();
        let (bytes, whole) = inflate(&writer.finish().unwrap(), 1 << 20);
        assert!(!whole && bytes.len() <= 2 << 20);
    }
}
