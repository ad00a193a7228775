//! Points in time as Windows counts them: 100-nanosecond steps since the year 1601.

/// Steps in a second.
const STEPS: u64 = 10_000_000;
/// Days from 0000-03-01 to 1601-01-01 in the Gregorian calendar.
const DAYS_BEFORE: u64 = 584_694;

/// A point in time as ISO 8601; `None` for none, and for years that no mail is of.
pub(super) fn of_filetime(steps: u64) -> Option<String> {
    let seconds = steps / STEPS;
    let (days, second) = (seconds / 86_400 + DAYS_BEFORE, seconds % 86_400);
    // Years that begin in March, in cycles of 400: a leap day is the last day of its year.
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year_of_cycle = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = cycle * 400 + year_of_cycle + u64::from(month <= 2);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let text = format!("{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{:02}Z", second % 60);
    (1900..3000).contains(&year).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        let unix = |seconds: u64| of_filetime((seconds + 11_644_473_600) * STEPS);
        assert_eq!(unix(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(unix(951_782_399).as_deref(), Some("2000-02-28T23:59:59Z"));
        assert_eq!(unix(951_782_400).as_deref(), Some("2000-02-29T00:00:00Z"));
        assert_eq!(unix(1_772_442_000).as_deref(), Some("2026-03-02T09:00:00Z"));
        assert_eq!((of_filetime(0), of_filetime(u64::MAX)), (None, None));
    }
}
