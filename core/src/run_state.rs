//! What a run is doing, in Locust's words, and which part of it a shard is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The state of a run.
///
/// ```text
///              Start      Spawned   Stop       Drained
///   Ready      Spawning   ·         ·          ·
///   Spawning   Spawning   Running   Stopping   ·
///   Running    Spawning   ·         Stopping   ·
///   Stopping   ·          ·         ·          Stopped
///   Stopped    Spawning   ·         ·          ·
/// ```
///
/// `Start` while running is an edit of the users. A dot is an event that means nothing in that
/// state.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Nothing has run yet.
    #[default]
    Ready,
    /// Users are being started, or stopped after an edit, toward the target.
    Spawning,
    /// All users are alive.
    Running,
    /// No new request starts; what is under way is being ended.
    Stopping,
    /// No user is left. The numbers are final.
    Stopped,
}

/// What changes the state of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RunEvent {
    /// The number of users to reach was set.
    Start,
    /// That number is reached.
    Spawned,
    /// A person or the run time ended the run.
    Stop,
    /// Nothing is under way any more.
    Drained,
}

impl RunState {
    /// The state after `event`, or `None` if the event means nothing here.
    pub fn next(self, event: RunEvent) -> Option<Self> {
        match (self, event) {
            (Self::Stopping, RunEvent::Start) => None,
            (_, RunEvent::Start) => Some(Self::Spawning),
            (Self::Spawning, RunEvent::Spawned) => Some(Self::Running),
            (Self::Spawning | Self::Running, RunEvent::Stop) => Some(Self::Stopping),
            (Self::Stopping, RunEvent::Drained) => Some(Self::Stopped),
            (_, RunEvent::Drained | RunEvent::Spawned | RunEvent::Stop) => None,
        }
    }

    /// Whether an edit of the load still means something.
    pub fn can_be_edited(self) -> bool {
        matches!(self, Self::Spawning | Self::Running)
    }

    /// Whether users are alive, or may be soon.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Spawning | Self::Running | Self::Stopping)
    }
}

/// Which part of a run a shard is. It owns the users, and the arrivals, i with i ≡ index
/// (mod count).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ShardId {
    /// In `0..count`.
    pub index: u32,
    /// How many shards the run has; above zero.
    pub count: u32,
}

impl ShardId {
    /// The only shard of a run.
    pub const ONLY: Self = Self { index: 0, count: 1 };

    /// How many of the users `0..total` are this shard's.
    pub fn share(self, total: u32) -> u32 {
        total / self.count + u32::from(self.index < total % self.count)
    }

    /// The user of the whole run that is this shard's user `local`.
    pub(crate) fn user(self, local: u32) -> u32 {
        self.index + self.count * local
    }
}

/// Why a run ended. Of several causes, the first counts.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// All requests that the plan allows were sent and answered.
    MaxRequests,
    /// Exceptions ended users until none was left, and no others were to come.
    NoUsersLeft,
    /// A person stopped it, or the system that the command runs on.
    Person,
    /// Its run time was over, or its last stage.
    RunTime,
    /// A threshold with `abort` failed: its condition, as it was written.
    Threshold(Arc<str>),
    // The places of those above are in messages and in the digests of tests.
    /// All users of a locustfile have ended themselves, and no others were to come.
    AllDone,
    /// A locustfile cannot go on: why, in words.
    Locustfile(Arc<str>),
    /// A locustfile ended it.
    Quit,
    /// The target refused or was gone: what was seen, in words.
    Autostop(Arc<str>),
}

impl EndCause {
    /// Whether the run ended as its plan or a person wanted, and not because something was wrong.
    pub fn is_expected(&self) -> bool {
        match self {
            Self::AllDone | Self::MaxRequests | Self::Person | Self::Quit | Self::RunTime => true,
            Self::Autostop(_) | Self::Locustfile(_) | Self::NoUsersLeft | Self::Threshold(_) => {
                false
            }
        }
    }
}

impl fmt::Display for EndCause {
    /// What comes after *the run ended:*.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllDone => f.write_str("all users were done, and no others were to come"),
            Self::Autostop(reason) => f.write_str(reason),
            Self::Locustfile(problem) => write!(f, "the locustfile cannot go on: {problem}"),
            Self::MaxRequests => f.write_str("all requests that the plan allows were answered"),
            Self::NoUsersLeft => f.write_str(
                "exceptions ended users until none was left, and no others were to come",
            ),
            Self::Person => f.write_str("it was stopped"),
            Self::Quit => f.write_str("the locustfile ended it"),
            Self::RunTime => f.write_str("its time was over"),
            Self::Threshold(condition) => write!(f, "the threshold “{condition}” failed"),
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Spawning => "spawning",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RunState::{Ready, Running, Spawning, Stopped, Stopping};
    use super::*;

    /// One row of the table in the docs of [`RunState`].
    #[track_caller]
    fn check(state: RunState, row: [Option<RunState>; 4]) {
        use RunEvent::{Drained, Spawned, Start, Stop};
        assert_eq!(
            [Start, Spawned, Stop, Drained].map(|event| state.next(event)),
            row
        );
    }

    #[test]
    fn the_table_in_the_docs_holds() {
        check(Ready, [Some(Spawning), None, None, None]);
        check(
            Spawning,
            [Some(Spawning), Some(Running), Some(Stopping), None],
        );
        check(Running, [Some(Spawning), None, Some(Stopping), None]);
        check(Stopping, [None, None, None, Some(Stopped)]);
        check(Stopped, [Some(Spawning), None, None, None]);
    }
}
