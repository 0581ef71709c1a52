//! Whether the page says how far its numbers are those of the target.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use mayfly_tests::{DemoTarget, Kind, Page, needs_browser_engine, serve_encrypted, until};
use tower_http::cors::CorsLayer;
use tower_http::set_header::SetResponseHeaderLayer;

/// Starts so many users, who ask for what takes the target this long.
async fn start(
    page: &Page,
    host: &str,
    n_users: &str,
    [wait_from, wait_to]: [&str; 2],
    path: &str,
) {
    page.fill("Host", host).await;
    page.fill("Number of users", n_users).await;
    page.fill("Spawn rate", "100").await;
    page.fill("Wait from", wait_from).await;
    page.fill("Wait to", wait_to).await;
    page.fill_tasks(&[(path, "1")]).await;
    page.press("Start Swarming").await;
}

/// Waits until the page says of a run that goes on how far its numbers are to be believed.
async fn until_numbers(page: &Page, verdict: &str) {
    until(&format!("the numbers are {verdict}"), async || {
        (page.status("Numbers").await == verdict).then_some(())
    })
    .await;
}

/// How far below the top of the page the tabs are, in pixels.
async fn top_of_tabs(page: &Page) -> f64 {
    let tabs = page.element("//*[@role='tablist']").await;
    tabs.expect("there are tabs").rect().await.unwrap().y
}

#[tokio::test(flavor = "multi_thread")]
async fn more_users_than_connections_make_a_run_invalid() {
    if !needs_browser_engine("there, each user has a connection") {
        return;
    }
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    start(&page, target.url(), "64", ["0", "0"], "/delay/5").await;
    page.until_state("running").await;
    until_numbers(&page, "INVALID").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(page.status("Numbers").await, "INVALID");
    let text = page.whole_text().await;
    for part in [
        "Wait for a connection",
        "of the response times of GET /delay/5 are the wait for a free connection",
        "There are more users than connections carry.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    page.press("Charts").await;
    page.until_text("Parts of Response Times (ms, average)")
        .await;
    page.until_text("Own queue").await;
    page.press("History").await;
    page.until_text("No failures, but INVALID").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_comes_moves_nothing_and_opens_to_its_evidence() {
    if !needs_browser_engine("there, each user has a connection") {
        return;
    }
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.browser().resize(390, 844).await;
    start(&page, target.url(), "4", ["0", "0"], "/delay/5").await;
    page.until_state("running").await;
    until("nothing is wrong yet", async || {
        let is_valid = page.whole_text().await.contains("VALID so far.");
        if !is_valid {
            page.press("Reset").await;
        }
        is_valid.then_some(())
    })
    .await;
    let before = top_of_tabs(&page).await;

    page.press("Edit").await;
    page.fill("Number of users", "64").await;
    page.press("Update").await;
    until_numbers(&page, "INVALID").await;
    page.until_text("INVALID so far, for ").await;
    page.until_text("Wait for a connection").await;
    assert_eq!(top_of_tabs(&page).await, before);
    let evidence = "of the response times of GET /delay/5 are the wait for a free connection";
    assert!(!page.whole_text().await.contains(evidence));
    page.open_reasons().await;
    page.until_text(evidence).await;
    page.press("Stop").await;
    page.until_state("stopped").await;
}

/// A browser has requests wait for each other over HTTP/1.1, and says only of some hosts what they speak.
#[tokio::test(flavor = "multi_thread")]
async fn waits_for_a_connection_over_tls_are_told_as_far_as_they_are_known() {
    if !needs_browser_engine("the command knows what a host speaks")
        || Kind::chosen() != Kind::Chromium
    {
        return;
    }
    let answer = || async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        "Hello World"
    };
    let hidden = Router::new()
        .fallback(answer)
        .layer(CorsLayer::permissive());
    let open = hidden.clone().layer(SetResponseHeaderLayer::overriding(
        HeaderName::from_static("timing-allow-origin"),
        HeaderValue::from_static("*"),
    ));
    let page = Page::open().await;
    for (router, verdict, cause) in [
        (open, "INVALID", "Wait for a connection"),
        (hidden, "LIMITED", "Unknown connections"),
    ] {
        let target = serve_encrypted(router).await;
        page.load("").await;
        start(&page, &target, "64", ["0", "0"], "/").await;
        until_numbers(&page, verdict).await;
        page.until_text(cause).await;
        page.press("Stop").await;
        page.until_state("stopped").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_within_its_limits_is_valid() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    // Against such service times, alarms that a busy machine hears some milliseconds late are nothing.
    start(&page, target.url(), "8", ["0.3", "0.5"], "/delay/200").await;
    page.until_state("running").await;
    // More than the 95th percentile needs. Where the machine stands still meanwhile, that is said, and
    // counting begins anew.
    until("a run without a disturbance is valid", async || {
        if page.status("Numbers").await != "VALID" {
            page.press("Reset").await;
        }
        (150 <= page.row("Aggregated").await.n_requests).then_some(())
    })
    .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(page.status("Numbers").await, "VALID");
    let text = page.whole_text().await;
    assert!(
        !text.contains("LIMITED") && !text.contains("INVALID"),
        "{text}"
    );
}
