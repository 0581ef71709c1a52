//! The plan that the page is started with.

use std::fs;
use std::path::PathBuf;

use mayfly_core::plan::{Draft, Locustfile, Overrides, Plan, file_text};
use mayfly_engine::ready::ReadyPlan;

use crate::http::Settings;
use crate::plan_source::{PlanSource, PlanSourceError, ReadPlan};

/// A plan that the page shows, ready to be started.
#[derive(Debug)]
pub struct Given {
    /// What is shown of it, in TOML or JSON.
    pub text: String,
    /// Where the files are that it names.
    pub folder: PathBuf,
    /// The locustfile that says what users do.
    pub locustfile: Option<Locustfile>,
    /// The plan as it can be started; `None` if it does not say what to load.
    pub start: Option<Startable>,
}

/// A plan that can be started.
#[derive(Debug)]
pub enum Startable {
    /// At once.
    Ready(Box<ReadyPlan>),
    /// Once Python has loaded its locustfile, which says what to load if the plan does not.
    Unloaded(Box<Plan>, Draft),
}

impl Given {
    /// Reads a plan, with these values in place of its own, as [`PlanSource::read`] does.
    ///
    /// # Errors
    ///
    /// Fails if it, or a file that it names, cannot be read or says nothing that can run.
    pub fn read(
        source: &PlanSource,
        settings: &[String],
        overrides: &Overrides,
    ) -> Result<Self, PlanSourceError> {
        let ReadPlan {
            plan,
            draft,
            text,
            folder,
        } = source.read(settings, overrides)?;
        let read = |name: &str| fs::read(folder.join(name)).map_err(|error| error.to_string());
        Settings::of(&plan, read).map_err(|error| source.refused(&error))?;
        let classes = plan.user_classes.as_slice();
        // In the page a person can still say what to load.
        let has_host = plan.target.is_some() || classes.iter().all(|it| it.host.is_some());
        let read = |name: &str| {
            let bytes = fs::read(folder.join(name)).map_err(|error| error.to_string())?;
            file_text(bytes).map_err(|error| error.to_string())
        };
        let locustfile = plan.locustfile.clone();
        // What is in it is known once somebody wants to see it, or to start it.
        if locustfile.is_some() {
            return Ok(Self {
                text,
                folder,
                locustfile,
                start: Some(Startable::Unloaded(Box::new(plan), draft)),
            });
        }
        let ready = has_host.then(|| ReadyPlan::new(plan, draft, read));
        let ready = ready.transpose();
        let ready = ready.map_err(|errors| source.refused(&errors))?;
        Ok(Self {
            text,
            folder,
            locustfile,
            start: ready.map(|it| Startable::Ready(Box::new(it))),
        })
    }
}
