//! A plan of a locustfile that only lists requests: what a person reads to see what the file does.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mayfly_core::plan::{Draft, Plan, file_text, is_python};

use crate::python::{Preview, preview};

/// Which file is made a plan, and by which Python.
#[derive(Clone, Debug)]
pub struct Import {
    /// The locustfile.
    pub file: PathBuf,
    /// The interpreter; `None` looks for one.
    pub python: Option<PathBuf>,
}

/// Why there is no plan of a locustfile.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file does what no plan can say.
    #[error("{} does more than a plan can say:\n{problems}\nThe file itself runs as it is: mayfly -f {}", file.display(), file.display())]
    Computed {
        /// Its name.
        file: PathBuf,
        /// What it does, one line each.
        problems: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {problem}", file.display())]
    File {
        /// Its name.
        file: PathBuf,
        /// Why.
        problem: String,
    },
    /// The plan would be written over the locustfile.
    #[error("{} is the locustfile itself; name another file for the plan", .0.display())]
    Itself(PathBuf),
    /// It is something else.
    #[error("expected a locustfile, such as locustfile.py, and {} is none", .0.display())]
    NoLocustfile(PathBuf),
    /// Python does not understand the file.
    #[error("{} is no Python that can run:\n{problems}", file.display())]
    NotPython {
        /// Its name.
        file: PathBuf,
        /// What is wrong, one line each.
        problems: String,
    },
    /// There is no Python that can look at it.
    #[error("{0}")]
    Python(String),
    /// The file for the plan is there already.
    #[error("{} is there already; --force writes the plan over it", .0.display())]
    Taken(PathBuf),
    /// The plan cannot be written.
    #[error("cannot write {}: {error}", file.display())]
    Unwritable {
        /// Where to.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Import {
    /// The plan in TOML, which can be read back.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, does what no plan can say, or there is no Python.
    pub fn plan(&self) -> Result<String, ImportError> {
        let file = || self.file.clone();
        let unreadable = |problem| ImportError::File {
            file: file(),
            problem,
        };
        let bytes = fs::read(&self.file).map_err(|error| unreadable(error.to_string()))?;
        let text = file_text(bytes).map_err(|error| unreadable(error.to_string()))?;
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        if !is_python(&name, &text) {
            return Err(ImportError::NoLocustfile(file()));
        }
        let folder = self.file.parent().unwrap_or_else(|| Path::new(""));
        let told = preview(self.python.as_deref(), (folder, &name), &text);
        let keys = match told.map_err(ImportError::Python)? {
            Preview::Plan(keys) => keys,
            Preview::Problems(problems) => {
                let is_fatal = problems.iter().any(|it| it.is_fatal);
                let lines = problems.iter();
                let lines = lines.map(|it| format!("line {}: {}", it.line, it.text));
                let (file, problems) = (file(), lines.collect::<Vec<_>>().join("\n"));
                return Err(match is_fatal {
                    true => ImportError::NotPython { file, problems },
                    false => ImportError::Computed { file, problems },
                });
            }
        };
        let text = Draft { keys }.to_toml();
        // What Python takes may be too much for a plan: a weight of 1.5 of a task, a path with spaces.
        let computed = |problems: String| ImportError::Computed {
            file: file(),
            problems,
        };
        Plan::from_toml(&text).map_err(|errors| computed(errors.to_string()))?;
        Ok(format!(
            "# A preview of what {name} does. The file itself runs as it is, by Python: mayfly -f {name}\n{text}"
        ))
    }

    /// Writes a plan to a file that is not there yet, or with `is_forced` over the one that is.
    ///
    /// # Errors
    ///
    /// Fails if the file is there, or cannot be written.
    pub fn write(&self, to: &Path, plan: &str, is_forced: bool) -> Result<(), ImportError> {
        let whole = |path: &Path| fs::canonicalize(path).ok();
        if whole(to).is_some_and(|it| Some(it) == whole(&self.file)) {
            return Err(ImportError::Itself(to.to_owned()));
        }
        let opened = match is_forced {
            true => File::create(to),
            false => File::create_new(to),
        };
        let written = opened.and_then(|mut it| it.write_all(plan.as_bytes()));
        written.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => ImportError::Taken(to.to_owned()),
            _ => ImportError::Unwritable {
                file: to.to_owned(),
                error,
            },
        })
    }
}
