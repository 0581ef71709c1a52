//! The page on a static host, with nothing else at hand.

use mayfly_tests::{Page, Site, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_click_is_enough_for_a_swarm() {
    let page = Page::open().await;
    assert!(page.help("Host").await.contains("simulated"));

    page.press("Start Swarming").await;
    page.until_total("there are 20 requests", |row| 20 <= row.n_requests)
        .await;

    let host = page.status("Host").await;
    assert!(
        host.contains("Simulated API") && host.contains("simulated"),
        "{host}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_below_any_path_and_loads_nothing_from_elsewhere() {
    let site = Site::below("/some/sub/path/").await;
    let page = Page::open_at(site.clone()).await;

    page.press("Start Swarming").await;
    page.until_total("there are 20 requests", |row| 20 <= row.n_requests)
        .await;
    page.press("Charts").await;

    let script = "return performance.getEntriesByType('resource').map(it => it.name);";
    let loaded = page.run(script, vec![]).await;
    let loaded: Vec<String> = serde_json::from_value(loaded).unwrap();
    assert!(
        loaded.iter().any(|url| url.contains("/worker.js?")),
        "{loaded:?}"
    );
    for url in &loaded {
        assert!(
            url.starts_with(site.url()),
            "{url} is not below {}",
            site.url()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_any_delay_leave_the_engine_reachable() {
    let page = Page::open().await;
    page.fill("Wait from", "0").await;
    page.fill("Wait to", "0").await;
    page.fill_tasks(&[("/delay/0", "1")]).await;

    page.press("Start Swarming").await;
    page.until_total("there are 20 requests", |row| 20 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;

    assert!(!page.whole_text().await.contains("The engine stopped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_page_itself_runs_in_it() {
    let page = Page::open().await;
    let listen = "window.refused = [];
        document.addEventListener('securitypolicyviolation', (it) => {
            window.refused.push(it.effectiveDirective);
        });";
    page.run(listen, vec![]).await;

    page.press("Start Swarming").await;
    page.until_total("there are 20 requests", |row| 20 <= row.n_requests)
        .await;
    page.press("Charts").await;
    page.press("Download Data").await;
    let refused = page.run("return window.refused", vec![]).await;
    assert_eq!(refused, serde_json::json!([]), "the page needs it");

    let inject = "const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);
        const image = document.createElement('div');
        image.innerHTML = '<img src=x: onerror=\"window.injected = true\">';
        document.body.append(image);";
    page.run(inject, vec![]).await;
    until("both scripts are refused", async || {
        let refused = page.run("return window.refused.join()", vec![]).await;
        let refused = refused.as_str()?;
        (refused.contains("script-src-elem") && refused.contains("script-src-attr")).then_some(())
    })
    .await;
    let injected = page.run("return window.injected ?? null", vec![]).await;
    assert_eq!(injected, serde_json::Value::Null);
}
