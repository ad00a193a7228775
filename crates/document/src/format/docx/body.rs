//! The blocks of a Word text, in order: paragraphs, tables and what wraps them.

use super::super::Damage;
use super::super::ooxml::relationships::Relationships;
use super::super::ooxml::writer::Writer;
use super::super::ooxml::xml::{Element, Xml};
use super::super::ooxml::{NESTING_MAX, Office, branch};
use super::list::Lists;
use super::notes::Notes;
use super::numbering::Numbering;
use super::pages::Pages;
use super::styles::Styles;

/// A part of a Word file being read.
pub(super) struct Body<'o, 'a> {
    pub office: &'o mut Office<'a>,
    pub relationships: Relationships,
    pub styles: &'o Styles,
    pub numbering: Numbering,
    pub lists: Lists,
    pub notes: Notes,
    pub pages: Pages,
    /// How deep tables, text boxes and the like are nested here.
    pub nesting: usize,
    /// How many tables this is in.
    pub in_tables: usize,
    /// How many tables, boxes and notes this is in: pages begin outside of them.
    pub apart: usize,
    /// How many runs of text are hidden.
    pub hidden: usize,
    /// What problems say of where they are.
    pub place: &'static str,
}

impl<'o, 'a> Body<'o, 'a> {
    pub(super) fn new(
        office: &'o mut Office<'a>,
        relationships: Relationships,
        styles: &'o Styles,
        numbering: Numbering,
    ) -> Self {
        Self {
            office,
            relationships,
            styles,
            numbering,
            lists: Lists::default(),
            notes: Notes::default(),
            pages: Pages::default(),
            nesting: 0,
            in_tables: 0,
            apart: 0,
            hidden: 0,
            place: "the text",
        }
    }

    /// Reads the main part.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits, or is no Word text at all.
    pub(super) fn document(&mut self, text: &str, out: &mut Writer) -> Result<(), Damage> {
        let mut xml = Xml::new(text);
        let Some(root) = xml.root() else {
            let why = xml.damage().unwrap_or("its main part is empty");
            return Err(Damage::Broken(why.to_owned()));
        };
        if root.name() != "document" {
            return Err(Damage::Broken(format!("its main part is a `{}`, not a text", root.name())));
        }
        while let Some(part) = xml.child(root.inner) {
            if part.name() == "body" {
                self.blocks(&mut xml, part.inner, out)?;
            }
        }
        self.office.damage(&xml, "the text");
        Ok(())
    }

    /// Reads the blocks of an element.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn blocks(&mut self, xml: &mut Xml<'_>, of: usize, out: &mut Writer) -> Result<(), Damage> {
        if self.nesting >= NESTING_MAX {
            let why = format!("text is nested more than {NESTING_MAX} deep");
            self.office.lost(self.place, "nested text", &why);
            return Ok(());
        }
        self.nesting += 1;
        while let Some(element) = xml.child(of) {
            let start = if self.apart == 0 { out.written() } else { 0 };
            self.block(xml, &element, out)?;
            if self.apart == 0 {
                let end = out.written();
                self.pages.place(start, end);
                self.office.place_scans(end);
            }
        }
        self.nesting -= 1;
        Ok(())
    }

    /// Reads one block.
    ///
    /// # Errors
    ///
    /// [`Damage`] when the file goes over its limits.
    pub(super) fn block(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        out: &mut Writer,
    ) -> Result<(), Damage> {
        match element.name() {
            "p" => self.paragraph(xml, element, out),
            "tbl" => self.table(xml, element, out),
            "sdt" => {
                while let Some(part) = xml.child(element.inner) {
                    if part.name() == "sdtContent" {
                        self.wrapped(xml, &part, out)?;
                    }
                }
                Ok(())
            }
            "AlternateContent" => match branch(xml, element) {
                Some(branch) => self.wrapped(xml, &branch, out),
                None => Ok(()),
            },
            "customXml" | "smartTag" | "ins" | "moveTo" => self.wrapped(xml, element, out),
            "oMathPara" | "oMath" => {
                let latex = super::super::ooxml::formula::latex(xml, element);
                out.block(&format!("$${latex}$$"));
                Ok(())
            }
            "altChunk" => {
                self.office.noted(self.place, "an inserted file", "it is an attachment of its own");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The blocks of an element that only wraps them: pages may begin between them.
    fn wrapped(&mut self, xml: &mut Xml<'_>, element: &Element<'_>, out: &mut Writer) -> Result<(), Damage> {
        self.blocks(xml, element.inner, out)
    }
}
