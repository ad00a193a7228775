//! Where an item stands among lists: Word has no lists, but paragraphs with the number of a list and a level.

use super::numbering::Numbering;

/// How many lists may be nested because each is indented further than the last.
const NESTED_MAX: usize = 16;

/// An item of a list as the file has it.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub list: i64,
    pub level: u8,
    /// The left indentation in twips.
    pub left: i64,
}

/// A list within another, because it is indented further than the item above.
struct Nested {
    /// The depth of its own outermost items.
    depth: usize,
    /// The level of its first item.
    level: u8,
    /// The item that it hangs from.
    outer: Entry,
}

/// The lists that are open.
#[derive(Default)]
pub(super) struct Lists {
    /// The last paragraph, if it was an item.
    last: Option<Entry>,
    /// The level of the first item of the list that is open.
    open: Option<u8>,
    /// How many lists are open, one in the other.
    depth: usize,
    nested: Vec<Nested>,
    /// The outermost list that is open, or was until paragraphs without text.
    resumable: Option<i64>,
}

impl Lists {
    /// Takes the next item: how deep it is, and whether a list begins with it.
    pub(super) fn item(&mut self, entry: Entry, numbering: &mut Numbering) -> (usize, bool) {
        let mut last = self.last;
        if let Some(before) =
            last.filter(|before| before.list != entry.list && self.open.is_some() && self.depth > 0)
        {
            last = Some(self.nest(entry, before));
        }
        let (at, begins) = match last.filter(|_| self.open.is_some()) {
            None => self.begin(entry, numbering),
            Some(before) if before.list == entry.list => {
                let at = if entry.level == before.level {
                    self.depth.saturating_sub(1)
                } else {
                    self.depth_of(entry.level)
                };
                (at, false)
            }
            Some(_) => {
                numbering.begin(entry.list);
                let at = self.depth_of(entry.level);
                if at == 0 {
                    self.resumable = Some(entry.list);
                }
                (at, true)
            }
        };
        self.depth = at + 1;
        self.last = Some(entry);
        (at, begins)
    }

    /// Takes a paragraph that is no item; lists end with it. After one without text, a list may go on.
    pub(super) fn paragraph(&mut self, has_text: bool) {
        if let Some(last) = self.last.take() {
            self.resumable =
                self.nested.first().map(|nested| nested.outer.list).or(self.resumable).or(Some(last.list));
        }
        if has_text {
            self.resumable = None;
        }
        self.close();
    }

    /// Takes a heading: no list goes on beyond it.
    pub(super) fn heading(&mut self) {
        self.last = None;
        self.resumable = None;
        self.close();
    }

    fn close(&mut self) {
        self.open = None;
        self.depth = 0;
        self.nested.clear();
    }

    fn begin(&mut self, entry: Entry, numbering: &mut Numbering) -> (usize, bool) {
        numbering.begin(entry.list);
        let resumes = self.resumable == Some(entry.list);
        self.close();
        self.open = Some(entry.level);
        self.resumable = Some(entry.list);
        (0, !resumes)
    }

    /// Follows indentation where another list begins: further in, it hangs from the item above; no further in
    /// than an item that lists hang from, those end. Gives the item to go on from.
    fn nest(&mut self, entry: Entry, before: Entry) -> Entry {
        let mut closed = None;
        while let Some(nested) = self.nested.pop_if(|nested| entry.left <= nested.outer.left) {
            closed = Some(nested);
        }
        if let Some(nested) = closed {
            self.depth = nested.depth;
            return nested.outer;
        }
        if entry.left > before.left && self.nested.len() < NESTED_MAX {
            self.nested.push(Nested { depth: self.depth, level: entry.level, outer: before });
        }
        before
    }

    fn depth_of(&self, level: u8) -> usize {
        match self.nested.last() {
            Some(nested) => nested.depth + usize::from(level.saturating_sub(nested.level)),
            None => usize::from(level.saturating_sub(self.open.unwrap_or(0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entries: &[(i64, u8, i64)], expect: &[(usize, bool)]) {
        let mut lists = Lists::default();
        let mut numbering = Numbering::default();
        let found: Vec<_> = entries
            .iter()
            .filter_map(|(list, level, left)| match list {
                0 => {
                    lists.paragraph(*left > 0);
                    None
                }
                list => Some(lists.item(Entry { list: *list, level: *level, left: *left }, &mut numbering)),
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn items_stand_where_levels_and_indentation_say() {
        check(
            &[(1, 0, 0), (1, 1, 0), (1, 2, 0), (1, 0, 0)],
            &[(0, true), (1, false), (2, false), (0, false)],
        );
        check(&[(1, 0, 0), (2, 0, 0)], &[(0, true), (0, true)]);
        check(
            &[(1, 0, 360), (2, 0, 720), (2, 0, 720), (1, 0, 360)],
            &[(0, true), (1, true), (1, false), (0, false)],
        );
        // After text a list begins anew, where it was deeper too; after an empty paragraph it goes on.
        check(&[(1, 0, 0), (0, 0, 1), (1, 1, 0)], &[(0, true), (0, true)]);
        check(&[(1, 0, 0), (0, 0, 0), (1, 0, 0)], &[(0, true), (0, false)]);
    }
}
