//! A target whose answers cannot be read: the page says why, and what to do.

use mayfly_tests::{CLOSED_PORT, Page, without_cors};

async fn start(host: &str) -> Page {
    let page = Page::open().await;
    page.fill("Host", host).await;
    page.fill("Number of users", "2").await;
    page.press("Start Swarming").await;
    page
}

/// The run goes on counting, can be stopped, and the form has what was typed.
async fn assert_usable(page: &Page, host: &str) {
    page.until_total("requests have failed", |row| 2 <= row.n_failures)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    let total = page.row("Aggregated").await;
    assert_eq!(total.n_failures, total.n_requests);
    page.press("New").await;
    assert_eq!(page.value("Host").await, host);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_without_cors_headers() {
    let host = without_cors().await;
    let page = start(&host).await;

    let alert = page.alert().await;
    assert!(
        alert.contains(&format!("{host} answers, but does not allow this page")),
        "{alert}"
    );
    assert!(alert.contains("Access-Control-Allow-Origin"), "{alert}");
    page.press_summary("nginx").await;
    let alert = page.alert().await;
    assert!(
        alert.contains("add_header Access-Control-Allow-Origin \"http://127.0.0.1:"),
        "{alert}"
    );
    assert_usable(&page, &host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_down() {
    let host = CLOSED_PORT;
    let page = start(host).await;

    let alert = page.alert().await;
    assert!(
        alert.contains(&format!("Nothing answers at {host}.")),
        "{alert}"
    );
    assert!(alert.contains("Check that the API is running"), "{alert}");
    assert_usable(&page, host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_that_does_not_exist() {
    let host = "http://no-such-host.invalid";
    let page = start(host).await;

    let alert = page.alert().await;
    assert!(
        alert.contains("Nothing answers at http://no-such-host.invalid."),
        "{alert}"
    );
    assert_usable(&page, host).await;
}
