//! What the loop of a run notices beside what its shard counts, for all who have such a loop.

use crate::http::transport::Tally;
use crate::measure::health::Vitals;
use crate::measure::snapshot::Snapshot;
use crate::running::shard::Command;
use crate::time::{Elapsed, Reading};

/// What is noticed of the generator itself, and of its transport.
#[derive(Debug, Default)]
pub struct Watch {
    // What the transport had done when counting began.
    before: Tally,
    vitals: Vitals,
}

impl Watch {
    /// The loop turns now, and was to turn at `due` at the latest.
    pub fn turn(&mut self, due: Elapsed, now: Elapsed) {
        self.vitals.turn(due, now);
    }

    /// An alarm for `due` is heard now.
    pub fn hear_alarm(&mut self, due: Elapsed, now: Elapsed) {
        self.vitals.hear(due, now);
    }

    /// Takes from a command, of a person or of the host, what the shard does not do. `tally` is what the
    /// transport has done by now.
    pub fn hear(&mut self, command: &Command, now: Elapsed, tally: Tally) {
        match command {
            Command::Reset => {
                self.before = tally;
                self.vitals.reset(now);
            }
            Command::Hide(is_hidden) => self.vitals.hide(now, *is_hidden),
            Command::Share(is_shared) => self.vitals.share(now, *is_shared),
            _ => {}
        }
    }

    /// The same snapshot, with what was noticed since counting began. `reading` and `tally` are what the
    /// host and the transport say now.
    pub fn complete(
        &mut self,
        now: Elapsed,
        reading: Reading,
        tally: Tally,
        mut snapshot: Snapshot,
    ) -> Snapshot {
        self.vitals.read(now, reading);
        self.vitals.add_to(&mut snapshot.health);
        if let Some(health) = &mut snapshot.health {
            health.n_preflighted = tally.n_preflighted - self.before.n_preflighted;
            health.n_maybe_waiting = tally.n_maybe_waiting - self.before.n_maybe_waiting;
        }
        Snapshot {
            n_resent: tally.n_resent - self.before.n_resent,
            wire_bytes: tally.wire_bytes - self.before.wire_bytes,
            ..snapshot
        }
    }
}
