//! The report as text, for a terminal.

use std::time::Duration;

use super::{QUANTILES, figures, words};
use crate::measure::board::{Board, aggregated};
use crate::measure::snapshot::{RowTotals, TimeTotals};
use crate::verdict::threshold::{Outcome, Verdicts};
use crate::verdict::validity::Validity;

/// The statistics of a run that goes on, as Locust prints them every two seconds. Times are in
/// milliseconds, `≈` before those of too few requests; rates are those of the last ten seconds.
pub fn statistics(board: &Board) -> String {
    table(statistics_lines(&board.rows(), recent)).text("Statistics (ms)")
}

/// The cells of [`statistics`] below [`STATISTICS_TITLES`], `Aggregated` last.
pub fn statistics_cells(board: &Board) -> Vec<[String; 10]> {
    let lines = statistics_lines(&board.rows(), recent).into_iter();
    lines.map(|it| it.map(|cell| printable(&cell))).collect()
}

/// The titles of the columns of [`statistics`]. The first two are texts, the others numbers.
pub const STATISTICS_TITLES: [&str; 10] = [
    "Type",
    "Name",
    "# reqs",
    "# fails",
    "Avg",
    "Min",
    "Max",
    "Med",
    "req/s",
    "failures/s",
];

fn recent(row: &RowTotals) -> Rates {
    Rates {
        length: Duration::from_secs(row.recent.secs),
        n_requests: row.recent.n_requests,
        n_failures: row.recent.n_failures,
    }
}

/// The tables of a run: statistics and percentiles, what the wait before sending did to them, requests
/// without an answer, failures, exceptions, thresholds, and whether the numbers are valid; all but the
/// first two and the last only if there are any. Times are in milliseconds, with `≈`
/// before percentiles of too few requests; rates are means since counting began.
pub fn summary(board: &Board, verdicts: &Verdicts) -> String {
    let rows = board.rows();
    let length = board.at().since(board.since());
    let mean = |row: &RowTotals| Rates {
        length,
        n_requests: row.n_requests,
        n_failures: row.n_failures(),
    };
    let mut out = table(statistics_lines(&rows, mean)).text("Statistics (ms)");
    out += &percentiles(&rows);
    out += &before_sending(board, &aggregated(&rows));
    out += &unanswered(board, &rows);
    let n_dead = board.n_dead();
    if 0 < n_dead {
        out += &format!("\n{}\n", words::dead_users(n_dead));
    }
    if 0 < board.n_resent() {
        out += &format!("\n{}\n", words::resent(board.n_resent()));
    }
    if let Some(bytes) = words::on_the_wire(board.wire_bytes(), aggregated(&rows).body_bytes) {
        out += &format!("\n{bytes}\n");
    }
    if let Some(cause) = board.end_cause().filter(|it| !it.is_expected()) {
        out += &format!(
            "\nThe run ended early: {}.\n",
            printable_line(&cause.to_string())
        );
    }
    let n_dropped = board.n_dropped();
    if 0 < n_dropped {
        out += &format!(
            "\nDropped: {n_dropped} arrivals found no free user; raise max_users, or ask for less.\n"
        );
    }
    if board.rows_left_out() {
        out += "\nThere are more request names than rows; the rest is in (other). Give requests \
                with changing URLs a name.\n";
    }
    out += &failures(&rows);
    out += &exceptions(board);
    out += &thresholds(verdicts);
    let too_few = Vec::from_iter(verdicts.iter().filter_map(|it| it.too_few));
    out + &validity(Validity::new(board, &too_few).as_ref())
}

/// Whether the numbers are those of the target, and why not.
fn validity(validity: Option<&Validity>) -> String {
    let Some(validity) = validity else {
        return String::new();
    };
    let mut out = format!("\n{}\n", words::validity(validity));
    for reason in &validity.reasons {
        out += &format!("- {}\n", printable_line(&reason.to_string()));
    }
    out
}

/// Response times beside what is in them; nothing where the requests were sent at once.
fn before_sending(board: &Board, total: &RowTotals) -> String {
    let parts = words::times_of(board, total);
    if parts.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["", "50%", "90%", "95%", "99%", "100%", "# reqs"], 1);
    for (what, times) in parts {
        let [a, b, c, d, e] = words::TIMES_OF.map(|it| quantile(&times, it));
        let count = times.buckets.count().to_string();
        table.add([what.to_owned(), a, b, c, d, e, count]);
    }
    format!(
        "\n{}",
        table.text("Response times and what is in them (ms)")
    )
}

/// What the rates of a row are computed from.
struct Rates {
    length: Duration,
    n_requests: u64,
    n_failures: u64,
}

fn statistics_lines(rows: &[RowTotals], rates: impl Fn(&RowTotals) -> Rates) -> Vec<[String; 10]> {
    let total = aggregated(rows);
    let lines = rows
        .iter()
        .map(|row| line(row.name.method.as_str(), row, &rates(row)));
    lines.chain([line("", &total, &rates(&total))]).collect()
}

/// A table whose last line is that of all together.
fn table(lines: Vec<[String; 10]>) -> Table<10> {
    let mut table = Table::new(STATISTICS_TITLES, 2);
    let n_lines = lines.len();
    for (nth, line) in lines.into_iter().enumerate() {
        if nth + 1 == n_lines {
            table.rule();
        }
        table.add(line);
    }
    table
}

fn line(method: &str, row: &RowTotals, rates: &Rates) -> [String; 10] {
    let times = &row.response_times;
    let n_failures = row.n_failures();
    let ratio = match row.n_requests {
        0 => 0.0,
        n_requests => 100.0 * n_failures as f64 / n_requests as f64,
    };
    [
        method.to_owned(),
        row.name.name.clone(),
        row.n_requests.to_string(),
        format!("{n_failures} ({ratio:.2}%)"),
        millis(times.mean()),
        millis(times.min),
        millis(times.max),
        quantile(times, 0.5),
        rate(rates.n_requests, rates.length),
        rate(rates.n_failures, rates.length),
    ]
}

fn percentiles(rows: &[RowTotals]) -> String {
    let mut titles = [
        "Type", "Name", "", "", "", "", "", "", "", "", "", "", "", "# reqs",
    ];
    for (title, (_, percent)) in titles[2..].iter_mut().zip(QUANTILES) {
        *title = percent;
    }
    let line = |method: &str, row: &RowTotals| {
        let mut line: [String; 14] = Default::default();
        line[0] = method.to_owned();
        line[1].clone_from(&row.name.name);
        for (cell, (it, _)) in line[2..].iter_mut().zip(QUANTILES) {
            *cell = quantile(&row.response_times, it);
        }
        line[13] = row.n_requests.to_string();
        line
    };
    let mut table = Table::new(titles, 2);
    for row in rows {
        table.add(line(row.name.method.as_str(), row));
    }
    table.rule();
    table.add(line("", &aggregated(rows)));
    format!("\n{}", table.text("Response time percentiles (ms)"))
}

/// What was due and has no answer, by request, and the sum of everything that was due.
fn unanswered(board: &Board, rows: &[RowTotals]) -> String {
    let mut table = Table::new(["# given up", "# never sent", "Request"], 0);
    table.n_numbers = 2;
    for row in rows.iter().filter(|it| 0 < it.n_aborted + it.n_unsent) {
        let [given_up, unsent] = [row.n_aborted, row.n_unsent].map(|it| it.to_string());
        table.add([given_up, unsent, row.name.to_string()]);
    }
    let accounts = board.accounts();
    let table = table.text_unless_empty("Without an answer when their users were stopped");
    format!("{table}\n{accounts}\n")
}

fn failures(rows: &[RowTotals]) -> String {
    let mut table = Table::new(["# fails", "Request", "Failure"], 0);
    for row in rows {
        for (failure, totals) in &row.failures {
            let failure = match totals.found() {
                Some(found) => format!("{failure}; the first: {found}"),
                None => failure.to_string(),
            };
            table.add([totals.count.to_string(), row.name.to_string(), failure]);
        }
    }
    table.text_unless_empty("Failures")
}

fn exceptions(board: &Board) -> String {
    let mut table = Table::new(["#", "Task", "Exception"], 0);
    for it in board.exceptions() {
        table.add([
            it.count.to_string(),
            it.task.to_string(),
            it.message.to_string(),
        ]);
    }
    table.text_unless_empty("Exceptions")
}

fn thresholds(verdicts: &Verdicts) -> String {
    let mut table = Table::new(["", "Threshold", "Value"], 2);
    for verdict in verdicts.iter() {
        let word = match verdict.outcome {
            Outcome::Failed => "failed",
            Outcome::NoData => "no data",
            Outcome::Passed => "passed",
        };
        table.add([
            word.to_owned(),
            verdict.condition.to_string(),
            verdict.found(),
        ]);
    }
    table.text_unless_empty("Thresholds")
}

fn quantile(times: &TimeTotals, quantile: f64) -> String {
    let mark = if times.is_enough_for(quantile) {
        ""
    } else {
        "≈"
    };
    match times.quantile(quantile) {
        None => millis(None),
        time => format!("{mark}{}", millis(time)),
    }
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(
        || "-".to_owned(),
        |it| format!("{:.1}", it.as_secs_f64() * 1e3),
    )
}

fn rate(count: u64, length: Duration) -> String {
    format!("{:.2}", figures::rate(count, length))
}

/// Columns as wide as what is in them, separated by two spaces.
struct Table<const N: usize> {
    titles: [&'static str; N],
    // How many columns are text, and start at the left; the others are numbers. With zero, all but
    // the first `n_numbers` are text.
    n_texts: usize,
    n_numbers: usize,
    // `None` is a line across.
    lines: Vec<Option<[String; N]>>,
}

impl<const N: usize> Table<N> {
    fn new(titles: [&'static str; N], n_texts: usize) -> Self {
        Self {
            titles,
            n_texts,
            n_numbers: 1,
            lines: Vec::new(),
        }
    }

    fn add(&mut self, line: [String; N]) {
        self.lines.push(Some(line.map(|cell| printable(&cell))));
    }

    fn rule(&mut self) {
        self.lines.push(None);
    }

    fn text_unless_empty(self, caption: &str) -> String {
        if self.lines.is_empty() {
            return String::new();
        }
        format!("\n{}", self.text(caption))
    }

    fn text(self, caption: &str) -> String {
        let mut widths = self.titles.map(|title| title.chars().count());
        for line in self.lines.iter().flatten() {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * (N - 1));
        let titles = self.titles.map(str::to_owned);
        let mut out = format!("{caption}\n{}\n{rule}\n", self.line(&titles, &widths));
        for line in &self.lines {
            match line {
                Some(line) => out += &self.line(line, &widths),
                None => out += &rule,
            }
            out.push('\n');
        }
        out
    }

    fn line(&self, cells: &[String; N], widths: &[usize; N]) -> String {
        let mut out = String::new();
        for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
            let is_text = if self.n_texts == 0 {
                self.n_numbers <= index
            } else {
                index < self.n_texts
            };
            if is_text {
                out += &format!("{cell:<width$}  ");
            } else {
                out += &format!("{cell:>width$}  ");
            }
        }
        out.trim_end().to_owned()
    }
}

/// Names and messages come from plans and targets: nothing in them may move a terminal's cursor, or have it
/// show what follows in another order.
pub fn printable_line(text: &str) -> String {
    let shown = |it: char| {
        if it.is_control() || is_unseen_control(it) {
            '\u{fffd}'
        } else {
            it
        }
    };
    text.chars().map(shown).collect()
}

/// Ends of lines and paragraphs, and what changes the direction of text (UAX #9).
fn is_unseen_control(it: char) -> bool {
    matches!(
        it,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The same of what has little room.
pub fn printable(cell: &str) -> String {
    const MAX: usize = 120;
    let mut text: String = printable_line(cell).chars().take(MAX).collect();
    if MAX < cell.chars().count() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;
    use crate::testing::{Answer, Simulation, answer_after};
    use crate::time::Elapsed;

    #[test]
    fn nothing_moves_the_cursor_or_turns_the_text_around() {
        let hostile = "a\u{1b}[2J\r\n\u{9b}31m\u{7f}\u{202e}b\u{2066}c\u{200f}\u{61c}\u{2028}d";
        let expected = "a\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}31m\u{fffd}\u{fffd}b\u{fffd}c\u{fffd}\u{fffd}\u{fffd}d";
        assert_eq!(printable_line(hostile), expected);
        // Letters of other scripts are their own, and so are emoji.
        let harmless = "שלום مرحبا Grüße 👩\u{200d}🚀";
        assert_eq!(printable_line(harmless), harmless);
    }

    #[test]
    fn columns_are_aligned_and_the_total_is_last() {
        let plan = r#"version = 1
            load = { users = 1, spawn_rate = 1, run_time = 10 }
            [[user_class]]
            name = "User"
            task = [ { get = "/" }, { steps = [ { get = "/flaky", name = "/flaky\u001b[2J" } ] } ]"#;
        let answer = |_: Elapsed, request: &Request| -> Answer {
            let status = if request.url.len() == 1 { 200 } else { 503 };
            answer_after(Duration::from_millis(250), status)
        };
        let outcome = Simulation::of(plan, answer).run();
        let text = summary(&outcome.board, &Verdicts::new(&[]));
        let expected = "\
Statistics (ms)
Type  Name        # reqs       # fails    Avg    Min    Max    Med  req/s  failures/s
-------------------------------------------------------------------------------------
GET   /               23     0 (0.00%)  250.0  250.0  250.0  250.0   2.30        0.00
GET   /flaky\u{fffd}[2J      16  16 (100.00%)  250.0  250.0  250.0  250.0   1.60        1.60
-------------------------------------------------------------------------------------
      Aggregated      39   16 (41.03%)  250.0  250.0  250.0  250.0   3.90        1.60

Response time percentiles (ms)
Type  Name          50%    66%     75%     80%     90%     95%     98%     99%   99.9%  99.99%   100%  # reqs
-------------------------------------------------------------------------------------------------------------
GET   /           250.0  250.0   250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  250.0      23
GET   /flaky\u{fffd}[2J  250.0  250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  250.0      16
-------------------------------------------------------------------------------------------------------------
      Aggregated  250.0  250.0   250.0   250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  ≈250.0  250.0      39

Without an answer when their users were stopped
# given up  # never sent  Request
---------------------------------
         1             0  GET /

40 due = 23 answered + 16 failed + 1 given up

Failures
# fails  Request         Failure
------------------------------------------------
     16  GET /flaky\u{fffd}[2J  503 Service Unavailable

Validity: LIMITED, for 1 reason.
- LIMITED: Too few requests (0 s to 10 s). The 95th percentile is from 39 requests, and 110 are needed to be sure of it. Let the run last longer.
";
        assert_eq!(text, expected);
    }
}
