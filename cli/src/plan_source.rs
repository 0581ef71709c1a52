//! Where a plan comes from, and what the command line changes of it.

use std::fs;
use std::path::{Path, PathBuf};

use mayfly_core::plan::{Draft, Overrides, Plan, SetError, file_text, is_python};
use serde_json::{Value, json};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanSourceError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    File {
        /// Its name.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What should be its file is a folder.
    #[error("{} is a folder; name the file of a plan", .0.display())]
    Folder(PathBuf),
    /// An option that changes the plan cannot do so.
    #[error("{0}")]
    Option(String),
    /// A locustfile cannot run.
    #[error("{name} cannot run:\n{problems}")]
    Locustfile {
        /// The name of the file.
        name: String,
        /// What is wrong, one line each.
        problems: String,
    },
    /// The plan is invalid.
    #[error("{name} is not a plan:\n{problems}")]
    Plan {
        /// Its file, or what else it was made of.
        name: String,
        /// What is wrong, one line each.
        problems: String,
    },
}

/// Where a plan comes from.
#[derive(Clone, Debug)]
pub enum PlanSource {
    /// A plan that was made of something else, called so in errors.
    Draft {
        /// What it was made of.
        name: String,
        /// The plan.
        draft: Draft,
    },
    /// A file in TOML, JSON or Python; its name and what is in it say which.
    File(PathBuf),
}

/// A plan as it is to run.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// The plan.
    pub plan: Plan,
    /// The same as it is kept in reports.
    pub draft: Draft,
    /// The same as a person writes it: the text of its file, if nothing takes the place of its values.
    pub text: String,
    /// Where files that it names are found.
    pub folder: PathBuf,
}

/// Sets a value of a plan, or of an option that its locustfile adds to the command: `target-rate=5`.
fn set(draft: &mut Draft, setting: &str) -> Result<(), SetError> {
    let key = setting.split(['=', '.', '[']).next().unwrap_or_default();
    let is_of_plan = Plan::KEYS_BESIDE_LOCUSTFILE.contains(&key.trim());
    let Some(Value::Object(file)) = draft.keys.get_mut("locustfile").filter(|_| !is_of_plan) else {
        return draft.set(setting);
    };
    let no_pair = || SetError::NoPair(setting.to_owned());
    let (name, value) = setting.split_once('=').ok_or_else(no_pair)?;
    // As Python calls it.
    let name = name.trim().trim_start_matches('-').replace('-', "_");
    let options = file.entry("options").or_insert_with(|| json!({}));
    if let Value::Object(options) = options {
        options.insert(name, value.into());
    }
    Ok(())
}

impl PlanSource {
    /// Reads the plan, with these values in place of its own. `settings` are keys with values, as
    /// `load.users=50`.
    ///
    /// # Errors
    ///
    /// Fails if there is no such file, if it is no plan, or has nothing to replace.
    pub fn read(
        &self,
        settings: &[String],
        overrides: &Overrides,
    ) -> Result<ReadPlan, PlanSourceError> {
        let mut text = None;
        let mut draft = match self {
            Self::Draft { draft, .. } => draft.clone(),
            // Each system has another error for it.
            Self::File(path) if path.is_dir() => {
                return Err(PlanSourceError::Folder(path.clone()));
            }
            Self::File(path) => {
                let bytes = fs::read(path).map_err(|error| PlanSourceError::File {
                    path: path.clone(),
                    error,
                })?;
                let read = file_text(bytes).map_err(|error| self.refused(&error))?;
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if is_python(&name, &read) {
                    Draft::of_python(&name, &read)
                } else {
                    let draft = Draft::from_text(&read);
                    text = Some(read);
                    draft.map_err(|errors| self.refused(&errors))?
                }
            }
        };
        if draft.keys.contains_key("locustfile") {
            let folder = self.folder();
            let read = |name: &str| {
                let bytes = fs::read(folder.join(name)).map_err(|error| error.to_string())?;
                file_text(bytes).map_err(|error| error.to_string())
            };
            let inlined = draft.inline_locustfile(read);
            inlined.map_err(|problem| self.refused(&problem))?;
        }
        for setting in settings {
            set(&mut draft, setting)
                .map_err(|error| PlanSourceError::Option(format!("--set: {error}")))?;
        }
        text = text.filter(|_| settings.is_empty() && !draft.keys.contains_key("locustfile"));
        let plan = match &text {
            // Its errors have lines.
            Some(text) => Plan::from_text(text),
            None => Plan::from_json(&draft.to_json()),
        };
        let mut plan = plan.map_err(|errors| self.refused(&errors))?;
        if *overrides != Overrides::default() {
            let applied = overrides.apply(&mut plan);
            applied.map_err(|error| PlanSourceError::Option(error.to_string()))?;
            // A report has what ran.
            draft = Draft::from_json(&plan.to_json()).map_err(|errors| self.refused(&errors))?;
            text = None;
        }
        Ok(ReadPlan {
            plan,
            text: text.unwrap_or_else(|| draft.to_toml()),
            draft,
            folder: self.folder(),
        })
    }

    fn folder(&self) -> PathBuf {
        let path = match self {
            Self::Draft { .. } => None,
            Self::File(path) => path.parent(),
        };
        path.unwrap_or_else(|| Path::new("")).to_owned()
    }

    /// The error that it is not a plan that can run.
    pub(crate) fn refused(&self, problems: &impl ToString) -> PlanSourceError {
        PlanSourceError::Plan {
            name: match self {
                Self::Draft { name, .. } => name.clone(),
                Self::File(path) => path.display().to_string(),
            },
            problems: problems.to_string(),
        }
    }
}
