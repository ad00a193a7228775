//! Paths: of what they paint, lines along the axes and painted areas are kept; and the areas they clip to.

use super::super::geometry::Rectangle;
use super::super::object::Object;
use super::state::Ink;
use super::{Run, SHAPES_MAX};

/// What is painted no thicker than this is a line.
const LINE_WIDTH_MAX: f32 = 3.0;
/// Shorter ones are dashes or parts of drawings.
const LINE_LENGTH_MIN: f32 = 6.0;

/// The path that is being made, on the page.
#[derive(Default)]
pub(super) struct Path {
    parts: Vec<Part>,
    /// Whether it is to be clipped to when it has been painted.
    clips: bool,
}

/// One unbroken line of it.
struct Part {
    area: Rectangle,
    start: (f64, f64),
    end: (f64, f64),
    /// Its straight pieces along the axes.
    pieces: Vec<Rectangle>,
}

impl Run<'_, '_> {
    pub(super) fn path_operator(&mut self, word: &[u8], operands: &[Object]) {
        let number = |index: usize| operands.get(index).and_then(Object::number).unwrap_or(0.0);
        match word {
            b"m" => self.path.start(self.state.matrix.point(number(0), number(1))),
            b"l" => self.path.line(self.state.matrix.point(number(0), number(1))),
            b"c" => {
                for pair in [0, 2, 4] {
                    self.path.bend(self.state.matrix.point(number(pair), number(pair + 1)));
                }
            }
            b"v" | b"y" => {
                for pair in [0, 2] {
                    self.path.bend(self.state.matrix.point(number(pair), number(pair + 1)));
                }
            }
            b"h" => self.path.close(),
            b"re" => {
                let (x, y, width, height) = (number(0), number(1), number(2), number(3));
                let corner = |x: f64, y: f64| self.state.matrix.point(x, y);
                let corners = [
                    corner(x, y),
                    corner(x + width, y),
                    corner(x + width, y + height),
                    corner(x, y + height),
                ];
                self.path.start(corners[0]);
                for corner in &corners[1..] {
                    self.path.line(*corner);
                }
                self.path.close();
            }
            b"W" | b"W*" => self.path.clips = true,
            b"S" => self.paint(false, true),
            b"s" => {
                self.path.close();
                self.paint(false, true);
            }
            b"f" | b"F" | b"f*" => self.paint(true, false),
            b"B" | b"B*" => self.paint(true, true),
            b"b" | b"b*" => {
                self.path.close();
                self.paint(true, true);
            }
            b"n" => self.paint(false, false),
            _ => {}
        }
    }

    fn paint(&mut self, fills: bool, strokes: bool) {
        let path = std::mem::take(&mut self.path);
        let mut whole = Rectangle::EMPTY;
        for part in path.parts {
            whole = whole.with(&part.area);
            let thin = part.area.width().min(part.area.height()) <= LINE_WIDTH_MAX;
            if strokes {
                for piece in &part.pieces {
                    self.add_rule(*piece);
                }
            }
            if fills && thin {
                self.add_rule(part.area);
            } else if fills && self.state.ink == Ink::Dark {
                self.add_fill(part.area);
            }
        }
        if path.clips {
            self.state.clip = self.state.clip.within(&whole);
        }
    }

    fn add_rule(&mut self, area: Rectangle) {
        let area = area.within(&self.state.clip);
        let sides = (area.right - area.left, area.bottom - area.top);
        let seen = sides.0 >= 0.0 && sides.1 >= 0.0;
        if seen && sides.0.max(sides.1) >= LINE_LENGTH_MIN && self.marks.rules.len() < SHAPES_MAX {
            self.marks.rules.push(area);
        }
    }
}

impl Path {
    fn start(&mut self, point: (f64, f64)) {
        let mut area = Rectangle::EMPTY;
        area.add(point.0, point.1);
        if self.parts.len() < SHAPES_MAX {
            self.parts.push(Part { area, start: point, end: point, pieces: Vec::new() });
        }
    }

    fn line(&mut self, point: (f64, f64)) {
        let Some(part) = self.parts.last_mut() else { return self.start(point) };
        let piece = Rectangle::of(part.end.0, part.end.1, point.0, point.1);
        if piece.width().min(piece.height()) < 0.5 && part.pieces.len() < SHAPES_MAX {
            part.pieces.push(piece);
        }
        part.area.add(point.0, point.1);
        part.end = point;
    }

    fn bend(&mut self, point: (f64, f64)) {
        let Some(part) = self.parts.last_mut() else { return self.start(point) };
        part.area.add(point.0, point.1);
        part.end = point;
    }

    fn close(&mut self) {
        if let Some(start) = self.parts.last().map(|part| part.start) {
            self.line(start);
        }
    }
}
