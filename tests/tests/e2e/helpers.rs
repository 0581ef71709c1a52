//! What the other tests do with a page is what a person would do, in every browser.

use std::path::Path;

use mayfly_tests::{Kind, Page, Site};
use thirtyfour::Key;

#[tokio::test(flavor = "multi_thread")]
async fn fields_keys_dialogs_and_reloads_do_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/helpers");
    let page = Page::open_at(Site::of(&folder).await).await;
    let state = async || page.text_of("status", "State").await;
    assert_eq!(state().await, "Small, false, no file, , 1");
    assert_eq!(page.text_of("cell", "7").await, "7");
    assert!(page.text_of("table", "Numbers").await.contains('7'));

    page.select("Size", "12\" of 'it'").await;
    page.check("Sure", true).await;
    page.check("Sure", true).await;
    page.choose_file("File", &folder.join("index.html")).await;
    page.press_key("?").await;
    page.until_text("12\" of 'it', true, index.html, ?, 1")
        .await;

    assert_eq!(page.console_errors().await, [""; 0]);
    page.press("Open").await;
    let text = page.dialog_text().await;
    assert!(
        text.starts_with("Details") && text.ends_with("More of it"),
        "{text}"
    );
    let errors = page.console_errors().await;
    if page.browser().kind() == Kind::Chromium {
        assert!(errors[0].contains("it was opened"), "{errors:?}");
    }
    page.press_key(Key::Escape).await;

    page.reload().await;
    page.check("Sure", false).await;
    page.until_text(", false, no file, , 2").await;
}
