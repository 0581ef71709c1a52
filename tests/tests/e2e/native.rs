//! The page in front of the native engine: `mayfly` without `--headless`.

use std::path::Path;

use mayfly_tests::{DemoTarget, Native, Page, Site, until};

async fn fill(page: &Page, target: &DemoTarget) {
    page.fill("Host", target.url()).await;
    for (label, text) in [
        ("Number of users", "10"),
        ("Spawn rate", "10"),
        ("Wait from", "0.05"),
        ("Wait to", "0.1"),
    ] {
        page.fill(label, text).await;
    }
    page.fill_tasks(&[("/", "1")]).await;
}

/// A page on which a run is under way.
async fn running(native: &Native, target: &DemoTarget) -> Page {
    let page = Page::open_url(native.url()).await;
    fill(&page, target).await;
    page.press("Start Swarming").await;
    page.until_state("running").await;
    page
}

async fn until_more_than(page: &Page, count: u64) -> u64 {
    let what = format!("there are more than {count} requests");
    page.until_total(&what, |row| count < row.n_requests)
        .await
        .n_requests
}

/// Waits until the page shows a run, and what it shows of it.
async fn until_shown(page: &Page, state: &str) -> u64 {
    page.until_state(state).await;
    until_more_than(page, 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_drives_the_command_and_its_numbers_are_those_of_the_target() {
    assert!(Site::has("index.html"));
    let target = DemoTarget::start().await;
    let native = Native::start().await;
    let page = running(&native, &target).await;
    assert!(page.status("Engine").await.starts_with("mayfly "));
    until_more_than(&page, 200).await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
    // The target was loaded by the command, and not by the browser.
    let script = "return performance.getEntriesByType('resource').map(it => it.name)
        .filter(it => it.includes('mayfly-engine') || it.includes('worker'));";
    assert_eq!(page.run(script, vec![]).await.to_string(), "[]");
    assert_eq!(page.console_errors().await, [""; 0]);
    until("the run is saved", async || {
        (native.reports().len() == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_while_its_page_is_loaded_again() {
    let target = DemoTarget::start().await;
    let native = Native::start().await;
    let page = running(&native, &target).await;
    let before = until_more_than(&page, 100).await;
    page.reload().await;
    let after = until_shown(&page, "running").await;
    assert!(before <= after, "{before} and then {after}");
    page.press("Charts").await;
    page.press("Logs").await;
    page.until_text("started on").await;
    page.press("Statistics").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pages_see_the_same_and_either_stops_it() {
    let target = DemoTarget::start().await;
    let native = Native::start().await;
    let other = Page::open_url(native.url()).await;
    let page = running(&native, &target).await;
    // It follows by itself.
    until_shown(&other, "running").await;
    page.press("Edit").await;
    page.fill("Number of users", "3").await;
    page.press("Update").await;
    until("the other page has 3 users", async || {
        (other.status("Users").await == "3").then_some(())
    })
    .await;
    other.press("Stop").await;
    page.until_state("stopped").await;
    other.until_state("stopped").await;
    assert_eq!(page.row("Aggregated").await, other.row("Aggregated").await);
    page.assert_agrees_with(&target).await;
    for (page, text) in [
        (&other, "The load was edited: 3 users"),
        (&page, "The run was told to stop."),
    ] {
        page.press("Logs").await;
        page.until_text(text).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_engine_is_said_and_taken_up_again() {
    let target = DemoTarget::start().await;
    let mut native = Native::start().await;
    let page = running(&native, &target).await;
    until_more_than(&page, 100).await;
    // By then it is on the disk.
    until("the run is saved", async || {
        (native.reports().len() == 1).then_some(())
    })
    .await;
    page.press("Logs").await;
    native.end().await;
    page.until_text("The connection to the engine is lost")
        .await;
    page.press("Stop").await;
    page.until_text("this did not reach it").await;
    native.start_again().await;
    page.until_text("The engine was ended, and its run with it.")
        .await;
    page.press("New").await;
    page.press("Start Swarming").await;
    page.until_state("running").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    until("both runs are saved", async || {
        (native.reports().len() == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_browser_sees_the_same_history() {
    let target = DemoTarget::start().await;
    let native = Native::start().await;
    let page = running(&native, &target).await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    let requests = page.row("Aggregated").await.cells[2].clone();
    let other = Page::open_url(native.url()).await;
    other.press("History").await;
    other.until_text(target.url()).await;
    other.until_text(&requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_the_command_is_in_the_form() {
    let target = DemoTarget::start().await;
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart.toml");
    let plan = plan.to_str().unwrap();
    let native = Native::start_with(&["-f", plan, "-H", target.url()]).await;
    let page = Page::open_url(native.url()).await;
    until("the plan is in the form", async || {
        (page.value("Host").await == target.url()).then_some(())
    })
    .await;
    page.fill("Number of users", "7").await;
    // A reload does not take that back.
    page.reload().await;
    assert_eq!(page.value("Number of users").await, "7");
    page.press("Start Swarming").await;
    until_shown(&page, "running").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
}
