//! What the project promises, through the command and counted by the target. The same through the
//! simulated API is in `core/src/tests/claims.rs`.

use std::time::Duration;

use crate::run;
use crate::target::Target;

#[test]
fn ten_thousand_users_split_five_to_one_as_locusts_do() {
    let target = Target::quick();
    let plan = r#"version = 1
        load = { users = 10000, spawn_rate = 2000, max_requests = 10000, run_time = "60s" }
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
    let ended = run(plan, &target.url);

    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let arrivals = target.arrivals();
    assert_eq!((arrivals["/a"].len(), arrivals["/b"].len()), (8333, 1667));
    assert_eq!(
        (ended.n_requests("/a"), ended.n_requests("/b")),
        (8333, 1667)
    );
}

#[test]
fn pacing_of_two_seconds_is_half_a_task_per_second_and_user() {
    let target = Target::quick();
    let plan = r#"version = 1
        load = { users = 20, spawn_rate = 20, run_time = "23s" }
        [[user_class]]
        name = "A"
        wait = { pacing = "2s" }
        task = [ { steps = [ { get = "/user/{{user()}}", name = "/user" } ] } ]"#;
    let ended = run(plan, &target.url);

    let arrivals = target.arrivals();
    assert_eq!(arrivals.len(), 20);
    let periods = arrivals.values().map(|times| {
        let n_periods = times.len() as f64 - 1.0;
        assert!(10.0 <= n_periods, "{n_periods}");
        (times[times.len() - 1] - times[0]).as_secs_f64() / n_periods
    });
    let mean = periods.sum::<f64>() / 20.0;
    assert!((mean / 2.0 - 1.0).abs() < 0.001, "{mean}");
    assert_eq!(ended.n_requests("/user"), target.n_requests());
}

#[test]
fn a_hundred_arrivals_per_second_for_a_minute_are_six_thousand_tasks() {
    let target = Target::quick();
    let plan = r#"version = 1
        load = { arrivals = [ { duration = "60s", rate = 100 } ], stop_timeout = "10s" }
        thresholds = [ "dropped == 0", "requests == 6000" ]
        [[user_class]]
        name = "A"
        task = [ { get = "/" } ]"#;
    let ended = run(plan, &target.url);

    ended.check_passed();
    assert_eq!((target.n_requests(), ended.n_requests("/")), (6000, 6000));
}

/// Of 3000 requests, the 300 that come while the target stands still wait for its end: the one that
/// comes t seconds after the beginning for 3 − t. So 1 % of all wait longer than 2.7 s.
#[test]
fn a_stall_of_three_seconds_shows_in_the_response_times() {
    let target = Target::start(Duration::from_secs(10), Duration::from_secs(3));
    let plan = r#"version = 1
        load = { arrivals = [ { duration = "30s", rate = 100 } ], max_users = 1000, stop_timeout = "10s" }
        thresholds = [ "p99 > 2650ms", "p99 < 2750ms", "max > 2950ms", "p50 < 100ms", "dropped == 0" ]
        [[user_class]]
        name = "A"
        task = [ { get = "/" } ]"#;
    let ended = run(plan, &target.url);

    ended.check_passed();
    assert_eq!((target.n_requests(), ended.n_requests("/")), (3000, 3000));
}
