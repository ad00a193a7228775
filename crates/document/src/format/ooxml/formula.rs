//! Office Math as LaTeX.

use super::symbols;
use super::xml::{Element, Xml};

/// How deep a formula may be nested; what is deeper is given as its characters alone.
const DEPTH_MAX: usize = 64;
/// Functions that LaTeX has a command for.
const FUNCTIONS: [&str; 32] = [
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim", "exp",
    "gcd", "hom", "inf", "ker", "lg", "lim", "liminf", "limsup", "ln", "log", "max", "min", "Pr", "sec",
    "sin", "sinh", "sup", "tan", "tanh",
];

/// The LaTeX of the formula whose element was just read, without dollar signs.
pub(crate) fn latex(xml: &mut Xml<'_>, formula: &Element<'_>) -> String {
    let latex = children(xml, formula.inner, 0);
    latex.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an expression is made of.
#[derive(Default)]
struct Parts {
    /// Its bases, or the rows of what has several.
    bases: Vec<String>,
    numerator: String,
    denominator: String,
    below: Option<String>,
    above: Option<String>,
    degree: String,
    limit: String,
    function: String,
    /// The character, the first and last delimiter and what separates; an empty one is none at all.
    character: Option<String>,
    first: Option<String>,
    last: Option<String>,
    separator: Option<String>,
    /// Where it stands, or what kind it is.
    position: Option<String>,
    kind: Option<String>,
}

impl Parts {
    fn base(&self) -> String {
        self.bases.concat()
    }
}

fn children(xml: &mut Xml<'_>, of: usize, depth: usize) -> String {
    let mut latex = String::new();
    while let Some(child) = xml.child(of) {
        latex.push_str(&expression(xml, &child, depth));
    }
    latex
}

fn expression(xml: &mut Xml<'_>, element: &Element<'_>, depth: usize) -> String {
    let name = element.name();
    if name.ends_with("Pr") || matches!(name, "del" | "moveFrom" | "delText") {
        return String::new();
    }
    if depth >= DEPTH_MAX {
        return characters(&xml.text(element.inner));
    }
    match name {
        "t" => characters(&xml.text(element.inner)),
        "f" | "sSub" | "sSup" | "sSubSup" | "sPre" | "nary" | "rad" | "d" | "func" | "limLow" | "limUpp"
        | "acc" | "bar" | "groupChr" | "borderBox" | "m" | "eqArr" => {
            let name = name.to_owned();
            let parts = parts(xml, element.inner, depth + 1);
            composed(&name, &parts)
        }
        "mr" => parts(xml, element.inner, depth + 1).bases.join("&"),
        "br" => " ".into(),
        _ => children(xml, element.inner, depth + 1),
    }
}

fn parts(xml: &mut Xml<'_>, of: usize, depth: usize) -> Parts {
    let mut parts = Parts::default();
    while let Some(child) = xml.child(of) {
        let name = child.name();
        if name.ends_with("Pr") {
            properties(xml, &child, &mut parts);
            continue;
        }
        let name = name.to_owned();
        let own =
            if name == "mr" { expression(xml, &child, depth) } else { children(xml, child.inner, depth) };
        match name.as_str() {
            "num" => parts.numerator = own,
            "den" => parts.denominator = own,
            "sub" => parts.below = Some(own),
            "sup" => parts.above = Some(own),
            "deg" => parts.degree = own,
            "lim" => parts.limit = own,
            "fName" => parts.function = own,
            _ => parts.bases.push(own),
        }
    }
    parts
}

fn properties(xml: &mut Xml<'_>, element: &Element<'_>, parts: &mut Parts) {
    while let Some(property) = xml.child(element.inner) {
        let value = Some(property.attribute("val").unwrap_or_default());
        match property.name() {
            "chr" => parts.character = value,
            "begChr" => parts.first = value,
            "endChr" => parts.last = value,
            "sepChr" => parts.separator = value,
            "pos" => parts.position = value,
            "type" => parts.kind = value,
            _ => {}
        }
    }
}

fn composed(name: &str, parts: &Parts) -> String {
    let base = parts.base();
    match name {
        "f" => fraction(parts),
        "sSub" | "sSup" | "sSubSup" => format!("{}{}", grouped(base.trim_end()), scripts(parts)),
        "sPre" => format!("{{}}{}{base}", scripts(parts)),
        "nary" => {
            let sign =
                parts.character.as_deref().map_or("\\int".into(), |sign| characters(sign).trim().to_owned());
            let space = if base.starts_with(|c: char| c.is_alphanumeric()) && scripts(parts).is_empty() {
                " "
            } else {
                ""
            };
            format!("{sign}{}{space}{base}", scripts(parts))
        }
        "rad" if parts.degree.trim().is_empty() => format!("\\sqrt{{{base}}}"),
        "rad" => format!("\\sqrt[{}]{{{base}}}", parts.degree),
        "d" => {
            let separator = parts.separator.as_deref().unwrap_or("|");
            let first = delimiter(parts.first.as_deref().unwrap_or("("));
            let last = delimiter(parts.last.as_deref().unwrap_or(")"));
            format!("\\left{first}{}\\right{last}", parts.bases.join(&characters(separator)))
        }
        "func" => format!("{}{{{base}}}", function(&parts.function)),
        "limLow" => format!("{}_{{{}}}", function(&base), parts.limit.replace("\\rightarrow", "\\to")),
        "limUpp" => format!("\\overset{{{}}}{{{base}}}", parts.limit),
        "acc" => accented(parts.character.as_deref(), "hat", &base),
        "groupChr" => accented(parts.character.as_deref(), "underbrace", &base),
        "bar" if parts.position.as_deref() == Some("bot") => format!("\\underline{{{base}}}"),
        "bar" => format!("\\overline{{{base}}}"),
        "borderBox" => format!("\\boxed{{{base}}}"),
        "m" => format!("\\begin{{matrix}}{}\\end{{matrix}}", parts.bases.join("\\\\")),
        _ => parts.bases.join("\\\\"),
    }
}

fn fraction(parts: &Parts) -> String {
    let (above, below) = (&parts.numerator, &parts.denominator);
    match parts.kind.as_deref() {
        Some("skw") => format!("^{{{above}}}/_{{{below}}}"),
        Some("lin") => format!("{{{above}}}/{{{below}}}"),
        Some("noBar") => format!("\\genfrac{{}}{{}}{{0pt}}{{}}{{{above}}}{{{below}}}"),
        _ => format!("\\frac{{{above}}}{{{below}}}"),
    }
}

fn scripts(parts: &Parts) -> String {
    let mut scripts = String::new();
    for (sign, script) in [('_', &parts.below), ('^', &parts.above)] {
        if let Some(script) = script.as_deref().map(str::trim).filter(|script| !script.is_empty()) {
            scripts.push(sign);
            scripts.push('{');
            scripts.push_str(script);
            scripts.push('}');
        }
    }
    scripts
}

/// A base that a script would otherwise only half belong to, in braces.
fn grouped(base: &str) -> String {
    if base.contains("\\frac") || base.contains("\\sqrt") { format!("{{{base}}}") } else { base.to_owned() }
}

fn function(name: &str) -> String {
    let name = name.trim();
    if FUNCTIONS.contains(&name) { format!("\\{name}") } else { name.to_owned() }
}

fn accented(sign: Option<&str>, usual: &str, base: &str) -> String {
    let command = match sign {
        None => Some(usual),
        Some(sign) => sign.chars().next().and_then(symbols::accent),
    };
    match command {
        Some(command) => format!("\\{command}{{{base}}}"),
        None => format!("\\overset{{{}}}{{{base}}}", characters(sign.unwrap_or_default())),
    }
}

fn delimiter(sign: &str) -> String {
    match sign {
        "" => ".".into(),
        "{" | "}" => format!("\\{sign}"),
        "‖" => "\\Vert ".into(),
        sign => characters(sign).trim_start().to_owned(),
    }
}

/// Characters of a formula in LaTeX.
fn characters(text: &str) -> String {
    let mut latex = String::with_capacity(text.len());
    for c in text.chars() {
        let c = symbols::plain_letter(c).unwrap_or(c);
        match c {
            '#' | '$' | '%' | '&' | '_' | '{' | '}' => {
                latex.push('\\');
                latex.push(c);
            }
            '\\' => latex.push_str(" \\backslash "),
            '−' | '–' | '—' => latex.push('-'),
            // Invisible times, plus and application of a function.
            '\u{2061}'..='\u{2064}' => {}
            '<' | '>' => {
                latex.push(' ');
                latex.push(c);
                latex.push(' ');
            }
            c if c.is_ascii() => latex.push(c),
            c => match symbols::command(c) {
                Some(command) => {
                    latex.push_str(" \\");
                    latex.push_str(command);
                    latex.push(' ');
                }
                None => latex.push(c),
            },
        }
    }
    latex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(formula: &str, expect: &str) {
        let text = format!("<m:oMath xmlns:m='x'>{formula}</m:oMath>");
        let mut xml = Xml::new(&text);
        let root = xml.root().unwrap();
        assert_eq!(latex(&mut xml, &root), expect);
    }

    fn r(text: &str) -> String {
        format!("<m:r><m:t>{text}</m:t></m:r>")
    }

    #[test]
    fn expressions_are_latex() {
        check(
            &format!("{}<m:sSup><m:e>{}</m:e><m:sup>{}</m:sup></m:sSup>", r("A=π"), r("r"), r("2")),
            "A= \\pi r^{2}",
        );
        let fraction = format!("<m:f><m:num>{}</m:num><m:den>{}</m:den></m:f>", r("a"), r("b"));
        check(
            &format!("<m:sSup><m:e>{fraction}</m:e><m:sup>{}</m:sup></m:sSup>", r("2")),
            "{\\frac{a}{b}}^{2}",
        );
        check(
            &format!("<m:rad><m:radPr><m:degHide/></m:radPr><m:deg/><m:e>{}</m:e></m:rad>", r("x")),
            "\\sqrt{x}",
        );
        check(
            &format!(
                "<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{}</m:sub><m:sup>{}</m:sup><m:e>{}</m:e></m:nary>",
                r("i=1"),
                r("n"),
                r("𝑖")
            ),
            "\\sum_{i=1}^{n}i",
        );
        check(
            &format!(
                "<m:func><m:fName><m:limLow><m:e>{}</m:e><m:lim>{}</m:lim></m:limLow></m:fName><m:e>{}</m:e></m:func>",
                r("lim"),
                r("x→0"),
                r("f")
            ),
            "\\lim_{x \\to 0}{f}",
        );
        check(
            &format!(
                "<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=''/></m:dPr><m:e>{0}</m:e><m:e>{0}</m:e></m:d>",
                r("x")
            ),
            "\\left[x|x\\right.",
        );
        let row = format!("<m:mr><m:e>{}</m:e><m:e>{}</m:e></m:mr>", r("1"), r("2"));
        check(&format!("<m:m>{row}{row}</m:m>"), "\\begin{matrix}1&2\\\\1&2\\end{matrix}");
        check(&format!("<m:acc><m:e>{}</m:e></m:acc>", r("x_")), "\\hat{x\\_}");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}{}", "<m:e>".repeat(3_000), r("x"), "</m:e>".repeat(3_000));
        check(&deep, "x");
    }
}
