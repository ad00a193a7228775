//! Statements over many rows at once, in few sizes, so that the database prepares each once.

/// So many rows or ids go into one statement at most.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// Cuts items into slices, each of which one statement takes.
pub(crate) fn slices<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= items.len())?;
        let (some, rest) = items.split_at(size);
        items = rest;
        Some(some)
    })
}

/// `($1, $2), ($3, $4)`: placeholders for so many rows of so many columns.
pub(crate) fn values(rows: usize, columns: usize) -> String {
    let row = |row: usize| format!("({})", places(row * columns + 1, columns));
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// `$3, $4, $5`: so many placeholders from `first` on.
pub(crate) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_everything_once_in_few_sizes() {
        for count in [0, 1, 3, 64, 200] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(slices(&items).flatten().copied().collect::<Vec<_>>(), items);
            assert!(slices(&items).all(|some| SIZES.contains(&some.len())));
        }
    }

    #[test]
    fn placeholders_count_on() {
        assert_eq!(values(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(places(2, 2), "$2, $3");
    }
}
