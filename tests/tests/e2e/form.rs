//! Bad input gets a message beside the field, and nothing is lost.

use mayfly_tests::{Page, until};

/// Fills one field, tries to start, and returns what stands below the field.
async fn message(page: &Page, label: &str, text: &str) -> String {
    page.load("").await;
    page.fill(label, text).await;
    page.press("Start Swarming").await;
    let field = "//*[@aria-invalid='true']";
    until("a field is marked", async || page.element(field).await).await;
    assert_eq!(page.value(label).await, text, "what was typed is kept");
    assert!(
        page.has_button("Start Swarming").await,
        "nothing was started"
    );
    page.help(label).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_says_what_it_expects_and_what_it_found() {
    let page = Page::open().await;
    for (label, text, expected) in [
        (
            "Host",
            "localhost:5000",
            "it must start with http:// or https://",
        ),
        ("Host", "http://", "found “http://”"),
        (
            "Number of users",
            "0",
            "a whole number from 1 to 1,000,000, found the number 0",
        ),
        ("Number of users", "ten", "found the text “ten”"),
        ("Spawn rate", "0", "found the number 0"),
        ("Run time", "1h30", "found “1h30”"),
        ("Wait from", "soon", "found “soon”"),
        ("Wait to", "0.1", "found 0.5 s to 0.1 s"),
    ] {
        let message = message(&page, label, text).await;
        assert!(message.contains(expected), "{label}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_says_what_is_wrong_with_it() {
    let page = Page::open().await;
    page.fill_tasks(&[("/", "1"), ("cube", "1"), ("/square", "x")])
        .await;
    page.press("Start Swarming").await;
    for (task, expected) in [
        (
            2,
            "found “cube”: it must start with a slash, or with http:// or https://.",
        ),
        (3, "from 0 to 1,000,000, found the text “x”."),
    ] {
        let group = format!("//*[@aria-label='Task {task}']");
        until(expected, async || {
            let text = page.element(&group).await?.text().await.ok()?;
            text.contains(expected).then_some(())
        })
        .await;
    }

    page.fill_tasks(&[("/", "0")]).await;
    page.press("Start Swarming").await;
    let alert = page.alert().await;
    assert_eq!(alert, "Expected at least one task with a weight above 0.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_goes_away_when_it_is_mended() {
    let page = Page::open().await;
    message(&page, "Number of users", "0").await;
    page.fill("Number of users", "3").await;
    until("the field is not marked", async || {
        page.element("//*[@aria-invalid='true']")
            .await
            .is_none()
            .then_some(())
    })
    .await;
    page.press("Start Swarming").await;
    page.until_state("running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_fills_the_form_and_starts_nothing() {
    let page = Page::open().await;
    page.load("#host=http%3A%2F%2F127.0.0.1%3A5000").await;
    assert_eq!(page.value("Host").await, "http://127.0.0.1:5000");
    assert!(page.has_button("Start Swarming").await);
}
