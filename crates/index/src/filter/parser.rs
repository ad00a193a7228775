//! Reads tokens into a tree and checks it against the fields.

use super::lexer::{Kind, Token, tokens};
use super::{DEPTH_MAX, DateLiteral, FilterError, LENGTH_BYTES_MAX, Literal, Node, Operator};
use crate::date::moment;
use crate::{Field, FieldKind};

/// Whole numbers up to here are compared exactly by every engine.
const INTEGER_MAX: i64 = (1 << 53) - 1;

pub(super) fn parse(text: &str, fields: &[Field]) -> Result<Node, FilterError> {
    if text.len() > LENGTH_BYTES_MAX {
        let problem = format!("the filter has {} bytes, at most {LENGTH_BYTES_MAX} can be", text.len());
        return Err(FilterError::at(text, 0, problem));
    }
    let mut parser = Parser { text, fields, tokens: tokens(text)?, at: 0, depth: 0 };
    let node = parser.any()?;
    match parser.peek() {
        Kind::End => Ok(node),
        _ => Err(parser.unexpected("`and`, `or` or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    fields: &'a [Field],
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// `all (or all)*`
    fn any(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all()?];
        while self.take_word("or") {
            nodes.push(self.all()?);
        }
        Ok(single(nodes, Node::Or))
    }

    /// `term (and term)*`
    fn all(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.term()?];
        while self.take_word("and") {
            nodes.push(self.term()?);
        }
        Ok(single(nodes, Node::And))
    }

    /// `not term`, `( any )`, `exists field` or a comparison.
    fn term(&mut self) -> Result<Node, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error(format!("more than {DEPTH_MAX} levels of nesting")));
        }
        let node = if self.take_word("not") {
            Node::Not(Box::new(self.term()?))
        } else if self.take_sign("(") {
            let node = self.any()?;
            if !self.take_sign(")") {
                return Err(self.unexpected("`)`"));
            }
            node
        } else if self.take_word("exists") {
            Node::Exists { field: self.field()?.name }
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, FilterError> {
        let field = self.field()?;
        let negated = self.take_word("not");
        if self.take_word("in") {
            let literals = self.list(&field)?;
            let node = Node::In { field: field.name, literals };
            return Ok(if negated { Node::Not(Box::new(node)) } else { node });
        }
        if negated {
            return Err(self.unexpected("`in`"));
        }
        let start = self.at;
        let Kind::Sign(sign) = *self.peek() else {
            return Err(self.unexpected("a comparison"));
        };
        let operator = match sign {
            "=" | "!=" => Operator::Equal,
            "<" => Operator::Below,
            "<=" => Operator::AtMost,
            ">" => Operator::Above,
            ">=" => Operator::AtLeast,
            _ => return Err(self.unexpected("a comparison")),
        };
        self.at += 1;
        if operator != Operator::Equal && matches!(field.kind, FieldKind::Keyword | FieldKind::Bool) {
            self.at = start;
            let problem = format!("field `{}` holds {}, which has no order", field.name, field.kind.noun());
            return Err(self.error(problem).with_hint("compare it with `=`, `!=`, `in` or `not in`"));
        }
        let literal = self.literal(&field)?;
        let node = Node::Compare { field: field.name, operator, literal };
        Ok(if sign == "!=" { Node::Not(Box::new(node)) } else { node })
    }

    /// `( literal, … )`
    fn list(&mut self, field: &Field) -> Result<Vec<Literal>, FilterError> {
        if !self.take_sign("(") {
            return Err(self.unexpected("`(`"));
        }
        let mut literals = vec![self.literal(field)?];
        while self.take_sign(",") {
            literals.push(self.literal(field)?);
        }
        if !self.take_sign(")") {
            return Err(self.unexpected("`,` or `)`"));
        }
        Ok(literals)
    }

    fn field(&mut self) -> Result<Field, FilterError> {
        let Kind::Name(name) = self.peek() else {
            return Err(self.unexpected("a field"));
        };
        let Some(field) = self.fields.iter().find(|field| field.name == *name) else {
            let hint = nearest(name, self.fields);
            return Err(self.error(format!("there is no field `{}`", name.escape_debug())).with_hint(hint));
        };
        self.at += 1;
        Ok(field.clone())
    }

    fn literal(&mut self, field: &Field) -> Result<Literal, FilterError> {
        let literal = match (self.peek(), field.kind) {
            (Kind::Text(text), FieldKind::Keyword) => Some(Literal::Text(text.clone())),
            (Kind::Word("true"), FieldKind::Bool) => Some(Literal::Bool(true)),
            (Kind::Word("false"), FieldKind::Bool) => Some(Literal::Bool(false)),
            (Kind::Figure(figure), kind) => figure_literal(figure, kind),
            (Kind::Text(_) | Kind::Word("true" | "false"), _) => None,
            _ => return Err(self.unexpected("a value")),
        };
        let Some(literal) = literal else { return Err(self.misfit(field)) };
        self.at += 1;
        Ok(literal)
    }

    /// The error for a value that is not of the field's kind.
    fn misfit(&self, field: &Field) -> FilterError {
        let found = match self.peek() {
            Kind::Text(_) => "a text".to_owned(),
            Kind::Word(word) => format!("`{word}`"),
            Kind::Figure(figure) if moment(figure).is_some() => "a date".to_owned(),
            Kind::Figure(figure) if figure.parse::<f64>().is_ok() => "a number".to_owned(),
            Kind::Figure(figure) => format!("`{figure}`, which is no number and no date,"),
            Kind::Name(_) | Kind::Sign(_) | Kind::End => "something else".to_owned(),
        };
        let (name, wanted) = (&field.name, field.kind.noun());
        let hint = match field.kind {
            FieldKind::Keyword => format!("put the text in quotes: `{name} = \"…\"`"),
            FieldKind::Integer => format!("write digits: `{name} = 42`; at most {INTEGER_MAX}"),
            FieldKind::Float => format!("write a number: `{name} < 0.5`"),
            FieldKind::Bool => format!("write `{name} = true` or `{name} = false`"),
            FieldKind::Date => format!("write the date without quotes: `{name} >= 2026-01-31`"),
        };
        self.error(format!("{found} was found where field `{name}` needs {wanted}")).with_hint(hint)
    }

    fn peek(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Kind::Word(found) if *found == word);
        self.at += usize::from(there);
        there
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Kind::Sign(found) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn error(&self, problem: impl Into<String>) -> FilterError {
        let byte = self.tokens.get(self.at).map_or(self.text.len(), |token| token.start);
        FilterError::at(self.text, byte, problem)
    }

    fn unexpected(&self, wanted: &str) -> FilterError {
        match self.peek() {
            Kind::End => self.error(format!("the filter ends where {wanted} should be")),
            Kind::Name(name) => {
                let hint = format!("is `{name}` a text? then put it in quotes: `\"{name}\"`");
                self.error(format!("{wanted} should be here")).with_hint(hint)
            }
            _ => self.error(format!("{wanted} should be here")),
        }
    }
}

fn single(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => join(nodes),
    }
}

/// A number or a date as a literal of this kind.
fn figure_literal(figure: &str, kind: FieldKind) -> Option<Literal> {
    match kind {
        FieldKind::Integer => {
            let number: i64 = figure.parse().ok()?;
            (-INTEGER_MAX..=INTEGER_MAX).contains(&number).then_some(Literal::Int(number))
        }
        FieldKind::Float => {
            let looks_right = figure.bytes().all(|c| c.is_ascii_digit() || b"+-.eE".contains(&c));
            let number: f64 = figure.parse().ok().filter(|number: &f64| looks_right && number.is_finite())?;
            // One zero is enough: engines disagree on whether −0 is below it.
            Some(Literal::Float(number + 0.0))
        }
        FieldKind::Date => {
            let moment = moment(figure)?;
            Some(Literal::Date(DateLiteral { text: figure.to_owned(), moment }))
        }
        FieldKind::Keyword | FieldKind::Bool => None,
    }
}

/// A hint that names the known field which looks most like the unknown one, or all of them.
fn nearest(name: &str, fields: &[Field]) -> String {
    let lower = name.to_lowercase();
    let best = fields
        .iter()
        .map(|field| (edits(&lower, &field.name.to_lowercase()), &field.name))
        .min()
        .filter(|(edits, best)| *edits <= 2.max(best.len() / 3));
    match best {
        Some((_, best)) => format!("did you mean `{best}`?"),
        None if fields.is_empty() => "the collection has no fields to filter by".to_owned(),
        None => {
            let names: Vec<_> = fields.iter().take(20).map(|field| format!("`{}`", field.name)).collect();
            format!("fields are {}", names.join(", "))
        }
    }
}

/// Levenshtein's distance between two texts.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let here = (corner + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = here;
        }
    }
    row[b.len()]
}
