//! The pages of a file in order, with what they inherit; whatever the tree of them refers to, in bounded time.

use std::collections::HashSet;

use super::file::File;
use super::geometry::{Matrix, Rectangle};
use super::object::{Dictionary, Object};

/// More pages are not read.
const PAGES_MAX: usize = 100_000;
/// Nor are more nodes of the tree looked at.
const NODES_MAX: usize = 1_000_000;
/// The page that is meant where a file does not say its size: A4, in points.
const SIZE_OTHERWISE: (f64, f64) = (595.0, 842.0);
/// Larger or smaller pages, in points, are a mistake.
const SIZES: std::ops::RangeInclusive<f64> = 1.0..=20_000.0;

/// All pages of a file.
#[derive(Default)]
pub(super) struct Pages {
    /// In order.
    pub list: Vec<PageObject>,
    /// Whether there are more than are read.
    pub cut: bool,
}

/// A page before it is read.
pub(super) struct PageObject {
    /// Its object's number; 0 when it has none.
    pub number: u32,
    /// What it says; `None` when the tree has nothing where it should be.
    pub dictionary: Option<Dictionary>,
    /// The names that its operators use.
    pub resources: Dictionary,
    /// Its area from its upper left corner, in points.
    pub area: Rectangle,
    /// From its own measure to that.
    pub to_page: Matrix,
}

/// What pages take from the nodes above them.
#[derive(Clone, Default)]
struct Inherited {
    resources: Maybe,
    media: Maybe,
    crop: Maybe,
    turn: Maybe,
}

/// An object that may not be there.
type Maybe = Option<Object>;

/// The pages of a file.
pub(super) fn pages(file: &File<'_>) -> Pages {
    let catalog = file.catalog();
    let mut pages = Pages::default();
    let mut seen = HashSet::new();
    let mut nodes = 0;
    let mut waiting = vec![(catalog.get(b"Pages").clone(), Inherited::default())];
    while let Some((node, inherited)) = waiting.pop() {
        nodes += 1;
        if nodes > NODES_MAX || pages.list.len() >= PAGES_MAX {
            pages.cut = true;
            break;
        }
        let number = match node {
            Object::Reference(number) if !seen.insert(number) => continue,
            Object::Reference(number) => number,
            _ => 0,
        };
        let own = file.resolve(&node);
        let Some(dictionary) = own.dictionary() else {
            pages.list.push(page(file, number, None, &inherited));
            continue;
        };
        let inherited = inherited.with(file, dictionary);
        let kids = file.get(dictionary, b"Kids");
        match kids.array() {
            Some(kids) if file.get(dictionary, b"Type").name() != Some(b"Page") => {
                let room = NODES_MAX.saturating_sub(waiting.len());
                pages.cut |= kids.len() > room;
                waiting.extend(kids.iter().take(room).rev().map(|kid| (kid.clone(), inherited.clone())));
            }
            _ => pages.list.push(page(file, number, Some(dictionary.clone()), &inherited)),
        }
    }
    if pages.list.iter().all(|page| page.dictionary.is_none()) {
        pages.list = found(file);
    }
    pages
}

impl Inherited {
    fn with(&self, file: &File<'_>, dictionary: &Dictionary) -> Self {
        let own = |name: &[u8], above: &Maybe| match file.get(dictionary, name) {
            Object::Null => above.clone(),
            object => Some(object),
        };
        Self {
            resources: own(b"Resources", &self.resources),
            media: own(b"MediaBox", &self.media),
            crop: own(b"CropBox", &self.crop),
            turn: own(b"Rotate", &self.turn),
        }
    }
}

/// Pages found by looking at every object, for a file whose tree leads nowhere.
fn found(file: &File<'_>) -> Vec<PageObject> {
    let mut list = Vec::new();
    for number in file.numbers() {
        let object = file.resolve(&Object::Reference(number));
        let Object::Dictionary(dictionary) = &object else { continue };
        if dictionary.get(b"Type").name() == Some(b"Page") && list.len() < PAGES_MAX {
            let inherited = Inherited::default().with(file, dictionary);
            list.push(page(file, number, Some(dictionary.clone()), &inherited));
        }
    }
    list
}

fn page(file: &File<'_>, number: u32, dictionary: Option<Dictionary>, inherited: &Inherited) -> PageObject {
    let corners = |object: &Maybe| {
        let numbers: Vec<f64> =
            object.as_ref()?.array()?.iter().filter_map(|part| file.resolve(part).number()).collect();
        let &[x, y, other_x, other_y] = numbers.get(..4)? else { return None };
        let (left, right) = (x.min(other_x), x.max(other_x));
        let (low, high) = (y.min(other_y), y.max(other_y));
        (SIZES.contains(&(right - left)) && SIZES.contains(&(high - low))).then_some([left, low, right, high])
    };
    let media = corners(&inherited.media).unwrap_or([0.0, 0.0, SIZE_OTHERWISE.0, SIZE_OTHERWISE.1]);
    let crop = corners(&inherited.crop).unwrap_or(media);
    let both = [crop[0].max(media[0]), crop[1].max(media[1]), crop[2].min(media[2]), crop[3].min(media[3])];
    let [left, low, right, high] = if both[0] < both[2] && both[1] < both[3] { both } else { media };
    let turn = inherited.turn.as_ref().and_then(Object::integer).unwrap_or(0).rem_euclid(360);
    let (width, height) = (right - left, high - low);
    let (to_page, (width, height)) = match turn {
        90 => (Matrix([0.0, 1.0, 1.0, 0.0, -low, -left]), (height, width)),
        180 => (Matrix([-1.0, 0.0, 0.0, 1.0, right, -low]), (width, height)),
        270 => (Matrix([0.0, -1.0, -1.0, 0.0, high, right]), (height, width)),
        _ => (Matrix([1.0, 0.0, 0.0, -1.0, -left, high]), (width, height)),
    };
    let resources = inherited.resources.as_ref().and_then(Object::dictionary).cloned().unwrap_or_default();
    PageObject { number, dictionary, resources, area: Rectangle::of(0.0, 0.0, width, height), to_page }
}
