//! Whole definitions: a section is one definition with its comments.

use super::grain::{Grain, Unit};
use super::{Joining, Section, passages};
use crate::Document;

pub(super) fn sections(document: &Document) -> Vec<Section<'_>> {
    passages(document)
        .map(|block| Section {
            heading_path: &block.heading_path,
            header: None,
            units: vec![Unit { span: block.span, grain: Grain::Lines }],
            joining: Joining::WhenTiny,
        })
        .collect()
}
