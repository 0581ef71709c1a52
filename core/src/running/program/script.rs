//! What is only in a program whose tasks are in Python.

use std::time::Duration;

use crate::http::origin::Origin;
use crate::http::request::Keep;
use crate::plan::{Plan, Targets};
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
    // What the file may load; `None` if it may load anything.
    may_load: Option<Targets>,
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
            may_load: None,
        }
    }

    /// Lets the file load no hosts of others but these.
    pub(super) fn confine(&mut self, hosts: &[String]) {
        let hosts = hosts.to_vec();
        self.may_load = Some(Targets { hosts });
    }

    /// Why no request goes to this origin; `None` if one may. What has none is no URL, or one that only looks
    /// like it.
    pub(crate) fn refusal(&self, origin: Option<&Origin>) -> Option<String> {
        let targets = self.may_load.as_ref().filter(|_| !self.is_simulated)?;
        match origin {
            None => Some(NO_URL.to_owned()),
            Some(origin) if targets.cover(origin) => None,
            Some(origin) => Some(format!(
                "not sent to {origin}: it is a host of others, which the plan does not name; add it to the “Other \
                 hosts” of the locustfile (“hosts” in its plan)"
            )),
        }
    }
}

/// Without the URL: it may have a password, and each would be an error of its own.
const NO_URL: &str =
    "expected a URL such as http://127.0.0.1:5000/path, without a user name, found another one";
