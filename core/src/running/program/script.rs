//! What is only in a program whose tasks are in Python.

use std::time::Duration;

use crate::http::origin::Origin;
use crate::http::request::Keep;
use crate::plan::{Plan, Targets, is_near};
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
    // The origins that the plan names, if no other ones of others may be loaded.
    named: Option<Vec<Origin>>,
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
            named: None,
        }
    }

    /// Lets the file load no hosts of others but those that its plan names.
    pub(super) fn confine(&mut self, plan: &Plan) {
        let hosts = Targets::of(plan).hosts;
        self.named = Some(hosts.iter().filter_map(|it| Origin::of(it)).collect());
    }

    /// Why no request goes to `url`, whose origin this is; `None` if one may.
    pub(crate) fn refusal(&self, url: &str, origin: Option<&Origin>) -> Option<String> {
        let named = self.named.as_ref().filter(|_| !self.is_simulated)?;
        let Some(origin) = origin else {
            return Some(format!(
                "expected a URL such as http://127.0.0.1:5000/path, found {url}"
            ));
        };
        let may = is_near(origin) || named.contains(origin);
        (!may).then(|| {
            format!(
                "not sent to {origin}: it is a host of others, which the plan does not name; add it to the “Other \
                 hosts” of the locustfile (“hosts” in its plan)"
            )
        })
    }
}
