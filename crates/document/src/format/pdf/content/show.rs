//! The operators that show text, and where each glyph comes to stand.

use super::super::font::Text;
use super::super::geometry::Matrix;
use super::super::marks::{Glyph, Hidden, Style};
use super::super::object::Object;
use super::state::Ink;
use super::{GLYPHS_MAX, Run, Scope, TEXT_BYTES_MAX, six};

/// Smaller glyphs, in points, are not to be seen.
const SIZE_MIN: f32 = 0.75;
/// So far outside what may be painted a glyph's middle may stand, in points, and still count as seen.
const EDGE: f32 = 2.0;

impl Run<'_, '_> {
    /// Whether it was an operator of text.
    pub(super) fn show_operator(&mut self, word: &[u8], operands: &[Object], scope: &mut Scope) -> bool {
        let number = |index: usize| operands.get(index).and_then(Object::number).unwrap_or(0.0);
        let state = &mut self.state;
        match word {
            b"BT" => self.start_line(Matrix::IDENTITY),
            b"Tc" => state.character_space = number(0),
            b"Tw" => state.word_space = number(0),
            b"Tz" => state.stretch = number(0) / 100.0,
            b"TL" => state.leading = number(0),
            b"Ts" => state.rise = number(0),
            b"Tr" => state.invisible = matches!(operands.first().and_then(Object::integer), Some(3 | 7)),
            b"Tf" => self.choose_font(operands, scope),
            b"Tm" => self.start_line(six(operands)),
            b"Td" => self.start_line(Matrix::moved(number(0), number(1)).then(&self.state.line)),
            b"TD" => {
                state.leading = -number(1);
                self.start_line(Matrix::moved(number(0), number(1)).then(&self.state.line));
            }
            b"T*" => self.next_line(),
            b"Tj" => self.show(operands.first()),
            b"'" => {
                self.next_line();
                self.show(operands.first());
            }
            b"\"" => {
                state.word_space = number(0);
                state.character_space = number(1);
                self.next_line();
                self.show(operands.get(2));
            }
            b"TJ" => {
                for part in operands.first().and_then(Object::array).unwrap_or_default() {
                    match part.number() {
                        Some(back) => self.advance(-back / 1000.0 * self.state.size),
                        None => self.show(Some(part)),
                    }
                }
            }
            _ => return false,
        }
        true
    }

    /// Puts a text in the place of glyphs that the page says it stands for.
    pub(super) fn replace_glyphs(&mut self, first: usize, text: &str) {
        let marks = &mut self.marks;
        let (Some(last), Some(glyph)) = (marks.glyphs.last().copied(), marks.glyphs.get(first).copied())
        else {
            return;
        };
        let Ok(length) = u16::try_from(text.len()) else { return };
        if marks.text.len() + text.len() > TEXT_BYTES_MAX {
            return;
        }
        marks.glyphs.truncate(first);
        if text.trim().is_empty() {
            self.space = true;
            return;
        }
        let start = marks.text.len() as u32;
        marks.text.push_str(text);
        let (dx, dy) = (last.x + last.dx - glyph.x, last.y + last.dy - glyph.y);
        marks.glyphs.push(Glyph { start, length, dx, dy, ..glyph });
    }

    fn start_line(&mut self, matrix: Matrix) {
        self.state.text = matrix;
        self.state.line = matrix;
    }

    fn next_line(&mut self) {
        self.start_line(Matrix::moved(0.0, -self.state.leading).then(&self.state.line));
    }

    fn choose_font(&mut self, operands: &[Object], scope: &mut Scope) {
        let Some(Object::Name(name)) = operands.first() else { return };
        self.state.size = operands.get(1).and_then(Object::number).unwrap_or(0.0);
        if let Some((_, font)) = scope.fonts.iter().find(|(own, _)| own == name) {
            self.state.font = Some(font.clone());
            return;
        }
        let file = self.shared.file;
        let fonts = file.get(&scope.resources, b"Font");
        let found =
            self.shared.fonts.get(file, fonts.dictionary().map_or(&Object::Null, |fonts| fonts.get(name)));
        scope.fonts.push((name.clone(), found.clone()));
        self.state.font = Some(found);
    }

    /// Goes on by so much in text space.
    fn advance(&mut self, by: f64) {
        let vertical = self.state.font.as_ref().is_some_and(|font| font.vertical);
        let (x, y) = if vertical { (0.0, by) } else { (by * self.state.stretch, 0.0) };
        self.state.text = Matrix::moved(x, y).then(&self.state.text);
    }

    fn show(&mut self, string: Option<&Object>) {
        let Some(bytes) = string.and_then(Object::string) else { return };
        let Some(font) = self.state.font.clone() else {
            self.leave_out("text is shown without a font");
            return;
        };
        let style = Style { font: font.number, bold: font.bold };
        let to_page = self.state.text.then(&self.state.matrix);
        let (size, stretch) = (self.state.size, self.state.stretch);
        let up = to_page.vector(0.0, size);
        let along = if font.vertical {
            to_page.vector(0.0, -1.0)
        } else {
            to_page.vector(size.signum() * stretch.signum(), 0.0)
        };
        let length = along.0.hypot(along.1);
        let frame = Frame {
            size: up.0.hypot(up.1) as f32,
            direction: if length > 0.0 {
                ((along.0 / length) as f32, (along.1 / length) as f32)
            } else {
                (1.0, 0.0)
            },
            style,
        };
        let mut place = 0.0;
        let (character_space, word_space) = (self.state.character_space, self.state.word_space);
        let rise = self.state.rise;
        font.each(bytes, &mut |code| {
            let width = if font.vertical { -1.0 } else { f64::from(code.width) };
            let sideways = width * size * stretch;
            let (origin, own) = if font.vertical {
                (to_page.point(0.0, place), to_page.vector(0.0, width * size))
            } else {
                (to_page.point(place, rise), to_page.vector(sideways, 0.0))
            };
            self.glyph(&code.text, &Spot { origin, own }, &frame);
            let after = character_space + if code.is_space { word_space } else { 0.0 };
            place += if font.vertical { width * size - after } else { sideways + after * stretch };
        });
        let (x, y) = if font.vertical { (0.0, place) } else { (place, 0.0) };
        self.state.text = Matrix::moved(x, y).then(&self.state.text);
    }

    fn glyph(&mut self, text: &Text<'_>, spot: &Spot, frame: &Frame) {
        let Spot { origin, own } = *spot;
        let mut buffer = [0; 4];
        let text: &str = match text {
            Text::Known(text) => text,
            Text::One(c) => symbol(*c).encode_utf8(&mut buffer),
        };
        if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
            let unknown = text.is_empty() || text.chars().any(|c| c.is_control() && !c.is_whitespace());
            self.marks.unknown_glyphs += usize::from(unknown && own != (0.0, 0.0));
            self.space |= !unknown;
            return;
        }
        let marks = &mut self.marks;
        if marks.glyphs.len() >= GLYPHS_MAX || marks.text.len() + text.len() > TEXT_BYTES_MAX {
            self.leave_out("the page has more text than a page may have");
            return;
        }
        let start = marks.text.len() as u32;
        marks.text.push_str(text);
        let mut glyph = Glyph {
            x: origin.0 as f32,
            y: origin.1 as f32,
            dx: own.0 as f32,
            dy: own.1 as f32,
            direction: frame.direction,
            size: frame.size,
            start,
            length: u16::try_from(text.len()).unwrap_or(0),
            style: frame.style,
            hidden: None,
            after_space: std::mem::take(&mut self.space),
        };
        glyph.hidden = self.why_hidden(&glyph);
        self.marks.glyphs.push(glyph);
    }

    fn why_hidden(&self, glyph: &Glyph) -> Option<Hidden> {
        let (up_x, up_y) = (glyph.direction.1 * glyph.size * 0.3, -glyph.direction.0 * glyph.size * 0.3);
        let (x, y) = (glyph.x + glyph.dx / 2.0 + up_x, glyph.y + glyph.dy / 2.0 + up_y);
        let near = |area: &super::Rectangle| {
            (area.left - EDGE..=area.right + EDGE).contains(&x)
                && (area.top - EDGE..=area.bottom + EDGE).contains(&y)
        };
        if self.layers_off > 0 {
            Some(Hidden::Layer)
        } else if !near(&self.page) {
            Some(Hidden::OffPage)
        } else if self.state.invisible {
            Some(Hidden::Invisible)
        } else if glyph.size < SIZE_MIN {
            Some(Hidden::Tiny)
        } else if !near(&self.state.clip) {
            Some(Hidden::Clipped)
        } else {
            let painted = || {
                self.marks.fills.iter().any(|area| area.holds(x, y))
                    || self.marks.images.iter().any(|(area, _)| area.holds(x, y))
            };
            (self.state.ink == Ink::White && !painted()).then_some(Hidden::White)
        }
    }
}

/// Where a glyph starts, and how far it goes on.
struct Spot {
    origin: (f64, f64),
    own: (f64, f64),
}

/// What all glyphs of a string have in common.
struct Frame {
    size: f32,
    direction: (f32, f32),
    style: Style,
}

/// The character of a symbol that fonts of symbols have in the area for private use, as far as lists need it.
fn symbol(c: char) -> char {
    match c {
        '\u{f0b7}' | '\u{f09f}' | '\u{f06c}' => '•',
        '\u{f0a7}' | '\u{f06e}' => '▪',
        '\u{f0d8}' => '➢',
        '\u{f0fc}' => '✓',
        '\u{f0a8}' | '\u{f06f}' | '\u{f071}' => '□',
        '\u{f0e0}' => '→',
        '\u{f02d}' => '−',
        other => other,
    }
}
