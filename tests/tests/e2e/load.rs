//! The load: its kinds, its presets, its picture, and how it is edited while it is under way.

use std::collections::BTreeMap;

use mayfly_tests::{DemoTarget, Page, until};

use crate::looks::complaints;

/// Chooses what the load is about.
async fn choose(page: &Page, kind: &str) {
    let xpath = format!("//label[normalize-space()='{kind}']");
    let choice = until(kind, async || page.element(&xpath).await).await;
    choice.click().await.expect("a choice can be clicked");
}

/// Types into the field of a stage.
async fn fill_stage(page: &Page, field: &str, stage: usize, text: &str) {
    let label = format!("{field} of stage {stage}");
    page.fill(&label, text).await;
}

/// Fills the stages of the plan: a value for each field of each stage.
async fn fill_stages<const N: usize>(page: &Page, fields: [&str; N], stages: &[[&str; N]]) {
    let second = "//*[@aria-label='Remove stage 2']";
    while page.element(second).await.is_some() {
        page.press("Remove stage 2").await;
    }
    for _ in 1..stages.len() {
        page.press("Add stage").await;
    }
    for (index, stage) in stages.iter().enumerate() {
        for (field, text) in fields.iter().zip(stage) {
            fill_stage(page, field, index + 1, text).await;
        }
    }
}

const USERS: [&str; 3] = ["Duration", "Users", "Spawn rate"];

/// A plan of one task without much of a wait.
async fn fill_plan(page: &Page, target: &DemoTarget) {
    page.fill("Host", target.url()).await;
    page.fill("Wait from", "0.1").await;
    page.fill("Wait to", "0.2").await;
    page.fill_tasks(&[("/", "1")]).await;
}

/// Waits until the picture says `expected`.
async fn until_drawn(page: &Page, expected: &str) {
    until(expected, async || {
        let picture = page.element("//*[@role='img']").await?;
        let label = picture.attr("aria-label").await.ok()??;
        (label == expected).then_some(())
    })
    .await;
}

async fn until_users(page: &Page, expected: &str) {
    until(&format!("{expected} users are alive"), async || {
        (page.status("Users").await == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stages_are_gone_through_and_end_the_run() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    fill_plan(&page, &target).await;
    choose(&page, "Stages").await;
    let stages = [["4s", "3", "100"], ["4s", "6", "100"], ["4s", "1", "100"]];
    fill_stages(&page, USERS, &stages).await;
    until_drawn(
        &page,
        "0 to 3 users within 30ms, then 3 users until 4s, then 3 to 6 users within 30ms, then 6 \
         users until 8s, then 6 to 1 user within 50ms, then 1 user until 12s",
    )
    .await;
    page.press("Start Swarming").await;
    for users in ["3", "6", "1"] {
        until_users(&page, users).await;
    }
    page.until_state("stopped").await;
    assert!(0 < page.row("Aggregated").await.n_requests);
    page.assert_agrees_with(&target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_start_as_many_tasks_as_they_say() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    fill_plan(&page, &target).await;
    choose(&page, "Arrivals (open model)").await;
    let stages = [["10s", "20", "20"]];
    fill_stages(&page, ["Duration", "Rate from", "Rate to"], &stages).await;
    until_drawn(&page, "20 tasks/s until 10s").await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    assert_eq!(target.counted().total, 200);
    assert_eq!(page.row("Aggregated").await.n_requests, 200);

    page.press("Charts").await;
    until("the run is drawn over its plan", async || {
        let picture = page.element("//*[@role='img']").await?;
        let label = picture.attr("aria-label").await.ok()??;
        label
            .starts_with("20 tasks/s until 10s; measured last: ")
            .then_some(())
    })
    .await;
    page.until_text("measured (tasks started per second)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preset_fills_the_stages() {
    let page = Page::open().await;
    until_drawn(
        &page,
        "0 to 20 users within 5s, then 20 users until stopped",
    )
    .await;
    page.press("Presets").await;
    until_drawn(&page, "0 to 100 users within 1m, then 100 users until 5m").await;
    page.fill("Peak", "many").await;
    until("the field says what is wrong", async || {
        page.help("Peak")
            .await
            .contains("found “many”")
            .then_some(())
    })
    .await;
    page.fill("Peak", "8").await;
    page.fill("Ramp up", "4s").await;
    page.fill("Hold", "1m\u{e007}").await;

    until_drawn(&page, "0 to 8 users within 4s, then 8 users until 1m4s").await;
    let values = async || {
        let script = "return Object.fromEntries([...document.querySelectorAll('.stages input')]
            .map(it => [it.getAttribute('aria-label'), it.value]));";
        let values: BTreeMap<String, String> =
            serde_json::from_value(page.run(script, vec![]).await).expect("texts");
        values
    };
    let expected = [
        ("Duration of stage 1", "4s"),
        ("Duration of stage 2", "1m"),
        ("Spawn rate of stage 1", "2"),
        ("Spawn rate of stage 2", "1"),
        ("Users of stage 1", "8"),
        ("Users of stage 2", "8"),
    ];
    let expected = expected.map(|(label, value)| (label.to_owned(), value.to_owned()));
    assert_eq!(values().await, BTreeMap::from(expected));
    assert!(page.has_button("Start Swarming").await, "nothing started");

    // The users are as they were, and so are the stages after them.
    choose(&page, "Users").await;
    assert_eq!(page.value("Number of users").await, "20");
    assert_eq!(page.value("Spawn rate").await, "4");
    choose(&page, "Stages").await;
    until_drawn(&page, "0 to 8 users within 4s, then 8 users until 1m4s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_says_what_is_wrong_with_it_and_the_picture_waits() {
    let page = Page::open().await;
    choose(&page, "Stages").await;
    let drawn = "0 to 20 users within 5s, then 20 users until 1m";
    until_drawn(&page, drawn).await;
    fill_stage(&page, "Users", 1, "many").await;
    page.press("Start Swarming").await;
    until("the stage says it", async || {
        let text = page.whole_text().await;
        text.contains("found the text “many”.").then_some(())
    })
    .await;
    until("the picture is old", async || {
        page.element("//figure[contains(@class, 'old')]").await
    })
    .await;
    until_drawn(&page, drawn).await;
    fill_stage(&page, "Users", 1, "10").await;
    until_drawn(&page, "0 to 10 users within 2.5s, then 10 users until 1m").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stages_are_edited_while_they_are_under_way() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    fill_plan(&page, &target).await;
    choose(&page, "Stages").await;
    fill_stages(&page, USERS, &[["10m", "3", "100"]]).await;
    page.press("Start Swarming").await;
    until_users(&page, "3").await;

    page.press("Edit").await;
    until("the plan is shown", async || {
        page.element("//h1[text()='Edit running load test']").await
    })
    .await;
    assert!(!page.has_button("Start Swarming").await);
    fill_stage(&page, "Users", 1, "0x").await;
    page.press("Update run").await;
    until("the stage says what is wrong", async || {
        let text = page.whole_text().await;
        text.contains("found the text “0x”.").then_some(())
    })
    .await;
    fill_stage(&page, "Users", 1, "7").await;
    page.press("Update run").await;
    until_users(&page, "7").await;

    page.press("Edit").await;
    choose(&page, "Arrivals (open model)").await;
    until("the run cannot go on like that", async || {
        page.element("//button[text()='Update run'][@disabled]")
            .await
    })
    .await;
    page.press("Back to the run").await;
    assert_eq!(page.status("Users").await, "7");
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert!(page.row("Aggregated").await.n_requests <= target.counted().total);
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_are_edited_in_the_plan_of_a_run() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    fill_plan(&page, &target).await;
    page.fill_tasks(&[("/", "1"), ("/cube", "0")]).await;
    page.press("Start Swarming").await;
    page.until_total("there are 10 requests", |row| 10 <= row.n_requests)
        .await;
    assert_eq!(page.row("/cube").await.n_requests, 0);

    page.press("Edit").await;
    page.press("Edit the plan…").await;
    page.fill_tasks(&[("/", "0"), ("/cube", "1")]).await;
    page.press("Update run").await;
    until("the other task is done", async || {
        (10 <= page.row("/cube").await.n_requests).then_some(())
    })
    .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    let cube = page.row("/cube").await.n_requests;
    assert!(cube <= target.counted().by_request["GET /cube"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_load_sticks_out_and_everything_has_a_name() {
    let page = Page::open().await;
    for (width, height, scheme) in [(1440, 900, "dark"), (390, 844, "light")] {
        page.browser().resize(width, height).await;
        page.browser().prefer(scheme).await;
        page.load("").await;
        choose(&page, "Arrivals (open model)").await;
        page.press("Presets").await;
        until_drawn(
            &page,
            "0 to 100 tasks/s within 1m, then 100 tasks/s until 5m",
        )
        .await;
        page.press("Add stage").await;
        fill_stage(&page, "Rate to", 2, "fast").await;
        page.press("Start Swarming").await;
        until("the stage says what is wrong", async || {
            page.element("//*[@aria-invalid='true']").await
        })
        .await;
        assert_eq!(complaints(&page).await, [""; 0], "{width}, {scheme}");
    }
}
