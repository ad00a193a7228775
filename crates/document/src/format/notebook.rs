//! Jupyter notebooks (nbformat 3 and 4): Markdown cells as they are, code and its outputs in fences.

use serde_json::Value;

use super::{Context, Damage, Entry, Read, html, markdown};
use crate::{Document, Extent, Problem, Scan, decode};

/// Notebooks.
pub(crate) const FORMAT: Entry = Entry {
    name: "notebook",
    endings: &["ipynb"],
    names: &[],
    prose: true,
    read: Read::Text(|text, context| read(&text, context)),
};

/// What stands where a picture is.
const PICTURE: &str = "<!-- image -->";
/// Images that can be read, by the keys of nbformat 4 and 3.
const IMAGES: [(&str, &str, &str); 4] = [
    ("image/png", "png", "image/png"),
    ("image/jpeg", "jpeg", "image/jpeg"),
    ("image/gif", "gif", "image/gif"),
    ("image/webp", "webp", "image/webp"),
];

fn read(text: &str, context: &Context<'_>) -> Result<Document, Damage> {
    let notebook: Value = serde_json::from_str(text).map_err(|error| Damage::Broken(error.to_string()))?;
    let version = notebook["nbformat"].as_u64().unwrap_or(0);
    let cells: Vec<&Value> = match (notebook["cells"].as_array(), notebook["worksheets"].as_array()) {
        (Some(cells), _) => cells.iter().collect(),
        (None, Some(sheets)) => {
            sheets.iter().filter_map(|sheet| sheet["cells"].as_array()).flatten().collect()
        }
        (None, None) => return Err(Damage::Broken("it has no cells".into())),
    };
    let mut writer =
        Writer { document: Document::new(context.format, String::new()), language: language(&notebook) };
    if !(3..=4).contains(&version) {
        writer.problem("the whole notebook", format!("its version {version} is not known here"), false);
    }
    for (number, cell) in cells.into_iter().enumerate() {
        writer.cell(number + 1, cell);
    }
    let mut document = writer.document;
    document.blocks = markdown::blocks(&document.text).blocks;
    let named = notebook["metadata"]["title"].as_str().or_else(|| notebook["metadata"]["name"].as_str());
    let named = named.map(str::trim).filter(|title| !title.is_empty()).map(str::to_owned);
    document.title = named.or_else(|| markdown::first_heading(&document.blocks));
    let authors = notebook["metadata"]["authors"].as_array().into_iter().flatten();
    let authors: Vec<&str> =
        authors.filter_map(|author| author["name"].as_str().or(author.as_str())).collect();
    if !authors.is_empty() {
        document.metadata.insert("author".into(), Value::from(authors.join(", ")));
    }
    Ok(document)
}

/// The language of the notebook's code.
fn language(notebook: &Value) -> String {
    let metadata = &notebook["metadata"];
    let found =
        [&metadata["kernelspec"]["language"], &metadata["language_info"]["name"], &metadata["language"]];
    word(found.into_iter().find_map(Value::as_str).unwrap_or("python"))
}

/// A word that may stand after a fence.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || "+-#._".contains(*c)).collect::<String>().to_lowercase()
}

struct Writer {
    document: Document,
    language: String,
}

impl Writer {
    fn cell(&mut self, number: usize, cell: &Value) {
        let source = text_of(if cell["source"].is_null() { &cell["input"] } else { &cell["source"] });
        match cell["cell_type"].as_str().unwrap_or_default() {
            "markdown" => {
                self.block(source.trim());
                self.attachments(number, cell);
            }
            "heading" => {
                let level = cell["level"].as_u64().unwrap_or(1).clamp(1, 6);
                let level = usize::try_from(level).unwrap_or(1);
                let title = source.split_whitespace().collect::<Vec<_>>().join(" ");
                self.block(&format!("{} {title}", "#".repeat(level)));
            }
            "code" => {
                let own = cell["language"].as_str().map(word);
                let language = own.unwrap_or_else(|| self.language.clone());
                self.fence(&language, &source);
                for (place, output) in cell["outputs"].as_array().into_iter().flatten().enumerate() {
                    self.output(&format!("cell {number}, output {}", place + 1), output);
                }
            }
            "raw" => self.fence("", &source),
            kind => {
                self.fence("", &source);
                self.problem(
                    &format!("cell {number}"),
                    format!("cells of kind `{}` are not known here", word(kind)),
                    false,
                );
            }
        }
    }

    fn output(&mut self, place: &str, output: &Value) {
        match output["output_type"].as_str().unwrap_or_default() {
            "stream" => self.fence("", &plain(&text_of(&output["text"]))),
            "error" | "pyerr" => {
                let trace = output["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let trace = plain(&trace.collect::<Vec<_>>().join("\n"));
                let text = |key: &str| output[key].as_str().unwrap_or_default().to_owned();
                let said = format!("{}: {}", text("ename"), text("evalue"));
                self.fence("", if trace.trim().is_empty() { &said } else { &trace });
            }
            // Version 3 has the data beside the type, under short names.
            _ if output["data"].is_object() => self.data(place, &output["data"]),
            _ => self.data(place, output),
        }
    }

    /// One result in several forms: the one that says most as text, and its picture.
    fn data(&mut self, place: &str, data: &Value) {
        let form = |keys: [&str; 2]| {
            keys.into_iter().map(|key| text_of(&data[key])).find(|text| !text.trim().is_empty())
        };
        let table = form(["text/html", "html"]).filter(|html| html.contains("<table"));
        let mut shown = true;
        if let Some(text) = form(["text/markdown", "markdown"]) {
            self.block(text.trim());
        } else if let Some(table) = table {
            let read = html::parse(&table, Extent::Whole);
            self.block(read.text.trim());
        } else if let Some(text) = form(["text/latex", "latex"]) {
            self.block(text.trim());
        } else if let Some(text) = form(["text/plain", "text"]) {
            self.fence("", &plain(&text));
        } else if let Some(page) = form(["text/html", "html"]) {
            self.block(html::parse(&page, Extent::Whole).text.trim());
        } else {
            shown = false;
        }
        shown |= self.image(place, data);
        let kinds = data.as_object().map(|data| data.keys().map(String::as_str).collect::<Vec<_>>());
        let kinds = kinds.unwrap_or_default();
        if !shown && !kinds.is_empty() {
            self.problem(
                place,
                format!("outputs of the kind `{}` are not read here", kinds.join("`, `")),
                true,
            );
        }
    }

    /// The picture among the forms of a result.
    fn image(&mut self, place: &str, data: &Value) -> bool {
        for (key, short, media_type) in IMAGES {
            let text = text_of(if data[key].is_null() { &data[short] } else { &data[key] });
            if text.trim().is_empty() {
                continue;
            }
            self.block(PICTURE);
            let at = self.document.text.len() - PICTURE.len();
            let bytes = decode::base64(text.as_bytes());
            self.problem(place, "no text was read in it".into(), true);
            self.document.scans.push(Scan { place: place.to_owned(), at, media_type, bytes });
            return true;
        }
        false
    }

    /// Pictures that a Markdown cell carries.
    fn attachments(&mut self, number: usize, cell: &Value) {
        for (name, forms) in cell["attachments"].as_object().into_iter().flatten() {
            self.image(&format!("cell {number}, picture `{name}`"), forms);
        }
    }

    fn fence(&mut self, language: &str, code: &str) {
        let code = code.trim_end().trim_start_matches('\n');
        if code.trim().is_empty() {
            return;
        }
        let ticks = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat((ticks + 1).max(3));
        self.block(&format!("{fence}{language}\n{code}\n{fence}"));
    }

    fn block(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.document.text.is_empty() {
            self.document.text.push_str("\n\n");
        }
        self.document.text.push_str(text);
    }

    fn problem(&mut self, place: &str, why: String, content_lost: bool) {
        let what = "cell".to_owned();
        self.document.problems.push(Problem { place: place.to_owned(), what, why, content_lost });
    }
}

/// A text, or the lines of one.
fn text_of(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    };
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}")
}

/// Text for a terminal without what colours it.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('\u{1b}') {
        plain.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        if let Some(sequence) = rest.strip_prefix('[') {
            let end = sequence.find(|c: char| ('@'..='~').contains(&c)).map_or(sequence.len(), |end| end + 1);
            rest = &sequence[end..];
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use crate::{Document, Extent, Input, ParseError, parse};

    fn read(notebook: &serde_json::Value) -> Document {
        let bytes = notebook.to_string().into_bytes();
        parse(&Input { name: "a.ipynb", bytes: &bytes, extent: Extent::Whole, passwords: &[] }).unwrap()
    }

    #[test]
    fn cells_and_outputs_of_version_4() {
        let document = read(&serde_json::json!({
            "nbformat": 4, "metadata": {"kernelspec": {"language": "R"}, "authors": [{"name": "Ann"}]},
            "cells": [
                {"cell_type": "markdown", "source": ["# Top\n", "words"], "attachments": {"a.png": {"image/png": "iVBO"}}},
                {"cell_type": "code", "source": "print(`1`)\n```", "outputs": [
                    {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]},
                    {"output_type": "execute_result", "data": {"text/plain": "x", "text/html": "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"}},
                    {"output_type": "display_data", "data": {"image/png": "aGVs\nbG8=", "text/plain": "<Figure>"}},
                    {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\u{1b}[0;31mE\u{1b}[0m: v"]},
                    {"output_type": "display_data", "data": {"application/x-plot": {}}},
                ]},
                {"cell_type": "raw", "source": "raw"},
            ],
        }));
        let text = &document.text;
        assert!(
            text.starts_with(
                "# Top\nwords\n\n<!-- image -->\n\n````r\nprint(`1`)\n```\n````\n\n```\n1\n2\n```\n\n| a"
            ),
            "{text}"
        );
        assert!(
            text.contains("```\n<Figure>\n```\n\n<!-- image -->\n\n```\nE: v\n```\n\n```\nraw\n```"),
            "{text}"
        );
        assert_eq!((document.title.as_deref(), &document.metadata["author"]), (Some("Top"), &"Ann".into()));
        assert_eq!(document.scans.len(), 2);
        assert_eq!(document.scans[1].bytes, b"hello");
        assert!(text[document.scans[1].at..].starts_with("<!-- image -->\n\n```\nE"));
        let why: Vec<_> = document.problems.iter().map(|problem| problem.why.as_str()).collect();
        assert_eq!(why[2], "outputs of the kind `application/x-plot` are not read here");
    }

    #[test]
    fn cells_and_outputs_of_version_3() {
        let document = read(&serde_json::json!({
            "nbformat": 3, "metadata": {"name": "Named"},
            "worksheets": [{"cells": [
                {"cell_type": "heading", "level": 2, "source": "Old"},
                {"cell_type": "code", "language": "python", "input": ["a"], "outputs": [
                    {"output_type": "pyout", "text": ["1"], "prompt_number": 1},
                    {"output_type": "display_data", "png": "aGVsbG8="},
                ]},
            ]}],
        }));
        assert_eq!(document.text, "## Old\n\n```python\na\n```\n\n```\n1\n```\n\n<!-- image -->");
        assert_eq!((document.title.as_deref(), document.scans.len()), (Some("Named"), 1));
        let broken = parse(&Input { name: "a.ipynb", bytes: b"{}", extent: Extent::Whole, passwords: &[] });
        assert!(matches!(broken, Err(ParseError::Damaged { .. })));
    }
}
