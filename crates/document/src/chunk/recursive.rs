//! Whole blocks while they fit, then lines and sentences, then words: one section, whatever the headings.

use super::grain::Unit;
use super::{Joining, Section, passages};
use crate::Document;

pub(super) fn sections(document: &Document) -> Vec<Section<'_>> {
    let units: Vec<Unit> = passages(document).map(|block| Unit::of_block(&block.kind, block.span)).collect();
    whole(units)
}

/// One section of all the units.
pub(super) fn whole<'d>(units: Vec<Unit>) -> Vec<Section<'d>> {
    vec![Section { heading_path: &[], header: None, units, joining: Joining::WhenTiny }]
}
