//! Failures and exceptions that explain themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use mayfly_tests::{Page, serve, until};
use tower_http::cors::CorsLayer;

use crate::tables::{plan, start_plan};

const BODY: &str = "<h1>It broke</h1>\n<script>window.broken = 1</script>";

/// A target that answers each request with the same failure, and counts them.
async fn broken() -> (String, Arc<AtomicU64>) {
    let count = Arc::<AtomicU64>::default();
    let answer = {
        let count = Arc::clone(&count);
        move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            (
                StatusCode::SERVICE_UNAVAILABLE,
                [("x-why", "<b>busy</b>")],
                BODY,
            )
        }
    };
    let cors = CorsLayer::permissive();
    (
        serve(Router::new().fallback(answer).layer(cors)).await,
        count,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_opens_to_the_answer_of_the_target() {
    let (target, count) = broken().await;
    let page = Page::open().await;
    start_plan(&page, &plan(&target, 1, 7, "{ get = \"/cart?id=<7>\" }")).await;
    page.until_state("stopped").await;
    page.press("Failures").await;
    let row = page.table("Failures").await.remove(0);
    assert_eq!(
        row[1..4],
        ["GET", "/cart?id=<7>", "503 Service Unavailable"]
    );
    assert_eq!(row[0], count.load(Ordering::SeqCst).to_string());
    assert_eq!(row[6], "100 %");

    page.press("503 Service Unavailable").await;
    until("it is open", async || {
        page.element("//button[@aria-expanded='true']").await
    })
    .await;
    let text = page.whole_text().await;
    assert!(text.contains(&format!("{target}/cart?id=<7>")), "{text}");
    assert!(text.contains("x-why: <b>busy</b>"), "{text}");
    assert!(text.contains(BODY), "{text}");
    let broken = page.run("return window.broken ?? null", vec![]).await;
    assert_eq!(broken, serde_json::json!(null));

    // A browser without a person asks nobody whether it may copy.
    let listen = "navigator.clipboard.writeText = async text => { window.copied = text; };";
    page.run(listen, vec![]).await;
    page.press("Copy").await;
    until("it says so", async || {
        page.element("//*[.='Copied.']").await
    })
    .await;
    let copied = page.run("return window.copied", vec![]).await;
    assert!(
        copied.as_str().is_some_and(|it| it.contains(BODY)),
        "{copied}"
    );

    page.press("503 Service Unavailable").await;
    assert!(
        !page.whole_text().await.contains(BODY),
        "it is closed again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_failures_the_tabs_say_so() {
    let page = Page::open().await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 0 < row.n_requests)
        .await;
    page.press("Exceptions").await;
    assert!(page.whole_text().await.contains("No task has broken."));
    page.press("Failures").await;
    assert!(page.whole_text().await.contains("No request has failed."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_breaks_is_an_exception() {
    let (target, count) = broken().await;
    let page = Page::open().await;
    let task = "{ name = \"log in\", get = \"/\", check = [{ status = 503 }], \
                extract = { token = { json = \"$.token\" } } }";
    start_plan(&page, &plan(&target, 1, 4, task)).await;
    page.until_state("stopped").await;
    assert_eq!(page.row("Aggregated").await.n_failures, 0);
    page.press("Exceptions").await;
    let row = page.table("Exceptions").await.remove(0);
    assert_eq!(row[0], count.load(Ordering::SeqCst).to_string());
    assert_eq!(row[1], "log in");
    assert!(row[2].contains("token"), "{row:?}");
}
