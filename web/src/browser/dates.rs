//! Times of day, as clocks here show them.

use js_sys::{Date, Reflect};

/// Milliseconds since 1970.
pub(crate) fn now_millis() -> f64 {
    Date::now()
}

/// By how many minutes this person's clock is ahead of UTC.
pub(crate) fn utc_offset_minutes() -> i32 {
    -Date::new_0().get_timezone_offset() as i32
}

/// A date and a time of day as this person writes them, to the second.
pub(crate) fn local_date_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let options = js_sys::Object::new();
    for (key, value) in [("dateStyle", "medium"), ("timeStyle", "medium")] {
        // A new object takes any field.
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    date.to_locale_string("default", &options).into()
}

/// A time of day as this person writes it: `14:03:07`.
pub(crate) fn local_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let two = |number: u32| format!("{number:02}");
    [date.get_hours(), date.get_minutes(), date.get_seconds()]
        .map(two)
        .join(":")
}

/// When something happened, with the date unless that is today: `14:03:07`, `2026-11-23 14:03:07`.
pub(crate) fn local_moment(millis: f64) -> String {
    if local_date(millis) == local_date(now_millis()) {
        local_time(millis)
    } else {
        local_stamp(millis)
    }
}

/// A date and a time of day that are read the same everywhere: `2026-11-23 14:03:07`.
pub(crate) fn local_stamp(millis: f64) -> String {
    format!("{} {}", local_date(millis), local_time(millis))
}

fn local_date(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let (year, month, day) = (date.get_full_year(), date.get_month() + 1, date.get_date());
    format!("{year}-{month:02}-{day:02}")
}

/// A date and time for a file name: `2026-11-23-14h03`.
pub(crate) fn file_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let (hours, minutes) = (date.get_hours(), date.get_minutes());
    format!("{}-{hours:02}h{minutes:02}", local_date(millis))
}
