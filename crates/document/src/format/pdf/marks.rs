//! What a page shows, in the order in which it is painted, before anybody looks at how it is laid out.

use super::geometry::Rectangle;
use super::object::Stream;

/// All that is kept of a page.
#[derive(Default)]
pub(super) struct Marks {
    /// Its glyphs.
    pub glyphs: Vec<Glyph>,
    /// Their texts, one after another.
    pub text: String,
    /// Lines along the axes, as the boxes they fill.
    pub rules: Vec<Rectangle>,
    /// Areas that are painted in any colour but white.
    pub fills: Vec<Rectangle>,
    /// Images and where they are.
    pub images: Vec<(Rectangle, Picture)>,
    /// Glyphs that stand for nobody knows what.
    pub unknown_glyphs: usize,
    /// What was left out, as problems say it.
    pub left_out: Vec<&'static str>,
}

/// An image of a page.
#[derive(Clone)]
pub(super) enum Picture {
    /// One of the file's.
    Stream(Box<Stream>),
    /// One within the page's own operators; too small to be a scan.
    Inline,
}

/// A glyph on a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    /// Where it starts on its base line, from the page's upper left corner.
    pub x: f32,
    /// As `x`, downwards.
    pub y: f32,
    /// How far it goes on.
    pub dx: f32,
    /// As `dx`, downwards.
    pub dy: f32,
    /// The direction of its line, of length 1.
    pub direction: (f32, f32),
    /// The size of its font.
    pub size: f32,
    /// Where its text starts.
    pub start: u32,
    /// How many bytes its text has.
    pub length: u16,
    /// How it is drawn.
    pub style: Style,
    /// Why nobody sees it, if so.
    pub hidden: Option<Hidden>,
    /// Whether a space was drawn before it.
    pub after_space: bool,
}

/// How a glyph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Style {
    /// Which of the page's fonts, by number.
    pub font: u16,
    /// With thick strokes.
    pub bold: bool,
}

/// Why a glyph is not to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hidden {
    /// It is drawn without ink.
    Invisible,
    /// It is white on white.
    White,
    /// It is too small to see.
    Tiny,
    /// It is beside the page.
    OffPage,
    /// It is outside what may be painted.
    Clipped,
    /// It is on a layer that is switched off.
    Layer,
}

impl Hidden {
    /// As problems say it.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Invisible => "it is drawn without ink",
            Self::White => "it is white on white",
            Self::Tiny => "it is too small to see",
            Self::OffPage => "it stands beside the page",
            Self::Clipped => "it stands outside what the page lets be painted",
            Self::Layer => "it is on a layer that is switched off",
        }
    }
}

impl Marks {
    /// A glyph's text.
    pub(super) fn text_of(&self, glyph: &Glyph) -> &str {
        let start = glyph.start as usize;
        self.text.get(start..start + usize::from(glyph.length)).unwrap_or_default()
    }
}
