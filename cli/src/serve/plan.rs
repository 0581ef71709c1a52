//! The plan that the page is started with.

use std::fs;
use std::path::{Path, PathBuf};

use mayfly_core::plan::{BaseUrl, Draft, Plan, file_text};
use mayfly_engine::ready::ReadyPlan;

use crate::http::Settings;
use crate::run::RunError;

/// A plan that the page shows, ready to be started.
#[derive(Debug)]
pub struct Given {
    /// What is shown of it, in TOML or JSON.
    pub text: String,
    /// Where the files are that it names.
    pub folder: PathBuf,
    /// The plan as it can be started; `None` if it does not say what to load.
    pub ready: Option<ReadyPlan>,
}

impl Given {
    /// Reads the file of a plan. `host` is loaded instead of the one that it names.
    ///
    /// # Errors
    ///
    /// Fails if it, or a file that it names, cannot be read or says nothing that can run.
    pub fn read(path: &Path, host: Option<&BaseUrl>) -> Result<Self, RunError> {
        let bytes = fs::read(path).map_err(|error| RunError::File {
            path: path.to_owned(),
            error,
        })?;
        let bad_plan = |problems: String| RunError::Plan {
            path: path.to_owned(),
            problems,
        };
        let mut text = file_text(bytes).map_err(|error| bad_plan(error.to_string()))?;
        let plan = Plan::from_text(&text);
        let mut plan = plan.map_err(|errors| bad_plan(errors.to_string()))?;
        let draft = Draft::from_text(&text);
        let mut draft = draft.map_err(|errors| bad_plan(errors.to_string()))?;
        if let Some(host) = host {
            plan.set_host(host.clone());
            draft = Draft::from_json(&plan.to_json()).unwrap_or(draft);
            text = draft.to_toml();
        }
        let folder = path.parent().unwrap_or_else(|| Path::new("")).to_owned();
        let read = |name: &str| fs::read(folder.join(name)).map_err(|error| error.to_string());
        Settings::of(&plan, read).map_err(|error| bad_plan(error.to_string()))?;
        let classes = plan.user_classes.as_slice();
        // In the page a person can still say what to load.
        let has_host = plan.target.is_some() || classes.iter().all(|it| it.host.is_some());
        let read = |name: &str| {
            let bytes = fs::read(folder.join(name)).map_err(|error| error.to_string())?;
            file_text(bytes).map_err(|error| error.to_string())
        };
        let ready = has_host.then(|| ReadyPlan::new(plan, draft, read));
        let ready = ready.transpose();
        let ready = ready.map_err(|errors| bad_plan(errors.to_string()))?;
        Ok(Self {
            text,
            folder,
            ready,
        })
    }
}
