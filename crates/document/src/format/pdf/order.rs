//! The order of reading: a page is cut where nothing crosses, side by side before top to bottom where columns
//! run on, until no cut is left.

use super::geometry::Rectangle;
use super::layout::Part;

/// Columns are at least so far apart, in points.
const GUTTER_MIN: f32 = 6.0;
/// Each holds at least so much of the width of what is cut.
const COLUMN_SHARE_MIN: f32 = 0.12;
/// A page in more parts is read from top to bottom.
const PARTS_MAX: usize = 1500;
/// Cuts within cuts.
const DEPTH_MAX: usize = 12;

/// Puts the parts of a page in order.
pub(super) fn reading(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by(|one, other| {
        one.area.top.total_cmp(&other.area.top).then(one.area.left.total_cmp(&other.area.left))
    });
    if parts.len() > PARTS_MAX {
        return parts;
    }
    let areas: Vec<Rectangle> = parts.iter().map(|part| part.area).collect();
    let mut order = Vec::with_capacity(parts.len());
    cut(&areas, (0..parts.len()).collect(), DEPTH_MAX, &mut order);
    let mut parts: Vec<Option<Part>> = parts.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| parts.get_mut(index)?.take()).collect()
}

/// Orders some areas, which come from top to bottom.
fn cut(areas: &[Rectangle], own: Vec<usize>, depth: usize, order: &mut Vec<usize>) {
    if own.len() < 2 || depth == 0 {
        order.extend(own);
        return;
    }
    if let Some(gutter) = gutter(areas, &own) {
        let (left, right): (Vec<usize>, Vec<usize>) =
            own.into_iter().partition(|index| areas[*index].middle().0 < gutter);
        cut(areas, left, depth - 1, order);
        cut(areas, right, depth - 1, order);
        return;
    }
    let bands = bands(areas, &own);
    if bands.len() < 2 {
        order.extend(own);
        return;
    }
    // Neighbours that are cut side by side at one place are cut together, so that columns run on.
    let mut joined: Vec<Vec<usize>> = Vec::new();
    for band in bands {
        if let Some(last) = joined.last_mut()
            && gutter(areas, last).is_some()
            && gutter(areas, &band).is_some()
        {
            let both: Vec<usize> = last.iter().chain(&band).copied().collect();
            if gutter(areas, &both).is_some() {
                *last = both;
                continue;
            }
        }
        joined.push(band);
    }
    if joined.len() < 2 {
        order.extend(joined.into_iter().flatten());
        return;
    }
    for band in joined {
        cut(areas, band, depth - 1, order);
    }
}

/// Where nothing stands from top to bottom, the widest of such places.
fn gutter(areas: &[Rectangle], own: &[usize]) -> Option<f32> {
    let mut sides: Vec<(f32, f32)> =
        own.iter().map(|index| (areas[*index].left, areas[*index].right)).collect();
    sides.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (left, _) = *sides.first()?;
    let right = sides.iter().map(|side| side.1).fold(f32::MIN, f32::max);
    let share = COLUMN_SHARE_MIN * (right - left);
    let mut end = sides.first()?.1;
    let mut best: Option<(f32, f32)> = None;
    for (start, own_end) in sides {
        let gap = start - end;
        let wide = gap >= GUTTER_MIN && end - left >= share && right - start >= share;
        if wide && best.is_none_or(|(width, _)| gap > width) {
            best = Some((gap, f32::midpoint(start, end)));
        }
        end = end.max(own_end);
    }
    best.map(|(_, place)| place)
}

/// Areas grouped so that a line from side to side goes between any two groups.
fn bands(areas: &[Rectangle], own: &[usize]) -> Vec<Vec<usize>> {
    let mut bands: Vec<Vec<usize>> = Vec::new();
    let mut end = f32::MIN;
    for index in own {
        let area = &areas[*index];
        // Lines may reach into each other by a little.
        match bands.last_mut() {
            Some(band) if area.top < end - 2.0 => band.push(*index),
            _ => bands.push(vec![*index]),
        }
        end = end.max(area.bottom);
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(areas: &[(f32, f32, f32, f32)], expect: &[usize]) {
        let areas: Vec<Rectangle> = areas
            .iter()
            .map(|(left, top, right, bottom)| Rectangle {
                left: *left,
                top: *top,
                right: *right,
                bottom: *bottom,
            })
            .collect();
        let mut order = Vec::new();
        let mut own: Vec<usize> = (0..areas.len()).collect();
        own.sort_by(|one, other| areas[*one].top.total_cmp(&areas[*other].top));
        cut(&areas, own, DEPTH_MAX, &mut order);
        assert_eq!(order, expect);
    }

    #[test]
    fn columns_run_on_below_a_title_that_spans_them() {
        check(
            &[
                (50.0, 40.0, 550.0, 60.0),
                (50.0, 80.0, 290.0, 200.0),
                (50.0, 210.0, 290.0, 400.0),
                (310.0, 80.0, 550.0, 150.0),
                (310.0, 160.0, 550.0, 400.0),
                (50.0, 420.0, 550.0, 440.0),
            ],
            &[0, 1, 2, 3, 4, 5],
        );
    }

    #[test]
    fn one_column_is_read_downwards() {
        check(
            &[(50.0, 100.0, 500.0, 120.0), (50.0, 40.0, 200.0, 60.0), (50.0, 70.0, 500.0, 90.0)],
            &[1, 2, 0],
        );
    }
}
