//! The elements of a page as a tree of bounded depth.
//!
//! End tags that authors leave out are put in where HTML has them. Elements nested deeper than the limit keep their
//! text, which then belongs to the deepest element kept.

use std::borrow::Cow;

use super::Syntax;
use super::tokens::{Tag, Token, Tokens};

/// How deep elements are kept nested. What walks the tree may recurse.
pub(in crate::format) const DEPTH_MAX: usize = 200;

/// A place in the tree; the root is 0.
pub(in crate::format) type Id = usize;

pub(in crate::format) enum Kind<'a> {
    Text(Cow<'a, str>),
    Element { name: Cow<'a, str>, attributes: Vec<(Cow<'a, str>, Cow<'a, str>)> },
}

struct Node<'a> {
    kind: Kind<'a>,
    /// The byte of the source it begins at.
    at: usize,
    parent: Id,
    first_child: Id,
    last_child: Id,
    next: Id,
    /// Whether it is a block, or has one in it.
    block: bool,
}

pub(in crate::format) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    /// Whether some elements were nested deeper than is kept.
    pub too_deep: bool,
    pub source_bytes: usize,
}

/// Elements that never have content.
const VOID: [&str; 16] = [
    "area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
];
/// What may be in a head.
const IN_HEAD: [&str; 11] = [
    "base", "basefont", "link", "meta", "noscript", "object", "script", "style", "template", "title", "head",
];

/// Elements that stand on lines of their own. `signature` and `stamp` are of no standard; programs that
/// transcribe scanned pages write them.
pub(in crate::format) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "frameset"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "listing"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "p"
            | "plaintext"
            | "pre"
            | "search"
            | "section"
            | "signature"
            | "stamp"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "xmp"
    )
}

/// Which open elements an opening tag ends, and which keep it from looking further out.
fn ended_by(name: &str) -> (&'static [&'static str], &'static [&'static str]) {
    const CELLS: &[&str] = &["table", "td", "th", "caption", "template", "object", "button"];
    const ROWS: &[&str] = &["table", "template"];
    match name {
        "li" => (&["li"], &["ul", "ol", "menu", "dir", "table", "td", "th"]),
        "dt" | "dd" => (&["dt", "dd"], &["dl", "table", "td", "th"]),
        "td" | "th" => (&["td", "th", "caption"], &["tr", "table"]),
        "tr" => (&["tr", "caption", "colgroup"], ROWS),
        "thead" | "tbody" | "tfoot" => (&["thead", "tbody", "tfoot", "caption", "colgroup"], ROWS),
        "option" | "optgroup" => (&["option"], &["select", "datalist", "optgroup"]),
        "a" => (&["a"], CELLS),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => (&["p", "h1", "h2", "h3", "h4", "h5", "h6"], CELLS),
        _ if is_block(name) => (&["p"], CELLS),
        _ => (&[], &[]),
    }
}

impl<'a> Tree<'a> {
    pub(in crate::format) fn parse(source: &'a str, syntax: Syntax) -> Self {
        let root = Node {
            kind: Kind::Element { name: "".into(), attributes: Vec::new() },
            at: 0,
            parent: 0,
            first_child: 0,
            last_child: 0,
            next: 0,
            block: true,
        };
        let mut building = Building {
            tree: Tree { nodes: vec![root], too_deep: false, source_bytes: source.len() },
            open: vec![0],
            deeper: 0,
            syntax,
        };
        for token in Tokens::new(source, syntax) {
            match token {
                Token::Text(text) => building.text(text),
                Token::Open(tag) => building.open(tag),
                Token::Close(name) => building.close(&name),
            }
        }
        let mut tree = building.tree;
        for id in (1..tree.nodes.len()).rev() {
            if tree.nodes[id].block {
                let parent = tree.nodes[id].parent;
                tree.nodes[parent].block = true;
            }
        }
        tree
    }

    pub(in crate::format) fn children(&self, of: Id) -> impl Iterator<Item = Id> {
        let mut next = self.nodes[of].first_child;
        std::iter::from_fn(move || {
            let id = next;
            next = self.nodes.get(id).map_or(0, |node| node.next);
            (id != 0).then_some(id)
        })
    }

    /// Every node below one, in order.
    pub(in crate::format) fn descendants(&self, of: Id) -> impl Iterator<Item = Id> {
        let mut next = self.nodes[of].first_child;
        std::iter::from_fn(move || {
            let id = next;
            if id == 0 {
                return None;
            }
            next = self.nodes[id].first_child;
            let mut up = id;
            while next == 0 && up != of {
                next = self.nodes[up].next;
                up = self.nodes[up].parent;
            }
            Some(id)
        })
    }

    pub(in crate::format) fn all(&self) -> std::ops::Range<Id> {
        0..self.nodes.len()
    }

    pub(in crate::format) fn parent(&self, of: Id) -> Id {
        self.nodes[of].parent
    }

    /// The byte of the source that a node begins at.
    pub(in crate::format) fn at(&self, id: Id) -> usize {
        self.nodes[id].at
    }

    /// The name of an element; empty for a text.
    pub(in crate::format) fn name(&self, id: Id) -> &str {
        match &self.nodes[id].kind {
            Kind::Element { name, .. } => name,
            Kind::Text(_) => "",
        }
    }

    /// A text node's own text.
    pub(in crate::format) fn text(&self, id: Id) -> Option<&str> {
        match &self.nodes[id].kind {
            Kind::Text(text) => Some(text),
            Kind::Element { .. } => None,
        }
    }

    /// An attribute's value without the white space around it.
    pub(in crate::format) fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        match &self.nodes[id].kind {
            Kind::Element { attributes, .. } => {
                attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim())
            }
            Kind::Text(_) => None,
        }
    }

    /// Whether it is a block or has one in it.
    pub(in crate::format) fn has_block(&self, id: Id) -> bool {
        self.nodes[id].block
    }

    /// The text below a node, white space as it is.
    pub(in crate::format) fn whole_text(&self, of: Id) -> String {
        self.descendants(of).filter_map(|id| self.text(id)).collect()
    }

    /// Whether there is text below a node.
    pub(in crate::format) fn has_text(&self, of: Id) -> bool {
        self.descendants(of).any(|id| self.text(id).is_some_and(|text| !text.trim().is_empty()))
    }

    /// The text below a node, white space collapsed.
    pub(in crate::format) fn words(&self, of: Id) -> String {
        self.whole_text(of).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The first element of a name below a node.
    pub(in crate::format) fn find(&self, of: Id, name: &str) -> Option<Id> {
        self.descendants(of).find(|id| self.name(*id) == name)
    }
}

struct Building<'a> {
    tree: Tree<'a>,
    /// The root and the elements that are open, outermost first.
    open: Vec<Id>,
    /// How many elements are open beyond the depth that is kept.
    deeper: usize,
    syntax: Syntax,
}

impl<'a> Building<'a> {
    fn innermost(&self) -> Id {
        self.open.last().copied().unwrap_or(0)
    }

    fn append(&mut self, kind: Kind<'a>, at: usize, block: bool) -> Id {
        let id = self.tree.nodes.len();
        let parent = self.innermost();
        self.tree.nodes.push(Node { kind, at, parent, first_child: 0, last_child: 0, next: 0, block });
        let last = std::mem::replace(&mut self.tree.nodes[parent].last_child, id);
        if last == 0 {
            self.tree.nodes[parent].first_child = id;
        } else {
            self.tree.nodes[last].next = id;
        }
        id
    }

    fn text(&mut self, text: Cow<'a, str>) {
        if self.tree.name(self.innermost()) == "head" && !text.trim().is_empty() {
            self.open.pop();
        }
        self.append(Kind::Text(text), 0, false);
    }

    fn open(&mut self, tag: Tag<'a>) {
        let void = match self.syntax {
            Syntax::Html => VOID.contains(&tag.name.as_ref()),
            // These alone are so often left open in what calls itself XHTML that it has to be expected.
            Syntax::Xhtml => tag.closes_itself || matches!(tag.name.as_ref(), "br" | "hr" | "img" | "input"),
        };
        if self.tree.name(self.innermost()) == "head" && !IN_HEAD.contains(&tag.name.as_ref()) {
            self.open.pop();
        }
        if self.deeper == 0 {
            let (ended, kept_by) = ended_by(&tag.name);
            self.end(|name| ended.contains(&name), kept_by);
        }
        if !void && self.open.len() > DEPTH_MAX {
            // Its text goes on where it is; blocks at least part their words.
            self.tree.too_deep = true;
            self.deeper += 1;
            if is_block(&tag.name) {
                self.append(Kind::Text(" ".into()), tag.at, false);
            }
            return;
        }
        let block = is_block(&tag.name);
        let id = self.append(Kind::Element { name: tag.name, attributes: tag.attributes }, tag.at, block);
        if !void {
            self.open.push(id);
        }
    }

    fn close(&mut self, name: &str) {
        if self.deeper > 0 {
            self.deeper -= 1;
            if is_block(name) {
                self.append(Kind::Text(" ".into()), 0, false);
            }
            return;
        }
        let kept_by: &[&str] = match name {
            "table" | "body" | "html" => &[],
            "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "caption" => &["table"],
            "li" => &["ul", "ol", "table", "td", "th"],
            _ => &["table", "td", "th"],
        };
        let heading = matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        let is_heading = |own: &str| matches!(own, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        match name {
            // What comes after the end of the body still belongs to it.
            "body" | "html" => {}
            "br" if self.syntax == Syntax::Xhtml => {}
            "br" => {
                self.append(Kind::Element { name: "br".into(), attributes: Vec::new() }, 0, false);
            }
            _ => self.end(|own| own == name || (heading && is_heading(own)), kept_by),
        }
    }

    /// Ends the innermost open element that is `wanted`, and all within it, unless one of `kept_by` is between.
    fn end(&mut self, wanted: impl Fn(&str) -> bool, kept_by: &[&str]) {
        for place in (1..self.open.len()).rev() {
            let name = self.tree.name(self.open[place]);
            if wanted(name) {
                self.open.truncate(place);
                return;
            }
            if kept_by.contains(&name) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tree: &Tree<'_>, id: Id) -> String {
        let inner: String = tree.children(id).map(|child| shown(tree, child)).collect();
        match tree.text(id) {
            Some(text) => text.to_owned(),
            None if tree.name(id).is_empty() => inner,
            None => format!("({}{inner})", tree.name(id)),
        }
    }

    fn check(source: &str, expect: &str) {
        let tree = Tree::parse(source, Syntax::Html);
        assert_eq!(shown(&tree, 0), expect);
        assert_eq!(tree.descendants(0).count() + 1, tree.all().len());
    }

    #[test]
    fn end_tags_left_out_are_put_in() {
        check("<p>a<p>b<ul><li>c<li>d</ul>e", "(pa)(pb)(ul(lic)(lid))e");
        check("<table><tr><td>a<td>b<tr><th>c</table>", "(table(tr(tda)(tdb))(tr(thc)))");
        check("<dl><dt>a<dd>b<dt>c</dl>", "(dl(dta)(ddb)(dtc))");
        check("<head><title>t</title><p>x", "(head(titlet))(px)");
        check("<b><i>x</b>y</i>", "(b(ix))y");
        check("<td><p>a</td></p></table>b", "(td(pa))b");
        check("<h1>a</h2>b<br></br>", "(h1a)b(br)(br)");
    }

    #[test]
    fn depth_is_bounded_and_text_is_kept() {
        let source = format!("{}deep{}<p>after", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let tree = Tree::parse(&source, Syntax::Html);
        assert!(tree.too_deep);
        assert_eq!(tree.whole_text(0).trim().replace(' ', ""), "deepafter");
        assert_eq!(tree.children(0).count(), 2);
    }
}
