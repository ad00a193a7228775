//! Glyphs to words, and words to lines: by where they stand, not by what the file calls a string.

use std::collections::HashMap;

use super::geometry::Rectangle;
use super::marks::{Glyph, Hidden, Marks, Style};

/// A gap of more than this share of the font's size parts two words.
const WORD_GAP: f32 = 0.13;
/// Glyphs may stand back over the one before by this share.
const WORD_OVERLAP: f32 = 0.35;
/// A gap of more than this share parts two lines at the same height, though one follows the other.
const LINE_GAP: f32 = 1.3;
/// The same where they do not follow each other in the file.
const LINE_GAP_APART: f32 = 0.6;
/// Words stand on one line when their base lines differ by no more than this share: so high are exponents.
const LINE_RISE: f32 = 0.45;

/// More upright rules than these part no lines.
const WALLS_MAX: usize = 2000;

/// A line of text on a page.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// What it says.
    pub text: String,
    /// Where it is on the page.
    pub area: Rectangle,
    /// Where its base line is, across its direction.
    pub base: f32,
    /// The size of most of it.
    pub size: f32,
    /// Whether most of it has thick strokes.
    pub bold: bool,
    /// Its direction on the page: right is `(1, 0)`, up is `(0, -1)`.
    pub direction: (f32, f32),
    /// Its place in the order of the file.
    pub order: usize,
}

/// What is hidden on a page: why, and how many characters.
pub(super) type HiddenText = Vec<(Hidden, usize)>;

#[derive(Clone)]
struct Word {
    text: String,
    /// Where it starts along its direction.
    start: f32,
    end: f32,
    base: f32,
    size: f32,
    style: Style,
    spaced: bool,
    frame: (f32, f32),
}

/// Upright rules, which part what stands on their two sides.
struct Walls(Vec<Rectangle>);

impl Walls {
    fn of(marks: &Marks) -> Self {
        let upright = |rule: &&Rectangle| rule.height() > 2.0 * rule.width() && rule.height() > 8.0;
        Self(marks.rules.iter().filter(upright).take(WALLS_MAX).copied().collect())
    }

    fn between(&self, end: f32, word: &Word) -> bool {
        let height = word.base - 0.3 * word.size;
        word.frame == (1.0, 0.0)
            && self.0.iter().any(|wall| {
                let (middle, _) = wall.middle();
                end - 1.0 < middle && middle < word.start + 1.0 && wall.top <= height && height <= wall.bottom
            })
    }
}

struct Draft {
    words: Vec<Word>,
    end: f32,
    base: f32,
    size: f32,
    order: usize,
}

/// The lines of a page, in the order of the file. No line goes through an upright rule.
pub(super) fn lines(marks: &Marks) -> Vec<Line> {
    let walls = Walls::of(marks);
    let mut drafts: Vec<Draft> = Vec::new();
    for word in once(words(marks)) {
        match drafts.last_mut().filter(|draft| draft.takes(&word, LINE_GAP, &walls)) {
            Some(draft) => draft.push(word),
            None => {
                let order = drafts.len();
                drafts.push(Draft {
                    end: word.end,
                    base: word.base,
                    size: word.size,
                    words: vec![word],
                    order,
                });
            }
        }
    }
    let mut lines: Vec<Line> = joined(drafts, &walls).iter().filter_map(Draft::line).collect();
    lines.sort_by_key(|line| line.order);
    lines
}

/// The characters of a page that nobody sees, by why.
pub(super) fn hidden(marks: &Marks) -> HiddenText {
    let mut found: HiddenText = Vec::new();
    for glyph in &marks.glyphs {
        if let Some(why) = glyph.hidden {
            let length = marks.text_of(glyph).chars().count();
            match found.iter_mut().find(|(own, _)| *own == why) {
                Some((_, count)) => *count += length,
                None => found.push((why, length)),
            }
        }
    }
    found.sort();
    found
}

fn words(marks: &Marks) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(marks.glyphs.len() / 5);
    for glyph in &marks.glyphs {
        let (dx, dy) = glyph.direction;
        let start = glyph.x * dx + glyph.y * dy;
        let base = glyph.y * dx - glyph.x * dy;
        let end = start + glyph.dx * dx + glyph.dy * dy;
        let text = marks.text_of(glyph);
        if let Some(word) = words.last_mut()
            && !glyph.after_space
            && word.frame == glyph.direction
            && word.goes_on(glyph, start, base)
        {
            word.text.push_str(text);
            word.end = word.end.max(end);
            continue;
        }
        words.push(Word {
            text: text.to_owned(),
            start,
            end,
            base,
            size: glyph.size,
            style: glyph.style,
            spaced: glyph.after_space,
            frame: glyph.direction,
        });
    }
    words
}

impl Word {
    fn goes_on(&self, glyph: &Glyph, start: f32, base: f32) -> bool {
        let gap = start - self.end;
        let near = gap < WORD_GAP * glyph.size.max(self.size) && gap > -WORD_OVERLAP * self.size;
        near && (base - self.base).abs() < 0.05 * self.size
            && (glyph.size - self.size).abs() < 0.05 * self.size
            && self.style == glyph.style
    }
}

/// Words without those that are drawn over themselves to look bold.
fn once(words: Vec<Word>) -> Vec<Word> {
    let mut seen: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        let slack = 0.15 * word.size.max(4.0);
        let place = |value: f32| (value / 4.0).round() as i32;
        let over = |known: &Word| {
            known.text == word.text
                && known.frame == word.frame
                && (known.start - word.start).abs() < slack
                && (known.base - word.base).abs() < slack
        };
        let (column, row) = (place(word.start), place(word.base));
        let drawn = [-1, 0, 1].iter().any(|across| {
            [-1, 0, 1].iter().any(|down| {
                let near = seen.get(&(column.wrapping_add(*across), row.wrapping_add(*down)));
                near.is_some_and(|near| near.iter().rev().take(8).any(|index| over(&kept[*index])))
            })
        });
        if !drawn {
            seen.entry((column, row)).or_default().push(kept.len());
            kept.push(word);
        }
    }
    kept
}

/// Lines that stand at one height and close together are one, wherever the file has them.
fn joined(mut drafts: Vec<Draft>, walls: &Walls) -> Vec<Draft> {
    let key = |draft: &Draft| draft.words[0].frame;
    drafts.sort_by(|one, other| {
        let (a, b) = (key(one), key(other));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(one.base.total_cmp(&other.base))
    });
    let mut done: Vec<Draft> = Vec::with_capacity(drafts.len());
    let mut row: Vec<Draft> = Vec::new();
    let finish = |row: &mut Vec<Draft>, done: &mut Vec<Draft>| {
        row.sort_by(|one, other| one.words[0].start.total_cmp(&other.words[0].start));
        let first = done.len();
        for draft in row.drain(..) {
            let last = done.get_mut(first..).and_then(<[Draft]>::last_mut);
            match last.filter(|last| last.takes(&draft.words[0], LINE_GAP_APART, walls)) {
                Some(last) => {
                    last.order = last.order.min(draft.order);
                    draft.words.into_iter().for_each(|word| last.push(word));
                }
                None => done.push(draft),
            }
        }
    };
    for draft in drafts {
        let same = row.first().is_some_and(|first| {
            key(first) == key(&draft) && (draft.base - first.base).abs() < 0.2 * first.size.min(draft.size)
        });
        if !same {
            finish(&mut row, &mut done);
        }
        row.push(draft);
    }
    finish(&mut row, &mut done);
    done
}

impl Draft {
    fn takes(&self, word: &Word, gap_max: f32, walls: &Walls) -> bool {
        let size = self.size.max(word.size);
        let gap = word.start - self.end;
        self.words[0].frame == word.frame
            && (word.base - self.base).abs() < LINE_RISE * size
            && gap < gap_max * size
            && gap > -0.5 * size
            && !(gap > 0.0 && walls.between(self.end, word))
    }

    fn push(&mut self, word: Word) {
        self.end = self.end.max(word.end);
        // The base line is that of the largest, so that an exponent does not move it.
        if word.size > self.size {
            (self.base, self.size) = (word.base, word.size);
        }
        self.words.push(word);
    }

    fn line(&self) -> Option<Line> {
        let mut text = String::new();
        let mut end: Option<(f32, f32)> = None;
        let (mut start, mut last) = (f32::MAX, f32::MIN);
        let (mut letters, mut bold) = (0usize, 0usize);
        let mut sizes: Vec<(f32, usize)> = Vec::new();
        for word in &self.words {
            let parted = end.is_some_and(|(end, size)| {
                word.spaced || (word.start - end).abs() > WORD_GAP * size.max(word.size)
            });
            if parted && !text.ends_with(' ') && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.text);
            end = Some((word.end, word.size));
            (start, last) = (start.min(word.start), last.max(word.end));
            let length = word.text.chars().count();
            letters += length;
            bold += if word.style.bold { length } else { 0 };
            match sizes.iter_mut().find(|(size, _)| (*size - word.size).abs() < 0.3) {
                Some((_, count)) => *count += length,
                None => sizes.push((word.size, length)),
            }
        }
        let size = sizes.iter().max_by_key(|(_, count)| *count).map_or(self.size, |(size, _)| *size);
        let first = self.words.first()?;
        let (dx, dy) = first.frame;
        let corner = |along: f32, across: f32| (along * dx - across * dy, along * dy + across * dx);
        let (a, b) = (corner(start, self.base - 0.8 * self.size), corner(last, self.base + 0.25 * self.size));
        let area = Rectangle::of(f64::from(a.0), f64::from(a.1), f64::from(b.0), f64::from(b.1));
        Some(Line {
            text,
            area,
            base: self.base,
            size,
            bold: bold * 2 > letters,
            direction: first.frame,
            order: self.order,
        })
    }
}
