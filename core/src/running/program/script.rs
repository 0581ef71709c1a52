//! What is only in a program whose tasks are in Python.

use std::time::Duration;

use crate::http::request::Keep;
use crate::plan::Plan;
use crate::running::script::heads::{KeepOfAnswers, Loaded};

/// What is only in a program whose tasks are in Python.
#[derive(Clone, Debug)]
pub(crate) struct ScriptProgram {
    /// What is kept of answers for the file.
    pub(crate) keep: Keep,
    /// How long requests may take that say nothing about it.
    pub(crate) timeout: Duration,
    /// Whether all requests go to the simulated API.
    pub(crate) is_simulated: bool,
    /// Whether the file is asked for the number of users.
    pub(crate) is_live: bool,
    /// Whether the file looks at the statistics.
    pub(crate) uses_stats: bool,
}

impl ScriptProgram {
    pub(super) fn new(plan: &Plan, loaded: &Loaded) -> Self {
        let mut classes = plan.user_classes.as_slice().iter();
        Self {
            keep: match loaded.keep {
                KeepOfAnswers::Body => Keep::Body,
                KeepOfAnswers::Start => Keep::Start,
                KeepOfAnswers::Nothing => Keep::OnFailure,
            },
            timeout: plan.request.timeout,
            is_simulated: classes.all(|it| plan.base_url(it).is_none()),
            is_live: loaded.shape.as_ref().is_some_and(|it| it.is_live),
            uses_stats: loaded.uses_stats,
        }
    }
}
