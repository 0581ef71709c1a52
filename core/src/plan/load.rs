//! How much load there is, and until when.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ArrivalRate, PlanError, RunTime, SpawnRate, UserCount};

/// How much load there is, and until when.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Users, or arrivals, over time. May be edited while running.
    pub shape: Shape,
    /// When the run ends by itself, counted from its start. Without it, a run with stages ends with
    /// the last of them, and one without goes on until it is stopped.
    pub run_time: Option<RunTime>,
    /// The run ends once so many requests were sent and answered.
    pub max_requests: Option<NonZeroU64>,
    /// How long users that are stopped may go on with their task; zero ends it at once.
    pub stop_timeout: Duration,
    /// The number all randomness of the run comes from; `None` takes a new one for every run.
    pub seed: Option<u64>,
    /// Whether the run ends by itself if the target refuses or is gone, and users wait as long as it asks for;
    /// `None` leaves it to where the target is, see [`Plan::stops_itself`](super::Plan::stops_itself).
    pub autostop: Option<bool>,
}

impl Load {
    /// A load without limits.
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            run_time: None,
            max_requests: None,
            stop_timeout: Duration::ZERO,
            seed: None,
            autostop: None,
        }
    }

    /// When the run ends by itself, if it does: at its run time, or with its last stage.
    pub fn end(&self) -> Option<Duration> {
        let run_time = self.run_time.map(RunTime::get);
        let stages = self.shape.length();
        run_time.into_iter().chain(stages).min()
    }
}

/// Users, or arrivals, over time.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Open model: tasks start at given times, whether or not earlier ones are done.
    Arrivals(Arrivals),
    /// Closed model, with a number of users that changes by stages.
    Stages(Stages),
    /// Closed model: a number of users, each of whom does one task after the other.
    Users(Users),
}

impl Shape {
    /// How long it is; `None` if it has no end.
    pub fn length(&self) -> Option<Duration> {
        match self {
            Self::Arrivals(arrivals) => {
                Some(arrivals.stages.iter().map(|it| it.length.get()).sum())
            }
            Self::Stages(stages) => Some(stages.0.iter().map(|it| it.length.get()).sum()),
            Self::Users(_) => None,
        }
    }

    /// The most users there may be at once.
    pub fn max_users(&self) -> u32 {
        match self {
            Self::Arrivals(arrivals) => arrivals.max_users.get(),
            Self::Stages(stages) => stages.0.iter().map(|it| it.users).max().unwrap_or(0),
            Self::Users(users) => users.users.get(),
        }
    }
}

/// A number of users, and how fast they come.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Users {
    /// Users at the peak.
    pub users: UserCount,
    /// Users started per second.
    pub spawn_rate: SpawnRate,
}

/// The stages of a closed model: never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages(Vec<Stage>);

impl Stages {
    /// In order of time.
    pub fn as_slice(&self) -> &[Stage] {
        &self.0
    }
}

impl TryFrom<Vec<Stage>> for Stages {
    type Error = PlanError;

    fn try_from(stages: Vec<Stage>) -> Result<Self, PlanError> {
        if stages.is_empty() {
            return Err(PlanError::NoStage);
        }
        Ok(Self(stages))
    }
}

/// A stretch of time over which the swarm goes to a number of users, and stays there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// How long it lasts, counted from the end of the stage before.
    pub length: RunTime,
    /// Users to go to; zero is a pause.
    pub users: u32,
    /// Users started, or stopped, per second.
    pub spawn_rate: SpawnRate,
}

/// The arrivals of an open model.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    // Never empty.
    stages: Vec<ArrivalStage>,
    max_users: UserCount,
}

impl Arrivals {
    /// The size of the pool in a plan that names none.
    pub const MAX_USERS: u32 = 1000;

    /// Arrivals by `stages`, each of which is done by one of at most `max_users` users.
    ///
    /// # Errors
    ///
    /// Fails if there is no stage.
    pub fn new(stages: Vec<ArrivalStage>, max_users: UserCount) -> Result<Self, PlanError> {
        if stages.is_empty() {
            return Err(PlanError::NoStage);
        }
        Ok(Self { stages, max_users })
    }

    /// In order of time.
    pub fn stages(&self) -> &[ArrivalStage] {
        &self.stages
    }

    /// How many users there may be. An arrival that finds all of them busy is dropped.
    pub fn max_users(&self) -> UserCount {
        self.max_users
    }
}

/// A stretch of time over which the arrival rate changes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrivalStage {
    /// How long it lasts, counted from the end of the stage before.
    pub length: RunTime,
    /// Rate at the start.
    pub from: ArrivalRate,
    /// Rate at the end.
    pub to: ArrivalRate,
}
