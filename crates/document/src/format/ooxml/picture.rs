//! Pictures of an Office file: those whose text could be read become scans, each with its problem.

use super::{Damage, Office, Relationships};
use crate::Scan;

/// A picture with a side of fewer pixels holds no text that could be read.
const SIDE_MIN: u32 = 32;
/// A picture of no more pixels only holds a place.
const SPACER_AREA_MAX: u64 = 25;
/// A picture of more bytes is not given on.
const BYTES_MAX: usize = 64 << 20;

impl Office<'_> {
    /// Takes the picture that `id` stands for. Gives whether it is to be seen: an empty spacer is not.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the package goes over its limits.
    pub(in crate::format) fn picture(
        &mut self,
        relationships: &Relationships,
        id: &str,
        place: &str,
    ) -> Result<bool, Damage> {
        let Some(part) = relationships.part(id).map(str::to_owned) else {
            let outside = relationships.outside(id).is_some();
            let why = if outside { "it is kept outside the file" } else { "the file does not hold it" };
            self.lost(place, "picture", why);
            return Ok(true);
        };
        if let Some(shows) = self.pictures.get(&part) {
            return Ok(*shows);
        }
        let Some(bytes) = self.bytes(&part)? else {
            self.pictures.insert(part, true);
            return Ok(true);
        };
        let shows = self.scan(&part, bytes, place);
        self.pictures.insert(part, shows);
        Ok(shows)
    }

    fn scan(&mut self, part: &str, bytes: Vec<u8>, place: &str) -> bool {
        let name = part.rsplit('/').next().unwrap_or(part);
        let place = format!("{place}, picture `{name}`");
        let Some((media_type, size)) = kind(&bytes) else {
            let why = "the picture is of a kind without pixels; what it shows was not read";
            self.lost(&place, "picture", why);
            return true;
        };
        if let Some((width, height)) = size {
            if u64::from(width) * u64::from(height) <= SPACER_AREA_MAX {
                return false;
            }
            if width.min(height) < SIDE_MIN {
                return true;
            }
        }
        let too_large = bytes.len() > BYTES_MAX;
        let why = if too_large {
            "the picture is too large for what is written in it to be read"
        } else {
            "what is written in the picture was not read"
        };
        self.lost(&place, "picture", why);
        if !too_large {
            self.scans.push(Scan { place, at: 0, media_type, bytes });
        }
        true
    }
}

/// What an image file is, and its width and height in pixels where its first bytes say so.
fn kind(bytes: &[u8]) -> Option<(&'static str, Option<(u32, u32)>)> {
    let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(("image/png", big(16).zip(big(20))));
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some(("image/jpeg", jpeg_size(bytes)));
    }
    let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    if bytes.starts_with(b"GIF8") {
        return Some(("image/gif", little(6).zip(little(8))));
    }
    if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        return Some(("image/tiff", None));
    }
    if bytes.starts_with(b"BM") {
        return Some(("image/bmp", None));
    }
    (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")).then_some(("image/webp", None))
}

/// The size in a JPEG file's frame header.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let short = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((u32::from(short(at + 7)?), u32::from(short(at + 5)?)));
            }
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => at += 2 + usize::from(short(at + 2)?),
        }
    }
}

#[cfg(test)]
pub(in crate::format) mod tests {
    use super::*;

    /// The first bytes of a PNG file of this size.
    pub(in crate::format) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    #[test]
    fn the_size_is_in_the_first_bytes() {
        assert_eq!(kind(&png(70, 80)), Some(("image/png", Some((70, 80)))));
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, 0, 90, 1, 44, 3];
        assert_eq!(kind(&jpeg), Some(("image/jpeg", Some((300, 90)))));
        assert_eq!(kind(&jpeg[..9]), Some(("image/jpeg", None)));
        assert_eq!(kind(b"\x01\0\0\0"), None);
    }
}
