use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::http::request::Request;
use crate::report::html::{Look, page};
use crate::report::tests::{large, report, small};
use crate::report::{csv, text};
use crate::testing::answer_after;
use crate::time::Elapsed;
use crate::verdict::threshold::Verdicts;

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = Report::from_json(text).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

fn value(report: &Report) -> Value {
    serde_json::from_str(&report.to_json()).unwrap()
}

#[test]
fn a_report_says_what_it_is() {
    let json = value(&small());
    let expected = json!({
        "format": "mayfly-report",
        "version": 1,
        "title": "Small",
        "started": "2026-01-01T00:00:00Z",
        "seed": 7,
        "ending": "stopped",
    });
    for (key, expected) in expected.as_object().unwrap() {
        assert_eq!(&json[key], expected, "{key}");
    }
    assert_eq!(json["plan"]["user_class"][0]["name"], "Visitor");
    let shard = &json["shards"][0];
    assert_eq!(shard["state"], "stopped");
    assert_eq!(shard["at_micros"], 10_000_000);
    let row = &shard["rows"][1];
    assert_eq!(row["request"], json!({ "name": "/buy", "method": "POST" }));
    assert_eq!(row["failures"][0]["cause"], json!({ "status": 503 }));
    assert_eq!(row["response_times"]["min_micros"], 120_000);
    assert!(row["response_times"]["buckets"].is_string());
    assert_eq!(row["series"]["secs"][0], 1);
}

#[test]
fn hostile_texts_come_back_as_they_were() {
    let report = large();
    assert_eq!(report.board.rows().len(), 102);
    assert_eq!(Report::from_json(&report.to_json()), Ok(report));
}

#[test]
fn a_run_without_anything_can_be_kept() {
    let empty = Report {
        title: String::new(),
        plan: Draft::default(),
        seed: u64::MAX,
        started: Duration::from_nanos(1_700_000_000_123_456_789),
        ending: Ending::EngineLost {
            reason: "\u{0}".to_owned(),
        },
        board: Board::default(),
        thresholds: Vec::new(),
    };
    assert_eq!(Report::from_json(&empty.to_json()), Ok(empty));
}

#[test]
fn keys_that_are_not_known_are_passed_over() {
    let report = small();
    let mut json = value(&report);
    json["note"] = json!({ "by": ["a newer version"] });
    json["shards"][0]["rows"][0]["more"] = json!(1);
    json["shards"][0]["series"]["more"] = json!([]);
    assert_eq!(Report::from_json(&json.to_string()), Ok(report));
}

#[test]
fn what_is_no_report_is_told_apart() {
    check_error(
        "",
        "expected a report that Mayfly saved as JSON, found what is no JSON: \
         EOF while parsing a value at line 1 column 0",
    );
    check_error(
        "a,b\n1,2",
        "expected a report that Mayfly saved as JSON, found what is no JSON: \
         expected value at line 1 column 1",
    );
    for other in [
        "7",
        "{}",
        "{\"format\": 1}",
        "{\"format\": \"x\", \"version\": 1}",
    ] {
        check_error(
            other,
            "expected a report that Mayfly saved as JSON, found other JSON",
        );
    }
    check_error(
        r#"{ "format": "mayfly-report", "version": 2 }"#,
        "expected a report of version 1, found version 2: a newer Mayfly reads it",
    );
    check_error(
        r#"{ "format": "mayfly-report", "version": "x" }"#,
        "the report is damaged: expected the number of a version",
    );
}

#[test]
fn what_no_run_can_measure_is_damage() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut Value), expected: &str) {
        let mut json = value(&small());
        change(&mut json);
        let error = Report::from_json(&json.to_string()).unwrap_err();
        let error = error.to_string();
        let expected = format!("the report is damaged: {expected}");
        assert!(error.starts_with(&expected), "{error}");
    }
    let row = |json: &mut Value, key: &str, value: Value| json["shards"][0]["rows"][0][key] = value;
    check(
        |it| it["started"] = json!("today"),
        "expected a time such as",
    );
    check(
        |it| it["started"] = json!("9999-01-01T00:00:00Z"),
        "expected a time such as",
    );
    check(|it| it["seed"] = json!(-1), "invalid value");
    check(
        |it| row(it, "n_requests", json!(1)),
        "expected a response time for each request",
    );
    check(
        |it| row(it, "n_aborted", json!(u64::MAX)),
        "expected counts that add up",
    );
    check(
        |it| it["shards"][0]["n_queued"] = json!(u32::MAX),
        "expected counts that add up",
    );
    check(
        |it| it["shards"][0]["since_micros"] = json!(1e12 as u64),
        "expected a start before the end",
    );
    check(
        |it| it["shards"][0]["shard"]["index"] = json!(1),
        "expected the numbers of the shards",
    );
    check(
        |it| it["shards"][0]["series"]["start"][3] = json!(7),
        "expected a series without gaps",
    );
    check(
        |it| it["shards"][0]["series"]["secs"] = json!([]),
        "expected columns of a series",
    );
    check(
        |it| it["shards"][0]["rows"][0]["response_times"]["max_micros"] = json!(1),
        "expected a shortest and a longest response time",
    );
    for bad in ["?", "AAAA", "BQE", "BQEA/w=="] {
        check(
            |it| it["shards"][0]["rows"][0]["response_times"]["buckets"] = json!(bad),
            "invalid value: string",
        );
    }
}

/// Everything that reads a report.
fn render(report: &Report) -> usize {
    let started = SystemTime::UNIX_EPOCH + report.started;
    let mut verdicts = Verdicts::new(&["p95 < 1s".parse().unwrap()]);
    verdicts.update(&report.board);
    let texts = [
        page(report, Look::default()),
        report.to_json(),
        report.file_stem(60),
        format!("{:?} {}", report.figures(), report.verdict()),
        csv::requests(&report.board, None),
        csv::failures(&report.board, started),
        csv::exceptions(&report.board),
        csv::history(&report.board, started),
        text::summary(&report.board, &verdicts),
    ];
    texts.iter().map(String::len).sum()
}

/// To be damaged many times.
static SMALL: LazyLock<String> = LazyLock::new(|| small().to_json());

/// Numbers that sums and differences may trip over.
const NUMBERS: [&str; 8] = [
    "0",
    "1",
    "4294967295",
    "9007199254740993",
    "18446744073709551615",
    "-1",
    "1e308",
    "null",
];

/// The places of all numbers in a text.
fn numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut numbers: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in text.match_indices(|it: char| it.is_ascii_digit()) {
        match numbers.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => numbers.push(at..at + 1),
        }
    }
    numbers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_measured_comes_back_as_it_was(
        n_shards in 1_u32..4,
        secs in 1_u64..700,
        n_users in 1_u32..8,
        bad in 1_u64..9,
        seed: u64,
    ) {
        let toml = format!(
            "version = 1\nload = {{ users = {n_users}, spawn_rate = 1, run_time = {secs} }}\n\
             [[user_class]]\nname = 'A'\nwait = 2\n\
             task = [ {{ get = '/' }}, {{ post = '/b' }}, {{ get = '/{{{{nothing}}}}' }} ]\n\
             on_stop = [ {{ get = '/', extract = {{ nothing = {{ json = '$' }} }} }} ]"
        );
        let answer = move |at: Elapsed, _: &Request| {
            let status = if at.as_secs().is_multiple_of(bad) { 500 } else { 200 };
            answer_after(Duration::from_micros(at.as_micros() % 900_001 + seed % 77), status)
        };
        let report = report("", Draft::from_toml(&toml).unwrap(), n_shards, answer);
        let report = Report { seed, ..report };
        prop_assert_eq!(Report::from_json(&report.to_json()), Ok(report));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_text_that_ends_too_soon_is_no_report(part in 0.0..1.0_f64) {
        let text = &*SMALL;
        let end = (text.trim_end().len() as f64 * part) as usize;
        let read = Report::from_json(&text[..text.floor_char_boundary(end)]);
        let is_no_json = matches!(read, Err(ReportError::NotJson { .. }));
        prop_assert!(is_no_json);
    }

    /// Whatever is read can be shown.
    #[test]
    fn damage_is_an_error_or_harmless(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..8), 1..4),
        bytes in proptest::collection::vec((any::<prop::sample::Index>(), 0x20_u8..0x7f), 0..2),
    ) {
        let mut text = SMALL.clone();
        for (place, number) in changes {
            let places = numbers(&text);
            text.replace_range(places[place.index(places.len())].clone(), NUMBERS[number]);
        }
        for (place, byte) in bytes {
            let place = text.floor_char_boundary(place.index(text.len() - 1));
            let end = text.ceil_char_boundary(place + 1);
            text.replace_range(place..end, &char::from(byte).to_string());
        }
        if let Ok(report) = Report::from_json(&text) {
            prop_assert!(0 < render(&report));
        }
    }
}
