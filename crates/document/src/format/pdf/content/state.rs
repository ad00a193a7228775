//! The graphics state as far as reading needs it.

use std::sync::Arc;

use super::super::font::Font;
use super::super::geometry::{Matrix, Rectangle};

/// What `q` puts aside.
#[derive(Clone)]
pub(super) struct State {
    /// From what operators say to the page.
    pub matrix: Matrix,
    /// Where paint may go, at most.
    pub clip: Rectangle,
    /// What areas and glyphs are painted with.
    pub ink: Ink,
    /// Whether 0 is white in the colour space for them.
    pub subtractive: bool,
    /// The font.
    pub font: Option<Arc<Font>>,
    /// The font's size.
    pub size: f64,
    /// What comes after each glyph.
    pub character_space: f64,
    /// What comes after each single byte 32 beside that.
    pub word_space: f64,
    /// How wide glyphs are drawn: 1 is as they are.
    pub stretch: f64,
    /// From line to line.
    pub leading: f64,
    /// How far above the base line.
    pub rise: f64,
    /// Whether glyphs leave no ink.
    pub invisible: bool,
    /// From a glyph's place to what operators say.
    pub text: Matrix,
    /// The same where the line starts.
    pub line: Matrix,
}

/// What areas are painted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ink {
    /// White, which shows on nothing white.
    White,
    /// Anything else.
    Dark,
}

impl Ink {
    /// By a colour's parts.
    pub(super) fn of(parts: &[f64], subtractive: bool) -> Self {
        let white = if subtractive { 0.0 } else { 1.0 };
        let same = !parts.is_empty() && parts.iter().all(|part| (part - white).abs() < 0.004);
        if same { Self::White } else { Self::Dark }
    }
}

impl State {
    /// What a page starts with.
    pub(super) fn new(matrix: Matrix, clip: Rectangle) -> Self {
        Self {
            matrix,
            clip,
            ink: Ink::Dark,
            subtractive: false,
            font: None,
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
            invisible: false,
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
        }
    }
}
