//! Minutes, days and months of a clock that counts microseconds, in the time zone that bills are made in.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

const MICROS_PER_SECOND: i64 = 1_000_000;

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
        civil(self.local(micros)).format("%Y-%m-%d").to_string()
    }

    /// The calendar month that a moment is in: twelve times the year, and the month from 0.
    pub(crate) fn month(self, micros: i64) -> i64 {
        let date = civil(self.local(micros));
        i64::from(date.year()) * 12 + i64::from(date.month0())
    }

    /// When the month after this moment begins, in microseconds since 1970.
    pub(crate) fn next_month(self, micros: i64) -> i64 {
        let next = self.month(micros) + 1;
        let (year, month) = (i32::try_from(next.div_euclid(12)), u32::try_from(next.rem_euclid(12) + 1));
        let first =
            year.ok().zip(month.ok()).and_then(|(year, month)| NaiveDate::from_ymd_opt(year, month, 1));
        let local = first.unwrap_or_default().and_time(NaiveTime::MIN).and_utc().timestamp_micros();
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

/// The date of a moment, told as if it were one of UTC; 1970 began where the calendar has none.
fn civil(micros: i64) -> NaiveDate {
    DateTime::from_timestamp_micros(micros).map(|moment| moment.date_naive()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS_PER_DAY: i64 = 86_400;

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
