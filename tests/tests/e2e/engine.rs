//! An engine that says nothing any more.

use mayfly_tests::{DemoTarget, Page, Site, until};

/// Tells the engine to do what its script knows.
const TELL: &str = "new BroadcastChannel('engine').postMessage(arguments[0]);";

/// Ends the engine or has it hang when it is told to, which it never does by itself.
const SCRIPT: &str = "new BroadcastChannel('engine').onmessage = ({ data }) => {
    if (data === 'end') close();
    if (data === 'hang') for (;;);
};";

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_ends_or_hangs_is_noticed_and_what_it_measured_is_kept() {
    let target = DemoTarget::start().await;
    let site = Site::start().await;
    site.run_in_engine(SCRIPT);
    let page = Page::open_at(site).await;
    page.fill("Host", target.url()).await;
    for (title, what) in [("Ended", "end"), ("Hanging", "hang")] {
        page.fill("Run title", title).await;
        page.press("Start Swarming").await;
        let before = page
            .until_total("there are requests", |row| 10 <= row.n_requests)
            .await;
        page.run(TELL, vec![what.into()]).await;
        page.until_text("The engine stopped: it has said nothing")
            .await;
        page.until_state("stopped").await;
        let after = page.row("Aggregated").await.n_requests;
        assert!(before.n_requests <= after && after <= target.counted().total);

        page.press("History").await;
        let row = until("the run is kept", async || {
            let rows = page.table("Runs").await;
            rows.into_iter()
                .find(|it| it[1] == title && it[4] == "Interrupted")
        })
        .await;
        assert_eq!(row[5], after.to_string());
        page.press("New").await;
    }
    page.press("Start Swarming").await;
    page.until_total("there is another engine", |row| 10 <= row.n_requests)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_what_is_still_loading_and_says_so() {
    // A page that is built quickly is in one piece.
    let parts = ["mayfly-later", "mayfly-engine_bg"];
    assert!(Site::has(parts[1]));
    for part in parts.into_iter().filter(|it| Site::has(it)) {
        let target = DemoTarget::start().await;
        let site = Site::start().await;
        site.hold(Some(part));
        let page = Page::open_at(site.clone()).await;
        page.fill("Host", target.url()).await;
        page.press("Start Swarming").await;
        page.until_text("The engine is not ready yet.").await;
        assert!(page.has_button("Starting…").await && !page.has_button("Start Swarming").await);
        // The run is of the plan as it was then, whatever else is wanted of it meanwhile.
        page.fill("Host", "http://127.0.0.1:1").await;
        page.press("Save").await;
        assert_eq!(target.counted().total, 0);
        site.hold(None);
        page.until_total("there are requests", |row| 10 <= row.n_requests)
            .await;
        assert_eq!(page.status("Host").await, target.url());
        assert_eq!(page.row("Aggregated").await.n_failures, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_of_what_was_done_to_the_plan_before_it() {
    let site = Site::start().await;
    site.hold(Some("mayfly-later"));
    let page = Page::open_at(site.clone()).await;
    page.fill("Host", "http://127.0.0.1:1").await;
    // It waits for what does it, where the page is in two pieces.
    page.press("Reset to the demo").await;
    page.press("Start Swarming").await;
    site.hold(None);
    page.until_total("there are requests", |row| 10 <= row.n_requests)
        .await;
    let host = page.status("Host").await;
    assert!(host.contains("Simulated API"), "{host}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_before_all_is_loaded_gets_there() {
    let site = Site::start().await;
    site.hold(Some("mayfly-later"));
    let page = Page::open_at(site.clone()).await;
    page.press("History").await;
    site.hold(None);
    page.until_text("No runs yet.").await;
}
