//! Failures and exceptions that explain themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::http::StatusCode;
use mayfly_tests::{Page, needs_browser_engine, serve, until};
use tower_http::cors::{Any, CorsLayer};

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

/// How many requests a target hears from five users without a wait, which it asks to come back in an hour.
async fn heard_by_one_that_is_busy(cors: CorsLayer) -> u64 {
    let count = Arc::<AtomicU64>::default();
    let answer = {
        let count = Arc::clone(&count);
        move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "3600")])
        }
    };
    let target = serve(Router::new().fallback(answer).layer(cors)).await;
    let plan = format!(
        "version = 1\nhost = '{target}'\n\
         load = {{ users = 5, spawn_rate = 100, run_time = 3, autostop = true }}\n\
         [[user_class]]\nname = 'A'\ntask = [ {{ get = '/' }} ]\n"
    );
    let page = Page::open().await;
    start_plan(&page, &plan).await;
    page.until_state("stopped").await;
    let count = count.load(Ordering::SeqCst);
    // At the end some may be under way.
    let n_requests = page.row("Aggregated").await.n_requests;
    assert!(n_requests <= count && count <= n_requests + 5, "{count}");
    let told = page
        .whole_text()
        .await
        .contains("asked by Retry-After to be left alone");
    assert_eq!(told, count == 5);
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn users_wait_as_long_as_a_target_asks_if_it_lets_the_page_read_that() {
    assert_eq!(heard_by_one_that_is_busy(CorsLayer::permissive()).await, 5);
    if needs_browser_engine("the command reads all headers") {
        let silent = CorsLayer::new().allow_origin(Any);
        let count = heard_by_one_that_is_busy(silent).await;
        assert!(5 < count, "{count}");
    }
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
