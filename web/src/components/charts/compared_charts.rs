//! The charts of two runs, laid over each other.

use std::rc::Rc;

use mayfly_core::measure::board::Board;
use mayfly_core::measure::series::Slot;
use yew::prelude::*;

use super::chart_panel::ChartPanel;
use super::hooks::Same;
use super::{TablePoints, use_tables};
use crate::browser;
use crate::view::chart_model::compared::{Side, charts};
use crate::view::chart_model::{Axis, Event, percentiles, thin};

#[derive(PartialEq, Properties)]
pub(crate) struct ComparedChartsProps {
    /// The older first.
    pub boards: [Rc<Board>; 2],
    /// When each began, in milliseconds since 1970.
    pub started_millis: [f64; 2],
}

#[component]
pub(crate) fn ComparedCharts(props: &ComparedChartsProps) -> Html {
    let tables = use_tables();
    let boards = props.boards.clone().map(Same);
    let charts = use_memo(boards.clone(), |boards| {
        charts(&sides(boards, <[Slot]>::to_vec))
            .map(Rc::new)
            .to_vec()
    });
    let points = use_memo((boards, tables.open.clone()), |(boards, open)| {
        table_points(boards, open)
    });
    html! {
        <ChartPanel
            charts={(*charts).clone()}
            tables={(*points).clone()}
            on_toggle_table={tables.on_toggle}
            // Both have a start of their own, from which their times count.
            started=0.0
            events={Rc::<[Event]>::default()}
            file_name={file_name(props.started_millis)}
        />
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
    let [older, newer] = started_millis.map(browser::dates::file_time);
    format!("mayfly_{older}_{newer}").into()
}
