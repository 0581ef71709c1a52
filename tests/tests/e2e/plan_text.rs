//! A plan edited as text, and in files.

use mayfly_tests::{DemoTarget, Page, until};

const PLAN_TEXT: &str = "Plan (TOML)";

/// Waits until what is said about the plan contains `expected`.
async fn until_said(page: &Page, expected: &str) {
    let problems = "//*[@id='plan-problems']";
    until(expected, async || {
        let text = page.element(problems).await?.text().await.ok()?;
        text.contains(expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn form_and_text_are_the_same_plan() {
    let page = Page::open().await;
    page.press("Plan text").await;
    page.fill("Number of users", "7").await;
    until("the text follows", async || {
        let text = page.value(PLAN_TEXT).await;
        text.contains("\n[load]\nusers = 7\nspawn_rate = 4\n")
            .then_some(())
    })
    .await;

    let text = page.value(PLAN_TEXT).await;
    page.fill(PLAN_TEXT, &text.replace("users = 7", "users = 8 # a few"))
        .await;
    until("the form follows", async || {
        (page.value("Number of users").await == "8").then_some(())
    })
    .await;
    assert!(page.value(PLAN_TEXT).await.contains("# a few"));
    until_said(&page, "This plan can run.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_cannot_be_read_leaves_the_form_as_it_was() {
    let page = Page::open().await;
    page.press("Plan text").await;
    until_said(&page, "This plan can run.").await;
    page.fill(PLAN_TEXT, "version =").await;
    until_said(&page, "Line 1").await;
    let text = page.whole_text().await;
    assert!(text.contains("the form shows the plan as it was before"));
    assert_eq!(page.value("Number of users").await, "20");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_survives_a_reload_as_it_was_typed() {
    let page = Page::open().await;
    page.press("Plan text").await;
    until_said(&page, "This plan can run.").await;
    let text = page.value(PLAN_TEXT).await;
    let text = text.replace("users = 20", "users = 250 # as before the sale");
    page.fill(PLAN_TEXT, &text).await;
    until("the form follows", async || {
        (page.value("Number of users").await == "250").then_some(())
    })
    .await;
    page.reload().await;
    assert_eq!(page.value(PLAN_TEXT).await, text);
    assert_eq!(page.value("Number of users").await, "250");

    let broken = "version = # and then";
    page.fill(PLAN_TEXT, broken).await;
    page.reload().await;
    assert_eq!(page.value(PLAN_TEXT).await, broken);
    until_said(&page, "Line 1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_text_is_said_with_its_line() {
    let page = Page::open().await;
    page.press("Plan text").await;
    until_said(&page, "This plan can run.").await;
    let text = page.value(PLAN_TEXT).await;
    page.fill(PLAN_TEXT, &text.replace("users = 20", "users = \"many\""))
        .await;
    until_said(
        &page,
        "load.users: expected a whole number from 1 to 1,000,000",
    )
    .await;
    until_said(&page, "Line 4").await;

    page.press("Line 4").await;
    let selected = "const area = document.activeElement;
        return area.value.slice(area.selectionStart, area.selectionEnd);";
    assert_eq!(page.run(selected, vec![]).await, "users = \"many\"");

    page.press("Start Swarming").await;
    until("the text is marked", async || {
        page.element("//textarea[@aria-invalid='true']").await
    })
    .await;
    assert!(
        page.has_button("Start Swarming").await,
        "nothing was started"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_no_form_can_show_runs_from_its_text() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.press("Plan text").await;
    until_said(&page, "This plan can run.").await;
    let plan = format!(
        "version = 1
host = \"{}\"

[load]
users = 2
spawn_rate = 10
max_requests = 9

[[user_class]]
name = \"A\"
wait = {{ constant = 0.01 }}

[[user_class.task]]
name = \"hello\"
steps = [{{ get = \"/\", name = \"hello\" }}, {{ get = \"/cube\", check = [{{ status = 404 }}] }}]
",
        target.url()
    );
    page.fill(PLAN_TEXT, &plan).await;
    until_said(&page, "This plan can run.").await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;

    let total = page.row("Aggregated").await;
    let counted = target.counted();
    assert_eq!((total.n_requests, counted.total), (9, 9));
    let hello = page.row("hello").await.n_requests;
    assert_eq!(hello, counted.by_request["GET /"]);
    let cube = counted.by_request["GET /cube"];
    assert_eq!(total.n_failures, cube, "none is answered with 404");

    page.press("New").await;
    assert_eq!(page.value(PLAN_TEXT).await, plan);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_host_that_is_loaded_is_shown_before_and_while_it_is() {
    let [named, other] = [DemoTarget::start().await, DemoTarget::start().await];
    let page = Page::open().await;
    page.press("Plan text").await;
    until_said(&page, "This plan can run.").await;
    let plan = format!(
        "version = 1
host = \"{}\"

[load]
users = 1
spawn_rate = 1
max_requests = 4

[[user_class]]
name = \"A\"
order = \"sequential\"
task = [{{ get = \"/\" }}, {{ get = \"{}/cube\" }}]
",
        named.url(),
        other.url()
    );
    page.fill(PLAN_TEXT, &plan).await;
    let said = format!("Requests of this plan also go to {}.", other.url());
    page.until_text(&said).await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    page.until_text(&format!("{}, {}", named.url(), other.url()))
        .await;
    assert_eq!((named.counted().total, other.counted().total), (2, 2));
}

/// A plan of one task against `host`.
fn plan_of(host: &str, task: &str) -> String {
    format!(
        "version = 1\nhost = \"{host}\"\nload = {{ users = 1, spawn_rate = 1, max_requests = 3 }}\n\
         [[user_class]]\nname = \"User\"\n[[user_class.task]]\n{task}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_does_not_send_is_said_before_the_start() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.press("Plan text").await;
    let task =
        "get = \"/headers\"\nheaders = { Cookie = \"a=1\" }\ncheck = [{ json = \"$.cookie\" }]";
    page.fill(PLAN_TEXT, &plan_of(target.url(), task)).await;
    page.until_text("a browser leaves the header cookie out (line 8)")
        .await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    let total = page.row("Aggregated").await;
    assert_eq!((total.n_requests, total.n_failures), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn header_values_arrive_as_the_command_sends_them() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.press("Plan text").await;
    let task = "get = \"/headers\"\nheaders = { X-One = \"ü → 1\" }\n\
                check = [{ json = \"$['x-one']\", equals = \"ü → 1\" }]";
    page.fill(PLAN_TEXT, &plan_of(target.url(), task)).await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    let total = page.row("Aggregated").await;
    assert_eq!((total.n_requests, total.n_failures), (3, 0));
    assert_eq!(page.console_errors().await, Vec::<String>::new());
}
