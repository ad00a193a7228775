//! The shapes of a slide, and the order in which they are read: by rows from the top, in a row from the left.

use super::super::ooxml::chart::Chart;
use super::super::ooxml::xml::Xml;
use super::layout::Role;
use super::text::Paragraph;

/// Shapes whose upper edges are no further apart are in one row: 0.05 inch in English Metric Units.
const ROW_TOLERANCE: i64 = 45_720;

/// Where the upper left corner of a shape is, in English Metric Units (1/914400 inch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub top: i64,
    pub left: i64,
}

/// What is on a slide.
pub(super) struct Shape {
    pub spot: Option<Spot>,
    pub role: Option<Role>,
    pub is_hidden: bool,
    /// Where a click on it leads outside the file.
    pub link: Option<String>,
    pub contents: Vec<Content>,
}

/// What a shape holds.
pub(super) enum Content {
    Text(Vec<Paragraph>),
    Table(Vec<Vec<String>>),
    Picture,
    Chart(Chart),
    /// The texts of a diagram.
    Diagram(Vec<String>),
    Group(Vec<Shape>),
}

impl Spot {
    /// Reads where a transformation puts a shape.
    pub(super) fn read(xml: &mut Xml<'_>, of: usize) -> Option<Self> {
        let mut spot = None;
        while let Some(part) = xml.child(of) {
            if part.name() == "off" {
                spot = part.number("y").zip(part.number("x")).map(|(top, left)| Self { top, left });
            }
        }
        spot
    }
}

/// Puts shapes into the order in which they are read. Those that stand nowhere come last.
pub(super) fn in_order(shapes: Vec<Shape>) -> Vec<Shape> {
    let nowhere = Spot { top: i64::MAX, left: i64::MAX };
    let mut placed: Vec<(Spot, Shape)> =
        shapes.into_iter().map(|shape| (shape.spot.unwrap_or(nowhere), shape)).collect();
    placed.sort_by_key(|(spot, _)| spot.top);
    let mut start = 0;
    while start < placed.len() {
        let mut end = start + 1;
        while end < placed.len() && placed[end].0.top.saturating_sub(placed[end - 1].0.top) <= ROW_TOLERANCE {
            end += 1;
        }
        placed[start..end].sort_by_key(|(spot, _)| spot.left);
        start = end;
    }
    placed.into_iter().map(|(_, shape)| shape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_by_rows() {
        let at = |top: i64, left: i64| Shape {
            spot: (top >= 0).then_some(Spot { top, left }),
            role: None,
            is_hidden: false,
            link: None,
            contents: Vec::new(),
        };
        let shapes = vec![at(-1, 0), at(100_000, 5), at(20_000, 1), at(0, 9), at(60_000, 0), at(i64::MAX, 0)];
        let found: Vec<_> =
            in_order(shapes).iter().map(|shape| shape.spot.map(|spot| (spot.top, spot.left))).collect();
        let expect = [(60_000, 0), (20_000, 1), (100_000, 5), (0, 9), (i64::MAX, 0)];
        assert_eq!(found[..5], expect.map(Some));
        assert_eq!(found[5], None);
    }
}
