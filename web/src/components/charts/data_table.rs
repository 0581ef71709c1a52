//! A chart as a table, for those who cannot see it and for those who want numbers.

use std::rc::Rc;

use yew::prelude::*;

use crate::browser::uplot::place;
use crate::view::chart_model::{Axis, Chart, LineStyle, Points};
use crate::view::format;

#[derive(PartialEq, Properties)]
pub(super) struct DataTableProps {
    pub chart: Rc<Chart>,
    /// Few enough to be read.
    pub points: Rc<Points>,
}

#[component]
pub(super) fn DataTable(props: &DataTableProps) -> Html {
    let DataTableProps { chart, points } = props;
    let axis = chart.style.axis;
    let label = format!("Table of {}", chart.style.title);
    let corner = match axis {
        Axis::Percentile => "Percentile",
        Axis::Elapsed | Axis::Time => "From",
    };
    html! {
        <div class="scroll chart-table" role="region" aria-label={label.clone()} tabindex="0">
            <table>
                <caption class="visually-hidden">{ label }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ corner }</th>
                        for (index, line) in chart.style.lines.iter().enumerate() {
                            { column_title(chart, index, line) }
                        }
                    </tr>
                </thead>
                <tbody>
                    for (row, &at) in points.at.iter().enumerate() {
                        <tr key={at.to_string()}>
                            <th scope="row">{ place(axis, at) }</th>
                            for column in points.columns.iter() {
                                <td>{ format::decimals(column[row], chart.style.decimals) }</td>
                            }
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}

/// The lines of an entry with a band are its percentiles.
fn column_title(chart: &Chart, index: usize, line: &LineStyle) -> Html {
    let (name, text) = line.parts();
    let text = if chart.style.has_bands {
        format!(" {} %", ["50", "95", "99"][index % 3])
    } else {
        text.to_owned()
    };
    html! {
        <th scope="col" title={format!("{name}{text}")}>
            if !name.is_empty() {
                <bdi>{ format::ends(name) }</bdi>
            }
            { text }
        </th>
    }
}
