//! What failed, with samples, and what broke.

use super::View;
use super::markup::{Column, Html, Table};
use crate::measure::sample::{Evidence, Failure};
use crate::measure::snapshot::{FailureTotals, RowTotals};
use crate::report::words;

pub(super) fn failures(view: &View<'_>) -> Html {
    let mut body = Html::default();
    for row in &view.rows {
        for (failure, totals) in &row.failures {
            body.add(&failure_rows(view, row, failure, totals));
        }
    }
    let mut html = Html::default();
    html.raw("<section>\n<h2>Failures Statistics</h2>\n");
    if body.is_empty() {
        html.raw("<p class=\"soft\">No request failed.</p>\n");
    } else {
        html.table(&Table {
            caption: "Failures Statistics",
            columns: &[
                ("#\u{a0}Failures", Column::Number),
                ("Method", Column::Text),
                ("Name", Column::Text),
                ("Message", Column::Text),
                ("First Seen", Column::Text),
                ("Last Seen", Column::Text),
            ],
            body,
        });
    }
    html.raw("</section>\n");
    html
}

/// One row, and one below it with the sample, if there is one.
fn failure_rows(
    view: &View<'_>,
    row: &RowTotals,
    failure: &Failure,
    totals: &FailureTotals,
) -> Html {
    let mut html = Html::default();
    html.raw(match totals.evidence {
        Some(_) => "<tr class=\"with-sample\">",
        None => "<tr>",
    });
    html.number(&words::count(totals.count));
    html.cell(row.name.method.as_str()).name(&row.name.name);
    html.name(&failure.to_string());
    for at in [totals.first, totals.last] {
        let moment = view.moment(at).to_string();
        html.raw("<td class=\"time\">").text(&moment).raw("</td>");
    }
    html.raw("</tr>\n");
    if let Some(evidence) = &totals.evidence {
        html.raw("<tr class=\"sample\"><td></td><td colspan=\"5\">")
            .add(&sample(evidence))
            .raw("</td></tr>\n");
    }
    html
}

fn sample(evidence: &Evidence) -> Html {
    let mut html = Html::default();
    html.raw("<details><summary>Sample</summary>\n<dl class=\"facts\">\n<dt>URL</dt><dd>");
    html.clipped(&evidence.shown_url())
        .raw("</dd>\n<dt>User</dt><dd>");
    html.text(&evidence.user.to_string());
    html.raw("</dd>\n<dt>Status</dt><dd>");
    match evidence.status {
        Some(status) => html.text(&status.to_string()),
        None => html.raw("no answer"),
    };
    html.raw("</dd>\n");
    if let Some(found) = &evidence.found {
        html.raw("<dt>Found</dt><dd>").clipped(found).raw("</dd>\n");
    }
    if !evidence.headers.is_empty() {
        html.raw("<dt>Headers</dt><dd>");
        for (name, value) in &evidence.headers {
            html.clipped(&format!("{name}: {value}"));
        }
        html.raw("</dd>\n");
    }
    if !evidence.body.is_empty() {
        html.raw("<dt>Body</dt><dd><pre dir=\"auto\" tabindex=\"0\">");
        html.text(&evidence.body).raw("</pre></dd>\n");
    } else if evidence.status.is_some() {
        html.raw("<dt>Body</dt><dd class=\"soft\">empty</dd>\n");
    }
    html.raw("</dl>\n</details>");
    html
}

pub(super) fn exceptions(view: &View<'_>) -> Html {
    let mut body = Html::default();
    for it in view.report.board.exceptions() {
        body.raw("<tr>").number(&words::count(it.count));
        body.name(&it.message).name(&it.task);
        for at in [it.first, it.last] {
            let moment = view.moment(at).to_string();
            body.raw("<td class=\"time\">").text(&moment).raw("</td>");
        }
        body.raw("</tr>\n");
    }
    let mut html = Html::default();
    if body.is_empty() {
        return html;
    }
    html.raw("<section>\n<h2>Exceptions Statistics</h2>\n");
    html.table(&Table {
        caption: "Exceptions Statistics",
        columns: &[
            ("#\u{a0}occurrences", Column::Number),
            ("Message", Column::Text),
            ("Task", Column::Text),
            ("First Seen", Column::Text),
            ("Last Seen", Column::Text),
        ],
        body,
    });
    html.raw("</section>\n");
    html
}
