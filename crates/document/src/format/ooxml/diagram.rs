//! The texts of a diagram (SmartArt), in the order of its data.

use super::xml::Xml;

/// Reads the data part of a diagram: the text of each point that has one.
pub(crate) fn read(xml: &mut Xml<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    let Some(root) = xml.root() else { return texts };
    while let Some(list) = xml.child(root.inner) {
        if list.name() != "ptLst" {
            continue;
        }
        while let Some(point) = xml.child(list.inner) {
            while let Some(part) = xml.child(point.inner) {
                if part.name() == "t" {
                    let mut text = String::new();
                    while let Some(paragraph) = xml.child(part.inner) {
                        if paragraph.name() == "p" {
                            text.push_str(if text.is_empty() { "" } else { "\n" });
                            text.push_str(xml.text(paragraph.inner).trim());
                        }
                    }
                    if !text.trim().is_empty() {
                        texts.push(text.trim().to_owned());
                    }
                }
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_with_text_are_read() {
        let text = "<d><ptLst><pt><prSet/><t><bodyPr/><p><r><t>One</t></r></p></t></pt><pt><t><p/></t></pt>\
            <pt><t><p><r><t>Two</t></r></p><p><r><t>more</t></r></p></t></pt></ptLst></d>";
        assert_eq!(read(&mut Xml::new(text)), ["One", "Two\nmore"]);
    }
}
