//! One user's state. What moves it from one to the next is in [`crate::shard`].

use crate::rng::Rng;
use crate::time::Elapsed;

/// One simulated user: does a task, waits, repeats.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// Goes on where it was when a stopped user is started again.
    pub(crate) rng: Rng,
    /// Index of the user class in the plan.
    pub(crate) class: usize,
    /// Counts the changes of `activity`, so that what belongs to an earlier one can be told.
    pub(crate) epoch: u32,
    pub(crate) activity: Activity,
}

/// What a user is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Activity {
    /// Not alive.
    Stopped,
    /// Between two tasks; a wakeup is set.
    Waiting,
    /// Wants to send, and waits for a free connection.
    Queued { due: Elapsed, task: usize },
    /// A request is under way.
    InFlight {
        due: Elapsed,
        sent: Elapsed,
        task: usize,
    },
}

impl User {
    pub(crate) fn new(rng: Rng, class: usize) -> Self {
        Self {
            rng,
            class,
            epoch: 0,
            activity: Activity::Stopped,
        }
    }

    /// Changes the activity, and returns the epoch in which it holds.
    pub(crate) fn turn(&mut self, activity: Activity) -> u32 {
        self.activity = activity;
        self.epoch = self.epoch.wrapping_add(1);
        self.epoch
    }
}
