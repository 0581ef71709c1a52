//! What the project promises, seen from outside.

use std::time::Duration;

use crate::board::aggregated;
use crate::request::{Method, Request, RequestName};
use crate::testing::{Answer, Outcome, Simulation, answer_after};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

fn run(plan: &str, answer: impl Fn(Elapsed) -> Answer + Clone) -> Outcome {
    Simulation::of(plan, move |now: Elapsed, _: &Request| answer(now)).run()
}

fn at_once(_: Elapsed) -> Answer {
    answer_after(MILLI, 200)
}

fn n_requests(outcome: &Outcome, name: &str) -> u64 {
    let name = RequestName {
        name: name.to_owned(),
        method: Method::Get,
    };
    let rows = outcome.board.rows();
    rows.iter().find(|it| it.name == name).unwrap().n_requests
}

#[test]
fn ten_thousand_users_split_five_to_one_as_locusts_do() {
    let plan = r#"version = 1
        load = { users = 10000, spawn_rate = 100000, run_time = 10 }
        [[user_class]]
        name = "A"
        weight = 5
        wait = "1h"
        task = [ { get = "/a" } ]
        [[user_class]]
        name = "B"
        weight = 1
        wait = "1h"
        task = [ { get = "/b" } ]"#;
    let outcome = run(plan, at_once);
    // Locust's order is AABAAA again and again: the 10,000th user is the fourth of its six.
    let found = (n_requests(&outcome, "/a"), n_requests(&outcome, "/b"));
    assert_eq!(found, (8333, 1667));
}

#[test]
fn pacing_of_two_seconds_is_half_a_task_per_second_and_user() {
    let plan = r#"version = 1
        load = { users = 20, spawn_rate = 1000, run_time = "1h" }
        [[user_class]]
        name = "A"
        wait = { pacing = "2s" }
        task = [ { get = "/" } ]"#;
    let answer = |now: Elapsed| answer_after(MILLI * (now.as_micros() % 1900) as u32, 200);
    let rate = n_requests(&run(plan, answer), "/") as f64 / 3600.0 / 20.0;
    assert!((rate / 0.5 - 1.0).abs() < 0.001, "{rate}");
}

#[test]
fn a_hundred_arrivals_per_second_for_a_minute_are_six_thousand_tasks() {
    let plan = r#"version = 1
        load = { arrivals = [ { duration = "60s", rate = 100 } ], stop_timeout = "10s" }
        [[user_class]]
        name = "A"
        task = [ { get = "/" } ]"#;
    let outcome = run(plan, |_| answer_after(35 * MILLI, 200));
    assert_eq!(
        (n_requests(&outcome, "/"), outcome.board.n_dropped()),
        (6000, 0)
    );
}

/// With 100 arrivals per second for 30 s, and a target that stands still from 10 s to 13 s, 300 of
/// 3000 arrive while it does. The one that came t seconds after the beginning waits 3 − t seconds,
/// so 1 % of all, the 30 slowest, are those of the first 0.3 s: 99 % wait no longer than 2.7 s.
#[test]
fn a_stall_shows_in_the_response_times() {
    let plan = r#"version = 1
        load = { arrivals = [ { duration = "30s", rate = 100 } ], max_users = 1000, stop_timeout = "10s" }
        [[user_class]]
        name = "A"
        task = [ { get = "/" } ]"#;
    let answer = |now: Elapsed| {
        let is_stalled = (10..13).contains(&now.as_secs());
        let rest = Elapsed::from_secs(13).since(now);
        answer_after(MILLI + if is_stalled { rest } else { Duration::ZERO }, 200)
    };
    let times = aggregated(&run(plan, answer).board.rows()).response_times;
    assert_eq!(times.buckets.count(), 3000);
    let p99 = times.quantile(0.99).unwrap().as_secs_f64();
    // A tenth of a percent is what the histogram may be off, and 10 ms the next arrival.
    assert!((p99 - 2.7).abs() < 0.015, "{p99}");
    assert_eq!(times.max, Some(3001 * MILLI));
    // The median knows nothing of it.
    assert_eq!(times.quantile(0.5).unwrap().as_millis(), 1);
}
