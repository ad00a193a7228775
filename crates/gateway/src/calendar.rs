//! Minutes, days and months of a clock that counts microseconds, in the time zone that bills are made in.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The calendar of a time zone: when days and months begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: Tz,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: Tz::UTC }
    }
}

impl Calendar {
    /// The calendar of a zone by its name in the IANA database: `Europe/Berlin`. `None` where there is none of that
    /// name.
    pub fn of_zone(name: &str) -> Option<Self> {
        Some(Self { zone: name.parse().ok()? })
    }

    /// The day that a moment is in, as `2026-02-03`.
    pub fn day(self, micros: i64) -> String {
        let (year, month, day) = civil(self.local(micros));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The calendar month that a moment is in: twelve times the year, and the month from 0.
    pub(crate) fn month(self, micros: i64) -> i64 {
        let (year, month, _) = civil(self.local(micros));
        year * 12 + month - 1
    }

    /// When the month after this moment begins, in microseconds since 1970.
    pub(crate) fn next_month(self, micros: i64) -> i64 {
        let next = self.month(micros) + 1;
        let local = days(next.div_euclid(12), next.rem_euclid(12) + 1) * SECONDS_PER_DAY * MICROS_PER_SECOND;
        // The offset that holds there; no zone moves its clocks twice within a day.
        local - self.offset_micros(local - self.offset_micros(local))
    }

    fn local(self, micros: i64) -> i64 {
        micros + self.offset_micros(micros)
    }

    fn offset_micros(self, micros: i64) -> i64 {
        let Some(moment) = DateTime::from_timestamp_micros(micros) else { return 0 };
        let offset = self.zone.offset_from_utc_datetime(&moment.naive_utc()).fix();
        i64::from(offset.local_minus_utc()) * MICROS_PER_SECOND
    }
}

/// The minute that a moment is in, since 1970. It is the same one in every zone.
pub(crate) fn minute(micros: i64) -> i64 {
    micros.div_euclid(60 * MICROS_PER_SECOND)
}

/// When the minute after this moment begins, in microseconds since 1970.
pub(crate) fn next_minute(micros: i64) -> i64 {
    (minute(micros) + 1) * 60 * MICROS_PER_SECOND
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

    fn day(micros: i64) -> String {
        Calendar::default().day(micros)
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
            let utc = Calendar::default();
            let next = utc.next_month(at(start, 5));
            assert!(day(next).ends_with("-01"), "{}", day(next));
            assert_eq!(utc.month(next - 1) + 1, utc.month(next));
            assert_eq!(utc.month(next - 1), utc.month(at(start, 0)));
        }
        assert_eq!(next_minute(at(0, 59)), at(0, 60));
        assert_eq!(minute(at(0, 60)), 1);
    }

    #[test]
    fn a_zones_month_begins_at_its_own_midnight() {
        // 2026-03-31T22:30:00Z is half past midnight of April in Berlin, where it is summer.
        let moment = at(20_543, 22 * 3600 + 1800);
        let berlin = Calendar::of_zone("Europe/Berlin").unwrap();
        assert_eq!((day(moment), berlin.day(moment)), ("2026-03-31".into(), "2026-04-01".into()));
        assert_eq!(berlin.month(moment), Calendar::default().month(moment) + 1);
        for name in ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"] {
            let zone = Calendar::of_zone(name).unwrap();
            for start in (15_000..21_000).step_by(13) {
                let next = zone.next_month(at(start, 7));
                assert!(zone.day(next).ends_with("-01"), "{name}: {}", zone.day(next));
                assert_eq!(zone.month(next - 1) + 1, zone.month(next), "{name}");
            }
        }
        assert_eq!(Calendar::of_zone("Mars/Olympus"), None);
    }
}
