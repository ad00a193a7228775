//! Reading dates and instants: `2026-01-31`, `2026-01-31T10:00:00.5+02:00`. Proleptic Gregorian, UTC where
//! no offset is given; it knows no leap seconds and no other calendars.

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A stretch of time in microseconds since 1970: a whole day, or one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Its first microsecond.
    pub start: i64,
    /// The first microsecond after it.
    pub end: i64,
}

/// Whether a text is a date, or a date with a time, that comparisons understand.
pub fn is_date(text: &str) -> bool {
    moment(text).is_some()
}

/// Reads a date as its day, a date with a time as its instant.
pub(crate) fn moment(text: &str) -> Option<Moment> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let start = day(date)? * DAY;
    let Some(first) = rest.chars().next() else {
        return Some(Moment { start, end: start + DAY });
    };
    let time = rest.strip_prefix(first).filter(|_| matches!(first, 'T' | 't' | ' '))?;
    let (clock, offset) = split_offset(time)?;
    let start = start + time_of_day(clock)? - offset;
    Some(Moment { start, end: start + 1 })
}

/// The instant as RFC 3339 in UTC, to the microsecond.
pub(crate) fn rfc3339(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (seconds, fraction) = (rest / SECOND, rest % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
}

/// Days from 1970-01-01 to a `YYYY-MM-DD` date.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    // Years keep a day's distance from the ends of what four digits can say, so that an offset cannot
    // carry an instant over them.
    ((1..=9998).contains(&year) && (1..=length).contains(&day)).then(|| days_from_civil(year, month, day))
}

/// Microseconds since midnight of `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (second, fraction) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (digits(seconds, 2)?, 0),
            Some((whole, fraction)) => (digits(whole, 2)?, micros_of(fraction)?),
        },
    };
    (hour < 24 && minute < 60 && second < 60)
        .then_some((hour * 3600 + minute * 60 + second) * SECOND + fraction)
}

/// The first six digits of a fraction of a second; more are cut off.
fn micros_of(fraction: &str) -> Option<i64> {
    if fraction.is_empty() || fraction.len() > 12 || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<6}")[..6].parse().ok()
}

/// Splits `10:00Z`, `10:00+02:00` or `10:00` into the clock and the offset in microseconds.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(place) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (clock, offset) = time.split_at(place);
    let (hours, minutes) = offset[1..].split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    (hours < 24 && minutes < 60).then_some((clock, sign * (hours * 3600 + minutes * 60) * SECOND))
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|c| c.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The same source, `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_days_and_instants() {
        assert_eq!(moment("1970-01-01"), Some(Moment { start: 0, end: DAY }));
        let noon = moment("2026-01-31T12:00:00Z").unwrap();
        assert_eq!(noon.end, noon.start + 1);
        assert_eq!(moment("2026-01-31 14:00:00.000+02:00"), Some(noon));
        assert_eq!(moment("2026-01-31T12:00"), Some(noon));
        assert_eq!(rfc3339(noon.start), "2026-01-31T12:00:00.000000Z");
        assert_eq!(rfc3339(moment("1900-03-01T00:00:00.25Z").unwrap().start), "1900-03-01T00:00:00.250000Z");
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-01-01T",
            "2026-01-01T24:00Z",
            "2026-01-01T10:00+2:00",
            "2026-01-01x10:00",
            "0000-01-01",
            "2026-01-01T1:00",
            "2026-01-01T10:00:60Z",
            "2026-01-01T10:00:00.Z",
            "２026-01-01",
            "2026-01-01é",
            "+026-01-01",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
        assert!(is_date("2024-02-29") && !is_date("1900-02-29") && is_date("2000-02-29"));
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(micros in -62_000_000_000_000_000i64..250_000_000_000_000_000) {
            prop_assert_eq!(moment(&rfc3339(micros)).map(|read| read.start), Some(micros));
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,40}") {
            let _ = moment(&text);
        }
    }
}
