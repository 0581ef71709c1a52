//! Requests to several origins in one run, each of which can carry so many.

use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;

use crate::http::origin::Origin;
use crate::http::request::Request;
use crate::measure::board::Board;
use crate::testing::{Answer, Outcome, Simulation, answer_after, name};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

fn after_100_ms(_: Elapsed, _: &Request) -> Answer {
    answer_after(100 * MILLI, 200)
}

/// What browsers can carry.
fn browser(_: Elapsed, origin: &Origin) -> usize {
    if origin.is_https() { 100 } else { 6 }
}

fn run(
    toml: &str,
    answer: impl Fn(Elapsed, &Request) -> Answer + Clone,
    capacity: impl Fn(Elapsed, &Origin) -> usize + 'static,
) -> Outcome {
    let toml = format!("version = 1\n{toml}");
    Simulation {
        capacity: Rc::new(capacity),
        ..Simulation::of(&toml, answer)
    }
    .run()
}

/// The most requests to `url` that were in flight at once. None was sent without capacity for it.
#[track_caller]
fn most_in_flight(outcome: &Outcome, url: &str) -> usize {
    let by_origin = outcome.logs[0].by_origin.borrow();
    let origin = by_origin[&Origin::of(url).unwrap_or(Origin::OTHER)];
    assert_eq!(origin.n_beyond_capacity, 0);
    origin.most_in_flight
}

#[track_caller]
fn longest_wait(outcome: &Outcome, path: &str) -> Duration {
    let rows = outcome.board.rows();
    let row = rows.iter().find(|it| it.name == name(path)).unwrap();
    row.response_times.max.unwrap() - row.service_times.max.unwrap()
}

#[test]
fn two_hosts_do_not_share_the_lower_capacity() {
    let plan = "load = { users = 40, spawn_rate = 1000, run_time = 10 }\n\
                [[user_class]]\nname = 'A'\nhost = 'http://a.test'\ntask = [{ get = '/a' }]\n\
                [[user_class]]\nname = 'B'\nhost = 'https://b.test'\ntask = [{ get = '/b' }]";
    let outcome = run(plan, after_100_ms, browser);
    assert_eq!(most_in_flight(&outcome, "http://a.test"), 6);
    assert_eq!(most_in_flight(&outcome, "https://b.test"), 20);
    // Of 20 users, six send at a time: the last waits for three rounds of 100 ms.
    assert!(200 * MILLI < longest_wait(&outcome, "/a"));
    assert_eq!(longest_wait(&outcome, "/b"), Duration::ZERO);
}

#[test]
fn a_whole_url_has_the_capacity_of_its_own_origin() {
    let plan = "load = { users = 40, spawn_rate = 1000, run_time = 10 }\nhost = 'https://a.test'\n\
                [[user_class]]\nname = 'A'\ntask = [{ get = '/a' }, { get = 'http://a.test/b' }]";
    let outcome = run(plan, after_100_ms, browser);
    assert_eq!(most_in_flight(&outcome, "http://a.test"), 6);
    assert!(6 < most_in_flight(&outcome, "https://a.test"));
}

#[test]
fn origins_that_data_name_have_a_capacity_each() {
    let plan = "load = { users = 30, spawn_rate = 1000, run_time = 10 }\nhost = 'http://a.test'\n\
                data.shop.rows = [{ url = 'http://b.test' }, { url = 'HTTP://A.test:80' }]\n\
                [[user_class]]\nname = 'A'\n\
                task = [{ get = '{{shop.url}}/b' }, { get = '/a' }, { get = 'http://{{uuid()}}.test/' }]";
    let outcome = run(plan, after_100_ms, |_, origin| {
        if *origin == Origin::OTHER { 1 } else { 3 }
    });
    assert_eq!(most_in_flight(&outcome, "http://a.test"), 3);
    assert_eq!(most_in_flight(&outcome, "http://b.test"), 3);
    // Of those with a random name, all beyond the first hundred share a queue.
    assert!(100 < outcome.logs[0].by_origin.borrow().len());
}

#[test]
fn where_a_request_goes_is_drawn_once() {
    let plan = "load = { users = 1, spawn_rate = 1, run_time = 1 }\nhost = 'http://a.test'\n\
                [[user_class]]\nname = 'A'\ntask = [{ get = 'http://b{{seq()}}.test/{{seq()}}' }]";
    let outcome = run(plan, after_100_ms, browser);
    let sent = outcome.logs[0].sent.borrow();
    let urls: Vec<&str> = sent.iter().map(|it| &*it.1.url).take(2).collect();
    assert_eq!(urls, ["http://b0.test/1", "http://b2.test/3"]);
}

#[test]
fn a_capacity_may_change_during_a_run() {
    let plan = "load = { users = 20, spawn_rate = 1000, run_time = 9 }\nhost = 'http://a.test'\n\
                [[user_class]]\nname = 'A'\ntask = [{ get = '/a' }]";
    let lower = |at: Elapsed, _: &Origin| match at.as_secs() {
        0..3 => 8,
        3..6 => 2,
        _ => 5,
    };
    let outcome = run(plan, after_100_ms, lower);
    assert_eq!(most_in_flight(&outcome, "http://a.test"), 8);
    let sent = outcome.logs[0].sent.borrow();
    let n_sent = |secs: u64| sent.iter().filter(|it| it.0.as_secs() == secs).count();
    // Each is answered in 100 ms.
    assert_eq!([n_sent(1), n_sent(4), n_sent(7)], [80, 20, 50]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The target sees no more of an origin than it can carry, and whatever was due is counted.
    #[test]
    fn no_origin_gets_more_than_it_can_carry(
        n_users in 1..40_u32,
        capacities in prop::array::uniform3(1..8_usize),
        lowered in prop::array::uniform3(1..8_usize),
        total in 1..15_usize,
        slowness in 1..900_u64,
    ) {
        let toml = format!(
            "version = 1\nload = {{ users = {n_users}, spawn_rate = 20, run_time = 6 }}\n\
             host = 'http://host-0.test'\n\
             [[user_class]]\nname = 'A'\nwait = {{ between = [0, 0.2] }}\n\
             task = [{{ get = '/a' }}, {{ get = 'http://host-1.test/b' }},\n\
             {{ get = 'http://host-{{{{randint(0, 2)}}}}.test/c' }}, {{ get = '{{{{uuid()}}}}' }}]"
        );
        let answer = move |at: Elapsed, request: &Request| {
            let mix = at.as_micros().wrapping_mul(0x9e37_79b9) ^ request.url.len() as u64;
            answer_after(Duration::from_millis(mix % slowness), 200)
        };
        let capacity = move |at: Elapsed, origin: &Origin| {
            let of_hosts = if at.as_secs() < 3 { capacities } else { lowered };
            let host = (0..3).find(|it| origin.to_string().contains(&format!("host-{it}")));
            host.map_or(1, |it| of_hosts[it])
        };
        let mut simulation = Simulation::of(&toml, answer);
        simulation.max_in_flight = total;
        simulation.capacity = Rc::new(capacity);
        let outcome = simulation.run();

        let log = &outcome.logs[0];
        prop_assert!(log.most_in_flight.get() <= total);
        for (origin, of_origin) in &*log.by_origin.borrow() {
            prop_assert_eq!(of_origin.n_beyond_capacity, 0, "{}", origin);
        }
        for snapshot in &outcome.snapshots {
            let mut board = Board::default();
            board.post(snapshot.clone());
            prop_assert!(board.accounts().adds_up(), "{:?}", board.accounts());
        }
    }
}
