//! Snapshots of shards, round by round, as those of one. No I/O.

use std::collections::BTreeSet;

use mayfly_core::measure::board::Board;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::run_state::{RunState, ShardId};
use mayfly_core::time::Elapsed;

/// Waits until all shards that are not over have said something new.
#[derive(Debug, Default)]
pub(super) struct Round {
    board: Board,
    // Those that have said something since the last round.
    heard: BTreeSet<u32>,
    // What was counted from before this time on is of no interest.
    forgotten: Elapsed,
}

impl Round {
    /// Takes the newest snapshot of a shard. Gives that of all of them, if the round is complete with it.
    pub(super) fn take(&mut self, snapshot: Snapshot) -> Option<Snapshot> {
        if snapshot.shard.count == ShardId::ONLY.count {
            return Some(snapshot);
        }
        let is_over = snapshot.state == RunState::Stopped;
        // It was under way when somebody asked for a reset, and others have forgotten already.
        if snapshot.since < self.forgotten && !is_over {
            return None;
        }
        self.heard.insert(snapshot.shard.index);
        self.board.post(snapshot);
        let mut active = self.board.snapshots();
        let is_complete =
            active.all(|it| it.state == RunState::Stopped || self.heard.contains(&it.shard.index));
        let merged = self.board.merged().filter(|_| is_complete)?;
        self.heard.clear();
        Some(merged)
    }

    /// From `now` on all shards count anew.
    pub(super) fn forget(&mut self, now: Elapsed) {
        self.forgotten = now;
        self.heard.clear();
    }
}

#[cfg(test)]
mod tests {
    use mayfly_core::run_state::EndCause;

    use super::*;

    fn snapshot(index: u32, millis: u64, since: u64, state: RunState) -> Snapshot {
        Snapshot {
            shard: ShardId { index, count: 2 },
            at: Elapsed::from_micros(millis * 1000),
            since: Elapsed::from_micros(since * 1000),
            state,
            n_users: 1,
            n_queued: 0,
            n_in_flight: 0,
            n_due: 0,
            n_dead: 0,
            n_resent: 0,
            health: None,
            wire_bytes: 0,
            end_cause: Some(EndCause::Person),
            n_dropped: 0,
            rows: Vec::new(),
            rows_left_out: false,
            exceptions: Vec::new(),
            series: Vec::new(),
        }
    }

    /// When the merged snapshot was read, if the round is complete.
    fn take(round: &mut Round, snapshot: Snapshot) -> Option<u64> {
        round.take(snapshot).map(|it| it.at.as_micros() / 1000)
    }

    #[test]
    fn a_round_is_complete_when_all_that_go_on_were_heard() {
        use RunState::{Running, Stopped};
        let mut round = Round::default();
        assert_eq!(take(&mut round, snapshot(0, 1, 0, Running)), None);
        assert_eq!(take(&mut round, snapshot(0, 2, 0, Running)), None);
        assert_eq!(take(&mut round, snapshot(1, 3, 0, Running)), Some(2));
        assert_eq!(take(&mut round, snapshot(1, 4, 0, Running)), None);
        assert_eq!(take(&mut round, snapshot(0, 5, 0, Stopped)), Some(4));
        assert_eq!(take(&mut round, snapshot(1, 6, 0, Running)), Some(6));
        assert_eq!(take(&mut round, snapshot(1, 7, 0, Stopped)), Some(7));
    }

    #[test]
    fn what_was_counted_before_a_reset_is_not_mixed_with_what_was_counted_since() {
        use RunState::Running;
        let mut round = Round::default();
        round.take(snapshot(0, 1, 0, Running));
        round.forget(Elapsed::from_micros(2000));
        assert_eq!(take(&mut round, snapshot(1, 3, 0, Running)), None);
        assert_eq!(take(&mut round, snapshot(1, 4, 2, Running)), None);
        assert_eq!(take(&mut round, snapshot(0, 5, 3, Running)), Some(4));
    }

    #[test]
    fn a_shard_that_is_the_only_one_is_not_waited_for() {
        let mut round = Round::default();
        let only = Snapshot {
            shard: ShardId::ONLY,
            ..snapshot(0, 1, 0, RunState::Running)
        };
        assert_eq!(round.take(only.clone()), Some(only));
    }
}
