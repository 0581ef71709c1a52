//! The tables as a person sorts, filters and widens them, and the tabs beside them.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::StatusCode;
use mayfly_tests::{DemoTarget, Kind, Page, needs_browser_engine, serve, until, without_cors};
use serde_json::json;
use tower_http::cors::CorsLayer;

/// Runs a plan that is written as text.
pub(crate) async fn start_plan(page: &Page, plan: &str) {
    page.press("Plan text").await;
    page.value("Plan (TOML)").await;
    let script = "
        const area = document.querySelector('textarea');
        area.value = arguments[0];
        area.dispatchEvent(new InputEvent('input', { bubbles: true }));";
    page.run(script, vec![plan.into()]).await;
    page.press("Start Swarming").await;
}

/// A plan that ends after `n_requests`, with `tasks` in TOML.
pub(crate) fn plan(host: &str, n_users: u32, n_requests: u32, tasks: &str) -> String {
    format!(
        "version = 1
host = \"{host}\"
[load]
users = {n_users}
spawn_rate = 100
max_requests = {n_requests}
[[user_class]]
name = \"A\"
wait = {{ constant = 0 }}
task = [{tasks}]
"
    )
}

/// A run of seven paths that is over, and what the target counted.
async fn seven_rows(target: &DemoTarget) -> Page {
    let page = Page::open().await;
    let paths = [
        "/",
        "/cube",
        "/delay/1",
        "/square",
        "/status/201",
        "/status/202",
        "/status/500",
    ];
    let tasks = paths.map(|it| format!("{{ get = \"{it}\" }}")).join(", ");
    start_plan(&page, &plan(target.url(), 3, 70, &tasks)).await;
    page.until_state("stopped").await;
    page
}

async fn titles(page: &Page) -> Vec<String> {
    let script = "return [...document.querySelectorAll('thead th')].map(it => it.textContent);";
    serde_json::from_value(page.run(script, vec![]).await).expect("a list of texts")
}

async fn press_key(page: &Page, button: &str, key: thirtyfour::Key) {
    let xpath = format!("//button[normalize-space()='{button}']");
    let button = until(button, async || page.element(&xpath).await).await;
    button
        .send_keys(key + "")
        .await
        .expect("a button takes keys");
}

/// Types into the field with this name.
async fn filter(page: &Page, name: &str, text: &str) {
    let xpath = format!("//input[@aria-label='{name}']");
    let field = until(name, async || page.element(&xpath).await).await;
    field.clear().await.expect("a field can be emptied");
    field.send_keys(text).await.expect("a field takes keys");
}

async fn until_said(page: &Page, expected: &str) {
    until(expected, async || {
        page.whole_text().await.contains(expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_sorts_and_filters_and_keeps_its_total_last() {
    let target = DemoTarget::start().await;
    let page = seven_rows(&target).await;
    let counted = target.counted();
    let mut expected: Vec<(String, u64)> = counted
        .by_request
        .iter()
        .map(|(request, &count)| (request.replace("GET ", ""), count))
        .collect();
    let shown = async || -> Vec<(String, u64)> {
        let rows = page.table("Statistics").await.into_iter();
        rows.map(|it| (it[1].clone(), it[2].parse().expect("a count")))
            .collect()
    };
    let total = ("Aggregated".to_owned(), counted.total);
    let with_total = |rows: &[(String, u64)]| [rows, std::slice::from_ref(&total)].concat();
    assert_eq!(shown().await, with_total(&expected));

    // Rows with the same count stay in the order of their names.
    press_key(&page, "# Requests", thirtyfour::Key::Enter).await;
    expected.sort_by_key(|it| it.1);
    assert_eq!(shown().await, with_total(&expected));
    press_key(&page, "# Requests", thirtyfour::Key::Enter).await;
    expected.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    assert_eq!(shown().await, with_total(&expected));

    filter(&page, "Filter names", "STATUS").await;
    until_said(&page, "3 of 7 rows").await;
    expected.retain(|it| it.0.contains("status"));
    assert_eq!(shown().await, with_total(&expected));

    // Another tab, and back.
    page.press("Failures").await;
    page.press("Statistics").await;
    assert_eq!(shown().await, with_total(&expected));
}

/// Shows those of these columns that are hidden, and hides the others; there are `n_columns` then.
async fn choose_columns(page: &Page, columns: &[&str], n_columns: usize) {
    page.press_summary("Columns").await;
    for &column in columns {
        let label = format!("//label[normalize-space()='{column}']");
        let label = until(column, async || page.element(&label).await).await;
        label.click().await.expect("a label can be clicked");
    }
    until("the columns are there", async || {
        (titles(page).await.len() == n_columns).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_that_were_chosen_are_there_the_next_time() {
    let target = DemoTarget::start().await;
    let page = seven_rows(&target).await;
    choose_columns(&page, &["Fail ratio", "# Given up", "Max (ms)"], 14).await;
    // The address names the run, which is in the history.
    page.reload().await;
    page.until_total("the run is there again", |row| row.cells.len() == 14)
        .await;
    let titles = titles(&page).await;
    assert_eq!(titles[titles.len() - 2..], ["Fail ratio", "# Given up"]);
    assert!(!titles.contains(&"Max (ms)".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_time_of_answers_went_is_told_where_the_target_lets_a_page_know() {
    if !needs_browser_engine("its transport does not look") {
        return;
    }
    let hidden = Router::new().fallback(|| async { "Hello World" });
    let hidden = serve(hidden.layer(CorsLayer::permissive())).await;
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let tasks = format!(
        "{{ steps = [{{ get = \"/delay/50\" }}, {{ get = \"{hidden}/\", name = \"hidden\" }}] }}"
    );
    start_plan(&page, &plan(target.url(), 3, 90, &tasks)).await;
    page.until_state("stopped").await;
    let columns = ["Connect", "TLS", "First byte", "Body"].map(|it| format!("{it} average (ms)"));
    choose_columns(&page, &columns.each_ref().map(String::as_str), 17).await;
    let cells = page.row("/delay/50").await.cells;
    let [connect, tls, first_byte, body] = cells.last_chunk().expect("all columns");
    let millis = |text: &str| text.parse::<f64>().expect("a time");
    assert!(50.0 <= millis(first_byte), "{cells:?}");
    // The clock of Firefox has steps of 1 ms, and to this machine it takes less.
    if page.browser().kind() != Kind::Firefox {
        assert!(millis(connect) < millis(first_byte), "{cells:?}");
    }
    assert!(millis(body) < millis(first_byte), "{cells:?}");
    assert_eq!(tls, "–");
    let cells = page.row("hidden").await.cells;
    assert_eq!(cells.last_chunk().expect("all columns"), &["–"; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rows_those_in_sight_are_drawn() {
    let hello = Router::new().fallback(|| async { "Hello World" });
    let target = serve(hello.layer(CorsLayer::permissive())).await;
    let page = Page::open().await;
    let task = "{ steps = [{ get = \"/\", name = \"/item/{{seq()}}\" }] }";
    start_plan(&page, &plan(&target, 1, 1050, task)).await;
    page.until_state("stopped").await;
    let rows = page.table("Statistics").await;
    assert!(rows.len() < 100, "{} rows are drawn", rows.len());
    assert_eq!(rows[0][1..3], ["(other)", "50"]);
    assert_eq!(
        rows.last().expect("there are rows")[1..3],
        ["Aggregated", "1\u{202f}050"]
    );
    until_said(&page, "There are more request names than rows.").await;

    let scroll = "const table = document.querySelector('[role=region][aria-label=Statistics]');
        table.scrollTop = table.scrollHeight;";
    page.run(scroll, vec![]).await;
    until("the last row is drawn", async || {
        let rows = page.table("Statistics").await;
        rows.iter().any(|it| it[1] == "/item/999").then_some(())
    })
    .await;
    filter(&page, "Filter names", "/item/77").await;
    until_said(&page, "11 of 1\u{202f}001 rows").await;
    assert_eq!(page.row("/item/777").await.n_requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_can_be_chosen_and_let_go() {
    let target = DemoTarget::start().await;
    let page = seven_rows(&target).await;
    let chosen = async || {
        let script = "return [...document.querySelectorAll('tbody [aria-pressed=true]')]
            .map(it => it.textContent);";
        page.run(script, vec![]).await
    };
    page.press("/cube").await;
    page.press("/square").await;
    assert_eq!(chosen().await, json!(["/cube", "/square"]));
    page.press("/cube").await;
    assert_eq!(chosen().await, json!(["/square"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_what_happened() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.fill("Number of users", "3").await;
    page.fill("Spawn rate", "10").await;
    page.press("Start Swarming").await;
    page.until_state("running").await;
    page.press("Edit").await;
    page.fill("Number of users", "15").await;
    page.press("Update").await;
    until("15 users are alive", async || {
        (page.status("Users").await == "15").then_some(())
    })
    .await;
    page.until_state("running").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("Logs").await;

    let script = "return [...document.querySelectorAll('[role=log] li')].map(it => it.innerText);";
    let lines = page.run(script, vec![]).await;
    let lines: Vec<String> = serde_json::from_value(lines).expect("a list of texts");
    let expected = [
        format!(
            "A run started on {}: 3 users, 10 started per second.",
            target.url()
        ),
        "Spawning is complete: 3 users.".to_owned(),
        "The load was edited: 15 users, 10 started per second.".to_owned(),
        "Spawning is complete: 15 users.".to_owned(),
        "The run was told to stop.".to_owned(),
        "The run stopped after 0:".to_owned(),
    ];
    let mut rest = lines.iter();
    for line in expected {
        assert!(rest.any(|it| it.contains(&line)), "{line} in {lines:?}");
    }
    page.press("Statistics").await;
    page.assert_agrees_with(&target).await;
    let n_requests = page.row("Aggregated").await.n_requests;
    let last = lines.last().expect("a line");
    assert!(last.contains(&format!(": {n_requests} requests")), "{last}");
    let n_aborted = page.n_aborted().await;
    let given_up = format!("{n_aborted} given up in flight");
    assert_eq!(last.contains(&given_up), 0 < n_aborted, "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_marks_the_tab_until_it_is_looked_at() {
    let host = without_cors().await;
    let page = Page::open().await;
    page.fill("Host", &host).await;
    page.press("Start Swarming").await;
    let marked = "//*[@role='tab'][contains(., 'new warnings')]";
    let tab = until("the tab is marked", async || page.element(marked).await).await;
    tab.click().await.expect("a tab can be clicked");
    until_said(
        &page,
        &format!("{host} answers, but does not allow this page"),
    )
    .await;
    assert!(page.element(marked).await.is_none());
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("Statistics").await;
    assert!(page.element(marked).await.is_none(), "nothing new is wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ratios_are_those_of_the_plan() {
    let page = Page::open().await;
    page.press("Start Swarming").await;
    page.press("Current Ratio").await;
    let script = "return Object.fromEntries([...document.querySelectorAll('section section')]
        .map(it => [it.querySelector('h2').textContent,
            [...it.querySelectorAll('bdi')].map(it => it.parentElement.firstChild.textContent)]));";
    let ratios = page.run(script, vec![]).await;
    let ratios: BTreeMap<String, Vec<String>> = serde_json::from_value(ratios).expect("lists");
    let expected = ["100.0 %", "60.0 %", "20.0 %", "20.0 %"];
    assert_eq!(ratios["Ratio per class"], expected);
    assert_eq!(ratios["Total ratio"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strip_says_how_long_a_run_has_left() {
    let page = Page::open().await;
    page.fill("Run time", "1h").await;
    page.press("Start Swarming").await;
    until("a second has passed", async || {
        (page.status("Elapsed").await != "0:00").then_some(())
    })
    .await;
    let remaining = page.status("Remaining").await;
    assert!(remaining.starts_with("59:"), "{remaining}");
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert!(page.element("//dt[.='Remaining']").await.is_none());
}

/// What others may have written: markup, quotes, letters that turn the direction, and too much.
fn hostile() -> [String; 4] {
    [
        "<img src=x: onerror=window.broken=1>\"'&amp;</td></table><script>window.broken=1</script>"
            .to_owned(),
        "\u{202e}\u{2067}tfel ot thgir \u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{202e}".to_owned(),
        "W".repeat(10_000),
        "a\u{301}\u{302}\u{303} ".repeat(500),
    ]
}

/// Where each column begins, and whether a row is higher than the others or the page too wide.
async fn layout(page: &Page) -> serde_json::Value {
    let script = "
        const edges = [...document.querySelectorAll('thead th')]
            .map(it => Math.round(it.getBoundingClientRect().width));
        const heights = new Set([...document.querySelectorAll('tbody tr.row')]
            .map(it => it.offsetHeight));
        const root = document.documentElement;
        return [edges, [...heights], root.scrollWidth - root.clientWidth];";
    page.run(script, vec![]).await
}

/// By how many pixels what is opened sticks out of its table, when that is scrolled to its end.
async fn overhang(page: &Page) -> serde_json::Value {
    let script = "
        const scroll = document.querySelector('.scroll:has(.detail)');
        scroll.scrollLeft = scroll.scrollWidth;
        const inside = scroll.querySelector('.detail td > div').getBoundingClientRect();
        const outside = scroll.getBoundingClientRect();
        const edges = [outside.left - inside.left, inside.right - outside.right];
        scroll.scrollLeft = 0;
        return Math.max(0, ...edges.map(Math.floor));";
    page.run(script, vec![]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_others_wrote_break_nothing() {
    let answer = || async { (StatusCode::INTERNAL_SERVER_ERROR, hostile().join("\n")) };
    let target = serve(
        Router::new()
            .fallback(answer)
            .layer(CorsLayer::permissive()),
    )
    .await;
    let page = Page::open().await;
    let task = |name: &str| {
        let name = json!(name);
        format!(
            "{{ name = {name}, steps = [{{ get = \"/\", name = {name} }}, {{ get = \"/\", name = {name}, \
             check = [{{ status = 500 }}, {{ header = \"x\", equals = {name} }}], extract = {{ a = {{ json = \"$.a\" }} }} }}] }}"
        )
    };
    let simple = plan(&target, 2, 40, &["a", "b", "c", "d"].map(task).join(", "));
    let wild = plan(&target, 2, 40, &hostile().map(|it| task(&it)).join(", "));
    for (width, height) in [(1440, 900), (390, 844)] {
        page.browser().resize(width, height).await;
        let mut layouts = Vec::new();
        for plan in [&simple, &wild] {
            page.load("").await;
            start_plan(&page, plan).await;
            page.until_state("stopped").await;
            let mut found = vec![layout(&page).await];
            for tab in ["Failures", "Exceptions"] {
                page.press(tab).await;
                found.push(layout(&page).await);
                page.run("document.querySelector('[aria-expanded]').click()", vec![])
                    .await;
                until("it is open", async || {
                    page.element("//*[@aria-expanded='true']").await
                })
                .await;
                let wide = layout(&page).await;
                assert_eq!(wide[2], 0, "{tab}, opened, {width}");
                assert_eq!(overhang(&page).await, json!(0), "{tab}, {width}");
            }
            for tab in ["Current Ratio", "Logs"] {
                let tab = format!("//*[@role='tab'][starts-with(normalize-space(), '{tab}')]");
                let tab = page.element(&tab).await.expect("the tab is there");
                tab.click().await.expect("a tab can be clicked");
                found.push(layout(&page).await);
            }
            layouts.push(found);
        }
        assert_eq!(layouts[0], layouts[1], "{width}");
    }
    let broken = page.run("return window.broken ?? null", vec![]).await;
    assert_eq!(broken, json!(null));
}
