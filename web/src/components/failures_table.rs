//! The failures table: one row per request name and cause, which opens to one of the answers.

use std::rc::Rc;

use mayfly_core::time::Elapsed;
use yew::prelude::*;

use super::data_table::{Cell, Column, DataTable, Kind, Rows, RowsProp};
use super::failure_sample::FailureSample;
use crate::browser;
use crate::store::TableAction;
use crate::store::tables::{Key, TableView};
use crate::view::format;
use crate::view::model::RunModel;

#[derive(PartialEq, Properties)]
pub struct FailuresTableProps {
    pub model: Rc<RunModel>,
    /// In milliseconds since 1970.
    pub started_millis: f64,
    pub view: Rc<TableView>,
    pub on_action: Callback<TableAction>,
}

#[component]
pub fn FailuresTable(props: &FailuresTableProps) -> Html {
    if props.model.failures.is_empty() {
        return html! { <p class="empty">{ "No request has failed." }</p> };
    }
    let rows = FailureRows {
        model: props.model.clone(),
        started_millis: props.started_millis,
        view: props.view.clone(),
        on_toggle: props.on_action.reform(TableAction::Toggle),
    };
    html! {
        <DataTable
            title="Failures"
            columns={COLUMNS}
            rows={RowsProp::new(rows)}
            view={props.view.clone()}
            filter="Filter names and messages"
            on_action={props.on_action.clone()}
        />
    }
}

struct FailureRows {
    model: Rc<RunModel>,
    started_millis: f64,
    view: Rc<TableView>,
    on_toggle: Callback<String>,
}

impl Rows for FailureRows {
    fn len(&self) -> usize {
        self.model.failures.len()
    }

    fn id(&self, row: usize) -> String {
        let row = &self.model.failures[row];
        format!("{} {} {}", row.method, row.name, row.message)
    }

    fn texts(&self, row: usize) -> [&str; 2] {
        let row = &self.model.failures[row];
        [&row.name, &row.message]
    }

    fn key(&self, row: usize, column: &str) -> Key<'_> {
        let row = &self.model.failures[row];
        match column {
            "failures" => Key::Number(row.count as f64),
            "method" => Key::Text(row.method),
            "name" => Key::Text(&row.name),
            "message" => Key::Text(&row.message),
            "first" => Key::Number(row.first.as_secs_f64()),
            "last" => Key::Number(row.last.as_secs_f64()),
            _ => Key::Number(row.count as f64 / row.n_requests as f64),
        }
    }

    fn cell(&self, row: usize, column: &str) -> Cell {
        let failure = &self.model.failures[row];
        match column {
            "failures" => Cell::text(format::count(failure.count)),
            "method" => Cell::text(failure.method),
            "name" => Cell::foreign(&failure.name),
            "message" => Cell::opener(&failure.message, self.id(row), &self.view, &self.on_toggle),
            "first" => Cell::text(self.time(failure.first)),
            "last" => Cell::text(self.time(failure.last)),
            _ => Cell::text(format::percent(failure.count, failure.n_requests)),
        }
    }

    fn detail(&self, row: usize) -> Html {
        let failure = &self.model.failures[row];
        html! {
            <FailureSample
                message={failure.message.clone()}
                evidence={failure.evidence.clone()}
                first={self.time(failure.first)}
                last={self.time(failure.last)}
            />
        }
    }
}

impl FailureRows {
    fn time(&self, at: Elapsed) -> String {
        browser::dates::local_moment(self.started_millis + at.as_secs_f64() * 1e3)
    }
}

// Locust's columns in Locust's order, and then ours.
const COLUMNS: &[Column] = &[
    Column::new("failures", "# Failures", Kind::Number),
    Column::new("method", "Method", Kind::Word),
    Column::new("name", "Name", Kind::Name),
    Column::new("message", "Message", Kind::Text),
    Column::new("first", "First Seen", Kind::Time),
    Column::new("last", "Last Seen", Kind::Time),
    Column::new("share", "Share of requests", Kind::Number),
];
