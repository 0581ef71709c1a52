//! Times of day, at an offset from UTC. Which offset a person lives at is known to the host.

use std::fmt;
use std::time::{Duration, SystemTime};

/// A date and a time of day, to the second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    // Since the start of 1970 at the offset.
    secs: u64,
    offset_minutes: i32,
}

impl Moment {
    /// The moment `since_1970`, counted in UTC, as a clock shows it that is ahead of UTC by
    /// `utc_offset_minutes`.
    ///
    /// Offsets of more than a day count as a day; a moment before 1970 or after 9999 is the first or
    /// the last of these years.
    pub fn new(since_1970: Duration, utc_offset_minutes: i32) -> Self {
        let offset_minutes = utc_offset_minutes.clamp(-24 * 60, 24 * 60);
        let secs = since_1970.as_secs().min(MAX_SECS);
        let secs = secs.saturating_add_signed(i64::from(offset_minutes) * 60);
        Self {
            secs: secs.min(MAX_SECS),
            offset_minutes,
        }
    }

    /// Date and time, for the name of a file: `2026-11-23-05h26`.
    pub fn file_text(self) -> String {
        let text = self.to_string();
        format!("{}-{}h{}", &text[..10], &text[11..13], &text[14..16])
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
}

/// The last second of the year 9999, after which years have five digits.
const MAX_SECS: u64 = 253_402_300_799;

impl fmt::Display for Moment {
    /// `2026-11-23 05:26:12`, without the offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(self.secs);
        let text = humantime::format_rfc3339_seconds(time).to_string();
        let (date, time) = (&text[..10], &text[11..19]);
        write!(f, "{date} {time}")
    }
}

#[cfg(test)]
mod tests {
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
        check(1_709_164_800, 0, "2024-02-29 00:00:00 UTC");
        check(0, -60, "1970-01-01 00:00:00 UTC-01:00");
        check(u64::MAX, i32::MIN, "9999-12-30 23:59:59 UTC-24:00");
        check(u64::MAX, 60, "9999-12-31 23:59:59 UTC+01:00");
    }

    #[test]
    fn files_are_named_without_colons() {
        let moment = Moment::new(Duration::from_secs(1_700_000_000), 60);
        assert_eq!(moment.file_text(), "2023-11-14-23h13");
    }
}
