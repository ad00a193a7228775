//! Where a workbook's styles say what their numbers stand for.

use std::collections::HashMap;

use crate::sheet::numbers::Formats;
use crate::xml::{Token, Xml};

/// Reads the part of styles. What cannot be read of it leaves numbers as they are.
pub(super) fn read(text: &str, since_1904: bool) -> Formats {
    let mut codes: HashMap<u32, String> = HashMap::new();
    let mut styles = Vec::new();
    let mut cells = false;
    let mut xml = Xml::new(text);
    while let Ok(Some(token)) = xml.next() {
        match token {
            Token::Start(tag) => match tag.local() {
                "numFmt" => {
                    if let (Some(id), Some(code)) = (tag.number("numFmtId"), tag.attribute("formatCode")) {
                        codes.insert(id, code.into_owned());
                    }
                }
                "cellXfs" => cells = true,
                "xf" if cells => styles.push(tag.number("numFmtId").unwrap_or(0)),
                _ => {}
            },
            Token::End(tag) if tag.local() == "cellXfs" => cells = false,
            _ => {}
        }
    }
    Formats::new(codes.iter().map(|(number, code)| (*number, code.as_str())), styles, since_1904)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_styles_of_cells_count_and_no_others() {
        let styles = "<s><numFmts><numFmt numFmtId='164' formatCode='yyyy'/></numFmts>\
                      <cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>\
                      <cellXfs><xf numFmtId='0'/><xf numFmtId='164'/></cellXfs></s>";
        let formats = read(styles, false);
        assert_eq!(formats.shown("44067", 0), "44067");
        assert_eq!(formats.shown("44067", 1), "2020-08-24 00:00:00");
        assert_eq!(formats.shown("44067", 2), "44067");
    }
}
