//! Nothing sticks out on a phone or on a desk, light or dark, and everything has a name and enough
//! contrast.

use std::path::Path;

use mayfly_tests::{DemoTarget, Page, until};

/// What axe-core and the width of the page have to say; nothing if all is well.
pub(crate) async fn complaints(page: &Page) -> Vec<String> {
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

/// What is looked at, in which window and which colors.
struct Look<'a> {
    page: &'a Page,
    width: u32,
    scheme: &'a str,
}

impl Look<'_> {
    /// Takes a picture of what is shown, and finds out what is wrong with it.
    async fn check(&self, what: &str) {
        let Self {
            page,
            width,
            scheme,
        } = self;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&folder).unwrap();
        let name = format!("{}-{width}-{scheme}.png", what.replace(' ', "-"));
        page.picture(&folder.join(name)).await;
        let found = complaints(page).await;
        assert_eq!(found, [""; 0], "{what}, {width}, {scheme}");
    }

    /// The form, with mistakes and as text.
    async fn check_form(&self) {
        let page = self.page;
        page.load("").await;
        until("the load is drawn", async || {
            page.element("//figure//*[name()='svg']").await
        })
        .await;
        self.check("form").await;
        page.fill("Number of users", "none").await;
        page.press("Start Swarming").await;
        until("a field is marked", async || {
            page.element("//*[@aria-invalid='true']").await
        })
        .await;
        self.check("form with a mistake").await;
        page.press("Plan text").await;
        page.fill("Plan (TOML)", PLAN_WITH_A_MISTAKE).await;
        until("there is a problem", async || {
            page.element("//ul[@aria-label='Problems']/li").await
        })
        .await;
        self.check("plan text").await;
        page.press("Plan text").await;
        page.press("Reset to the demo").await;
        page.press("Share").await;
        page.dialog_text().await;
        self.check("share dialog").await;
        page.press("Close").await;
        page.press("Keyboard shortcuts").await;
        self.check("shortcuts dialog").await;
        page.press("Close").await;
        page.press("More of task 1").await;
        page.press("Try it").await;
        until("there is an answer", async || {
            let text = page.dialog_text().await;
            text.contains("200").then_some(())
        })
        .await;
        self.check("trial dialog").await;
        page.press("Close").await;
        page.press("More of task 1").await;
    }

    /// A run with failures, and what is kept of it.
    async fn check_run(&self, target: &DemoTarget) {
        let page = self.page;
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
        for tab in page.tabs().await {
            page.press(&tab).await;
            if tab == "Charts" {
                until("the charts are drawn", async || {
                    page.element("//*[@role='group']//canvas").await
                })
                .await;
            }
            self.check(&tab.to_lowercase()).await;
            if tab == "Failures" {
                page.press("500 Internal Server Error").await;
                self.check("failure opened").await;
            }
        }
        page.press("Statistics").await;
        page.press("/").await;
        until("the charts of the row are drawn", async || {
            page.element("//*[@role='group']//canvas").await
        })
        .await;
        self.check("row charts").await;
        page.press("Edit").await;
        page.dialog_text().await;
        self.check("edit dialog").await;
        page.press("Cancel").await;
        page.press("Stop").await;
        page.until_state("stopped").await;
        page.press("History").await;
        until("there is a run", async || {
            page.table("Runs").await.into_iter().next()
        })
        .await;
        self.check("history").await;
        page.press("Untitled").await;
        page.until_text("Use this plan").await;
        self.check("kept run").await;
        page.press("Back to the history").await;
        let broken = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-run.json");
        std::fs::write(&broken, "{}").unwrap();
        page.choose_file("Run file", &broken).await;
        page.until_text("no-run.json cannot be imported").await;
        self.check("import refused").await;
        // There is a run of each look before this one.
        if 2 <= page.table("Runs").await.len() {
            self.check_comparison().await;
        }
        page.press("New").await;
    }

    /// The two newest runs of the history.
    async fn check_comparison(&self) {
        let page = self.page;
        let mark = "[...document.querySelectorAll('tbody input[type=checkbox]')]
            .slice(0, 2).forEach(it => it.click());";
        page.run(mark, vec![]).await;
        page.press("Compare").await;
        until("the charts are drawn", async || {
            page.element("//*[@role='group']//canvas").await
        })
        .await;
        self.check("comparison").await;
        page.press("Back to the history").await;
    }
}

const PLAN_WITH_A_MISTAKE: &str =
    "version = 1\nhosts = \"a name that is rather long, and goes on and on and on, and on\"\n";

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
        let look = Look {
            page: &page,
            width,
            scheme,
        };
        look.check_form().await;
        look.check_run(&target).await;
    }
}
