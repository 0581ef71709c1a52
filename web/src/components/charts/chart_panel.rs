//! Charts beside each other, over time and by percentile, that are looked at together.

use std::rc::Rc;

use yew::prelude::*;

use super::group::Group;
use super::hooks::{Script, use_script, use_zoom};
use super::line_chart::LineChart;
use super::toolbar::Toolbar;
use super::{TablePoints, table, use_pointing};
use crate::store::toggled;
use crate::view::chart_model::{Chart, Event, Span};

#[derive(PartialEq, Properties)]
pub(super) struct ChartPanelProps {
    /// The first is over time and the last by percentile.
    pub charts: Vec<Rc<Chart>>,
    /// The tables that are open.
    pub tables: TablePoints,
    /// Shows or hides the table of the chart with this title.
    pub on_toggle_table: Callback<&'static str>,
    /// In seconds since 1970; zero where times count from the start of a run.
    pub started: f64,
    /// What is marked in the charts over time.
    pub events: Rc<[Event]>,
    /// What the files of pictures begin with.
    pub file_name: AttrValue,
}

#[component]
pub(super) fn ChartPanel(props: &ChartPanelProps) -> Html {
    let (script, on_retry) = use_script();
    let [first, .., last] = props.charts.as_slice() else {
        unreachable!("there are charts over time and by percentile")
    };
    let hidden = use_state(Rc::<[String]>::default);
    let zoom = use_zoom(Span::whole(&first.points.at));
    let pointed = use_state_eq(|| None::<f64>);
    let percentile = use_state_eq(|| None::<f64>);
    let over_time = Group {
        is_ready: script == Script::Ready,
        started: props.started,
        zoom: zoom.clone(),
        pointed: *pointed,
        on_point: use_pointing(&pointed, first),
        events: props.events.clone(),
        hidden: (*hidden).clone(),
        on_toggle: Callback::from(move |label| hidden.set(toggled(&hidden, label))),
        on_toggle_table: props.on_toggle_table.clone(),
        file_name: props.file_name.clone(),
    };
    let by_percentile = Group {
        pointed: *percentile,
        on_point: use_pointing(&percentile, last),
        events: Rc::default(),
        ..over_time.clone()
    };
    let group = |chart: &Chart| {
        if chart.style.axis.is_over_time() {
            over_time.clone()
        } else {
            by_percentile.clone()
        }
    };
    html! {
        <>
            <Toolbar {zoom} {script} {on_retry} />
            <div class="charts">
                for chart in props.charts.iter() {
                    <LineChart
                        key={chart.style.title}
                        chart={chart.clone()}
                        table={table(&props.tables, chart.style.title)}
                        group={group(chart)}
                    />
                }
            </div>
        </>
    }
}
