//! A shard without a host: every request is answered after ten milliseconds of virtual time. What is
//! left is the cost of scheduling and statistics.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use mayfly_core::http::transport::Response;
use mayfly_core::plan::Plan;
use mayfly_core::run_state::ShardId;
use mayfly_core::running::shard::{Effect, Shard, Ticket};
use mayfly_core::testing::shard;
use mayfly_core::time::Elapsed;

/// A shard whose users are all alive.
pub(crate) struct Treadmill {
    shard: Shard,
    now: Elapsed,
    in_flight: VecDeque<(Elapsed, Ticket)>,
}

impl Treadmill {
    const SERVICE_TIME: Duration = Duration::from_millis(10);

    /// `n_users` of one class that send, and wait for a tenth of a second.
    pub(crate) fn new(n_users: u32) -> Self {
        let plan = format!(
            "version = 1\nload = {{ users = {n_users}, spawn_rate = 1000000 }}\n\
             [[user_class]]\nname = \"User\"\nwait = {{ between = [\"50ms\", \"150ms\"] }}\n\
             task = [ {{ get = \"/\", weight = 3 }}, {{ get = \"/cube\" }}, {{ get = \"/square\" }} ]"
        );
        let plan = Plan::from_toml(&plan).expect("a plan");
        let mut treadmill = Self {
            shard: shard(&plan, 1, ShardId::ONLY, 1_000_000),
            now: Elapsed::ZERO,
            in_flight: VecDeque::new(),
        };
        // Until everybody has sent a few times.
        treadmill.run(5 * u64::from(n_users));
        treadmill
    }

    /// Goes on until `n_requests` more are answered.
    pub(crate) fn run(&mut self, n_requests: u64) {
        let mut n_answered = 0;
        while n_answered < n_requests {
            while let Some(effect) = self.shard.poll_effect(self.now, |_| usize::MAX) {
                if let Effect::Send(ticket, request) = effect {
                    black_box(request);
                    let done = self.now + Self::SERVICE_TIME;
                    self.in_flight.push_back((done, ticket));
                }
            }
            black_box(self.shard.poll_snapshot(self.now));
            let wakeup = self.shard.poll_wakeup().expect("the run has no end");
            match self.in_flight.front() {
                Some(&(done, ticket)) if done <= wakeup => {
                    self.in_flight.pop_front();
                    self.now = done;
                    let response = Response {
                        status: 200,
                        body_bytes: 1000,
                        phases: None,
                        kept: None,
                    };
                    self.shard.handle_outcome(done, ticket, Ok(response));
                    n_answered += 1;
                }
                _ => self.now = wakeup,
            }
        }
    }
}
