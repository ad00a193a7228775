//! Minutes, days and months of a clock that counts microseconds. UTC.

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The minute that a moment is in, since 1970.
pub(crate) fn minute(micros: i64) -> i64 {
    micros.div_euclid(60 * MICROS_PER_SECOND)
}

/// The calendar month that a moment is in: twelve times the year, and the month from 0.
pub(crate) fn month(micros: i64) -> i64 {
    let (year, month, _) = civil(micros);
    year * 12 + month - 1
}

/// The day that a moment is in, as `2026-02-03`.
pub(crate) fn day(micros: i64) -> String {
    let (year, month, day) = civil(micros);
    format!("{year:04}-{month:02}-{day:02}")
}

/// When the minute after this moment begins, in microseconds since 1970.
pub(crate) fn next_minute(micros: i64) -> i64 {
    (minute(micros) + 1) * 60 * MICROS_PER_SECOND
}

/// When the month after this moment begins, in microseconds since 1970.
pub(crate) fn next_month(micros: i64) -> i64 {
    let next = month(micros) + 1;
    days(next.div_euclid(12), next.rem_euclid(12) + 1) * SECONDS_PER_DAY * MICROS_PER_SECOND
}

/// Year, month (1…12) and day (1…31) of a moment. Days are counted in eras of 400 years that begin on the first of
/// March, since the leap day is a year's last then (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(micros: i64) -> (i64, i64, i64) {
    let days = micros.div_euclid(SECONDS_PER_DAY * MICROS_PER_SECOND) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// Days from 1970 to the first of a month (1…12); the inverse of [`civil`].
fn days(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64, seconds: i64) -> i64 {
        (days * SECONDS_PER_DAY + seconds) * MICROS_PER_SECOND
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(-1), "1969-12-31");
        assert_eq!(day(at(11_016, 0)), "2000-02-29");
        assert_eq!(day(at(20_515, 86_399)), "2026-03-03");
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        for start in (0..30_000).step_by(17) {
            let next = next_month(at(start, 5));
            assert!(day(next).ends_with("-01"), "{}", day(next));
            assert_eq!(month(next - 1) + 1, month(next));
            assert_eq!(month(next - 1), month(at(start, 0)));
        }
        assert_eq!(next_minute(at(0, 59)), at(0, 60));
        assert_eq!(minute(at(0, 60)), 1);
    }
}
