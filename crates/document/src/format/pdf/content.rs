//! Runs a page's operators and keeps what they show: glyphs, lines, painted areas, images. Bounded in operators,
//! bytes, glyphs and depth; what a page has beyond is said to be left out.

use std::collections::HashSet;
use std::sync::Arc;

use self::state::{Ink, State};
use super::file::File;
use super::font::Font;
use super::fonts::Fonts;
use super::geometry::{Matrix, Rectangle};
use super::lexer::{Item, Lexer, is_space};
use super::marks::{Marks, Picture};
use super::object::{Dictionary, Object, Stream};
use super::strings;

mod path;
mod resources;
mod show;
mod state;

/// Operators on one page.
const OPERATORS_MAX: usize = 3_000_000;
/// Bytes of operators that one page runs through, forms counted each time.
const BYTES_MAX: usize = 128 << 20;
/// What drawing a form counts as, in bytes of operators.
const FORM_COST: usize = 2000;
/// Glyphs on one page.
const GLYPHS_MAX: usize = 500_000;
/// Bytes of their texts.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Lines, areas and images on one page.
const SHAPES_MAX: usize = 20_000;
/// Forms within forms.
const FORMS_MAX: usize = 16;
/// States that are put aside, and marks that are open.
const STACK_MAX: usize = 512;
/// Operands of one operator.
const OPERANDS_MAX: usize = 64;

/// What all pages share.
pub(super) struct Shared<'f, 'a> {
    /// The file.
    pub file: &'f File<'a>,
    /// Its fonts, read once each.
    pub fonts: &'f Fonts,
    /// Layers that are switched off.
    pub layers_off: &'f HashSet<u32>,
}

/// A page that is being run.
pub(super) struct Run<'f, 'a> {
    shared: &'f Shared<'f, 'a>,
    /// What is kept.
    pub marks: Marks,
    page: Rectangle,
    state: State,
    stack: Vec<State>,
    path: path::Path,
    /// What is open of marked content.
    open: Vec<Open>,
    /// How many of these are layers that are switched off.
    layers_off: usize,
    /// Whether a space was drawn since the last glyph.
    space: bool,
    forms: Vec<u32>,
    operators_left: usize,
    bytes_left: usize,
}

/// A part of the page that is marked.
struct Open {
    off: bool,
    /// What it says its text is, and the glyph that it starts with.
    actual: Option<(String, usize)>,
}

/// Names that operators use, and the fonts already found under them.
struct Scope {
    resources: Dictionary,
    fonts: Vec<(Arc<[u8]>, Arc<Font>)>,
}

impl<'f, 'a> Run<'f, 'a> {
    /// Starts a page; `to_page` leads from the page's own measure to points from its upper left corner.
    pub(super) fn new(shared: &'f Shared<'f, 'a>, page: Rectangle, to_page: Matrix) -> Self {
        Self {
            shared,
            marks: Marks::default(),
            page,
            state: State::new(to_page, page),
            stack: Vec::new(),
            path: path::Path::default(),
            open: Vec::new(),
            layers_off: 0,
            space: false,
            forms: Vec::new(),
            operators_left: OPERATORS_MAX,
            bytes_left: BYTES_MAX,
        }
    }

    /// Runs operators with the names that they use.
    pub(super) fn run(&mut self, bytes: &[u8], resources: &Dictionary) {
        let Some(left) = self.bytes_left.checked_sub(bytes.len()) else {
            self.leave_out("the page has more operators than are run");
            return;
        };
        self.bytes_left = left;
        let mut scope = Scope { resources: self.at_hand(resources), fonts: Vec::new() };
        let mut lexer = Lexer::of_content(bytes);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(item) = lexer.next() {
            match item {
                Item::Object(object) => {
                    if operands.len() == OPERANDS_MAX {
                        operands.clear();
                    }
                    operands.push(object);
                }
                Item::Word(b"BI") => {
                    self.inline_image(&mut lexer);
                    operands.clear();
                }
                Item::Word(word) => {
                    let Some(left) = self.operators_left.checked_sub(1) else {
                        self.leave_out("the page has more operators than are run");
                        return;
                    };
                    self.operators_left = left;
                    self.operator(word, &operands, &mut scope);
                    operands.clear();
                }
            }
        }
    }

    /// Runs a form as if the page had called it, moved by a matrix.
    pub(super) fn run_form(&mut self, form: &Stream, moved: &Matrix, around: &Dictionary) {
        if self.forms.contains(&form.number) {
            self.leave_out("a form calls itself");
            return;
        }
        if self.forms.len() >= FORMS_MAX {
            self.leave_out("forms are nested too deep");
            return;
        }
        let Some(left) = self.bytes_left.checked_sub(FORM_COST) else {
            self.leave_out("the page draws more forms than are run");
            return;
        };
        self.bytes_left = left;
        let file = self.shared.file;
        let decoded = file.decode(form);
        if decoded.cut {
            self.leave_out("a form is damaged or too large");
        }
        let numbers =
            |name: &[u8]| numbers(file.get(&form.dictionary, name).array().unwrap_or_default(), file);
        let matrix = <[f64; 6]>::try_from(numbers(b"Matrix")).map_or(Matrix::IDENTITY, Matrix);
        let resources = file.get(&form.dictionary, b"Resources");
        let resources = resources.dictionary().unwrap_or(around);
        let (stack, path) = (std::mem::take(&mut self.stack), std::mem::take(&mut self.path));
        let kept = self.state.clone();
        let open = self.open.len();
        self.state.matrix = matrix.then(moved).then(&self.state.matrix);
        if let &[x, y, other_x, other_y] = numbers(b"BBox").as_slice() {
            let area = self.state.matrix.around(&Rectangle::of(x, y, other_x, other_y));
            self.state.clip = self.state.clip.within(&area);
        }
        self.forms.push(form.number);
        self.run(&decoded.bytes, resources);
        self.forms.pop();
        while self.open.len() > open {
            self.close();
        }
        (self.stack, self.path, self.state) = (stack, path, kept);
    }

    /// What was run: bytes, and operators by the time that they take.
    pub(super) fn spent(&self) -> usize {
        BYTES_MAX - self.bytes_left + 100 * (OPERATORS_MAX - self.operators_left)
    }

    /// Says that something was left out, once for each thing.
    pub(super) fn leave_out(&mut self, what: &'static str) {
        if !self.marks.left_out.contains(&what) {
            self.marks.left_out.push(what);
        }
    }

    fn operator(&mut self, word: &[u8], operands: &[Object], scope: &mut Scope) {
        let number = |index: usize| operands.get(index).and_then(Object::number).unwrap_or(0.0);
        match word {
            b"q" => {
                if self.stack.len() < STACK_MAX {
                    self.stack.push(self.state.clone());
                } else {
                    self.leave_out("states are nested too deep");
                }
            }
            b"Q" => {
                if let Some(state) = self.stack.pop() {
                    self.state = state;
                }
            }
            b"cm" => self.state.matrix = six(operands).then(&self.state.matrix),
            b"BDC" => self.begin(operands, scope),
            b"BMC" => self.open(Open { off: false, actual: None }),
            b"EMC" => self.close(),
            b"Do" => self.draw(operands, scope),
            b"g" => self.state.ink = Ink::of(&[number(0)], self.state.subtractive),
            b"rg" | b"k" | b"sc" | b"scn" => self.colour(word, operands),
            b"cs" => {
                let space = operands.first().and_then(Object::name).unwrap_or_default();
                self.state.subtractive = self.is_subtractive(space, scope);
                self.state.ink = Ink::Dark;
            }
            b"sh" => {
                let area = self.state.clip;
                self.add_fill(area);
            }
            b"gs" => self.external_state(operands, scope),
            _ if self.show_operator(word, operands, scope) => {}
            _ => self.path_operator(word, operands),
        }
    }

    fn colour(&mut self, word: &[u8], operands: &[Object]) {
        let parts: Vec<f64> = operands.iter().filter_map(Object::number).collect();
        let subtractive = match word {
            b"k" => true,
            b"rg" => false,
            _ => self.state.subtractive || parts.len() == 4,
        };
        let pattern = operands.last().is_some_and(|last| last.name().is_some());
        self.state.ink = if pattern { Ink::Dark } else { Ink::of(&parts, subtractive) };
    }

    /// Whether a colour space has its white at 0.
    fn is_subtractive(&mut self, name: &[u8], scope: &Scope) -> bool {
        if name == b"DeviceCMYK" {
            return true;
        }
        let file = self.shared.file;
        let space = self.resource(scope, b"ColorSpace", name);
        let kind = space.array().and_then(|parts| parts.first()).map(|kind| file.resolve(kind));
        matches!(kind.as_ref().and_then(Object::name), Some(b"Separation" | b"DeviceN"))
    }

    fn external_state(&mut self, operands: &[Object], scope: &mut Scope) {
        let file = self.shared.file;
        let name = operands.first().and_then(Object::name).unwrap_or_default();
        let own = self.resource(scope, b"ExtGState", name);
        let Some(own) = own.dictionary() else { return };
        if let [font, size] = file.get(own, b"Font").array().unwrap_or_default() {
            self.state.font = Some(self.shared.fonts.get(file, font));
            self.state.size = size.number().unwrap_or(0.0);
        }
    }

    fn draw(&mut self, operands: &[Object], scope: &Scope) {
        let file = self.shared.file;
        let name = operands.first().and_then(Object::name).unwrap_or_default();
        let Object::Stream(stream) = self.resource(scope, b"XObject", name) else { return };
        let off = self.is_off(stream.dictionary.get(b"OC"));
        self.layers_off += usize::from(off);
        match file.get(&stream.dictionary, b"Subtype").name() {
            Some(b"Form") => self.run_form(&stream, &Matrix::IDENTITY, &scope.resources),
            Some(b"Image") => self.add_image(Picture::Stream(Box::new(stream))),
            _ => {}
        }
        self.layers_off -= usize::from(off);
    }

    fn add_image(&mut self, picture: Picture) {
        let area = self.state.matrix.around(&Rectangle { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 });
        let area = area.within(&self.state.clip);
        if self.marks.images.len() < SHAPES_MAX && area.size() > 0.0 {
            self.marks.images.push((area, picture));
        }
    }

    fn add_fill(&mut self, area: Rectangle) {
        let area = area.within(&self.state.clip);
        if self.marks.fills.len() < SHAPES_MAX && area.size() > 0.0 {
            self.marks.fills.push(area);
        }
    }

    fn inline_image(&mut self, lexer: &mut Lexer<'_>) {
        while let Some(item) = lexer.next() {
            if item == Item::Word(b"ID") {
                break;
            }
        }
        self.add_image(Picture::Inline);
        // The data ends at a lone `EI` that readable operators follow.
        let rest = lexer.rest();
        let ends = memchr::memmem::find_iter(rest, b"EI").find(|end| {
            let after = rest.get(end + 2..).unwrap_or_default();
            let lone =
                *end > 0 && is_space(rest[end - 1]) && after.first().is_none_or(|byte| is_space(*byte));
            lone && after.iter().take(16).all(|byte| is_space(*byte) || (b' '..=b'~').contains(byte))
        });
        lexer.place += ends.map_or(rest.len(), |end| end + 2);
    }

    fn begin(&mut self, operands: &[Object], scope: &Scope) {
        let file = self.shared.file;
        let (named, own) = match operands.get(1) {
            Some(Object::Name(name)) => {
                let properties = scope.resources.get(b"Properties").dictionary();
                let named = properties.map(|own| own.get(name).clone()).unwrap_or(Object::Null);
                (named, self.resource(scope, b"Properties", name))
            }
            Some(object) => (object.clone(), object.clone()),
            None => (Object::Null, Object::Null),
        };
        let off = operands.first().and_then(Object::name) == Some(b"OC") && self.is_off(&named);
        let actual =
            own.dictionary().and_then(|own| file.get(own, b"ActualText").string().map(strings::decode));
        self.open(Open { off, actual: actual.map(|text| (text, self.marks.glyphs.len())) });
    }

    /// Whether a layer, or a group of layers, is switched off.
    fn is_off(&self, layer: &Object) -> bool {
        let off =
            |object: &Object| matches!(object, Object::Reference(n) if self.shared.layers_off.contains(n));
        if self.shared.layers_off.is_empty() {
            return false;
        }
        let file = self.shared.file;
        let group = file.resolve(layer);
        let members = group.dictionary().map(|own| own.get(b"OCGs").clone()).unwrap_or(Object::Null);
        match &members {
            Object::Null => off(layer),
            Object::Reference(_) if off(&members) => true,
            members => {
                let members = file.resolve(members);
                let members = members.array().unwrap_or_default();
                !members.is_empty() && members.iter().all(off)
            }
        }
    }

    fn open(&mut self, open: Open) {
        self.layers_off += usize::from(open.off);
        if self.open.len() >= STACK_MAX {
            self.leave_out("marks are nested too deep");
            self.layers_off -= usize::from(open.off);
            return;
        }
        self.open.push(open);
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.layers_off -= usize::from(open.off);
        if let Some((text, first)) = open.actual {
            self.replace_glyphs(first, &text);
        }
    }
}

fn numbers(objects: &[Object], file: &File<'_>) -> Vec<f64> {
    objects.iter().filter_map(|object| file.resolve(object).number()).collect()
}

fn six(operands: &[Object]) -> Matrix {
    let mut numbers = operands.iter().map(|object| object.number().unwrap_or(0.0));
    let all: [f64; 6] = std::array::from_fn(|_| numbers.next().unwrap_or(0.0));
    Matrix(all)
}
