//! The statistics.

use std::time::Duration;

use super::View;
use super::markup::{Column, Html, Table};
use crate::measure::board::aggregated;
use crate::measure::snapshot::RowTotals;
use crate::report::{figures, words};

/// The quantiles of Locust's HTML report, with their column titles.
const QUANTILES: [(f64, &str); 8] = [
    (0.5, "50%ile (ms)"),
    (0.6, "60%ile (ms)"),
    (0.7, "70%ile (ms)"),
    (0.8, "80%ile (ms)"),
    (0.9, "90%ile (ms)"),
    (0.95, "95%ile (ms)"),
    (0.99, "99%ile (ms)"),
    (1.0, "100%ile (ms)"),
];

pub(super) fn requests(view: &View<'_>) -> Html {
    let numbers = [
        "#\u{a0}Requests",
        "#\u{a0}Fails",
        "Median (ms)",
        "95%ile (ms)",
        "99%ile (ms)",
        "Average (ms)",
        "Min (ms)",
        "Max (ms)",
        "Average size (bytes)",
        "RPS",
        "Failures/s",
    ];
    let board = &view.report.board;
    let length = board.at().since(board.since());
    let body = body(&view.rows, |row| request_numbers(row, length));
    section("Request Statistics", "Type", &numbers, body)
}

fn request_numbers(row: &RowTotals, length: Duration) -> Vec<String> {
    let times = &row.response_times;
    let bytes = row.body_bytes.checked_div(row.n_requests);
    vec![
        words::count(row.n_requests),
        words::count(row.n_failures()),
        words::quantile(times, 0.5),
        words::quantile(times, 0.95),
        words::quantile(times, 0.99),
        words::millis(times.mean()),
        words::millis(times.min),
        words::millis(times.max),
        bytes.map_or_else(|| words::NONE.to_owned(), words::count),
        words::rate(figures::rate(row.n_requests, length)),
        words::rate(figures::rate(row.n_failures(), length)),
    ]
}

pub(super) fn response_times(view: &View<'_>) -> Html {
    let numbers = QUANTILES.map(|(_, title)| title);
    let of_row = |row: &RowTotals| {
        let times = |(quantile, _)| words::quantile(&row.response_times, quantile);
        QUANTILES.map(times).to_vec()
    };
    let body = body(&view.rows, of_row);
    section("Response Time Statistics", "Method", &numbers, body)
}

/// Where the time of answers went, by request, on average; nothing if nobody knows.
pub(super) fn phases(view: &View<'_>) -> Html {
    let rows = view.rows.iter();
    let rows: Vec<_> = rows.filter(|it| it.phases.is_some()).cloned().collect();
    if rows.is_empty() {
        return Html::default();
    }
    let numbers = [
        "#\u{a0}Looked at",
        "Connect (ms)",
        "TLS (ms)",
        "First byte (ms)",
        "Body (ms)",
    ];
    let of_row = |row: &RowTotals| {
        let phases = row.phases.unwrap_or_default();
        let means = [
            phases.connect(),
            phases.tls(),
            phases.first_byte(),
            phases.body(),
        ];
        let mut numbers = vec![words::count(phases.n_requests)];
        numbers.extend(means.map(words::millis));
        numbers
    };
    section("Phases on Average", "Method", &numbers, body(&rows, of_row))
}

/// What was due and has no answer, by request; nothing if everything has one.
pub(super) fn unanswered(view: &View<'_>) -> Html {
    let rows = view.rows.iter();
    let rows: Vec<_> = rows
        .filter(|it| 0 < it.n_aborted + it.n_unsent)
        .cloned()
        .collect();
    if rows.is_empty() {
        return Html::default();
    }
    let numbers = ["#\u{a0}Given up", "#\u{a0}Never sent"];
    let of_row = |row: &RowTotals| vec![words::count(row.n_aborted), words::count(row.n_unsent)];
    let body = body(&rows, of_row);
    section("Requests Without an Answer", "Method", &numbers, body)
}

fn body(rows: &[RowTotals], numbers: impl Fn(&RowTotals) -> Vec<String>) -> Html {
    let mut body = Html::default();
    for row in rows {
        body.raw("<tr>").cell(row.name.method.as_str());
        body.name(&row.name.name);
        add_numbers(&mut body, numbers(row));
    }
    let total = aggregated(rows);
    body.raw("<tr class=\"total\"><td></td>")
        .cell(&total.name.name);
    add_numbers(&mut body, numbers(&total));
    body
}

fn add_numbers(body: &mut Html, numbers: Vec<String>) {
    for number in numbers {
        body.number(&number);
    }
    body.raw("</tr>\n");
}

fn section(
    title: &'static str,
    method: &'static str,
    numbers: &[&'static str],
    body: Html,
) -> Html {
    let mut columns = vec![(method, Column::Text), ("Name", Column::Text)];
    columns.extend(numbers.iter().map(|&it| (it, Column::Number)));
    let mut html = Html::default();
    html.raw("<section>\n<h2>").text(title).raw("</h2>\n");
    html.table(&Table {
        caption: title,
        columns: &columns,
        body,
    });
    html.raw("</section>\n");
    html
}
