//! Owns sentences made from templates: `{a|b}` is one of them, `@name` one of a list's. The same seed gives the same.

/// A file of templates.
pub struct Templates {
    lists: Vec<(String, Vec<String>)>,
    /// The templates, a line each.
    pub lines: Vec<String>,
}

/// Numbers that look random (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    /// The next number, below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(from.len());
        from.get(at)
    }
}

impl Templates {
    /// Reads a file.
    pub fn read(text: &str) -> Self {
        let (mut lists, mut lines) = (Vec::new(), Vec::new());
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            match line.strip_prefix('@').and_then(|line| line.split_once(" = ")) {
                Some((name, list)) => {
                    lists.push((name.to_owned(), list.split('|').map(str::to_owned).collect()));
                }
                None => lines.push(line.to_owned()),
            }
        }
        // Longer names first, so that `@models` is not read as `@model`.
        lists.sort_by_key(|(name, _): &(String, Vec<String>)| std::cmp::Reverse(name.len()));
        Self { lists, lines }
    }

    /// A sentence of a template.
    pub fn fill(&self, line: &str, dice: &mut Dice) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(at) = rest.find(['{', '@']) {
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            rest = self.fill_one(after, &mut out, dice);
        }
        out.push_str(rest);
        out
    }

    fn fill_one<'a>(&self, after: &'a str, out: &mut String, dice: &mut Dice) -> &'a str {
        let choices = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        if let Some((choice, rest)) = choices.filter(|(choice, _)| choice.contains('|')) {
            let choices: Vec<&str> = choice.split('|').collect();
            let chosen = dice.pick(&choices).copied().unwrap_or_default();
            out.push_str(&self.fill(chosen, dice));
            return rest;
        }
        for (name, list) in &self.lists {
            if let Some(rest) = after.strip_prefix('@').and_then(|after| after.strip_prefix(name.as_str())) {
                let chosen = dice.pick(list).cloned().unwrap_or_default();
                out.push_str(&self.fill(&chosen, dice));
                return rest;
            }
        }
        let length = after.chars().next().map_or(0, char::len_utf8);
        let (kept, rest) = after.split_at(length);
        out.push_str(kept);
        rest
    }
}
