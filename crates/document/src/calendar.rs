//! Numbers, dates and lengths of time as text: the same from every sheet, whatever its format.

/// A day and a time in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment {
    /// Days since 1970-01-01.
    pub day: i64,
    /// Milliseconds since midnight.
    milliseconds: i64,
}

const MILLISECONDS_PER_DAY: i64 = 86_400_000;
/// The last day of the year 9999, and the first of the year 1.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

const STEPS_PER_SECOND: u64 = 10_000_000;
/// From the first day of 1601 to that of 1970.
const DAYS_FROM_1601: i64 = 134_774;
/// The first day of the year 1900, and the last before 3000.
const FILE_DAYS: std::ops::RangeInclusive<i64> = -25_567..=376_199;

impl Moment {
    /// The moment a share (0…1) of a day into a day since 1970-01-01, to the millisecond; `None` beyond the years
    /// 1 to 9999.
    pub(crate) fn of(day: i64, share: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "a day has few milliseconds")]
        #[expect(clippy::cast_precision_loss, reason = "a day has few milliseconds")]
        let milliseconds = (share.clamp(0.0, 1.0) * MILLISECONDS_PER_DAY as f64).round() as i64;
        let day = day + i64::from(milliseconds == MILLISECONDS_PER_DAY);
        DAYS.contains(&day).then_some(Self { day, milliseconds: milliseconds % MILLISECONDS_PER_DAY })
    }

    /// `2020-08-24`. Algorithm: days to a civil date by eras of 400 years that begin in March.
    pub(crate) fn date(self) -> Option<String> {
        let days = self.day.checked_add(719_468)?;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Some(format!("{year:04}-{month:02}-{day:02}"))
    }

    /// `18:00:00`, with milliseconds where there are any.
    pub(crate) fn time(self) -> String {
        let seconds = self.milliseconds / 1000;
        let rest = self.milliseconds % 1000;
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if rest == 0 { time } else { format!("{time}.{rest:03}") }
    }
}

/// A point in time as Windows counts it, in 100-nanosecond steps since the year 1601, as ISO 8601; `None` for none, and
/// for years that no file is of.
pub(crate) fn of_filetime(steps: u64) -> Option<String> {
    let seconds = i64::try_from(steps / STEPS_PER_SECOND).ok()?;
    let day = seconds / 86_400 - DAYS_FROM_1601;
    if !FILE_DAYS.contains(&day) {
        return None;
    }
    let moment = Moment { day, milliseconds: seconds % 86_400 * 1000 };
    Some(format!("{}T{}Z", moment.date()?, moment.time()))
}

/// A length of time: `1 day, 12:00:00`; `None` for what no calendar holds.
pub(crate) fn duration(seconds: f64) -> Option<String> {
    let days = (seconds / 86_400.0).floor();
    let moment = Moment::of(0, seconds / 86_400.0 - days)?;
    if days.abs() > 1e9 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
    let days = days as i64 + moment.day;
    Some(match days {
        0 => {
            let time = moment.time();
            time.strip_prefix('0').map_or(time.clone(), str::to_owned)
        }
        1 | -1 => format!("{days} day, {}", short(moment)),
        _ => format!("{days} days, {}", short(moment)),
    })
}

fn short(moment: Moment) -> String {
    let time = moment.time();
    time.strip_prefix('0').map_or(time.clone(), str::to_owned)
}

/// A number as it is stored, in the shortest form that says the same: whole ones as they are, others with a
/// point, very large and small ones with an exponent.
pub(crate) fn number(raw: &str) -> String {
    let raw = raw.trim();
    if !raw.contains(['.', 'e', 'E']) {
        return raw.to_owned();
    }
    let Some(value) = raw.parse::<f64>().ok().filter(|value| value.is_finite()) else {
        return raw.to_owned();
    };
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = value.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shortest() {
        for (raw, expect) in [
            ("5", "5"),
            ("-3", "-3"),
            ("5.0", "5.0"),
            ("1234.50", "1234.5"),
            ("0.1", "0.1"),
            ("1E-5", "1e-05"),
            ("1.5e300", "1.5e+300"),
            ("1e16", "1e+16"),
            ("123456789012345.6", "123456789012345.6"),
            ("x", "x"),
            ("1e999", "1e999"),
        ] {
            assert_eq!(number(raw), expect, "{raw}");
        }
    }

    #[test]
    fn dates_of_all_years_and_lengths() {
        let date = |day| Moment::of(day, 0.0).and_then(Moment::date);
        assert_eq!(date(0).as_deref(), Some("1970-01-01"));
        assert_eq!(date(-719_162).as_deref(), Some("0001-01-01"));
        assert_eq!(date(2_932_896).as_deref(), Some("9999-12-31"));
        assert_eq!(date(11_016).as_deref(), Some("2000-02-29"));
        assert_eq!(date(2_932_897), None);
        assert_eq!(Moment::of(0, 0.999_999_999_9).map(|moment| moment.day), Some(1));
        assert_eq!(duration(3_600.0).as_deref(), Some("1:00:00"));
        assert_eq!(duration(200_000.5).as_deref(), Some("2 days, 7:33:20.500"));
        assert_eq!(duration(-3_600.0).as_deref(), Some("-1 day, 23:00:00"));
        assert_eq!(duration(f64::MAX), None);
    }

    #[test]
    fn steps_since_1601_are_dates() {
        let unix = |seconds: u64| of_filetime((seconds + 11_644_473_600) * STEPS_PER_SECOND);
        assert_eq!(unix(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(unix(951_782_399).as_deref(), Some("2000-02-28T23:59:59Z"));
        assert_eq!(unix(951_782_400).as_deref(), Some("2000-02-29T00:00:00Z"));
        assert_eq!(unix(1_772_442_000).as_deref(), Some("2026-03-02T09:00:00Z"));
        assert_eq!(unix(32_503_679_999).as_deref(), Some("2999-12-31T23:59:59Z"));
        assert_eq!((unix(32_503_680_000), of_filetime(0), of_filetime(u64::MAX)), (None, None, None));
    }
}
