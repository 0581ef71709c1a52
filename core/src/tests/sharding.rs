//! Sharding changes nothing, and snapshots are totals.

use std::time::Duration;

use proptest::prelude::*;

use crate::board::{Board, aggregated};
use crate::plan::Plan;
use crate::request::Request;
use crate::snapshot::Snapshot;
use crate::testing::{Answer, Simulation, answer_after, class, load, plan, task};
use crate::time::Elapsed;
use crate::wait::WaitTime;

fn answer(_: Elapsed, request: &Request) -> Answer {
    let status = if request.url.contains("cube") {
        500
    } else {
        200
    };
    answer_after(Duration::from_millis(70), status)
}

fn two_classes(users: u32, spawn_rate: f64, secs: u64) -> Plan {
    let mut classes = vec![class("A", 5), class("B", 1)];
    let wait = WaitTime::between(Duration::from_millis(200), Duration::from_secs(2));
    classes[0].set.wait = wait.ok();
    classes[1].set.wait = Some(WaitTime::constant(Duration::from_millis(300)).unwrap());
    classes[0].set.tasks = vec![task(3, "/"), task(1, "/cube")].try_into().unwrap();
    plan(classes, load(users, spawn_rate), secs)
}

/// All that a report shows.
fn numbers(board: &Board) -> impl PartialEq + std::fmt::Debug {
    (board.rows(), board.series(), board.state(), board.n_users())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn sharding_changes_nothing(
        users in 1_u32..60,
        spawn_rate in 0.5..50.0_f64,
        n_shards in 2_u32..8,
        seed: u64,
    ) {
        let plan = two_classes(users, spawn_rate, 20);
        let one = Simulation { seed, ..Simulation::new(plan.clone(), answer) }.run();
        let many = Simulation { seed, n_shards, ..Simulation::new(plan, answer) }.run();
        prop_assert_eq!(numbers(&one.board), numbers(&many.board));
    }

    #[test]
    fn losing_snapshots_or_mixing_their_order_changes_nothing(
        kept in proptest::collection::vec(any::<bool>(), 200),
        order in Just((0..200_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let run = Simulation { n_shards: 2, ..Simulation::new(two_classes(9, 5.0, 12), answer) };
        let outcome = run.run();

        let is_last = |it: &Snapshot| it.at == Elapsed::from_secs(12);
        let mut board = Board::default();
        for &index in &order {
            if let Some(snapshot) = outcome.snapshots.get(index)
                && (kept[index] || is_last(snapshot))
            {
                board.post(snapshot.clone());
            }
        }
        prop_assert_eq!(numbers(&board), numbers(&outcome.board));
    }
}

#[test]
fn totals_only_grow() {
    let outcome = Simulation::new(two_classes(9, 5.0, 12), answer).run();
    let totals: Vec<u64> = outcome
        .snapshots
        .iter()
        .map(|it| aggregated(&it.rows).n_requests)
        .collect();
    assert!(totals.is_sorted(), "{totals:?}");
    // One every 500 ms, and the last one.
    assert_eq!(totals.len(), 25);
}

#[test]
fn the_last_word_counts_within_a_step_of_the_clock() {
    let outcome = Simulation::new(two_classes(9, 5.0, 12), answer).run();
    let [.., before, last] = outcome.snapshots.as_slice() else {
        panic!("there are many")
    };
    let mut board = Board::default();
    board.post(Snapshot {
        at: last.at,
        ..before.clone()
    });
    board.post(last.clone());
    assert_eq!(board.state(), last.state);
    assert_ne!(before.state, last.state);
}
