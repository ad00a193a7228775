//! Lists' definitions, and the numbers that their items have reached.

use std::collections::{HashMap, HashSet};

use super::super::ooxml::xml::{Element, Xml};

/// How many definitions one may refer to, one to the next.
const LINKS_MAX: usize = 10;
/// Letters and roman numerals are not written for greater numbers.
const SPELLED_MAX: u32 = 4_999;

/// A level of a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    start: u32,
    /// How its numbers are written, by the format's name in the file.
    format: String,
    /// What is shown: `%1.%2` stands for the numbers of the first two levels.
    text: String,
    /// The left indentation in twips.
    pub left: Option<i64>,
}

#[derive(Default)]
struct Definition {
    levels: HashMap<u8, Level>,
    /// The numbering style that has the levels, if this one has not.
    link: Option<String>,
}

#[derive(Default)]
struct List {
    definition: String,
    levels: HashMap<u8, Level>,
    starts: HashMap<u8, u32>,
}

/// All lists of a file, and where counting has come to.
#[derive(Default)]
pub(super) struct Numbering {
    definitions: HashMap<String, Definition>,
    lists: HashMap<i64, List>,
    /// The list of a numbering style.
    links: HashMap<String, i64>,
    counters: HashMap<(i64, u8), u32>,
    started: HashSet<i64>,
    /// The numbers that headings have reached, by level.
    headings: [Option<u32>; 11],
}

impl Numbering {
    /// Reads the numbering part; `links` are the lists of numbering styles.
    pub(super) fn read(xml: &mut Xml<'_>, links: HashMap<String, i64>) -> Self {
        let mut numbering = Self { links, ..Self::default() };
        let Some(root) = xml.root() else { return numbering };
        while let Some(element) = xml.child(root.inner) {
            match element.name() {
                "abstractNum" => {
                    let id = element.attribute("abstractNumId").unwrap_or_default();
                    numbering.definitions.insert(id, definition(xml, &element));
                }
                "num" => {
                    if let Some(id) = element.number("numId") {
                        numbering.lists.insert(id, list(xml, &element));
                    }
                }
                _ => {}
            }
        }
        numbering
    }

    /// The level of a list, through the numbering style that it may refer to.
    pub(super) fn level(&self, list: i64, level: u8) -> Option<&Level> {
        let mut list = self.lists.get(&list)?;
        for _ in 0..LINKS_MAX {
            if let Some(own) = list.levels.get(&level) {
                return Some(own);
            }
            let definition = self.definitions.get(&list.definition)?;
            if let Some(own) = definition.levels.get(&level) {
                return Some(own);
            }
            list = self.lists.get(self.links.get(definition.link.as_ref()?)?)?;
        }
        None
    }

    /// Whether items of this level have numbers or letters, rather than bullets.
    pub(super) fn is_numbered(&self, list: i64, level: u8) -> bool {
        self.level(list, level).is_some_and(|own| {
            let latin = ["decimal", "decimalZero", "lowerLetter", "upperLetter", "lowerRoman", "upperRoman"];
            latin.contains(&own.format.as_str()) || cjk(&own.format, 1).is_some()
        })
    }

    /// Counts the next item of a level, and gives its number as it is shown.
    pub(super) fn next(&mut self, list: i64, level: u8) -> String {
        let before = self.counters.get(&(list, level)).copied();
        let next = before.map_or_else(|| self.start(list, level), |before| before.saturating_add(1));
        self.counters.insert((list, level), next);
        for deeper in level + 1..=9 {
            if let Some(counter) = self.counters.get_mut(&(list, deeper)) {
                *counter = 0;
            }
        }
        self.shown(list, level)
    }

    /// Begins a list. One that was begun already goes on where it was.
    pub(super) fn begin(&mut self, list: i64) {
        if self.started.insert(list) {
            for level in 0..=9 {
                if let Some(counter) = self.counters.get_mut(&(list, level)) {
                    *counter = 0;
                }
            }
        }
    }

    /// The number before a caption, if its list gives captions numbers of their own: letters, and a number that
    /// goes on from a higher level, as in `Table 2.1`.
    pub(super) fn caption(&mut self, list: i64, level: u8) -> Option<String> {
        let text = &self.level(list, level)?.text;
        let higher = (0..level).any(|upper| text.contains(&format!("%{}", upper + 1)));
        let letters = text.chars().any(char::is_alphabetic);
        (higher && letters).then(|| self.next(list, level))
    }

    /// The number of the next heading of a level, 1 to 9, with those of the headings that it is under.
    pub(super) fn heading(&mut self, level: u8, list: i64, list_level: u8) -> String {
        let at = usize::from(level.clamp(1, 9));
        let own = self.headings[at].map_or(1, |before| before.saturating_add(1));
        self.headings[at] = Some(own);
        for deeper in self.headings[at + 1..].iter_mut().map_while(Option::as_mut) {
            *deeper = 0;
        }
        let mut shown = own.to_string();
        for upper in self.headings[..at].iter_mut().rev().map_while(Option::as_mut) {
            // A heading that skips a level is under the first of it.
            *upper = (*upper).max(1);
            shown = format!("{upper}.{shown}");
        }
        self.counters.insert((list, list_level), own);
        let depends = format!("%{}", list_level.saturating_add(1));
        for deeper in list_level.saturating_add(1)..=9 {
            let resets = self.level(list, deeper).is_some_and(|own| own.text.contains(&depends));
            if let Some(counter) = self.counters.get_mut(&(list, deeper)).filter(|_| resets) {
                *counter = 0;
            }
        }
        self.started.insert(list);
        shown
    }

    fn start(&self, list: i64, level: u8) -> u32 {
        let own = self.lists.get(&list).and_then(|list| list.starts.get(&level));
        own.copied().or_else(|| Some(self.level(list, level)?.start)).unwrap_or(1)
    }

    fn reached(&self, list: i64, level: u8) -> u32 {
        self.counters.get(&(list, level)).copied().unwrap_or_else(|| self.start(list, level))
    }

    /// The number of the item that was counted last. Plain numbers are shown with those above them, `1.2.`;
    /// letters, and text beside the numbers, as the level says.
    fn shown(&self, list: i64, level: u8) -> String {
        let format = |level: u8| self.level(list, level).map_or("", |own| own.format.as_str());
        let own = self.level(list, level).map_or("", |own| own.text.as_str());
        let literal = literal(own);
        let words = literal.contains(|c: char| !" .)(:[]".contains(c));
        if own.contains('%') && (words || !matches!(format(level), "decimal" | "")) {
            let mut shown = String::new();
            let mut rest = own;
            while let Some((before, after)) = rest.split_once('%') {
                shown.push_str(before);
                match after
                    .chars()
                    .next()
                    .and_then(|c| c.to_digit(10))
                    .and_then(|digit| u8::try_from(digit).ok())
                {
                    Some(digit @ 1..) => {
                        shown.push_str(&spelled(self.reached(list, digit - 1), format(digit - 1)));
                        rest = &after[1..];
                    }
                    _ => {
                        shown.push('%');
                        rest = after;
                    }
                }
            }
            shown.push_str(rest);
            return shown;
        }
        let numbers = (0..=level).map(|upper| spelled(self.reached(list, upper), format(upper)));
        format!("{}.", numbers.collect::<Vec<_>>().join("."))
    }
}

/// What of a level's text is no number.
fn literal(text: &str) -> String {
    let mut literal = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '%' && chars.peek().is_some_and(char::is_ascii_digit) {
            chars.next();
        } else {
            literal.push(c);
        }
    }
    literal
}

fn definition(xml: &mut Xml<'_>, element: &Element<'_>) -> Definition {
    let mut definition = Definition::default();
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "lvl" => {
                if let Some(number) = part.number("ilvl").and_then(|level| u8::try_from(level).ok()) {
                    definition.levels.insert(number, level(xml, &part));
                }
            }
            "numStyleLink" => definition.link = part.attribute("val"),
            _ => {}
        }
    }
    definition
}

fn level(xml: &mut Xml<'_>, element: &Element<'_>) -> Level {
    let mut level = Level { start: 1, ..Level::default() };
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "start" => {
                level.start = part.number("val").and_then(|start| u32::try_from(start).ok()).unwrap_or(1)
            }
            "numFmt" => level.format = part.attribute("val").unwrap_or_default(),
            "lvlText" => level.text = part.attribute("val").unwrap_or_default(),
            "pPr" => level.left = super::styles::layout(xml, &part).left,
            _ => {}
        }
    }
    level
}

fn list(xml: &mut Xml<'_>, element: &Element<'_>) -> List {
    let mut list = List::default();
    while let Some(part) = xml.child(element.inner) {
        match part.name() {
            "abstractNumId" => list.definition = part.attribute("val").unwrap_or_default(),
            "lvlOverride" => {
                let Some(number) = part.number("ilvl").and_then(|level| u8::try_from(level).ok()) else {
                    continue;
                };
                while let Some(own) = xml.child(part.inner) {
                    match own.name() {
                        "startOverride" => {
                            let start = own.number("val").and_then(|start| u32::try_from(start).ok());
                            list.starts.insert(number, start.unwrap_or(1));
                        }
                        "lvl" => {
                            list.levels.insert(number, level(xml, &own));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    list
}

/// A number as a format writes it.
fn spelled(number: u32, format: &str) -> String {
    if number == 0 || number > SPELLED_MAX {
        return number.to_string();
    }
    match format {
        "lowerLetter" => letters(number),
        "upperLetter" => letters(number).to_uppercase(),
        "lowerRoman" => roman(number).to_lowercase(),
        "upperRoman" => roman(number),
        "decimalZero" => format!("{number:02}"),
        _ => cjk(format, number).unwrap_or_else(|| number.to_string()),
    }
}

/// a, b, …, z, aa, bb: a letter is repeated once the alphabet is through.
fn letters(number: u32) -> String {
    let letter = u8::try_from((number - 1) % 26).map_or('a', |offset| char::from(b'a' + offset));
    std::iter::repeat_n(letter, usize::try_from((number - 1) / 26 + 1).unwrap_or(1)).collect()
}

fn roman(mut number: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut roman = String::new();
    for (value, sign) in SIGNS {
        while number >= value {
            roman.push_str(sign);
            number -= value;
        }
    }
    roman
}

/// A number in a format of East Asia; `None` for other formats, and for numbers beyond what is written out.
fn cjk(format: &str, number: u32) -> Option<String> {
    let nth =
        |signs: &str| signs.chars().nth(usize::try_from(number).ok()?.checked_sub(1)?).map(String::from);
    let digits = |signs: &str| {
        let digit = |c: char| signs.chars().nth(usize::try_from(c.to_digit(10)?).ok()?);
        number.to_string().chars().map(digit).collect::<Option<String>>()
    };
    match format {
        "decimalEnclosedCircle" => nth("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
        "decimalFullWidth" => digits("０１２３４５６７８９"),
        "ideographDigital" => digits("〇一二三四五六七八九"),
        "ideographTraditional" => nth("甲乙丙丁戊己庚辛壬癸"),
        "ideographZodiac" => nth("子丑寅卯辰巳午未申酉戌亥"),
        "chineseCounting" | "chineseCountingThousand" | "japaneseCounting" | "taiwaneseCounting" => {
            counted(number)
        }
        _ => None,
    }
}

/// A number below 100 in the characters for counting: 十一, 二十, 三十五.
fn counted(number: u32) -> Option<String> {
    let digit = |value: u32| "一二三四五六七八九".chars().nth(usize::try_from(value).ok()?.checked_sub(1)?);
    let (tens, ones) = (number / 10, number % 10);
    if tens > 9 {
        return None;
    }
    let mut text = String::new();
    if tens > 1 {
        text.extend(digit(tens));
    }
    if tens > 0 {
        text.push('十');
    }
    text.extend(digit(ones));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering(levels: &[(&str, &str)]) -> Numbering {
        let levels: String = levels
            .iter()
            .enumerate()
            .map(|(n, (format, text))| {
                format!(
                    "<w:lvl w:ilvl='{n}'><w:start w:val='1'/><w:numFmt w:val='{format}'/><w:lvlText w:val='{text}'/></w:lvl>"
                )
            })
            .collect();
        let text = format!(
            "<w:numbering xmlns:w='x'><w:abstractNum w:abstractNumId='0'>{levels}</w:abstractNum>\
             <w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num></w:numbering>"
        );
        Numbering::read(&mut Xml::new(&text), HashMap::new())
    }

    #[test]
    fn items_are_numbered_as_they_are_shown() {
        let mut plain = numbering(&[("decimal", "%1."), ("decimal", "%1.%2."), ("bullet", "-")]);
        plain.begin(1);
        let shown: Vec<String> = [0, 1, 1, 0, 1].iter().map(|level| plain.next(1, *level)).collect();
        assert_eq!(shown, ["1.", "1.1.", "1.2.", "2.", "2.1."]);
        assert!(plain.is_numbered(1, 1) && !plain.is_numbered(1, 2) && !plain.is_numbered(2, 0));
        let mut letters = numbering(&[("lowerLetter", "%1)"), ("upperRoman", "Part %2 (%1)")]);
        let shown: Vec<String> = [0, 0, 1, 1].iter().map(|level| letters.next(1, *level)).collect();
        assert_eq!(shown, ["a)", "b)", "Part I (b)", "Part II (b)"]);
        assert_eq!(spelled(28, "lowerLetter"), "bb");
        assert_eq!(spelled(35, "chineseCounting"), "三十五");
    }

    #[test]
    fn headings_are_numbered_under_one_another() {
        let mut numbering = numbering(&[("decimal", "%1"), ("decimal", "%1.%2")]);
        let shown: Vec<String> =
            [1, 2, 2, 3, 1, 3, 2].iter().map(|level| numbering.heading(*level, 1, level - 1)).collect();
        assert_eq!(shown, ["1", "1.1", "1.2", "1.2.1", "2", "2.1.1", "2.2"]);
    }
}
