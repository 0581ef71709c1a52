//! What a person does to a run that is under way.

use mayfly_tests::{DemoTarget, Page, SlowTarget, has_native_engine, needs_browser_engine, until};

async fn start(page: &Page, host: &str, users: &str) {
    page.fill("Host", host).await;
    page.fill("Number of users", users).await;
    page.fill("Spawn rate", "100").await;
    page.fill("Wait from", "0.1").await;
    page.fill("Wait to", "0.3").await;
    page.fill_tasks(&[("/", "1")]).await;
    page.press("Start Swarming").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_all_requests_under_way() {
    let target = SlowTarget::start().await;
    let page = Page::open().await;
    start(&page, target.url(), "10").await;
    // What a browser opens to one host. The other four users wait in the page. The command has a
    // connection for each.
    let n_connections = if has_native_engine() { 10 } else { 6 };
    until("all connections have a request", async || {
        (target.n_waiting() == n_connections).then_some(())
    })
    .await;
    if !has_native_engine() {
        page.until_text("4 users wait for a free connection").await;
    }

    page.press("Stop").await;
    page.until_state("stopped").await;

    until("no request waits", async || {
        (target.n_waiting() == 0).then_some(())
    })
    .await;
    assert_eq!(page.n_aborted().await, n_connections as u64);
    assert_eq!(page.row("Aggregated").await.n_requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_host_name_of_an_api_has_six_connections() {
    if !needs_browser_engine("the command has a connection for each user") {
        return;
    }
    let target = SlowTarget::start().await;
    let page = Page::open().await;
    page.press("Plan text").await;
    let (one, other) = (target.url(), target.url().replace("127.0.0.1", "localhost"));
    let class = |name, host| {
        format!("[[user_class]]\nname = '{name}'\nhost = '{host}'\ntask = [{{ get = '/' }}]\n")
    };
    let plan = format!(
        "version = 1\nload = {{ users = 20, spawn_rate = 100 }}\n{}{}",
        class("A", one),
        class("B", &other),
    );
    page.fill("Plan (TOML)", &plan).await;
    page.until_text("This plan can run.").await;
    page.press("Start Swarming").await;
    until("all connections have a request", async || {
        (target.n_waiting() == 12).then_some(())
    })
    .await;
    page.until_text("8 users wait for a free connection").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(page.n_aborted().await, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_waits_as_long_as_the_plan_says() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.press("Plan text").await;
    // Longer than an engine may say nothing.
    let plan = format!(
        "version = 1
host = \"{}\"
load = {{ users = 1, spawn_rate = 1, stop_timeout = \"20s\" }}

[[user_class]]
name = \"A\"
task = [{{ get = \"/delay/5000\" }}]
",
        target.url()
    );
    page.fill("Plan (TOML)", &plan).await;
    page.until_text("This plan can run.").await;
    page.press("Start Swarming").await;
    page.until_state("running").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(page.row("Aggregated").await.n_requests, 1);
    assert_eq!(target.counted().total, 1);
    assert!(!page.whole_text().await.contains("did not react"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_the_number_of_users() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    start(&page, target.url(), "5").await;
    page.until_state("running").await;

    page.press("Edit").await;
    page.fill("Number of users", "0").await;
    page.press("Update").await;
    let help = page.help("Number of users").await;
    assert!(help.contains("from 1 to"), "{help}");
    page.fill("Number of users", "12").await;
    page.press("Update").await;
    until("12 users are alive", async || {
        (page.status("Users").await == "12").then_some(())
    })
    .await;

    page.press("Edit").await;
    page.fill("Number of users", "2").await;
    page.press("Update").await;
    until("2 users are alive", async || {
        (page.status("Users").await == "2").then_some(())
    })
    .await;

    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("New").await;
    assert_eq!(page.value("Number of users").await, "2");
    assert_eq!(page.value("Host").await, target.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_forgets_while_running_and_after() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    start(&page, target.url(), "5").await;
    page.until_total("there are 60 requests", |row| 60 <= row.n_requests)
        .await;

    page.press("Reset").await;
    page.until_total("the counts are small", |row| {
        (1..60).contains(&row.n_requests)
    })
    .await;
    assert!(60 <= target.counted().total);

    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("Reset").await;
    until("the table is empty", async || {
        page.whole_text()
            .await
            .contains("No request is counted.")
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_run_starts_from_zero() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    start(&page, target.url(), "5").await;
    page.until_total("there are 30 requests", |row| 30 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    let before = target.counted().total;

    page.press("New").await;
    page.press("Back to the last run").await;
    assert!(30 <= page.row("Aggregated").await.n_requests);
    page.press("New").await;
    page.press("Start Swarming").await;
    page.until_total("there are 10 requests", |row| 10 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;

    let n_requests = page.row("Aggregated").await.n_requests;
    let answered = target.counted().total - before;
    let n_aborted = page.n_aborted().await;
    assert!(n_requests <= answered && answered <= n_requests + n_aborted);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_users_leave_the_page_usable() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    start(&page, target.url(), "200").await;
    page.until_state("running").await;
    page.until_total("there are 500 requests", |row| 500 <= row.n_requests)
        .await;
    for tab in ["Charts", "Failures", "Download Data", "Statistics"] {
        page.press(tab).await;
        let selected = "//*[@role='tab'][@aria-selected='true']";
        let selected = page.element(selected).await.unwrap().text().await.unwrap();
        assert_eq!(selected, tab);
    }
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
}
