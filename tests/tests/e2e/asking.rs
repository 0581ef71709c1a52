//! What a person is asked before other people's hosts are loaded, and before a second swarm starts.

use mayfly_tests::{DemoTarget, Kind, Page, needs_browser_engine, until};
use serde_json::json;
use thirtyfour::Key;

/// The target by a name that is nobody's, which Chromium is told to find on this machine.
fn foreign(target: &DemoTarget) -> String {
    target.url().replace("127.0.0.1", "foreign.example")
}

/// Whether the browser of `page` finds such a name.
fn finds_foreign_hosts(page: &Page) -> bool {
    page.browser().kind() == Kind::Chromium
        && needs_browser_engine("it asks the system where a name is")
}

async fn fill(page: &Page, host: &str, users: &str) {
    page.fill("Host", host).await;
    page.fill("Number of users", users).await;
    page.fill("Spawn rate", "100").await;
    page.fill_tasks(&[("/", "1")]).await;
}

/// A file that loads a path of its host, and another host.
fn locustfile(other: &str) -> String {
    format!(
        "from locust import HttpUser, constant, task\n\n\n\
         class A(HttpUser):\n    wait_time = constant(0.05)\n\n    @task\n    def a(self):\n        \
         self.client.get(\"/own\")\n        self.client.get(\"{other}/other\")\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locustfile_loads_no_hosts_that_were_not_asked_about() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    if !finds_foreign_hosts(&page) {
        return;
    }
    let other = foreign(&target);
    page.drop_files(&[("locust.py", &locustfile(&other))]).await;
    page.fill("Host", target.url()).await;
    let unsent = format!(" to {other} are not sent, as it is a host of others");
    page.until_text(&unsent).await;
    page.until_text("add it to “Other hosts” (line 10)").await;
    page.until_text("This plan can run.").await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 3 <= row.n_requests)
        .await;
    page.press("Exceptions").await;
    page.until_text("add it to the “Other hosts”").await;
    end(&page).await;
    assert_eq!(target.counted().by_request.get("GET /other"), None);

    page.fill("Other hosts", &other).await;
    page.until_text("This plan can run.").await;
    page.press("Start Swarming").await;
    let text = page.dialog_text().await;
    assert!(text.contains(&other), "{text}");
    page.answer("Start Swarming").await;
    page.press("Statistics").await;
    until_requests(&page).await;
    end(&page).await;
    assert!(target.counted().by_request.contains_key("GET /other"));
}

/// Starts what is in the form, and agrees.
async fn start(page: &Page) {
    page.press("Start Swarming").await;
    page.answer("Start Swarming").await;
}

async fn until_requests(page: &Page) {
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
}

/// Ends the run, and goes back to the form.
async fn end(page: &Page) {
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("New").await;
}

async fn until_closed(page: &Page) {
    until("no dialog is open", async || {
        let script = "return document.querySelector('dialog[open]') === null;";
        (page.run(script, vec![]).await == json!(true)).then_some(())
    })
    .await;
}

/// From now on no timer of half a second goes off by itself.
async fn hold(page: &Page) {
    let script = "const real = window.setTimeout;
        window.held = [];
        window.setTimeout = (then, millis, ...rest) =>
            millis === 500 ? window.held.push(then) : real(then, millis, ...rest);";
    page.run(script, vec![]).await;
}

async fn release(page: &Page) {
    until("the question is on the screen", async || {
        let script =
            "const n = window.held.length; window.held.splice(0).forEach(it => it()); return n;";
        (page.run(script, vec![]).await != json!(0)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_hosts_are_loaded_only_by_who_agrees_to_it() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    if !finds_foreign_hosts(&page) {
        return;
    }
    fill(&page, &foreign(&target), "3").await;
    page.press("Start Swarming").await;
    let text = page.dialog_text().await;
    for said in [
        "Start this swarm?",
        &*foreign(&target),
        "3 users",
        "a second, until it is stopped",
        "neither this machine nor on its network",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    let script = "return document.activeElement.textContent;";
    assert_eq!(page.run(script, vec![]).await, json!("Cancel"));
    let script = "return document.querySelector('dialog[open]').role;";
    assert_eq!(page.run(script, vec![]).await, json!("alertdialog"));

    page.press_key(Key::Escape).await;
    until_closed(&page).await;
    page.press("Start Swarming").await;
    page.dialog_text().await;
    page.answer("Cancel").await;
    until_closed(&page).await;
    assert_eq!(target.counted().total, 0, "nobody has agreed");

    start(&page).await;
    until_requests(&page).await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_asked_about_once_in_a_session_but_for_links() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    if !finds_foreign_hosts(&page) {
        return;
    }
    fill(&page, &foreign(&target), "2").await;
    start(&page).await;
    until_requests(&page).await;
    end(&page).await;

    page.press("Start Swarming").await;
    until_requests(&page).await;
    end(&page).await;
    page.press("Share").await;
    let url = page.value("Link").await;
    page.press("Close").await;
    let (_, fragment) = url.split_once('#').unwrap();

    let before = target.counted().total;
    page.load(&format!("#{fragment}")).await;
    page.until_text("This plan came from a link").await;
    page.press("Start Swarming").await;
    let text = page.dialog_text().await;
    assert!(text.contains("came from a link"), "{text}");
    assert_eq!(target.counted().total, before);
    page.answer("Start Swarming").await;
    until_requests(&page).await;
    end(&page).await;

    // Then it is this person's plan, and much more of it is another question.
    page.fill("Number of users", "4").await;
    page.press("Start Swarming").await;
    until_requests(&page).await;
    end(&page).await;
    page.fill("Number of users", "5").await;
    page.press("Start Swarming").await;
    let text = page.dialog_text().await;
    assert!(text.contains("twice the 2 users"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_gets_much_more_load_only_by_who_agrees_to_it() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    if !finds_foreign_hosts(&page) {
        return;
    }
    fill(&page, &foreign(&target), "2").await;
    start(&page).await;
    until_requests(&page).await;
    let edit = async |users: &str| {
        page.press("Edit").await;
        page.fill("Number of users", users).await;
        page.press("Update").await;
    };
    let until_users = async |users: &str| {
        until("there are so many users", async || {
            (page.status("Users").await == users).then_some(())
        })
        .await;
    };
    edit("4").await;
    until_users("4").await;

    edit("9").await;
    let text = page.dialog_text().await;
    for said in ["Raise the load?", "9 users", &*foreign(&target)] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    page.answer("Cancel").await;
    until_closed(&page).await;
    assert_eq!(page.status("Users").await, "4");
    edit("9").await;
    page.answer("Raise the load").await;
    until_users("9").await;

    // The same from the form of the plan, which may give it many more.
    page.press("Edit").await;
    page.press("Edit the plan…").await;
    page.fill("Number of users", "30").await;
    page.press("Update run").await;
    assert!(page.dialog_text().await.contains("30 users"));
    page.answer("Raise the load").await;
    until_users("30").await;
    edit("3").await;
    until_users("3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_that_was_begun_before_a_question_does_not_answer_it() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    if !finds_foreign_hosts(&page) {
        return;
    }
    fill(&page, &foreign(&target), "2").await;
    // What draws the question is there then.
    page.press("History").await;
    page.press("New").await;
    hold(&page).await;
    page.press("Start Swarming").await;
    page.dialog_text().await;
    // The dialog is first in the page.
    page.click("Start Swarming").await;
    assert!(page.alert().await.contains("only just asked"));
    // Nor do keys, of which one is meant for the form behind.
    page.press_key(Key::Control + Key::Enter).await;
    let is_open = "return document.querySelector('dialog[open]') !== null;";
    for script in [
        "document.querySelector('dialog .primary').click();",
        "const button = document.querySelector('dialog .primary');
         for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'])
             button.dispatchEvent(new MouseEvent(type, { bubbles: true }));",
        "document.querySelector('form.plan').requestSubmit();",
    ] {
        page.run(script, vec![]).await;
        assert_eq!(page.run(is_open, vec![]).await, json!(true), "{script}");
    }
    release(&page).await;
    let script = "document.querySelector('dialog .primary').click();";
    page.run(script, vec![]).await;
    until("a script does not answer", async || {
        let text = page.dialog_text().await;
        text.contains("this was a script").then_some(())
    })
    .await;
    assert_eq!(target.counted().total, 0);
    page.answer("Start Swarming").await;
    until_requests(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_swarms_only_by_who_wants_both() {
    if !needs_browser_engine("it has one run at a time, whatever the tabs") {
        return;
    }
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    fill(&page, target.url(), "1").await;
    page.press("Start Swarming").await;
    until_requests(&page).await;

    let session = page.browser().session();
    let first = session.window().await.unwrap();
    let second = session.new_tab().await.unwrap();
    session.switch_to_window(second.clone()).await.unwrap();
    session.goto(page.site_url()).await.unwrap();
    fill(&page, target.url(), "1").await;
    page.press("Start Swarming").await;
    let text = page.dialog_text().await;
    assert!(text.contains("Another tab runs a swarm"), "{text}");
    assert!(!text.contains("owner"), "it is this machine: {text}");
    page.answer("Cancel").await;
    until_closed(&page).await;
    page.press("Start Swarming").await;
    page.answer("Start anyway").await;
    until_requests(&page).await;
    page.open_reasons().await;
    page.until_text("Another run of this browser, in another tab, was going on")
        .await;

    // The first one's lock goes over to the second.
    session.switch_to_window(first).await.unwrap();
    end(&page).await;
    page.press("Start Swarming").await;
    assert!(page.dialog_text().await.contains("Another tab"));
    page.answer("Cancel").await;
    until_closed(&page).await;
    let first = session.window().await.unwrap();

    // A tab that is gone has none.
    session.switch_to_window(second).await.unwrap();
    session.close_window().await.unwrap();
    session.switch_to_window(first).await.unwrap();
    until("the browser has taken the lock back", async || {
        let script = "const done = arguments[arguments.length - 1];
            navigator.locks.query().then(it =>
                done(it.held.filter(lock => lock.name === 'mayfly-swarm').length));";
        (page.run_async(script, vec![]).await == json!(0)).then_some(())
    })
    .await;
    page.press("Start Swarming").await;
    until_requests(&page).await;
}
