//! What lies on a page beside its own operators: fields and their values, notes, links.

use super::content::Run;
use super::file::File;
use super::geometry::{Matrix, Rectangle};
use super::object::{Dictionary, Object};
use super::strings;

/// More annotations on one page are not looked at.
const NOTES_MAX: usize = 5_000;
/// How far up a field's value is looked for.
const PARENTS_MAX: usize = 16;

/// What a page's annotations say that is not drawn on it.
#[derive(Default)]
pub(super) struct Notes {
    /// Texts of notes and values of fields.
    pub texts: Vec<String>,
    /// Where its links lead outside the file.
    pub links: Vec<String>,
}

/// Draws what annotations draw, and keeps what they only say.
pub(super) fn read(run: &mut Run<'_, '_>, file: &File<'_>, page: &Dictionary) -> Notes {
    let mut notes = Notes::default();
    let list = file.get(page, b"Annots");
    for item in list.array().unwrap_or_default().iter().take(NOTES_MAX) {
        let own = file.resolve(item);
        let Some(own) = own.dictionary() else { continue };
        let flags = file.get(own, b"F").integer().unwrap_or(0);
        let kind = file.get(own, b"Subtype");
        match kind.name().unwrap_or_default() {
            b"Link" => notes.links.extend(link(file, own)),
            b"Popup" => {}
            // Hidden, or not for the screen.
            _ if flags & 0b10_0010 != 0 => {}
            kind => {
                let drawn = draw(run, file, own);
                let says = if kind == b"Widget" {
                    value(file, own).filter(|_| !drawn)
                } else {
                    let says = file.get(own, b"Contents");
                    // What stands in a box of text is what the box draws.
                    says.string().map(strings::decode).filter(|_| !(drawn && kind == b"FreeText"))
                };
                notes.texts.extend(says.filter(|text| !text.trim().is_empty()));
            }
        }
    }
    notes
}

fn link(file: &File<'_>, own: &Dictionary) -> Option<String> {
    let action = file.get(own, b"A");
    let target = file.get(action.dictionary()?, b"URI");
    Some(strings::decode(target.string()?)).filter(|text| !text.trim().is_empty())
}

/// Draws an annotation's appearance; whether it drew any text.
fn draw(run: &mut Run<'_, '_>, file: &File<'_>, own: &Dictionary) -> bool {
    let appearance = file.get(own, b"AP");
    let Some(normal) = appearance.dictionary().map(|own| file.get(own, b"N")) else { return false };
    let form = match normal {
        Object::Stream(stream) => stream,
        Object::Dictionary(states) => {
            let state = file.get(own, b"AS");
            match file.get(&states, state.name().unwrap_or(b"Off")) {
                Object::Stream(stream) => stream,
                _ => return false,
            }
        }
        _ => return false,
    };
    let corners = |object: Object| {
        let numbers: Vec<f64> =
            object.array()?.iter().filter_map(|part| file.resolve(part).number()).collect();
        let &[x, y, other_x, other_y] = numbers.get(..4)? else { return None };
        Some(Rectangle::of(x, y, other_x, other_y))
    };
    let Some(place) = corners(file.get(own, b"Rect")) else { return false };
    let numbers: Vec<f64> = file
        .get(&form.dictionary, b"Matrix")
        .array()
        .map(|parts| parts.iter().filter_map(|part| file.resolve(part).number()).collect())
        .unwrap_or_default();
    let matrix = <[f64; 6]>::try_from(numbers).map_or(Matrix::IDENTITY, Matrix);
    let area = corners(file.get(&form.dictionary, b"BBox")).map(|area| matrix.around(&area)).unwrap_or(place);
    let scale = |to: f32, from: f32| if from > 0.0 { f64::from(to / from) } else { 1.0 };
    let (across, down) = (scale(place.width(), area.width()), scale(place.height(), area.height()));
    let (left, low) = (f64::from(place.left), f64::from(place.top));
    let moved = Matrix([
        across,
        0.0,
        0.0,
        down,
        left - f64::from(area.left) * across,
        low - f64::from(area.top) * down,
    ]);
    let before = run.marks.glyphs.len();
    run.run_form(&form, &moved, &Dictionary::default());
    run.marks.glyphs.len() > before
}

/// A field's value, which may stand above it.
fn value(file: &File<'_>, own: &Dictionary) -> Option<String> {
    let mut field = own.clone();
    for _ in 0..PARENTS_MAX {
        match file.get(&field, b"V") {
            Object::String(bytes) => return Some(strings::decode(&bytes)),
            Object::Name(name) if &*name != b"Off" => {
                return Some(String::from_utf8_lossy(&name).into_owned());
            }
            Object::Null => field = file.get(&field, b"Parent").dictionary()?.clone(),
            _ => return None,
        }
    }
    None
}
