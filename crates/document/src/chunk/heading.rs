//! Along headings: a section is what stands under one heading.

use super::grain::Unit;
use super::{Joining, Section, passages};
use crate::{BlockKind, Document, Span};

pub(super) fn sections(document: &Document) -> Vec<Section<'_>> {
    let headers: Vec<Span> = document
        .blocks
        .iter()
        .filter(|block| block.kind == BlockKind::TableHeader)
        .map(|block| block.span)
        .collect();
    // The header of a row is the last one before it.
    let header_of = |row: Span| {
        let place = headers.partition_point(|header| header.start < row.start).checked_sub(1)?;
        Some(headers[place].of(&document.text))
    };
    let mut sections: Vec<Section<'_>> = Vec::new();
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
                heading_path: &block.heading_path,
                header: is_row.then(|| header_of(block.span)).flatten(),
                units: vec![unit],
                joining: if alone { Joining::Never } else { Joining::WhenTiny },
            }),
        }
    }
    sections
}
