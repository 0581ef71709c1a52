//! What a person does to a run that is under way.

use std::time::Duration;

use crate::http::request::Request;
use crate::measure::board::aggregated;
use crate::plan::{Load, Plan};
use crate::run_state::{EndCause, RunState};
use crate::running::shard::Command;
use crate::testing::{Answer, Outcome, Simulation, answer_after, class, load, name, plan, task};
use crate::time::Elapsed;

fn after_100_ms(_: Elapsed, _: &Request) -> Answer {
    answer_after(Duration::from_millis(100), 200)
}

fn five_users() -> Plan {
    plan(vec![class("A", 1)], load(5, 1.0), 30)
}

fn edit(load: Load) -> Command {
    let plan = five_users();
    let run_time = plan.load.run_time;
    Command::Edit(Box::new(Plan {
        load: Load { run_time, ..load },
        ..plan
    }))
}

fn run(commands: Vec<(u64, Command)>) -> Outcome {
    let commands = commands
        .into_iter()
        .map(|(millis, command)| (Elapsed::from_micros(millis * 1000), command))
        .collect();
    Simulation {
        commands,
        ..Simulation::new(five_users(), after_100_ms)
    }
    .run()
}

fn users_at(outcome: &Outcome, secs: u64) -> u32 {
    let snapshot = outcome
        .snapshots
        .iter()
        .rfind(|it| it.at <= Elapsed::from_secs(secs));
    snapshot.unwrap().n_users
}

#[test]
fn stop_ends_the_run_and_all_requests_at_once() {
    let outcome = run(vec![(7_050, Command::Stop(EndCause::Person))]);

    assert_eq!(outcome.board.state(), RunState::Stopped);
    assert_eq!(outcome.board.at(), Elapsed::from_micros(7_050_000));
    assert_eq!(outcome.board.n_users(), 0);
    assert_eq!(outcome.logs[0].n_in_flight.get(), 0);
    let total = aggregated(&outcome.board.rows());
    assert_eq!(total.n_aborted, 5);
    assert_eq!(total.n_requests, outcome.logs[0].n_answered.get());
}

#[test]
fn an_edit_grows_and_shrinks_the_swarm_and_keeps_the_run_time() {
    let outcome = run(vec![
        (10_000, edit(load(8, 1.0))),
        (20_000, edit(load(2, 2.0))),
    ]);

    assert_eq!(users_at(&outcome, 9), 5);
    assert_eq!(users_at(&outcome, 11), 7);
    assert_eq!(users_at(&outcome, 13), 8);
    assert_eq!(users_at(&outcome, 21), 5);
    assert_eq!(users_at(&outcome, 23), 2);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(30));
}

#[test]
fn an_edit_is_spawning_until_the_new_number_is_reached() {
    let outcome = run(vec![(10_000, edit(load(8, 1.0)))]);

    let state_at = |secs| {
        let at = Elapsed::from_secs(secs);
        outcome
            .snapshots
            .iter()
            .rfind(|it| it.at <= at)
            .unwrap()
            .state
    };
    assert_eq!(state_at(9), RunState::Running);
    assert_eq!(state_at(11), RunState::Spawning);
    assert_eq!(state_at(13), RunState::Running);
}

#[test]
fn requests_of_stopped_users_are_counted_apart() {
    // Users send all the time, so each of the four that stop has a request under way.
    let outcome = run(vec![(10_050, edit(load(1, 1000.0)))]);

    let total = aggregated(&outcome.board.rows());
    // And the last user's, at the end of the run.
    assert_eq!(total.n_aborted, 4 + 1);
    assert_eq!(outcome.logs[0].n_in_flight.get(), 0);
    assert_eq!(total.n_requests, outcome.logs[0].n_answered.get());
}

#[test]
fn a_reset_forgets_what_was_counted() {
    let outcome = run(vec![(29_050, Command::Reset)]);

    let total = aggregated(&outcome.board.rows());
    // Five users, each done at 29.1 s, 29.2 s and so on to 29.9 s.
    assert_eq!((total.n_requests, total.n_aborted), (5 * 9, 5));
    assert_eq!(outcome.board.since(), Elapsed::from_micros(29_050_000));
    assert_eq!(outcome.board.series()[0].start, 29);
}

#[test]
fn after_the_end_nothing_is_heard() {
    let outcome = run(vec![(31_000, edit(load(8, 1.0)))]);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(30));
}

#[test]
fn a_watched_row_has_its_series_beside_those_of_thresholds() {
    let mut user = class("A", 1);
    user.set.tasks = ["/a", "/b", "/c"]
        .map(|path| task(1, path))
        .to_vec()
        .try_into()
        .unwrap();
    let mut plan = plan(vec![user], load(5, 5.0), 20);
    plan.thresholds = vec!["/a: p95 < 1s over 5s".parse().unwrap()];
    let at = |secs| Elapsed::from_secs(secs);
    let outcome = Simulation {
        commands: vec![
            (
                at(5),
                Command::Watch([name("/b"), name("/no such row")].into()),
            ),
            (at(10), Command::Watch([name("/c")].into())),
        ],
        ..Simulation::new(plan, after_100_ms)
    }
    .run();
    let with_series = |secs: u64| {
        let snapshot = outcome.snapshots.iter().rfind(|it| it.at < at(secs));
        let rows = snapshot.unwrap().rows.iter();
        let rows = rows.filter(|it| it.series.is_some());
        rows.map(|it| it.name.name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(with_series(5), ["/a"]);
    assert_eq!(with_series(10), ["/a", "/b"]);
    assert_eq!(with_series(15), ["/a", "/c"]);
    assert_eq!(with_series(99), ["/a", "/b", "/c"]);
}
