//! No wrong number is VALID: what is shown of a run is held against the record of its target, whatever is
//! wrong with the generator.
//!
//! A number is right if it is that of the record to within what `docs/validity.md` calls right: a hundredth
//! of the requests, or four of them; and a twentieth of the time, or 5 ms for an arrival that starts late
//! and as much for an answer that is heard late.

mod run;

use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;

use self::run::{Judged, QUICK, Run, Service};
use crate::http::request::Request;
use crate::http::transport::TransportError;
use crate::measure::board::aggregated;
use crate::run_state::EndCause;
use crate::running::shard::Command;
use crate::testing::{Answer, Faults, Simulation, answer_after};
use crate::time::{Elapsed, Reading};
use crate::verdict::validity::{Cause, Grade, Validity};

const MILLI: Duration = Duration::from_millis(1);

fn millis(millis: u64) -> Elapsed {
    Elapsed::from_micros(millis * 1000)
}

/// The numbers are not VALID, because of `cause`.
#[track_caller]
fn check_told(what: &str, run: Run, cause: Cause) {
    let judged = run.judge();
    assert!(
        judged.causes().contains(&cause) && judged.validity.verdict != Grade::Valid,
        "{what}: {:?}, {:?}",
        judged.validity,
        judged.wrong()
    );
}

/// The numbers are those of the target, although something is out of the ordinary.
#[track_caller]
fn check_right(what: &str, run: Run) -> Judged {
    let judged = run.judge();
    assert_eq!(
        judged.validity.verdict,
        Grade::Valid,
        "{what}: {:?}",
        judged.validity
    );
    assert_eq!(judged.wrong(), None, "{what}");
    judged
}

/// The loop does nothing for the last 95 ms of each 500 ms, as where a container has used up its share of
/// a processor.
fn throttled(at: Elapsed) -> Elapsed {
    let within = at.as_micros() % 500_000;
    if within < 405_000 {
        return at;
    }
    Elapsed::from_micros(at.as_micros() - within + 500_000)
}

const USERS: &str = "users = 10, spawn_rate = 1e6, run_time = 10";
const RATE: &str = "arrivals = [{ duration = 10, rate = 100 }]";

#[test]
fn a_generator_that_is_throttled_is_told() {
    for load in [USERS, RATE] {
        let faults = Faults {
            wakes: throttled,
            ..Faults::default()
        };
        let run = Run {
            faults,
            ..Run::new(load, "", QUICK)
        };
        let judged = run.judge();
        let wrong = judged.wrong();
        assert!(wrong.is_some(), "the test has no wrong number");
        let causes = judged.causes();
        assert!(
            causes.contains(&Cause::Standstill),
            "{load}: {wrong:?}, {causes:?}"
        );
    }
}

#[test]
fn a_short_time_with_few_standstills_is_told() {
    let faults = Faults {
        wakes: throttled,
        ..Faults::default()
    };
    let quick = Service {
        usual: 5 * MILLI,
        ..QUICK
    };
    // Four of them are left after it, and make the 99th percentile.
    let run = Run {
        faults,
        commands: vec![(millis(8071), Command::Reset)],
        ..Run::new(USERS, "", quick)
    };
    let judged = run.judge();
    assert!(judged.wrong().is_some(), "the test has no wrong number");
    assert!(
        judged.causes().contains(&Cause::Standstill),
        "{:?}",
        judged.validity
    );
}

#[test]
fn a_standstill_at_either_end_or_around_a_reset_is_told() {
    for (what, stall, reset) in [
        ("at the begin", (0, 1500), None),
        ("at the end", (8500, 11_000), None),
        ("around a reset", (4000, 6000), Some(5000)),
    ] {
        let stall = Some((millis(stall.0), millis(stall.1)));
        let reset = reset.map(|at| (millis(at), Command::Reset));
        for load in [USERS, RATE] {
            let faults = Faults {
                stall,
                ..Faults::default()
            };
            let run = Run {
                faults,
                commands: reset.clone().into_iter().collect(),
                ..Run::new(load, "", QUICK)
            };
            check_told(what, run, Cause::Standstill);
        }
    }
}

#[test]
fn a_clock_that_is_set_back_is_told() {
    let reading: fn(Elapsed) -> Reading = |at| Reading {
        unix_time: Some(
            at.to_duration() + Duration::from_secs(if at.as_secs() < 5 { 7200 } else { 3600 }),
        ),
        ..Reading::default()
    };
    let run = Run {
        faults: Faults {
            reading,
            ..Faults::default()
        },
        ..Run::new(USERS, "", QUICK)
    };
    check_told("set back by an hour", run, Cause::ClockStep);
}

#[test]
fn more_than_the_connections_carry_is_told() {
    for (what, load) in [
        ("users", "users = 12, spawn_rate = 1e6, run_time = 10"),
        (
            "users after a while",
            "users = 20, spawn_rate = 2, run_time = 10",
        ),
        ("arrivals", "arrivals = [{ duration = 10, rate = 400 }]"),
        (
            "arrivals for a second",
            "arrivals = [{ duration = 5, rate = 100 }, { duration = 1, rate = 600 }, \
             { duration = 4, rate = 100 }]",
        ),
    ] {
        let run = Run {
            capacity: 6,
            ..Run::new(load, "", QUICK)
        };
        check_told(what, run, Cause::OwnQueue);
    }
}

#[test]
fn a_capacity_that_shrinks_during_the_run_is_told() {
    let answer = |at: Elapsed, _: &Request| answer_after(QUICK.time(at), 200);
    let run = Simulation {
        capacity: Rc::new(|at, _| if at < millis(5000) { 100 } else { 4 }),
        ..Simulation::new(Run::new(USERS, "", QUICK).plan, answer)
    };
    let validity = Validity::new(&run.run().board, &[]).unwrap();
    assert!(
        validity
            .reasons
            .iter()
            .any(|it| it.cause == Cause::OwnQueue)
    );
}

#[test]
fn requests_that_hang_to_the_end_are_told() {
    let hangs = Service {
        hung_one_of: 40,
        ..QUICK
    };
    check_told("one of 40", Run::new(RATE, "", hangs), Cause::GivenUp);
    let stalls = Service {
        stall: Some((millis(9000), millis(60_000))),
        ..QUICK
    };
    check_told("across the end", Run::new(RATE, "", stalls), Cause::GivenUp);
    let mut short = Run::new("users = 9, spawn_rate = 1e6, run_time = 2", "", QUICK);
    short.service.usual = Duration::from_secs(3);
    check_told("shorter than the answers", short, Cause::NothingMeasured);
}

#[test]
fn a_target_that_answers_after_the_timeout_only_has_failed_all() {
    let slow = Service {
        usual: Duration::from_secs(5),
        ..QUICK
    };
    for load in [USERS, RATE] {
        let run = Run::new(load, "", slow).with_timeout(500 * MILLI);
        let judged = check_right("answers too late", run);
        let accounts = judged.outcome.board.accounts();
        assert_eq!((accounts.answered, accounts.dropped), (0, 0));
        let total = aggregated(&judged.outcome.board.rows());
        assert_eq!(total.n_failures(), total.n_requests);
        assert_eq!(total.response_times.min, Some(500 * MILLI));
    }
}

#[test]
fn arrivals_beyond_the_users_are_told() {
    let slow = Service {
        usual: Duration::from_millis(200),
        ..QUICK
    };
    let load = "arrivals = [{ duration = 10, rate = 100 }], max_users = 15";
    check_told("too few users", Run::new(load, "", slow), Cause::Dropped);
    let load = "arrivals = [{ duration = 10, rate = 100 }], max_users = 25";
    check_right("users enough", Run::new(load, "", slow));
}

#[test]
fn a_percentile_of_few_requests_is_told() {
    let mut run = Run::new("users = 1, spawn_rate = 1, run_time = 5", "", QUICK);
    run.plan.thresholds = vec!["p99 < 1s".parse().unwrap()];
    check_told("p99 of 250", run, Cause::TooFew);
    let run = Run::new("users = 1, spawn_rate = 1, max_requests = 50", "", QUICK);
    check_told("p95 of 50", run, Cause::TooFew);
}

#[test]
fn users_that_never_come_are_in_no_number() {
    let load = "users = 1000, spawn_rate = 1, run_time = 10";
    let judged = check_right("ten of a thousand", Run::new(load, "", QUICK));
    let log = &judged.outcome.logs[0];
    assert_eq!(log.most_in_flight.get(), 10);
    let shown = judged.outcome.board.series();
    assert_eq!(shown.iter().map(|it| it.n_users).max(), Some(10));
}

#[test]
fn numbers_after_a_reset_are_those_of_the_time_after_it() {
    // The target is slow before the reset, and quick after it.
    let stalls = Service {
        stall: Some((millis(1000), millis(4000))),
        ..QUICK
    };
    for load in [USERS, RATE] {
        let run = Run {
            commands: vec![(millis(5000), Command::Reset)],
            ..Run::new(load, "", stalls)
        };
        let judged = check_right("after a reset", run);
        let total = aggregated(&judged.outcome.board.rows());
        assert!(total.response_times.max < Some(30 * MILLI));
    }
}

#[test]
fn a_stall_of_the_target_is_in_the_times_of_all_who_came_in_it() {
    let stalls = Service {
        stall: Some((millis(4000), millis(7000))),
        ..QUICK
    };
    let judged = check_right("a stall of 3 s", Run::new(RATE, "", stalls));
    let total = aggregated(&judged.outcome.board.rows());
    // A generator that waits for answers would have sent next to nothing in it.
    let p90 = total.response_times.quantile(0.9).unwrap();
    assert!(1900 * MILLI < p90 && p90 < 2100 * MILLI, "{p90:?}");
}

#[test]
fn a_run_that_is_stopped_has_the_numbers_up_to_then() {
    let run = Run {
        commands: vec![(millis(4321), Command::Stop(EndCause::Person))],
        ..Run::new(RATE, "", QUICK)
    };
    let judged = check_right("stopped", run);
    let accounts = judged.outcome.board.accounts();
    assert_eq!(accounts.due, 433);
}

#[test]
fn failures_are_as_many_as_the_target_has_made() {
    let fails = Service {
        status: 503,
        slow_one_of: 7,
        ..QUICK
    };
    let judged = check_right("all fail", Run::new(USERS, "wait = 0.1", fails));
    let accounts = judged.outcome.board.accounts();
    assert_eq!(accounts.answered, 0);
}

#[test]
fn connections_that_the_generator_lacks_are_not_the_targets_failures() {
    for error in [
        TransportError::TooManyOpenFiles,
        TransportError::NoLocalPort,
    ] {
        let answer = move |at: Elapsed, _: &Request| match at.as_micros() % 10 {
            0 => Answer {
                after: MILLI,
                result: Err(error),
            },
            _ => answer_after(20 * MILLI + Duration::from_micros(at.as_micros() % 7), 200),
        };
        let plan = Run::new(USERS, "", QUICK).plan;
        let validity = Validity::new(&Simulation::new(plan, answer).run().board, &[]).unwrap();
        let mut reasons = validity.reasons.iter();
        assert!(
            reasons.any(|it| it.cause == Cause::OpenFiles),
            "{validity:?}"
        );
    }
}

fn services() -> impl Strategy<Value = Service> {
    let stall = prop::option::weighted(0.3, (0_u64..10_000, 100_u64..4_000));
    let hung = prop_oneof![3 => Just(0), 1 => 20_u64..400];
    let slow = prop_oneof![Just(0), 2_u64..60];
    (4_u64..80, slow, stall, hung).prop_map(|(usual, slow_one_of, stall, hung_one_of)| Service {
        usual: Duration::from_millis(usual),
        slow_one_of,
        stall: stall.map(|(from, length)| (millis(from), millis(from + length))),
        hung_one_of,
        status: 200,
    })
}

fn faults() -> impl Strategy<Value = Faults> {
    let stall = prop::option::weighted(0.3, (0_u64..10_000, 20_u64..3_000));
    let lag = prop_oneof![3 => Just(0), 1 => 0_u64..40_000];
    let wakes = prop_oneof![3 => Just((|at| at) as fn(Elapsed) -> Elapsed), 1 => Just(throttled as fn(Elapsed) -> Elapsed)];
    (stall, lag, wakes).prop_map(|(stall, lag, wakes)| Faults {
        stall: stall.map(|(from, length)| (millis(from), millis(from + length))),
        lag: Duration::from_micros(lag),
        wakes,
        ..Faults::default()
    })
}

fn loads() -> impl Strategy<Value = (String, &'static str)> {
    let users = (1_u32..16, prop::sample::select(vec!["", "wait = 0.1"]));
    let users =
        users.prop_map(|(n, wait)| (format!("users = {n}, spawn_rate = 50, run_time = 10"), wait));
    let rate = (10_u32..200, prop::sample::select(vec![10_u32, 1000]));
    let rate = rate.prop_map(|(rate, max_users)| {
        let stage = format!("{{ duration = 10, rate = {rate} }}");
        (format!("arrivals = [{stage}], max_users = {max_users}"), "")
    });
    prop_oneof![users, rate]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is wrong with the generator or the target: either it is told, or the numbers are right.
    #[test]
    fn what_is_valid_is_what_the_target_has_recorded(
        (load, lines) in loads(),
        service in services(),
        faults in faults(),
        capacity in prop_oneof![Just(1000_usize), 1_usize..20],
        n_shards in 1_u32..3,
        has_timeout: bool,
        reset in prop::option::weighted(0.3, 0_u64..9000),
    ) {
        let mut run = Run {
            faults,
            capacity,
            n_shards,
            commands: reset.map(|at| (millis(at), Command::Reset)).into_iter().collect(),
            ..Run::new(&load, lines, service)
        };
        if has_timeout {
            run = run.with_timeout(700 * MILLI);
        }
        let judged = run.judge();
        if judged.validity.verdict == Grade::Valid {
            prop_assert_eq!(judged.wrong(), None);
        }
    }
}
