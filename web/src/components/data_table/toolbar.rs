//! What is above a table: its filter, and which columns it has.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

use super::columns::{Chosen, Column, Kind};
use crate::components::text_field::input_text;
use crate::view::format;

#[derive(PartialEq, Properties)]
pub(super) struct ToolbarProps {
    pub(super) chosen: Chosen,
    pub(super) filter_label: &'static str,
    pub(super) filter: String,
    /// How many rows there are.
    pub(super) n_rows: usize,
    /// How many of them the filter leaves.
    pub(super) n_shown: usize,
    pub(super) on_filter: Callback<String>,
}

#[component]
pub(super) fn Toolbar(props: &ToolbarProps) -> Html {
    let ToolbarProps {
        filter_label,
        filter,
        n_rows,
        n_shown,
        ..
    } = props;
    let has_filter = A_FEW < *n_rows || !filter.is_empty();
    html! {
        <div class="toolbar">
            if has_filter {
                <input
                    type="search"
                    aria-label={*filter_label}
                    placeholder={*filter_label}
                    value={filter.clone()}
                    oninput={input_text(&props.on_filter)}
                />
                <p class="note" role="status">
                    { format!("{} of {} rows", format::count(*n_shown as u64), format::count(*n_rows as u64)) }
                </p>
            }
            <ColumnChooser chosen={props.chosen.clone()} />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct ColumnChooserProps {
    chosen: Chosen,
}

#[component]
fn ColumnChooser(props: &ColumnChooserProps) -> Html {
    let chosen = &props.chosen;
    let onkeydown = Callback::from(|event: KeyboardEvent| {
        if event.key() == "Escape" {
            close(&event, true);
        }
    });
    let onfocusout = Callback::from(|event: FocusEvent| {
        let next: Option<Node> = event.related_target().and_then(|it| it.dyn_into().ok());
        let details = details(&event);
        if details.is_some_and(|it| !it.contains(next.as_ref())) {
            close(&event, false);
        }
    });
    html! {
        <details class="columns" {onkeydown} {onfocusout}>
            <summary class="button small">{ "Columns" }</summary>
            // It takes the focus, so that a click beside a box does not close it.
            <fieldset tabindex="-1">
                <legend class="visually-hidden">{ "Columns" }</legend>
                for column in chosen.all.iter().filter(|it| it.kind != Kind::Name) {
                    { choice(column, chosen) }
                }
            </fieldset>
        </details>
    }
}

fn choice(column: &'static Column, chosen: &Chosen) -> Html {
    html! {
        <label key={column.key}>
            <input
                type="checkbox"
                checked={chosen.shows(column)}
                onchange={chosen.on_toggle.reform(|_| column.key)}
            />
            { column.title }
        </label>
    }
}

/// The element that an event inside of a chooser is about.
fn details(event: &Event) -> Option<Element> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest("details").ok().flatten()
}

fn close(event: &Event, gives_focus_back: bool) {
    let Some(details) = details(event) else {
        return;
    };
    // Fails only for names that are none.
    let _ = details.remove_attribute("open");
    if let Ok(Some(summary)) = details.query_selector("summary")
        && gives_focus_back
    {
        // It is on the page, so it can be focused.
        let _ = summary.unchecked_into::<HtmlElement>().focus();
    }
}

/// So many rows are found without a filter.
const A_FEW: usize = 5;
