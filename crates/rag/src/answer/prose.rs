//! A sentence of a document as it stands in an answer: without the document's markup.

/// The sentence without list markers, emphasis, link targets and table bars; white space is single.
/// `header` is the header row of the table that a row belongs to.
pub(super) fn plain(sentence: &str, header: Option<&str>) -> String {
    let line = sentence.trim();
    if line.starts_with('|') {
        return table_row(line, header);
    }
    let line = without_marker(line);
    let line = without_links(line);
    let mut plain = String::with_capacity(line.len());
    for word in line.split_whitespace() {
        let word = word.replace("**", "").replace("__", "");
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(&word);
    }
    plain
}

fn without_marker(line: &str) -> &str {
    let line = line.trim_start_matches(['>', ' ']);
    for marker in ["- ", "* ", "+ "] {
        if let Some(rest) = line.strip_prefix(marker) {
            return rest.trim_start();
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match line[digits..].strip_prefix(". ").or_else(|| line[digits..].strip_prefix(") ")) {
        Some(rest) if (1..=3).contains(&digits) => rest.trim_start(),
        _ => line,
    }
}

/// `[text](target)` and `![text](target)` become `text`.
fn without_links(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('[') {
        let link = rest[open..].find("](").and_then(|middle| {
            let end = rest[open + middle..].find(')')?;
            Some((open + middle, open + middle + end))
        });
        let Some((middle, end)) = link else { break };
        plain.push_str(rest[..open].trim_end_matches('!'));
        plain.push_str(&rest[open + 1..middle]);
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    plain
}

fn table_row(line: &str, header: Option<&str>) -> String {
    let cells = |row: &str| -> Vec<String> {
        row.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let names = header.filter(|header| header.trim().starts_with('|')).map(cells).unwrap_or_default();
    let row = cells(line);
    let mut parts = Vec::with_capacity(row.len());
    for (place, cell) in row.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        match names.get(place).filter(|name| !name.is_empty()) {
            Some(name) => parts.push(format!("{name}: {cell}")),
            None => parts.push(cell),
        }
    }
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sentence: &str, expect: &str) {
        assert_eq!(plain(sentence, None), expect);
    }

    #[test]
    fn markup_goes_and_words_stay() {
        check("- Use **two** pools.", "Use two pools.");
        check("12. See [the guide](a.md#b) first.", "See the guide first.");
        check("> A note\n> goes on.", "A note > goes on.");
        check("2024 was a year.", "2024 was a year.");
        check("An [unclosed bracket.", "An [unclosed bracket.");
        check("![A picture](x.png) shows it.", "A picture shows it.");
    }

    #[test]
    fn a_row_is_told_with_its_header() {
        let told = plain("| Venus | 243 | |", Some("| Planet | Day | Moons |"));
        assert_eq!(told, "Planet: Venus, Day: 243.");
        assert_eq!(plain("| a | b |", None), "a, b.");
    }
}
