//! Saved runs: the history, its files, and two runs side by side.

use mayfly_tests::{DemoTarget, Page, has_native_engine, needs_browser_engine, until};
use serde_json::json;
use thirtyfour::By;

/// Runs `/` some times against `target`, and returns how many requests the page counted.
async fn run(page: &Page, target: &DemoTarget, title: &str) -> u64 {
    page.press("Plan text").await;
    let plan = format!(
        "version = 1
host = \"{}\"
thresholds = [\"fail_ratio < 1%\", \"requests > 1000\"]

[load]
users = 2
spawn_rate = 10
max_requests = 12

[[user_class]]
name = \"A\"
wait = \"400ms\"
task = [{{ get = \"/\" }}]
",
        target.url()
    );
    page.fill("Plan (TOML)", &plan).await;
    page.until_text("This plan can run.").await;
    page.press("Plan text").await;
    page.fill("Run title", title).await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    page.row("Aggregated").await.n_requests
}

/// The rows of the history whose title is `title`.
async fn rows(page: &Page, title: &str) -> Vec<Vec<String>> {
    let rows = page.table("Runs").await;
    rows.into_iter().filter(|it| it[1] == title).collect()
}

async fn until_row(page: &Page, title: &str) -> Vec<String> {
    until(title, async || rows(page, title).await.pop()).await
}

/// Waits until the focus is on what has this text.
async fn until_focused(page: &Page, text: &str) {
    let script = "return document.activeElement.textContent.trim();";
    until(&format!("{text} has the focus"), async || {
        (page.run(script, vec![]).await == text).then_some(())
    })
    .await;
}

/// Marks every run in the list.
async fn mark_all(page: &Page) {
    let session = page.browser().session();
    let boxes = "//input[starts-with(@aria-label, 'Mark the run of')]";
    for found in session.find_all(By::XPath(boxes)).await.unwrap() {
        found.click().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_kept_and_can_be_opened_after_a_reload() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let n_requests = run(&page, &target, "First <b>").await;
    assert_eq!(n_requests, target.counted().total);
    page.until_text("Failed: 1 of 2 thresholds do not hold.")
        .await;
    page.reload().await;
    // The address names the run, which is over for the browser; the command has it still.
    let back = match has_native_engine() {
        true => "History",
        false => "Back to the history",
    };
    page.press(back).await;
    let row = until_row(&page, "First <b>").await;
    // Whatever the browser promises, the page says it.
    until("the page says how long runs are kept", async || {
        let text = page.whole_text().await;
        let is_said = ["may delete", "until you delete them"].map(|it| text.contains(it));
        (is_said != [false, false]).then_some(())
    })
    .await;
    assert_eq!(row[3], target.url());
    // And how far its numbers are to be believed.
    assert!(row[4].starts_with("Failed"), "{row:?}");
    assert_eq!(row[5], "12");

    page.press("First <b>").await;
    page.until_state("stopped").await;
    assert_eq!(page.row("/").await.n_requests, n_requests);
    page.until_text("Failed: 1 of 2 thresholds do not hold.")
        .await;
    page.press("Use this plan").await;
    assert_eq!(page.value("Run title").await, "First <b>");
    assert_eq!(page.value("Host").await, target.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_stay_out_of_an_exported_run_if_a_person_says_so() {
    let page = Page::open().await;
    page.press("Plan text").await;
    let plan = "version = 1
load = { users = 1, spawn_rate = 1, max_requests = 3 }
request = { headers = { authorization = \"Bearer a7f3c9d1e5\" } }
[[user_class]]
name = \"A\"
task = [{ get = \"/shown\" }]
";
    page.fill("Plan (TOML)", plan).await;
    page.until_text("This plan can run.").await;
    page.press("Plan text").await;
    page.fill("Run title", "Secret").await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    page.press("Download Data").await;
    page.until_text("In the plan, these look like credentials:")
        .await;
    page.until_text("request.headers.authorization").await;
    page.press("History").await;
    until_row(&page, "Secret").await;
    page.check("Leave credentials out of exported runs", true)
        .await;
    page.press("Export").await;
    let file = page.browser().downloaded(".json").await;
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("/shown") && text.contains("authorization"),
        "{text}"
    );
    assert!(!text.contains("a7f3c9d1e5"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_renamed_exported_deleted_and_imported() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    run(&page, &target, "Before").await;
    page.press("History").await;
    until_row(&page, "Before").await;
    page.press("Rename").await;
    page.fill("Title", "After").await;
    page.press("Save").await;
    let row = until_row(&page, "After").await;
    until_focused(&page, "Rename").await;

    page.press("Export").await;
    let file = page.browser().downloaded(".json").await;
    mark_all(&page).await;
    page.press("Delete").await;
    let session = page.browser().session();
    session.accept_alert().await.unwrap();
    page.until_text("No runs yet.").await;

    page.choose_file("Run file", &file).await;
    assert_eq!(until_row(&page, "After").await, row);

    page.choose_file("Run file", &file).await;
    assert!(page.alert().await.contains("is in the history already"));
    let broken = file.with_file_name("broken.json");
    std::fs::write(&broken, "{\"format\": \"something else\"}").unwrap();
    page.choose_file("Run file", &broken).await;
    page.until_text("broken.json cannot be imported").await;
    assert_eq!(rows(&page, "After").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_going_on_is_not_deleted() {
    let page = Page::open().await;
    start_endless(&page).await;
    page.press("History").await;
    let row = until_row(&page, "Endless").await;
    assert!(row[4].starts_with("Running"), "{row:?}");
    mark_all(&page).await;
    page.press("Delete").await;
    page.browser().session().accept_alert().await.unwrap();
    assert!(page.alert().await.contains("going on cannot be deleted"));
    assert_eq!(rows(&page, "Endless").await.len(), 1);
    page.press("Back to the run").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
}

/// Starts a run that does not end by itself.
async fn start_endless(page: &Page) {
    page.fill("Run title", "Endless").await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_run_of_this_page_is_live_in_its_history() {
    let page = Page::open().await;
    start_endless(&page).await;
    page.press("History").await;
    let first = until_row(&page, "Endless").await;
    assert!(first[4].starts_with("Running"), "{first:?}");
    until("its row moves", async || {
        (until_row(&page, "Endless").await[5] != first[5]).then_some(())
    })
    .await;
    page.press("Endless").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    let n_requests = page.row("Aggregated").await.n_requests;
    page.press("History").await;
    let row = until("it has ended", async || {
        let row = until_row(&page, "Endless").await;
        (!row[4].starts_with("Running")).then_some(row)
    })
    .await;
    assert!(row[4].starts_with("No failures"), "{row:?}");
    assert_eq!(row[5], n_requests.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_another_tab_is_said_to_be_there() {
    if !needs_browser_engine("there, a run belongs to no tab; see native.rs") {
        return;
    }
    let page = Page::open().await;
    start_endless(&page).await;
    let session = page.browser().session();
    let first = session.window().await.unwrap();
    let second = session.new_tab().await.unwrap();
    session.switch_to_window(second).await.unwrap();
    page.load("").await;
    page.press("History").await;
    let row = until_row(&page, "Endless").await;
    assert!(row[4].starts_with("Running"), "{row:?}");
    page.press("Endless").await;
    page.until_text("This run is going on in another tab").await;
    assert!(!page.has_button("Stop").await);
    let text = page.whole_text().await;
    assert!(!text.contains("interrupted"), "{text}");
    let before = page.row("Aggregated").await.n_requests;
    page.until_total("it moves", |row| before < row.n_requests)
        .await;
    session.close_window().await.unwrap();
    session.switch_to_window(first).await.unwrap();
    page.press("Stop").await;
    page.until_state("stopped").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_room_says_so_and_the_run_goes_on() {
    if !needs_browser_engine("there, the browser has no runs to save") {
        return;
    }
    let page = Page::open().await;
    let origin = page.site_url().trim_end_matches('/');
    let limit = json!({ "origin": origin, "quotaSize": 1 });
    let command = "Storage.overrideQuotaForOrigin";
    if page.browser().devtools(command, limit).await.is_none() {
        // Only Chromium can be given less room by a driver.
        return;
    }
    page.press("Start Swarming").await;
    page.until_text("cannot be saved in the history").await;
    let before = page.row("Aggregated").await.n_requests;
    page.until_total("it goes on", |row| before + 5 <= row.n_requests)
        .await;
    page.press_key("7").await;
    until("the log says it", async || {
        let text = page.text_of("tabpanel", "Logs").await;
        text.contains("The run cannot be saved").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_are_compared() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    run(&page, &target, "A run").await;
    page.press("New").await;
    page.press("Reset to the demo").await;
    run(&page, &target, "Another run").await;
    page.press("History").await;
    until_row(&page, "Another run").await;
    mark_all(&page).await;
    page.press("Compare").await;
    let row = until("the comparison is there", async || {
        let rows = page.table("Comparison").await;
        rows.into_iter().find(|it| it[1] == "/")
    })
    .await;
    assert_eq!(row[2..5], ["12", "12", "+0.0 %"]);
    let text = page.whole_text().await;
    assert!(
        text.contains("A: A run") && text.contains("B: Another run"),
        "{text}"
    );

    let lines = [
        ("RPS and Failures/s", ["RPS", "Failures/s"].as_slice()),
        (
            "Response Times (ms)",
            &["50th percentile", "95th percentile"],
        ),
        ("Number of Users", &["Users"]),
        ("Response Times by Percentile (ms)", &["response time"]),
    ];
    for (title, labels) in lines {
        let plot = format!("//*[@role='group'][@aria-label='{title}'][.//canvas]");
        until(title, async || page.element(&plot).await).await;
        page.press(&format!("Table: {title}")).await;
        let corner = if title.contains("Percentile") {
            "Percentile"
        } else {
            "From"
        };
        let of_run = |letter| labels.iter().map(move |label| format!("{letter} {label}"));
        let titles = std::iter::once(corner.to_owned());
        let titles: Vec<String> = titles.chain(of_run("A")).chain(of_run("B")).collect();
        until(title, async || {
            (column_titles(&page, title).await == titles).then_some(())
        })
        .await;
    }
    // Both are shown from their own start, whatever the time of day was.
    let users = page.table("Table of Number of Users").await;
    assert_eq!(users[0][0], "0:00");
    assert!(
        users[0][1..].iter().all(|it| it.parse::<u32>().is_ok()),
        "{users:?}"
    );
    let caption = "Table of Response Times by Percentile (ms)";
    let times = page.table(caption).await;
    let median = times.iter().find(|row| row[0] == "50 %").unwrap();
    assert!(
        median[1..].iter().all(|it| it.parse::<f64>().is_ok()),
        "{median:?}"
    );
}

/// The titles of the columns in the table of a chart; none while it is closed.
async fn column_titles(page: &Page, title: &str) -> Vec<String> {
    let script = "
        const table = [...document.querySelectorAll('table')]
            .find(it => it.caption.textContent === arguments[0]);
        return table ? [...table.tHead.rows[0].cells].map(it => it.textContent) : [];";
    let caption = format!("Table of {title}");
    let titles = page.run(script, vec![caption.into()]).await;
    serde_json::from_value(titles).expect("a list of texts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_that_is_killed_leaves_what_it_measured() {
    if !needs_browser_engine("there, a run goes on without its tab; see native.rs") {
        return;
    }
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let session = page.browser().session();
    let first = session.window().await.unwrap();
    let second = session.new_tab().await.unwrap();
    session.switch_to_window(second).await.unwrap();
    page.load("").await;
    page.fill("Host", target.url()).await;
    page.fill("Run title", "Cut short").await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 50 <= row.n_requests)
        .await;
    // The first numbers are kept at once, and later ones every few seconds.
    session.close_window().await.unwrap();
    session.switch_to_window(first).await.unwrap();

    page.load("").await;
    page.press("History").await;
    // A browser may take a moment to give up the lock of a tab that is gone.
    until("the run is interrupted", async || {
        let rows = page.table("Runs").await.into_iter();
        let mut such = rows.filter(|it| it[1] == "Cut short" && it[4].starts_with("Interrupted"));
        such.next()
    })
    .await;
    page.press("Cut short").await;
    page.until_text("This run was interrupted").await;
    let kept = page.row("Aggregated").await.n_requests;
    assert!(kept <= target.counted().total, "{kept}");
}
