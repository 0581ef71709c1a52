//! Sharding changes nothing, and snapshots are totals.

use std::time::Duration;

use proptest::prelude::*;

use crate::http::request::Request;
use crate::measure::board::{Board, aggregated};
use crate::measure::snapshot::Snapshot;
use crate::plan::Plan;
use crate::plan::wait::WaitTime;
use crate::testing::{Answer, Simulation, answer_after, answer_json, class, load, plan, task};
use crate::time::Elapsed;

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
fn numbers(board: &Board) -> impl PartialEq + std::fmt::Debug + use<> {
    (board.rows(), board.series(), board.state(), board.n_users())
}

/// The same board as that of one shard.
fn merged(board: &Board) -> Board {
    let mut merged = Board::default();
    merged.post(board.merged().expect("all shards are there"));
    merged
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
        prop_assert_eq!(numbers(&one.board), numbers(&merged(&many.board)));
    }

    #[test]
    fn a_run_that_is_merged_on_its_way_looks_the_same(n_shards in 2_u32..8, seed: u64) {
        let run = Simulation { seed, n_shards, ..Simulation::new(two_classes(20, 5.0, 12), answer) };
        let mut board = Board::default();
        let mut last = None;
        for snapshot in run.run().snapshots {
            board.post(snapshot);
            let Some(merged) = board.merged() else { continue };
            let mut one = Board::default();
            one.post(merged.clone());
            prop_assert_eq!(one.whole_seconds(), board.whole_seconds());
            prop_assert_eq!(numbers(&one), numbers(&board));
            prop_assert!(last <= Some(merged.at));
            last = Some(merged.at);
        }
        prop_assert!(last.is_some());
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

/// Everything that users do besides sending: rows of data in each way, functions that draw, nested
/// tasks, checks that fail, extracts, exceptions, and what they do at their start and end.
const CLASSES: &str = r#"
[data.by_user]
rows = [ { id = 1 }, { id = 2 }, { id = 3 } ]
[data.by_chance]
pick = "random"
rows = [ { id = 4 }, { id = 5 } ]
[data.in_turn]
pick = "sequential"
rows = [ { id = 6 }, { id = 7 }, { id = 8 } ]

[[user_class]]
name = "Two"
fixed_count = 2
wait = { pacing = "700ms" }
task = [ { get = "/two/{{user()}}" } ]

[[user_class]]
name = "Many"
weight = 3
wait = { between = ["100ms", "900ms"] }
on_start = [ { post = "/login", json = { id = "{{by_user.id}}" } } ]
on_stop = [ { post = "/logout" } ]

[[user_class.task]]
weight = 2
steps = [ { get = "/item/{{by_chance.id}}", check = [ { contains = "4" } ] } ]

[[user_class.task]]
name = "nested"
order = "sequential"
wait = { poisson = 2 }
runs = 3
[[user_class.task.task]]
get = "/turn/{{in_turn.id}}/{{seq()}}"
name = "turn"
[[user_class.task.task]]
get = "/choice/{{choice('a', 'b')}}"
[[user_class.task.task]]
steps = [ { get = "/none", extract = { none = { json = "$.none" } } }, { get = "/never" } ]

[[user_class]]
name = "One"
wait = { throughput = 1.5 }
task = [ { get = "/one" } ]
"#;

/// How the sharded runs answer: what a request is determines it.
fn echo(_: Elapsed, request: &Request) -> Answer {
    let after = Duration::from_millis(20 + 7 * (request.url.len() as u64 % 5));
    answer_json(after, 200, &serde_json::Value::from(&*request.url))
}

/// Runs a plan as one shard, as two, and as seven.
fn in_shards(load: &str, classes: &str) -> [Board; 3] {
    let toml = format!("version = 1\nhost = \"http://a\"\n[load]\n{load}\n{classes}");
    [1, 2, 7].map(|n_shards| {
        let run = Simulation {
            n_shards,
            ..Simulation::of(&toml, echo)
        };
        run.run().board
    })
}

#[track_caller]
fn check_users(load: &str) {
    let [one, two, seven] = in_shards(load, CLASSES);
    assert!(100 < aggregated(&one.rows()).n_requests);
    assert!(!one.exceptions().is_empty());
    for many in [two, seven] {
        assert_eq!(numbers(&one), numbers(&many));
        assert_eq!(one.exceptions(), many.exceptions());
    }
}

#[test]
fn a_swarm_of_several_classes_is_the_same_in_shards() {
    check_users("users = 23\nspawn_rate = 3.5\nrun_time = \"30s\"\nstop_timeout = \"5s\"");
}

#[test]
fn stages_are_the_same_in_shards() {
    check_users(
        r#"
        stages = [
            { duration = "10s", users = 20, spawn_rate = 4 },
            { duration = "10s", users = 5, spawn_rate = 3 },
            { duration = "10s", users = 30, spawn_rate = 9 },
        ]
        stop_timeout = "5s""#,
    );
}

/// Which user of its pool a shard gives an arrival to depends on who is free there, so nothing here
/// hangs on the user; and there are always enough of them.
#[test]
fn arrivals_are_the_same_in_shards() {
    let load = r#"
        arrivals = [ { duration = "10s", rate = [0, 30] }, { duration = "20s", rate = 30 } ]
        max_users = 1000
        stop_timeout = "10s""#;
    let classes = r#"
        [data.by_chance]
        pick = "random"
        rows = [ { id = 4 }, { id = 5 } ]
        [data.in_turn]
        pick = "sequential"
        rows = [ { id = 6 }, { id = 77 }, { id = 888 } ]
        [[user_class]]
        name = "A"
        weight = 3
        task = [
            { get = "/item/{{by_chance.id}}", weight = 2, check = [ { contains = "4" } ] },
            { get = "/choice/{{choice('a', 'bc')}}" },
        ]
        [[user_class]]
        name = "B"
        task = [
            { get = "/turn/{{in_turn.id}}" },
            { name = "none", steps = [ { get = "/n", extract = { x = { json = "$.x" } } } ] },
        ]"#;
    let [one, two, seven] = in_shards(load, classes);
    assert_eq!(aggregated(&one.rows()).n_requests, 750);
    // The sample of a failure says which user of the pool it was.
    let rows = |board: &Board| {
        let mut rows = board.rows();
        let failures = rows.iter_mut().flat_map(|it| it.failures.values_mut());
        failures.for_each(|it| it.evidence = None);
        rows
    };
    for many in [two, seven] {
        assert_eq!(rows(&one), rows(&many));
        assert_eq!(one.exceptions(), many.exceptions());
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
