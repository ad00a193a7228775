//! Along headings: a section is what stands under one heading.

use super::grain::Unit;
use super::{Joining, Section, passages};
use crate::{BlockKind, Document};

pub(super) fn sections(document: &Document) -> Vec<Section> {
    let header = document
        .blocks
        .iter()
        .find(|block| block.kind == BlockKind::TableHeader)
        .map(|block| block.span.of(&document.text).to_owned());
    let mut sections: Vec<Section> = Vec::new();
    for block in passages(document) {
        let unit = Unit::of_block(&block.kind, block.span);
        let is_row = block.kind == BlockKind::Row;
        let alone = is_row || block.kind == BlockKind::Record;
        let begins = alone || matches!(block.kind, BlockKind::Heading { .. });
        match sections.last_mut() {
            Some(section)
                if !begins
                    && section.joining == Joining::WhenTiny
                    && section.heading_path == block.heading_path =>
            {
                section.units.push(unit);
            }
            _ => sections.push(Section {
                heading_path: block.heading_path.clone(),
                header: header.clone().filter(|_| is_row),
                units: vec![unit],
                joining: if alone { Joining::Never } else { Joining::WhenTiny },
            }),
        }
    }
    sections
}
