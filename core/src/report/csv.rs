//! CSV files with Locust's columns, so that what reads those reads these.

use std::time::{Duration, SystemTime};

use csv::{Terminator, Writer, WriterBuilder};

use crate::board::{Board, aggregated};
use crate::snapshot::RowTotals;
use crate::time::Elapsed;

/// The quantiles of Locust's reports, with their column titles.
const QUANTILES: [(f64, &str); 11] = [
    (0.5, "50%"),
    (0.66, "66%"),
    (0.75, "75%"),
    (0.8, "80%"),
    (0.9, "90%"),
    (0.95, "95%"),
    (0.98, "98%"),
    (0.99, "99%"),
    (0.999, "99.9%"),
    (0.9999, "99.99%"),
    (1.0, "100%"),
];

/// One line per row of the statistics, `Aggregated` last. Times are in milliseconds; rates are means
/// since counting began. Without requests, times are `N/A`.
pub fn requests(board: &Board) -> String {
    let mut out = writer();
    let titles = [
        "Type",
        "Name",
        "Request Count",
        "Failure Count",
        "Median Response Time",
        "Average Response Time",
        "Min Response Time",
        "Max Response Time",
        "Average Content Size",
        "Requests/s",
        "Failures/s",
    ];
    write(
        &mut out,
        titles.into_iter().chain(QUANTILES.map(|(_, title)| title)),
    );
    let length = board.at().since(board.since());
    let rows = board.rows();
    for row in &rows {
        write(
            &mut out,
            request_line(row.name.method.as_str(), row, length),
        );
    }
    write(&mut out, request_line("", &aggregated(&rows), length));
    finish(out)
}

fn request_line(method: &str, row: &RowTotals, length: Duration) -> Vec<String> {
    let times = &row.response_times;
    let mut line = vec![
        method.to_owned(),
        row.name.name.clone(),
        row.n_requests.to_string(),
        row.n_failures().to_string(),
        millis(times.quantile(0.5)),
        millis(times.mean()),
        millis(times.min),
        millis(times.max),
        row.body_bytes
            .checked_div(row.n_requests)
            .unwrap_or(0)
            .to_string(),
        rate(row.n_requests, length),
        rate(row.n_failures(), length),
    ];
    line.extend(QUANTILES.map(|(quantile, _)| millis(times.quantile(quantile))));
    line
}

/// One line per request name and cause, the names in order. `started` is when the run began; times
/// of day are in UTC.
pub fn failures(board: &Board, started: SystemTime) -> String {
    let time =
        |at: Elapsed| humantime::format_rfc3339_millis(started + at.to_duration()).to_string();
    let mut out = writer();
    write(
        &mut out,
        [
            "Method",
            "Name",
            "Error",
            "Occurrences",
            "First Seen",
            "Last Seen",
        ],
    );
    for row in board.rows() {
        for (failure, totals) in &row.failures {
            let line = [
                row.name.method.to_string(),
                row.name.name.clone(),
                failure.to_string(),
                totals.count.to_string(),
                time(totals.first),
                time(totals.last),
            ];
            write(&mut out, line);
        }
    }
    finish(out)
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(
        || "N/A".to_owned(),
        |time| format!("{:.3}", time.as_secs_f64() * 1e3),
    )
}

fn rate(count: u64, length: Duration) -> String {
    let rate = if length.is_zero() {
        0.0
    } else {
        count as f64 / length.as_secs_f64()
    };
    format!("{rate:.6}")
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new())
}

fn write<T: AsRef<[u8]>>(out: &mut Writer<Vec<u8>>, fields: impl IntoIterator<Item = T>) {
    out.write_record(fields)
        .expect("memory takes any record, and all have the same length");
}

fn finish(out: Writer<Vec<u8>>) -> String {
    let bytes = out.into_inner().expect("memory can be flushed");
    String::from_utf8(bytes).expect("all fields were text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use crate::testing::{Answer, Simulation, answer_after, class, load, plan, task};

    /// One user that sends every 500 ms for two seconds; a path with a comma fails.
    fn board() -> Board {
        let mut user = class("A", 1);
        user.set.tasks = vec![task(1, "/a,b")].try_into().unwrap();
        let answer =
            |_: Elapsed, _: &Request| -> Answer { answer_after(Duration::from_millis(500), 503) };
        Simulation::new(plan(vec![user], load(1, 1.0), 2), answer)
            .run()
            .board
    }

    #[test]
    fn requests_have_locusts_columns_and_a_total() {
        let times = "500.000,".repeat(10) + "500.000";
        let expected = format!(
            "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,\
             Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,\
             50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\r\n\
             GET,\"/a,b\",3,3,500.000,500.000,500.000,500.000,100,1.500000,1.500000,{times}\r\n\
             ,Aggregated,3,3,500.000,500.000,500.000,500.000,100,1.500000,1.500000,{times}\r\n"
        );
        assert_eq!(requests(&board()), expected);
    }

    #[test]
    fn without_requests_times_are_not_available() {
        let text = requests(&Board::default());
        let total = text.lines().last().unwrap();
        assert_eq!(
            total,
            format!(
                ",Aggregated,0,0,N/A,N/A,N/A,N/A,0,0.000000,0.000000{}",
                ",N/A".repeat(11)
            )
        );
    }

    #[test]
    fn failures_have_locusts_columns_and_times_in_utc() {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let expected = "Method,Name,Error,Occurrences,First Seen,Last Seen\r\n\
             GET,\"/a,b\",503 Service Unavailable,3,2023-11-14T22:13:20.500Z,2023-11-14T22:13:21.500Z\r\n";
        assert_eq!(failures(&board(), started), expected);
    }
}
