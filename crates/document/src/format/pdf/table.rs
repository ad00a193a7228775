//! Tables: those that rules draw, and those whose rows only line up.

use super::geometry::Rectangle;
use super::lines::Line;

/// Rules, and where they meet, may be off by this, in points.
const SLACK: f32 = 3.0;
/// A page with more rules than this is a drawing.
const RULES_MAX: usize = 1500;
/// Columns that only line up are at least so far apart, in font sizes.
const GAP_MIN: f32 = 0.9;
/// Rows of such a table are no further apart than this, in font sizes.
const PITCH_MAX: f32 = 2.8;
/// Such a table has at least so many rows.
const ROWS_MIN: usize = 3;
/// Columns of prose have at least so many characters a line.
const PROSE_MIN: usize = 25;
/// A cell of more lines frames a page's text rather than being a cell.
const CELL_LINES_MAX: usize = 40;

/// Rows of cells of lines.
pub(super) type Rows = Vec<Vec<Vec<Line>>>;

/// Tables that rules draw, and the lines that are in none.
pub(super) fn ruled(lines: Vec<Line>, rules: &[Rectangle]) -> (Vec<Rows>, Vec<Line>) {
    if rules.len() < 4 || rules.len() > RULES_MAX {
        return (Vec::new(), lines);
    }
    let mut rest = lines;
    let mut tables = Vec::new();
    for group in connected(rules) {
        let Some(grid) = Grid::of(&group) else { continue };
        let (inside, outside): (Vec<Line>, Vec<Line>) =
            rest.into_iter().partition(|line| grid.cell(line).is_some());
        rest = outside;
        let rows = grid.fill(&inside);
        let columns = rows.iter().map(|row| row.iter().filter(|cell| !cell.is_empty()).count()).max();
        let framed = rows.iter().flatten().any(|cell| cell.len() > CELL_LINES_MAX);
        if columns.unwrap_or(0) < 2 || framed {
            rest.extend(inside);
        } else {
            tables.push(rows);
        }
    }
    rest.sort_by_key(|line| line.order);
    (tables, rest)
}

/// Tables whose rows line up, and the lines that are in none.
pub(super) fn aligned(lines: Vec<Line>) -> (Vec<Rows>, Vec<Line>) {
    let mut lines = lines;
    lines.sort_by(|one, other| one.base.total_cmp(&other.base));
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        match rows.last_mut() {
            Some(row) if (line.base - row[0].base).abs() < 0.3 * line.size => row.push(line),
            _ => rows.push(vec![line]),
        }
    }
    for row in &mut rows {
        row.sort_by(|one, other| one.area.left.total_cmp(&other.area.left));
    }
    let (mut tables, mut rest, mut open): (Vec<Rows>, Vec<Line>, Vec<Vec<Line>>) = Default::default();
    let finish = |open: &mut Vec<Vec<Line>>, tables: &mut Vec<Rows>, rest: &mut Vec<Line>| {
        let rows = std::mem::take(open);
        match columns(&rows) {
            Some(edges) => tables.push(rows.into_iter().map(|row| cells(row, &edges)).collect()),
            None => rest.extend(rows.into_iter().flatten()),
        }
    };
    for row in rows {
        let near = open.last().is_some_and(|last| {
            let (last, own) = (&last[0], &row[0]);
            own.base - last.base < PITCH_MAX * own.size && (own.size - last.size).abs() < 0.15 * own.size
        });
        if row.len() < 2 || !near {
            finish(&mut open, &mut tables, &mut rest);
        }
        if row.len() < 2 {
            rest.extend(row);
        } else {
            open.push(row);
        }
    }
    finish(&mut open, &mut tables, &mut rest);
    rest.sort_by_key(|line| line.order);
    (tables, rest)
}

/// The left edges of the columns of rows, if they are a table.
fn columns(rows: &[Vec<Line>]) -> Option<Vec<f32>> {
    if rows.len() < ROWS_MIN {
        return None;
    }
    let mut spans: Vec<(f32, f32)> =
        rows.iter().flatten().map(|line| (line.area.left, line.area.right)).collect();
    spans.sort_by(|one, other| one.0.total_cmp(&other.0));
    let size = rows.first()?.first()?.size;
    let mut columns: Vec<(f32, f32)> = Vec::new();
    for (left, right) in spans {
        match columns.last_mut() {
            Some((_, end)) if left - *end < GAP_MIN * size => *end = end.max(right),
            _ => columns.push((left, right)),
        }
    }
    let edges: Vec<f32> = columns.iter().map(|(left, _)| *left).collect();
    let prose = (0..edges.len()).all(|column| {
        let own = || rows.iter().flatten().filter(|line| column_of(line, &edges) == column);
        let letters: usize = own().map(|line| line.text.chars().count()).sum();
        letters >= PROSE_MIN * own().count().max(1)
    });
    let marks = rows.iter().all(|row| super::layout::is_item(&format!("{} x", row[0].text)));
    (edges.len() >= 2 && !prose && !(edges.len() == 2 && marks)).then_some(edges)
}

fn column_of(line: &Line, edges: &[f32]) -> usize {
    edges.partition_point(|edge| *edge <= line.area.left + 0.5).saturating_sub(1)
}

fn cells(row: Vec<Line>, edges: &[f32]) -> Vec<Vec<Line>> {
    let mut cells = vec![Vec::new(); edges.len()];
    for line in row {
        cells[column_of(&line, edges)].push(line);
    }
    cells
}

/// Rules in groups that hang together.
fn connected(rules: &[Rectangle]) -> Vec<Vec<Rectangle>> {
    let mut group: Vec<usize> = (0..rules.len()).collect();
    fn root(group: &mut [usize], mut index: usize) -> usize {
        while group[index] != index {
            group[index] = group[group[index]];
            index = group[index];
        }
        index
    }
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by(|one, other| rules[*one].top.total_cmp(&rules[*other].top));
    for (place, &one) in order.iter().enumerate() {
        for &other in &order[place + 1..] {
            if rules[other].top > rules[one].bottom + SLACK {
                break;
            }
            let beside = rules[one].left <= rules[other].right + SLACK
                && rules[other].left <= rules[one].right + SLACK;
            if beside {
                let (a, b) = (root(&mut group, one), root(&mut group, other));
                group[a.max(b)] = a.min(b);
            }
        }
    }
    let mut found: Vec<(usize, Vec<Rectangle>)> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let own = root(&mut group, index);
        match found.binary_search_by_key(&own, |(root, _)| *root) {
            Ok(place) => found[place].1.push(*rule),
            Err(place) => found.insert(place, (own, vec![*rule])),
        }
    }
    found.into_iter().map(|(_, rules)| rules).collect()
}

/// Rows and columns that rules make.
struct Grid {
    across: Vec<Rectangle>,
    upright: Vec<Rectangle>,
    columns: Vec<f32>,
    rows: Vec<f32>,
}

impl Grid {
    fn of(rules: &[Rectangle]) -> Option<Self> {
        let (across, upright): (Vec<Rectangle>, Vec<Rectangle>) =
            rules.iter().partition(|rule| rule.width() > rule.height());
        let mut columns = places(upright.iter().map(|rule| rule.middle().0));
        let rows = places(across.iter().map(|rule| rule.middle().1));
        // A table may be open at its sides; then its rules from side to side say where it ends.
        let left = across.iter().map(|rule| rule.left).fold(f32::MAX, f32::min);
        let right = across.iter().map(|rule| rule.right).fold(f32::MIN, f32::max);
        if columns.first().is_some_and(|first| *first > left + 3.0 * SLACK) {
            columns.insert(0, left);
        }
        if columns.last().is_some_and(|last| *last < right - 3.0 * SLACK) {
            columns.push(right);
        }
        (columns.len() >= 3 && rows.len() >= 2).then_some(Self { across, upright, columns, rows })
    }

    /// The row and column of a line.
    fn cell(&self, line: &Line) -> Option<(usize, usize)> {
        let place = |value: f32, edges: &[f32]| {
            let after = edges.partition_point(|edge| *edge <= value);
            (0 < after && after < edges.len()).then(|| after - 1)
        };
        let (middle, height) = line.area.middle();
        // A line is where it starts, when it goes over the edge of its cell.
        let inside = place(line.area.left + 1.0, &self.columns).or_else(|| place(middle, &self.columns));
        Some((place(height, &self.rows)?, inside?))
    }

    fn fill(&self, lines: &[Line]) -> Rows {
        let mut rows = vec![vec![Vec::new(); self.columns.len() - 1]; self.rows.len() - 1];
        for line in lines {
            if let Some((row, column)) = self.cell(line).map(|(row, column)| self.first_of(row, column)) {
                rows[row][column].push(line.clone());
            }
        }
        for cell in rows.iter_mut().flatten() {
            // In steps, so that the order is one whatever the base lines are.
            let step = cell.first().map_or(1.0, |line: &Line| 0.5 * line.size.max(1.0));
            cell.sort_by_key(|line| ((line.base / step).round() as i64, (line.area.left * 8.0) as i64));
        }
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        let used: Vec<bool> = (0..self.columns.len() - 1)
            .map(|column| rows.iter().any(|row| !row[column].is_empty()))
            .collect();
        for row in &mut rows {
            let mut column = used.iter();
            row.retain(|_| *column.next().unwrap_or(&true));
        }
        rows
    }

    /// The first cell of those that no rule parts from a cell.
    fn first_of(&self, mut row: usize, mut column: usize) -> (usize, usize) {
        let height = |row: usize| f32::midpoint(self.rows[row], self.rows[row + 1]);
        let middle = |column: usize| f32::midpoint(self.columns[column], self.columns[column + 1]);
        let wall = |row: usize, column: usize| {
            self.upright.iter().any(|rule| {
                (rule.middle().0 - self.columns[column]).abs() < SLACK
                    && rule.top - SLACK <= height(row)
                    && height(row) <= rule.bottom + SLACK
            })
        };
        let ceiling = |row: usize, column: usize| {
            self.across.iter().any(|rule| {
                (rule.middle().1 - self.rows[row]).abs() < SLACK
                    && rule.left - SLACK <= middle(column)
                    && middle(column) <= rule.right + SLACK
            })
        };
        while column > 0 && !wall(row, column) {
            column -= 1;
        }
        while row > 0 && !ceiling(row, column) {
            row -= 1;
        }
        (row, column)
    }
}

/// Values that differ, in order.
fn places(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    let mut kept: Vec<f32> = Vec::new();
    for value in values {
        if kept.last().is_none_or(|last| value - last > SLACK) {
            kept.push(value);
        }
    }
    kept
}
