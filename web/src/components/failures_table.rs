//! The failures table: one row per request name and cause.

use std::rc::Rc;

use mayfly_core::time::Elapsed;
use yew::prelude::*;

use crate::format;
use crate::js;
use crate::model::RunModel;

#[derive(PartialEq, Properties)]
pub struct FailuresTableProps {
    pub model: Rc<RunModel>,
    /// In milliseconds since 1970.
    pub started_millis: f64,
}

#[component]
pub fn FailuresTable(props: &FailuresTableProps) -> Html {
    if props.model.failures.is_empty() {
        return html! { <p class="empty">{ "No request has failed." }</p> };
    }
    let time = |at: Elapsed| js::local_time(props.started_millis + at.as_secs_f64() * 1e3);
    html! {
        <div class="scroll" role="region" aria-label="Failures" tabindex="0">
            <table class="failures">
                <caption class="visually-hidden">{ "Failures" }</caption>
                <thead>
                    <tr>
                        for title in TITLES {
                            <th scope="col">{ title }</th>
                        }
                    </tr>
                </thead>
                <tbody>
                    for row in props.model.failures.iter() {
                        <tr key={format!("{} {} {}", row.method, row.name, row.message)}>
                            <td>{ format::count(row.count) }</td>
                            <td>{ &row.method }</td>
                            <th scope="row">{ &row.name }</th>
                            <td>{ &row.message }</td>
                            <td>{ time(row.first) }</td>
                            <td>{ time(row.last) }</td>
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}

// Locust's column titles.
const TITLES: [&str; 6] = [
    "# Failures",
    "Method",
    "Name",
    "Message",
    "First Seen",
    "Last Seen",
];
