//! What the numbers say about a target that stalls, fails, or is slow.

use std::time::Duration;

use crate::http::request::Request;
use crate::http::transport::TransportError;
use crate::measure::board::aggregated;
use crate::measure::sample::Failure;
use crate::measure::snapshot::RowTotals;
use crate::testing::{Answer, Simulation, answer_after, class, load, plan};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

/// Answers after 10 ms, but nothing in the first three seconds.
fn stalls_once(now: Elapsed, _: &Request) -> Answer {
    answer_after(Elapsed::from_secs(3).since(now).max(10 * MILLI), 200)
}

#[test]
fn waiting_for_a_connection_counts_as_response_time() {
    let plan = plan(vec![class("A", 1)], load(4, 1e6), 4);

    let outcome = Simulation {
        max_in_flight: 2,
        ..Simulation::new(plan, stalls_once)
    }
    .run();

    assert_eq!(outcome.logs[0].most_in_flight.get(), 2);
    let total = aggregated(&outcome.board.rows());
    // Two users were stalled by the target and two by the first two. All four felt it.
    assert_eq!(total.response_times.max.unwrap().as_millis(), 3009);
    assert_eq!(total.service_times.max.unwrap().as_millis(), 3000);
    let n_slow = |times: &crate::measure::snapshot::TimeTotals| {
        let n_all = times.buckets.count();
        (1..=10)
            .filter(|&it| {
                let quantile = 1.0 - f64::from(it - 1) / n_all as f64;
                times.quantile(quantile).unwrap() > Duration::from_secs(2)
            })
            .count()
    };
    assert_eq!(n_slow(&total.response_times), 4);
    assert_eq!(n_slow(&total.service_times), 2);
}

#[test]
fn the_queue_is_in_the_snapshots() {
    let plan = plan(vec![class("A", 1)], load(50, 1e6), 2);

    let outcome = Simulation {
        max_in_flight: 6,
        ..Simulation::new(plan, stalls_once)
    }
    .run();

    let at_one_second = outcome
        .snapshots
        .iter()
        .find(|it| it.at == Elapsed::from_secs(1));
    assert_eq!(at_one_second.unwrap().n_queued, 44);
    assert_eq!(outcome.board.n_queued(), 0);
}

#[track_caller]
fn check_failures(answer: Answer, expected: Option<Failure>) -> RowTotals {
    let mut plan = plan(vec![class("A", 1)], load(1, 1.0), 10);
    plan.request.timeout = Duration::from_secs(1);

    let outcome = Simulation::new(plan, move |_: Elapsed, _: &Request| answer.clone()).run();

    let total = aggregated(&outcome.board.rows());
    let failures: Vec<Failure> = total.failures.keys().cloned().collect();
    assert_eq!(failures, Vec::from_iter(expected.clone()));
    let n_failures = if expected.is_some() {
        total.n_requests
    } else {
        0
    };
    assert_eq!(total.n_failures(), n_failures);
    total
}

#[test]
fn an_error_status_is_a_failure_that_was_answered() {
    check_failures(answer_after(100 * MILLI, 204), None);
    let total = check_failures(answer_after(99 * MILLI, 503), Some(Failure::Status(503)));
    assert_eq!(total.n_requests, 101);
    assert_eq!(total.body_bytes, 10_100);
    let failures = &total.failures[&Failure::Status(503)];
    assert_eq!(
        (failures.first, failures.last).0,
        Elapsed::from_micros(99_000)
    );
    assert_eq!(
        (failures.first, failures.last).1,
        Elapsed::from_micros(9_999_000)
    );
}

#[test]
fn a_lost_connection_is_a_failure() {
    let lost = Answer {
        after: 100 * MILLI,
        result: Err(TransportError::Opaque),
    };
    check_failures(lost, Some(Failure::Transport(TransportError::Opaque)));
}

#[test]
fn a_request_beyond_the_timeout_is_given_up() {
    let never = answer_after(Duration::from_secs(3600), 200);
    let total = check_failures(never, Some(Failure::Transport(TransportError::Timeout)));
    // One per second; the tenth was due to end with the run.
    assert_eq!((total.n_requests, total.n_aborted), (9, 1));
    assert_eq!(total.response_times.max, Some(Duration::from_secs(1)));
}

#[test]
fn a_request_that_was_given_up_is_dropped_by_the_transport() {
    let mut plan = plan(vec![class("A", 1)], load(1, 1.0), 10);
    plan.request.timeout = Duration::from_secs(1);
    let never = |_: Elapsed, _: &Request| answer_after(Duration::from_secs(3600), 200);

    let outcome = Simulation::new(plan, never).run();

    assert_eq!(outcome.logs[0].most_in_flight.get(), 1);
    assert_eq!(outcome.logs[0].n_in_flight.get(), 0);
}

#[test]
fn a_million_requests_are_kept_in_as_much_as_a_thousand() {
    // Ten requests a second for each user.
    let kept = |n_users: u32| {
        let plan = plan(vec![class("A", 1)], load(n_users, 1e6), 100);
        let simulation = Simulation::new(plan, |_, _| answer_after(100 * MILLI, 200));
        let outcome = simulation.run();
        let n_requests = aggregated(&outcome.board.rows()).n_requests;
        let last = outcome.snapshots.last().unwrap();
        (n_requests, postcard::to_stdvec(last).unwrap().len())
    };
    let (thousand, few) = kept(1);
    let (million, many) = kept(1000);
    assert!((900..=1000).contains(&thousand), "{thousand}");
    assert!((900_000..=1_000_000).contains(&million), "{million}");
    // Larger numbers have some more digits.
    assert!(many < 2 * few, "{few} and {many} bytes");
}
