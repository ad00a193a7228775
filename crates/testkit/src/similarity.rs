//! How alike two texts are, as Python's `difflib` counts it, and how alike their tables and headings are.

use std::collections::HashMap;

/// `difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()` over the lowercase words (`\w+`) of two texts:
/// twice the words in matching blocks by the words of both, 0…1; 1 for two empty texts.
pub fn word_similarity(a: &str, b: &str) -> f64 {
    ratio(&words(a), &words(b))
}

/// The same over the cells of Markdown tables, in order; `None` where neither text has a table.
pub fn cell_similarity(a: &str, b: &str) -> Option<f64> {
    some_ratio(&cells(a), &cells(b))
}

/// The same over Markdown headings with their levels; `None` where neither text has one.
pub fn heading_similarity(a: &str, b: &str) -> Option<f64> {
    some_ratio(&headings(a), &headings(b))
}

fn some_ratio(a: &[String], b: &[String]) -> Option<f64> {
    (!a.is_empty() || !b.is_empty()).then(|| ratio(a, b))
}

fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn cells(text: &str) -> Vec<String> {
    let rows = text.lines().map(str::trim).filter(|line| line.starts_with('|') && line.ends_with('|'));
    let rows = rows.filter(|line| line.chars().any(|c| !matches!(c, '|' | '-' | ':' | ' ')));
    rows.flat_map(|row| row.trim_matches('|').split('|').map(|cell| words(cell).join(" "))).collect()
}

fn headings(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let level = line.chars().take_while(|c| *c == '#').count();
        if !fenced && (1..=6).contains(&level) && line[level..].starts_with(' ') {
            found.push(format!("{level} {}", words(&line[level..]).join(" ")));
        }
    }
    found
}

#[expect(clippy::cast_precision_loss, reason = "a share of words")]
fn ratio(a: &[String], b: &[String]) -> f64 {
    let all = a.len() + b.len();
    if all == 0 {
        return 1.0;
    }
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, word) in b.iter().enumerate() {
        places.entry(word).or_default().push(place);
    }
    let mut matched = 0;
    let mut waiting = vec![(0, a.len(), 0, b.len())];
    while let Some((a_start, a_end, b_start, b_end)) = waiting.pop() {
        let mut best = (a_start, b_start, 0);
        let mut lengths: HashMap<usize, usize> = HashMap::new();
        for (i, word) in a.iter().enumerate().take(a_end).skip(a_start) {
            let mut next = HashMap::new();
            for j in places.get(word.as_str()).into_iter().flatten().copied() {
                if (b_start..b_end).contains(&j) {
                    let before = j.checked_sub(1).and_then(|j| lengths.get(&j)).copied().unwrap_or(0);
                    next.insert(j, before + 1);
                    if before + 1 > best.2 {
                        best = (i - before, j - before, before + 1);
                    }
                }
            }
            lengths = next;
        }
        let (i, j, length) = best;
        if length > 0 {
            matched += length;
            waiting.push((a_start, i, b_start, j));
            waiting.push((i + length, a_end, j + length, b_end));
        }
    }
    2.0 * matched as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_difflib() {
        // Printed by Python 3.11 for the same words.
        let near = |found: f64, expect: f64| assert!((found - expect).abs() < 1e-12, "{found} {expect}");
        near(word_similarity("The cat sat on the mat", "the cat lay on a mat"), 2.0 / 3.0);
        near(word_similarity("a b c d", "d c b a"), 0.25);
        near(word_similarity("", "- | #"), 1.0);
        assert_eq!(cell_similarity("x", "y"), None);
        assert_eq!(
            cell_similarity("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n| - | - |\n| 1 | 2 |"),
            Some(1.0)
        );
        assert_eq!(heading_similarity("# A\n\n```\n# no\n```", "# a"), Some(1.0));
        assert_eq!(heading_similarity("# A", "## A"), Some(0.0));
    }
}
