//! How runs end by themselves, and that everything that was due is in exactly one count.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;

use crate::http::request::Request;
use crate::http::transport::TransportError;
use crate::measure::board::aggregated;
use crate::measure::snapshot::Snapshot;
use crate::plan::Plan;
use crate::run_state::{EndCause, RunState};
use crate::running::shard::Command;
use crate::testing::{Answer, Outcome, Simulation, answer_after, answer_later, name};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

fn run(toml: &str, answer: impl Fn(Elapsed, &Request) -> Answer + Clone) -> Outcome {
    Simulation::of(toml, answer).run()
}

/// A plan of `load` for one class of these lines.
fn plan(load: &str, class: &str) -> String {
    format!("version = 1\nload = {{ {load} }}\n[[user_class]]\nname = 'User'\n{class}")
}

#[track_caller]
fn check_end(outcome: &Outcome, cause: &EndCause, at: Elapsed) {
    assert_eq!(outcome.board.state(), RunState::Stopped);
    assert_eq!(outcome.board.end_cause(), Some(cause));
    assert_eq!(outcome.board.at(), at);
}

/// Of five users, the target turns all but the last `n_let_in` away.
fn turned_away(load: &str, n_let_in: u32) -> Outcome {
    let class = "wait = '100ms'\n\
                 on_start = [ { get = '/login', extract = { token = { json = '$.token' } } } ]\n\
                 task = [ { get = '/?{{token}}' } ]";
    let n_refused = std::rc::Rc::new(Cell::new(5 - n_let_in));
    run(&plan(load, class), move |_, request| {
        let is_refused = request.url.starts_with("/login") && 0 < n_refused.get();
        if is_refused {
            n_refused.set(n_refused.get() - 1);
            return answer_after(100 * MILLI, 401);
        }
        crate::testing::answer_json(100 * MILLI, 200, &serde_json::json!({ "token": 1 }))
    })
}

#[test]
fn a_run_whose_users_are_all_gone_ends() {
    let outcome = turned_away("users = 5, spawn_rate = 10, max_requests = 1000", 0);
    check_end(
        &outcome,
        &EndCause::NoUsersLeft,
        Elapsed::from_micros(500_000),
    );
    assert_eq!(outcome.board.n_dead(), 5);
}

#[test]
fn a_run_goes_on_with_the_users_that_are_left() {
    let outcome = turned_away("users = 5, spawn_rate = 10, run_time = 9", 1);
    check_end(&outcome, &EndCause::RunTime, Elapsed::from_secs(9));
    assert_eq!(outcome.board.n_dead(), 4);
}

#[test]
fn a_run_waits_for_users_that_are_still_to_come() {
    let stages = "stages = [ { duration = 10, users = 2, spawn_rate = 10 }, \
                  { duration = 10, users = 3, spawn_rate = 1 }, \
                  { duration = 3600, users = 0, spawn_rate = 1 } ]";
    let outcome = turned_away(stages, 0);
    check_end(
        &outcome,
        &EndCause::NoUsersLeft,
        Elapsed::from_micros(10_100_000),
    );
    assert_eq!(outcome.board.n_dead(), 3);
}

#[test]
fn a_stage_without_users_is_no_end() {
    let stages = "stages = [ { duration = 10, users = 0, spawn_rate = 1 }, \
                  { duration = 10, users = 1, spawn_rate = 1 } ]";
    let outcome = run(
        &plan(stages, "wait = 1\ntask = [ { get = '/' } ]"),
        |_, _| answer_after(MILLI, 200),
    );
    check_end(&outcome, &EndCause::RunTime, Elapsed::from_secs(20));
    assert!(0 < aggregated(&outcome.board.rows()).n_requests);
}

#[test]
fn a_user_that_can_never_send_is_gone() {
    // The token is only in the answer to a request that needs it.
    let class = "task = [ { get = '/{{token}}', extract = { token = { json = '$' } } },\n\
                 { steps = [ { wait = '1s' }, { get = '/x', headers = { x = '{{token}}' } } ] },\n\
                 { weight = 0, get = '/never' },\n\
                 { weight = 0, name = 's', on_start = [ { get = '/y' } ], task = [ { get = '/z' } ] } ]";
    let load = "users = 20, spawn_rate = 20, max_requests = 10";
    let outcome = run(&plan(load, class), |_, _| answer_after(MILLI, 200));
    assert_eq!(outcome.board.end_cause(), Some(&EndCause::NoUsersLeft));
    assert_eq!(outcome.board.n_dead(), 20);
    assert!(outcome.logs[0].sent.borrow().is_empty());
    // Nobody waited for a connection.
    assert!(outcome.snapshots.iter().all(|it| it.n_queued == 0));
}

#[test]
fn a_user_with_a_task_that_can_be_sent_stays() {
    let class = "wait = '100ms'\n\
                 task = [ { weight = 9, get = '/{{token}}' },\n\
                 { get = '/x', extract = { token = { json = '$', default = 1 } } } ]";
    let load = "users = 1, spawn_rate = 1, max_requests = 50";
    let outcome = run(&plan(load, class), |_, _| answer_after(MILLI, 200));
    assert_eq!(outcome.board.end_cause(), Some(&EndCause::MaxRequests));
    assert_eq!(aggregated(&outcome.board.rows()).n_requests, 50);
}

#[test]
fn arrivals_go_on_with_new_users() {
    let class = "task = [ { get = '/{{token}}', extract = { token = { json = '$' } } } ]";
    let load = "arrivals = [ { duration = 10, rate = 10 } ]";
    let outcome = run(&plan(load, class), |_, _| answer_after(MILLI, 200));
    check_end(&outcome, &EndCause::RunTime, Elapsed::from_secs(10));
    assert_eq!(outcome.board.n_dead(), 100);
}

#[test]
fn of_several_causes_the_first_counts() {
    let toml = plan(
        "users = 1, spawn_rate = 1, run_time = 5, stop_timeout = 60",
        "task = [ { get = '/' } ]",
    );
    let mut simulation = Simulation::of(&toml, |_, _| answer_after(4 * 1000 * MILLI, 200));
    let cause = EndCause::Threshold("p95 < 1s".into());
    let at = Elapsed::from_micros(4_500_000);
    simulation.commands = vec![(at, Command::Stop(cause.clone()))];
    check_end(&simulation.run(), &cause, Elapsed::from_secs(8));
}

/// A hundred arrivals a second for ten seconds, of which the target answers those of the first 7.5.
#[test]
fn arrivals_that_hang_at_the_end_are_all_in_a_count() {
    let load = "arrivals = [ { duration = 10, rate = 100 } ]";
    let mut simulation = Simulation::of(
        &plan(load, "task = [ { get = '/a' } ]"),
        |at: Elapsed, _: &Request| {
            let hangs = 7_500_000 <= at.as_micros();
            answer_after(if hangs { 3600 * 1000 } else { 2 } * MILLI, 200)
        },
    );
    simulation.max_in_flight = 6;
    let outcome = simulation.run();
    let rows = outcome.board.rows();
    let counts = (rows[0].n_requests, rows[0].n_aborted, rows[0].n_unsent);
    assert_eq!((&rows[0].name, counts), (&name("/a"), (750, 6, 244)));
}

#[test]
fn what_a_limit_of_requests_holds_back_was_not_due() {
    let load = "users = 20, spawn_rate = 20, max_requests = 30";
    let mut simulation = Simulation::of(&plan(load, "task = [ { get = '/a' } ]"), |_, _| {
        answer_after(500 * MILLI, 200)
    });
    simulation.max_in_flight = 6;
    let outcome = simulation.run();
    let accounts = outcome.board.accounts();
    assert_eq!(
        (accounts.due, accounts.answered, accounts.unsent),
        (30, 30, 0)
    );
}

#[test]
fn a_reset_leaves_what_is_still_to_be_counted() {
    let load = "users = 20, spawn_rate = 20, run_time = 10";
    let mut simulation = Simulation::of(&plan(load, "task = [ { get = '/a' } ]"), |_, _| {
        answer_after(800 * MILLI, 200)
    });
    simulation.max_in_flight = 6;
    simulation.commands = vec![(Elapsed::from_secs(5), Command::Reset)];
    let outcome = simulation.run();
    outcome.snapshots.iter().for_each(check_accounts);
    assert!(outcome.board.accounts().adds_up());
}

/// The law: whatever was due is in one of the counts.
#[track_caller]
fn check_accounts(snapshot: &Snapshot) {
    let mut board = crate::measure::board::Board::default();
    board.post(snapshot.clone());
    let accounts = board.accounts();
    assert!(accounts.adds_up(), "{accounts:?}");
}

fn loads() -> impl Strategy<Value = String> {
    let users = (1..30_u32, 1..40_u32)
        .prop_map(|(n, rate)| format!("users = {n}, spawn_rate = {rate}, run_time = 6"));
    let stages = (0..20_u32, 0..20_u32, 0..20_u32).prop_map(|(a, b, c)| {
        let stage = |n| format!("{{ duration = 2, users = {n}, spawn_rate = 15 }}");
        format!("stages = [ {}, {}, {} ]", stage(a), stage(b), stage(c))
    });
    let arrivals = (0..60_u32, 1..30_u32).prop_map(|(rate, max_users)| {
        format!("arrivals = [ {{ duration = 6, rate = [5, {rate}] }} ], max_users = {max_users}")
    });
    let limit = prop_oneof![
        Just(String::new()),
        (1..200_u32).prop_map(|it| format!(", max_requests = {it}"))
    ];
    let timeout = prop_oneof![
        Just(String::new()),
        (1..2000_u32).prop_map(|it| format!(", stop_timeout = '{it}ms'"))
    ];
    let autostop = any::<bool>().prop_map(|it| format!(", autostop = {it}"));
    (
        prop_oneof![users, stages, arrivals],
        limit,
        timeout,
        autostop,
    )
        .prop_map(|(load, limit, timeout, autostop)| load + &limit + &timeout + &autostop)
}

fn commands() -> impl Strategy<Value = Vec<(Elapsed, Command)>> {
    // An edit may be to the other model, which a run does not take over.
    let edit = loads().prop_map(|load| {
        let plan = Plan::from_toml(&all_outcomes(&load)).expect("a plan for tests");
        Command::Edit(Box::new(plan))
    });
    let command = prop_oneof![
        1 => Just(Command::Reset),
        1 => Just(Command::Stop(EndCause::Person)),
        4 => edit,
    ];
    let commands = prop::collection::vec((0..7_000_u64, command), 0..5);
    commands.prop_map(|mut commands| {
        commands.sort_by_key(|it| it.0);
        let timed = commands.into_iter();
        let timed = timed.map(|(at, it)| (Elapsed::from_micros(at * 1000), it));
        timed.collect()
    })
}

/// A plan whose requests can come to all ends: logins that fail, so that a user dies; exceptions of a task;
/// timeouts; names that are made; tasks at the end.
fn all_outcomes(load: &str) -> String {
    let class = "wait = { between = [0, 0.4] }\n\
                 on_start = [ { get = '/in', extract = { x = { json = '$.x' } } } ]\n\
                 on_stop = [ { get = '/out' } ]\n\
                 task = [ { get = '/a' }, { get = '/{{x}}' }, { get = '/timeout' },\n\
                 { get = '/broken', extract = { y = { json = '$.y' } } },\n\
                 { steps = [ { get = '/b', name = '{{randint(1, 3)}}' }, { get = '/c' } ] } ]";
    format!("request = {{ timeout = '1500ms' }}\n{}", plan(load, class))
}

/// What a target does that does everything, at most so slowly.
fn any_answer(at: Elapsed, url: &str, slowness: u64) -> Answer {
    let mix = at.as_micros().wrapping_mul(0x9e37_79b9) ^ url.len() as u64;
    let after = Duration::from_millis(mix % slowness);
    let lost = |error| Answer {
        after,
        result: Err(error),
    };
    match (url, mix % 13) {
        ("/in", 0) => answer_after(after, 401),
        ("/in", 1) => lost(TransportError::Refused),
        ("/in", _) => {
            let body = serde_json::json!({ "x": "y" });
            crate::testing::answer_json(after, 200, &body)
        }
        ("/timeout", _) | (_, 1) => answer_after(Duration::from_secs(3600), 200),
        (_, 2) => answer_after(after, 500),
        (_, 5) => answer_later(after, 503, "1"),
        (_, 3) => lost(TransportError::BodyReset),
        // At once, so that its user goes on at the same time.
        (_, 4) => Answer {
            after: Duration::ZERO,
            ..lost(TransportError::Invalid)
        },
        _ => answer_after(after, 200),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The target knows how many requests came, and the schedule how many arrivals were due.
    #[test]
    fn whatever_was_due_is_in_one_count(
        load in loads(),
        commands in commands(),
        max_in_flight in 1..40_usize,
        n_shards in 1..4_u32,
        slowness in 1..3_000_u64,
    ) {
        let answer = move |at: Elapsed, request: &Request| any_answer(at, &request.url, slowness);
        let mut simulation = Simulation::of(&all_outcomes(&load), answer);
        let has_reset = commands.iter().any(|it| it.1 == Command::Reset);
        simulation.commands = commands;
        simulation.max_in_flight = max_in_flight;
        simulation.n_shards = n_shards;
        let outcome = simulation.run();

        outcome.snapshots.iter().for_each(check_accounts);
        let accounts = outcome.board.accounts();
        prop_assert!(accounts.adds_up(), "{accounts:?}");
        prop_assert_eq!((accounts.queued, accounts.in_flight), (0, 0));
        if !has_reset {
            let n_sent: usize = outcome.logs.iter().map(|it| it.sent.borrow().len()).sum();
            prop_assert_eq!(accounts.answered + accounts.failed + accounts.given_up, n_sent as u64);
        }
    }
}
