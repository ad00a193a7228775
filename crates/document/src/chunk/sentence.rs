//! Whole sentences, as many as fit.

use super::grain::{Grain, Unit};
use super::{Section, passages, recursive};
use crate::{Document, Span, sentences};

pub(super) fn sections(document: &Document) -> Vec<Section<'_>> {
    let units = passages(document).flat_map(|block| {
        let start = block.span.start;
        sentences(block.span.of(&document.text)).into_iter().map(move |inner| Unit {
            span: Span { start: start + inner.start, end: start + inner.end },
            grain: Grain::Sentence,
        })
    });
    recursive::whole(units.collect())
}
