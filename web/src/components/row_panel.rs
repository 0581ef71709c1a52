//! The rows of the statistics that a person chose: what they did over time, and how their times are
//! distributed.

use std::rc::Rc;

use mayfly_core::http::request::RequestName;
use mayfly_core::measure::board::Board;
use yew::prelude::*;

use crate::components::charts::{RowCharts, swatch, use_palette};
use crate::view::chart_model::Event;
use crate::view::format;

#[derive(PartialEq, Properties)]
pub(crate) struct RowPanelProps {
    pub board: Rc<Board>,
    /// In milliseconds since 1970.
    pub started_millis: f64,
    /// What happened in the run, in order of time.
    pub events: Rc<[Event]>,
    /// The rows that were chosen; without any, there is no panel.
    pub rows: Vec<RequestName>,
    /// A row is no longer to be shown.
    pub on_close: Callback<RequestName>,
}

#[component]
pub(crate) fn RowPanel(props: &RowPanelProps) -> Html {
    let rows = use_palette(&props.rows);
    if rows.is_empty() {
        return html! {};
    }
    html! {
        <section class="rows" aria-labelledby="rows-title">
            <h2 id="rows-title">{ "Selected rows" }</h2>
            <ul class="row-list">
                for (name, color) in rows.iter() {
                    { row(name, color, &props.on_close) }
                }
            </ul>
            <RowCharts
                board={props.board.clone()}
                started_millis={props.started_millis}
                events={props.events.clone()}
                {rows}
            />
        </section>
    }
}

fn row(name: &RequestName, color: &'static str, on_close: &Callback<RequestName>) -> Html {
    let whole = name.to_string();
    let short = format::line(&whole);
    let onclick = {
        let name = name.clone();
        on_close.reform(move |_| name.clone())
    };
    html! {
        <li key={whole.clone()}>
            { swatch(color, false) }
            <bdi class="name" title={whole}>{ &short }</bdi>
            <button type="button" class="button icon" aria-label={format!("Close {short}")} {onclick}>
                { "×" }
            </button>
        </li>
    }
}
