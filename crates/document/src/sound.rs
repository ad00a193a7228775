//! What every document promises, as something that can be checked.

use crate::{Document, Span};

impl Document {
    /// Which promises the document breaks; empty for every document that `parse` makes. Spans are within the text
    /// on character boundaries; blocks are in order and do not overlap; together they cover all that is not white
    /// space; pages count up from 1; areas and scans stand on pages and places that there are.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |what: &str, span: Span| {
            if self.text.get(span.start..span.end).is_none() {
                faults.push(format!("{what} {span:?} is not within the text"));
            }
        };
        self.blocks.iter().for_each(|block| check("block", block.span));
        self.pages.iter().for_each(|page| check("page", page.span));
        self.areas.iter().for_each(|area| check("area", area.span));
        self.scans.iter().for_each(|scan| check("scan", Span { start: scan.at, end: scan.at }));
        if faults.is_empty() {
            self.uncovered(&mut faults);
            self.misplaced(&mut faults);
        }
        faults
    }

    fn uncovered(&self, faults: &mut Vec<String>) {
        let mut covered = 0;
        for block in &self.blocks {
            if block.span.start < covered {
                faults.push(format!("block {:?} overlaps the one before", block.span));
                return;
            }
            self.blank(covered, block.span.start, faults);
            covered = block.span.end;
        }
        self.blank(covered, self.text.len(), faults);
    }

    /// What is between blocks is white space, or the rule below a table's header.
    fn blank(&self, start: usize, end: usize, faults: &mut Vec<String>) {
        let between = Span { start, end }.of(&self.text).trim();
        if !between.chars().all(|c| c.is_whitespace() || matches!(c, '|' | '-' | ':')) {
            faults.push(format!("bytes {start} to {end} are in no block"));
        }
    }

    fn misplaced(&self, faults: &mut Vec<String>) {
        for (place, page) in self.pages.iter().enumerate() {
            if page.number as usize != place + 1 {
                faults.push(format!("page {} is in place {}", page.number, place + 1));
            }
        }
        let last = self.pages.last().map_or(0, |page| page.number);
        if let Some(area) = self.areas.iter().find(|area| area.page == 0 || area.page > last) {
            faults.push(format!("an area is on page {} of {last}", area.page));
        }
        if self.areas.windows(2).any(|pair| pair[0].span.start > pair[1].span.start) {
            faults.push("areas are not in order".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Span;
    use crate::format::text;

    #[test]
    fn a_broken_promise_is_told() {
        let mut document = text::parse("one\n\ntwo".into());
        assert_eq!(document.faults(), Vec::<String>::new());
        document.blocks.pop();
        assert_eq!(document.faults(), ["bytes 3 to 8 are in no block"]);
        document.blocks[0].span = Span { start: 0, end: 99 };
        assert_eq!(document.faults().len(), 1);
    }
}
