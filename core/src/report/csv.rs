//! CSV files with Locust's columns, so that what reads those reads these.
//!
//! Names and messages come from plans and targets, and a spreadsheet takes a cell that begins with
//! `=`, `+`, `-`, `@`, a tab or a line break for a formula. Such texts get a `'` in front, which is
//! what OWASP recommends (*CSV Injection*) and spreadsheets do not show. Numbers and times are ours,
//! and stay as they are.

mod history;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use csv::{Terminator, Writer, WriterBuilder};

use super::{QUANTILES, figures};
use crate::measure::board::{Board, aggregated};
use crate::measure::snapshot::RowTotals;
use crate::time::Elapsed;
use crate::verdict::validity::Grade;

pub use self::history::{history, total_history};

/// One line per row of the statistics, `Aggregated` last. Times are in milliseconds; rates are means
/// since counting began. Without requests, times are `N/A`. After Locust's columns come the requests
/// without an answer, those given up in flight and those never sent; percentiles of the service times;
/// whether the numbers are valid, with `N/A` if nobody looked; and why the run ended, if something was
/// wrong.
pub fn requests(board: &Board, validity: Option<Grade>) -> String {
    let validity = validity.map_or_else(|| "N/A".to_owned(), |it| it.to_string());
    let cause = board.end_cause().filter(|it| !it.is_expected());
    let cause = cause.map_or_else(String::new, |it| text(&it.to_string()).into_owned());
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
        titles
            .into_iter()
            .chain(QUANTILES.map(|(_, title)| title))
            .chain([
                "Given Up Count",
                "Never Sent Count",
                "Median Service Time",
                "95% Service Time",
                "99% Service Time",
                "Validity",
                "Ended Early",
            ]),
    );
    let length = board.at().since(board.since());
    let rows = board.rows();
    for row in &rows {
        write(
            &mut out,
            request_line(row.name.method.as_str(), row, length, [&validity, &cause]),
        );
    }
    let total = request_line("", &aggregated(&rows), length, [&validity, &cause]);
    write(&mut out, total);
    finish(out)
}

fn request_line(method: &str, row: &RowTotals, length: Duration, of_run: [&str; 2]) -> Vec<String> {
    let times = &row.response_times;
    let mut line = vec![
        method.to_owned(),
        text(&row.name.name).into_owned(),
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
    line.extend([row.n_aborted, row.n_unsent].map(|it| it.to_string()));
    line.extend([0.5, 0.95, 0.99].map(|it| millis(row.service_times.quantile(it))));
    line.extend(of_run.map(str::to_owned));
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
                text(&row.name.name).into_owned(),
                text(&failure.to_string()).into_owned(),
                totals.count.to_string(),
                time(totals.first),
                time(totals.last),
            ];
            write(&mut out, line);
        }
    }
    finish(out)
}

/// One line per task and message, in order. Locust's traceback says where a task broke: here it is
/// the name of the task. Nodes is `local`, as in a run of Locust without workers.
pub fn exceptions(board: &Board) -> String {
    let mut out = writer();
    write(&mut out, ["Count", "Message", "Traceback", "Nodes"]);
    for it in board.exceptions() {
        let count = it.count.to_string();
        write(
            &mut out,
            [&count, &*text(&it.message), &*text(&it.task), "local"],
        );
    }
    finish(out)
}

/// A text that no spreadsheet takes for a formula.
fn text(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(
        || "N/A".to_owned(),
        |time| format!("{:.3}", time.as_secs_f64() * 1e3),
    )
}

fn rate(count: u64, length: Duration) -> String {
    format!("{:.6}", figures::rate(count, length))
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
    use crate::http::request::{Method, Request};
    use crate::plan::{RequestStep, Step, Task, Work};
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
        let service = "500.000,".repeat(3) + "LIMITED,";
        let expected = format!(
            "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,\
             Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,\
             50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Given Up Count,Never Sent Count,\
             Median Service Time,95% Service Time,99% Service Time,Validity,Ended Early\r\n\
             GET,\"/a,b\",3,3,500.000,500.000,500.000,500.000,100,1.500000,1.500000,{times},1,0,{service}\r\n\
             ,Aggregated,3,3,500.000,500.000,500.000,500.000,100,1.500000,1.500000,{times},1,0,{service}\r\n"
        );
        assert_eq!(requests(&board(), Some(Grade::Limited)), expected);
    }

    #[test]
    fn without_requests_times_are_not_available() {
        let text = requests(&Board::default(), None);
        let total = text.lines().last().unwrap();
        assert_eq!(
            total,
            format!(
                ",Aggregated,0,0,N/A,N/A,N/A,N/A,0,0.000000,0.000000{}",
                ",N/A".repeat(11) + ",0,0" + &",N/A".repeat(4) + ","
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

    #[test]
    fn exceptions_have_locusts_columns() {
        let plan = r#"version = 1
            load = { users = 1, spawn_rate = 1, run_time = 10 }
            [[user_class]]
            name = "User"
            wait = 3
            task = [
                { name = "=1+1", get = "/{{nothing}}" },
                { weight = 0, get = "/", extract = { nothing = { json = "$" } } },
            ]"#;
        let answer = |_: Elapsed, _: &Request| answer_after(Duration::ZERO, 200);
        let board = Simulation::of(plan, answer).run().board;
        let message = board.exceptions()[0].message.replace('"', "\"\"");
        let expected = format!("Count,Message,Traceback,Nodes\r\n1,{message},'=1+1,local\r\n");
        assert_eq!(exceptions(&board), expected);
    }

    #[test]
    fn texts_are_never_formulas() {
        for (found, expected) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("/a=b", "/a=b"),
            ("", ""),
        ] {
            assert_eq!(text(found), expected);
        }
    }

    #[test]
    fn names_that_are_formulas_are_harmless_in_every_file() {
        let mut user = class("A", 1);
        let mut step = RequestStep::new(Method::Get, "/".parse().unwrap());
        step.name = Some("=cmd".parse().unwrap());
        user.set.tasks = vec![Task {
            work: Work::Steps(vec![Step::Request(Box::new(step))]),
            ..task(1, "/")
        }]
        .try_into()
        .unwrap();
        let plan = plan(vec![user], load(1, 1.0), 2);
        let answer = |_: Elapsed, _: &Request| answer_after(Duration::from_millis(500), 503);
        let board = Simulation::new(plan, answer).run().board;
        let started = SystemTime::UNIX_EPOCH;
        for text in [
            requests(&board, None),
            failures(&board, started),
            history(&board, started),
        ] {
            assert!(text.contains(",'=cmd,"), "{text}");
            assert!(!text.contains(",=cmd"), "{text}");
        }
    }
}
