//! The report as text, for a terminal.

use std::time::Duration;

use super::figures;
use crate::board::{Board, aggregated};
use crate::snapshot::RowTotals;
use crate::threshold::Verdicts;

/// The tables of a run: statistics, failures, exceptions and thresholds; the last three only if
/// there are any. Times are in milliseconds; rates are means since counting began.
pub fn summary(board: &Board, verdicts: &Verdicts) -> String {
    let rows = board.rows();
    let mut out = statistics(board, &rows);
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
    out + &failures(&rows) + &exceptions(board) + &thresholds(verdicts)
}

fn statistics(board: &Board, rows: &[RowTotals]) -> String {
    let titles = [
        "Type", "Name", "# reqs", "# fails", "Avg", "Min", "Max", "Med", "95%", "99%", "req/s",
        "fails/s",
    ];
    let length = board.at().since(board.since());
    let mut table = Table::new(titles, 2);
    for row in rows {
        table.add(line(row.name.method.as_str(), row, length));
    }
    table.rule();
    table.add(line("", &aggregated(rows), length));
    table.text("Statistics (ms)")
}

fn line(method: &str, row: &RowTotals, length: Duration) -> [String; 12] {
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
        millis(times.quantile(0.5)),
        millis(times.quantile(0.95)),
        millis(times.quantile(0.99)),
        rate(row.n_requests, length),
        rate(n_failures, length),
    ]
}

fn failures(rows: &[RowTotals]) -> String {
    let mut table = Table::new(["# fails", "Request", "Failure"], 0);
    for row in rows {
        for (failure, totals) in &row.failures {
            let [request, failure] = [row.name.to_string(), failure.to_string()];
            table.add([totals.count.to_string(), request, failure]);
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
        let word = if verdict.failed { "failed" } else { "passed" };
        table.add([
            word.to_owned(),
            verdict.condition.to_string(),
            verdict.found(),
        ]);
    }
    table.text_unless_empty("Thresholds")
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
    // the first are text.
    n_texts: usize,
    // `None` is a line across.
    lines: Vec<Option<[String; N]>>,
}

impl<const N: usize> Table<N> {
    fn new(titles: [&'static str; N], n_texts: usize) -> Self {
        Self {
            titles,
            n_texts,
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
                0 < index
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

/// Names and messages come from plans and targets: nothing in them may move a terminal's cursor.
fn printable(cell: &str) -> String {
    const MAX: usize = 120;
    let mut text: String = cell
        .chars()
        .take(MAX)
        .map(|it| if it.is_control() { '\u{fffd}' } else { it })
        .collect();
    if MAX < cell.chars().count() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use crate::testing::{Answer, Simulation, answer_after};
    use crate::time::Elapsed;

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
Type  Name        # reqs       # fails    Avg    Min    Max    Med    95%    99%  req/s  fails/s
------------------------------------------------------------------------------------------------
GET   /               23     0 (0.00%)  250.0  250.0  250.0  250.0  250.0  250.0   2.30     0.00
GET   /flaky\u{fffd}[2J      16  16 (100.00%)  250.0  250.0  250.0  250.0  250.0  250.0   1.60     1.60
------------------------------------------------------------------------------------------------
      Aggregated      39   16 (41.03%)  250.0  250.0  250.0  250.0  250.0  250.0   3.90     1.60

Failures
# fails  Request         Failure
------------------------------------------------
     16  GET /flaky\u{fffd}[2J  503 Service Unavailable
";
        assert_eq!(text, expected);
    }
}
