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
                .find(|it| it[1] == title && it[4].starts_with("Interrupted"))
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
    let parts = ["mayfly-control", "mayfly-engine"];
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
    site.hold(Some("mayfly-control"));
    let page = Page::open_at(site.clone()).await;
    page.fill("Host", "http://127.0.0.1:1").await;
    // It waits for what does it, where the page is in pieces.
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
    for part in ["mayfly-control", "mayfly-later"] {
        let site = Site::start().await;
        site.hold(Some(part));
        let page = Page::open_at(site.clone()).await;
        page.press("History").await;
        site.hold(None);
        page.until_text("No runs yet.").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_starts_and_stops_before_what_draws_it_is_there() {
    // A page that is built quickly is in one piece.
    if !Site::has("mayfly-control") {
        return;
    }
    let target = DemoTarget::start().await;
    let site = Site::start().await;
    site.hold(Some("mayfly-later"));
    let page = Page::open_at(site.clone()).await;
    page.fill("Host", target.url()).await;
    page.press("Start Swarming").await;
    page.until_text("The run is under way.").await;
    until("there are requests", async || {
        (10 <= target.counted().total).then_some(())
    })
    .await;
    page.press("Stop").await;
    until("the run is over", async || {
        let text = page.whole_text().await;
        (!text.contains("The run is under way.")).then_some(())
    })
    .await;
    site.hold(None);
    page.until_state("stopped").await;
    assert!(10 <= page.row("Aggregated").await.n_requests);
    page.assert_agrees_with(&target).await;
}

/// What the engine does besides running. A page that is built quickly has it in one piece with the rest.
const REST_OF_ENGINE: &str = "mayfly-rest";

/// Runs a plan of the form for a moment. Gives how many requests there were.
async fn run_for_a_moment(page: &Page, target: &DemoTarget, title: &str) -> u64 {
    page.fill("Host", target.url()).await;
    page.fill("Run title", title).await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 10 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    let total = page.row("Aggregated").await;
    assert_eq!(total.n_failures, 0);
    page.assert_agrees_with(target).await;
    total.n_requests
}

/// Waits until the history has a run that came to its end, with so many requests.
async fn assert_saved(page: &Page, title: &str, n_requests: u64) {
    let row = until("the run is saved", async || {
        let rows = page.table("Runs").await;
        rows.into_iter()
            .find(|it| it[1] == title && it[4].starts_with("No failures"))
    })
    .await;
    assert_eq!(row[5], n_requests.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_needs_nothing_that_is_loaded_later_and_is_saved_once_it_is_there() {
    if !Site::has(REST_OF_ENGINE) {
        return;
    }
    let target = DemoTarget::start().await;
    let site = Site::start().await;
    site.hold(Some(REST_OF_ENGINE));
    let page = Page::open_at(site.clone()).await;
    let n_requests = run_for_a_moment(&page, &target, "Early").await;
    page.press("History").await;
    assert!(!page.whole_text().await.contains("Early"));
    // The next run takes nothing of the one before away.
    page.press("New").await;
    page.fill("Host", "http://127.0.0.1:1").await;
    page.fill("Run title", "Next").await;
    page.press("Start Swarming").await;
    page.until_total("there are failures", |row| 1 <= row.n_failures)
        .await;
    site.hold(None);
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("History").await;
    assert_saved(&page, "Early", n_requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_engine_that_does_not_load_is_told_and_loaded_again() {
    if !Site::has(REST_OF_ENGINE) {
        return;
    }
    let target = DemoTarget::start().await;
    let site = Site::start().await;
    site.lose(Some(REST_OF_ENGINE));
    let page = Page::open_at(site.clone()).await;
    let alert = page.alert().await;
    for part in [
        "A part of the engine could not be loaded",
        "no run is saved",
    ] {
        assert!(alert.contains(part), "{alert}");
    }
    let n_requests = run_for_a_moment(&page, &target, "Alone").await;
    assert!(page.alert().await.contains("A part of the engine"));
    site.lose(None);
    page.press("Try again").await;
    page.press("History").await;
    assert_saved(&page, "Alone", n_requests).await;
    assert!(!page.whole_text().await.contains("A part of the engine"));
}
