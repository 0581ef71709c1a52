//! The charts: zoomed, pointed at, switched, saved and read, and those of single rows.

use mayfly_tests::{DemoTarget, Page, Site, until};
use thirtyfour::{By, Key, WebElement};

use crate::tables::{plan, start_plan};

/// Locust's three.
const TITLES: [&str; 3] = [
    "Total Requests per Second",
    "Response Times (ms)",
    "Number of Users",
];

async fn start(target: &DemoTarget, run_time: &str) -> Page {
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.fill("Number of users", "4").await;
    page.fill("Spawn rate", "4").await;
    page.fill("Wait from", "0.1").await;
    page.fill("Wait to", "0.2").await;
    page.fill("Run time", run_time).await;
    page.fill_tasks(&[("/", "1"), ("/status/404", "1")]).await;
    page.press("Start Swarming").await;
    page
}

/// A run of three seconds that is over, with failures.
async fn finished_run(target: &DemoTarget) -> Page {
    let page = start(target, "3").await;
    page.until_state("stopped").await;
    page
}

/// The element that a chart is drawn in.
async fn plot(page: &Page, title: &str) -> WebElement {
    let xpath = format!("//*[@role='group'][@aria-label='{title}'][.//canvas]");
    until("the chart is drawn", async || page.element(&xpath).await).await
}

/// Where the first second is, in a run of less than a minute.
const FIRST: f64 = 0.01;

/// Points at a chart, at a place between its left edge, 0, and its right, 1, and waits until the
/// chart has followed. The edges themselves belong to the area in some browsers only.
async fn point(page: &Page, title: &str, place: f64) {
    let plot = plot(page, title).await;
    // The area inside of the axes.
    let area = plot.find(By::ClassName("u-over")).await.unwrap();
    let width = area.rect().await.unwrap().width;
    let offset = ((place - 0.5) * width) as i64;
    let chain = page.browser().session().action_chain();
    // A pointer that is there already would not be told of.
    let moved = chain.move_to_element_with_offset(&area, offset, 5);
    let moved = moved.move_to_element_with_offset(&area, offset, 0);
    moved.perform().await.unwrap();

    // A browser may tell of the pointer a moment after a driver has moved it.
    let line = area.find(By::ClassName("u-cursor-x")).await.unwrap();
    until("the chart has followed the pointer", async || {
        let from = area.rect().await.unwrap().x;
        let at = line.rect().await.unwrap().x - from;
        ((at - place * width).abs() < 4.0).then_some(())
    })
    .await;
}

/// What the legend of a chart says, entry by entry; the place comes first.
async fn legend(page: &Page, title: &str) -> Vec<String> {
    let script = "
        const list = document.querySelector(`[aria-label='Legend of ${arguments[0]}']`);
        return [...list.children].map(it => it.textContent.trim());";
    let texts = page.run(script, vec![title.into()]).await;
    serde_json::from_value(texts).expect("a list of texts")
}

async fn places(page: &Page) -> Vec<String> {
    let mut places = Vec::new();
    for title in TITLES {
        places.push(legend(page, title).await.swap_remove(0));
    }
    places
}

/// Points at a chart, and returns the time that all of them show.
async fn time_at(page: &Page, title: &str, place: f64) -> String {
    until("all charts point at the same time", async || {
        point(page, title, place).await;
        let places = places(page).await;
        (places.iter().all(|it| *it == places[0])).then(|| places[0].clone())
    })
    .await
}

/// Points at a chart until all of them show another time than `before`, and returns that.
async fn another_time_at(page: &Page, title: &str, place: f64, before: &str) -> String {
    until("all charts point at another time", async || {
        let time = time_at(page, title, place).await;
        (time != before).then_some(time)
    })
    .await
}

/// Points at a chart until all of them show `time`.
async fn until_time_at(page: &Page, title: &str, place: f64, time: &str) {
    until("all charts point at a known time", async || {
        (time_at(page, title, place).await == time).then_some(())
    })
    .await;
}

fn sum(table: &[Vec<String>], column: usize) -> f64 {
    let values = table
        .iter()
        .filter_map(|row| row[column].parse::<f64>().ok());
    values.sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_charts_show_values_where_one_points() {
    let target = DemoTarget::start().await;
    let page = finished_run(&target).await;

    page.press("Charts").await;
    let time = time_at(&page, TITLES[0], FIRST).await;

    assert!(time.contains(':'), "{time}");
    let mut entries = Vec::new();
    for title in TITLES {
        entries.extend(legend(&page, title).await.into_iter().skip(1));
    }
    for label in [
        "RPS",
        "Failures/s",
        "50th percentile",
        "95th percentile",
        "Users",
    ] {
        let entry = entries.iter().find_map(|it| it.strip_prefix(label));
        let value = entry.unwrap_or_else(|| panic!("{label} is in a legend: {entries:?}"));
        assert!(value.trim().parse::<f64>().is_ok(), "{label}: {value}");
    }
    assert!(
        entries.contains(&"90th percentile".to_owned()),
        "{entries:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn zooming_into_one_chart_zooms_into_all() {
    let target = DemoTarget::start().await;
    let page = finished_run(&target).await;
    page.press("Charts").await;
    // Where nobody points, the newest values are shown.
    let newest = places(&page).await.swap_remove(1);
    let first = another_time_at(&page, TITLES[1], FIRST, &newest).await;
    assert!(!page.has_button("Reset zoom").await);

    page.press("Zoom in").await;
    until("there is a way back", async || {
        page.has_button("Reset zoom").await.then_some(())
    })
    .await;
    another_time_at(&page, TITLES[1], FIRST, &first).await;
    page.press("Reset zoom").await;
    until_time_at(&page, TITLES[1], FIRST, &first).await;
    assert!(!page.has_button("Reset zoom").await);

    // By keys.
    let chart = plot(&page, TITLES[2]).await;
    chart.send_keys("+").await.unwrap();
    another_time_at(&page, TITLES[0], FIRST, &first).await;
    chart.send_keys(Key::Left + Key::Left).await.unwrap();
    chart.send_keys(Key::Left + Key::Left).await.unwrap();
    until_time_at(&page, TITLES[0], FIRST, &first).await;
    assert!(page.has_button("Reset zoom").await);
    chart.send_keys("0").await.unwrap();
    assert!(!page.has_button("Reset zoom").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn dragging_zooms_and_new_seconds_do_not_undo_it() {
    let target = DemoTarget::start().await;
    let page = start(&target, "").await;
    page.press("Charts").await;
    page.press("Table: Number of Users").await;
    until("there are four seconds", async || {
        (4 <= n_seconds(&page).await).then_some(())
    })
    .await;
    let newest = places(&page).await.swap_remove(0);
    let first = another_time_at(&page, TITLES[0], FIRST, &newest).await;

    let area = plot(&page, TITLES[0]).await;
    let area = area.find(By::ClassName("u-over")).await.unwrap();
    let width = area.rect().await.unwrap().width;
    let session = page.browser().session();
    session
        .action_chain()
        .move_to_element_with_offset(&area, (-0.2 * width) as i64, 0)
        .click_and_hold()
        .move_by_offset((0.1 * width) as i64, 0)
        .perform()
        .await
        .unwrap();
    // A person takes longer than a second.
    until_seconds_pass(&page, 2).await;
    session
        .action_chain()
        .move_by_offset((0.3 * width) as i64, 5)
        .release()
        .perform()
        .await
        .unwrap();
    until("the charts are zoomed", async || {
        page.has_button("Reset zoom").await.then_some(())
    })
    .await;
    let zoomed = another_time_at(&page, TITLES[2], FIRST, &first).await;

    until_seconds_pass(&page, 2).await;
    until_time_at(&page, TITLES[1], FIRST, &zoomed).await;
    let chain = session.action_chain();
    let chain = chain.double_click_element(&area);
    chain.perform().await.unwrap();
    until_time_at(&page, TITLES[1], FIRST, &first).await;
    page.press("Stop").await;
    page.until_state("stopped").await;
}

/// Waits until the run has `n` more seconds.
async fn until_seconds_pass(page: &Page, n: usize) {
    let before = n_seconds(page).await;
    until("more seconds have passed", async || {
        (before + n <= n_seconds(page).await).then_some(())
    })
    .await;
}

/// How many seconds the table of the users has, which is open.
async fn n_seconds(page: &Page) -> usize {
    page.table("Table of Number of Users").await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_switched_by_keyboard() {
    let target = DemoTarget::start().await;
    let page = finished_run(&target).await;
    page.press("Charts").await;
    let button = "//figure//button[normalize-space()='Failures/s']";
    let button = until("there is a switch", async || page.element(button).await).await;
    let pressed = async || button.attr("aria-pressed").await.unwrap();
    assert_eq!(pressed().await.as_deref(), Some("true"));

    button.send_keys(Key::Space).await.unwrap();

    until("the line is off", async || {
        (pressed().await.as_deref() == Some("false")).then_some(())
    })
    .await;
    assert_eq!(legend(&page, TITLES[0]).await[2], "Failures/s");
    // The choice outlives the tab.
    page.press("Statistics").await;
    page.press("Charts").await;
    until("the line is still off", async || {
        let entries = legend(&page, TITLES[0]).await;
        (entries[2] == "Failures/s").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_is_saved_as_a_png() {
    let target = DemoTarget::start().await;
    let page = finished_run(&target).await;
    page.press("Charts").await;
    let plot = plot(&page, TITLES[0]).await;
    let canvas = plot.find(By::Tag("canvas")).await.unwrap();
    let size =
        async |name: &str| -> u32 { canvas.attr(name).await.unwrap().unwrap().parse().unwrap() };
    let (width, height) = (size("width").await, size("height").await);

    page.press("PNG: Total Requests per Second").await;
    let file = page
        .browser()
        .downloaded("_total-requests-per-second.png")
        .await;
    let bytes = until("it is whole", async || {
        std::fs::read(&file)
            .ok()
            .filter(|it| it.ends_with(b"IEND\xae\x42\x60\x82"))
    })
    .await;
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    // A title and a line of labels stand above the chart.
    assert_eq!((number(16), number(20)), (width, height + 34 + 20));
}

/// Four users that send two requests in each of their first three seconds and then rest, so that
/// nothing is in the second in which the run ends: that is in no chart.
async fn start_counted(target: &DemoTarget, load: &str) -> Page {
    let page = Page::open().await;
    let both = "{ get = \"/\" }, { get = \"/status/404\" }";
    let wait = "{ wait = { constant = \"1s\" } }";
    let plan = format!(
        "version = 1
host = \"{}\"
load = {{ users = 4, spawn_rate = 1000{load} }}
[[user_class]]
name = \"A\"
wait = {{ constant = \"100s\" }}
task = [{{ steps = [{both}, {wait}, {both}, {wait}, {both}] }}]
",
        target.url()
    );
    start_plan(&page, &plan).await;
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_hold_what_the_target_counted() {
    let target = DemoTarget::start().await;
    let page = start_counted(&target, ", run_time = 5").await;
    page.until_state("stopped").await;
    let total = page.row("Aggregated").await;
    assert_eq!((total.n_requests, total.n_failures), (24, 12));
    page.press("Charts").await;
    for title in TITLES {
        page.press(&format!("Table: {title}")).await;
    }
    let table = until("there is a table", async || {
        let rows = page.table("Table of Total Requests per Second").await;
        (!rows.is_empty()).then_some(rows)
    })
    .await;

    // A line is a second, so the rates are counts.
    assert_eq!(sum(&table, 1), total.n_requests as f64);
    assert_eq!(sum(&table, 2), total.n_failures as f64);
    assert_eq!(target.counted().total, 24);
    let users = page.table("Table of Number of Users").await;
    assert_eq!(users[1][1], "4");
    assert_eq!(page.table("Table of Response Times (ms)").await[1].len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rows_are_compared() {
    let target = DemoTarget::start().await;
    let page = start_counted(&target, "").await;
    page.until_total("there are requests", |row| 4 <= row.n_requests)
        .await;

    page.press("/").await;
    page.press("/status/404").await;
    page.press("Table: RPS and Failures/s").await;
    // While the run goes on, the engine has to be asked for the series of rows.
    let rates = "Table of RPS and Failures/s";
    let sums = async || {
        let rows = page.table(rates).await;
        let is_whole = rows.iter().all(|it| it.len() == 5);
        is_whole.then(|| [1, 2, 3, 4].map(|column| sum(&rows, column)))
    };
    let expected = [12.0, 0.0, 12.0, 12.0];
    until("three seconds of both are there", async || {
        (sums().await == Some(expected)).then_some(())
    })
    .await;
    page.press("Stop").await;
    page.until_state("stopped").await;

    let [root, missing] = [page.row("/").await, page.row("/status/404").await];
    assert_eq!([root.n_requests, missing.n_failures], [12, 12]);
    until("the end has changed nothing", async || {
        (sums().await == Some(expected)).then_some(())
    })
    .await;

    page.press("Table: Response Times by Percentile (ms)").await;
    let latency = until("there is a table", async || {
        let rows = page
            .table("Table of Response Times by Percentile (ms)")
            .await;
        (!rows.is_empty()).then_some(rows)
    })
    .await;
    let at = |name: &str| latency.iter().find(|row| row[0] == name).unwrap();
    // Min and median, as in the statistics.
    assert_eq!(
        [&at("0 %")[1], &at("0 %")[3]],
        [&root.cells[8], &missing.cells[8]]
    );
    assert_eq!(
        [&at("50 %")[1], &at("50 %")[3]],
        [&root.cells[4], &missing.cells[4]]
    );

    page.press("Close GET /").await;
    until("one row is left", async || {
        (page.table(rates).await.first()?.len() == 3).then_some(())
    })
    .await;
    page.press("Close GET /status/404").await;
    until("no row is left", async || {
        page.element("//h2[.='Selected rows']")
            .await
            .is_none()
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_and_the_stop_are_marked() {
    let target = DemoTarget::start().await;
    let page = start(&target, "").await;
    page.until_state("running").await;
    page.press("Edit").await;
    page.fill("Number of users", "7").await;
    page.press("Update").await;
    until("7 users are alive", async || {
        (page.status("Users").await == "7").then_some(())
    })
    .await;
    page.press("Stop").await;
    page.until_state("stopped").await;

    page.press("Charts").await;
    let script = "
        const list = document.querySelector(\"[aria-label='Marked in the charts']\");
        return [...list.children].map(it => it.textContent.split(' ').slice(1).join(' '));";
    let marks = page.run(script, vec![]).await;
    assert_eq!(marks, serde_json::json!(["7 users", "Stop"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_draws_is_loaded_with_the_first_chart_or_asked_for_again() {
    let site = Site::start().await;
    site.lose(Some("uPlot.iife"));
    let page = Page::open_at(site.clone()).await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
    let loaded =
        "return performance.getEntriesByType('resource').some(it => it.name.includes('uPlot'));";
    assert_eq!(page.run(loaded, vec![]).await, false);

    page.press("Charts").await;
    let alert = page.alert().await;
    assert!(
        alert.contains("uPlot.iife.min.js of this page did not load"),
        "{alert}"
    );
    site.lose(None);
    page.press("Retry").await;

    plot(&page, TITLES[0]).await;
    assert!(page.element("//*[@role='alert']").await.is_none());
    page.press("Stop").await;
    page.until_state("stopped").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_from_right_to_left_leaves_the_rest_of_a_legend_alone() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let name = "طلب (1)";
    let task = format!("{{ get = \"/\", name = \"{name}\" }}");
    let task = format!("{{ steps = [{task}] }}");
    start_plan(&page, &plan(target.url(), 1, 3, &task)).await;
    page.until_state("stopped").await;
    page.press(name).await;

    let script = "return [...document.querySelectorAll('.legend bdi')]
        .map(it => [it.textContent, it.nextSibling.textContent]);";
    let entries = until("there is a legend", async || {
        let entries = page.run(script, vec![]).await;
        (entries != serde_json::json!([])).then_some(entries)
    })
    .await;
    let first = serde_json::json!([format!("GET {name}"), " RPS"]);
    assert_eq!(entries[0], first);
}
