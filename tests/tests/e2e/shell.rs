//! What is around the form and the run: links, memory, theme, keys, and the page without a network.

use mayfly_tests::{DemoTarget, Page, Site, until};
use thirtyfour::Key;

/// The link that the page offers for its plan.
async fn link(page: &Page) -> String {
    page.press("Share").await;
    let url = page.value("Link").await;
    page.press("Close").await;
    url
}

fn fragment(url: &str) -> String {
    let (_, fragment) = url.split_once('#').expect("a link has a fragment");
    format!("#{fragment}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_brings_the_plan_and_starts_nothing() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.fill("Number of users", "7").await;
    page.fill_tasks(&[("/cube?q=é&b=“x”", "2")]).await;
    let url = link(&page).await;

    page.load(&fragment(&url)).await;
    page.until_text("This plan came from a link").await;
    assert_eq!(page.value("Host").await, target.url());
    assert_eq!(page.value("Number of users").await, "7");
    assert!(page.has_button("Start Swarming").await);
    page.press("Start Swarming").await;
    let dialog = page.dialog_text().await;
    assert!(dialog.contains(target.url()), "{dialog}");
    assert_eq!(target.counted().total, 0, "nothing was started");
    page.answer("Start Swarming").await;
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    assert!(5 <= target.counted().total);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_stay_out_of_links() {
    let page = Page::open().await;
    page.press("Plan text").await;
    let plan = "version = 1
load = { users = 1, spawn_rate = 1 }

[request]
headers = { Authorization = \"Bearer s3cr3t\", Accept = \"text/html\" }

[[user_class]]
name = \"A\"
on_start = [{ get = \"/\", extract = { it = { header = \"x-it\" } } }]
task = [{ get = \"/\", headers = { Cookie = \"{{it}}\" } }]
";
    page.fill("Plan (TOML)", plan).await;
    page.until_text("This plan can run.").await;
    page.press("Share").await;
    let dialog = page.dialog_text().await;
    assert!(dialog.contains("request.headers.Authorization"), "{dialog}");
    assert!(!dialog.contains("Cookie"), "{dialog}");
    let url = page.value("Link").await;
    page.press("Close").await;

    page.load(&fragment(&url)).await;
    page.until_text("This plan came from a link").await;
    page.press("Plan text").await;
    page.until_text("This plan can run.").await;
    let text = page.value("Plan (TOML)").await;
    assert!(
        !text.contains("s3cr3t") && text.contains("text/html"),
        "{text}"
    );
    assert!(text.contains("{{it}}"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_link_says_so() {
    let page = Page::open().await;
    page.load("#plan=!!!").await;
    page.until_text("the link holds no plan that can be read")
        .await;
    assert_eq!(
        page.value("Number of users").await,
        "20",
        "the demo is there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_remembers_and_the_demo_is_one_click_away() {
    let page = Page::open().await;
    page.fill("Number of users", "9").await;
    page.fill("Host", "http://127.0.0.1:5000").await;
    page.reload().await;
    assert_eq!(page.value("Number of users").await, "9");
    assert_eq!(page.value("Host").await, "http://127.0.0.1:5000");

    page.press("Reset to the demo").await;
    page.reload().await;
    assert_eq!(page.value("Number of users").await, "20");
    assert_eq!(page.value("Host").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_theme_is_kept() {
    let page = Page::open().await;
    let scheme = "return getComputedStyle(document.documentElement).colorScheme;";
    page.press("Theme: auto").await;
    page.press("Theme: light").await;
    assert_eq!(page.run(scheme, vec![]).await, "dark");
    page.reload().await;
    assert_eq!(page.run(scheme, vec![]).await, "dark");
    page.press("Theme: dark").await;
    assert_eq!(page.run(scheme, vec![]).await, "light dark");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_names_the_tab_and_back_goes_back() {
    let page = Page::open().await;
    page.press("Start Swarming").await;
    page.press("Charts").await;
    page.press("Failures").await;
    until_query(&page, "&tab=failures").await;
    page.browser().session().back().await.unwrap();
    let selected = "//*[@role='tab'][@aria-selected='true'][normalize-space()='Charts']";
    until("Charts is shown", async || page.element(selected).await).await;
    until_query(&page, "&tab=charts").await;
}

/// Waits until the query of the address ends so, and returns it.
async fn until_query(page: &Page, ending: &str) -> String {
    until(&format!("the address ends with {ending}"), async || {
        let query = page.run("return location.search;", vec![]).await;
        let query = query.as_str()?.to_owned();
        (query.ends_with(ending) && (!ending.is_empty() || query.is_empty())).then_some(query)
    })
    .await
}

/// Waits until this is the heading of what fills the page.
async fn until_heading(page: &Page, heading: &str) {
    let xpath = format!("//h1[normalize-space()='{heading}']");
    until(heading, async || page.element(&xpath).await).await;
}

const FORM: &str = "Start new load test";

#[tokio::test(flavor = "multi_thread")]
async fn the_address_names_the_view_and_back_and_forward_show_it() {
    let page = Page::open().await;
    let session = page.browser().session();
    page.fill("Run title", "One").await;
    page.fill("Number of users", "1").await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
    let run = until_query(&page, "&tab=stats").await;
    assert!(run.starts_with("?view=run&id="), "{run}");
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("New").await;
    until_query(&page, "").await;
    page.press("History").await;
    until_query(&page, "?view=history").await;
    page.press("One").await;
    page.press("Back to the history").await;
    until_query(&page, "?view=history").await;

    session.back().await.unwrap();
    until_heading(&page, "Load test").await;
    until_query(&page, &run).await;
    session.back().await.unwrap();
    until_heading(&page, "History").await;
    session.back().await.unwrap();
    until_heading(&page, FORM).await;
    session.back().await.unwrap();
    until_heading(&page, "Load test").await;
    session.back().await.unwrap();
    until_heading(&page, FORM).await;
    for heading in ["Load test", FORM, "History", "Load test", "History"] {
        session.forward().await.unwrap();
        until_heading(&page, heading).await;
    }
    page.reload().await;
    until_heading(&page, "History").await;
    page.press("One").await;
    until_query(&page, &run).await;

    // As from a bookmark.
    page.load(&run).await;
    page.press("Use this plan").await;
    assert_eq!(page.value("Run title").await, "One");
    until_query(&page, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_names_and_is_gone_is_said() {
    let page = Page::open().await;
    page.load("?view=run&id=000000000000001-00000000000000ff")
        .await;
    until_heading(&page, "History").await;
    page.until_text("The run is no longer in the history.")
        .await;
    page.until_text("No runs yet.").await;
    until_query(&page, "?view=history").await;
    for (query, heading) in [("?view=run", FORM), ("?view=nothing", FORM)] {
        page.load(query).await;
        until_heading(&page, heading).await;
    }
    page.load("?view=compare&a=1&b=2").await;
    until_heading(&page, "Compare two runs").await;
    page.until_text("The run is no longer in the history.")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_during_a_run_shows_what_was_kept_of_it() {
    let page = Page::open().await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
    // A browser that is busy takes its time until the first numbers are stored.
    until("two seconds have passed", async || {
        let elapsed = page.status("Elapsed").await;
        (!["0:00", "0:01"].contains(&elapsed.as_str())).then_some(())
    })
    .await;
    page.reload().await;
    page.until_text("This run was interrupted").await;
    let text = page.whole_text().await;
    assert!(
        !text.contains("so far") && !text.contains("not known yet"),
        "it is over: {text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_a_link_replaced_outlives_an_edit_and_a_reload() {
    let page = Page::open().await;
    page.fill("Number of users", "7").await;
    let url = link(&page).await;
    page.fill("Number of users", "9").await;
    let open = "location.hash = arguments[0];";
    page.run(open, vec![fragment(&url).into()]).await;
    page.until_text("This plan came from a link").await;
    page.fill("Number of users", "8").await;
    page.reload().await;
    page.until_text("This plan came from a link").await;
    assert_eq!(page.value("Number of users").await, "8");
    page.press("Back to my plan").await;
    assert_eq!(page.value("Number of users").await, "9");
    page.reload().await;
    assert_eq!(page.value("Number of users").await, "9");
    assert!(!page.has_button("Back to my plan").await);

    page.run(open, vec![fragment(&url).into()]).await;
    page.until_text("This plan came from a link").await;
    page.press("Start Swarming").await;
    page.until_state("running").await;
    page.press("Stop").await;
    page.press("New").await;
    assert_eq!(page.value("Number of users").await, "7");
    assert!(!page.has_button("Back to my plan").await, "it was started");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_needs_no_mouse() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.press_key(Key::Control + Key::Enter).await;
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    page.press_key("2").await;
    let selected = "//*[@role='tab'][@aria-selected='true'][normalize-space()='Charts']";
    until("Charts is shown", async || page.element(selected).await).await;
    page.press_key("?").await;
    assert!(page.dialog_text().await.contains("Stop the run"));
    page.press_key(Key::Escape).await;
    until("the dialog is closed", async || {
        let is_open = page.element("//dialog").await.is_some();
        (!is_open).then_some(())
    })
    .await;
    page.press_key("s").await;
    page.until_state("stopped").await;
    page.press_key("n").await;
    assert_eq!(page.value("Host").await, target.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn single_keys_can_be_turned_off() {
    let page = Page::open().await;
    page.press("Keyboard shortcuts").await;
    page.check("Single-key shortcuts work outside of fields", false)
        .await;
    page.press("Close").await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    page.press_key("2").await;
    let selected = "//*[@role='tab'][@aria-selected='true']";
    let selected = page.element(selected).await.unwrap();
    assert_eq!(selected.text().await.unwrap(), "Statistics");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_does_not_load_can_be_asked_for_again() {
    let site = Site::start().await;
    site.lose(Some("mayfly-engine"));
    let page = Page::open_at(site.clone()).await;
    // Both ways to it have failed by now, and nothing else asks for it.
    let alert = page.alert().await;
    for part in ["The engine stopped", "no saved run opened"] {
        assert!(alert.contains(part), "{alert}");
    }
    site.lose(None);
    page.press("Try again").await;
    page.press("History").await;
    page.until_text("No runs yet.").await;
    page.press("New").await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    assert!(!page.whole_text().await.contains("The engine stopped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_loaded_after_the_form_can_be_asked_for_again() {
    for part in ["mayfly-control", "mayfly-later"] {
        // Built in one piece, to be quick.
        if Site::has("mayfly-control") {
            ask_again_for(part).await;
        }
    }
}

async fn ask_again_for(part: &'static str) {
    let site = Site::start().await;
    site.lose(Some(part));
    let page = Page::open_at(site.clone()).await;
    let target = DemoTarget::start().await;
    assert!(
        page.alert()
            .await
            .contains("part of this page could not be loaded")
    );
    page.fill("Host", target.url()).await;
    page.press("Start Swarming").await;
    site.lose(None);
    page.press("Try again").await;
    // What was typed and clicked meanwhile is not forgotten.
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(page.status("Host").await, target.url());
    assert!(0 < target.counted().total);
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_from_the_form_of_a_run_updates_it() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.fill("Number of users", "1").await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 1 <= row.n_requests)
        .await;
    let before = page.row("Aggregated").await.n_requests;
    page.press_key("e").await;
    page.press("Edit the plan…").await;
    page.fill("Number of users", "3").await;
    page.press_key(Key::Control + Key::Enter).await;
    until("three users run", async || {
        (page.status("Users").await == "3").then_some(())
    })
    .await;
    assert!(before <= page.row("Aggregated").await.n_requests);
    assert_eq!(page.status("Host").await, target.url());
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_opens_without_a_network() {
    let site = Site::below("/app/").await;
    let page = Page::open_at(site.clone()).await;
    let ready = "const done = arguments[arguments.length - 1];
        navigator.serviceWorker.ready.then(() => done(true));";
    page.run_async(ready, vec![]).await;
    site.go_down();
    page.load("").await;
    page.press("Start Swarming").await;
    page.until_total("there are 20 requests", |row| 20 <= row.n_requests)
        .await;
    // As it is linked: with a tab in the address.
    page.load("?tab=failures").await;
}
