//! Dates from seconds, for showtimes of the demo: days from now. Not a calendar.

const DAY_S: u64 = 86_400;

/// The day `days` after the one of `now_s` (seconds since 1970, UTC), such as `2026-12-24`.
pub(crate) fn on_day(now_s: u64, days: u64) -> String {
    let (year, month, day) = civil(now_s / DAY_S + days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of a day since 1970-01-01 (Gregorian, years counted from March so that leap days come last).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(on_day(0, 0), "1970-01-01");
        assert_eq!(on_day(951_782_400, 0), "2000-02-29");
        assert_eq!(on_day(951_782_400, 1), "2000-03-01");
        assert_eq!(on_day(1_798_675_200, 0), "2026-12-31");
        assert_eq!(on_day(1_798_675_200 + DAY_S - 1, 1), "2027-01-01");
    }
}
