//! The statistics table: one row per request name, the total last.

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::http::request::RequestName;
use mayfly_core::measure::estimate::Estimate;
use mayfly_core::measure::snapshot::TimeTotals;
use mayfly_core::report::words;
use mayfly_core::run_state::RunState;
use yew::prelude::*;

use super::data_table::{Cell, Column, DataTable, Kind, Rows, RowsProp};
use crate::store::tables::{Key, TableView};
use crate::store::{Action, TableAction, TableId};
use crate::view::format;
use crate::view::model::{RunModel, StatsRow};

#[derive(PartialEq, Properties)]
pub struct StatsTableProps {
    pub model: Rc<RunModel>,
    pub view: Rc<TableView>,
    /// The rows that are looked at more closely.
    pub selected: Vec<RequestName>,
    pub on_action: Callback<Action>,
}

#[component]
pub fn StatsTable(props: &StatsTableProps) -> Html {
    let StatsTableProps {
        model,
        view,
        selected,
        on_action,
    } = props;
    if model.rows.is_empty() {
        return html! { <p class="empty">{ nothing(model.state) }</p> };
    }
    let rows = StatsRows {
        model: model.clone(),
        selected: selected.clone(),
        on_select: on_action.reform(Action::SelectRow),
    };
    html! {
        <>
            { left_out(model) }
            { dropped(model) }
            <DataTable
                title="Statistics"
                columns={COLUMNS}
                rows={RowsProp::new(rows)}
                view={view.clone()}
                filter="Filter names"
                on_action={on_action.reform(|it: TableAction| Action::Table(TableId::Statistics, it))}
            />
        </>
    }
}

/// What stands in place of a table without rows.
fn nothing(state: RunState) -> &'static str {
    match state {
        RunState::Stopped => "No request is counted.",
        _ => "No request has finished yet.",
    }
}

fn left_out(model: &RunModel) -> Html {
    if !model.rows_left_out {
        return Html::default();
    }
    html! {
        <p class="notice warning" role="status">
            { "There are more request names than rows. The rest is counted together in the rows named \
               “(other)”. Give a request a name if its URL varies, for example by an id." }
        </p>
    }
}

fn dropped(model: &RunModel) -> Html {
    if model.n_dropped == 0 {
        return Html::default();
    }
    html! {
        <p class="notice warning" role="status">
            { format!("{} arrivals were dropped, because all users were busy. ", format::count(model.n_dropped)) }
            { "Less load was sent than the plan asks for. Allow more users (Max users) or ask for a \
               lower rate. Or the target is too slow for this rate." }
        </p>
    }
}

struct StatsRows {
    model: Rc<RunModel>,
    selected: Vec<RequestName>,
    on_select: Callback<RequestName>,
}

impl Rows for StatsRows {
    fn len(&self) -> usize {
        self.model.rows.len()
    }

    fn id(&self, row: usize) -> String {
        let row = &self.model.rows[row];
        format!("{} {}", row.method, row.name)
    }

    fn texts(&self, row: usize) -> [&str; 2] {
        [&self.model.rows[row].name, ""]
    }

    fn key(&self, row: usize, column: &str) -> Key<'_> {
        let row = &self.model.rows[row];
        let time =
            |time: Option<Duration>| time.map_or(Key::Missing, |it| Key::Number(it.as_secs_f64()));
        match column {
            "type" => Key::Text(row.method),
            "name" => Key::Text(&row.name),
            "requests" => Key::Number(row.n_requests as f64),
            "fails" => Key::Number(row.n_failures as f64),
            "average" => time(row.response_times.mean()),
            "min" => time(row.response_times.min),
            "max" => time(row.response_times.max),
            "size" => row
                .average_bytes
                .map_or(Key::Missing, |it| Key::Number(it as f64)),
            "rps" => Key::Number(row.request_rate),
            "fps" => Key::Number(row.failure_rate),
            "aborted" => Key::Number(row.n_aborted as f64),
            "unsent" => Key::Number(row.n_unsent as f64),
            "fail_ratio" => Key::Number(row.fail_ratio()),
            "own_queue" => time(own_queue(row)),
            "connect" => time(row.phases.connect()),
            "tls" => time(row.phases.tls()),
            "first_byte" => time(row.phases.first_byte()),
            "body" => time(row.phases.body()),
            _ => {
                let time = quantile_of(row, column).and_then(|(times, it)| times.quantile(it));
                time.map_or(Key::Missing, |it| Key::Number(it.as_secs_f64()))
            }
        }
    }

    fn cell(&self, row: usize, column: &str) -> Cell {
        let row = &self.model.rows[row];
        match column {
            "name" => self.name(row),
            _ => cell(row, column),
        }
    }

    fn total(&self, column: &str) -> Option<Cell> {
        self.model.total.as_ref().map(|it| cell(it, column))
    }
}

impl StatsRows {
    fn name(&self, row: &StatsRow) -> Cell {
        let method = row.method.parse().expect("only the total has no method");
        let name = RequestName {
            name: row.name.clone(),
            method,
        };
        let is_selected = self.selected.contains(&name);
        Cell::new(html! {
            <button
                type="button"
                aria-pressed={if is_selected { "true" } else { "false" }}
                title={format!("Show this row: {}", row.name)}
                onclick={self.on_select.reform(move |_| name.clone())}
            >
                <bdi>{ format::line(&row.name) }</bdi>
            </button>
        })
    }
}

fn cell(row: &StatsRow, column: &str) -> Cell {
    let time = |time| Cell::text(format::millis(time));
    match column {
        "type" => Cell::text(row.method),
        "name" => Cell::foreign(&row.name),
        "requests" => Cell::text(format::count(row.n_requests)),
        "fails" => Cell::text(format::count(row.n_failures)).bad_if(0 < row.n_failures),
        "average" => time(row.response_times.mean()),
        "min" => time(row.response_times.min),
        "max" => time(row.response_times.max),
        "size" => Cell::text(
            row.average_bytes
                .map_or_else(|| format::NONE.to_owned(), format::count),
        ),
        "rps" => Cell::text(format::rate(row.request_rate)),
        "fps" => Cell::text(format::rate(row.failure_rate)),
        "aborted" => Cell::text(format::count(row.n_aborted)),
        "unsent" => Cell::text(format::count(row.n_unsent)),
        "fail_ratio" => Cell::text(format::percent(row.n_failures, row.n_requests)),
        "own_queue" => time(own_queue(row)),
        "connect" => time(row.phases.connect()).titled(looked_at(row.phases.n_connects)),
        "tls" => time(row.phases.tls()).titled(looked_at(row.phases.n_handshakes)),
        "first_byte" => time(row.phases.first_byte()).titled(looked_at(row.phases.n_requests)),
        "body" => time(row.phases.body()).titled(looked_at(row.phases.n_requests)),
        _ => quantile_of(row, column).map_or_else(Cell::default, |(times, it)| quantile(times, it)),
    }
}

/// Of how many requests a phase is known.
fn looked_at(n_requests: u64) -> String {
    format!(
        "of {} requests that were looked at",
        format::count(n_requests)
    )
}

/// The mean of the wait before a request was sent.
fn own_queue(row: &StatsRow) -> Option<Duration> {
    let [response, service] = [&row.response_times, &row.service_times].map(TimeTotals::mean);
    Some(response?.saturating_sub(service?))
}

/// The times and the quantile that a column is about, if it is about one.
fn quantile_of<'a>(row: &'a StatsRow, column: &str) -> Option<(&'a TimeTotals, f64)> {
    Some(match column {
        "median" => (&row.response_times, 0.5),
        "p95" => (&row.response_times, 0.95),
        "p99" => (&row.response_times, 0.99),
        "p999" => (&row.response_times, 0.999),
        "service_median" => (&row.service_times, 0.5),
        "service_p95" => (&row.service_times, 0.95),
        _ => return None,
    })
}

/// A quantile, and how sure it is. One that a few requests more could move anywhere is marked.
fn quantile(times: &TimeTotals, quantile: f64) -> Cell {
    let cell = Cell::text(words::quantile(times, quantile));
    match times.estimate(quantile) {
        Estimate::Value { low, high, .. } => {
            let [low, high] = [low, high].map(|it| format::millis(Some(it)));
            cell.titled(format!("{low} to {high}, with 95 % confidence"))
        }
        Estimate::TooFew { needed } => {
            let [found, needed] = [times.buckets.count(), needed].map(format::count);
            cell.titled(format!(
                "from {found} requests; {needed} are needed to be sure"
            ))
        }
    }
}

// Locust's columns in Locust's order, so that its users feel at home; and then ours.
const COLUMNS: &[Column] = &[
    Column::new("type", "Type", Kind::Word),
    Column::new("name", "Name", Kind::Name),
    Column::new("requests", "# Requests", Kind::Number),
    Column::new("fails", "# Fails", Kind::Number),
    Column::new("median", "Median (ms)", Kind::Number),
    Column::new("p95", "95%ile (ms)", Kind::Number),
    Column::new("p99", "99%ile (ms)", Kind::Number),
    Column::new("average", "Average (ms)", Kind::Number),
    Column::new("min", "Min (ms)", Kind::Number),
    Column::new("max", "Max (ms)", Kind::Number),
    Column::new("size", "Average size (bytes)", Kind::Number),
    Column::new("rps", "Current RPS", Kind::Number),
    Column::new("fps", "Current Failures/s", Kind::Number),
    Column::extra("p999", "99.9%ile (ms)", ""),
    Column::extra("service_median", "Service median (ms)", SERVICE),
    Column::extra("service_p95", "Service 95%ile (ms)", SERVICE),
    Column::extra("own_queue", "Own queue average (ms)", OWN_QUEUE),
    Column::extra("connect", "Connect average (ms)", CONNECT),
    Column::extra("tls", "TLS average (ms)", TLS),
    Column::extra("first_byte", "First byte average (ms)", FIRST_BYTE),
    Column::extra("body", "Body average (ms)", BODY),
    Column::extra("fail_ratio", "Fail ratio", "Failures ÷ requests"),
    Column::extra(
        "aborted",
        "# Given up",
        "In flight when their users were stopped; in no other count",
    ),
    Column::extra(
        "unsent",
        "# Never sent",
        "Due, and not sent when their users were stopped; in no other count",
    ),
];

const CONNECT: &str =
    "Finding the address and opening a connection, of the requests that opened one";

const TLS: &str = "Agreeing on keys, of the requests that opened a connection";

const FIRST_BYTE: &str = "From when a request was written until its answer began";

const BODY: &str = "From the first byte of an answer until its last one";

const OWN_QUEUE: &str = "From when a request was due until it was sent: the wait for a connection";

const SERVICE: &str = "From when a request was sent, without the wait for a connection";
