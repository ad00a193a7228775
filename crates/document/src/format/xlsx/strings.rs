//! Where a workbook holds the strings that its cells share.

use crate::sheet::shared::Strings;
use crate::xml::{Token, Xml};
use crate::{Document, Problem};

/// Reads the part of shared strings.
pub(super) fn read(text: &str, document: &mut Document) -> Strings {
    let mut strings = Strings::default();
    let mut xml = Xml::new(text);
    loop {
        match xml.next() {
            Ok(Some(Token::Start(tag))) if tag.local() == "si" => {
                let read = strings.push_with(|all| push_string(&mut xml, all));
                if let Err(why) = read {
                    document.problems.push(cut(why));
                    break;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(why) => {
                document.problems.push(cut(why));
                break;
            }
        }
    }
    strings
}

/// Adds the text of the rich string that began last: its runs, without how they are pronounced.
pub(super) fn push_string(xml: &mut Xml<'_>, all: &mut String) -> Result<(), String> {
    let mut depth = 1;
    let mut said = false;
    while depth > 0 {
        match xml.next()? {
            Some(Token::Start(tag)) if tag.local() == "rPh" => xml.skip()?,
            Some(Token::Start(tag)) => {
                said = tag.local() == "t";
                depth += 1;
            }
            Some(Token::End(_)) => {
                said = false;
                depth -= 1;
            }
            Some(Token::Text(text)) if said => push_unescaped(all, &text),
            Some(Token::Text(_)) => {}
            None => break,
        }
    }
    Ok(())
}

/// Adds a text in which characters may be written as `_x000D_`.
pub(super) fn push_unescaped(all: &mut String, text: &str) {
    let mut rest = text;
    while let Some(place) = rest.find("_x") {
        all.push_str(&rest[..place]);
        rest = &rest[place..];
        let code = rest.get(2..6).filter(|_| rest.as_bytes().get(6) == Some(&b'_'));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if let Some(character) = character {
            if !character.is_control() || matches!(character, '\n' | '\t') {
                all.push(character);
            }
            rest = &rest[7..];
        } else {
            all.push_str("_x");
            rest = &rest[2..];
        }
    }
    all.push_str(rest);
}

fn cut(why: String) -> Problem {
    Problem { place: "shared strings".into(), what: "cells".into(), why, content_lost: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined_and_escapes_resolved() {
        let mut document = crate::format::text::parse(String::new());
        let part = "<sst><si><t>a_x000D_\n_x0041_ _xyz_</t></si><si/><si><r><t>b &amp;</t></r><rPh><t>no</t></rPh>\
                    <r><rPr><b/></rPr><t xml:space='preserve'> c</t></r></si></sst>";
        let strings = read(part, &mut document);
        assert_eq!(strings.get(0), Some("a\nA _xyz_"));
        assert_eq!((strings.get(1), strings.get(2), strings.get(3)), (Some(""), Some("b & c"), None));
        assert!(document.problems.is_empty());
        read("<sst><si><t>a", &mut document);
        assert!(document.problems[0].content_lost);
    }
}
