//! Windows of equal size, cut between words wherever they fall.

use super::grain::{Grain, Unit};
use super::{Section, passages, recursive};
use crate::Document;

pub(super) fn sections(document: &Document) -> Vec<Section<'_>> {
    let units = passages(document)
        .flat_map(|block| Unit { span: block.span, grain: Grain::Sentence }.finer(&document.text));
    recursive::whole(units.collect())
}
