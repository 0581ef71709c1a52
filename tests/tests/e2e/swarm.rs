//! What the page says it sent is what the target got.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::routing::get;
use mayfly_tests::{DemoTarget, Page, has_native_engine, serve};
use tower_http::cors::CorsLayer;

/// Compares the page with the target, request by request.
///
/// A request that was aborted may have been answered before the abort arrived, so as many as the
/// page says were aborted may be more at the target.
#[track_caller]
fn assert_equal_but_for(n_aborted: u64, what: &str, page: u64, target: u64) {
    assert!(
        page <= target && target <= page + n_aborted,
        "{what}: {page} on the page, {target} at the target, {n_aborted} aborted"
    );
}

async fn fill(page: &Page, target: &DemoTarget, fields: &[(&str, &str)]) {
    page.fill("Host", target.url()).await;
    for (label, text) in fields {
        page.fill(label, text).await;
    }
}

/// The paths of the tasks, and what the target should have counted for each.
async fn compare(page: &Page, target: &DemoTarget, paths: &[&str]) {
    let n_aborted = page.n_aborted().await;
    let counted = target.counted();
    for path in paths {
        let row = page.row(path).await;
        let answered = counted
            .by_request
            .get(&format!("GET {path}"))
            .copied()
            .unwrap_or(0);
        assert_equal_but_for(n_aborted, path, row.n_requests, answered);
    }
    let total = page.row("Aggregated").await;
    assert_equal_but_for(n_aborted, "total", total.n_requests, counted.total);
    assert_equal_but_for(n_aborted, "failures", total.n_failures, counted.failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_agrees_with_the_target_after_stop() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let fields = [
        ("Number of users", "50"),
        ("Spawn rate", "25"),
        ("Wait from", "0.2"),
        ("Wait to", "0.6"),
    ];
    fill(&page, &target, &fields).await;
    page.fill_tasks(&[("/", "3"), ("/cube", "1"), ("/square", "1")])
        .await;

    page.press("Start Swarming").await;
    page.until_state("running").await;
    let total = page
        .until_total("there are 300 requests", |row| 300 <= row.n_requests)
        .await;
    assert_eq!(page.status("Users").await, "50");
    page.press("Stop").await;
    page.until_state("stopped").await;

    compare(&page, &target, &["/", "/cube", "/square"]).await;
    let root = page.row("/").await.n_requests;
    assert!(total.n_requests <= page.row("Aggregated").await.n_requests);
    // Three of five, give or take six standard deviations of 300 draws.
    assert!(
        2 * total.n_requests < 5 * root && 5 * root < 4 * total.n_requests,
        "{root}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_those_of_the_target() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let fields = [
        ("Number of users", "5"),
        ("Spawn rate", "5"),
        ("Wait from", "0"),
        ("Wait to", "0.1"),
    ];
    fill(&page, &target, &fields).await;
    page.fill_tasks(&[("/", "1"), ("/status/503", "1"), ("/flaky/50", "1")])
        .await;

    page.press("Start Swarming").await;
    page.until_total("30 requests have failed", |row| 30 <= row.n_failures)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;

    compare(&page, &target, &["/", "/status/503", "/flaky/50"]).await;
    let unavailable = page.row("/status/503").await;
    assert_eq!(unavailable.n_requests, unavailable.n_failures);

    page.press("Failures").await;
    let failures = page.table("Failures").await;
    let causes: Vec<[&str; 3]> = failures
        .iter()
        .map(|row| [row[1].as_str(), &row[2], &row[3]])
        .collect();
    assert_eq!(
        causes,
        [
            ["GET", "/flaky/50", "500 Internal Server Error"],
            ["GET", "/status/503", "503 Service Unavailable"],
        ]
    );
    assert_eq!(failures[1][0], unavailable.n_failures.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_at_its_run_time() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let fields = [
        ("Number of users", "3"),
        ("Spawn rate", "3"),
        ("Run time", "2s"),
    ];
    fill(&page, &target, &fields).await;
    page.fill_tasks(&[("/", "1")]).await;

    page.press("Start Swarming").await;
    page.until_state("stopped").await;

    compare(&page, &target, &["/"]).await;
    assert!(0 < target.counted().total);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_sent_as_they_are_named() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    fill(
        &page,
        &target,
        &[("Number of users", "1"), ("Spawn rate", "1")],
    )
    .await;
    page.fill_tasks(&[("/echo", "1")]).await;
    page.select("Method", "POST").await;

    page.press("Start Swarming").await;
    page.until_total("there are 2 requests", |row| 2 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;

    assert_eq!(page.row("/echo").await.cells[0], "POST");
    let counted = target.counted();
    assert_eq!(
        counted.by_request.keys().collect::<Vec<_>>(),
        ["POST /echo"]
    );
    assert_eq!(counted.failed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_pass_the_cache_and_carry_no_cookies() {
    let seen = Arc::new(Mutex::new(Vec::<HeaderMap>::new()));
    let record = {
        let seen = Arc::clone(&seen);
        // An answer that a browser would keep for an hour, in pieces of unknown total length.
        move |headers: HeaderMap| async move {
            seen.lock().unwrap().push(headers);
            let pieces = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 50_000]));
            let body = Body::from_stream(futures::stream::iter(pieces));
            ([("cache-control", "max-age=3600")], body)
        }
    };
    let target = serve(
        Router::new()
            .route("/", get(record))
            .layer(CorsLayer::permissive()),
    )
    .await;
    let page = Page::open().await;
    // Cookies do not know ports, so this one belongs to the target too.
    page.run("document.cookie = 'a=b';", vec![]).await;
    page.fill("Host", &target).await;
    page.fill_tasks(&[("/", "1")]).await;

    page.press("Start Swarming").await;
    page.until_total("there are 5 requests", |row| 5 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;

    assert_eq!(page.row("/").await.cells[10], "2\u{202f}000\u{202f}000");
    let n_requests = page.row("/").await.n_requests;
    let seen = seen.lock().unwrap().clone();
    assert_equal_but_for(
        page.n_aborted().await,
        "requests",
        n_requests,
        seen.len() as u64,
    );
    for headers in seen {
        assert_eq!(headers.get("cookie"), None);
        // The command has no cache that it would have to pass.
        let asks_anew = headers
            .get("cache-control")
            .is_some_and(|it| it == "no-cache");
        assert_eq!(asks_anew, !has_native_engine());
    }
}
