use mayfly_tests::{DemoTarget, Page, until};
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn pictures() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.fill("Number of users", "6").await;
    page.fill("Spawn rate", "1").await;
    page.fill("Wait from", "0.01").await;
    page.fill("Wait to", "0.1").await;
    page.fill_tasks(&[("/", "3"), ("/status/404", "1"), ("/cube", "1")]).await;
    page.press("Start Swarming").await;
    page.until_total("n", |row| 900 <= row.n_requests).await;
    page.press("Edit").await;
    page.fill("Users", "12").await;
    page.press("Update").await;
    page.press("/").await;
    page.press("/cube").await;
    page.press("/status/404").await;
    page.until_total("n", |row| 2600 <= row.n_requests).await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    for (w, h, s) in [(1440, 1500, "light"), (1440, 1500, "dark"), (390, 2400, "light"), (390, 2400, "dark")] {
        page.browser().resize(w, h).await;
        page.browser().prefer(s).await;
        page.press("Statistics").await;
        until("drawn", async || page.element("//canvas").await).await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        page.picture(Path::new(&format!("/tmp/charts-pics/rows-{w}-{s}.png"))).await;
        page.press("Charts").await;
        until("drawn", async || page.element("//canvas").await).await;
        if s == "dark" {
            page.press("Zoom in").await;
            page.press("Table: Response Times (ms)").await;
            page.press("90th percentile").await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        page.picture(Path::new(&format!("/tmp/charts-pics/charts-{w}-{s}.png"))).await;
        if s == "dark" {
            page.press("Table: Response Times (ms)").await;
            page.press("Reset zoom").await;
        }
        page.press("PNG: Response Times (ms)").await;
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        for f in std::fs::read_dir(page.browser().downloads()).unwrap().flatten() {
            std::fs::copy(f.path(), format!("/tmp/charts-pics/dl-{w}-{s}.png")).unwrap();
        }
    }
}
