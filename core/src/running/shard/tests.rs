//! What a shard holds.

use std::collections::VecDeque;

use super::*;
use crate::testing::shard;

/// Answers after a millisecond, but for `/hang`. Gives the most deadlines that were held at once.
fn most_deadlines(toml: &str, n_requests: u32) -> usize {
    let plan = Plan::from_toml(toml).unwrap();
    let mut shard = shard(&plan, 1, ShardId::ONLY, 1_000_000);
    let mut now = Elapsed::ZERO;
    let mut in_flight = VecDeque::new();
    let (mut n_answered, mut most) = (0, 0);
    while n_answered < n_requests {
        while let Some(effect) = shard.poll_effect(now, |_| usize::MAX) {
            if let Effect::Send(ticket, request) = effect
                && &*request.url != "/hang"
            {
                in_flight.push_back((now + Duration::from_millis(1), ticket));
            }
        }
        most = most.max(shard.deadlines.len());
        shard.poll_snapshot(now);
        let wakeup = shard.poll_wakeup().unwrap();
        let Some((done, ticket)) = in_flight.pop_front_if(|it| it.0 <= wakeup) else {
            now = wakeup;
            continue;
        };
        now = done;
        let response = Response {
            status: 200,
            body_bytes: 0,
            phases: None,
            kept: None,
        };
        shard.handle_outcome(done, ticket, Ok(response));
        n_answered += 1;
    }
    most
}

#[test]
fn a_request_that_hangs_does_not_hold_the_deadlines_of_all_others() {
    // 100 users that are answered in 1 ms: three seconds of 100,000 requests a second.
    let plan = "version = 1\nload = { users = 101, spawn_rate = 1000000 }\n\
                request.timeout = '1h'\n\
                [[user_class]]\nname = 'Hanging'\nfixed_count = 1\ntask = [{ get = '/hang' }]\n\
                [[user_class]]\nname = 'Quick'\ntask = [{ get = '/' }]";
    let most = most_deadlines(plan, 300_000);
    assert!((101..=2 * 101 + 1).contains(&most), "{most}");
}
