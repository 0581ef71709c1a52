//! The legend of a chart: a switch for each entry, and its values where a person points.

use std::ops::Range;
use std::rc::Rc;

use yew::prelude::*;

use super::group::Group;
use crate::browser::uplot::place;
use crate::view::chart_model::{Axis, Chart, percentiles};
use crate::view::format;

#[derive(PartialEq, Properties)]
pub(super) struct LegendProps {
    pub chart: Rc<Chart>,
    pub group: Group,
}

#[component]
pub(super) fn Legend(props: &LegendProps) -> Html {
    let LegendProps { chart, group } = props;
    // Without pointing, the newest values, or the median.
    let usual = match chart.style.axis {
        Axis::Percentile => chart.points.nearest(percentiles::nines(0.5)),
        Axis::Elapsed | Axis::Time => chart.points.at.len().checked_sub(1),
    };
    let pointed = group.pointed.and_then(|at| chart.points.nearest(at));
    let row = pointed.or(usual);
    let at = row.map(|row| place(chart.style.axis, chart.points.at[row]));
    html! {
        <ul class="legend" aria-label={format!("Legend of {}", chart.style.title)}>
            <li class="place">{ at.unwrap_or_else(|| format::NONE.to_owned()) }</li>
            for (label, lines) in chart.style.entries() {
                { entry(chart, group, label, lines, row) }
            }
        </ul>
    }
}

fn entry(
    chart: &Chart,
    group: &Group,
    label: &str,
    lines: Range<usize>,
    row: Option<usize>,
) -> Html {
    let first = &chart.style.lines[lines.start];
    let (name, text) = first.parts();
    let is_shown = !group.hidden.iter().any(|it| it == label);
    let onclick = group.on_toggle.reform({
        let label = label.to_owned();
        move |_| label.clone()
    });
    html! {
        <li key={label.to_owned()}>
            <button type="button" class="toggle" aria-pressed={is_shown.to_string()} {onclick}>
                { swatch(first.color, first.is_dashed) }
                <span title={label.to_owned()}>
                    if !name.is_empty() {
                        <bdi>{ format::ends(name) }</bdi>
                    }
                    { text }
                </span>
            </button>
            if is_shown {
                <span class="value">{ values(chart, lines, row) }</span>
            }
        </li>
    }
}

/// A piece of a line. The page's policy forbids styles in attributes, so each color has a class.
pub(crate) fn swatch(color: &'static str, is_dashed: bool) -> Html {
    let color = color.trim_start_matches('-');
    let class = classes!("swatch", color, is_dashed.then_some("dashed"));
    html! { <span {class} aria-hidden="true" /> }
}

fn values(chart: &Chart, lines: Range<usize>, row: Option<usize>) -> String {
    let value = |column: usize| row.and_then(|row| chart.points.columns[column][row]);
    let text = |value| format::decimals(value, chart.style.decimals);
    lines.map(value).map(text).collect::<Vec<_>>().join(" / ")
}
