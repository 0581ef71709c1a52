//! Nothing sticks out on a phone or on a desk, light or dark, and everything has a name and enough
//! contrast.

use mayfly_tests::{DemoTarget, Page, until};

/// What axe-core and the width of the page have to say; nothing if all is well.
async fn complaints(page: &Page) -> Vec<String> {
    let axe = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../web/node_modules/axe-core/axe.min.js"
    );
    let axe = std::fs::read_to_string(axe).expect("`cargo xtask setup` installs axe-core");
    page.run(&axe, vec![]).await;
    let script = "
        const done = arguments[arguments.length - 1];
        axe.run().then(({ violations }) => done(violations.flatMap(
            it => it.nodes.map(node => it.id + ': ' + node.html + ' ' + node.failureSummary))));";
    let found = page.run_async(script, vec![]).await;
    let mut found: Vec<String> = serde_json::from_value(found).expect("a list of texts");
    let wide = page
        .run(
            "const root = document.documentElement; return root.scrollWidth - root.clientWidth;",
            vec![],
        )
        .await;
    if wide.as_i64() != Some(0) {
        found.push(format!("the page is {wide} pixels too wide"));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_sticks_out_and_everything_has_a_name() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    for (width, height, scheme) in [
        (1440, 900, "light"),
        (1440, 900, "dark"),
        (390, 844, "light"),
        (390, 844, "dark"),
    ] {
        page.browser().resize(width, height).await;
        page.browser().prefer(scheme).await;
        let check = async |what: &str| {
            assert_eq!(
                complaints(&page).await,
                [""; 0],
                "{what}, {width}, {scheme}"
            );
        };
        page.load("").await;
        check("form").await;
        page.fill("Number of users", "none").await;
        page.press("Start Swarming").await;
        check("form with an error").await;
        page.fill("Number of users", "5").await;
        page.fill("Host", target.url()).await;
        page.fill_tasks(&[
            ("/", "1"),
            ("/status/500?a-query-that-is-rather-long=1234567890", "1"),
        ])
        .await;
        page.press("Start Swarming").await;
        page.until_total("there are failures", |row| 3 <= row.n_failures)
            .await;
        for tab in ["Statistics", "Charts", "Failures", "Download Data"] {
            page.press(tab).await;
            check(tab).await;
        }
        page.press("Edit").await;
        until("the dialog is open", async || {
            page.element("//dialog").await
        })
        .await;
        check("dialog").await;
        page.press("Cancel").await;
        page.press("Stop").await;
        page.until_state("stopped").await;
    }
}
