//! The statistics table: one row per request name, the total last.

use std::rc::Rc;

use yew::prelude::*;

use crate::format;
use crate::model::{RunModel, StatsRow};

#[derive(PartialEq, Properties)]
pub struct StatsTableProps {
    pub model: Rc<RunModel>,
}

#[component]
pub fn StatsTable(props: &StatsTableProps) -> Html {
    let model = &props.model;
    if model.rows.is_empty() {
        return html! { <p class="empty">{ "No request is done yet." }</p> };
    }
    html! {
        <div class="scroll" role="region" aria-label="Statistics" tabindex="0">
            <table class="stats">
                <caption class="visually-hidden">{ "Statistics" }</caption>
                <thead>
                    <tr>
                        for title in TITLES {
                            <th scope="col">{ title }</th>
                        }
                    </tr>
                </thead>
                <tbody>
                    for row in model.rows.iter() {
                        { stats_row(row) }
                    }
                </tbody>
                <tfoot>
                    for row in model.total.iter() {
                        { stats_row(row) }
                    }
                </tfoot>
            </table>
        </div>
    }
}

fn stats_row(row: &StatsRow) -> Html {
    let has_failed = 0 < row.n_failures;
    html! {
        <tr key={format!("{} {}", row.method, row.name)}>
            <td>{ &row.method }</td>
            <th scope="row">{ &row.name }</th>
            <td>{ format::count(row.n_requests) }</td>
            <td class={classes!(has_failed.then_some("bad"))}>{ format::count(row.n_failures) }</td>
            for time in [row.median, row.p95, row.p99, row.average, row.min, row.max] {
                <td>{ format::millis(time) }</td>
            }
            <td>{ row.average_bytes.map_or_else(|| format::NONE.to_owned(), format::count) }</td>
            <td>{ format::rate(row.request_rate) }</td>
            <td>{ format::rate(row.failure_rate) }</td>
        </tr>
    }
}

// Locust's column titles, in Locust's order, so that its users feel at home.
const TITLES: [&str; 13] = [
    "Type",
    "Name",
    "# Requests",
    "# Fails",
    "Median (ms)",
    "95%ile (ms)",
    "99%ile (ms)",
    "Average (ms)",
    "Min (ms)",
    "Max (ms)",
    "Average size (bytes)",
    "Current RPS",
    "Current Failures/s",
];
