//! A long run in a real browser, to see that its rate and its memory stay what they are: `cargo xtask bench
//! soak` runs this.

#![expect(clippy::print_stdout, reason = "the figures are for a person")]

use std::time::Duration;

use axum::Router;
use mayfly_tests::{Page, memory, serve};
use tokio::time::{Instant, sleep_until};
use tower_http::cors::CorsLayer;

#[tokio::main]
async fn main() {
    let minutes = std::env::var("MAYFLY_SOAK_MINUTES").expect("xtask says how long");
    let minutes: u32 = minutes.parse().expect("minutes are a number");
    let hello = Router::new().fallback(|| async { "Hello World" });
    let target = serve(hello.layer(CorsLayer::permissive())).await;
    let page = Page::open().await;
    page.fill("Host", &target).await;
    page.fill("Number of users", "6").await;
    page.fill("Spawn rate", "100").await;
    page.fill("Wait from", "0").await;
    page.fill("Wait to", "0").await;
    page.fill_tasks(&[("/", "1")]).await;
    page.press("Start Swarming").await;
    page.until_total("the swarm is at work", |row| 1_000 <= row.n_requests)
        .await;
    let start = Instant::now();
    let mut before = page.row("Aggregated").await.n_requests;
    println!("minute  requests/s  memory of the browser  JavaScript of the page");
    for minute in 1..=minutes {
        // Nothing is asked of the browser meanwhile: each question costs it time.
        sleep_until(start + Duration::from_secs(60) * minute).await;
        let total = page.row("Aggregated").await;
        let heap = page.run(HEAP, vec![]).await;
        println!(
            "{minute:>6} {:>11.0} {:>19} MB {:>20.1} MB",
            (total.n_requests - before) as f64 / 60.0,
            memory::of_children() / 1_000_000,
            heap.as_f64().unwrap_or_default() / 1e6,
        );
        before = total.n_requests;
    }
    page.press("Stop").await;
    page.until_state("stopped").await;
    let total = page.row("Aggregated").await;
    println!(
        "{} requests, {} failures; {}",
        total.n_requests,
        total.n_failures,
        page.status("Numbers").await
    );
}

const HEAP: &str = "return performance.memory?.usedJSHeapSize ?? 0;";
