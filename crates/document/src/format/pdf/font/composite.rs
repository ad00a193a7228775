//! Fonts whose codes are of several bytes, and that number their glyphs.

use std::collections::HashMap;

use super::super::file::File;
use super::super::object::{Dictionary, Object};
use super::cmap::CMap;
use super::program::Program;
use super::{Codes, Cut, Font, Several, is_bold, name_of, program_bytes, stream_bytes, to_unicode};

/// A font says no more widths than this.
const WIDTHS_MAX: usize = 100_000;

/// Reads a font of several bytes a code.
pub(super) fn read(file: &File<'_>, dictionary: &Dictionary) -> Font {
    let descendants = file.get(dictionary, b"DescendantFonts");
    let descendant = match &descendants {
        Object::Array(fonts) => file.resolve(fonts.first().unwrap_or(&Object::Null)),
        other => other.clone(),
    };
    let own = descendant.dictionary().cloned().unwrap_or_default();
    let descriptor = file.get(&own, b"FontDescriptor").dictionary().cloned().unwrap_or_default();
    let encoding = file.get(dictionary, b"Encoding");
    let mut vertical = encoding.name().is_some_and(|name| name.ends_with(b"-V"));
    let cut = match (&encoding, encoding.name()) {
        (_, Some(name)) => Cut::named(name),
        (Object::Stream(_), _) => {
            let map = CMap::read(&stream_bytes(file, &encoding).unwrap_or_default());
            vertical |= map.vertical;
            match &map.base {
                Some(base) if !map.has_spaces() => Cut::named(base),
                _ => Cut::Map(map),
            }
        }
        _ => Cut::Identity,
    };
    let to_text = to_unicode(file, dictionary);
    let by_glyph = if to_text.is_none() && matches!(cut, Cut::Identity | Cut::Map(_)) {
        characters_of_glyphs(file, &own, &descriptor)
    } else {
        HashMap::new()
    };
    let name = name_of(file, dictionary);
    let default_width = file.get(&own, b"DW").number().unwrap_or(1000.0) / 1000.0;
    Font {
        codes: Codes::Several(Box::new(Several { cut, to_text, by_glyph })),
        default_width: default_width as f32,
        wide: composite_widths(file, &own),
        number: 0,
        vertical,
        bold: is_bold(file, &name, &descriptor),
    }
}

/// What glyphs stand for by the font program, and by the map from the file's numbers to its own.
fn characters_of_glyphs(file: &File<'_>, own: &Dictionary, descriptor: &Dictionary) -> HashMap<u32, char> {
    let Some(bytes) = program_bytes(file, descriptor) else { return HashMap::new() };
    let Some(program) = Program::read(&bytes) else { return HashMap::new() };
    let by_glyph = program.by_glyph();
    match stream_bytes(file, &file.get(own, b"CIDToGIDMap")) {
        Some(map) => (0u32..)
            .zip(map.chunks_exact(2))
            .filter_map(|(number, glyph)| {
                let glyph = u32::from(u16::from_be_bytes([glyph[0], glyph[1]]));
                by_glyph.get(&glyph).map(|c| (number, *c))
            })
            .collect(),
        None => by_glyph,
    }
}

fn composite_widths(file: &File<'_>, own: &Dictionary) -> HashMap<u32, f32> {
    let mut wide = HashMap::new();
    let list = file.get(own, b"W");
    let mut items = list.array().unwrap_or_default().iter().map(|object| file.resolve(object));
    while let Some(first) = items.next() {
        let Some(first) = first.integer().and_then(|first| u32::try_from(first).ok()) else { continue };
        match items.next() {
            Some(Object::Array(own)) => {
                for (number, width) in (first..).zip(own.iter()) {
                    if let Some(width) = file.resolve(width).number()
                        && wide.len() < WIDTHS_MAX
                    {
                        wide.insert(number, (width / 1000.0) as f32);
                    }
                }
            }
            Some(last) => {
                let last = last.integer().and_then(|last| u32::try_from(last).ok()).unwrap_or(first);
                let width = items.next().and_then(|width| width.number()).unwrap_or(0.0);
                for number in first..=last.min(first.saturating_add(0xffff)) {
                    if wide.len() < WIDTHS_MAX {
                        wide.insert(number, (width / 1000.0) as f32);
                    }
                }
            }
            None => break,
        }
    }
    wide
}
