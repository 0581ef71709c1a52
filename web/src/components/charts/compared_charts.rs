//! The charts of two runs, laid over each other.

use std::rc::Rc;

use mayfly_core::board::Board;
use mayfly_core::series::Slot;
use yew::prelude::*;

use super::hooks::{Library, Same, use_library, use_zoom};
use super::line_chart::{Group, LineChart};
use super::toolbar::Toolbar;
use super::{TablePoints, table, use_pointing, use_tables};
use crate::chart_model::compared::{Side, charts};
use crate::chart_model::{Axis, Span, percentiles, thin};
use crate::js;
use crate::store::toggled;

#[derive(PartialEq, Properties)]
pub struct ComparedChartsProps {
    /// The older first.
    pub boards: [Rc<Board>; 2],
    /// When each began, in milliseconds since 1970.
    pub started_millis: [f64; 2],
}

#[component]
pub fn ComparedCharts(props: &ComparedChartsProps) -> Html {
    let (library, on_retry) = use_library();
    let tables = use_tables();
    let boards = props.boards.clone().map(Same);
    let charts = use_memo(boards.clone(), |boards| {
        charts(&sides(boards, <[Slot]>::to_vec)).map(Rc::new)
    });
    let points = use_memo((boards, tables.open.clone()), |(boards, open)| {
        table_points(boards, open)
    });
    let hidden = use_state(Rc::<[String]>::default);
    let zoom = use_zoom(Span::whole(&charts[0].points.at));
    let pointed = use_state_eq(|| None::<f64>);
    let percentile = use_state_eq(|| None::<f64>);
    let time = Group {
        is_ready: library == Library::Ready,
        // Both have a start of their own, from which their times count.
        started: 0.0,
        zoom: zoom.clone(),
        pointed: *pointed,
        on_point: use_pointing(&pointed, &charts[0]),
        events: Rc::default(),
        hidden: (*hidden).clone(),
        on_toggle: Callback::from(move |label| hidden.set(toggled(&hidden, label))),
        on_toggle_table: tables.on_toggle,
        file_name: file_name(props.started_millis),
    };
    let by_percentile = Group {
        pointed: *percentile,
        on_point: use_pointing(&percentile, &charts[3]),
        ..time.clone()
    };
    html! {
        <>
            <Toolbar {zoom} {library} {on_retry} />
            <div class="charts">
                for chart in charts.iter() {
                    <LineChart
                        key={chart.style.title}
                        chart={chart.clone()}
                        table={table(&points, chart.style.title)}
                        group={if chart.style.axis == Axis::Percentile { &by_percentile } else { &time }.clone()}
                    />
                }
            </div>
        </>
    }
}

fn sides(boards: &[Same<Board>; 2], thin: impl Fn(&[Slot]) -> Vec<Slot>) -> [Side; 2] {
    Side::pair(boards.each_ref().map(|it| &*it.0), thin)
}

fn table_points(boards: &[Same<Board>; 2], open: &[&'static str]) -> TablePoints {
    if open.is_empty() {
        return Vec::new();
    }
    let sides = sides(boards, |slots| thin::joined(slots, thin::READ));
    let charts = charts(&sides).into_iter();
    let charts = charts.filter(|it| open.contains(&it.style.title));
    let points = charts.map(|chart| {
        let points = match chart.style.axis {
            Axis::Percentile => percentiles::landmarks(&chart.points),
            Axis::Elapsed | Axis::Time => chart.points,
        };
        (chart.style.title, Rc::new(points))
    });
    points.collect()
}

fn file_name(started_millis: [f64; 2]) -> AttrValue {
    let [older, newer] = started_millis.map(js::file_time);
    format!("mayfly_{older}_{newer}").into()
}
