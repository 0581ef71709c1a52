//! Zooming by buttons, for all charts together.

use yew::prelude::*;

use super::hooks::{Script, Zoom};
use crate::view::chart_model::ZoomStep;

#[derive(PartialEq, Properties)]
pub(super) struct ToolbarProps {
    pub zoom: Zoom,
    pub script: Script,
    /// Tries again to load what draws the charts.
    pub on_retry: Callback<()>,
}

#[component]
pub(super) fn Toolbar(props: &ToolbarProps) -> Html {
    let is_zoomed = props.zoom.span.is_some();
    let button = |sign: &'static str, name: &'static str, step, disabled: bool| {
        html! {
            <button
                type="button"
                class="button small"
                aria-label={name}
                title={name}
                {disabled}
                onclick={props.zoom.on_step.reform(move |_| step)}
            >
                { sign }
            </button>
        }
    };
    html! {
        <>
            if let Script::Failed(name) = &props.script {
                <div class="notice danger" role="alert">
                    <p>{ format!("The charts cannot be drawn: the file {name} of this page did not load. Runs go on without them.") }</p>
                    <button type="button" class="button small" onclick={props.on_retry.reform(|_| ())}>
                        { "Retry" }
                    </button>
                </div>
            }
            <div class="chart-tools" role="group" aria-label="Zoom">
                { button("+", "Zoom in", ZoomStep::In, false) }
                { button("−", "Zoom out", ZoomStep::Out, !is_zoomed) }
                { button("←", "Earlier", ZoomStep::Earlier, !is_zoomed) }
                { button("→", "Later", ZoomStep::Later, !is_zoomed) }
                if is_zoomed {
                    { button("Reset zoom", "Reset zoom", ZoomStep::Reset, false) }
                } else {
                    <span class="hint">{ "Drag across a chart to zoom." }</span>
                }
            </div>
        </>
    }
}
