//! Components in a real document, found by what a person sees.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod render;

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::run::RunState;
use mayfly_core::testing::{Simulation, answer_after, class, load, plan, task};
use mayfly_core::time::Elapsed;
use mayfly_web::components::failures_table::{FailuresTable, FailuresTableProps};
use mayfly_web::components::run_buttons::{RunButtons, RunButtonsProps};
use mayfly_web::components::stats_table::{StatsTable, StatsTableProps};
use mayfly_web::components::status_strip::{StatusStrip, StatusStripProps};
use mayfly_web::components::text_field::{TextField, TextFieldProps};
use mayfly_web::model::RunModel;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use yew::Callback;

use crate::render::render;

wasm_bindgen_test_configure!(run_in_browser);

/// A run of a second in which `/cube` failed.
fn model() -> Rc<RunModel> {
    let mut user = class("A", 1);
    user.set.tasks = vec![task(1, "/"), task(1, "/cube"), task(1, "/<b>&amp;")]
        .try_into()
        .unwrap();
    let answer = |_: Elapsed, request: &mayfly_core::request::Request| {
        let status = if request.url.contains("cube") {
            500
        } else {
            200
        };
        answer_after(Duration::from_millis(20), status)
    };
    let outcome = Simulation::new(plan(vec![user], load(4, 100.0), 1), answer).run();
    Rc::new(RunModel::new(&outcome.board))
}

#[wasm_bindgen_test]
async fn the_columns_are_locusts() {
    let page = render::<StatsTable>(StatsTableProps { model: model() }).await;
    let titles = "Type|Name|# Requests|# Fails|Median (ms)|95%ile (ms)|99%ile (ms)|Average (ms)|\
        Min (ms)|Max (ms)|Average size (bytes)|Current RPS|Current Failures/s";
    assert_eq!(page.texts("thead th").join("|"), titles);
}

#[wasm_bindgen_test]
async fn rows_are_sorted_by_name_and_the_total_is_last() {
    let page = render::<StatsTable>(StatsTableProps { model: model() }).await;
    assert_eq!(
        page.texts("tr > th[scope=row]"),
        ["/", "/<b>&amp;", "/cube", "Aggregated"]
    );
}

#[wasm_bindgen_test]
async fn counts_with_failures_are_marked() {
    let page = render::<StatsTable>(StatsTableProps { model: model() }).await;
    let marked = page.texts("td.bad");
    let failures = model().failures[0].count.to_string();
    assert_eq!(marked, [failures.clone(), failures]);
}

#[wasm_bindgen_test]
async fn without_requests_the_table_says_so() {
    let page = render::<StatsTable>(StatsTableProps {
        model: Rc::default(),
    })
    .await;
    assert_eq!(page.texts("table"), [""; 0]);
    assert_eq!(page.texts("p"), ["No request is done yet."]);
}

#[wasm_bindgen_test]
async fn failures_say_what_failed_and_why() {
    let props = FailuresTableProps {
        model: model(),
        started_millis: 0.0,
    };
    let page = render::<FailuresTable>(props).await;
    let cells = page.texts("tbody td, tbody th");
    assert_eq!(cells[1..4], ["GET", "/cube", "500 Internal Server Error"]);
}

#[wasm_bindgen_test]
async fn the_strip_names_the_simulated_api() {
    let props = StatusStripProps {
        base_url: None,
        state: RunState::Running,
        model: model(),
    };
    let page = render::<StatusStrip>(props).await;
    assert_eq!(
        page.texts("dt"),
        ["Host", "Status", "Users", "RPS", "Failures"]
    );
    assert_eq!(
        page.texts("dd")[..2],
        ["Simulated API simulated", "running"]
    );
}

#[wasm_bindgen_test]
async fn the_buttons_are_those_of_the_state() {
    for (state, expected) in [
        (RunState::Spawning, ["Edit", "Stop", "Reset"].as_slice()),
        (RunState::Running, &["Edit", "Stop", "Reset"]),
        (RunState::Stopped, &["New", "Reset"]),
    ] {
        let props = RunButtonsProps {
            state,
            on_action: Callback::noop(),
            on_stop: Callback::noop(),
            on_reset: Callback::noop(),
        };
        let page = render::<RunButtons>(props).await;
        assert_eq!(page.texts("button"), expected, "{state}");
    }
}

#[wasm_bindgen_test]
async fn an_error_takes_the_place_of_the_hint() {
    for (error, expected) in [
        (None, "at the peak"),
        (Some("expected more".into()), "Expected more."),
    ] {
        let page = render::<TextField>(TextFieldProps {
            label: "Users".into(),
            value: "0".into(),
            input_mode: "numeric".into(),
            placeholder: "".into(),
            hint: yew::html! { "at the peak" },
            error: error.clone(),
            on_input: Callback::noop(),
        })
        .await;
        assert_eq!(page.texts("p"), [expected]);
        assert_eq!(
            page.texts("[aria-invalid=true]").len(),
            usize::from(error.is_some())
        );
    }
}
