use serde_json::{Value, json};

use super::*;
use crate::http::request::Request;
use crate::http::transport::{Kept, Response};
use crate::plan::Plan;
use crate::testing::{Answer, Outcome, Simulation, answer_after};

/// Names, messages and bodies that want to break out.
pub(super) const HOSTILE: [&str; 8] = [
    "</script><img src=x onerror=alert(1)>",
    "\"><svg onload='alert(2)'>",
    "</style></title></textarea>--><!--",
    "&lt;b&gt; & \u{0}\u{1b}[2J\u{7f}\r\n\tcontrols",
    "\u{202e}txt.exe\u{2066} overrides",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627} (right to left)",
    "=HYPERLINK(\"http://evil.test\",\"click\")",
    "javascript:alert(3)//{}${x}<%= y %>",
];

/// A run of ten seconds with two rows, of which one fails, and a threshold that fails.
pub(super) fn small() -> Report {
    let draft = Draft::from_toml(
        r#"version = 1
        host = "http://shop.test/api"
        thresholds = ["fail_ratio < 1%", "p95 < 1s"]
        load = { users = 2, spawn_rate = 2, run_time = 10 }
        [[user_class]]
        name = "Visitor"
        wait = 1
        task = [ { get = "/", weight = 3 }, { post = "/buy" } ]"#,
    );
    let answer = |_: Elapsed, request: &Request| {
        let status = if request.url.ends_with("buy") {
            503
        } else {
            200
        };
        answer_after(Duration::from_millis(120), status)
    };
    report("Small", draft.unwrap(), 1, answer)
}

/// A run of five minutes with a hundred rows of hostile names, failures with samples, and exceptions.
pub(super) fn large() -> Report {
    let long = "long ".repeat(2000);
    let texts = || HOSTILE.into_iter().chain([long.as_str()]);
    let mut tasks: Vec<Value> = texts()
        .map(|it| json!({ "steps": [{ "get": "/hostile", "name": it }] }))
        .collect();
    tasks.extend((0..90).map(|it| json!({ "get": format!("/item/{it}") })));
    tasks.extend(texts().map(|it| json!({ "name": it, "get": "/{{nothing}}" })));
    // Never done, so that nothing sets the variable.
    tasks.push(json!({ "get": "/", "weight": 0, "extract": { "nothing": { "json": "$" } } }));
    tasks.push(json!({
        "post": "/check",
        "check": [{ "contains": "<script>alert(4)</script>" }],
        "headers": { "x-test": "<b>" },
    }));
    let plan = json!({
        "version": 1,
        "thresholds": ["p95 < 10ms", "</td><script>: requests > 0", "rps > 1 over 10s"],
        "simulated": {},
        "load": { "users": 40, "spawn_rate": 1, "run_time": "5m" },
        "user_class": [
            { "name": "<i>Shopper</i>", "weight": 3, "wait": { "between": [1, 3] }, "task": tasks },
            { "name": "Admin", "fixed_count": 2, "wait": 1, "task": [
                { "name": "set", "task": [{ "get": "/a" }, { "get": "/b", "weight": 2 }] },
            ] },
        ],
    });
    let Value::Object(keys) = plan else {
        unreachable!("it is a table");
    };
    report(HOSTILE[0], Draft { keys }, 2, hostile_answer)
}

fn hostile_answer(at: Elapsed, request: &Request) -> Answer {
    let is_quiet = (100..120).contains(&at.as_secs());
    let after = if is_quiet {
        30_000
    } else {
        20 + at.as_micros() % 400
    };
    let text = HOSTILE.join("\n") + &"x".repeat(1500);
    let headers = vec![("x-evil".to_owned(), HOSTILE[1].to_owned())];
    let status = if request.url.contains("hostile") || at.as_secs() % 60 < 5 {
        500
    } else {
        200
    };
    Answer {
        after: Duration::from_millis(after),
        result: Ok(Response {
            status,
            body_bytes: text.len() as u64,
            phases: None,
            kept: Some(Box::new(Kept {
                headers,
                body: text.into_bytes(),
                ..Kept::default()
            })),
        }),
    }
}

/// The report of a whole run, which began at the start of 2026.
pub(super) fn report<F: Fn(Elapsed, &Request) -> Answer + Clone>(
    title: &str,
    plan: Draft,
    n_shards: u32,
    answer: F,
) -> Report {
    let text = plan.to_toml();
    let parsed = Plan::from_toml(&text).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    let mut verdicts = Verdicts::new(&parsed.thresholds);
    let mut run = Simulation::new(parsed, answer);
    run.n_shards = n_shards;
    let Outcome {
        board, snapshots, ..
    } = run.run();
    let mut so_far = Board::default();
    for snapshot in snapshots {
        so_far.post(snapshot);
        verdicts.update(&so_far);
    }
    Report {
        title: title.to_owned(),
        plan,
        seed: 7,
        started: Duration::from_secs(1_767_225_600),
        ending: Ending::Stopped,
        board,
        thresholds: ThresholdResult::of(&verdicts),
    }
}

#[test]
fn a_run_of_less_than_a_second_had_users() {
    let plan = "version = 1\nload = { users = 6, spawn_rate = 100, run_time = 0.5 }\n\
                [[user_class]]\nname = \"A\"\ntask = [{ get = \"/\" }]\n";
    let answer = |_, _: &Request| answer_after(Duration::from_millis(20), 200);
    let board = Simulation::of(plan, answer).run().board;
    assert_eq!(board.n_users(), 0);
    assert_eq!(Figures::new(&board).peak_users, 6);
}

#[test]
fn figures_are_those_of_the_whole_run() {
    let report = small();
    let figures = report.figures();
    let total = aggregated(&report.board.rows());
    assert_eq!(figures.n_requests, total.n_requests);
    assert_eq!(figures.n_failures, total.n_failures());
    assert_eq!(figures.median, Some(Duration::from_millis(120)));
    assert_eq!(figures.length, Duration::from_secs(10));
    assert_eq!(figures.request_rate, total.n_requests as f64 / 10.0);
    assert_eq!(figures.peak_users, 2);
    let ratio = total.n_failures() as f64 / total.n_requests as f64;
    assert_eq!(figures.fail_ratio, Some(ratio));
    assert_eq!(Figures::new(&Board::default()), Figures::default());
}

#[test]
fn thresholds_are_told_with_what_was_found() {
    let results = small().thresholds;
    let words: Vec<_> = results
        .iter()
        .map(|it| (&*it.condition, it.failed))
        .collect();
    assert_eq!(words, [("fail_ratio < 1%", true), ("p95 < 1s", false)]);
    assert!(results[0].failing_since.is_some() && results[1].failing_since.is_none());
    assert!(
        results[1].found.starts_with("≈ 120ms (from "),
        "{}",
        results[1].found
    );
}

#[test]
fn verdicts_are_by_thresholds_or_else_by_failures() {
    let failed = small();
    let check = |report: &Report, expected, words: &str| {
        assert_eq!(report.verdict(), expected);
        assert_eq!(report.verdict().to_string(), words);
    };
    check(&failed, RunVerdict::Failed, "Failed");
    // Half of the requests failed, and no threshold is about that.
    let mut unjudged = failed.clone();
    unjudged.thresholds.remove(0);
    check(&unjudged, RunVerdict::SomeFailures, "With failures");
    let mut passed = failed.clone();
    passed.thresholds[0] = ThresholdResult {
        condition: "POST /buy:  fail_ratio<90%".to_owned(),
        failed: false,
        ..failed.thresholds[0].clone()
    };
    check(&passed, RunVerdict::Passed, "Passed");
    let mut of_row = passed.clone();
    for (row, verdict) in [
        ("/buy", RunVerdict::Passed),
        ("GET /", RunVerdict::SomeFailures),
        ("GET /buy", RunVerdict::SomeFailures),
    ] {
        of_row.thresholds[0].condition = format!("{row}: failures < 1000");
        assert_eq!(of_row.verdict(), verdict, "{row}");
    }
    let mut without = failed.clone();
    without.thresholds.clear();
    check(&without, RunVerdict::SomeFailures, "With failures");
    without.board = Board::default();
    check(&without, RunVerdict::NoData, "No data");
    without.thresholds = passed.thresholds.clone();
    check(&without, RunVerdict::NoData, "No data");
    // A row may be called as a metric is.
    unjudged.thresholds[0].condition = "failures: p95 < 1s".to_owned();
    check(&unjudged, RunVerdict::SomeFailures, "With failures");
    let no_data = ThresholdResult {
        failed: true,
        no_data: true,
        ..passed.thresholds[0].clone()
    };
    passed.thresholds.push(no_data.clone());
    check(&passed, RunVerdict::NoData, "No data");
    let mut failed_too = failed.clone();
    failed_too.thresholds.push(no_data);
    check(&failed_too, RunVerdict::Failed, "Failed");
    let calm = report("", failed.plan, 1, |_, _| answer_after(Duration::ZERO, 200));
    let calm = Report {
        thresholds: Vec::new(),
        ..calm
    };
    check(&calm, RunVerdict::NoFailures, "No failures");
    let interrupted = Report {
        ending: Ending::Running,
        ..passed
    };
    check(&interrupted, RunVerdict::Unfinished, "Interrupted");
}

#[test]
fn the_host_is_said_in_words() {
    #[track_caller]
    fn check(toml: &str, expected: &str) {
        let report = Report {
            plan: Draft::from_toml(toml).unwrap(),
            ..small()
        };
        assert_eq!(report.host(), expected);
    }
    check("", "simulated API");
    check("simulated = {}", "simulated API");
    check("host = 'http://a.test'", "http://a.test");
    check(
        "host = 'http://a.test'\nuser_class = [{}, { host = 'http://b.test' }, { host = 'http://a.test' }]",
        "http://a.test, http://b.test",
    );
}

#[test]
fn files_have_names_that_any_system_takes() {
    let mut report = small();
    let stem = "Mayfly_2026-01-01-00h00_shop.test-api_Small";
    assert_eq!(report.file_stem(0), stem);
    report.title = HOSTILE[0].to_owned();
    report.plan = Draft::default();
    assert_eq!(
        report.file_stem(-90),
        "Mayfly_2025-12-31-22h30_simulated-API_script-img-src-x-onerror-alert-1"
    );
    report.title = "../..".to_owned();
    assert_eq!(report.file_stem(0), "Mayfly_2026-01-01-00h00_simulated-API");
}

#[test]
fn a_report_for_others_is_without_credentials_and_else_the_same() {
    let draft = Draft::from_toml(
        r#"version = 1
        host = "http://shop.test/api"
        thresholds = ["/a?page=2&api_key=k3y-1: failures > 0"]
        load = { users = 1, spawn_rate = 1, run_time = 3 }
        request = { headers = { Authorization = "Bearer s3cr3t-1", Accept = "text/html" } }
        [[user_class]]
        name = "A"
        wait = 1
        task = [ { get = "/a?page=2&api_key=k3y-1" } ]"#,
    );
    let answer = |_: Elapsed, _: &Request| {
        let kept = Kept {
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("x-session".to_owned(), "s3cr3t-2".to_owned()),
            ],
            body: br#"{"error":"no","token":"s3cr3t-3"}"#.to_vec(),
            ..Kept::default()
        };
        Answer {
            after: Duration::from_millis(5),
            result: Ok(Response {
                status: 500,
                body_bytes: 7,
                phases: None,
                kept: Some(Box::new(kept)),
            }),
        }
    };
    let whole = report("Secrets", draft.unwrap(), 1, answer);
    let row = &whole.board.rows()[0];
    assert_eq!(row.name.name, "/a?page=2&api_key=…");
    assert!(!whole.thresholds[0].failed, "it is about that row");
    let files = |report: &Report| {
        let look = html::Look::default();
        [report.to_json(), html::page(report, look)].concat()
    };
    let (before, after) = (files(&whole), files(&whole.without_credentials()));
    for secret in ["s3cr3t-1", "s3cr3t-2", "s3cr3t-3", "k3y-1"] {
        assert!(before.contains(secret), "{secret}");
        assert!(!after.contains(secret), "{secret}");
    }
    assert!(after.contains("text/html") && after.contains("application/json"));
    let csv =
        csv::requests(&whole.board, None) + &csv::failures(&whole.board, std::time::UNIX_EPOCH);
    assert!(csv.contains("api_key=…") && !csv.contains("k3y-1"), "{csv}");
    let read = Report::from_json(&whole.without_credentials().to_json());
    assert_eq!(read.unwrap(), whole.without_credentials());
}
