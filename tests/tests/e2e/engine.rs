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
