//! What comes before the tables: what ran, when, how it ended, and whether it passed.

use super::View;
use super::markup::{Column, Html, Table};
use super::plan;
use crate::measure::board::aggregated;
use crate::report::{Ending, Report, RunVerdict, words};
use crate::time::Elapsed;
use crate::verdict::threshold::Outcome;
use crate::verdict::validity::Grade;

/// The title of a report that has none.
const UNTITLED: &str = "Mayfly Test Report";

pub(super) fn document_title(report: &Report) -> Html {
    if report.title.is_empty() {
        return Html::of(UNTITLED);
    }
    Html::of(&format!("{} – {UNTITLED}", report.title))
}

pub(super) fn head(view: &View<'_>) -> Html {
    let mut html = Html::default();
    html.raw("<header>\n")
        .add(&title(view.report))
        .add(&facts(view))
        .add(&figures(view.report))
        .add(&notes(view))
        .add(&plan::source(view.report))
        .raw("</header>\n")
        .add(&thresholds(view))
        .add(&validity(view))
        .add(&times(view));
    html
}

fn title(report: &Report) -> Html {
    let mut html = Html::default();
    if report.title.is_empty() {
        html.raw("<div class=\"title\">\n<h1>").text(UNTITLED);
    } else {
        html.raw("<p class=\"brand\">").text(UNTITLED);
        html.raw("</p>\n<div class=\"title\">\n<h1>")
            .clipped(&report.title);
    }
    let verdict = report.verdict();
    let validity = report.validity().map(|it| it.verdict);
    html.raw("</h1>\n").raw(match verdict {
        _ if verdict.is_good() && validity == Some(Grade::Invalid) => "<p class=\"verdict open\">",
        RunVerdict::NoFailures | RunVerdict::Passed => "<p class=\"verdict good\">",
        RunVerdict::Failed | RunVerdict::SomeFailures => "<p class=\"verdict bad\">",
        RunVerdict::NoData | RunVerdict::Unfinished => "<p class=\"verdict open\">",
    });
    html.text(&words::verdict(verdict, validity)).raw("</p>\n");
    if let Some(validity) = validity {
        html.raw(grade_class(validity));
        html.text(&validity.to_string()).raw("</p>\n");
    }
    html.raw("</div>\n");
    html
}

fn grade_class(grade: Grade) -> &'static str {
    match grade {
        Grade::Valid => "<p class=\"verdict good\">",
        Grade::Limited => "<p class=\"verdict open\">",
        Grade::Invalid => "<p class=\"verdict bad\">",
    }
}

/// Why the numbers are not simply those of the target.
fn validity(view: &View<'_>) -> Html {
    let mut html = Html::default();
    let Some(validity) = view.report.validity() else {
        return html;
    };
    html.raw("<section>\n<h2>Validity</h2>\n<p>");
    html.text(&words::validity(&validity)).raw("</p>\n");
    let mut body = Html::default();
    for it in &validity.reasons {
        body.raw("<tr>").raw(match it.verdict {
            Grade::Valid => "<td class=\"good\">",
            Grade::Limited => "<td class=\"open\">",
            Grade::Invalid => "<td class=\"bad\">",
        });
        body.text(&it.verdict.to_string()).raw("</td>");
        body.cell(&it.cause.to_string()).cell(&it.when());
        body.name(&it.evidence).name(&it.advice).raw("</tr>\n");
    }
    if !validity.reasons.is_empty() {
        html.table(&Table {
            caption: "Validity",
            columns: &[
                ("Verdict", Column::Text),
                ("Reason", Column::Text),
                ("When", Column::Text),
                ("Evidence", Column::Text),
                ("What helps", Column::Text),
            ],
            body,
        });
    }
    html.raw("</section>\n");
    html
}

/// Response times beside what is in them, where they differ.
fn times(view: &View<'_>) -> Html {
    let total = aggregated(&view.rows);
    let parts = words::times_of(&view.report.board, &total);
    let mut html = Html::default();
    if parts.is_empty() {
        return html;
    }
    let mut body = Html::default();
    for (what, times) in parts {
        body.raw("<tr>").cell(what);
        for quantile in words::TIMES_OF {
            body.number(&words::quantile(&times, quantile));
        }
        body.number(&words::count(times.buckets.count()));
        body.raw("</tr>\n");
    }
    html.raw("<section>\n<h2>What is in the response times</h2>\n")
        .table(&Table {
            caption: "What is in the response times",
            columns: &[
                ("Time", Column::Text),
                ("50%ile (ms)", Column::Number),
                ("90%ile (ms)", Column::Number),
                ("95%ile (ms)", Column::Number),
                ("99%ile (ms)", Column::Number),
                ("100%ile (ms)", Column::Number),
                ("#\u{a0}Requests", Column::Number),
            ],
            body,
        });
    html.raw("</section>\n");
    html
}

fn facts(view: &View<'_>) -> Html {
    let report = view.report;
    let (start, end) = (view.moment(Elapsed::ZERO), view.moment(report.board.at()));
    let length = words::length(report.board.at().to_duration());
    let zone = start.zone();
    let mut html = Html::default();
    html.raw("<dl class=\"facts\">\n<dt>During</dt><dd>");
    html.text(&format!("{start} – {end} {zone} ({length})"));
    html.raw("</dd>\n<dt>Target Host</dt><dd>");
    html.clipped(&report.host())
        .raw("</dd>\n<dt>Ended</dt><dd>");
    match &report.ending {
        Ending::Stopped => match report.board.end_cause() {
            Some(cause) => html.clipped(&format!("{cause}; the numbers are final")),
            None => html.text("normally; the numbers are final"),
        },
        Ending::Running => html.text(&format!(
            "interrupted at {end} {zone}; what came later was not saved"
        )),
        Ending::EngineLost { reason } => html
            .text(&format!("the engine was lost at {end} {zone}: "))
            .clipped(reason),
    };
    html.raw("</dd>\n<dt>Seed</dt><dd>");
    html.text(&report.seed.to_string()).raw("</dd>\n</dl>\n");
    html
}

fn figures(report: &Report) -> Html {
    let figures = report.figures();
    let (n_requests, n_failures) = (figures.n_requests, figures.n_failures);
    let failures = match n_failures {
        0 => "0".to_owned(),
        n => format!("{} ({})", words::count(n), words::percent(n, n_requests)),
    };
    let mut entries = vec![
        ("Requests", words::count(n_requests)),
        ("Failures", failures),
        ("RPS", words::rate(figures.request_rate)),
        ("Median (ms)", words::millis(figures.median)),
        ("95%ile (ms)", words::millis(figures.p95)),
        ("Peak users", words::count(figures.peak_users.into())),
    ];
    if 0 < figures.n_dropped {
        entries.push(("Dropped", words::count(figures.n_dropped)));
    }
    let mut html = Html::default();
    html.raw("<dl class=\"figures\">\n");
    for (title, figure) in entries {
        html.raw("<div><dt>").text(title).raw("</dt><dd>");
        html.text(&figure).raw("</dd></div>\n");
    }
    html.raw("</dl>\n");
    html
}

/// What a reader must know to read the numbers right.
fn notes(view: &View<'_>) -> Html {
    let board = &view.report.board;
    let mut notes = Vec::new();
    // Above it is cut where it is long.
    if let Some(cause) = board.end_cause().filter(|it| !it.is_expected()) {
        notes.push(format!("The run ended early: {cause}."));
    }
    if Elapsed::ZERO < board.since() {
        let after = words::length(board.since().to_duration());
        notes.push(format!(
            "Counting began anew after {after}; what was before is in no number."
        ));
    }
    let n_dropped = board.n_dropped();
    if 0 < n_dropped {
        let n_dropped = words::count(n_dropped);
        notes.push(format!(
            "{n_dropped} arrivals found no free user and were dropped; raise max_users, or ask for \
             less."
        ));
    }
    let total = aggregated(&view.rows);
    if 0 < total.n_aborted {
        let n_aborted = words::count(total.n_aborted);
        notes.push(format!(
            "Requests in flight that were given up when their users were stopped: {n_aborted}. They \
             are in no other count."
        ));
    }
    if 0 < total.n_unsent {
        let n_unsent = words::count(total.n_unsent);
        notes.push(format!(
            "Requests that were due and never sent, because their users were stopped first: \
             {n_unsent}. They are in no other count."
        ));
    }
    let accounts = board.accounts();
    // Earlier versions did not count what was due.
    if board.health().is_some() {
        notes.push(words::accounts(&accounts));
    }
    if 0 < board.n_dead() {
        notes.push(words::dead_users(board.n_dead()));
    }
    if 0 < board.n_resent() {
        notes.push(words::resent(board.n_resent()));
    }
    notes.extend(words::on_the_wire(board.wire_bytes(), total.body_bytes));
    if board.rows_left_out() {
        notes.push(
            "There are more request names than rows; the rest is in (other). Give requests with \
             changing URLs a name."
                .to_owned(),
        );
    }
    let mut html = Html::default();
    for note in notes {
        html.raw("<p class=\"note\">").text(&note).raw("</p>\n");
    }
    html
}

fn thresholds(view: &View<'_>) -> Html {
    let thresholds = &view.report.thresholds;
    let mut html = Html::default();
    if thresholds.is_empty() {
        return html;
    }
    let mut body = Html::default();
    for it in thresholds {
        body.raw("<tr>").raw(match it.outcome() {
            Outcome::Failed => "<td class=\"bad\">Failed</td>",
            Outcome::NoData => "<td class=\"open\">No data</td>",
            Outcome::Passed => "<td class=\"good\">Passed</td>",
        });
        body.name(&it.condition).name(&it.found);
        let since = it.failing_since.map(|at| words::clock(at.as_secs()));
        body.number(since.as_deref().unwrap_or(words::NONE));
        body.raw("</tr>\n");
    }
    html.raw("<section>\n<h2>Thresholds</h2>\n").table(&Table {
        caption: "Thresholds",
        columns: &[
            ("Result", Column::Text),
            ("Condition", Column::Text),
            ("Found", Column::Text),
            ("Failing since", Column::Number),
        ],
        body,
    });
    html.raw("</section>\n");
    html
}
