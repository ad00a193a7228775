//! The fonts of a file, each read once, whichever page asks first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::file::File;
use super::font::Font;
use super::object::Object;

/// More fonts than this are not kept, but read again.
const FONTS_MAX: usize = 20_000;

/// Fonts by the numbers of their objects.
#[derive(Default)]
pub(super) struct Fonts(Mutex<HashMap<u32, Arc<OnceLock<Arc<Font>>>>>);

impl Fonts {
    /// The font that an object is, or refers to.
    pub(super) fn get(&self, file: &File<'_>, object: &Object) -> Arc<Font> {
        let read = |number: u32| {
            let own = file.resolve(object).dictionary().cloned().unwrap_or_default();
            let mut font = Font::read(file, &own);
            font.number = number as u16;
            Arc::new(font)
        };
        let Object::Reference(number) = object else { return read(0) };
        let place = {
            let mut fonts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if fonts.len() >= FONTS_MAX && !fonts.contains_key(number) {
                return read(*number);
            }
            fonts.entry(*number).or_default().clone()
        };
        place.get_or_init(|| read(*number)).clone()
    }
}
