//! A long run in a real browser, to see that its rate and its memory stay what they are: `cargo xtask bench
//! soak` runs this.

#![expect(clippy::print_stdout, reason = "the figures are for a person")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use mayfly_tests::{Page, serve};
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
            memory_of_children() / 1_000_000,
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

/// The memory that all processes have which this one has started, in bytes: what they share is counted once.
fn memory_of_children() -> u64 {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|it| it.parse::<u32>().ok()) else {
            continue;
        };
        // The name of the program is in parentheses, and may have any character.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |it| it.1);
        let parent = after.split_whitespace().nth(1);
        parents.extend(
            parent
                .and_then(|it| it.parse::<u32>().ok())
                .map(|it| (id, it)),
        );
    }
    let own = std::process::id();
    let is_ours = |id: u32| {
        let mut next = parents.get(&id);
        while let Some(&parent) = next {
            if parent == own {
                return true;
            }
            next = parents.get(&parent);
        }
        false
    };
    let ours = parents.keys().copied().filter(|&it| is_ours(it));
    ours.map(memory_of).sum()
}

fn memory_of(process: u32) -> u64 {
    let file = Path::new("/proc")
        .join(process.to_string())
        .join("smaps_rollup");
    let text = fs::read_to_string(file).unwrap_or_default();
    let share = text.lines().find_map(|it| it.strip_prefix("Pss:"));
    let kib = share.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
