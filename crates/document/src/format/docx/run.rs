//! What stands in a line of a Word paragraph: runs, links, fields, insertions, formulas and notes.

use super::super::Damage;
use super::super::ooxml::inline::{Marks, Piece};
use super::super::ooxml::writer::Writer;
use super::super::ooxml::xml::{Element, Node, Xml};
use super::super::ooxml::{NESTING_MAX, branch, formula};
use super::body::Body;
use super::draft::{Draft, Field};
use super::pages::Break;
use super::styles::Look;

/// Where what is in a line goes: the paragraph, and the blocks before it.
pub(super) type Into<'d> = (&'d mut Draft, &'d mut Writer);

impl Body<'_, '_> {
    /// Reads an element of a paragraph.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn inline(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        into: Into<'_>,
    ) -> Result<(), Damage> {
        let (draft, out) = into;
        match element.name() {
            "r" => self.run(xml, element, (draft, out)),
            "hyperlink" => {
                let address =
                    element.prefixed("id").and_then(|id| self.relationships.outside(&id).map(str::to_owned));
                let at = draft.pieces.len();
                // A link is a piece of its own: what comes before must not grow into it.
                draft.pieces.push(Piece::Mark(String::new()));
                self.inlines(xml, element, (draft, out))?;
                draft.unmark(at);
                match address.filter(|address| !address.trim().is_empty()) {
                    Some(address) if draft.pieces.len() > at => draft.link(at, address.trim()),
                    _ => {}
                }
                Ok(())
            }
            "oMath" => {
                let latex = formula::latex(xml, element);
                if !latex.is_empty() {
                    draft.has_run = true;
                    draft.pieces.push(Piece::Formula(latex));
                }
                Ok(())
            }
            "del" | "moveFrom" | "pPr" | "rPr" => Ok(()),
            "sdtPr" => {
                while let Some(part) = xml.child(element.inner) {
                    if part.name() == "checkbox" {
                        draft.checkbox.get_or_insert(false);
                        while let Some(state) = xml.child(part.inner) {
                            if state.name() == "checked" && state.is_on() {
                                draft.checkbox = Some(true);
                            }
                        }
                    }
                }
                Ok(())
            }
            "AlternateContent" => match branch(xml, element) {
                Some(branch) => self.inlines(xml, &branch, (draft, out)),
                None => Ok(()),
            },
            _ => self.inlines(xml, element, (draft, out)),
        }
    }

    fn inlines(&mut self, xml: &mut Xml<'_>, element: &Element<'_>, into: Into<'_>) -> Result<(), Damage> {
        let (draft, out) = into;
        if self.nesting >= NESTING_MAX {
            draft.text(&xml.text(element.inner), Marks::default());
            return Ok(());
        }
        self.nesting += 1;
        while let Some(child) = xml.child(element.inner) {
            self.inline(xml, &child, (draft, out))?;
        }
        self.nesting -= 1;
        Ok(())
    }

    fn run(&mut self, xml: &mut Xml<'_>, element: &Element<'_>, into: Into<'_>) -> Result<(), Damage> {
        let (draft, out) = into;
        let mut look = Look::default();
        let mut marks = None;
        let mut text = String::new();
        while let Some(part) = xml.child(element.inner) {
            if part.name() == "rPr" {
                look = Look::read(xml, &part);
                continue;
            }
            let own = *marks.get_or_insert_with(|| self.marks(&look, draft));
            match in_line(xml, &part, &mut text) {
                true => {}
                false => {
                    self.put(draft, &text, (own, &look));
                    text.clear();
                    self.other(xml, &part, ((draft, out), own))?;
                }
            }
            draft.has_run |= part.name() == "t";
        }
        let own = marks.unwrap_or_default();
        self.put(draft, &text, (own, &look));
        Ok(())
    }

    /// Adds the text of a run, and counts what it says of the paragraph.
    fn put(&mut self, draft: &mut Draft, text: &str, (marks, look): (Marks, &Look)) {
        if text.is_empty() {
            return;
        }
        draft.text(text, marks);
        let visible = text.trim().len();
        if visible == 0 {
            return;
        }
        self.pages.has_text = true;
        draft.bytes += visible;
        let style = self.styles.paragraph(draft.layout.style.as_deref());
        if look.is_monospaced().or_else(|| style.look.is_monospaced()).unwrap_or(false) {
            draft.monospaced += visible;
        }
        let named = self.styles.look(look.style.as_deref()).and_then(|named| named.hidden);
        if look.hidden.or(named).or(style.look.hidden).unwrap_or(false) {
            self.hidden += 1;
        }
    }

    /// How a run looks by its own properties, its style, its paragraph's mark and its paragraph's style.
    fn marks(&self, look: &Look, draft: &Draft) -> Marks {
        let named = self.styles.look(look.style.as_deref());
        let style = self.styles.paragraph(draft.layout.style.as_deref());
        let bold = look.bold.or_else(|| named?.bold).or(draft.layout.mark.bold.filter(|bold| *bold));
        let mut marks = Marks::default();
        marks.set(Marks::BOLD, bold.or(style.look.bold).unwrap_or(false));
        marks.set(Marks::ITALIC, look.italic.or_else(|| named?.italic).unwrap_or(false));
        marks.set(Marks::STRIKE, look.strike.or_else(|| named?.strike).unwrap_or(false));
        marks.set(Marks::UNDERLINE, look.underline.unwrap_or(false));
        marks.set(Marks::SUBSCRIPT, look.lowered == Some(true));
        marks.set(Marks::SUPERSCRIPT, look.lowered == Some(false));
        marks
    }

    /// Reads what of a run is not text.
    fn other(
        &mut self,
        xml: &mut Xml<'_>,
        part: &Element<'_>,
        (into, marks): (Into<'_>, Marks),
    ) -> Result<(), Damage> {
        let (draft, out) = into;
        match part.name() {
            "br" if part.attribute("type").is_some_and(|kind| kind == "page") => {
                self.note_break(Break::Asked);
            }
            "lastRenderedPageBreak" => self.note_break(Break::Laid),
            "sym" => self.symbol(part, draft, marks),
            "footnoteReference" | "endnoteReference" => {
                if let Some(id) = part.attribute("id") {
                    let mark = self.notes.refer(part.name() == "endnoteReference", &id);
                    draft.pieces.push(Piece::Mark(mark));
                }
            }
            "drawing" | "pict" | "object" => self.drawing(xml, part, (draft, out))?,
            "AlternateContent" => {
                if let Some(branch) = branch(xml, part) {
                    self.parts_of_run(xml, &branch, ((draft, out), marks))?;
                }
            }
            "ruby" => self.ruby(xml, part, (draft, marks)),
            "fldChar" => field(part, draft),
            "instrText" => {
                let text = xml.text(part.inner);
                if let Some(field) = draft.fields.last_mut().filter(|field| field.result.is_none()) {
                    field.instruction.push_str(&text);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn parts_of_run(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        (into, marks): (Into<'_>, Marks),
    ) -> Result<(), Damage> {
        let (draft, out) = into;
        if self.nesting >= NESTING_MAX {
            return Ok(());
        }
        self.nesting += 1;
        let mut text = String::new();
        while let Some(part) = xml.child(element.inner) {
            if !in_line(xml, &part, &mut text) {
                self.other(xml, &part, ((draft, out), marks))?;
            }
        }
        self.nesting -= 1;
        self.put(draft, &text, (marks, &Look::default()));
        Ok(())
    }

    /// A character of a symbol font. Those of the fonts that come with Word are known by their codes.
    fn symbol(&mut self, part: &Element<'_>, draft: &mut Draft, marks: Marks) {
        let code = part.attribute("char").and_then(|code| u32::from_str_radix(code.trim(), 16).ok());
        let font = part.attribute("font").unwrap_or_default().to_lowercase();
        let c = code.and_then(|code| known_symbol(code, &font));
        match c {
            Some(c) => {
                draft.has_run = true;
                draft.text(&c.to_string(), marks);
            }
            None => self.office.lost(self.place, "a symbol", "its font gives it a meaning of its own"),
        }
    }

    /// Text with a reading above it: the reading comes after, in brackets.
    fn ruby(&mut self, xml: &mut Xml<'_>, part: &Element<'_>, (draft, marks): (&mut Draft, Marks)) {
        let (mut base, mut reading) = (String::new(), String::new());
        while let Some(own) = xml.child(part.inner) {
            match own.name() {
                "rt" => reading = xml.text(own.inner),
                "rubyBase" => base = xml.text(own.inner),
                _ => {}
            }
        }
        draft.has_run = true;
        let reading = reading.trim();
        let shown = if reading.is_empty() { base } else { format!("{}({reading})", base.trim()) };
        draft.text(&shown, marks);
    }

    fn note_break(&mut self, kind: Break) {
        if self.place == "the text" {
            self.pages.note(kind);
        }
    }
}

/// Adds the text of a part of a run, if it is text.
fn in_line(xml: &mut Xml<'_>, part: &Element<'_>, text: &mut String) -> bool {
    match part.name() {
        "t" => {
            while let Some(node) = xml.node(part.inner) {
                if let Node::Text(own) = node {
                    text.push_str(&own);
                }
            }
        }
        "tab" | "ptab" => text.push('\t'),
        "cr" => text.push('\n'),
        "br" if !part.attribute("type").is_some_and(|kind| kind == "page" || kind == "column") => {
            text.push('\n')
        }
        "noBreakHyphen" => text.push('-'),
        "softHyphen" | "delText" | "annotationRef" | "footnoteRef" | "endnoteRef" | "separator" => {}
        _ => return false,
    }
    true
}

/// Begins, turns to the result of, or ends a field. One that leads somewhere makes a link of its result.
fn field(part: &Element<'_>, draft: &mut Draft) {
    match part.attribute("fldCharType").as_deref() {
        Some("begin") => draft.fields.push(Field::default()),
        Some("separate") => {
            let at = draft.pieces.len();
            if let Some(field) = draft.fields.last_mut() {
                field.result = Some(at);
                draft.pieces.push(Piece::Mark(String::new()));
            }
        }
        Some("end") => {
            let Some(field) = draft.fields.pop() else { return };
            let Some(at) = field.result.filter(|at| draft.unmark(*at)) else { return };
            if let Some(address) = address(&field.instruction).filter(|_| draft.pieces.len() > at) {
                draft.link(at, &address);
            }
        }
        _ => {}
    }
}

/// Where a `HYPERLINK` field leads; `None` for one that leads to a place within the text.
fn address(instruction: &str) -> Option<String> {
    let rest = instruction.trim().strip_prefix("HYPERLINK")?.trim_start();
    let address = rest.strip_prefix('"')?.split('"').next()?.trim();
    (!address.is_empty()).then(|| address.to_owned())
}

fn known_symbol(code: u32, font: &str) -> Option<char> {
    let byte = if (0xf000..=0xf0ff).contains(&code) { code - 0xf000 } else { code };
    let wingdings = font.starts_with("wingdings");
    Some(match (font, byte) {
        ("wingdings", 0xa7 | 0x6e) => '▪',
        ("wingdings", 0xfc) => '✓',
        ("wingdings", 0xfb) => '✗',
        ("wingdings", 0xfe) => '☑',
        ("wingdings", 0xfd) => '☒',
        ("wingdings", 0xa8 | 0x6f) => '☐',
        ("wingdings", 0xe0) => '→',
        ("wingdings", 0xdf) => '←',
        ("wingdings", 0x4a) => '☺',
        ("wingdings", 0x4c) => '☹',
        ("wingdings", 0x28) => '☎',
        ("wingdings", 0x2a) => '✉',
        ("wingdings 2", 0x50) => '✓',
        ("wingdings 2", 0x4f) => '✗',
        ("wingdings 2", 0x52) => '☑',
        ("wingdings 2", 0xa3) => '☐',
        ("symbol", 0xb7) => '•',
        ("symbol", 0xae) => '→',
        ("symbol", 0xac) => '←',
        ("symbol", 0xb0) => '°',
        ("symbol", 0xb1) => '±',
        ("symbol", 0xb3) => '≥',
        ("symbol", 0xa3) => '≤',
        ("symbol", 0xb4) => '×',
        ("symbol", 0xb9) => '≠',
        ("symbol", 0xbb) => '≈',
        ("symbol", 0xa5) => '∞',
        ("symbol", 0xe5) => '∑',
        ("symbol", 0xd6) => '√',
        ("symbol", letter @ 0x41..=0x7a) => {
            const LETTERS: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
            LETTERS.chars().nth(usize::try_from(letter - 0x41).ok()?)?
        }
        (_, 0x20..=0x7e) if !wingdings && font != "symbol" && font != "webdings" => char::from_u32(byte)?,
        _ if code > 0xff && !(0xe000..=0xf8ff).contains(&code) => char::from_u32(code)?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_fields_are_known() {
        assert_eq!(known_symbol(0xf061, "symbol"), Some('α'));
        assert_eq!(known_symbol(0xf0fc, "wingdings"), Some('✓'));
        assert_eq!(known_symbol(0xf001, "webdings"), None);
        assert_eq!(known_symbol(0x2713, "any"), Some('✓'));
        assert_eq!(address(" HYPERLINK \"https://a.b/\" \\o \"x\"").as_deref(), Some("https://a.b/"));
        assert_eq!(address(" HYPERLINK \\l \"_Toc1\""), None);
    }
}
