//! A chart with its legend, as a picture and as a table.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::data_table::DataTable;
use super::group::Group;
use super::hooks::{Same, use_resize, use_scheme};
use super::legend::Legend;
use crate::browser::uplot::{self, Handlers};
use crate::view::chart_model::{Chart, ChartStyle, Points, ZoomStep};

#[derive(PartialEq, Properties)]
pub(super) struct LineChartProps {
    pub chart: Rc<Chart>,
    /// The points of its table, if that is to be shown.
    pub table: Option<Rc<Points>>,
    pub group: Group,
}

#[component]
pub(super) fn LineChart(props: &LineChartProps) -> Html {
    let LineChartProps {
        chart,
        table,
        group,
    } = props;
    let target = use_node_ref();
    let on_download = use_plot(&target, chart, group);
    let title = chart.style.title;
    let is_zoomable = chart.style.axis.is_over_time();
    let onkeydown = group.zoom.on_step.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if let Some(step) = step_of(&event).filter(|_| is_zoomable) {
            event.prevent_default();
            event.stop_propagation();
            onkeydown.emit(step);
        }
    });
    html! {
        <figure class="chart">
            <figcaption>{ title }</figcaption>
            <div class="chart-actions">
                <button
                    type="button"
                    class="button small"
                    aria-pressed={table.is_some().to_string()}
                    aria-label={format!("Table: {title}")}
                    onclick={group.on_toggle_table.reform(move |_| title)}
                >
                    { "Table" }
                </button>
                <button
                    type="button"
                    class="button small"
                    aria-label={format!("PNG: {title}")}
                    title="Download as PNG"
                    disabled={!group.is_ready}
                    onclick={on_download.reform(|_| ())}
                >
                    { "PNG" }
                </button>
            </div>
            <div
                ref={target}
                class="plot"
                role="group"
                aria-roledescription="chart"
                aria-label={title}
                aria-keyshortcuts={is_zoomable.then_some("+ - ArrowLeft ArrowRight 0")}
                tabindex={is_zoomable.then_some("0")}
                {onkeydown}
                ondblclick={group.zoom.on_step.reform(|_| ZoomStep::Reset)}
            />
            <Legend chart={chart.clone()} group={group.clone()} />
            if let Some(points) = table {
                <DataTable chart={chart.clone()} points={points.clone()} />
            }
        </figure>
    }
}

/// The step of zooming that a key means.
fn step_of(event: &KeyboardEvent) -> Option<ZoomStep> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    Some(match event.key().as_str() {
        "+" | "=" => ZoomStep::In,
        "-" => ZoomStep::Out,
        "ArrowLeft" => ZoomStep::Earlier,
        "ArrowRight" => ZoomStep::Later,
        "0" | "Escape" => ZoomStep::Reset,
        _ => return None,
    })
}

/// Draws the chart into `target`, and gives a callback that offers it as a picture.
#[hook]
fn use_plot(target: &NodeRef, chart: &Rc<Chart>, group: &Group) -> Callback<()> {
    let plot = use_mut_ref(|| None::<uplot::Chart>);
    // A plot takes its colors and its lines when it is made.
    let look = (chart.style.clone(), use_scheme(), group.is_ready);
    let handlers = use_mut_ref(|| group.clone());
    *handlers.borrow_mut() = group.clone();
    use_effect_with(look.clone(), {
        let (plot, target, handlers) = (plot.clone(), target.clone(), handlers);
        move |(style, _, is_ready): &(ChartStyle, String, bool)| {
            let element = target.cast::<HtmlElement>().filter(|_| *is_ready);
            // The old one goes first: it is in the same place.
            plot.take();
            *plot.borrow_mut() = element.map(|element| {
                let (pointing, selecting) = (handlers.clone(), handlers);
                let handlers = Handlers {
                    on_point: Box::new(move |at| pointing.borrow().on_point.emit(at)),
                    on_select: Box::new(move |from, to| {
                        selecting.borrow().zoom.on_select.emit((from, to));
                    }),
                };
                uplot::Chart::new(style.clone(), &element, handlers)
            });
        }
    });
    let shown = (
        Same(Rc::clone(chart)),
        group.zoom.span,
        group.events.clone(),
    );
    use_effect_with((shown, look.clone()), {
        let (plot, started) = (plot.clone(), group.started);
        move |((chart, span, events), _)| {
            let span = span.filter(|_| chart.0.style.axis.is_over_time());
            if let Some(plot) = &*plot.borrow() {
                plot.show(&chart.0.points, span, events, started);
            }
        }
    });
    use_effect_with((group.hidden.clone(), look), {
        let plot = plot.clone();
        move |(hidden, _)| {
            if let Some(plot) = &*plot.borrow() {
                plot.show_lines(|label| !hidden.iter().any(|it| it == label));
            }
        }
    });
    use_resize(target, {
        let plot = plot.clone();
        move || plot.borrow().iter().for_each(uplot::Chart::fit)
    });
    let name = format!("{}_{}.png", group.file_name, slug(chart.style.title));
    Callback::from(move |()| plot.borrow().iter().for_each(|it| it.download(&name)))
}

/// A title as part of a file's name.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|it| !it.is_empty()).map(str::to_lowercase);
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_part_of_a_files_name() {
        assert_eq!(slug("Response Times (ms)"), "response-times-ms");
    }
}
