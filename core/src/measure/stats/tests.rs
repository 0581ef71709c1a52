use std::cell::Cell;

use super::*;
use crate::http::request::Method;
use crate::testing::{name, sample};

/// Counts a request in row `row` that was done at second `second`.
fn record(stats: &mut Stats, row: usize, second: u64, status: u16) {
    let sample = sample(Elapsed::from_secs(second), status);
    stats.record(row, &sample, 1, Evidence::default);
}

/// Requests in, and number of, the last seconds of a row with five requests in each of `seconds`.
#[track_caller]
fn check_recent(seconds: std::ops::Range<u64>, now: u64, expected: (u64, u64)) {
    let mut stats = Stats::new([name("/")]);
    for second in seconds {
        for _ in 0..5 {
            record(&mut stats, 0, second, 200);
        }
    }
    let recent = stats.rows(Elapsed::from_secs(now), false)[0].recent;
    assert_eq!((recent.n_requests, recent.secs), expected);
}

#[test]
fn the_current_rate_is_that_of_the_last_ten_whole_seconds() {
    check_recent(0..1, 0, (0, 0));
    check_recent(0..1, 1, (5, 1));
    check_recent(0..4, 3, (15, 3));
    check_recent(0..31, 30, (50, 10));
}

#[test]
fn the_current_rate_falls_to_zero_when_the_target_stalls() {
    check_recent(0..30, 35, (25, 10));
    check_recent(0..30, 40, (0, 10));
    check_recent(0..30, 500, (0, 10));
}

#[test]
fn a_reset_forgets_counts_and_keeps_counting() {
    let mut stats = Stats::new([name("/")]);
    let late = stats.row(name("/late"));
    record(&mut stats, 0, 1, 500);
    record(&mut stats, late, 1, 200);
    stats.record_abort(0, Duration::ZERO);
    stats.record_dropped(Elapsed::from_secs(1));
    stats.record_exception(&"task".into(), &"no $.id".into(), Elapsed::from_secs(1));
    stats.reset(Elapsed::from_secs(2));
    assert_eq!(stats.rows(Elapsed::from_secs(2), true), []);
    assert_eq!((stats.n_dropped(), stats.exceptions().len()), (0, 0));

    record(&mut stats, late, 3, 200);
    let row = &stats.rows(Elapsed::from_secs(4), false)[0];
    assert_eq!(row.name, name("/late"));
    assert_eq!((row.n_requests, row.n_failures(), row.n_aborted), (1, 0, 0));
    assert_eq!((row.recent.n_requests, row.recent.secs), (1, 2));
}

fn named(method: Method, name: &str) -> RequestName {
    let name = name.to_owned();
    RequestName { name, method }
}

#[test]
fn names_of_the_run_have_rows_like_those_of_the_plan() {
    let mut stats = Stats::new([name("/b"), name("/d")]);
    let rows = ["/c", "/a", "/d", "/c"].map(|it| stats.row(name(it)));
    assert_eq!(rows, [2, 3, 1, 2]);
    for row in rows {
        record(&mut stats, row, 0, 200);
    }
    let rows = stats.rows(Elapsed::ZERO, false);
    let counts: Vec<_> = rows
        .iter()
        .map(|it| (it.name.name.as_str(), it.n_requests))
        .collect();
    assert_eq!(counts, [("/a", 1), ("/c", 2), ("/d", 1)]);
}

#[test]
fn names_beyond_the_most_are_counted_together_by_method() {
    let names = (0..1001).map(|nth| name(&format!("/{nth}")));
    let mut stats = Stats::new(names.clone());
    let others = [Method::Get, Method::Put].map(|it| stats.row(named(it, "/new")));
    assert_eq!(others, [1000, 1001]);
    assert_eq!(stats.row(name("/1000")), 1000);
    assert_eq!(stats.row(named(Method::Put, "(other)")), 1001);
    assert!(
        names
            .take(1000)
            .enumerate()
            .all(|(nth, it)| stats.row(it) == nth)
    );
    assert!(stats.rows_left_out());

    record(&mut stats, others[1], 0, 200);
    let rows = stats.rows(Elapsed::ZERO, false);
    assert_eq!(rows[0].name, named(Method::Put, "(other)"));
    assert!(!Stats::new([name("/")]).rows_left_out());
}

fn check_failure(row: &RowTotals, message: &str, count: u64) {
    let totals = &row.failures[&Failure::Check(message.into())];
    assert_eq!(totals.count, count, "{message}");
}

#[test]
fn kinds_of_failures_beyond_the_most_are_counted_together() {
    let mut stats = Stats::new([name("/")]);
    for nth in (0..200).chain(0..150) {
        let failure = Some(Failure::Check(format!("{nth}").into()));
        let sample = Sample {
            failure,
            ..sample(Elapsed::ZERO, 200)
        };
        stats.record(0, &sample, 1, Evidence::default);
    }
    let row = &stats.rows(Elapsed::ZERO, false)[0];
    assert_eq!((row.failures.len(), row.n_failures()), (101, 350));
    check_failure(row, "99", 2);
    check_failure(row, "(other)", 150);
}

#[test]
fn the_first_failure_of_a_kind_has_evidence() {
    let mut stats = Stats::new([name("/a"), name("/b")]);
    let n_asked = Cell::new(0);
    let evidence = || {
        n_asked.set(n_asked.get() + 1);
        Evidence {
            user: n_asked.get(),
            ..Evidence::default()
        }
    };
    for (row, status) in [(0, 200), (0, 500), (0, 500), (0, 404), (1, 500), (1, 500)] {
        stats.record(row, &sample(Elapsed::ZERO, status), 1, evidence);
    }
    let rows = stats.rows(Elapsed::ZERO, false);
    let failures = rows.iter().flat_map(|it| it.failures.values());
    let users: Vec<u32> = failures
        .map(|it| it.evidence.as_ref().unwrap().user)
        .collect();
    assert_eq!(users, [2, 1, 3]);
    assert_eq!(n_asked.get(), 3);
}

#[test]
fn evidence_is_bounded_for_all_rows_together() {
    let mut stats = Stats::new((0..200).map(|nth| name(&format!("/{nth:03}"))));
    for row in 0..200 {
        record(&mut stats, row, 0, 500);
    }
    let rows = stats.rows(Elapsed::ZERO, false);
    let failures = rows.iter().flat_map(|it| it.failures.values());
    let has_evidence: Vec<bool> = failures.map(|it| it.evidence.is_some()).collect();
    assert_eq!(has_evidence, [[true; 100], [false; 100]].concat());
}

#[test]
fn exceptions_are_grouped_by_task_and_message() {
    let mut stats = Stats::new([]);
    for (task, message, second) in [("b", "x", 1), ("a", "y", 2), ("b", "x", 3), ("a", "x", 4)] {
        stats.record_exception(&task.into(), &message.into(), Elapsed::from_secs(second));
    }
    let exceptions = stats.exceptions();
    let found: Vec<_> = exceptions
        .iter()
        .map(|it| {
            (
                &*it.task,
                &*it.message,
                it.count,
                it.first.as_secs(),
                it.last.as_secs(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("a", "x", 1, 4, 4),
            ("a", "y", 1, 2, 2),
            ("b", "x", 2, 1, 3)
        ]
    );
}

#[test]
fn exceptions_beyond_the_most_are_counted_together() {
    let mut stats = Stats::new([]);
    for nth in (0..1005).chain(0..1002) {
        stats.record_exception(&"task".into(), &format!("{nth:04}").into(), Elapsed::ZERO);
    }
    let exceptions = stats.exceptions();
    assert_eq!(exceptions.len(), 1001);
    assert_eq!((&*exceptions[0].task, exceptions[0].count), ("(other)", 7));
    assert!(exceptions[1..].iter().all(|it| it.count == 2));
}

#[test]
fn rows_have_their_series_if_watched_or_at_the_end() {
    let mut stats = Stats::new([name("/a"), name("/b")]);
    stats.watch(BTreeSet::from([name("/b"), name("/c")]));
    record(&mut stats, 0, 3, 200);
    record(&mut stats, 1, 5, 500);
    let now = Elapsed::from_secs(7);

    let rows = stats.rows(now, false);
    assert_eq!(rows[0].series, None);
    let series = rows[1].series.as_ref().unwrap();
    let counts: Vec<_> = series
        .iter()
        .map(|it| (it.start, it.n_requests, it.n_failures, it.n_users))
        .collect();
    assert_eq!(counts, [(5, 1, 1, 0), (6, 0, 0, 0), (7, 0, 0, 0)]);

    let lengths = stats
        .rows(now, true)
        .into_iter()
        .map(|it| it.series.map(|it| it.len()));
    assert_eq!(Vec::from_iter(lengths), [Some(5), Some(3)]);
}

#[test]
fn a_row_without_requests_is_small() {
    assert!(size_of::<Row>() < 900, "{}", size_of::<Row>());
}
