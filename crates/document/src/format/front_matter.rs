//! YAML front matter: `key: value` lines between `---` lines at the top of a Markdown file.
//!
//! Reads the flat part that front matter consists of: scalars and lists of scalars. What is nested deeper is
//! kept as the text it is.

use std::collections::BTreeMap;

use serde_json::Value;

/// The metadata of a front matter block, given without its fences.
pub(super) fn parse(block: &str) -> BTreeMap<String, Value> {
    let mut metadata = BTreeMap::new();
    let mut lines = block.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.split_once(':') else { continue };
        if key.starts_with([' ', '\t', '#', '-']) || key.trim().is_empty() {
            continue;
        }
        let (key, value) = (key.trim().trim_matches(['"', '\'']), without_comment(value.trim()));
        let mut inner = Vec::new();
        while let Some(next) = lines.peek()
            && (next.starts_with([' ', '\t']) || next.starts_with("- ") || next.trim().is_empty())
        {
            inner.push(lines.next().unwrap_or_default());
        }
        metadata.insert(key.to_owned(), value_of(value, &inner));
    }
    metadata
}

fn value_of(value: &str, inner: &[&str]) -> Value {
    let inner: Vec<&str> = inner.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    if value.is_empty() || value.starts_with(['|', '>']) {
        if !inner.is_empty() && inner.iter().all(|line| line.starts_with("- ")) {
            return inner.iter().map(|line| scalar(without_comment(line[2..].trim()))).collect();
        }
        return if inner.is_empty() { Value::Null } else { Value::String(inner.join(" ")) };
    }
    if let Some(items) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return items.split(',').map(str::trim).filter(|item| !item.is_empty()).map(scalar).collect();
    }
    if inner.is_empty() { scalar(value) } else { Value::String(format!("{value} {}", inner.join(" "))) }
}

fn scalar(text: &str) -> Value {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Value::String(inner.to_owned());
        }
    }
    match text {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        "null" | "~" | "" => return Value::Null,
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return Value::from(number);
    }
    match text.parse::<f64>() {
        Ok(number) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') && number.is_finite() => {
            Value::from(number)
        }
        _ => Value::String(text.to_owned()),
    }
}

fn without_comment(value: &str) -> &str {
    if value.starts_with(['"', '\'']) {
        return value;
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_and_lists() {
        let metadata = parse(
            "title: \"A: guide\"\ndate: 2026-01-02 # day\ntags: [a, 'b c']\nlevels:\n  - 1\n  - two\ndraft: false\nweight: 3\nver: 1.10\ntext: >\n  folded\n  lines\n",
        );
        let expect = serde_json::json!({
            "title": "A: guide", "date": "2026-01-02", "tags": ["a", "b c"], "levels": [1, "two"],
            "draft": false, "weight": 3, "ver": 1.1, "text": "folded lines",
        });
        assert_eq!(serde_json::to_value(metadata).unwrap(), expect);
    }
}
