//! A run without a browser: reads a plan, has the engine run it, and says what came of it.

use std::cell::Cell;
use std::convert::Infallible;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use futures::channel::oneshot;
use mayfly_core::plan::{BaseUrl, Draft, Plan, file_text};
use mayfly_core::report::{Report, text};
use mayfly_core::run_state::EndCause;
use mayfly_engine::host::Host;
use mayfly_engine::ready::ReadyPlan;
use mayfly_engine::run::RunStart;
use mayfly_engine::session::Session;

use crate::exit::Exit;
use crate::host::NativeHost;
use crate::http::{HttpTransport, Settings};
use crate::open_files;
use crate::signals::{Signal, Signals};

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The file of the plan, in TOML or JSON; what is in it says which.
    pub plan: PathBuf,
    /// Loads this host, whatever the plan says, for all user classes.
    pub host: Option<BaseUrl>,
    /// Whether any certificate of a server is taken, whatever the plan says.
    pub is_insecure: bool,
    /// Where every connection goes instead of the host of its URL.
    pub unix_socket: Option<PathBuf>,
    /// Where the report goes, as JSON.
    pub json: Option<PathBuf>,
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    File {
        /// Its name.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The report could not be written at the end.
    #[error("cannot write {}: {error}", path.display())]
    Json {
        /// Where it was to go.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Neither the plan, nor each of its user classes, nor the command says what to load.
    #[error("the plan names no host; add host = \"http://…\" to it, or name one with -H")]
    NoHost,
    /// The plan is invalid.
    #[error("{} is not a plan:\n{problems}", path.display())]
    Plan {
        /// Its file.
        path: PathBuf,
        /// What is wrong, one line each.
        problems: String,
    },
}

/// A plan that can run, and where its report goes.
pub struct Ready {
    plan: ReadyPlan,
    host: NativeHost,
    end: oneshot::Receiver<()>,
    json: Option<PathBuf>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Ended {
    /// The tables for the terminal.
    pub text: String,
    /// What the exit code says, as far as it is about the run.
    pub exit: Exit,
    /// All of it.
    pub report: Report,
}

impl Ready {
    /// Reads the plan and the files that it names, which are found beside it.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read or written, or says nothing that can run.
    pub fn read(options: &RunOptions) -> Result<Self, RunError> {
        let path = &options.plan;
        let bytes = fs::read(path).map_err(|error| RunError::File {
            path: path.clone(),
            error,
        })?;
        let bad_plan = |problems: String| RunError::Plan {
            path: path.clone(),
            problems,
        };
        let text = file_text(bytes).map_err(|error| bad_plan(error.to_string()))?;
        let plan = Plan::from_text(&text);
        let mut plan = plan.map_err(|errors| bad_plan(errors.to_string()))?;
        let draft = Draft::from_text(&text);
        let mut draft = draft.map_err(|errors| bad_plan(errors.to_string()))?;
        if let Some(host) = &options.host {
            plan.set_host(host.clone());
        }
        plan.tls.verify &= !options.is_insecure;
        if options.host.is_some() || options.is_insecure {
            // The report has what ran.
            draft = Draft::from_json(&plan.to_json()).unwrap_or(draft);
        }
        let classes = plan.user_classes.as_slice();
        if plan.target.is_none() && classes.iter().any(|it| it.host.is_none()) {
            return Err(RunError::NoHost);
        }
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let settings = Settings::of(&plan, |name| {
            fs::read(folder.join(name)).map_err(|error| error.to_string())
        });
        let mut settings = settings.map_err(|error| bad_plan(error.to_string()))?;
        settings.unix_socket.clone_from(&options.unix_socket);
        let (host, end) = NativeHost::of_one_run(folder.to_owned(), settings);
        let plan = ReadyPlan::new(plan, draft, |name| host.read_file(name))
            .map_err(|errors| bad_plan(errors.to_string()))?;
        if let Some(path) = &options.json {
            check_writable(path)?;
        }
        Ok(Self {
            plan,
            host,
            end,
            json: options.json.clone(),
        })
    }

    /// What is loaded, in words.
    pub fn target(&self) -> String {
        let label = self.plan.targets().label();
        label.unwrap_or_else(|| "the simulated API".to_owned())
    }

    /// How many requests may be in flight at once, if the system allows too few connections for all
    /// users of the plan.
    pub fn short_of_connections(&self) -> Option<usize> {
        let is_simulated = self.plan.targets().is_simulated();
        let max_users = self.plan.plan().load.shape.max_users();
        let max_users = usize::try_from(max_users).unwrap_or(usize::MAX);
        let wanted = max_users.min(HttpTransport::MAX_IN_FLIGHT);
        let allowed = open_files::max_connections();
        (!is_simulated && allowed < wanted).then_some(allowed)
    }

    /// Runs to the end, which a signal brings about sooner.
    ///
    /// To be called in a `LocalSet` of a current-thread runtime: a shard is single-threaded.
    ///
    /// # Errors
    ///
    /// Fails if the report cannot be written; what came of the run is told all the same.
    pub async fn run(self) -> (Ended, Result<(), RunError>) {
        let start = RunStart {
            run: 1,
            title: String::new(),
            seed: self.host.random(),
            started: self.host.unix_time(),
        };
        let session = Session::new(self.host);
        let started = session.start(self.plan, start);
        started.expect("what the plan names for its transport was read before");
        let told = Cell::new(None);
        tokio::select! {
            ended = self.end => ended.expect("the engine tells the end of its run, unless it panics"),
            never = listen(&session, &told) => match never {},
        }
        let ended = session.look(|recorder| {
            let report = recorder.report();
            let exit = match told.get() {
                // Who stops a run at the keyboard wants its verdict. Who ends the process from
                // outside must not take a run that was cut short for one that has passed.
                None
                | Some(Told {
                    signal: Signal::Interrupt,
                    is_repeated: false,
                }) => report.verdict().into(),
                Some(told) => told.signal.into(),
            };
            Ended {
                text: text::summary(&report.board, recorder.verdicts()),
                exit,
                report: report.clone(),
            }
        });
        let ended = ended.expect("a run was started, and is recorded from then on");
        let written = self.json.map_or(Ok(()), |path| {
            let written = fs::write(&path, ended.report.to_json());
            written.map_err(|error| RunError::Json { path, error })
        });
        (ended, written)
    }
}

/// Fails before a run if its report could not be written after it. What is there stays.
fn check_writable(path: &Path) -> Result<(), RunError> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map(drop).map_err(|error| RunError::Json {
        path: path.to_owned(),
        error,
    })
}

/// The last signal that came.
#[derive(Clone, Copy)]
struct Told {
    signal: Signal,
    is_repeated: bool,
}

/// The first signal stops the run as the plan says, and the second at once. Either way the run itself
/// comes to its end, so that its last numbers are counted.
async fn listen(session: &Session<NativeHost>, told: &Cell<Option<Told>>) -> Infallible {
    let mut signals = Signals::listen();
    loop {
        let signal = signals.next().await;
        let is_repeated = told.get().is_some();
        told.set(Some(Told {
            signal,
            is_repeated,
        }));
        session.stop(EndCause::Person);
    }
}
