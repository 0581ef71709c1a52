//! Times of day, at an offset from UTC. Which offset a person lives at is known to the host.

use std::fmt;
use std::time::Duration;

/// A date and a time of day, to the second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    // Since the start of 1970 at the offset.
    secs: i64,
    offset_minutes: i32,
}

impl Moment {
    /// The moment `since_1970`, counted in UTC, as a clock shows it that is ahead of UTC by
    /// `utc_offset_minutes`.
    ///
    /// Offsets of more than a day count as a day.
    pub fn new(since_1970: Duration, utc_offset_minutes: i32) -> Self {
        let offset_minutes = utc_offset_minutes.clamp(-24 * 60, 24 * 60);
        // Calendars are not made for what lies beyond.
        let secs = i64::try_from(since_1970.as_secs()).map_or(MAX_SECS, |it| it.min(MAX_SECS));
        Self {
            secs: secs + i64::from(offset_minutes) * 60,
            offset_minutes,
        }
    }

    /// Date and time, for the name of a file: `2026-11-23-05h26`.
    pub fn file_text(self) -> String {
        let [year, month, day] = self.date();
        let [hour, minute, _] = self.time();
        format!("{year:04}-{month:02}-{day:02}-{hour:02}h{minute:02}")
    }

    /// The offset in words: `UTC`, or `UTC+05:30`.
    pub fn zone(self) -> String {
        if self.offset_minutes == 0 {
            return "UTC".to_owned();
        }
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.abs();
        format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// Year, month from 1, and day from 1, in the Gregorian calendar.
    ///
    /// A year is counted from March, so that the day that is not in every year is its last. Four
    /// hundred such years are always 146,097 days; within them, each fourth year has a day more, but
    /// for each hundredth. Months are then 30.6 days long on average, in a pattern of five that the
    /// rounding of `(5 · day + 2) / 153` follows.
    fn date(self) -> [i64; 3] {
        // From 1 March of the year 0.
        let days = self.secs.div_euclid(DAY) + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let is_next_year = 10 <= month;
        let month = if is_next_year { month - 9 } else { month + 3 };
        [year + era * 400 + i64::from(is_next_year), month, day]
    }

    /// Hour, minute and second.
    fn time(self) -> [i64; 3] {
        let secs = self.secs.rem_euclid(DAY);
        [secs / 3600, secs / 60 % 60, secs % 60]
    }
}

const DAY: i64 = 86_400;

/// The last second of the year 9999.
const MAX_SECS: i64 = 253_402_300_799;

impl fmt::Display for Moment {
    /// `2026-11-23 05:26:12`, without the offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day] = self.date();
        let [hour, minute, second] = self.time();
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(secs: u64, offset_minutes: i32, expected: &str) {
        let moment = Moment::new(Duration::from_secs(secs), offset_minutes);
        assert_eq!(format!("{moment} {}", moment.zone()), expected);
    }

    #[test]
    fn clocks_differ_by_their_offset() {
        check(1_700_000_000, 0, "2023-11-14 22:13:20 UTC");
        check(1_700_000_000, 330, "2023-11-15 03:43:20 UTC+05:30");
        check(1_700_000_000, -600, "2023-11-14 12:13:20 UTC-10:00");
        check(0, -60, "1969-12-31 23:00:00 UTC-01:00");
        check(u64::MAX, i32::MIN, "9999-12-30 23:59:59 UTC-24:00");
    }

    #[test]
    fn files_are_named_without_colons() {
        let moment = Moment::new(Duration::from_secs(1_700_000_000), 60);
        assert_eq!(moment.file_text(), "2023-11-14-23h13");
    }

    proptest! {
        /// As the crate `humantime` has it.
        #[test]
        fn every_second_has_its_date(secs in 0_u64..253_402_300_800) {
            let since = Duration::from_secs(secs);
            let oracle = humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since);
            let expected = oracle.to_string().replace('T', " ").replace('Z', "");
            prop_assert_eq!(Moment::new(since, 0).to_string(), expected);
        }
    }
}
