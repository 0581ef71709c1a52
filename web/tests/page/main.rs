//! Components in a real document, found by what a person sees.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod log;
mod render;
mod tables;

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::run_state::RunState;
use mayfly_core::time::Elapsed;
use mayfly_core::verdict::validity::Grade;
use mayfly_web::components::run_buttons::{RunButtons, RunButtonsProps};
use mayfly_web::components::status_strip::{StatusStrip, StatusStripProps};
use mayfly_web::components::text_field::{TextField, TextFieldProps};
use mayfly_web::view::model::RunModel;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use yew::Callback;

use crate::render::render;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn the_strip_names_the_simulated_api() {
    let page = render::<StatusStrip>(StatusStripProps {
        title: String::new(),
        host: None,
        state: RunState::Running,
        length: None,
        model: Rc::default(),
        grade: None,
        engine: None,
    })
    .await;
    let titles = [
        "Host", "Status", "Numbers", "Users", "RPS", "Failures", "Elapsed",
    ];
    assert_eq!(page.texts("dt"), titles);
    let texts = page.texts("dd");
    // What is said of the numbers has its place before it is known.
    assert_eq!(texts[..3], ["Simulated API simulated", "running", "–"]);
}

#[wasm_bindgen_test]
async fn the_strip_says_how_far_numbers_are_to_be_believed() {
    let page = render::<StatusStrip>(StatusStripProps {
        title: String::new(),
        host: None,
        state: RunState::Running,
        length: None,
        model: Rc::default(),
        grade: Some(Grade::Invalid),
        engine: None,
    })
    .await;
    assert_eq!(page.texts("dt")[2], "Numbers");
    assert_eq!(page.texts("dd")[2], "INVALID");
}

#[wasm_bindgen_test]
async fn the_strip_says_what_runs_and_for_how_long() {
    for (state, expected) in [
        (
            RunState::Running,
            ["1:10", "0:20", "mayfly 1.2.3"].as_slice(),
        ),
        (RunState::Stopped, &["1:10", "mayfly 1.2.3"]),
    ] {
        let page = render::<StatusStrip>(StatusStripProps {
            title: "Before the sale".to_owned(),
            host: None,
            state,
            length: Some(Duration::from_secs(90)),
            model: Rc::new(RunModel {
                at: Elapsed::from_secs(70),
                ..RunModel::default()
            }),
            grade: Some(Grade::Valid),
            engine: Some("mayfly 1.2.3".to_owned()),
        })
        .await;
        assert_eq!(page.texts("dd")[0], "Before the sale");
        assert_eq!(page.texts("dd")[7..], *expected, "{state}");
    }
}

#[wasm_bindgen_test]
async fn the_buttons_are_those_of_the_state() {
    for (state, expected) in [
        (
            RunState::Spawning,
            ["Edit", "Stop", "History", "Reset"].as_slice(),
        ),
        (RunState::Running, &["Edit", "Stop", "History", "Reset"]),
        (
            RunState::Stopping,
            &["Edit", "Stop now", "History", "Reset"],
        ),
        (RunState::Stopped, &["New", "History", "Reset"]),
    ] {
        let props = RunButtonsProps {
            state,
            saved: None,
            on_action: Callback::noop(),
            on_intent: Callback::noop(),
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
            id: "".into(),
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
