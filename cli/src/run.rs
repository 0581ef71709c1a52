//! A run without a browser: reads a plan, drives it, and says what came of it.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures::channel::mpsc::{UnboundedSender, unbounded};
use mayfly_core::http::transport::Transport;
use mayfly_core::measure::board::{Board, aggregated};
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{BaseUrl, Plan, Target, Targets};
use mayfly_core::report::{RunVerdict, ThresholdResult, text};
use mayfly_core::run_state::EndCause;
use mayfly_core::run_state::ShardId;
use mayfly_core::running::drive::drive;
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{Command, Setting, Shard};
use mayfly_core::simulate::SimulatedApi;
use mayfly_core::time::Clock;
use mayfly_core::verdict::threshold::Verdicts;

use crate::clock::NativeClock;
use crate::exit::Exit;
use crate::http::HttpTransport;
use crate::open_files;
use crate::signals::{Signal, Signals};

/// What to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The file of the plan: JSON if its name ends with `.json`, TOML otherwise.
    pub plan: PathBuf,
    /// Loads this host, whatever the plan says, for all user classes.
    pub host: Option<BaseUrl>,
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
    /// Neither the plan, nor each of its user classes, nor the command says what to load.
    #[error("the plan names no host; add host = \"http://…\" to it, or name one with -H")]
    NoHost,
    /// The plan makes no sense.
    #[error("{} is not a plan:\n{problems}", path.display())]
    Plan {
        /// Its file.
        path: PathBuf,
        /// What is wrong, one line each.
        problems: String,
    },
}

/// A plan that can run.
#[derive(Debug)]
pub struct Ready {
    plan: Plan,
    program: Program,
}

impl Ready {
    /// Reads the plan and the files that it names, which are found beside it.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read, or says nothing that can run.
    pub fn read(options: &RunOptions) -> Result<Self, RunError> {
        let path = &options.plan;
        let text = fs::read_to_string(path).map_err(|error| RunError::File {
            path: path.clone(),
            error,
        })?;
        let is_json = path
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("json"));
        let plan = if is_json {
            Plan::from_json(&text)
        } else {
            Plan::from_toml(&text)
        };
        let bad_plan = |problems: String| RunError::Plan {
            path: path.clone(),
            problems,
        };
        let mut plan = plan.map_err(|errors| bad_plan(errors.to_string()))?;
        if let Some(host) = &options.host {
            plan.set_host(host.clone());
        }
        if plan.target.is_none()
            && plan
                .user_classes
                .as_slice()
                .iter()
                .any(|it| it.host.is_none())
        {
            return Err(RunError::NoHost);
        }
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let read =
            |name: &str| fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
        let program = Program::new(&plan, read).map_err(|errors| bad_plan(errors.to_string()))?;
        Ok(Self { plan, program })
    }

    /// What is loaded, in words.
    pub fn target(&self) -> String {
        let label = Targets::of(&self.plan).label();
        label.unwrap_or_else(|| "the simulated API".to_owned())
    }

    /// How many requests may be under way at once, if the system allows too few connections for all
    /// users of the plan.
    pub fn short_of_connections(&self) -> Option<usize> {
        let is_simulated = Targets::of(&self.plan).is_simulated();
        let max_users = usize::try_from(self.plan.load.shape.max_users()).unwrap_or(usize::MAX);
        let wanted = max_users.min(HttpTransport::MAX_IN_FLIGHT);
        let allowed = open_files::max_connections();
        (!is_simulated && allowed < wanted).then_some(allowed)
    }

    /// Runs to the end, which a signal brings about sooner, and returns the report and the verdict.
    ///
    /// To be called in a `LocalSet` of a current-thread runtime: a shard is single-threaded.
    pub async fn run(self) -> (String, Exit) {
        let seed = self.plan.load.seed.unwrap_or_else(new_seed);
        let clock = NativeClock::start();
        let is_simulated = Targets::of(&self.plan).is_simulated();
        match self.plan.target.clone() {
            Some(Target::Simulated(model)) if is_simulated => {
                let api = SimulatedApi::with_model(clock, seed, model);
                self.run_on(&api, &clock, seed).await
            }
            // A class that has a host of its own loads it, as on the page.
            _ => {
                let allowed = open_files::max_connections();
                let http = HttpTransport::new(allowed.min(HttpTransport::MAX_IN_FLIGHT));
                self.run_on(&http, &clock, seed).await
            }
        }
    }

    async fn run_on(
        self,
        transport: &impl Transport,
        clock: &impl Clock,
        seed: u64,
    ) -> (String, Exit) {
        let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let setting = Setting {
            seed,
            started: started.unwrap_or(Duration::ZERO),
            id: ShardId::ONLY,
            max_in_flight: transport.max_in_flight(),
        };
        let shard = Shard::new(self.program, setting);
        let (sender, commands) = unbounded();
        let watch = RefCell::new(Watch {
            board: Board::default(),
            verdicts: Verdicts::new(&self.plan.thresholds),
            commands: sender.clone(),
        });
        let run = drive(shard, transport, clock, commands, |snapshot| {
            watch.borrow_mut().post(snapshot);
        });
        let told = Cell::new(None);
        tokio::select! {
            () = run => (),
            never = listen(sender, &told) => match never {},
        }
        let Watch {
            board, verdicts, ..
        } = watch.into_inner();
        let exit = match told.get() {
            // Who stops a run at the keyboard wants its verdict. Who ends the process from outside
            // must not take a run that was cut short for one that has passed.
            None
            | Some(Told {
                signal: Signal::Interrupt,
                is_repeated: false,
            }) => verdict(&board, &verdicts),
            Some(told) => told.signal.into(),
        };
        (text::summary(&board, &verdicts), exit)
    }
}

/// Looks at the numbers while they come in.
struct Watch {
    board: Board,
    verdicts: Verdicts,
    commands: UnboundedSender<Command>,
}

impl Watch {
    fn post(&mut self, snapshot: Snapshot) {
        self.board.post(snapshot);
        self.verdicts.update(&self.board);
        // A second stop would not let users finish.
        let is_going_on = self.board.end_cause().is_none();
        if let Some(condition) = self.verdicts.aborting().filter(|_| is_going_on) {
            let cause = EndCause::Threshold(condition.to_string().into());
            // Nobody listens once the run is over.
            let _ = self.commands.unbounded_send(Command::Stop(cause));
        }
    }
}

/// The last signal that came.
#[derive(Clone, Copy)]
struct Told {
    signal: Signal,
    is_repeated: bool,
}

/// The first signal stops the run as the plan says, and the second at once. Either way the run itself
/// comes to its end, so that its last numbers are counted.
async fn listen(commands: UnboundedSender<Command>, told: &Cell<Option<Told>>) -> Infallible {
    let mut signals = Signals::listen();
    loop {
        let signal = signals.next().await;
        let is_repeated = told.get().is_some();
        told.set(Some(Told {
            signal,
            is_repeated,
        }));
        // Nobody listens once the run is over.
        let _ = commands.unbounded_send(Command::Stop(EndCause::Person));
    }
}

fn verdict(board: &Board, verdicts: &Verdicts) -> Exit {
    let has_exceptions = !board.exceptions().is_empty();
    match RunVerdict::new(board, &ThresholdResult::of(verdicts)) {
        RunVerdict::Failed => Exit::ThresholdFailed,
        RunVerdict::SomeFailures => Exit::Failed,
        _ if has_exceptions || 0 < aggregated(&board.rows()).n_failures() => Exit::Failed,
        RunVerdict::NoData | RunVerdict::Unfinished => Exit::NoData,
        RunVerdict::NoFailures | RunVerdict::Passed => Exit::Passed,
    }
}

/// The standard library draws the keys of its maps from the machine's randomness.
fn new_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}
