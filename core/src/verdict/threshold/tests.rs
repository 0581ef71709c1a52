use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::measure::board::Board;
use crate::measure::sample::{Evidence, Failure, Sample};
use crate::measure::snapshot::Snapshot;
use crate::measure::stats::Stats;
use crate::run_state::RunState;
use crate::run_state::ShardId;
use crate::testing::name;
use crate::time::Elapsed;

fn condition(text: &str) -> Condition {
    text.parse().unwrap()
}

#[track_caller]
fn check_parse(text: &str, row: Option<&str>, metric: Metric, limit: Value, window: Option<u64>) {
    let condition = condition(text);
    let row = row.map(|it| it.parse().unwrap());
    assert_eq!(condition.row, row, "{text}");
    assert_eq!(condition.metric, metric, "{text}");
    assert_eq!(condition.limit, limit, "{text}");
    assert_eq!(
        condition.window(),
        window.map(Duration::from_secs),
        "{text}"
    );
    assert_eq!(condition.to_string(), text.trim());
}

fn millis(millis: u64) -> Value {
    Value::Time(Duration::from_millis(millis))
}

#[test]
fn times_have_units() {
    let p99 = Metric::Quantile(0.99);
    check_parse("p99 < 500ms", None, p99, millis(500), None);
    check_parse("p99<500 ms", None, p99, millis(500), None);
    check_parse("p99 < 1.5s", None, p99, millis(1500), None);
    check_parse("p99 < 2m", None, p99, millis(120_000), None);
    check_parse("p99 < 60m", None, p99, millis(3_600_000), None);
    for unit in ["us", "µs", "μs"] {
        let text = format!("p99 < 250{unit}");
        check_parse(
            &text,
            None,
            p99,
            Value::Time(Duration::from_micros(250)),
            None,
        );
    }
}

#[test]
fn metrics_have_their_values() {
    check_parse(
        "p99.9 < 1s",
        None,
        Metric::Quantile(99.9 / 100.0),
        millis(1000),
        None,
    );
    check_parse("p100 < 1s", None, Metric::Quantile(1.0), millis(1000), None);
    check_parse(
        "median < 1s",
        None,
        Metric::Quantile(0.5),
        millis(1000),
        None,
    );
    check_parse("avg < 1s", None, Metric::Mean, millis(1000), None);
    check_parse("mean < 1s", None, Metric::Mean, millis(1000), None);
    check_parse("min < 1s", None, Metric::Min, millis(1000), None);
    check_parse("max < 1s", None, Metric::Max, millis(1000), None);
    check_parse(
        "fail_ratio < 1%",
        None,
        Metric::FailRatio,
        Value::Ratio(0.01),
        None,
    );
    check_parse(
        "fail_ratio < 0.01",
        None,
        Metric::FailRatio,
        Value::Ratio(0.01),
        None,
    );
    check_parse("rps > 12.5", None, Metric::Rps, Value::Rate(12.5), None);
    check_parse(
        "requests >= 10",
        None,
        Metric::Requests,
        Value::Count(10),
        None,
    );
    check_parse(
        "failures == 0",
        None,
        Metric::Failures,
        Value::Count(0),
        None,
    );
    check_parse(
        "exceptions == 0",
        None,
        Metric::Exceptions,
        Value::Count(0),
        None,
    );
    check_parse("dropped == 0", None, Metric::Dropped, Value::Count(0), None);
}

#[test]
fn rows_may_have_colons_and_spaces() {
    for row in [
        "GET /cube",
        "/cube",
        "POST a: b",
        "a:",
        "GET",
        "FETCH /x < 1",
    ] {
        check_parse(
            &format!("{row}: rps > 1"),
            Some(row),
            Metric::Rps,
            Value::Rate(1.0),
            None,
        );
    }
    let rows = condition("GET /cube: rps > 1").rows();
    assert_eq!(rows, [name("/cube")]);
    assert_eq!(condition("/cube: rps > 1").rows().len(), Method::ALL.len());
    assert_eq!(condition("rps > 1").rows(), []);
}

#[test]
fn windows_are_whole_seconds() {
    for (window, secs) in [
        ("1s", 1),
        ("30s", 30),
        ("1m", 60),
        ("1.5m", 90),
        ("1h", 3600),
    ] {
        let text = format!(" rps > 1 over {window} ");
        check_parse(&text, None, Metric::Rps, Value::Rate(1.0), Some(secs));
    }
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = text.parse::<Condition>().unwrap_err();
    assert_eq!(error.to_string(), expected, "{text}");
}

#[test]
fn errors_say_what_was_expected_and_what_was_found() {
    let comparison = "expected a metric, one of < <= > >= == != and a value, such as “p95 < 500ms”";
    check_error("p95 500ms", &format!("{comparison}, found “p95 500ms”"));
    check_error("", &format!("{comparison}, found “”"));
    check_error("rps = 1", &format!("{comparison}, found “rps = 1”"));
    let metric = "expected p50, p99.9 or another percentile, median, mean, min, max, fail_ratio, \
                  rps, requests, failures, exceptions or dropped, found";
    for got in ["p0", "p101", "p", "p-1", "pNaN", "P95", "latency", ""] {
        check_error(&format!("{got} < 1s"), &format!("{metric} “{got}”"));
    }
    check_error(
        "p95 < 500",
        "expected a time with its unit such as 500ms or 1.5s, found “500”: write a unit",
    );
    let time =
        "expected a time up to an hour with its unit (us, ms, s, m) such as 500ms or 1.5s, found";
    for got in ["", "1h", "61m", "-1s", "1.2.3s", "ms", "inf s", "1e3s"] {
        check_error(&format!("p95 < {got}"), &format!("{time} “{got}”"));
    }
    let ratio = "expected a share from 0% to 100% such as 1% or 0.01, found";
    for got in ["", "101%", "1.01", "%", "-1%"] {
        check_error(&format!("fail_ratio < {got}"), &format!("{ratio} “{got}”"));
    }
    check_error(
        "rps > many",
        "expected requests per second such as 100, found “many”",
    );
    check_error(
        "failures == 0.5",
        "expected a whole number such as 0, found “0.5”",
    );
    let window = "expected whole seconds from 1s to 1h after “over”, such as 30s or 1m, found";
    for got in ["30", "500ms", "1.5s", "0s", "61m", "2h", "1s over 1s"] {
        check_error(&format!("rps > 1 over {got}"), &format!("{window} “{got}”"));
    }
    let row = "expected a row before the colon, such as “GET /cube: p99 < 1s”, found none";
    check_error(": rps > 1", row);
    let no_row = "expected no row for exceptions or dropped, such as “dropped == 0”, found one";
    check_error("/: dropped == 0", no_row);
    let no_window = "expected no window for exceptions, such as “exceptions == 0”, found one";
    check_error("exceptions == 0 over 1s", no_window);
}

#[test]
fn operators_compare() {
    let holds = |operator: &str, found: u64| {
        let condition = condition(&format!("failures {operator} 5"));
        condition.holds(Value::Count(found))
    };
    for (operator, expected) in [
        ("<", [true, false, false]),
        ("<=", [true, true, false]),
        (">", [false, false, true]),
        (">=", [false, true, true]),
        ("==", [false, true, false]),
        ("!=", [true, false, true]),
    ] {
        assert_eq!(
            [4, 5, 6].map(|it| holds(operator, it)),
            expected,
            "{operator}"
        );
    }
}

#[test]
fn values_are_shown_with_units() {
    for (value, expected) in [
        (Value::Count(12), "12"),
        (Value::Rate(12.345), "12.35/s"),
        (Value::Ratio(0.0123), "1.23%"),
        (millis(1500), "1.5s"),
        (millis(15), "15ms"),
    ] {
        assert_eq!(value.to_string(), expected);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text: String) {
        drop(text.parse::<Condition>());
    }

    #[test]
    fn nearly_right_text_does_not_make_it_panic(
        parts in proptest::collection::vec(
            prop::sample::select(vec![
                "p", "99", ".", "p95", "rps", "fail_ratio", "<", "<=", "=", "!", "1", "500", "ms", "µ",
                "s", "%", " ", " over ", ": ", ":", "GET", "/", "m", "h", "99999999999999999999",
            ]),
            0..10,
        ),
    ) {
        let text = parts.concat();
        if let Ok(condition) = text.parse::<Condition>() {
            let again: Condition = condition.to_string().parse().unwrap();
            prop_assert_eq!(format!("{condition:?}"), format!("{again:?}"));
        }
    }
}

/// A shard that counts, and what it says.
struct Source {
    id: ShardId,
    stats: Stats,
}

impl Source {
    fn new(index: u32, count: u32, verdicts: &Verdicts) -> Self {
        let mut stats = Stats::new([name("/a"), name("/b")]);
        stats.watch(verdicts.watched_rows());
        Self {
            id: ShardId { index, count },
            stats,
        }
    }

    fn snapshot(&mut self, at: Elapsed, state: RunState) -> Snapshot {
        self.stats.advance(at, 1);
        Snapshot {
            shard: self.id,
            at,
            since: self.stats.since(),
            state,
            n_users: 1,
            n_queued: 0,
            n_in_flight: 0,
            n_due: 0,
            n_dead: 0,
            n_resent: 0,
            health: None,
            wire_bytes: 0,
            end_cause: None,
            n_dropped: self.stats.n_dropped(),
            rows: self.stats.rows(at, state == RunState::Stopped),
            rows_left_out: false,
            exceptions: self.stats.exceptions(),
            series: self.stats.series().slots(),
        }
    }
}

/// A request of row `row` that was done at `at_millis`. Up to 255 µs, histograms are exact.
#[derive(Clone, Copy, Debug)]
struct Done {
    at_millis: u64,
    micros: u64,
    row: usize,
    failed: bool,
}

impl Done {
    fn sample(self) -> Sample {
        let done = Elapsed::from_micros(self.at_millis * 1000);
        let due = Elapsed::from_micros(done.as_micros() - self.micros);
        Sample {
            due,
            sent: due,
            done,
            body_bytes: 0,
            failure: self.failed.then_some(Failure::Status(500)),
        }
    }
}

/// A run of `secs` seconds with requests as given, in order, over `n_shards`; the board is read
/// every `interval_millis`. `look` is called after each reading but the last, which is returned.
fn run(
    thresholds: &[Threshold],
    requests: &[Done],
    (n_shards, secs, interval_millis): (u32, u64, u64),
    mut look: impl FnMut(Elapsed, &Verdicts),
) -> Verdicts {
    let mut verdicts = Verdicts::new(thresholds);
    let source = |index| Source::new(index, n_shards, &verdicts);
    let mut sources: Vec<Source> = (0..n_shards).map(source).collect();
    let mut board = Board::default();
    let mut requests = (0..).zip(requests).peekable();
    for millis in (0..=secs * 1000).step_by(interval_millis as usize) {
        while let Some((nth, request)) = requests.next_if(|it| it.1.at_millis <= millis) {
            let stats = &mut sources[nth % n_shards as usize].stats;
            stats.record(request.row, &request.sample(), 1, Evidence::default);
        }
        let state = if millis == secs * 1000 {
            RunState::Stopped
        } else {
            RunState::Running
        };
        let at = Elapsed::from_micros(millis * 1000);
        for source in &mut sources {
            board.post(source.snapshot(at, state));
        }
        verdicts.update(&board);
        look(at, &verdicts);
    }
    verdicts
}

fn threshold(text: &str, abort: bool) -> Threshold {
    Threshold {
        condition: condition(text),
        abort,
    }
}

/// One request of row 0 in every quarter of a second, which takes 100 µs.
fn steady(secs: u64) -> Vec<Done> {
    let at = (1..secs * 4).map(|nth| nth * 250);
    let done = |at_millis| Done {
        at_millis,
        micros: 100,
        row: 0,
        failed: false,
    };
    at.map(done).collect()
}

/// What the last verdict says: what was found, and what became of the threshold.
#[track_caller]
fn check_verdict(text: &str, requests: &[Done], secs: u64, expected: (&str, Outcome)) {
    let verdicts = run(
        &[threshold(text, true)],
        requests,
        (1, secs, 500),
        |_, _| {},
    );
    let verdict = verdicts.iter().next().unwrap();
    assert_eq!(
        (verdict.found().as_str(), verdict.outcome),
        expected,
        "{text}"
    );
    assert_eq!(
        verdict.failing_since.is_some(),
        verdict.value.is_some() && !verdict.passes
    );
}

#[test]
fn percentiles_count_requests_that_were_given_up() {
    let at_least = "at least 2s (requests without an answer had waited that long)";
    for (text, found, outcome) in [
        ("p70 < 10ms", "100µs", Outcome::Passed),
        ("p95 < 1s", at_least, Outcome::Failed),
        ("p95 < 3s", at_least, Outcome::NoData),
        ("p95 > 1s", at_least, Outcome::Passed),
        ("GET /b: p95 < 1s", "no requests", Outcome::NoData),
        ("requests == 156", "156", Outcome::Passed),
    ] {
        let mut verdicts = Verdicts::new(&[threshold(text, false)]);
        let mut source = Source::new(0, 1, &verdicts);
        for request in &steady(40)[..156] {
            let sample = request.sample();
            source.stats.record(0, &sample, 1, Evidence::default);
        }
        for nth in 0..40 {
            source.stats.record_abort(nth % 2, Duration::from_secs(2));
        }
        let mut board = Board::default();
        board.post(source.snapshot(Elapsed::from_secs(40), RunState::Stopped));
        verdicts.update(&board);
        let verdict = verdicts.iter().next().unwrap();
        assert_eq!(
            (&*verdict.found(), verdict.outcome),
            (found, outcome),
            "{text}"
        );
    }
}

#[test]
fn the_whole_run_is_judged_by_its_totals() {
    let mut requests = steady(10);
    requests[20].failed = true;
    requests[21].micros = 200;
    let found = "≈ 100µs (from 39 requests; 110 are needed to be sure)";
    check_verdict("p95 <= 100us", &requests, 10, (found, Outcome::Passed));
    check_verdict("median <= 100us", &requests, 10, ("100µs", Outcome::Passed));
    check_verdict("max < 200us", &requests, 10, ("200µs", Outcome::Failed));
    check_verdict("mean < 102us", &requests, 10, ("102µs", Outcome::Failed));
    check_verdict("requests == 39", &requests, 10, ("39", Outcome::Passed));
    check_verdict("rps > 3.9", &requests, 10, ("3.90/s", Outcome::Failed));
    check_verdict("rps >= 3.9", &requests, 10, ("3.90/s", Outcome::Passed));
    check_verdict("failures < 1", &requests, 10, ("1", Outcome::Failed));
    check_verdict("fail_ratio < 3%", &requests, 10, ("2.56%", Outcome::Passed));
    check_verdict(
        "GET /a: requests == 39",
        &requests,
        10,
        ("39", Outcome::Passed),
    );
    check_verdict("/a: requests == 39", &requests, 10, ("39", Outcome::Passed));
    check_verdict(
        "POST /a: requests == 39",
        &requests,
        10,
        ("0", Outcome::Failed),
    );
    check_verdict("dropped == 0", &requests, 10, ("0", Outcome::Passed));
    check_verdict("exceptions == 0", &requests, 10, ("0", Outcome::Passed));
}

#[test]
fn without_requests_nothing_is_known_of_times() {
    check_verdict("p95 < 1s", &[], 5, ("no requests", Outcome::NoData));
    check_verdict(
        "fail_ratio < 100%",
        &[],
        5,
        ("no requests", Outcome::NoData),
    );
    check_verdict(
        "/b: p95 < 1s",
        &steady(5),
        5,
        ("no requests", Outcome::NoData),
    );
    check_verdict("rps < 1", &[], 5, ("0.00/s", Outcome::Passed));
    check_verdict("failures == 0", &[], 5, ("no requests", Outcome::NoData));
    check_verdict(
        "/b: failures == 0",
        &steady(5),
        5,
        ("no requests", Outcome::NoData),
    );
}

#[test]
fn a_window_has_to_be_whole() {
    let requests = steady(5);
    check_verdict(
        "rps > 1 over 6s",
        &requests,
        5,
        ("no whole window of 6 s with requests", Outcome::NoData),
    );
    check_verdict("rps > 1 over 5s", &requests, 5, ("3.80/s", Outcome::Passed));
    check_verdict(
        "p50 < 1s over 5s",
        &[],
        5,
        ("no whole window of 5 s with requests", Outcome::NoData),
    );
    check_verdict("rps < 1 over 5s", &[], 5, ("0.00/s", Outcome::Passed));
    check_verdict(
        "p50 < 1s over 2s",
        &requests[..8],
        5,
        ("no requests", Outcome::Passed),
    );
}

#[test]
fn one_bad_window_fails_though_the_next_is_good() {
    let mut requests = steady(20);
    for request in &mut requests[20..28] {
        request.failed = true;
    }
    check_verdict(
        "fail_ratio < 50% over 2s",
        &requests,
        20,
        ("0.00%", Outcome::Failed),
    );
    check_verdict(
        "fail_ratio < 50% over 10s",
        &requests,
        20,
        ("0.00%", Outcome::Passed),
    );
    check_verdict(
        "/a: failures < 8 over 3s",
        &requests,
        20,
        ("0", Outcome::Failed),
    );
    let none = "no whole window of 3 s with requests";
    check_verdict(
        "/b: failures < 8 over 3s",
        &requests,
        20,
        (none, Outcome::NoData),
    );
}

#[test]
fn the_time_of_failing_is_that_of_the_first_in_a_row() {
    let mut requests = steady(20);
    requests.retain(|it| !(5000..9000).contains(&it.at_millis));
    let mut since = BTreeSet::new();
    run(
        &[threshold("rps >= 3 over 1s", false)],
        &requests,
        (1, 20, 500),
        |_, verdicts| {
            since.extend(
                verdicts
                    .iter()
                    .map(|it| it.failing_since.map(Elapsed::as_secs)),
            );
        },
    );
    assert_eq!(Vec::from_iter(since), [None, Some(6)]);
}

/// When a threshold that fails `requests` ends the run, in half seconds.
#[track_caller]
fn check_abort(text: &str, requests: &[Done], expected: Option<u64>) {
    let mut first = None;
    run(
        &[threshold(text, true)],
        requests,
        (1, 20, 500),
        |at, verdicts| {
            if verdicts.aborting().is_some() {
                first.get_or_insert(at.as_micros() / 500_000);
            }
        },
    );
    assert_eq!(first, expected, "{text}");
}

#[test]
fn a_run_ends_when_waiting_cannot_help() {
    let mut requests = steady(20);
    requests[20].failed = true;
    check_abort("failures < 1", &requests, Some(11));
    check_abort("failures == 0", &requests, Some(11));
    check_abort("failures > 5", &requests, None);
    check_abort("requests >= 1000", &requests, None);
    check_abort("rps > 100", &requests, None);
    check_abort("rps > 100 over 5s", &requests, Some(10));
    check_abort("p95 < 1us", &requests, Some(1));
    check_abort("p95 < 1s", &[], None);
    check_abort("p95 < 1s over 5s", &[], None);

    let only_says_so = run(
        &[threshold("rps > 100", false)],
        &requests,
        (1, 20, 500),
        |_, _| {},
    );
    assert_eq!(only_says_so.iter().next().unwrap().outcome, Outcome::Failed);
    assert_eq!(only_says_so.aborting(), None);
}

#[test]
fn a_reset_begins_anew() {
    let mut verdicts = Verdicts::new(&[threshold("failures == 0 over 2s", true)]);
    let mut source = Source::new(0, 1, &verdicts);
    let mut board = Board::default();
    for second in 1..8_u64 {
        let request = Done {
            at_millis: second * 1000,
            micros: 10,
            row: 0,
            failed: second < 4,
        };
        source
            .stats
            .record(0, &request.sample(), 1, Evidence::default);
        let at = Elapsed::from_micros(second * 1_000_000 + 500_000);
        if second == 4 {
            source.stats.reset(at);
        }
        board.post(source.snapshot(at, RunState::Running));
        verdicts.update(&board);
        assert_eq!(
            verdicts.aborting().is_some(),
            (2..4).contains(&second),
            "{second}"
        );
    }
    assert_eq!(verdicts.iter().next().unwrap().outcome, Outcome::Passed);
}

#[test]
fn seconds_wait_for_the_slowest_shard() {
    let mut verdicts = Verdicts::new(&[threshold("requests >= 2 over 1s", true)]);
    let mut sources = [0, 1].map(|index| Source::new(index, 2, &verdicts));
    for source in &mut sources {
        let request = Done {
            at_millis: 500,
            micros: 10,
            row: 0,
            failed: false,
        };
        source
            .stats
            .record(0, &request.sample(), 1, Evidence::default);
    }
    let mut board = Board::default();
    for (shard, secs, expected) in [(0, 1, None), (0, 2, None), (1, 1, Some(Value::Count(2)))] {
        let at = Elapsed::from_secs(secs);
        board.post(sources[shard].snapshot(at, RunState::Running));
        verdicts.update(&board);
        assert_eq!(verdicts.iter().next().unwrap().value, expected);
    }
    assert_eq!(verdicts.aborting(), None);
}

#[test]
fn rows_of_conditions_with_a_window_are_watched() {
    let texts = [
        "p95 < 1s over 30s",
        "GET /a: p95 < 1s over 30s",
        "GET /b: p95 < 1s",
    ];
    let verdicts = Verdicts::new(&texts.map(|it| threshold(it, false)));
    assert_eq!(verdicts.watched_rows(), BTreeSet::from([name("/a")]));
}

#[test]
fn windows_are_longer_than_what_the_series_keeps_by_the_second() {
    let mut requests = steady(700);
    requests.retain(|it| !(100_000..102_000).contains(&it.at_millis));
    check_verdict(
        "/a: requests >= 1199 over 5m",
        &requests,
        700,
        ("1200", Outcome::Failed),
    );
    check_verdict(
        "/a: requests >= 1191 over 5m",
        &requests,
        700,
        ("1200", Outcome::Passed),
    );
}

/// By definition: everything is computed anew from the requests. `None` if there are none.
fn expected_value(metric: Metric, requests: &[Done], secs: f64) -> Option<Value> {
    let mut micros: Vec<u64> = requests.iter().map(|it| it.micros).collect();
    micros.sort_unstable();
    let n = micros.len();
    let n_failures = requests.iter().filter(|it| it.failed).count();
    let time = |micros: u64| Some(Value::Time(Duration::from_micros(micros)));
    match metric {
        Metric::Requests => Some(Value::Count(n as u64)),
        Metric::Rps => Some(Value::Rate(n as f64 / secs)),
        _ if n == 0 => None,
        Metric::Failures => Some(Value::Count(n_failures as u64)),
        Metric::FailRatio => Some(Value::Ratio(n_failures as f64 / n as f64)),
        Metric::Max => time(micros[n - 1]),
        Metric::Mean => time(micros.iter().sum::<u64>() / n as u64),
        Metric::Min => time(micros[0]),
        Metric::Quantile(quantile) => {
            let percent = (quantile * 100.0).round() as usize;
            time(micros[(percent * n).div_ceil(100).max(1) - 1])
        }
        Metric::Dropped | Metric::Exceptions => unreachable!("not in these tests"),
    }
}

/// What becomes of a threshold that was judged like this.
fn expected_outcome(judged: impl Iterator<Item = bool>) -> Outcome {
    match Vec::from_iter(judged).as_slice() {
        [] => Outcome::NoData,
        judged if judged.contains(&false) => Outcome::Failed,
        _ => Outcome::Passed,
    }
}

/// A condition with a limit that some windows keep and others do not.
fn conditions() -> impl Strategy<Value = Condition> {
    let metrics = [
        ("p50", "us"),
        ("p95", "us"),
        ("mean", "us"),
        ("min", "us"),
        ("max", "us"),
        ("rps", ""),
        ("requests", ""),
        ("failures", ""),
        ("fail_ratio", "%"),
    ];
    let rows = ["", "GET /a: ", "/b: "];
    let operators = ["<", "<=", ">", ">="];
    (
        prop::sample::select(rows.to_vec()),
        prop::sample::select(metrics.to_vec()),
        prop::sample::select(operators.to_vec()),
        0_u32..100,
        proptest::option::of(1_u32..40),
    )
        .prop_map(|(row, (metric, unit), operator, limit, window)| {
            let window = window.map_or_else(String::new, |it| format!(" over {it}s"));
            condition(&format!("{row}{metric} {operator} {limit}{unit}{window}"))
        })
}

fn requests() -> impl Strategy<Value = Vec<Done>> {
    let request = (
        1_u64..130_000,
        1_u64..200,
        0_usize..2,
        prop::bool::weighted(0.3),
    );
    let request = request.prop_map(|(at_millis, micros, row, failed)| Done {
        at_millis,
        micros,
        row,
        failed,
    });
    proptest::collection::vec(request, 0..150).prop_map(|mut requests| {
        requests.sort_by_key(|it| it.at_millis);
        requests
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn verdicts_are_what_the_requests_say(
        conditions in proptest::collection::vec(conditions(), 1..6),
        requests in requests(),
        n_shards in 1_u32..4,
        interval_millis in prop::sample::select(vec![250_u64, 500, 1000, 3250, 26_000]),
    ) {
        let thresholds: Vec<Threshold> = conditions
            .iter()
            .map(|it| Threshold { condition: it.clone(), abort: false })
            .collect();
        let secs = 130;
        let verdicts = run(&thresholds, &requests, (n_shards, secs, interval_millis), |_, _| {});
        for verdict in verdicts.iter() {
            let condition = verdict.condition;
            let row = |it: &&Done| {
                let name = name(["/a", "/b"][it.row]);
                condition.row.as_ref().is_none_or(|row| row.matches(&name))
            };
            let of_row: Vec<Done> = requests.iter().filter(row).copied().collect();
            let value = |start: u64, end: u64| {
                let range = start * 1000..end * 1000;
                let inside = of_row.iter().filter(|it| range.contains(&it.at_millis));
                let inside: Vec<Done> = inside.copied().collect();
                expected_value(condition.metric, &inside, (end - start) as f64)
            };
            if let Some(window) = condition.window() {
                let window = window.as_secs();
                let found: Vec<_> = (window..=secs).map(|end| value(end - window, end)).collect();
                prop_assert_eq!(verdict.value, *found.last().unwrap(), "{}", condition);
                let judged = found.iter().flatten().map(|&it| condition.holds(it));
                prop_assert_eq!(verdict.outcome, expected_outcome(judged));
            } else {
                let found = value(0, secs);
                prop_assert_eq!(verdict.value, found, "{}", condition);
                let judged = found.iter().map(|&it| condition.holds(it));
                prop_assert_eq!(verdict.outcome, expected_outcome(judged));
            }
        }
    }
}
