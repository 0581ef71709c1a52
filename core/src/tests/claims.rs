//! What the project promises, seen from outside: whole plans against the simulated API, in virtual
//! time. The tests of the command make the same claims against a target that counts.

use std::time::Duration;

use crate::http::request::{Method, RequestName};
use crate::http::transport::Transport as _;
use crate::measure::board::{Board, aggregated};
use crate::measure::snapshot::TimeTotals;
use crate::plan::{Plan, Target};
use crate::run_state::ShardId;
use crate::simulate::SimulatedApi;
use crate::testing::{ManualClock, run_to_end, shard};

/// Enough workers that nothing waits, and a millisecond of work.
const QUICK: &str = r#"[simulated]
    workers = 10000
    max_in_flight = 10000
    service_time = { constant = "1ms" }
"#;

/// The numbers of a plan that consists of these parts.
fn run(load: &str, classes: &str, simulated: &str) -> Board {
    let toml = format!("version = 1\n{load}\n{simulated}\n{classes}");
    let plan = Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}"));
    let Some(Target::Simulated(model)) = plan.target.clone() else {
        panic!("no simulated API in the plan")
    };
    let clock = ManualClock::default();
    let api = SimulatedApi::with_model(clock.clone(), 1, model);
    let shard = shard(&plan, 1, ShardId::ONLY, api.max_in_flight());
    let mut board = Board::default();
    for snapshot in run_to_end(shard, &api, &clock, Vec::new()) {
        board.post(snapshot);
    }
    board
}

/// A class without a wait, whose only task is `GET /`.
const ONE_CLASS: &str = r#"[[user_class]]
    name = "A"
    task = [ { get = "/" } ]"#;

fn n_requests(board: &Board, name: &str) -> u64 {
    let name = RequestName {
        name: name.to_owned(),
        method: Method::Get,
    };
    let rows = board.rows();
    rows.iter().find(|it| it.name == name).unwrap().n_requests
}

fn times(board: &Board) -> TimeTotals {
    aggregated(&board.rows()).response_times
}

#[test]
fn ten_thousand_users_split_five_to_one_as_locusts_do() {
    let classes = r#"[[user_class]]
        name = "A"
        weight = 5
        wait = "1h"
        task = [ { get = "/" } ]
        [[user_class]]
        name = "B"
        weight = 1
        wait = "1h"
        task = [ { get = "/cube" } ]"#;
    let load = "load = { users = 10000, spawn_rate = 100000, run_time = 10 }";
    let board = run(load, classes, QUICK);
    // Locust's order is AABAAA again and again: the 10,000th user is the fourth of its six.
    let found = (n_requests(&board, "/"), n_requests(&board, "/cube"));
    assert_eq!(found, (8333, 1667));
}

/// Service times between 0 and 1.9 s, so that a wait that did not count them would show.
#[test]
fn pacing_of_two_seconds_is_half_a_task_per_second_and_user() {
    let classes = r#"[[user_class]]
        name = "A"
        wait = { pacing = "2s" }
        task = [ { get = "/" } ]"#;
    let load = r#"load = { users = 20, spawn_rate = 1000, run_time = "1h" }"#;
    let simulated = r#"[simulated]
        workers = 100
        max_in_flight = 100
        service_time = { uniform = ["0s", "1.9s"] }"#;
    let rate = n_requests(&run(load, classes, simulated), "/") as f64 / 3600.0 / 20.0;
    assert!((rate / 0.5 - 1.0).abs() < 0.001, "{rate}");
}

#[test]
fn a_hundred_arrivals_per_second_for_a_minute_are_six_thousand_tasks() {
    let load =
        r#"load = { arrivals = [ { duration = "60s", rate = 100 } ], stop_timeout = "10s" }"#;
    let board = run(load, ONE_CLASS, QUICK);
    assert_eq!((n_requests(&board, "/"), board.n_dropped()), (6000, 0));
}

/// With 100 arrivals per second for 30 s, and a target that stands still from 10 s to 13 s, 300 of
/// 3000 arrive while it does. The one that came t seconds after the beginning waits 3 − t seconds,
/// so 1 % of all, the 30 slowest, are those of the first 0.3 s: 99 % wait no longer than 2.7 s.
#[test]
fn a_stall_shows_in_the_response_times() {
    let load = r#"[load]
        arrivals = [ { duration = "30s", rate = 100 } ]
        max_users = 1000
        stop_timeout = "10s""#;
    let stalled = format!("{QUICK}stalls = [ {{ at = \"10s\", duration = \"3s\" }} ]");
    let times = times(&run(load, ONE_CLASS, &stalled));
    assert_eq!(times.buckets.count(), 3000);
    let p99 = times.quantile(0.99).unwrap().as_secs_f64();
    // A tenth of a percent is what the histogram may be off, and 10 ms the next arrival.
    assert!((p99 - 2.7).abs() < 0.015, "{p99}");
    assert!(Duration::from_secs(3) <= times.max.unwrap());
}

/// By Little's law: 1,000 users that rest for 5 s and wait 1 ms for an answer send 1,000 ÷ 5.001
/// requests per second.
#[test]
fn an_hour_of_a_thousand_users_takes_seconds() {
    let classes = r#"[[user_class]]
        name = "A"
        wait = "5s"
        task = [ { get = "/" } ]"#;
    let load = r#"load = { users = 1000, spawn_rate = 1000, run_time = "1h" }"#;
    let n_requests = n_requests(&run(load, classes, QUICK), "/") as f64;
    let expected = 3600.0 * 1000.0 / 5.001;
    // The first second is the ramp.
    assert!((n_requests / expected - 1.0).abs() < 0.001, "{n_requests}");
}
