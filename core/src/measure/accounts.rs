//! What became of everything that was due: the sum that every run must get right.
//!
//! Requests that were aborted are in no other count, as in Locust. Their number is shown, so that the
//! others can be compared with those of a target, which may have answered a few of them before it
//! heard of the abort. What was due is counted by itself, so that the sum can be wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::measure::board::{Board, aggregated};

/// What became of all requests and arrivals that were due since counting began.
///
/// Each is in one count: due = answered + failed + given up + never sent + dropped + queued +
/// in flight. Once a run is over, the last two are zero.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Accounts {
    /// Requests that users wanted to send, and arrivals that were dropped.
    pub due: u64,
    /// Requests with an answer that was as it should be.
    pub answered: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests that were in flight when their users were stopped.
    pub given_up: u64,
    /// Requests that still waited to be sent when their users were stopped.
    pub unsent: u64,
    /// Arrivals that found no free user.
    pub dropped: u64,
    /// Requests that wait to be sent.
    pub queued: u64,
    /// Requests that were sent and have no answer yet.
    pub in_flight: u64,
}

impl Accounts {
    /// Whether each is in one count. False for reports of earlier versions, which did not count what
    /// was due.
    pub fn adds_up(&self) -> bool {
        let Self {
            due,
            answered,
            failed,
            given_up,
            unsent,
            dropped,
            queued,
            in_flight,
        } = self;
        *due == answered + failed + given_up + unsent + dropped + queued + in_flight
    }

    /// How many have no answer although nobody waits for one any more.
    pub fn unanswered(&self) -> u64 {
        self.given_up + self.unsent + self.dropped
    }
}

/// The sum in words, without what is zero: `1000 due = 750 answered + 250 given up`.
impl fmt::Display for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} due = {} answered", self.due, self.answered)?;
        for (count, what) in [
            (self.failed, "failed"),
            (self.given_up, "given up"),
            (self.unsent, "never sent"),
            (self.dropped, "dropped"),
            (self.queued, "queued"),
            (self.in_flight, "in flight"),
        ] {
            if 0 < count {
                write!(f, " + {count} {what}")?;
            }
        }
        Ok(())
    }
}

impl Board {
    /// What became of everything that was due.
    pub fn accounts(&self) -> Accounts {
        let total = aggregated(&self.rows());
        let failed = total.n_failures();
        let dropped = self.n_dropped();
        let sum = |count: fn(&crate::measure::snapshot::Snapshot) -> u64| {
            self.snapshots().map(count).sum()
        };
        let n_due: u64 = sum(|it| it.n_due);
        Accounts {
            due: n_due + dropped,
            answered: total.n_requests - failed,
            failed,
            given_up: total.n_aborted,
            unsent: total.n_unsent,
            dropped,
            queued: sum(|it| it.n_queued.into()),
            in_flight: sum(|it| it.n_in_flight),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_said_without_what_is_zero() {
        let accounts = Accounts {
            due: 1000,
            answered: 740,
            failed: 10,
            given_up: 6,
            unsent: 244,
            ..Accounts::default()
        };
        assert!(accounts.adds_up());
        assert_eq!(accounts.unanswered(), 250);
        let expected = "1000 due = 740 answered + 10 failed + 6 given up + 244 never sent";
        assert_eq!(accounts.to_string(), expected);
    }
}
