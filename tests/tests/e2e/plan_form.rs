//! A plan written in the form: every part of it, by mouse and by keyboard, and what is wrong with it.

use std::path::{Path, PathBuf};

use mayfly_tests::{DemoTarget, Page, until};
use serde_json::{Value, json};
use thirtyfour::{Key, TypingData, WebElement};

use crate::looks::complaints;

const PLAN_TEXT: &str = "Plan (TOML)";

/// The control with this name, as a screen reader says it.
async fn named(page: &Page, name: &str) -> WebElement {
    let xpath = format!("//*[@aria-label='{name}']");
    until(name, async || page.element(&xpath).await).await
}

/// Types into the field with this name, in place of what is there.
async fn fill(page: &Page, name: &str, text: &str) {
    let field = named(page, name).await;
    field.send_keys(Key::Control + "a").await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn value(page: &Page, name: &str) -> String {
    let value = named(page, name).await.value().await.unwrap();
    value.unwrap_or_default()
}

/// Chooses from the list with this name.
async fn choose(page: &Page, name: &str, chosen: &str) {
    let script = "const select = arguments[0];
        select.value = arguments[1];
        select.dispatchEvent(new Event('change', { bubbles: true }));";
    let select = named(page, name).await.to_json().unwrap();
    page.run(script, vec![select, chosen.into()]).await;
}

/// Chooses the method, and fills in the path, of the task or step with this name.
async fn request(page: &Page, group: &str, method: &str, path: &str) {
    let script = "const select = arguments[0];
        select.value = arguments[1];
        select.dispatchEvent(new Event('change', { bubbles: true }));";
    let inside = |label: &str| format!("//*[@aria-label='{group}']//*[@aria-label='{label}']");
    let select = until(group, async || page.element(&inside("Method")).await).await;
    let select = select.to_json().unwrap();
    page.run(script, vec![select, method.into()]).await;
    let field = until(group, async || page.element(&inside("Path")).await).await;
    field.send_keys(Key::Control + "a").await.unwrap();
    field.send_keys(path).await.unwrap();
}

fn example(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    folder.join(name).canonicalize().unwrap()
}

/// Chooses a file in the file field with this name.
async fn open(page: &Page, field: &str, file: &Path) {
    let picker = named(page, field).await;
    picker.send_keys(file.to_str().unwrap()).await.unwrap();
}

async fn until_said(page: &Page, expected: &str) {
    let problems = "//*[@id='plan-problems']";
    until(expected, async || {
        let text = page.element(problems).await?.text().await.ok()?;
        text.contains(expected).then_some(())
    })
    .await;
}

/// Opens all that can be opened, and what is inside of that.
async fn open_everything(page: &Page) {
    let script = "
        const closed = [...document.querySelectorAll('.opener[aria-expanded=false]'),
            ...document.querySelectorAll('details:not([open]) > summary')];
        closed.forEach(it => it.click());
        return closed.length;";
    until("all is open", async || {
        (page.run(script, vec![]).await == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_with_every_kind_of_part_is_built_in_the_form_and_runs() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.fill("Run title", "From scratch").await;
    page.fill("Number of users", "4").await;
    page.fill("Spawn rate", "20").await;
    add_data(&page).await;
    page.fill_tasks(&[("/login", "1")]).await;
    page.press("More of task 1").await;
    log_in(&page).await;
    page.press("Add step of task 1").await;
    put_in_cart(&page).await;
    fill(&page, "Task name", "buy").await;
    choose(&page, "Wait time", "pacing").await;
    fill(&page, "Pace", "0.2").await;

    page.press("Add user class").await;
    fill(&page, "Class name of user class 2", "Reader").await;
    choose(&page, "Share of user class 2", "fixed_count").await;
    request(&page, "Task 1 of user class 2", "GET", "/cube").await;
    page.press_summary("Advanced options").await;
    fill(&page, "Max requests", "40").await;

    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    let counted = target.counted();
    assert_eq!(
        (page.row("Aggregated").await.n_requests, counted.total),
        (40, 40)
    );
    assert_eq!(counted.failed, 0, "{counted:?}");
    for (row, counted_as) in [
        ("log in", "POST /login"),
        ("/cart", "POST /cart"),
        ("/cube", "GET /cube"),
    ] {
        let row = page.row(row).await;
        assert_eq!(row.n_failures, 0, "{row:?}");
        assert_eq!(
            row.n_requests, counted.by_request[counted_as],
            "{counted_as}"
        );
    }

    page.press("New").await;
    assert_eq!(page.value("Run title").await, "From scratch");
    page.press("More of step 1 of task 1 of user class 1").await;
    assert_eq!(
        value(&page, "JSON body of step 1 of task 1 of user class 1")
            .await
            .matches('"')
            .count(),
        8
    );
}

async fn add_data(page: &Page) {
    page.press_summary("Data").await;
    page.press("Add data").await;
    fill(page, "Data name 1", "accounts").await;
    page.press("Paste CSV of data accounts").await;
    fill(
        page,
        "CSV text of data accounts",
        "email\na@example.org\nb@example.org",
    )
    .await;
    page.press("Use as rows of data accounts").await;
    until("the rows are there", async || {
        let cell = "//*[@aria-label='email of row 2 of data accounts']";
        page.element(cell).await
    })
    .await;
    assert_eq!(
        value(page, "email of row 2 of data accounts").await,
        "b@example.org"
    );
}

/// Fills in what the first request needs: a body, checks, and a token that is kept.
async fn log_in(page: &Page) {
    request(page, "Task 1", "POST", "/login").await;
    fill(page, "Request name of task 1", "log in").await;
    let of = "of step 1 of task 1";
    choose(page, &format!("Body {of}"), "json").await;
    let body = "{\"email\": \"{{accounts.email}}\", \"password\": \"secret\"}";
    fill(page, &format!("JSON body {of}"), body).await;
    page.press(&format!("Add check {of}")).await;
    page.press(&format!("Add check {of}")).await;
    choose(page, &format!("Kind of check 2 {of}"), "json").await;
    fill(page, &format!("Value of check 2 {of}"), "$.user.email").await;
    fill(
        page,
        &format!("Equals of check 2 {of}"),
        "{{accounts.email}}",
    )
    .await;
    page.press(&format!("Add extract {of}")).await;
    fill(page, &format!("Variable 1 {of}"), "token").await;
    fill(page, &format!("Place of extract token {of}"), "$.token").await;
}

/// The cart answers with 401 unless the token is sent.
async fn put_in_cart(page: &Page) {
    let of = "of step 2 of task 1";
    request(page, "Step 2 of task 1", "POST", "/cart").await;
    page.press("More of step 2 of task 1").await;
    page.press(&format!("Add header {of}")).await;
    fill(page, &format!("Header name 1 {of}"), "Authorization").await;
    fill(page, &format!("Header value 1 {of}"), "Bearer {{token}}").await;
    choose(page, &format!("Body {of}"), "json").await;
    fill(page, &format!("JSON body {of}"), "{\"id\": 7}").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_shown_whole_and_none_of_it_is_wrong() {
    let page = Page::open().await;
    for entry in std::fs::read_dir(example(".")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        page.load("").await;
        open(&page, "Plan file", &file).await;
        if file.ends_with("data.toml") {
            until_said(&page, "a page cannot read files by their names").await;
            open(&page, "CSV file of data accounts", &example("accounts.csv")).await;
        }
        until_said(&page, "This plan can run.").await;
        open_everything(&page).await;
        let wrong = page.element("//*[@aria-invalid='true']").await;
        assert!(wrong.is_none(), "{}", file.display());
        if !file.ends_with("data.toml") {
            let text = std::fs::read_to_string(&file).unwrap();
            assert_eq!(page.value(PLAN_TEXT).await, text, "looking changes nothing");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_run_from_the_page() {
    for name in ["login-and-cart.toml", "nested-tasks.toml", "data.toml"] {
        let target = DemoTarget::start().await;
        let page = Page::open().await;
        open(&page, "Plan file", &example(name)).await;
        if name == "data.toml" {
            open(&page, "CSV file of data accounts", &example("accounts.csv")).await;
        }
        until_said(&page, "This plan can run.").await;
        page.fill("Host", target.url()).await;
        page.fill("Run time", "2s").await;
        page.press("Start Swarming").await;
        page.until_state("stopped").await;
        page.assert_agrees_with(&target).await;
        assert!(10 < target.counted().total, "{name}");
        assert_eq!(target.counted().failed, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_is_left_out_and_comes_back_with_its_weight() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    open(&page, "Plan file", &example("user-classes.toml")).await;
    until_said(&page, "This plan can run.").await;
    let until_text = async |expected: &str| {
        until(expected, async || {
            page.value(PLAN_TEXT).await.contains(expected).then_some(())
        })
        .await;
    };
    named(&page, "Swarm with user class 1")
        .await
        .click()
        .await
        .unwrap();
    until_text("name = \"Admin\"\nweight = 0\n").await;
    named(&page, "Swarm with user class 2")
        .await
        .click()
        .await
        .unwrap();
    until_text("name = \"Reader\"\nweight = 0\n").await;
    named(&page, "Swarm with user class 1")
        .await
        .click()
        .await
        .unwrap();
    until_text("name = \"Admin\"\nfixed_count = 2\n").await;

    page.fill("Host", target.url()).await;
    page.fill("Run time", "2s").await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
    let sent: Vec<String> = target.counted().by_request.into_keys().collect();
    assert_eq!(sent, ["GET /headers", "POST /echo"], "no reader was there");

    page.press("New").await;
    named(&page, "Swarm with user class 2")
        .await
        .click()
        .await
        .unwrap();
    until_text("name = \"Reader\"\nweight = 5\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_problem_leads_to_where_it_is() {
    let page = Page::open().await;
    page.press_summary("Advanced options").await;
    fill(&page, "Seed", "x").await;
    page.press_summary("Advanced options seed").await;
    page.fill("Number of users", "0").await;
    page.press("Start Swarming").await;
    let list = "//*[@aria-label='Problems in the plan']";
    let list = until("the problems are listed", async || page.element(list).await).await;
    let text = list.text().await.unwrap();
    assert!(
        text.contains("Users: expected a whole number from 1"),
        "{text}"
    );
    assert!(
        text.contains("Seed: expected a whole number of at least 0"),
        "{text}"
    );

    let button = "//*[@aria-label='Problems in the plan']//button[starts-with(., 'Seed')]";
    let button = until("there is a way", async || page.element(button).await).await;
    button.click().await.unwrap();
    let focused = page
        .run("return document.activeElement.ariaLabel", vec![])
        .await;
    assert_eq!(focused, "Seed");
    let help = "//*[@id=//*[@aria-label='Seed']/@aria-describedby]";
    let help = page.element(help).await.unwrap().text().await.unwrap();
    assert!(help.contains("found the text “x”"), "{help}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_that_no_field_shows_leads_to_its_line() {
    let page = Page::open().await;
    page.press("Plan text").await;
    until_said(&page, "This plan can run.").await;
    let text = page.value(PLAN_TEXT).await;
    page.fill(
        PLAN_TEXT,
        &text.replace("[load]", "colour = \"red\"\n\n[load]"),
    )
    .await;
    until_said(&page, "Unknown key “colour”").await;
    let bad = page.element("//*[@class='bad-line']").await.unwrap();
    assert_eq!(bad.text().await.unwrap().trim(), "3");

    page.press("Plan text").await;
    page.press("Start Swarming").await;
    let button = "//*[@aria-label='Problems in the plan']//button[contains(., 'colour')]";
    let button = until("there is a way", async || page.element(button).await).await;
    button.click().await.unwrap();
    let script = "const area = document.activeElement;
        return area.value?.slice(area.selectionStart, area.selectionEnd) ?? null;";
    until("the line is selected", async || {
        (page.run(script, vec![]).await == "colour = \"red\"").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_is_not_done_is_kept_and_keeps_the_plan_from_running() {
    let page = Page::open().await;
    page.press("More of task 1").await;
    choose(&page, "Body of task 1", "json").await;
    fill(&page, "JSON body of task 1", "{\"a\": ").await;
    page.press("Start Swarming").await;
    until("the field is marked", async || {
        page.element("//textarea[@aria-invalid='true']").await
    })
    .await;
    assert_eq!(value(&page, "JSON body of task 1").await, "{\"a\": ");
    fill(&page, "JSON body of task 1", "{\"a\": [null]}").await;
    page.press("Start Swarming").await;
    page.until_state("running").await;
}

/// Presses Tab until the control with this name has the focus.
async fn tab_to(page: &Page, name: &str) {
    let script = "const it = document.activeElement;
        return it.ariaLabel ?? it.labels?.[0]?.textContent ?? it.textContent.trim();";
    for _ in 0..80 {
        if page.run(script, vec![]).await == name {
            return;
        }
        press_key(page, Key::Tab).await;
    }
    panic!("{name} cannot be reached by Tab");
}

async fn press_key(page: &Page, keys: impl Into<TypingData>) {
    let active = page.browser().session().active_element().await.unwrap();
    active.send_keys(keys.into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_written_and_started_by_keyboard_alone() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    tab_to(&page, "Host").await;
    press_key(&page, target.url()).await;
    tab_to(&page, "More of task 1").await;
    press_key(&page, " ").await;
    tab_to(&page, "Add header of task 1").await;
    press_key(&page, " ").await;
    until("the row is there", async || {
        page.element("//*[@aria-label='Header name 1 of task 1']")
            .await
    })
    .await;
    for _ in 0..3 {
        press_key(&page, Key::Shift + Key::Tab).await;
    }
    press_key(&page, "X-From").await;
    tab_to(&page, "Header value 1 of task 1").await;
    press_key(&page, "keys").await;
    assert_eq!(value(&page, "Header name 1 of task 1").await, "X-From");
    tab_to(&page, "Start Swarming").await;
    press_key(&page, Key::Enter).await;
    page.until_total("there are 5 requests", |row| 5 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_plan_is_refused_with_the_reason() {
    let page = Page::open().await;
    let folder = std::env::temp_dir().join(format!("mayfly-plans-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes, expected) in [
        (
            "huge.toml",
            vec![b'#'; 11 << 20],
            "at most 10 MiB, found 11.0 MiB in huge.toml",
        ),
        (
            "binary.toml",
            vec![0, 159, 146, 150],
            "line 1: expected text in UTF-8, found the byte 0x9F at place 2",
        ),
    ] {
        let file = folder.join(name);
        std::fs::write(&file, bytes).unwrap();
        open(&page, "Plan file", &file).await;
        until(expected, async || {
            page.alert().await.contains(expected).then_some(())
        })
        .await;
        assert_eq!(
            page.value("Number of users").await,
            "20",
            "the plan is as it was"
        );
    }
    let file = folder.join("bad.toml");
    std::fs::write(&file, "version = 1\nusers 5\n").unwrap();
    open(&page, "Plan file", &file).await;
    until_said(&page, "Line 2").await;

    page.press("Reset to the demo").await;
    page.press_summary("Data").await;
    page.press("Add data").await;
    page.press("Paste CSV of data data").await;
    fill(&page, "CSV text of data data", "a,b\n1").await;
    page.press("Use as rows of data data").await;
    let alert = page.alert().await;
    assert_eq!(
        alert,
        "Line 2: expected 2 fields as in the header, found 1."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_form_fits_a_phone_and_has_no_complaint() {
    let page = Page::open().await;
    for name in [
        "login-and-cart.toml",
        "user-classes.toml",
        "nested-tasks.toml",
        "simulated.toml",
    ] {
        page.load("").await;
        open(&page, "Plan file", &example(name)).await;
        until_said(&page, "This plan can run.").await;
        open_everything(&page).await;
        for (width, scheme) in [(390, "light"), (1440, "dark")] {
            page.browser().resize(width, 844).await;
            page.browser().prefer(scheme).await;
            assert_eq!(complaints(&page).await, [""; 0], "{name}, {width}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_an_open_form_are_unique() {
    let page = Page::open().await;
    open(&page, "Plan file", &example("login-and-cart.toml")).await;
    until_said(&page, "This plan can run.").await;
    open_everything(&page).await;
    let script = "
        const names = new Map();
        for (const it of document.querySelectorAll('.plan :is(input, select, textarea)')) {
            const group = it.closest('[role=group]')?.ariaLabel ?? '';
            const name = group + ': ' + (it.ariaLabel ?? it.labels[0]?.textContent);
            names.set(name, (names.get(name) ?? 0) + 1);
        }
        return [...names].filter(it => 1 < it[1]).map(it => it[0]);";
    assert_eq!(page.run(script, vec![]).await, json!([]) as Value);
}
