//! Pages that are pictures of pages: the image of one, as a file that others can read.

use std::io::Write;

use super::file::File;
use super::filter::Image;
use super::geometry::Rectangle;
use super::marks::{Marks, Picture};
use super::object::{Dictionary, Object, Stream};

/// An image that covers so much of a page without text is a scan of it.
const COVER_MIN: f32 = 0.4;
/// With so few letters, a page counts as one without text: a stamp or a page number.
const LETTERS_MAX: usize = 20;
/// Larger images are not kept.
const BYTES_MAX: usize = 48 << 20;

/// The image that covers most of a page, if it covers enough to be a scan.
pub(super) fn covering<'m>(marks: &'m Marks, page: &Rectangle) -> Option<&'m Picture> {
    let (area, picture) = marks.images.iter().max_by(|one, other| one.0.size().total_cmp(&other.0.size()))?;
    (area.within(page).size() >= COVER_MIN * page.size()).then_some(picture)
}

/// Whether a page has so little text that its picture is what it says.
pub(super) fn is_bare(marks: &Marks) -> bool {
    marks.text.chars().filter(|c| c.is_alphanumeric()).take(LETTERS_MAX + 1).count() <= LETTERS_MAX
}

/// An image as a file, with its media type; `None` when it is of a kind that is not made into one.
pub(super) fn image_file(file: &File<'_>, picture: &Picture) -> Option<(&'static str, Vec<u8>)> {
    let Picture::Stream(stream) = picture else { return None };
    let decoded = file.decode_within(stream, BYTES_MAX);
    if decoded.cut && decoded.image.is_none() {
        return None;
    }
    let bytes = decoded.bytes;
    match decoded.image {
        Some(Image::Jpeg) => Some(("image/jpeg", bytes.into_owned())),
        Some(Image::Jpeg2000) => Some(("image/jp2", bytes.into_owned())),
        Some(Image::Fax(parameters)) => Some(("image/tiff", fax(file, stream, &parameters, &bytes)?)),
        Some(Image::Other) => None,
        None => Some(("image/png", png(file, stream, &bytes)?)),
    }
}

fn number(file: &File<'_>, dictionary: &Dictionary, names: [&[u8]; 2]) -> Option<u32> {
    let found = names.iter().find_map(|name| file.get(dictionary, name).integer())?;
    u32::try_from(found).ok().filter(|number| (1..=60_000).contains(number))
}

/// A PNG file of plain grey or colour samples.
fn png(file: &File<'_>, stream: &Stream, samples: &[u8]) -> Option<Vec<u8>> {
    let own = &stream.dictionary;
    let (width, height) = (number(file, own, [b"Width", b"W"])?, number(file, own, [b"Height", b"H"])?);
    let mask = matches!(file.get(own, b"ImageMask"), Object::Boolean(true));
    let depth = if mask { 1 } else { number(file, own, [b"BitsPerComponent", b"BPC"])? };
    let space = file.get(own, b"ColorSpace");
    let (kind, parts) = match components(file, &space) {
        _ if mask => (0u8, 1usize),
        Some(1) if matches!(depth, 1 | 2 | 4 | 8) => (0, 1),
        Some(3) if depth == 8 => (2, 3),
        _ => return None,
    };
    let row = (width as usize * parts * depth as usize).div_ceil(8);
    if samples.len() < row.checked_mul(height as usize)? {
        return None;
    }
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    for line in samples.chunks_exact(row).take(height as usize) {
        packer.write_all(&[0]).ok()?;
        packer.write_all(line).ok()?;
    }
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend_from_slice(&[depth as u8, kind, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [(b"IHDR", header), (b"IDAT", packer.finish().ok()?), (b"IEND", Vec::new())] {
        out.extend_from_slice(&u32::try_from(body.len()).ok()?.to_be_bytes());
        let mut sum = flate2::Crc::new();
        sum.update(name);
        sum.update(&body);
        out.extend_from_slice(name);
        out.extend_from_slice(&body);
        out.extend_from_slice(&sum.sum().to_be_bytes());
    }
    Some(out)
}

/// How many samples a point has in a colour space of plain samples.
fn components(file: &File<'_>, space: &Object) -> Option<usize> {
    match space {
        Object::Name(name) => match &**name {
            b"DeviceGray" | b"G" | b"CalGray" => Some(1),
            b"DeviceRGB" | b"RGB" => Some(3),
            _ => None,
        },
        Object::Array(parts) => match file.resolve(parts.first()?).name()? {
            b"CalGray" => Some(1),
            b"CalRGB" => Some(3),
            b"ICCBased" => {
                let profile = file.resolve(parts.get(1)?);
                usize::try_from(file.get(profile.dictionary()?, b"N").integer()?).ok()
            }
            _ => None,
        },
        _ => None,
    }
}

/// A TIFF file (revision 6, section 11) around fax data, which stays as it is.
fn fax(file: &File<'_>, stream: &Stream, parameters: &Dictionary, bytes: &[u8]) -> Option<Vec<u8>> {
    let own = &stream.dictionary;
    let width = number(file, parameters, [b"Columns", b"Columns"]).unwrap_or(1728);
    let height = number(file, own, [b"Height", b"H"])?;
    let group = file.get(parameters, b"K").integer().unwrap_or(0);
    let black_is_one = matches!(file.get(parameters, b"BlackIs1"), Object::Boolean(true));
    let (compression, options) = match group {
        ..0 => (4u32, 0u32),
        0 => (3, 0),
        _ => (3, 1),
    };
    let length = u32::try_from(bytes.len()).ok()?;
    let entries: [(u16, u32); 9] = [
        (256, width),
        (257, height),
        (258, 1),
        (259, compression),
        (262, u32::from(black_is_one)),
        (273, 8),
        (278, height),
        (279, length),
        (if compression == 4 { 293 } else { 292 }, options),
    ];
    let mut out = b"II*\0".to_vec();
    out.extend_from_slice(&(8 + length + length % 2).to_le_bytes());
    out.extend_from_slice(bytes);
    out.resize(out.len() + bytes.len() % 2, 0);
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        out.extend_from_slice(&tag.to_le_bytes());
        // Every value as one long number.
        out.extend_from_slice(&4u16.to_le_bytes());
        out.extend_from_slice(&1u32.to_le_bytes());
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    Some(out)
}
