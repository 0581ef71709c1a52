//! The charts of a run. Pointing at one shows its values, and those of the others at the same time.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

use crate::js;
use crate::model::RunModel;
use crate::uplot::{Chart, ChartStyle, LineStyle};

#[derive(PartialEq, Properties)]
pub struct ChartsProps {
    pub model: Rc<RunModel>,
    /// In milliseconds since 1970.
    pub started_millis: f64,
}

#[component]
pub fn Charts(props: &ChartsProps) -> Html {
    let chart = &props.model.chart;
    let start = props.started_millis / 1e3;
    let at: Rc<[f64]> = chart.at.iter().map(|at| start + at).collect();
    let columns = |columns: &[&Vec<Option<f64>>]| -> Rc<[Vec<Option<f64>>]> {
        columns.iter().map(|&column| column.clone()).collect()
    };
    html! {
        <div class="charts">
            if at.is_empty() {
                <p class="empty">{ "The first second is not over yet." }</p>
            }
            <LineChart
                title="Total Requests per Second"
                style={REQUESTS}
                at={at.clone()}
                columns={columns(&[&chart.request_rate, &chart.failure_rate])}
            />
            <LineChart
                title="Response Times (ms)"
                style={RESPONSE_TIMES}
                at={at.clone()}
                columns={columns(&[&chart.median, &chart.p95])}
            />
            <LineChart
                title="Number of Users"
                style={USERS}
                {at}
                columns={columns(&[&chart.n_users])}
            />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct LineChartProps {
    title: AttrValue,
    style: ChartStyle,
    /// Seconds since 1970.
    at: Rc<[f64]>,
    /// One for each line, as long as `at`.
    columns: Rc<[Vec<Option<f64>>]>,
}

#[component]
fn LineChart(props: &LineChartProps) -> Html {
    let target = use_node_ref();
    let chart = use_mut_ref(|| None::<Chart>);
    let is_dark = use_prefers_dark();
    // A chart takes its colors when it is made.
    use_effect_with((target.clone(), is_dark), {
        let (chart, style) = (chart.clone(), props.style);
        move |(target, _)| {
            let element = target.cast::<HtmlElement>();
            *chart.borrow_mut() = element.map(|it| Chart::new(style, js::css_value, &it));
        }
    });
    use_effect_with((props.at.clone(), props.columns.clone(), is_dark), {
        let chart = chart.clone();
        move |(at, columns, _)| {
            if let Some(chart) = &*chart.borrow() {
                let columns: Vec<&[Option<f64>]> = columns.iter().map(Vec::as_slice).collect();
                chart.set_data(at, &columns);
            }
        }
    });
    use_resize(&target, move |target| {
        if let Some(chart) = &*chart.borrow() {
            chart.fit(target);
        }
    });
    html! {
        <figure class="chart">
            <figcaption>{ &props.title }</figcaption>
            <div ref={target} />
        </figure>
    }
}

/// Calls `on_resize` when the element has got another size.
#[hook]
fn use_resize(target: &NodeRef, on_resize: impl Fn(&HtmlElement) + 'static) {
    use_effect_with(target.clone(), move |target| {
        let element = target.cast::<HtmlElement>();
        let observed = element.clone();
        let callback = Closure::<dyn Fn()>::new(move || element.iter().for_each(&on_resize));
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref());
        if let (Ok(observer), Some(element)) = (&observer, &observed) {
            observer.observe(element);
        }
        // The callback lives as long as the observer.
        move || {
            if let Ok(observer) = observer {
                observer.disconnect();
            }
            drop(callback);
        }
    });
}

/// Whether the page is dark, now and after a change.
#[hook]
fn use_prefers_dark() -> bool {
    let query = use_memo((), |()| js::prefers_dark());
    let is_dark = use_state_eq(|| query.as_ref().as_ref().is_some_and(|it| it.matches()));
    use_effect_with((), {
        let is_dark = is_dark.clone();
        move |()| {
            let query = (*query).clone();
            let on_change = Closure::<dyn Fn()>::new({
                let query = query.clone();
                move || is_dark.set(query.as_ref().is_some_and(|it| it.matches()))
            });
            if let Some(query) = &query {
                query.set_onchange(Some(on_change.as_ref().unchecked_ref()));
            }
            move || {
                if let Some(query) = &query {
                    query.set_onchange(None);
                }
                drop(on_change);
            }
        }
    });
    *is_dark
}

// Locust's charts, in Locust's order and much in its colors.
const REQUESTS: ChartStyle = ChartStyle {
    lines: &[
        LineStyle {
            label: "RPS",
            color: "--chart-requests",
        },
        LineStyle {
            label: "Failures/s",
            color: "--chart-failures",
        },
    ],
    decimals: 1,
};
const RESPONSE_TIMES: ChartStyle = ChartStyle {
    lines: &[
        LineStyle {
            label: "50th percentile",
            color: "--chart-median",
        },
        LineStyle {
            label: "95th percentile",
            color: "--chart-p95",
        },
    ],
    decimals: 1,
};
const USERS: ChartStyle = ChartStyle {
    lines: &[LineStyle {
        label: "Users",
        color: "--chart-users",
    }],
    decimals: 0,
};
