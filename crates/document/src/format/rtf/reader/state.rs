//! What holds within a group, and the control words that change it.

use std::rc::Rc;

use super::super::page::Run;
use super::{Destination, Picture, Reader, charset, codepage};

/// What holds within a group.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub destination: Destination,
    /// What a run looks like; its text is empty.
    pub look: Run,
    pub hidden: bool,
    pub deleted: bool,
    pub font: Option<i32>,
    /// How many characters stand for those that cannot read `\u`.
    pub unicode_skip: usize,
    pub style: Option<i32>,
    /// The level of heading that the paragraph has.
    pub outline: Option<u8>,
    /// The level that the style being described gives.
    pub style_outline: Option<u8>,
    pub list_level: usize,
    pub in_table: bool,
    /// Whether what stands here is not of the page that a mail program packed.
    pub page_suppressed: bool,
    /// Whether the group may be passed over by who does not know it.
    pub optional: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            destination: Destination::Body,
            look: Run::default(),
            hidden: false,
            deleted: false,
            font: None,
            unicode_skip: 1,
            style: None,
            outline: None,
            style_outline: None,
            list_level: 0,
            in_table: false,
            page_suppressed: false,
            optional: false,
        }
    }
}

impl Reader<'_> {
    pub(super) fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => {
                self.state.optional = true;
                return;
            }
            b'\\' | b'{' | b'}' => self.bytes(&[symbol]),
            b'~' => self.text("\u{a0}"),
            b'_' => self.text("\u{2011}"),
            b'\n' | b'\r' => self.paragraph_mark(),
            _ => {}
        }
        self.flush();
    }

    pub(super) fn word(&mut self, word: &str, number: Option<i32>) {
        let optional = std::mem::take(&mut self.state.optional);
        if self.skip > 0 && !matches!(word, "u") {
            self.skip -= 1;
            if self.text_of(word).is_some() {
                return;
            }
        }
        if self.destination(word, number) || self.look(word, number) || self.paragraph(word, number) {
            return;
        }
        if let Some(text) = self.text_of(word) {
            self.text(text);
            return;
        }
        match (word, number) {
            ("u", Some(number)) => self.unicode(number),
            ("uc", Some(count)) => self.state.unicode_skip = usize::try_from(count).unwrap_or(1).min(16),
            ("ansicpg", Some(number)) => {
                self.default_encoding = codepage(number).unwrap_or(self.default_encoding)
            }
            ("mac", _) => self.default_encoding = encoding_rs::MACINTOSH,
            ("fcharset", Some(number)) if self.state.destination == Destination::Fonts => {
                if let (Some(font), Some(encoding)) = (self.state.font, charset(number)) {
                    self.fonts.insert(font, encoding);
                }
            }
            ("cpg", Some(number)) if self.state.destination == Destination::Fonts => {
                if let (Some(font), Some(encoding)) = (self.state.font, codepage(number)) {
                    self.fonts.insert(font, encoding);
                }
            }
            ("f", number) => self.state.font = number,
            ("fromhtml", number) => self.is_packed_page = number != Some(0),
            ("htmlrtf", number) => self.state.page_suppressed = number != Some(0),
            ("pngblip", _) => self.picture_kind(Some("image/png")),
            ("jpegblip", _) => self.picture_kind(Some("image/jpeg")),
            // A destination that is not known here, and that says it may be passed over.
            _ if optional => self.state.destination = Destination::Skip,
            _ => {}
        }
    }

    fn picture_kind(&mut self, kind: Option<&'static str>) {
        if let (Destination::Picture, Some(picture)) =
            (self.state.destination, self.found.pictures.last_mut())
        {
            picture.media_type = kind;
        }
    }

    /// Words that say what a group's text is for.
    fn destination(&mut self, word: &str, number: Option<i32>) -> bool {
        use Destination::{
            Body, Date, Fonts, Info, Instruction, Marker, PageTag, Picture as Pict, Skip, Style, Styles,
        };
        let destination = match word {
            "fonttbl" => Fonts,
            "stylesheet" => Styles,
            "colortbl" | "listtable" | "listoverridetable" | "rsidtbl" | "revtbl" | "filetbl"
            | "generator" | "themedata" | "colorschememapping" | "datastore" | "latentstyles"
            | "xmlnstbl" | "objdata" | "objclass" | "header" | "headerl" | "headerr" | "headerf"
            | "footer" | "footerl" | "footerr" | "footerf" | "nonshppict" | "datafield" | "bkmkstart"
            | "bkmkend" | "sp" | "fldtype" | "upr" | "ftnsep" | "aftnsep" | "info" | "atnid"
            | "atnauthor" | "atntime" | "atndate" | "atnref" | "pnseclvl" | "listpicture" | "userprops"
            | "mhtmltag" | "blipuid" | "picprop" | "nesttableprops" => Skip,
            "title" if self.in_info() => Info("title"),
            "subject" if self.in_info() => Info("subject"),
            "author" if self.in_info() => Info("author"),
            "keywords" if self.in_info() => Info("keywords"),
            "doccomm" if self.in_info() => Info("description"),
            "creatim" if self.in_info() => Date("created", [0; 5]),
            "revtim" if self.in_info() => Date("modified", [0; 5]),
            "yr" | "mo" | "dy" | "hr" | "min" => return self.date(word, number),
            "fldinst" => {
                self.instruction.clear();
                Instruction
            }
            "fldrslt" => {
                self.state.look.link = self.link().or_else(|| self.state.look.link.take());
                Body
            }
            "listtext" | "pntext" => Marker,
            "pict" if self.state.destination != Skip => {
                self.found.pictures.push(Picture::default());
                Pict
            }
            "htmltag" => PageTag,
            "shppict" | "shpinst" | "ud" | "shptxt" | "result" => return self.transparent(word),
            "s" if matches!(self.state.destination, Styles | Style(_)) => Style(number.unwrap_or(0)),
            "footnote" | "annotation" if self.state.destination == Body => {
                self.begin_aside(if word == "footnote" { "" } else { "comment " });
                Body
            }
            _ => return false,
        };
        self.state.destination = destination;
        true
    }

    /// What a field leads to, by its instruction.
    fn link(&mut self) -> Option<Rc<str>> {
        let instruction = std::mem::take(&mut self.instruction);
        let rest = instruction.trim().strip_prefix("HYPERLINK")?.trim_start();
        if rest.starts_with('\\') {
            return None;
        }
        let target = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => rest.split_whitespace().next()?,
        };
        (!target.is_empty()).then(|| Rc::from(target))
    }

    /// Groups whose text is that of the text around them, though the one around them may be passed over.
    fn transparent(&mut self, word: &str) -> bool {
        let within = self.stack.iter().rev().map(|state| state.destination);
        let outer = within.into_iter().find(|destination| *destination != Destination::Skip);
        if matches!(word, "ud" | "shptxt" | "result") {
            self.state.destination = outer.unwrap_or_default();
        }
        true
    }

    /// Whether this group is one of the file's information: that is passed over but for what is known.
    fn in_info(&self) -> bool {
        self.state.destination == Destination::Skip && self.stack.len() <= 3
    }

    fn date(&mut self, word: &str, number: Option<i32>) -> bool {
        let Destination::Date(_, date) = &mut self.state.destination else { return false };
        let place = ["yr", "mo", "dy", "hr", "min"].iter().position(|part| *part == word);
        if let Some(place) = place {
            date[place] = number.unwrap_or(0).clamp(0, 9999);
        }
        true
    }

    /// Words that say what text looks like.
    fn look(&mut self, word: &str, number: Option<i32>) -> bool {
        let on = number != Some(0);
        let state = &mut self.state;
        match word {
            "b" => state.look.bold = on,
            "i" => state.look.italic = on,
            "strike" => state.look.strike = on,
            "v" => state.hidden = on,
            "deleted" => state.deleted = on,
            "plain" => {
                state.look = Run { link: state.look.link.take(), ..Run::default() };
                state.hidden = false;
                state.deleted = false;
            }
            _ => return false,
        }
        true
    }

    /// Words that say what a paragraph is, or end it.
    fn paragraph(&mut self, word: &str, number: Option<i32>) -> bool {
        let describes_style = matches!(self.state.destination, Destination::Style(_));
        let state = &mut self.state;
        match word {
            "pard" => {
                (state.style, state.outline, state.list_level, state.in_table) = (None, None, 0, false);
            }
            "s" => state.style = number,
            "outlinelevel" => {
                let level = number.and_then(|level| u8::try_from(level).ok()).filter(|level| *level < 9);
                let level = level.map(|level| (level + 1).min(6));
                if describes_style { state.style_outline = level } else { state.outline = level }
            }
            "ilvl" => state.list_level = usize::try_from(number.unwrap_or(0)).unwrap_or(0),
            "intbl" => state.in_table = true,
            "par" | "sect" | "page" => self.paragraph_mark(),
            "cell" if state.destination == Destination::Body => self.end_cell(),
            "nestcell" | "nestrow" => self.text(" "),
            "row" if state.destination == Destination::Body => self.end_row(),
            _ => return false,
        }
        true
    }

    fn paragraph_mark(&mut self) {
        if self.is_packed_page {
            let newline = !self.state.page_suppressed || self.state.destination == Destination::PageTag;
            if newline {
                self.text("\n");
            }
        } else if self.state.destination == Destination::Body {
            self.aside_or_paragraph();
        }
    }

    fn aside_or_paragraph(&mut self) {
        if self.asides.is_empty() { self.end_paragraph() } else { self.text("\n") }
    }

    /// The text that a word stands for.
    fn text_of(&self, word: &str) -> Option<&'static str> {
        Some(match word {
            "tab" => "\t",
            "line" | "lbr" | "softline" => "\n",
            "emdash" => "—",
            "endash" => "–",
            "bullet" => "•",
            "lquote" => "‘",
            "rquote" => "’",
            "ldblquote" => "“",
            "rdblquote" => "”",
            "emspace" | "enspace" | "qmspace" => " ",
            _ => return None,
        })
    }
}
