//! What numbers in cells stand for: dates, times of day, lengths of time, or numbers.

use std::collections::HashMap;

use crate::calendar::{Moment, duration, number};

/// Numbers of formats that every workbook knows, and that show dates or times.
const BUILT_IN: [std::ops::RangeInclusive<u32>; 4] = [14..=22, 27..=36, 45..=47, 50..=58];
/// The built-in format of lengths of time, `[h]:mm:ss`.
const BUILT_IN_LENGTH: u32 = 46;

/// What a cell's number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    /// Days since the workbook's first day.
    Date,
    /// Days.
    Length,
}

/// What the numbers of a workbook stand for, by the styles of their cells.
pub(crate) struct Formats {
    styles: Vec<Kind>,
    since_1904: bool,
}

impl Formats {
    /// Takes the codes of the workbook's own formats by their numbers, and each style's number.
    pub(crate) fn new<'a>(
        codes: impl Iterator<Item = (u32, &'a str)>,
        styles: impl IntoIterator<Item = u32>,
        since_1904: bool,
    ) -> Self {
        let own: HashMap<u32, Kind> = codes.map(|(number, code)| (number, kind(code))).collect();
        let of = |number: u32| {
            own.get(&number).copied().unwrap_or(match number {
                BUILT_IN_LENGTH => Kind::Length,
                number if BUILT_IN.iter().any(|known| known.contains(&number)) => Kind::Date,
                _ => Kind::Number,
            })
        };
        Self { styles: styles.into_iter().map(of).collect(), since_1904 }
    }

    /// What a cell of a style says for a number as it is stored.
    pub(crate) fn shown(&self, raw: &str, style: usize) -> String {
        let kind = self.styles.get(style).copied().unwrap_or(Kind::Number);
        let value = raw.parse::<f64>().ok().filter(|value| value.is_finite());
        match (kind, value) {
            (Kind::Date, Some(days)) => self.date(days).unwrap_or_else(|| number(raw)),
            (Kind::Length, Some(days)) => duration(days * 86_400.0).unwrap_or_else(|| number(raw)),
            _ => number(raw),
        }
    }

    /// The date and time of a number of days; a time alone within the first day.
    fn date(&self, days: f64) -> Option<String> {
        if (0.0..1.0).contains(&days) {
            let moment = Moment::of(0, days)?;
            if moment.day == 0 {
                return Some(moment.time());
            }
        }
        // Day 60 of the calendar since 1900 is a 29th of February that was not; days before are one less.
        let first = if self.since_1904 { 24_107 } else { 25_569 };
        let leap = i64::from(!self.since_1904 && days > 0.0 && days < 60.0);
        #[expect(clippy::cast_possible_truncation, reason = "a day beyond the calendar is none")]
        let whole = days.floor() as i64;
        let moment = Moment::of(whole.checked_add(leap)?.checked_sub(first)?, days - days.floor())?;
        Some(format!("{} {}", moment.date()?, moment.time()))
    }
}

/// What a format's code shows: looks at what it says of positive numbers, outside quotes and brackets.
fn kind(code: &str) -> Kind {
    let mut found = Kind::Number;
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character {
            ';' => break,
            '"' => {
                characters.by_ref().find(|c| *c == '"');
            }
            '\\' | '_' | '*' => {
                characters.next();
            }
            '[' => {
                let within: String = characters.by_ref().take_while(|c| *c != ']').collect();
                let within = within.to_lowercase();
                if matches!(within.as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    return Kind::Length;
                }
            }
            'd' | 'm' | 'h' | 'y' | 's' | 'D' | 'M' | 'H' | 'Y' | 'S' => found = Kind::Date,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_numbers_are() {
        for (code, expect) in [
            ("General", Kind::Number),
            ("0.00%", Kind::Number),
            ("[Red]#,##0 \"days\";[Blue]d", Kind::Number),
            ("yyyy-mm-dd", Kind::Date),
            ("[$-409]d-mmm-yy", Kind::Date),
            ("h:mm AM/PM", Kind::Date),
            ("[h]:mm:ss", Kind::Length),
            ("#,##0\\ \\m", Kind::Number),
        ] {
            assert_eq!(kind(code), expect, "{code}");
        }
    }

    #[test]
    fn numbers_become_dates_times_and_lengths() {
        let check = |since_1904: bool, raw: &str, style: usize, expect: &str| {
            let formats = Formats::new([(164, "yyyy")].into_iter(), [0, 14, 46, 164], since_1904);
            assert_eq!(formats.shown(raw, style), expect);
        };
        check(false, "44067", 1, "2020-08-24 00:00:00");
        check(false, "44067.75", 3, "2020-08-24 18:00:00");
        check(true, "42605", 1, "2020-08-24 00:00:00");
        check(false, "1", 1, "1900-01-01 00:00:00");
        check(false, "61", 1, "1900-03-01 00:00:00");
        check(false, "0.5", 1, "12:00:00");
        check(false, "1.5", 2, "1 day, 12:00:00");
        check(false, "1e300", 1, "1e+300");
        check(false, "44067", 0, "44067");
        check(false, "44067", 9, "44067");
        check(false, "0.30000000000000004", 0, "0.30000000000000004");
    }
}
