//! The exceptions table: tasks that broke, which is the plan's fault and not the target's.

use std::rc::Rc;

use mayfly_core::measure::snapshot::ExceptionTotals;
use mayfly_core::time::Elapsed;
use yew::prelude::*;

use super::data_table::{Cell, Column, DataTable, Kind, Rows, RowsProp};
use crate::browser;
use crate::store::TableAction;
use crate::store::tables::{Key, TableView};
use crate::view::format;
use crate::view::model::RunModel;

#[derive(PartialEq, Properties)]
pub struct ExceptionsTableProps {
    pub model: Rc<RunModel>,
    /// In milliseconds since 1970.
    pub started_millis: f64,
    pub view: Rc<TableView>,
    pub on_action: Callback<TableAction>,
}

#[component]
pub fn ExceptionsTable(props: &ExceptionsTableProps) -> Html {
    if props.model.exceptions.is_empty() {
        return html! {
            <p class="empty">
                { "No task has broken. A task breaks if the plan needs something that is not there, \
                   such as a value that no answer contained." }
            </p>
        };
    }
    let rows = ExceptionRows {
        model: props.model.clone(),
        started_millis: props.started_millis,
        view: props.view.clone(),
        on_toggle: props.on_action.reform(TableAction::Toggle),
    };
    html! {
        <DataTable
            title="Exceptions"
            columns={COLUMNS}
            rows={RowsProp::new(rows)}
            view={props.view.clone()}
            filter="Filter tasks and messages"
            on_action={props.on_action.clone()}
        />
    }
}

struct ExceptionRows {
    model: Rc<RunModel>,
    started_millis: f64,
    view: Rc<TableView>,
    on_toggle: Callback<String>,
}

impl ExceptionRows {
    fn row(&self, row: usize) -> &ExceptionTotals {
        &self.model.exceptions[row]
    }

    fn time(&self, at: Elapsed) -> String {
        browser::dates::local_moment(self.started_millis + at.as_secs_f64() * 1e3)
    }
}

impl Rows for ExceptionRows {
    fn len(&self) -> usize {
        self.model.exceptions.len()
    }

    fn id(&self, row: usize) -> String {
        let row = self.row(row);
        format!("{} {}", row.task, row.message)
    }

    fn texts(&self, row: usize) -> [&str; 2] {
        let row = self.row(row);
        [&row.task, &row.message]
    }

    fn key(&self, row: usize, column: &str) -> Key<'_> {
        let row = self.row(row);
        match column {
            "occurrences" => Key::Number(row.count as f64),
            "task" => Key::Text(&row.task),
            "message" => Key::Text(&row.message),
            "first" => Key::Number(row.first.as_secs_f64()),
            _ => Key::Number(row.last.as_secs_f64()),
        }
    }

    fn cell(&self, row: usize, column: &str) -> Cell {
        let exception = self.row(row);
        match column {
            "occurrences" => Cell::text(format::count(exception.count)),
            "task" => Cell::foreign(&exception.task),
            "message" => Cell::opener(
                &exception.message,
                self.id(row),
                &self.view,
                &self.on_toggle,
            ),
            "first" => Cell::text(self.time(exception.first)),
            _ => Cell::text(self.time(exception.last)),
        }
    }

    fn detail(&self, row: usize) -> Html {
        html! { <p class="foreign">{ &*self.row(row).message }</p> }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("occurrences", "# Occurrences", Kind::Number),
    Column::new("task", "Task", Kind::Name),
    Column::new("message", "Message", Kind::Text),
    Column::new("first", "First Seen", Kind::Time),
    Column::new("last", "Last Seen", Kind::Time),
];
