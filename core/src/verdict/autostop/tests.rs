//! Whole runs against targets that refuse or go, and when they would be ended.

use std::time::Duration;

use super::Autostop;
use crate::http::request::Request;
use crate::http::transport::TransportError;
use crate::measure::board::Board;
use crate::plan::Plan;
use crate::run_state::EndCause;
use crate::running::shard::Command;
use crate::testing::{Answer, Simulation, answer_after, answer_later};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

/// Five users for 60 s, each of which asks once in 100 ms, with `lines` in the step.
fn plan(lines: &str) -> String {
    format!(
        "version = 1\nload = {{ users = 5, spawn_rate = 100, run_time = 60, autostop = true }}\n\
         [[user_class]]\nname = 'A'\nwait = 0.1\ntask = [{{ get = '/', {lines} }}]\n"
    )
}

/// 200 outside of these seconds, and `status` in them.
fn between(secs: [u64; 2], status: u16) -> impl Fn(Elapsed, &Request) -> Answer + Clone {
    move |at, _| {
        let is_within = (secs[0]..secs[1]).contains(&at.as_secs());
        answer_after(MILLI, if is_within { status } else { 200 })
    }
}

/// No answer outside of these seconds.
fn lost_after(secs: u64, error: TransportError) -> impl Fn(Elapsed, &Request) -> Answer + Clone {
    move |at, _| match at.as_secs() < secs {
        true => answer_after(MILLI, 200),
        false => Answer {
            after: MILLI,
            result: Err(error),
        },
    }
}

fn simulation<F: Fn(Elapsed, &Request) -> Answer + Clone>(lines: &str, answer: F) -> Simulation<F> {
    Simulation::of(&plan(lines), answer)
}

/// When a run would be ended, in whole seconds, and why.
fn stopped<F>(run: Simulation<F>) -> Option<(u64, String)>
where
    F: Fn(Elapsed, &Request) -> Answer + Clone,
{
    let (mut board, mut autostop) = (Board::default(), Autostop::new(true));
    let mut snapshots = run.run().snapshots;
    // Shards run one after the other here.
    snapshots.sort_by_key(|it| it.at);
    for snapshot in snapshots {
        board.post(snapshot);
        autostop.update(&board);
        if let Some(cause) = autostop.cause() {
            assert!(matches!(cause, EndCause::Autostop(_)) && !cause.is_expected());
            return Some((board.at().as_secs(), cause.to_string()));
        }
    }
    None
}

#[track_caller]
fn check_goes_on<F: Fn(Elapsed, &Request) -> Answer + Clone>(run: Simulation<F>) {
    assert_eq!(stopped(run), None);
}

#[test]
fn a_target_that_refuses_for_ten_seconds_ends_the_run() {
    let stop = stopped(simulation("", between([20, 99], 503)));
    let (at, text) = stop.expect("it refuses from 20 s on");
    assert_eq!(at, 30);
    // Five users, each once in 101 ms.
    let expected = "the target refuses: 100 % of the 495 requests that ended in the last 10 s got \
                    503 Service Unavailable; autostop = false under [load] of the plan lets a run go \
                    on against a service that says no";
    assert_eq!(text, expected);
}

#[test]
fn a_target_that_is_back_within_ten_seconds_is_not_left() {
    check_goes_on(simulation("", between([20, 29], 503)));
    check_goes_on(simulation("", between([20, 29], 429)));
    // Failures that come at once are many more than answers.
    let back = |at: Elapsed, _: &Request| match at.as_secs() {
        20..29 => Answer {
            after: MILLI / 10,
            result: Err(TransportError::Refused),
        },
        _ => answer_after(200 * MILLI, 200),
    };
    let plan = plan("").replace("wait = 0.1\n", "");
    check_goes_on(Simulation::of(&plan, back));
}

#[test]
fn a_target_that_is_gone_ends_the_run() {
    for (error, words) in [
        (TransportError::Refused, "connection refused"),
        (TransportError::Opaque, "missing CORS header"),
        (
            TransportError::BodyReset,
            "reset while the answer was arriving",
        ),
    ] {
        let (at, text) = stopped(simulation("", lost_after(5, error))).expect(words);
        assert_eq!(at, 15, "{text}");
        assert!(
            text.starts_with("the target is gone: 100 % of the ") && text.contains(words),
            "{text}"
        );
    }
    // From the first second on.
    let stop = stopped(simulation("", lost_after(0, TransportError::Dns)));
    assert_eq!(stop.map(|it| it.0), Some(10));
}

#[test]
fn what_is_slow_or_the_generators_fault_is_not_gone() {
    check_goes_on(simulation("", lost_after(0, TransportError::Timeout)));
    let own = TransportError::TooManyOpenFiles;
    check_goes_on(simulation("", lost_after(0, own)));
    check_goes_on(simulation("", between([0, 99], 500)));
}

#[test]
fn one_request_in_ten_that_is_answered_is_no_way_back() {
    let every = |nth: u64, status| {
        move |at: Elapsed, _: &Request| {
            let is_let_in = (at.as_micros() / 1000).is_multiple_of(nth);
            answer_after(MILLI, if is_let_in { 200 } else { status })
        }
    };
    let stop = stopped(simulation("", every(30, 429)));
    let (at, text) = stop.expect("29 of 30 are refused");
    assert_eq!(at, 10);
    assert!(text.contains(" got 429 Too Many Requests;"), "{text}");
    check_goes_on(simulation("", every(4, 429)));
}

#[test]
fn both_statuses_count_together() {
    let stop = stopped(simulation("", |at: Elapsed, _: &Request| {
        let is_even = (at.as_micros() / 1000).is_multiple_of(2);
        answer_after(MILLI, if is_even { 429 } else { 503 })
    }));
    let (_, text) = stop.expect("all are refused");
    let expected = " got 429 Too Many Requests or 503 Service Unavailable;";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_status_that_a_check_expects_is_no_refusal() {
    let refuses = || between([0, 99], 429);
    check_goes_on(simulation("check = [{ status = [200, 429] }]", refuses()));
    // Another check that fails says nothing of the status.
    let checks = "check = [{ status = 429 }, { contains = 'x' }]";
    check_goes_on(simulation(checks, refuses()));
    let stop = stopped(simulation("check = [{ status = '2xx' }]", refuses()));
    assert_eq!(stop.map(|it| it.0), Some(10));
}

#[test]
fn few_requests_say_nothing() {
    let plan = plan("").replace("wait = 0.1", "wait = 1.2");
    check_goes_on(Simulation::of(&plan, between([0, 99], 503)));
}

#[test]
fn the_longest_wait_that_the_target_asks_for_is_named() {
    let stop = stopped(simulation("", move |at: Elapsed, _: &Request| {
        match at.as_micros() / 10_000 % 2 {
            0 => answer_later(MILLI, 429, "3600"),
            _ => answer_later(MILLI, 503, "Fri, 31 Dec 1999 23:59:59 GMT"),
        }
    }));
    let (_, text) = stop.expect("all are refused");
    let expected = "503 Service Unavailable, with a Retry-After of up to 3,600 s;";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn users_that_wait_as_they_are_asked_end_the_run_too() {
    let later = |at: Elapsed, _: &Request| match at.as_secs() < 20 {
        true => answer_after(MILLI, 200),
        false => answer_later(MILLI, 503, "60"),
    };
    for n_shards in [1, 3] {
        let mut run = simulation("", later);
        run.n_shards = n_shards;
        let (at, text) = stopped(run).expect("it refuses from 20 s on");
        assert_eq!(at, 30);
        let expected = "100 % of the 5 requests that ended in the last 10 s got 503 Service Unavailable, with a \
                        Retry-After of up to 60 s;";
        assert!(text.contains(expected), "{text}");
    }
    // A third of the time is waited, and 40 requests end in ten seconds.
    let plan = plan("")
        .replace("users = 5", "users = 12")
        .replace("wait = 0.1", "wait = 2");
    let refusing = |_: Elapsed, _: &Request| answer_later(MILLI, 429, "3");
    assert!(stopped(Simulation::of(&plan, refusing)).is_some());
    // Who is let in after waiting so is not refused.
    let at_times = |at: Elapsed, _: &Request| match at.as_secs() % 20 {
        12..14 => answer_later(MILLI, 503, "7"),
        _ => answer_after(MILLI, 200),
    };
    check_goes_on(simulation("", at_times));
}

#[test]
fn users_that_wait_are_no_refusal_while_the_others_are_let_in() {
    let plan = |n_users: u32| {
        let text = plan("").replace("users = 5", &format!("users = {n_users}"));
        text.replace("wait = 0.1", "wait = 12")
    };
    let is_first = |at: Elapsed| at < Elapsed::from_micros(15_000);
    // Two of three wait, and no request ends for ten seconds.
    check_goes_on(Simulation::of(&plan(3), move |at, _| match is_first(at) {
        true => answer_later(MILLI, 429, "30"),
        false => answer_after(MILLI, 200),
    }));
    // One that is lost is not the end.
    check_goes_on(Simulation::of(&plan(3), move |at, _| {
        match (is_first(at), at.as_secs()) {
            (true, _) => answer_later(MILLI, 429, "60"),
            (_, 12) => Answer {
                after: MILLI,
                result: Err(TransportError::BodyReset),
            },
            _ => answer_after(MILLI, 200),
        }
    }));
}

#[test]
fn a_reset_begins_anew() {
    let run = Simulation {
        commands: vec![(Elapsed::from_micros(25_500_000), Command::Reset)],
        ..simulation("", between([20, 99], 503))
    };
    assert_eq!(stopped(run).map(|it| it.0), Some(36));
}

#[test]
fn shards_count_together() {
    let run = Simulation {
        n_shards: 3,
        ..simulation("", between([20, 99], 503))
    };
    let (at, text) = stopped(run).expect("it refuses from 20 s on");
    assert_eq!(at, 30);
    assert!(text.contains("100 % of the 495 requests"), "{text}");
}

#[test]
fn it_ends_nothing_while_it_is_off() {
    let (mut board, mut autostop) = (Board::default(), Autostop::new(false));
    for snapshot in simulation("", between([0, 99], 503)).run().snapshots {
        board.post(snapshot);
        autostop.update(&board);
        assert_eq!(autostop.cause(), None);
    }
    autostop.turn(true);
    assert!(autostop.cause().is_some());
}

#[test]
fn a_run_stops_itself_where_the_target_may_be_other_peoples() {
    for (host, load, expected) in [
        ("", "", false),
        ("host = 'http://localhost:8080'", "", false),
        ("host = 'http://192.168.0.7'", "", false),
        ("host = 'http://api'", "", false),
        ("host = 'https://example.org'", "", true),
        ("host = 'https://example.org'", ", autostop = false", false),
        ("host = 'http://localhost:8080'", ", autostop = true", true),
        ("", ", autostop = true", true),
    ] {
        let toml = format!(
            "version = 1\n{host}\nload = {{ users = 1, spawn_rate = 1{load} }}\n\
             [[user_class]]\nname = 'A'\ntask = [{{ get = '/' }}]\n"
        );
        let plan = Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(plan.stops_itself(), expected, "{toml}");
    }
}
