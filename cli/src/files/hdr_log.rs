//! The response times of each row as a log of HdrHistogram, version 2, which its tools read: times in
//! nanoseconds, to three digits, one interval for the whole run.

use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;
use mayfly_core::measure::board::aggregated;
use mayfly_core::measure::histogram;
use mayfly_core::measure::snapshot::RowTotals;
use mayfly_core::report::Report;

/// The log of one row.
pub(super) struct HdrLog {
    /// How its name ends, after the prefix.
    pub(super) end: String,
    /// What is in it.
    pub(super) text: Vec<u8>,
}

/// The logs of all rows with requests, that of all requests together last.
pub(super) fn logs(report: &Report) -> Vec<HdrLog> {
    let rows = report.board.rows();
    let total = aggregated(&rows);
    let mut logs: Vec<HdrLog> = Vec::new();
    for row in &rows {
        let name = format!("{} {}", row.name.method, row.name.name);
        let end = format!("_{}.hlog", file_part(&name));
        // Names that differ in signs alone.
        let is_taken = |end: &str| logs.iter().any(|it| it.end == end);
        let numbered = (2..).map(|n| format!("_{}_{n}.hlog", file_part(&name)));
        let end = [end].into_iter().chain(numbered).find(|it| !is_taken(it));
        logs.extend(end.map(|end| log(end, &name, row, report)));
    }
    logs.push(log(".hlog".to_owned(), "all requests", &total, report));
    logs
}

/// At most so many characters of the name of a request are in that of its file.
const MAX_FILE_PART: usize = 80;

/// What every file system takes as a part of a name.
fn file_part(name: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-');
    let words = name.split(|it| !is_plain(it)).filter(|it| !it.is_empty());
    let text = words.collect::<Vec<_>>().join("_");
    text.chars().take(MAX_FILE_PART).collect()
}

fn log(end: String, name: &str, row: &RowTotals, report: &Report) -> HdrLog {
    let started = SystemTime::UNIX_EPOCH + report.started;
    let since = report.board.since();
    let mut text = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let written = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(&format!(
            "Response times of {}, in nanoseconds.",
            one_line(name)
        ))
        .with_start_time(started)
        .with_base_time(started)
        // As in logs of other programs, whose maximum is in milliseconds.
        .with_max_value_divisor(1e6)
        .begin_log_with(&mut text, &mut serializer)
        .map(|mut writer| {
            let length = report.board.at().since(since);
            writer.write_histogram(&histogram_of(row), since.to_duration(), length, None)
        });
    written
        .map(|it| it.is_ok())
        .expect("memory takes all that is written");
    HdrLog { end, text }
}

fn histogram_of(row: &RowTotals) -> Histogram<u64> {
    let max = nanos(histogram::MAX);
    let mut histogram =
        Histogram::new_with_bounds(1000, max, 3).expect("1 µs is less than an hour");
    for (time, count) in row.response_times.buckets.iter() {
        histogram.saturating_record_n(nanos(time), count);
    }
    histogram
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1)
}

fn one_line(text: &str) -> String {
    text.replace(|it: char| it.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    use mayfly_core::http::request::Request;
    use mayfly_core::plan::Draft;
    use mayfly_core::report::Ending;
    use mayfly_core::testing::{Answer, Simulation, answer_after};
    use mayfly_core::time::Elapsed;

    use super::*;

    /// A run of two rows whose names differ in one sign.
    fn report() -> Report {
        let plan = "version = 1\nload = { users = 1, spawn_rate = 1, run_time = 10 }\n\
                    [[user_class]]\nname = 'A'\ntask = [{ get = '/a?b' }, { get = '/a/b' }]\n";
        let answer = |at: Elapsed, _: &Request| -> Answer {
            answer_after(Duration::from_micros(5_000 + at.as_micros() % 700), 200)
        };
        Report {
            title: String::new(),
            plan: Draft::default(),
            seed: 0,
            started: Duration::from_secs(1_700_000_000),
            ending: Ending::Stopped,
            board: Simulation::of(plan, answer).run().board,
            thresholds: Vec::new(),
        }
    }

    /// The histogram of a log, and when its interval begins and how long it is.
    fn read(log: &HdrLog) -> (Histogram<u64>, Duration, Duration) {
        let mut entries = IntervalLogIterator::new(&log.text);
        let found = entries.find_map(|it| match it.unwrap() {
            LogEntry::Interval(interval) => Some(interval),
            _ => None,
        });
        let interval = found.unwrap();
        let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
        let read = Deserializer::new().deserialize(&mut &bytes[..]);
        (
            read.unwrap(),
            interval.start_timestamp(),
            interval.duration(),
        )
    }

    #[test]
    fn each_row_has_a_log_that_others_read() {
        let report = report();
        let logs = logs(&report);
        let ends: Vec<&str> = logs.iter().map(|it| it.end.as_str()).collect();
        assert_eq!(ends, ["_GET_a_b.hlog", "_GET_a_b_2.hlog", ".hlog"]);
        let rows = report.board.rows();
        let total = aggregated(&rows);
        for (row, log) in rows.iter().chain([&total]).zip(&logs) {
            let (histogram, begin, length) = read(log);
            assert_eq!(histogram.len(), row.n_requests);
            assert_eq!((begin, length), (Duration::ZERO, Duration::from_secs(10)));
            for quantile in [0.5, 0.99, 1.0] {
                let expected = row.response_times.quantile(quantile).unwrap().as_nanos() as f64;
                let found = histogram.value_at_quantile(quantile) as f64;
                assert!((found / expected - 1.0).abs() <= 2e-3, "{found} {expected}");
            }
        }
    }

    #[test]
    fn names_are_good_for_every_file_system() {
        assert_eq!(file_part("GET /a/../b c?d=é"), "GET_a_.._b_c_d");
        assert_eq!(file_part(&"x".repeat(500)).len(), MAX_FILE_PART);
    }
}
