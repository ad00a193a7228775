//! A paragraph as it is gathered, before it is known what becomes of it.

use super::super::ooxml::chart::Chart;
use super::super::ooxml::inline::{Marks, Piece};
use super::styles::{Layout, Style};

/// What a paragraph holds.
#[derive(Default)]
pub(super) struct Draft {
    pub layout: Layout,
    pub pieces: Vec<Piece>,
    /// Whether it has a run of text, be it in a text box.
    pub has_run: bool,
    /// How many pictures of files it has.
    pub pictures: usize,
    /// Whether it has a drawing that is no picture of a file.
    pub has_drawing: bool,
    pub charts: Vec<Chart>,
    /// Texts of diagrams.
    pub diagrams: Vec<String>,
    /// Whether its checkbox is checked, if it has one.
    pub checkbox: Option<bool>,
    /// How many bytes of text it has, and how many of them in a font for code.
    pub bytes: usize,
    pub monospaced: usize,
    /// Fields whose results begin in it: the address that they lead to, and the piece that they begin with.
    pub fields: Vec<Field>,
}

/// A field that is open.
#[derive(Default)]
pub(super) struct Field {
    pub instruction: String,
    /// The piece that its result begins with.
    pub result: Option<usize>,
}

impl Draft {
    /// Adds text that looks so.
    pub(super) fn text(&mut self, text: &str, marks: Marks) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last, own)) if *own == marks => last.push_str(text),
            _ if !text.is_empty() => self.pieces.push(Piece::Text(text.to_owned(), marks)),
            _ => {}
        }
    }

    /// Whether there is text or a formula.
    pub(super) fn has_text(&self) -> bool {
        self.pieces.iter().any(|piece| !piece.plain().trim().is_empty())
    }

    /// Whether it is text without any look, link or picture.
    pub(super) fn is_bare(&self) -> bool {
        let bare = |piece: &Piece| match piece {
            Piece::Text(_, marks) => *marks == Marks::default(),
            Piece::Formula(_) => true,
            Piece::Link(..) | Piece::Mark(_) => false,
        };
        let shows =
            self.pictures > 0 || self.has_drawing || !self.charts.is_empty() || !self.diagrams.is_empty();
        !shows && self.checkbox.is_none() && self.pieces.iter().all(bare)
    }

    /// Its formulas, if it has nothing else.
    pub(super) fn only_formulas(&self) -> Option<Vec<&str>> {
        let mut formulas = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Formula(latex) => formulas.push(latex.as_str()),
                Piece::Text(text, _) | Piece::Mark(text) if text.trim().is_empty() => {}
                _ => return None,
            }
        }
        (!formulas.is_empty()).then_some(formulas)
    }

    /// Takes out the empty mark at a place, if it is there still.
    pub(super) fn unmark(&mut self, at: usize) -> bool {
        let is_there = matches!(self.pieces.get(at), Some(Piece::Mark(mark)) if mark.is_empty());
        if is_there {
            self.pieces.remove(at);
        }
        is_there
    }

    /// Makes a link of the pieces from `at` on, if they lead somewhere: with the look of the first of them.
    pub(super) fn link(&mut self, at: usize, address: &str) {
        if at > self.pieces.len() {
            return;
        }
        let inner = self.pieces.split_off(at);
        let marks = inner.iter().find_map(|piece| match piece {
            Piece::Text(_, marks) | Piece::Link(_, marks, _) => Some(*marks),
            _ => None,
        });
        let text: String = inner.iter().map(Piece::plain).collect();
        self.pieces.push(Piece::Link(text, marks.unwrap_or_default(), address.to_owned()));
    }

    /// The list and level that it is an item of.
    pub(super) fn numbering(&self, style: &Style) -> Option<(i64, u8)> {
        let own = self.layout.numbering.map(|list| (list, self.layout.level));
        let (list, level) =
            own.or_else(|| Some((style.layout.numbering?, self.layout.level.or(style.layout.level))))?;
        (list != 0).then(|| (list, level.unwrap_or(0).min(8)))
    }
}
