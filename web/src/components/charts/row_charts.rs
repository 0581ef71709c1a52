//! The charts of rows of the statistics, beside each other.

use std::rc::Rc;

use mayfly_core::http::request::RequestName;
use mayfly_core::measure::board::Board;
use mayfly_core::measure::series::Slot;
use mayfly_core::measure::snapshot::RowTotals;
use yew::prelude::*;

use super::chart_panel::ChartPanel;
use super::hooks::Same;
use super::{TablePoints, file_name, use_tables};
use crate::view::chart_model::rows::{self, Palette, Row};
use crate::view::chart_model::{Chart, Event, percentiles, thin};

#[derive(PartialEq, Properties)]
pub(crate) struct RowChartsProps {
    pub board: Rc<Board>,
    /// In milliseconds since 1970.
    pub started_millis: f64,
    /// What happened in the run, in order of time.
    pub events: Rc<[Event]>,
    /// Which rows, and their colors.
    pub rows: Vec<(RequestName, &'static str)>,
}

#[component]
pub(crate) fn RowCharts(props: &RowChartsProps) -> Html {
    let tables = use_tables();
    let started = props.started_millis / 1e3;
    let wanted = (Same(Rc::clone(&props.board)), props.rows.clone(), started);
    let charts = use_memo(wanted.clone(), |(board, rows, started)| {
        let rows = read(&board.0, rows, <[Slot]>::to_vec);
        charts(&rows, *started).map(Rc::new).to_vec()
    });
    let points = use_memo(
        (wanted, tables.open.clone()),
        |((board, rows, started), open)| table_points(&board.0, rows, *started, open),
    );
    html! {
        <ChartPanel
            charts={(*charts).clone()}
            tables={(*points).clone()}
            on_toggle_table={tables.on_toggle}
            {started}
            events={props.events.clone()}
            file_name={file_name(props.started_millis)}
        />
    }
}

fn charts(rows: &[Row], started: f64) -> [Chart; 3] {
    [
        rows::rates(rows, started),
        rows::bands(rows, started),
        rows::distributions(rows),
    ]
}

/// What the board says of `rows`, whose slots are passed through `thin`.
fn read(
    board: &Board,
    rows: &[(RequestName, &'static str)],
    thin: impl Fn(&[Slot]) -> Vec<Slot>,
) -> Vec<Row> {
    let all = board.rows();
    let row = |(name, color): &(RequestName, &'static str)| {
        let empty = || RowTotals::empty(name.clone());
        let totals = all.iter().find(|it| it.name == *name);
        let totals = totals.cloned().unwrap_or_else(empty);
        let slots = board.whole_slots(totals.series.clone().unwrap_or_default());
        Row::new(&totals, color, &thin(&slots))
    };
    rows.iter().map(row).collect()
}

fn table_points(
    board: &Board,
    rows: &[(RequestName, &'static str)],
    started: f64,
    open: &[&'static str],
) -> TablePoints {
    if open.is_empty() {
        return Vec::new();
    }
    let rows = read(board, rows, |slots| thin::joined(slots, thin::READ));
    let [rates, bands, distributions] = charts(&rows, started);
    let distributions = Chart {
        points: percentiles::landmarks(&distributions.points),
        ..distributions
    };
    let charts = [rates, bands, distributions].into_iter();
    let charts = charts.filter(|it| open.contains(&it.style.title));
    charts
        .map(|it| (it.style.title, Rc::new(it.points)))
        .collect()
}

/// The colors of rows, which a row keeps while it is shown.
#[hook]
pub(crate) fn use_palette(rows: &[RequestName]) -> Vec<(RequestName, &'static str)> {
    let palette = use_mut_ref(Palette::default);
    let assigned = palette.borrow_mut().assign(rows).into_iter();
    assigned
        .map(|(name, color)| (name.clone(), color))
        .collect()
}
