//! What the user asked for: the validated description of a run.
//!
//! A [`Plan`] cannot hold a bad value: every value is of a type that is made by parsing. What a form
//! or a file says is turned into these types by the hosts, which show the [`PlanError`] beside what
//! caused it.

mod error;
mod url;
mod values;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::request::{Method, RequestName};
use crate::wait::WaitTime;
use crate::weight::Weights;

pub use self::error::PlanError;
pub use self::url::{BaseUrl, Path};
pub use self::values::{RunTime, SpawnRate, UserCount, parse_wait, parse_weight};

/// The validated description of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Plan {
    /// What is loaded.
    pub target: Target,
    /// How many users there are, and how fast they come.
    pub load: Load,
    /// When the run ends by itself, counted from its start; `None` runs until stopped.
    pub run_time: Option<RunTime>,
    /// How long a request may be under way before it is given up and counted as a failure.
    pub timeout: Duration,
    /// The kinds of users.
    pub user_classes: UserClasses,
}

impl Plan {
    /// The timeout of a plan that names none.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
}

/// What is loaded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Target {
    /// A real host.
    BaseUrl(BaseUrl),
    /// The simulated API in this crate; nothing leaves the machine.
    Simulated,
}

/// How many users there are, and how fast they come. May be edited while running.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Load {
    /// Users at the peak.
    pub users: UserCount,
    /// Users started per second.
    pub spawn_rate: SpawnRate,
}

/// The user classes of a plan: never empty, and at least one has a weight above zero.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Vec<UserClass>", into = "Vec<UserClass>")]
pub struct UserClasses(Vec<UserClass>);

impl UserClasses {
    /// In the order of the plan.
    pub fn as_slice(&self) -> &[UserClass] {
        &self.0
    }
}

impl TryFrom<Vec<UserClass>> for UserClasses {
    type Error = PlanError;

    fn try_from(classes: Vec<UserClass>) -> Result<Self, PlanError> {
        if classes.iter().all(|class| class.weight == 0) {
            return Err(PlanError::NoUserClass);
        }
        Ok(Self(classes))
    }
}

impl From<UserClasses> for Vec<UserClass> {
    fn from(classes: UserClasses) -> Self {
        classes.0
    }
}

/// A kind of user.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct UserClass {
    /// Decides the order of the class mix.
    pub name: String,
    /// Share of the users; zero is none.
    pub weight: u32,
    /// Pause between two tasks.
    pub wait: WaitTime,
    /// What these users do.
    pub tasks: Tasks,
}

/// The tasks of a user class: never empty, and at least one has a weight above zero.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Vec<Task>", into = "Vec<Task>")]
pub struct Tasks {
    tasks: Vec<Task>,
    weights: Weights,
}

impl Tasks {
    /// In the order of the plan.
    pub fn as_slice(&self) -> &[Task] {
        &self.tasks
    }

    /// The weights of the tasks, in the same order.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
}

impl TryFrom<Vec<Task>> for Tasks {
    type Error = PlanError;

    fn try_from(tasks: Vec<Task>) -> Result<Self, PlanError> {
        let weights =
            Weights::new(tasks.iter().map(|task| task.weight)).ok_or(PlanError::NoTask)?;
        Ok(Self { tasks, weights })
    }
}

impl From<Tasks> for Vec<Task> {
    fn from(tasks: Tasks) -> Self {
        tasks.tasks
    }
}

/// One thing a user does: one request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Task {
    /// Chance relative to the other tasks; zero is never.
    pub weight: u32,
    /// The method of the request.
    pub method: Method,
    /// Its path, which is joined to the host.
    pub path: Path,
}

impl Task {
    /// The row of the statistics that the request counts in.
    pub fn request_name(&self) -> RequestName {
        RequestName {
            name: self.path.as_str().to_owned(),
            method: self.method,
        }
    }
}
