//! "Try it": one request of the plan, and what its checks and extracts say.

use mayfly_tests::{DemoTarget, Page, until};

#[tokio::test(flavor = "multi_thread")]
async fn one_request_is_sent_and_its_checks_and_extracts_are_shown() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.press("Plan text").await;
    let plan = format!(
        "version = 1
host = \"{}\"

[load]
users = 3
spawn_rate = 1

[[user_class]]
name = \"A\"

[[user_class.task]]
get = \"/\"
check = [{{ contains = \"a text that is not there\" }}]
extract = {{ kind = {{ header = \"content-type\" }} }}
",
        target.url()
    );
    page.fill("Plan (TOML)", &plan).await;
    page.until_text("This plan can run.").await;
    page.press("Plan text").await;
    page.press("More of task 1").await;
    page.press("Try it").await;
    let text = until("there is an answer", async || {
        let text = page.dialog_text().await;
        text.contains("200 OK").then_some(text)
    })
    .await;
    let address = format!("GET {}/", target.url());
    for part in [&*address, "a text that is not there", "kind", "text/"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(target.counted().total, 1);
    page.press("Close").await;
    assert!(page.has_button("Start Swarming").await);
}
