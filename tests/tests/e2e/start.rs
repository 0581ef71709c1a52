//! A swarm starts by a person who sees what is started, and by nobody else.

use axum::Router;
use axum::response::Html;
use mayfly_tests::{DemoTarget, Kind, Page, Site, serve, until};
use serde_json::json;
use thirtyfour::{By, Key};

/// A link to a plan for `target`, which brings back what is behind the `#`.
async fn link_to(page: &Page, target: &DemoTarget) -> String {
    page.fill("Host", target.url()).await;
    page.press("Share").await;
    let url = page.value("Link").await;
    page.press("Close").await;
    let (_, fragment) = url.split_once('#').unwrap();
    format!("#{fragment}")
}

/// From now on a timer of a second waits until `release` is called, so that no test depends on how
/// quick it is.
async fn hold(page: &Page) {
    let script = "const real = window.setTimeout;
        window.held = [];
        window.setTimeout = (then, millis, ...rest) =>
            millis === 1000 ? window.held.push(then) : real(then, millis, ...rest);";
    page.run(script, vec![]).await;
}

/// Waits until a timer was held back, and lets it go off.
async fn release(page: &Page) {
    until("there is a timer", async || {
        let script =
            "const n = window.held.length; window.held.splice(0).forEach(it => it()); return n;";
        (page.run(script, vec![]).await != json!(0)).then_some(())
    })
    .await;
}

/// Waits until the newest plan was drawn, and so waits for its time only.
async fn until_held(page: &Page) {
    until("the plan is drawn", async || {
        let n_held = page.run("return window.held.length", vec![]).await;
        (n_held != json!(0)).then_some(())
    })
    .await;
}

/// Starts the plan of a link, which a person is asked about.
async fn assert_link_starts(page: &Page, target: &DemoTarget) {
    page.press("Start Swarming").await;
    let text = page.dialog_text().await;
    assert!(text.contains("came from a link"), "{text}");
    assert_eq!(target.counted().total, 0, "nothing was sent before");
    page.answer("Start Swarming").await;
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
}

/// Starts a run and sees that it is under way, so that what was refused before was not the plan's fault.
async fn assert_starts(page: &Page, target: &DemoTarget) {
    assert_eq!(target.counted().total, 0, "nothing was sent before");
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_inside_of_another_one_starts_nothing_and_says_why() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let url = format!("{}{}", page.site_url(), link_to(&page, &target).await);
    let around = format!("<iframe src='{url}' width=900 height=700></iframe>");
    let around = serve(Router::new().fallback(move || async move { Html(around) })).await;
    let session = page.browser().session();
    session.goto(&around).await.unwrap();
    session.enter_frame(0).await.unwrap();
    assert!(page.alert().await.contains("inside of another page"));
    let buttons = session.find_all(By::Tag("button")).await.unwrap();
    assert!(buttons.is_empty(), "{buttons:?}");
    page.press_key(Key::Control + Key::Enter).await;
    assert_eq!(target.counted().total, 0);

    let link = session.find(By::LinkText("Open Mayfly in a tab of its own"));
    link.await.unwrap().click().await.unwrap();
    let windows = until("there is another tab", async || {
        let windows = session.windows().await.ok()?;
        (windows.len() == 2).then_some(windows)
    })
    .await;
    session.switch_to_window(windows[1].clone()).await.unwrap();
    page.until_text("This plan came from a link").await;
    assert_link_starts(&page, &target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_just_replaced_is_looked_at_before_it_starts() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let link = link_to(&page, &target).await;
    page.load("").await;
    page.press("History").await;
    page.press("New").await;
    hold(&page).await;
    page.run("location.hash = arguments[0];", vec![link.into()])
        .await;
    page.until_text("This plan came from a link").await;
    until_held(&page).await;
    page.click("Start Swarming").await;
    assert!(page.alert().await.contains("just replaced"));
    for keys in [Key::Control + Key::Enter, Key::Enter.into()] {
        page.fill("Host", target.url()).await;
        assert_eq!(page.alert_now().await, None);
        page.press_key(keys).await;
        assert!(page.alert().await.contains("just replaced"));
    }
    page.press("More of task 1").await;
    page.press("Try it").await;
    until("it is refused", async || {
        let text = page.dialog_text().await;
        text.contains("just replaced").then_some(())
    })
    .await;
    page.press("Close").await;
    release(&page).await;
    assert_link_starts(&page, &target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_looked_at_before_it_starts() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.press("Plan text").await;
    page.until_text("This plan can run.").await;
    hold(&page).await;
    let file = std::env::temp_dir().join(format!("mayfly-start-{}.toml", std::process::id()));
    let plan = format!(
        "version = 1\nhost = \"{}\"\nload = {{ users = 1, spawn_rate = 1 }}\n\
         [[user_class]]\nname = \"A\"\ntask = [{{ get = \"/\" }}]\n",
        target.url()
    );
    std::fs::write(&file, plan).unwrap();
    page.choose_file("Plan file", &file).await;
    until("it is read", async || {
        (page.value("Host").await == target.url()).then_some(())
    })
    .await;
    until_held(&page).await;
    page.click("Start Swarming").await;
    assert!(page.alert().await.contains("just replaced"));
    release(&page).await;
    assert_starts(&page, &target).await;
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_starts_nothing() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    // What follows is then there.
    page.press("History").await;
    page.press("New").await;
    for script in [
        "document.querySelector('button[type=submit]').click();",
        "document.querySelector('form').requestSubmit();",
        "document.dispatchEvent(new KeyboardEvent('keydown',
            { key: 'Enter', ctrlKey: true, bubbles: true }));",
    ] {
        page.fill("Host", target.url()).await;
        assert_eq!(page.alert_now().await, None);
        page.run(script, vec![]).await;
        assert!(page.alert().await.contains("this was a script"), "{script}");
    }
    assert_starts(&page, &target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_held_down_starts_nothing() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.press("History").await;
    page.press("New").await;
    if page.browser().kind() != Kind::Chromium {
        // Only DevTools repeat a key.
        return;
    }
    let key = |kind: &str, modifiers: u32, is_repeat: bool| {
        json!({
            "type": kind, "modifiers": modifiers, "autoRepeat": is_repeat, "text": "\r",
            "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13,
        })
    };
    // The second is Enter in a field.
    for modifiers in [2, 0] {
        page.fill("Host", target.url()).await;
        assert_eq!(page.alert_now().await, None);
        for _ in 0..3 {
            let repeat = key("keyDown", modifiers, true);
            page.browser()
                .devtools("Input.dispatchKeyEvent", repeat)
                .await;
        }
        assert!(page.alert().await.contains("held down"), "{modifiers}");
        let up = key("keyUp", modifiers, false);
        page.browser().devtools("Input.dispatchKeyEvent", up).await;
    }
    assert_starts(&page, &target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_in_a_field_starts() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.press_key(Key::Enter).await;
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
    assert!(0 < target.counted().total);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_from_before_a_link_was_opened_does_not_start_its_plan() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let link = link_to(&page, &target).await;
    // Another one, of which the browser keeps no files yet.
    let site = Site::start().await;
    site.lose(Some("mayfly-control"));
    let url = format!("{}{link}", site.url());
    page.browser().session().goto(url).await.unwrap();
    let script = "return performance.getEntriesByType('resource').map(it => it.name).join();";
    let files = page.run(script, vec![]).await;
    if !files.as_str().unwrap().contains("mayfly-link") {
        // Built in one piece, to be quick.
        return;
    }
    page.click("Start Swarming").await;
    site.lose(None);
    page.press("Try again").await;
    page.until_text("This plan came from a link").await;
    assert_eq!(page.value("Host").await, target.url());
    assert_link_starts(&page, &target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_a_host_says_so_on_the_first_visit() {
    let page = Page::open().await;
    page.load("#host=http%3A%2F%2F127.0.0.1%3A5000").await;
    page.until_text("This plan came from a link").await;
    assert_eq!(page.value("Host").await, "http://127.0.0.1:5000");
}
