//! Limits, stages, stopping, and arrivals.

use std::time::Duration;

use crate::http::request::Request;
use crate::measure::board::aggregated;
use crate::plan::Plan;
use crate::run_state::{EndCause, RunState};
use crate::running::shard::Command;
use crate::testing::{Answer, Outcome, Simulation, answer_after};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

fn text(load: &str, wait: &str) -> String {
    format!(
        "version = 1\nload = {{ {load} }}\n[[user_class]]\nname = \"User\"\nwait = {wait}\n\
         [[user_class.task]]\nget = \"/\"\n"
    )
}

fn run(load: &str, wait: &str, answer_millis: u32) -> Outcome {
    simulation(load, wait, answer_millis, Vec::new())
}

fn simulation(
    load: &str,
    wait: &str,
    answer_millis: u32,
    commands: Vec<(Elapsed, Command)>,
) -> Outcome {
    let answer =
        move |_: Elapsed, _: &Request| -> Answer { answer_after(MILLI * answer_millis, 200) };
    Simulation {
        commands,
        ..Simulation::of(&text(load, wait), answer)
    }
    .run()
}

fn n_requests(outcome: &Outcome) -> u64 {
    aggregated(&outcome.board.rows()).n_requests
}

fn users_at(outcome: &Outcome, millis: u64) -> u32 {
    let at = Elapsed::from_micros(millis * 1000);
    outcome
        .snapshots
        .iter()
        .rfind(|it| it.at <= at)
        .unwrap()
        .n_users
}

#[test]
fn a_run_with_stages_ends_with_the_last_of_them() {
    let stages = "stages = [ { duration = \"5s\", users = 10, spawn_rate = 10 }, \
                  { duration = \"5s\", users = 2, spawn_rate = 4 } ]";
    let outcome = run(stages, "\"1s\"", 10);
    let users = [0, 500, 4500, 5500, 6500, 9500].map(|at| users_at(&outcome, at));
    assert_eq!(users, [1, 6, 10, 7, 3, 2]);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(10));

    let outcome = run(&format!("{stages}, run_time = 7"), "\"1s\"", 10);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(7));
}

#[test]
fn the_number_of_requests_can_be_limited() {
    let outcome = run(
        "users = 7, spawn_rate = 7, max_requests = 100",
        "\"100ms\"",
        50,
    );
    assert_eq!(n_requests(&outcome), 100);
    assert_eq!(aggregated(&outcome.board.rows()).n_aborted, 0);
    assert_eq!(outcome.board.state(), RunState::Stopped);

    let answer = |_: Elapsed, _: &Request| -> Answer { answer_after(50 * MILLI, 200) };
    let sharded = Simulation {
        n_shards: 3,
        ..Simulation::of(
            &text("users = 7, spawn_rate = 7, max_requests = 100", "1"),
            answer,
        )
    };
    assert_eq!(n_requests(&sharded.run()), 100);
}

#[test]
fn stopped_users_finish_their_task_within_the_stop_timeout() {
    let stop = |millis: u64| {
        vec![(
            Elapsed::from_micros(millis * 1000),
            Command::Stop(EndCause::Person),
        )]
    };
    let load = "users = 4, spawn_rate = 1000, stop_timeout = 2";
    // All four are in the middle of a request of a second.
    let outcome = simulation(load, "0", 1000, stop(1500));
    assert_eq!(outcome.board.at(), Elapsed::from_micros(2_003_000));
    let total = aggregated(&outcome.board.rows());
    assert_eq!((total.n_requests, total.n_aborted), (8, 0));

    // Or of an hour.
    let outcome = simulation(load, "0", 3_600_000, stop(1500));
    assert_eq!(outcome.board.at(), Elapsed::from_micros(3_500_000));
    let total = aggregated(&outcome.board.rows());
    assert_eq!((total.n_requests, total.n_aborted), (0, 4));

    // Those that wait stop at once.
    let outcome = simulation(load, "10", 100, stop(1500));
    assert_eq!(outcome.board.at(), Elapsed::from_micros(1_500_000));
}

#[test]
fn a_second_stop_ends_everything_at_once() {
    let stop = |millis: u64| {
        (
            Elapsed::from_micros(millis * 1000),
            Command::Stop(EndCause::Person),
        )
    };
    let load = "users = 4, spawn_rate = 1000, stop_timeout = \"1h\"";
    let outcome = simulation(load, "0", 3_600_000, vec![stop(1500), stop(1700)]);
    assert_eq!(outcome.board.at(), Elapsed::from_micros(1_700_000));
    assert_eq!(aggregated(&outcome.board.rows()).n_aborted, 4);
    assert_eq!(outcome.logs[0].n_in_flight.get(), 0);
}

#[test]
fn a_locustfile_that_ends_another_shard_takes_no_time_from_users_that_stop() {
    let stop = |millis: u64, cause| (Elapsed::from_micros(millis * 1000), Command::Stop(cause));
    let load = "users = 4, spawn_rate = 1000, stop_timeout = 2";
    for cause in [EndCause::Quit, EndCause::Locustfile("it ended".into())] {
        let commands = vec![stop(1500, EndCause::Person), stop(1700, cause)];
        let outcome = simulation(load, "0", 1000, commands);
        let total = aggregated(&outcome.board.rows());
        assert_eq!((total.n_requests, total.n_aborted), (8, 0));
        assert_eq!(outcome.board.end_cause(), Some(&EndCause::Person));
    }
}

#[test]
fn a_shorter_stop_timeout_does_not_wait_for_a_longer_one() {
    let edit = |secs, users: u32, stop_timeout: u32| {
        let load = format!("users = {users}, spawn_rate = 1000, stop_timeout = {stop_timeout}");
        let plan = Plan::from_toml(&text(&load, "0")).unwrap();
        (Elapsed::from_secs(secs), Command::Edit(Box::new(plan)))
    };
    let load = "users = 2, spawn_rate = 1000, stop_timeout = 20";
    let stop = (Elapsed::from_secs(5), Command::Stop(EndCause::Person));
    let commands = vec![edit(3, 1, 20), edit(4, 1, 1), stop];
    let outcome = simulation(load, "0", 25_000, commands);
    let users = [5_500, 6_500, 22_500].map(|at| users_at(&outcome, at));
    assert_eq!(users, [2, 1, 1]);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(23));
}

#[test]
fn a_user_that_is_wanted_again_while_it_ends_starts_again() {
    let edit = |secs, users: u32| {
        let load = format!("users = {users}, spawn_rate = 1000, stop_timeout = 9, run_time = 10");
        let plan = Plan::from_toml(&text(&load, "0")).unwrap();
        (Elapsed::from_secs(secs), Command::Edit(Box::new(plan)))
    };
    let load = "users = 4, spawn_rate = 1000, stop_timeout = 9, run_time = 10";
    // Requests take two seconds; the edits come in the middle of the second round.
    let outcome = simulation(load, "0", 2000, vec![edit(3, 1), edit(3, 4)]);
    assert_eq!(users_at(&outcome, 9_000), 4);
    // Rounds of four end at 2, 4, 6 and 8 s, and at 10 s and a bit, when the last may finish.
    assert_eq!(n_requests(&outcome), 20);
}

#[test]
fn an_edit_of_weights_takes_effect_at_once_and_keeps_the_run_time() {
    let plan = |a: u32, b: u32, first: u32| {
        format!(
            "version = 1\nload = {{ users = 10, spawn_rate = 1000, run_time = 10 }}\n\
             [[user_class]]\nname = \"A\"\nweight = {a}\nwait = 1\n\
             task = [ {{ get = \"/a1\", weight = {first} }}, {{ get = \"/a2\", weight = 1 }} ]\n\
             [[user_class]]\nname = \"B\"\nweight = {b}\nwait = 1\ntask = [ {{ get = \"/b\" }} ]\n"
        )
    };
    let edited = Plan::from_toml(&plan(1, 4, 0)).unwrap();
    let at = Elapsed::from_micros(4_500_000);
    let answer = |_: Elapsed, _: &Request| -> Answer { answer_after(Duration::ZERO, 200) };
    let outcome = Simulation {
        commands: vec![(at, Command::Edit(Box::new(edited)))],
        ..Simulation::of(&plan(1, 0, 1), answer)
    }
    .run();

    let sent = outcome.logs[0].sent.borrow();
    let count = |from: u64, to: u64, url: &str| {
        let range = Elapsed::from_secs(from)..Elapsed::from_secs(to);
        let sent = sent.iter().filter(|it| range.contains(&it.0));
        sent.filter(|it| &*it.1.url == url).count()
    };
    assert_eq!(
        (count(0, 4, "/b"), count(0, 4, "/a1") + count(0, 4, "/a2")),
        (0, 40)
    );
    // Two of class A stay, and eight are of class B now.
    assert_eq!(
        (count(5, 9, "/b"), count(5, 9, "/a2"), count(5, 9, "/a1")),
        (32, 8, 0)
    );
    assert_eq!(outcome.board.at(), Elapsed::from_secs(10));
}

#[test]
fn new_stages_take_effect_at_once() {
    let edited = text(
        "stages = [ { duration = 20, users = 3, spawn_rate = 2 } ]",
        "1",
    );
    let plan = Plan::from_toml(&edited).unwrap();
    let commands = vec![(Elapsed::from_secs(4), Command::Edit(Box::new(plan)))];
    let stages = "stages = [ { duration = 10, users = 9, spawn_rate = 9 } ]";
    let outcome = simulation(stages, "1", 10, commands);
    assert_eq!(
        [3500, 4500, 9000].map(|at| users_at(&outcome, at)),
        [9, 7, 3]
    );
    assert_eq!(outcome.board.at(), Elapsed::from_secs(20));
}

#[test]
fn arrivals_start_tasks_whether_or_not_others_are_done() {
    let load = "arrivals = [ { duration = 10, rate = 5 } ], max_users = 50, stop_timeout = 9";
    // Each takes almost three seconds, so fifteen are under way at once.
    let outcome = run(load, "0", 2900);
    assert_eq!(n_requests(&outcome), 50);
    assert_eq!(outcome.board.n_dropped(), 0);
    assert_eq!(users_at(&outcome, 9_500), 15);
    let sent = outcome.logs[0].sent.borrow();
    assert!(
        sent.iter()
            .enumerate()
            .all(|(n, it)| it.0.as_micros() == n as u64 * 200_000)
    );
}

#[test]
fn an_arrival_that_finds_no_free_user_is_dropped_and_counted() {
    let load = "arrivals = [ { duration = 10, rate = 5 } ], max_users = 3, stop_timeout = 9";
    let outcome = run(load, "0", 1000);
    // Three start in each second, at 0, 0.2 and 0.4; those at 0.6 and 0.8 find nobody.
    assert_eq!((n_requests(&outcome), outcome.board.n_dropped()), (30, 20));
    let series = outcome.board.series();
    let arrivals: Vec<_> = series
        .iter()
        .map(|it| (it.n_arrivals, it.n_dropped))
        .collect();
    assert_eq!(arrivals[..10], [(5, 2); 10]);
}

#[test]
fn arrivals_that_wait_for_a_connection_count_their_wait() {
    let load = "arrivals = [ { duration = 1, rate = 10 } ], stop_timeout = 9";
    let answer = |_: Elapsed, _: &Request| -> Answer { answer_after(1000 * MILLI, 200) };
    let outcome = Simulation {
        max_in_flight: 1,
        ..Simulation::of(&text(load, "0"), answer)
    }
    .run();
    let total = aggregated(&outcome.board.rows());
    // One after the other: the last was due at 0.9 s, and done at 10 s.
    assert_eq!(total.response_times.max, Some(9100 * MILLI));
    assert_eq!(total.service_times.max, Some(1000 * MILLI));
}

#[test]
fn an_edit_of_arrivals_goes_on_with_the_next() {
    let edited = text(
        "arrivals = [ { duration = 10, rate = 20 } ], stop_timeout = 1",
        "0",
    );
    let plan = Plan::from_toml(&edited).unwrap();
    let commands = vec![(
        Elapsed::from_micros(4_900_000),
        Command::Edit(Box::new(plan)),
    )];
    let load = "arrivals = [ { duration = 10, rate = 10 } ], stop_timeout = 1";
    let outcome = simulation(load, "0", 10, commands);
    assert_eq!(n_requests(&outcome), 49 + 102);
}

#[test]
fn a_full_pool_of_free_users_of_one_class_makes_room_for_the_other() {
    let plan = r#"version = 1
        load = { arrivals = [ { duration = 8, rate = 1 } ], max_users = 1 }
        [[user_class]]
        name = "A"
        weight = 3
        on_start = [ { get = "/hello" } ]
        task = [ { get = "/a" } ]
        [[user_class]]
        name = "B"
        on_stop = [ { get = "/bye" } ]
        task = [ { get = "/b" } ]"#;
    let answer = |_: Elapsed, _: &Request| -> Answer { answer_after(10 * MILLI, 200) };
    let outcome = Simulation::of(plan, answer).run();
    let sent = outcome.logs[0].sent.borrow();
    let urls: Vec<_> = sent
        .iter()
        .map(|(at, request)| (at.as_secs(), &*request.url))
        .collect();
    let expected = [
        (0, "/hello"),
        (0, "/a"),
        (1, "/b"),
        // The user that could make room is busy with its end when the arrival comes.
        (2, "/bye"),
        (3, "/hello"),
        (3, "/a"),
        (4, "/a"),
        (5, "/b"),
        (6, "/bye"),
        (7, "/hello"),
        (7, "/a"),
    ];
    assert_eq!(urls, expected);
    assert_eq!(outcome.board.n_dropped(), 2);
}

#[test]
fn users_of_a_pool_that_die_at_their_start_are_replaced_and_not_piled_up() {
    let plan = r#"version = 1
        load = { arrivals = [ { duration = 10, rate = 10 } ], max_users = 2 }
        [[user_class]]
        name = "A"
        on_start = [ { get = "/user/{{user()}}", extract = { id = { json = "$.id" } } } ]
        task = [ { get = "/" } ]"#;
    let answer = |_: Elapsed, _: &Request| -> Answer { answer_after(10 * MILLI, 200) };
    let outcome = Simulation::of(plan, answer).run();
    let sent = outcome.logs[0].sent.borrow();
    assert_eq!(sent.len(), 100);
    assert!(sent.iter().all(|it| &*it.1.url == "/user/0"));
}

#[test]
fn the_end_of_a_user_is_not_due_with_its_last_arrival() {
    // A task that is done when the user ends, and one that is not.
    for wait in [1, 10] {
        let plan = format!(
            "version = 1\nload = {{ arrivals = [ {{ duration = 5, rate = 0.2 }} ] }}\n\
             [[user_class]]\nname = \"A\"\non_stop = [ {{ get = \"/bye\" }} ]\n\
             task = [ {{ steps = [ {{ wait = {wait} }} ] }} ]\n"
        );
        let answer = |_: Elapsed, _: &Request| -> Answer { answer_after(10 * MILLI, 200) };
        let outcome = Simulation::of(&plan, answer).run();
        let total = aggregated(&outcome.board.rows());
        assert_eq!(total.response_times.max, Some(10 * MILLI), "{wait}");
    }
}

#[test]
fn an_edit_of_weights_changes_how_often_a_nested_set_goes_round() {
    let plan = |weight: u32| {
        format!(
            "version = 1\nload = {{ users = 1, spawn_rate = 1, run_time = 4 }}\n[[user_class]]\n\
             name = \"A\"\norder = \"sequential\"\n\
             task = [ {{ get = \"/front\" }}, {{ order = \"sequential\", task = [\n\
             {{ get = \"/a\", weight = {weight} }}, {{ get = \"/b\" }} ] }} ]\n"
        )
    };
    let edited = Plan::from_toml(&plan(3)).unwrap();
    let answer = |_: Elapsed, _: &Request| -> Answer { answer_after(100 * MILLI, 200) };
    let outcome = Simulation {
        commands: vec![(Elapsed::from_secs(2), Command::Edit(Box::new(edited)))],
        ..Simulation::of(&plan(1), answer)
    }
    .run();
    let sent = outcome.logs[0].sent.borrow();
    let urls: String = sent.iter().map(|it| it.1.url.replace('/', "")).collect();
    let (before, after) = ("frontab".repeat(3), "frontaaab");
    assert!(urls.starts_with(&before), "{urls}");
    assert!(urls.contains(&after.repeat(2)), "{urls}");
}
