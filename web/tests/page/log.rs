//! The log, its tab, and the ratios.

use std::rc::Rc;

use mayfly_core::plan::Draft;
use mayfly_web::components::log_list::{LogList, LogListProps};
use mayfly_web::components::ratio::{Ratios, RatiosProps};
use mayfly_web::components::tab_bar::{TabBar, TabBarProps};
use mayfly_web::store::{Level, Log, Tab};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::Callback;

use crate::render::render;

#[wasm_bindgen_test]
async fn lines_say_how_much_they_matter() {
    let mut log = Log::default();
    log.push(Level::Info, 0.0, "It began.".to_owned());
    log.push(Level::Warning, 0.0, "<b>It</b> is odd.".to_owned());
    log.push(Level::Error, 0.0, "It broke.".to_owned());
    let page = render::<LogList>(LogListProps { log: Rc::new(log) }).await;
    assert_eq!(page.texts("li strong"), ["Info", "Warning", "Error"]);
    assert_eq!(
        page.texts("li span"),
        ["It began.", "<b>It</b> is odd.", "It broke."]
    );
    assert_eq!(page.texts("button"), ["Copy all"]);
}

#[wasm_bindgen_test]
async fn an_empty_log_says_so() {
    let page = render::<LogList>(LogListProps { log: Rc::default() }).await;
    assert_eq!(page.texts("p"), ["Nothing has happened yet."]);
}

#[wasm_bindgen_test]
async fn a_tab_with_news_is_marked() {
    for (alert, expected) in [(None, "Logs"), (Some(Tab::Logs), "Logs! (new warnings)")] {
        let page = render::<TabBar>(TabBarProps {
            counts: Vec::new(),
            selected: Tab::Statistics,
            alert,
            on_select: Callback::noop(),
        })
        .await;
        assert_eq!(page.texts("[role=tab]").last().unwrap(), expected);
    }
}

#[wasm_bindgen_test]
async fn the_ratios_are_those_of_the_plan() {
    let plan = "
        [[user_class]]
        name = \"A\"
        weight = 3
        task = [{ get = \"/\", weight = 3 }, { get = \"/<i>\" }]
        [[user_class]]
        name = \"B\"
        task = [{ post = \"/\" }]";
    let page = render::<Ratios>(RatiosProps {
        draft: Rc::new(Draft::from_toml(plan).unwrap()),
    })
    .await;
    assert_eq!(page.texts("h2"), ["Ratio per class", "Total ratio"]);
    assert_eq!(
        page.texts("[aria-label='Ratio per class'] li .part"),
        ["75.0 %", "75.0 %", "25.0 %", "25.0 %", "100.0 %"]
    );
    assert_eq!(
        page.texts("[aria-label='Total ratio'] li .part"),
        ["75.0 %", "56.3 %", "18.8 %", "25.0 %", "25.0 %"]
    );
    let names = page.texts("[aria-label='Total ratio'] bdi");
    assert_eq!(names, ["A", "GET /", "GET /<i>", "B", "POST /"]);
}
