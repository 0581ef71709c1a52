//! Runs against the simulated API.

use crate::http::transport::Transport;
use crate::measure::board::aggregated;
use crate::measure::snapshot::Snapshot;
use crate::run_state::ShardId;
use crate::simulate::SimulatedApi;
use crate::testing::{ManualClock, class, load, plan, run_to_end, shard, task};

fn run(users: u32, seed: u64) -> Snapshot {
    let mut class = class("A", 1);
    class.set.tasks = vec![task(3, "/"), task(1, "/cube"), task(1, "/flaky/20")]
        .try_into()
        .unwrap();
    let plan = plan(vec![class], load(users, 100.0), 60);
    let clock = ManualClock::default();
    let api = SimulatedApi::new(clock.clone(), seed);
    let shard = shard(&plan, seed, ShardId::ONLY, api.max_in_flight());
    run_to_end(shard, &api, &clock, Vec::new()).pop().unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| postcard::to_stdvec(&run(20, seed)).unwrap();
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn more_users_than_it_can_bear_wait_longer() {
    let medians = |users| {
        let total = aggregated(&run(users, 1).rows);
        [total.service_times, total.response_times].map(|it| it.quantile(0.5).unwrap())
    };
    let ([few_service, few_response], [many_service, many_response]) = (medians(4), medians(60));
    // Six requests under way share four workers; all others wait before they are sent.
    assert!(
        3 * few_service < 2 * many_service,
        "{few_service:?} {many_service:?}"
    );
    assert!(
        5 * few_response < many_response,
        "{few_response:?} {many_response:?}"
    );
}

#[test]
fn some_of_the_flaky_path_fails() {
    let snapshot = run(4, 1);
    for row in &snapshot.rows {
        let is_flaky = row.name.name.starts_with("/flaky");
        assert_eq!(0 < row.n_failures(), is_flaky, "{}", row.name);
    }
}
