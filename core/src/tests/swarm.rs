//! Users spawn, draw tasks, wait, and end.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::http::request::Request;
use crate::measure::board::aggregated;
use crate::plan::wait::WaitTime;
use crate::run_state::RunState;
use crate::testing::{Answer, Outcome, Simulation, answer_after, class, load, plan, task};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn after_50_ms(_: Elapsed, _: &Request) -> Answer {
    answer_after(50 * MILLI, 200)
}

fn n_requests(outcome: &Outcome) -> u64 {
    aggregated(&outcome.board.rows()).n_requests
}

#[test]
fn an_hour_of_three_users_is_over_in_no_time() {
    let mut users = class("A", 1);
    users.set.wait = Some(WaitTime::constant(9950 * MILLI).unwrap());

    let outcome = Simulation::new(plan(vec![users], load(3, 1.0), 3600), after_50_ms).run();

    // A request every ten seconds; the second and third user start one and two seconds late.
    assert_eq!(n_requests(&outcome), 3 * 360);
    assert_eq!(outcome.board.state(), RunState::Stopped);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(3600));
}

#[test]
fn users_start_evenly_at_the_spawn_rate() {
    let mut users = class("A", 1);
    users.set.wait = Some(WaitTime::constant(3600 * SECOND).unwrap());

    let outcome = Simulation::new(plan(vec![users], load(5, 2.0), 10), after_50_ms).run();

    let sent: Vec<u64> = outcome.logs[0]
        .sent
        .borrow()
        .iter()
        .map(|(at, _)| at.as_micros() / 1000)
        .collect();
    assert_eq!(sent, [0, 500, 1000, 1500, 2000]);
}

#[test]
fn the_run_is_spawning_until_all_users_are_alive() {
    let outcome = Simulation::new(plan(vec![class("A", 1)], load(5, 2.0), 10), after_50_ms).run();

    for snapshot in &outcome.snapshots {
        let expected = match snapshot.at.as_micros() {
            0..2_000_000 => RunState::Spawning,
            2_000_000..10_000_000 => RunState::Running,
            _ => RunState::Stopped,
        };
        assert_eq!(snapshot.state, expected, "at {}", snapshot.at);
    }
}

#[test]
fn tasks_are_drawn_by_weight() {
    let mut users = class("A", 1);
    let tasks = vec![
        task(3, "/"),
        task(1, "/cube"),
        task(1, "/square"),
        task(0, "/never"),
    ];
    users.set.tasks = tasks.try_into().unwrap();

    let outcome = Simulation::new(plan(vec![users], load(10, 100.0), 500), after_50_ms).run();

    let rows = outcome.board.rows();
    let counts: BTreeMap<&str, u64> = rows
        .iter()
        .map(|row| (row.name.name.as_str(), row.n_requests))
        .collect();
    // 100,000 draws: five standard deviations are 775 for 3 of 5 and 633 for 1 of 5.
    assert!(counts["/"].abs_diff(60_000) < 800, "{counts:?}");
    assert!(counts["/cube"].abs_diff(20_000) < 700, "{counts:?}");
    assert!(counts["/square"].abs_diff(20_000) < 700, "{counts:?}");
    assert!(!counts.contains_key("/never"), "{counts:?}");
}

#[test]
fn classes_share_the_users_by_weight() {
    let mut often = class("Often", 3);
    often.set.tasks = vec![task(1, "/often")].try_into().unwrap();
    let mut rarely = class("Rarely", 1);
    rarely.set.tasks = vec![task(1, "/rarely")].try_into().unwrap();
    for users in [&mut often, &mut rarely] {
        users.set.wait = Some(WaitTime::constant(3600 * SECOND).unwrap());
    }

    let outcome = Simulation::new(plan(vec![often, rarely], load(8, 100.0), 60), after_50_ms).run();

    let counts: Vec<u64> = outcome
        .board
        .rows()
        .iter()
        .map(|row| row.n_requests)
        .collect();
    assert_eq!(counts, [6, 2]);
}

#[test]
fn what_is_under_way_at_the_end_is_aborted_and_counted_apart() {
    let slow = |_: Elapsed, _: &Request| answer_after(7 * SECOND, 200);

    let outcome = Simulation::new(plan(vec![class("A", 1)], load(4, 100.0), 10), slow).run();

    let total = aggregated(&outcome.board.rows());
    assert_eq!((total.n_requests, total.n_aborted), (4, 4));
    assert_eq!(outcome.logs[0].n_in_flight.get(), 0);
    assert_eq!(outcome.logs[0].n_answered.get(), 4);
}

#[test]
fn a_run_is_a_function_of_plan_seed_and_answers() {
    let run = |seed| {
        let mut users = class("A", 1);
        users.set.wait = Some(WaitTime::between(SECOND, 5 * SECOND).unwrap());
        users.set.tasks = vec![task(3, "/"), task(1, "/cube")].try_into().unwrap();
        let plan = plan(vec![users], load(20, 3.0), 60);
        let outcome = Simulation {
            seed,
            ..Simulation::new(plan, after_50_ms)
        }
        .run();
        postcard::to_stdvec(&outcome.snapshots).unwrap()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn what_a_user_keeps_is_its_own_and_gone_when_it_starts_again() {
    let stages = "stages = [ { duration = 1, users = 2, spawn_rate = 100 }, \
                  { duration = 1, users = 0, spawn_rate = 100 }, \
                  { duration = 1, users = 2, spawn_rate = 100 } ]";
    let plan = format!(
        "version = 1\nload = {{ {stages} }}\n[[user_class]]\nname = 'User'\n\
         wait = '200ms'\ntask = [ {{ get = '/' }} ]"
    );
    let outcome = Simulation::of(&plan, after_50_ms).run();
    let log = &outcome.logs[0];
    let sent = log.sent.borrow().len();
    let n_before = log.n_before.borrow();
    let lives = n_before.iter().filter(|it| **it == 0).count();
    assert_eq!(lives, 4, "{n_before:?}");
    assert!(8 < sent && (1..4).all(|nth| n_before.contains(&nth)));
}
