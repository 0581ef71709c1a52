//! The charts of a run. Pointing at one shows its values, and those of the others at the same time;
//! zooming into one zooms into all.

mod chart_panel;
mod compared_charts;
mod data_table;
mod group;
mod hooks;
mod legend;
mod line_chart;
mod row_charts;
mod toolbar;

use std::rc::Rc;

use mayfly_core::measure::board::Board;
use yew::prelude::*;

use self::group::Group;
use self::hooks::{Same, Script, use_script, use_zoom};
use self::line_chart::LineChart;
use self::toolbar::Toolbar;
use crate::browser;
use crate::view::chart_model::{Chart, Event, Points, Span, Timeline, run, thin};

pub(crate) use self::compared_charts::ComparedCharts;
pub(crate) use self::legend::swatch;
pub(crate) use self::row_charts::RowCharts;
pub(crate) use self::row_charts::use_palette;

#[derive(PartialEq, Properties)]
pub(crate) struct ChartsProps {
    pub board: Rc<Board>,
    /// In milliseconds since 1970.
    pub started_millis: f64,
    /// What happened in the run, in order of time.
    pub events: Rc<[Event]>,
    /// Labels of the lines that are hidden.
    pub hidden: Rc<[String]>,
    /// Shows or hides the lines with this label.
    pub on_toggle: Callback<String>,
}

#[component]
pub(crate) fn Charts(props: &ChartsProps) -> Html {
    let (script, on_retry) = use_script();
    let tables = use_tables();
    let timeline = use_timeline(&props.board);
    let started = props.started_millis / 1e3;
    let charts = use_memo(
        (Same(Rc::clone(&timeline)), started),
        |(timeline, started)| {
            let charts = run::charts(&timeline.0, *started);
            charts.into_iter().map(Rc::new).collect::<Vec<_>>()
        },
    );
    let points = use_memo(
        (Same(Rc::clone(&props.board)), tables.open.clone()),
        |(board, open)| table_points(&board.0, open, started),
    );
    let zoom = use_zoom(Span::whole(&charts[0].points.at));
    let pointed = use_state_eq(|| None::<f64>);
    let group = Group {
        is_ready: script == Script::Ready,
        started,
        zoom: zoom.clone(),
        pointed: *pointed,
        on_point: use_pointing(&pointed, &charts[0]),
        events: props.events.clone(),
        hidden: props.hidden.clone(),
        on_toggle: props.on_toggle.clone(),
        on_toggle_table: tables.on_toggle,
        file_name: file_name(props.started_millis),
    };
    html! {
        <>
            <Toolbar {zoom} {script} {on_retry} />
            <div class="charts">
                if timeline.stretches.is_empty() {
                    <p class="empty">{ empty(&props.board) }</p>
                }
                for chart in charts.iter() {
                    <LineChart
                        key={chart.style.title}
                        chart={chart.clone()}
                        table={table(&points, chart.style.title)}
                        group={group.clone()}
                    />
                }
            </div>
            { events(&props.events, started) }
        </>
    }
}

/// The tables that are open, by the titles of their charts.
#[derive(Clone, PartialEq)]
struct Tables {
    open: Vec<&'static str>,
    on_toggle: Callback<&'static str>,
}

#[hook]
fn use_tables() -> Tables {
    let open = use_state(Vec::new);
    let on_toggle = {
        let open = open.clone();
        Callback::from(move |title| {
            let mut titles = (*open).clone();
            if titles.contains(&title) {
                titles.retain(|it| *it != title);
            } else {
                titles.push(title);
            }
            open.set(titles);
        })
    };
    Tables {
        open: (*open).clone(),
        on_toggle,
    }
}

/// The points of a table that is open.
type TablePoints = Vec<(&'static str, Rc<Points>)>;

fn table(tables: &TablePoints, title: &str) -> Option<Rc<Points>> {
    let table = tables.iter().find(|it| it.0 == title);
    table.map(|(_, points)| points.clone())
}

/// The points of the tables that are open.
fn table_points(board: &Board, open: &[&'static str], started: f64) -> TablePoints {
    if open.is_empty() {
        return Vec::new();
    }
    let slots = board.whole_slots(board.series());
    let timeline = Timeline::new(&thin::joined(&slots, thin::READ));
    let charts = run::charts(&timeline, started).into_iter();
    let charts = charts.filter(|it| open.contains(&it.style.title));
    charts
        .map(|it| (it.style.title, Rc::new(it.points)))
        .collect()
}

/// The board over time. What is known of the past is not computed again.
fn empty(board: &Board) -> &'static str {
    if board.state().is_active() {
        "The first second is not over yet."
    } else {
        "The run took less than a second, which is too little for a chart."
    }
}

#[hook]
fn use_timeline(board: &Rc<Board>) -> Rc<Timeline> {
    let last = use_mut_ref(Rc::<Timeline>::default);
    use_memo(Same(Rc::clone(board)), move |board| {
        let slots = board.0.whole_slots(board.0.series());
        let timeline = last.borrow().updated(&slots);
        *last.borrow_mut() = Rc::new(timeline.clone());
        timeline
    })
}

/// Remembers the point closest to where a person points.
#[hook]
fn use_pointing(pointed: &UseStateHandle<Option<f64>>, chart: &Rc<Chart>) -> Callback<Option<f64>> {
    let (pointed, chart) = (pointed.clone(), Rc::clone(chart));
    Callback::from(move |at: Option<f64>| {
        let row = at.and_then(|at| chart.points.nearest(at));
        pointed.set(row.map(|row| chart.points.at[row]));
    })
}

fn file_name(started_millis: f64) -> AttrValue {
    format!("mayfly_{}", browser::dates::file_time(started_millis)).into()
}

/// What is marked in the charts, in words.
fn events(events: &[Event], started: f64) -> Html {
    if events.is_empty() {
        return html! {};
    }
    html! {
        <ol class="events" aria-label="Marked in the charts">
            for event in events.iter() {
                <li key={format!("{} {}", event.at, event.label)}>
                    <time>{ browser::dates::local_moment((started + event.at) * 1e3) }</time>
                    { format!(" {}", event.label) }
                </li>
            }
        </ol>
    }
}
