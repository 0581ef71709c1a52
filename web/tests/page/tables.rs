//! The tables, with rows that were computed.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use mayfly_core::http::request::Request;
use mayfly_core::measure::sample::Evidence;
use mayfly_core::measure::snapshot::ExceptionTotals;
use mayfly_core::testing::{Simulation, answer_after, class, load, name, plan, task};
use mayfly_core::time::Elapsed;
use mayfly_web::components::exceptions_table::{ExceptionsTable, ExceptionsTableProps};
use mayfly_web::components::failures_table::{FailuresTable, FailuresTableProps};
use mayfly_web::components::stats_table::{StatsTable, StatsTableProps};
use mayfly_web::store::tables::{Sort, TableView};
use mayfly_web::store::{Action, TableAction, TableId};
use mayfly_web::view::model::RunModel;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::Callback;

use crate::render::{Rendered, render};

/// A run of a second in which `/cube` failed.
fn model() -> RunModel {
    let mut user = class("A", 1);
    user.set.tasks = vec![task(1, "/"), task(1, "/cube"), task(1, "/<b>&amp;")]
        .try_into()
        .unwrap();
    let answer = |_: Elapsed, request: &Request| {
        let status = if request.url.contains("cube") {
            500
        } else {
            200
        };
        answer_after(Duration::from_millis(20), status)
    };
    let outcome = Simulation::new(plan(vec![user], load(4, 100.0), 1), answer).run();
    RunModel::new(&outcome.board)
}

fn statistics(view: TableView) -> StatsTableProps {
    StatsTableProps {
        model: Rc::new(model()),
        view: Rc::new(view),
        selected: Vec::new(),
        on_action: Callback::noop(),
    }
}

fn sorted_by(column: &'static str, is_descending: bool) -> TableView {
    TableView {
        sort: Some(Sort {
            column,
            is_descending,
        }),
        ..TableView::default()
    }
}

fn names(page: &Rendered) -> Vec<String> {
    page.texts("tr > th[scope=row]")
}

#[wasm_bindgen_test]
async fn the_columns_are_locusts() {
    let page = render::<StatsTable>(statistics(TableView::default())).await;
    let titles = "Type|Name|# Requests|# Fails|Median (ms)|95%ile (ms)|99%ile (ms)|Average (ms)|\
        Min (ms)|Max (ms)|Average size (bytes)|Current RPS|Current Failures/s";
    assert_eq!(page.texts("thead th").join("|"), titles);
}

#[wasm_bindgen_test]
async fn rows_are_sorted_by_name_and_the_total_is_last() {
    let page = render::<StatsTable>(statistics(TableView::default())).await;
    assert_eq!(names(&page), ["/", "/<b>&amp;", "/cube", "Aggregated"]);
    assert_eq!(page.attributes("th", "aria-sort"), [""; 0]);
}

#[wasm_bindgen_test]
async fn a_sorted_table_says_by_what_and_keeps_the_total_last() {
    let page = render::<StatsTable>(statistics(sorted_by("fails", true))).await;
    assert_eq!(names(&page), ["/cube", "/", "/<b>&amp;", "Aggregated"]);
    assert_eq!(page.texts("[aria-sort=descending]"), ["# Fails"]);
    let page = render::<StatsTable>(statistics(sorted_by("name", false))).await;
    assert_eq!(page.texts("[aria-sort=ascending]"), ["Name"]);
}

#[wasm_bindgen_test]
async fn a_filter_says_how_much_it_leaves() {
    let page = render::<StatsTable>(statistics(TableView {
        filter: "CUBE".to_owned(),
        ..TableView::default()
    }))
    .await;
    assert_eq!(names(&page), ["/cube", "Aggregated"]);
    assert_eq!(page.texts("p[role=status]"), ["1 of 3 rows"]);
}

#[wasm_bindgen_test]
async fn a_column_that_is_left_out_stays_out() {
    let page = render::<StatsTable>(statistics(TableView::default())).await;
    page.click("[type=checkbox]", "# Fails").await;
    page.click("[type=checkbox]", "Fail ratio").await;
    let again = render::<StatsTable>(statistics(sorted_by("fails", true))).await;
    for page in [&page, &again] {
        let titles = page.texts("thead th");
        assert_eq!(titles[2..4], ["# Requests", "Median (ms)"]);
        assert_eq!(titles.last().unwrap(), "Fail ratio");
        let last = page.texts("tbody tr:last-child td:last-child");
        assert_eq!(last, ["100 %"]);
        assert_eq!(names(page)[0], "/", "it is not sorted by what is not shown");
    }
    page.click("[type=checkbox]", "# Fails").await;
    page.click("[type=checkbox]", "Fail ratio").await;
}

#[wasm_bindgen_test]
async fn clicks_say_what_is_wanted() {
    let actions = Rc::new(RefCell::new(Vec::new()));
    let on_action = {
        let actions = actions.clone();
        Callback::from(move |action| actions.borrow_mut().push(action))
    };
    let page = render::<StatsTable>(StatsTableProps {
        selected: vec![name("/")],
        on_action,
        ..statistics(TableView::default())
    })
    .await;
    assert_eq!(page.texts("[aria-pressed=true]"), ["/"]);
    page.click("thead button", "# Fails").await;
    page.click("tbody button", "/cube").await;
    assert_eq!(
        *actions.borrow(),
        [
            Action::Table(TableId::Statistics, TableAction::Sort("fails")),
            Action::SelectRow(name("/cube")),
        ]
    );
}

#[wasm_bindgen_test]
async fn counts_with_failures_are_marked() {
    let page = render::<StatsTable>(statistics(TableView::default())).await;
    let failures = model().failures[0].count.to_string();
    assert_eq!(page.texts("td.bad"), [failures.clone(), failures]);
}

#[wasm_bindgen_test]
async fn a_quantile_of_a_few_requests_is_marked() {
    let page = render::<StatsTable>(statistics(TableView::default())).await;
    let p99 = "tbody tr:first-child td:nth-child(7)";
    assert_eq!(page.texts(p99), ["≈20.0"]);
    let title = page.attributes(p99, "title");
    assert!(
        title[0].ends_with("requests; 563 are needed to be sure"),
        "{title:?}"
    );
    assert_eq!(page.texts("tbody tr:first-child td:nth-child(5)"), ["20.0"]);
}

#[wasm_bindgen_test]
async fn without_requests_the_table_says_so() {
    let page = render::<StatsTable>(StatsTableProps {
        model: Rc::default(),
        ..statistics(TableView::default())
    })
    .await;
    assert_eq!(page.texts("table"), [""; 0]);
    assert_eq!(page.texts("p"), ["No request has finished yet."]);
}

#[wasm_bindgen_test]
async fn what_the_table_leaves_out_is_said() {
    let page = render::<StatsTable>(StatsTableProps {
        model: Rc::new(RunModel {
            n_dropped: 12,
            rows_left_out: true,
            ..model()
        }),
        ..statistics(TableView::default())
    })
    .await;
    let said = page.texts(".notice");
    assert!(said[0].contains("“(other)”"), "{said:?}");
    assert!(said[1].starts_with("12 arrivals were dropped"), "{said:?}");
}

/// The failures of a run, of which the first has this evidence.
fn failures(evidence: Option<Evidence>, is_open: bool) -> FailuresTableProps {
    let mut model = model();
    model.failures[0].evidence = evidence.map(Arc::new);
    let mut view = TableView::default();
    if is_open {
        view.open
            .insert("GET /cube 500 Internal Server Error".to_owned());
    }
    FailuresTableProps {
        model: Rc::new(model),
        started_millis: 0.0,
        view: Rc::new(view),
        on_action: Callback::noop(),
    }
}

#[wasm_bindgen_test]
async fn failures_say_what_failed_and_why() {
    let page = render::<FailuresTable>(failures(None, false)).await;
    let titles = "# Failures|Method|Name|Message|First Seen|Last Seen|Share of requests";
    assert_eq!(page.texts("thead th").join("|"), titles);
    let cells = page.texts("tbody td, tbody th");
    assert_eq!(cells[1..4], ["GET", "/cube", "500 Internal Server Error"]);
    assert_eq!(cells[6], "100 %");
    assert_eq!(page.texts("[aria-expanded=false]").len(), 1);
}

#[wasm_bindgen_test]
async fn a_failure_opens_to_its_answer_as_text() {
    let evidence = Evidence {
        url: "http://a.test/cube?<b>".to_owned(),
        preflighted: Vec::new(),
        user: 3,
        status: Some(500),
        found: Some("<b>5</b>".to_owned()),
        headers: vec![("x-why".to_owned(), "<i>no</i>".to_owned())],
        body: "<img src=x onerror=alert(1)>".to_owned(),
    };
    let page = render::<FailuresTable>(failures(Some(evidence), true)).await;
    assert_eq!(page.texts("[aria-expanded=true]").len(), 1);
    let texts = page.texts(".detail dd");
    assert_eq!(
        texts[..5],
        [
            "500 Internal Server Error",
            "http://a.test/cube?<b>",
            "3",
            "500",
            "<b>5</b>"
        ]
    );
    let blocks = page.texts(".detail pre");
    assert_eq!(blocks, ["x-why: <i>no</i>", "<img src=x onerror=alert(1)>"]);
    assert_eq!(page.texts(".detail img, .detail i, .detail b"), [""; 0]);
}

#[wasm_bindgen_test]
async fn a_failure_without_a_sample_says_why() {
    let page = render::<FailuresTable>(failures(None, true)).await;
    let said = page.texts(".detail p");
    assert!(said[1].starts_with("There is no sample"), "{said:?}");
}

#[wasm_bindgen_test]
async fn exceptions_say_which_task_broke() {
    let exception = |task: &str, count| ExceptionTotals {
        task: task.into(),
        message: "found no “token”".into(),
        count,
        first: Elapsed::ZERO,
        last: Elapsed::ZERO,
    };
    let props = |exceptions| ExceptionsTableProps {
        model: Rc::new(RunModel {
            exceptions,
            ..RunModel::default()
        }),
        started_millis: 0.0,
        view: Rc::new(sorted_by("occurrences", true)),
        on_action: Callback::noop(),
    };
    let rows = vec![exception("buy", 2), exception("log in", 10)];
    let page = render::<ExceptionsTable>(props(rows)).await;
    assert_eq!(names(&page), ["log in", "buy"]);
    let cells = page.texts("tbody tr:first-child td");
    assert_eq!(cells[..2], ["10", "found no “token”"]);

    let page = render::<ExceptionsTable>(props(Vec::new())).await;
    assert!(page.texts("p")[0].starts_with("No task has broken."));
}
