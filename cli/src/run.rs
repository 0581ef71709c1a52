//! A run without a browser: reads a plan, has the engine run it, and says what came of it.

use std::cell::Cell;
use std::convert::Infallible;
use std::fs;
use std::num::NonZeroU32;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;
use mayfly_core::plan::{Draft, Overrides, Plan, Shape, SpawnRate, UserCount, Users};
use mayfly_core::report::{Report, text};
use mayfly_core::run_state::{EndCause, RunState};
use mayfly_core::running::script::heads::{self, Log};
use mayfly_engine::edit::with_users;
use mayfly_engine::host::Host;
use mayfly_engine::locustfile::{self, LoadedFile};
use mayfly_engine::protocol::{Command, Peer, RunId};
use mayfly_engine::reading::Problem;
use mayfly_engine::ready::ReadyPlan;
use mayfly_engine::recorder::Recorder;
use mayfly_engine::run::RunStart;
use mayfly_engine::session::Session;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use crate::console::{Console, ConsoleOptions, Key, Level};
use crate::exit::Exit;
use crate::files::{FileError, Files};
use crate::host::NativeHost;
use crate::http::{ProxyError, Settings};
use crate::plan_source::{PlanSource, PlanSourceError, ReadPlan};
use crate::python::{PythonOptions, Pythons};
use crate::signals::{Signal, Signals};

/// What to run, and what is said and written of it.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Where the plan comes from.
    pub source: PlanSource,
    /// Values of the plan by their keys, as `load.users=50`.
    pub settings: Vec<String>,
    /// What takes the place of values of the plan.
    pub overrides: Overrides,
    /// Where every connection goes instead of the host of its URL.
    pub unix_socket: Option<PathBuf>,
    /// How many threads send, each a part of the users.
    pub n_threads: NonZeroU32,
    /// Whether what was counted is forgotten once all users are there.
    pub resets_stats: bool,
    /// The files that are written.
    pub files: Files,
    /// What is said while the run goes on.
    pub console: ConsoleOptions,
    /// What runs a locustfile.
    pub python: PythonOptions,
}

impl RunOptions {
    /// A run of the plan from `source` as it is, without files.
    pub fn new(source: PlanSource) -> Self {
        Self {
            source,
            settings: Vec::new(),
            overrides: Overrides::default(),
            unix_socket: None,
            n_threads: NonZeroU32::MIN,
            resets_stats: false,
            files: Files::default(),
            console: ConsoleOptions::default(),
            python: PythonOptions::default(),
        }
    }
}

impl RunOptions {
    /// The plan, with what is in its locustfile.
    ///
    /// To be called in a `LocalSet` of a current-thread runtime.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be read, or says nothing that can run.
    pub async fn read_plan(&self) -> Result<Plan, PlanSourceError> {
        let ReadPlan {
            plan,
            draft,
            folder,
            ..
        } = self.source.read(&self.settings, &self.overrides)?;
        if plan.locustfile.is_none() {
            return Ok(plan);
        }
        let settings = Settings::of(&plan, |name| {
            fs::read(folder.join(name)).map_err(|error| error.to_string())
        });
        let settings = settings.map_err(|error| self.source.refused(&error))?;
        let (host, _) = NativeHost::of_one_run(folder, settings);
        let host = host.with_python(self.python.clone(), plan.locustfile.clone());
        let name = file_name(&plan);
        let refused = |problems: Vec<_>| not_run(&name, &problems);
        let say = Box::new(|_| ());
        let load = locustfile::load(&host, &plan, 0, host.unix_time(), say);
        let file = load.await.map_err(refused)?;
        let ready =
            ReadyPlan::scripted::<Pythons>(plan, draft, &file.loaded, &[]).map_err(refused)?;
        Ok(ready.plan().clone())
    }
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file of the run cannot be written.
    #[error(transparent)]
    Unwritable(#[from] FileError),
    /// The file for log lines cannot be opened.
    #[error("cannot write {}: {error}", path.display())]
    LogFile {
        /// Its name.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Neither the plan, nor each of its user classes, nor the command says what to load.
    #[error("the plan names no host; add host = \"http://…\" to it, or name one with -H")]
    NoHost,
    /// Somebody did not wait for the files.
    #[error("the files of the run are not all written: the command was told to end before")]
    NotAllWritten,
    /// The environment names what is no proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanSourceError),
}

/// A plan that can run, and where its numbers go.
pub struct Ready {
    plan: ReadyPlan,
    // A locustfile that was loaded.
    file: Option<LoadedFile<NativeHost>>,
    start: RunStart,
    host: NativeHost,
    end: oneshot::Receiver<()>,
    files: Files,
    resets_stats: bool,
    warnings: Vec<String>,
    console: Console,
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
    ///
    /// To be called in a `LocalSet` of a current-thread runtime.
    pub async fn read(options: &RunOptions) -> Result<Self, RunError> {
        let source = &options.source;
        let ReadPlan {
            plan,
            draft,
            folder,
            ..
        } = source.read(&options.settings, &options.overrides)?;
        let console = Console::new(&options.console).map_err(|error| RunError::LogFile {
            path: options.console.log_file.clone().unwrap_or_default(),
            error,
        })?;
        let settings = Settings::of(&plan, |name| {
            fs::read(folder.join(name)).map_err(|error| error.to_string())
        });
        let mut settings = settings.map_err(|error| source.refused(&error))?;
        settings.unix_socket.clone_from(&options.unix_socket);
        let (host, end) = NativeHost::of_one_run(folder, settings.clone());
        let host = host
            .on_threads(options.n_threads)
            .with_python(options.python.clone(), plan.locustfile.clone());
        let start = RunStart {
            run: RUN,
            title: String::new(),
            seed: plan.load.seed.unwrap_or_else(|| host.random()),
            started: host.unix_time(),
            hosts: Vec::new(),
        };
        let (plan, file) = make_ready(options, &host, (plan, draft), &console, &start).await?;
        let mut warnings = host.warnings(plan.plan(), &settings)?;
        let notes = file.as_ref().map(|it| locustfile::warnings(&it.loaded));
        warnings.extend(notes.into_iter().flatten().map(|it| it.text));
        let files = options.files.clone().prepare(plan.plan())?;
        Ok(Self {
            plan,
            file,
            start,
            host,
            end,
            files,
            resets_stats: options.resets_stats,
            warnings,
            console,
        })
    }

    /// Runs to the end, which a signal brings about sooner.
    ///
    /// To be called in a `LocalSet` of a current-thread runtime: a shard is single-threaded.
    ///
    /// Its files are still to be written then: the numbers are to be printed first, as a disk may hang.
    pub async fn run(mut self) -> (Ended, Unwritten) {
        self.begin();
        let exit_code = self.host.exit_code();
        let session = Session::new(self.host);
        let started = match self.file {
            None => session.start(self.plan, self.start),
            Some(file) => session.start_scripted(self.plan, file, self.start),
        };
        started.expect("what the plan names for its transport was read before");
        let mut watch = Watch {
            console: self.console,
            files: Arc::new(self.files),
            must_reset: self.resets_stats,
            writing: None,
            was_unwritten: false,
        };
        let told = Cell::new(None);
        tokio::select! {
            ended = self.end => ended.expect("the engine tells the end of its run, unless it panics"),
            never = listen(&session, &told) => match never {},
            never = watch.look_at(&session, &told) => match never {},
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
                }) => match exit_code.get() {
                    Some(code) => Exit::Locustfile(code),
                    None => Exit::of_run(recorder),
                },
                Some(told) => told.signal.into(),
            };
            Ended {
                text: text::summary(&report.board, recorder.verdicts()),
                exit,
                report: report.clone(),
            }
        });
        let ended = ended.expect("a run was started, and is recorded from then on");
        let unwritten = watch.end(&session, &ended.report);
        (ended, unwritten)
    }

    /// Says what is about to be loaded.
    fn begin(&mut self) {
        let label = self.plan.targets().label();
        let target = label.unwrap_or_else(|| "the simulated API".to_owned());
        self.console.begin(&target, &self.plan.plan().load);
        for text in &self.warnings {
            self.console.say(Level::Warning, text);
        }
    }
}

/// Looks at a run twice a second: says what happens, and writes its files.
struct Watch {
    console: Console,
    files: Arc<Files>,
    must_reset: bool,
    // The files as they are being written, off the thread that sends requests.
    writing: Option<JoinHandle<Result<(), FileError>>>,
    was_unwritten: bool,
}

impl Watch {
    /// How often it looks.
    const TICK: Duration = Duration::from_millis(500);

    /// Files are written every so many looks, unless the disk is slower.
    const WRITE_EVERY: u32 = 10;

    async fn look_at(
        &mut self,
        session: &Session<NativeHost>,
        told: &Cell<Option<Told>>,
    ) -> Infallible {
        let mut ticks = interval(Self::TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first one is at once.
        ticks.tick().await;
        let mut nth = 0_u32;
        loop {
            tokio::select! {
                key = self.console.key() => self.obey(key, session, told),
                _ = ticks.tick() => {
                    nth = nth.wrapping_add(1);
                    self.take_written().await;
                    self.look_once(session, nth.is_multiple_of(Self::WRITE_EVERY));
                    self.follow(session);
                }
            }
        }
    }

    fn look_once(&mut self, session: &Session<NativeHost>, must_write: bool) {
        session.look(|recorder| {
            let report = recorder.report();
            self.console.look(&report.board, recorder.validity());
            if must_write && self.writing.is_none() {
                self.write(report);
            }
        });
    }

    /// Does what a person wants who pressed a key.
    fn obey(&self, key: Key, session: &Session<NativeHost>, told: &Cell<Option<Told>>) {
        match key {
            Key::Stop => stop(session, told, Signal::Interrupt),
            Key::Users(more) => {
                let edited = session.look(|it| edited(&it.report().plan, more)).flatten();
                match edited {
                    Some((draft, n_users)) => {
                        let plan = draft.to_json();
                        session.handle_command(OURSELVES, Command::Edit { run: RUN, plan });
                        let text = format!("The number of users changes to {n_users}.");
                        self.console.say(Level::Info, &text);
                    }
                    None => self.console.say(
                        Level::Warning,
                        "The load of the plan is not a number of users, so keys do not change it.",
                    ),
                }
            }
        }
    }

    /// Has the engine do what the options ask for while the run goes on.
    fn follow(&mut self, session: &Session<NativeHost>) {
        let is_running = |recorder: &Recorder| recorder.report().board.state() == RunState::Running;
        if self.must_reset && session.look(is_running) == Some(true) {
            self.must_reset = false;
            session.handle_command(OURSELVES, Command::Reset { run: RUN });
            self.console.say(
                Level::Info,
                "The counts are reset, as --reset-stats asks for.",
            );
        }
        if self.files.full_history {
            let names = session.look(|recorder| {
                let rows = recorder.report().board.rows().into_iter();
                rows.map(|it| it.name).collect()
            });
            session.handle_command(
                OURSELVES,
                Command::Watch {
                    rows: names.unwrap_or_default(),
                },
            );
        }
    }

    fn write(&mut self, report: &Report) {
        if self.files.csv.is_some() {
            let (files, report) = (Arc::clone(&self.files), report.clone());
            self.writing = Some(spawn_blocking(move || files.write_so_far(&report)));
        }
    }

    /// Looks what became of the files that were being written.
    async fn take_written(&mut self) {
        if let Some(writing) = self.writing.take_if(|it| it.is_finished())
            && let Ok(written) = writing.await
        {
            // Once is enough: the end says it again.
            if let Err(error) = &written
                && !self.was_unwritten
            {
                self.console
                    .say(Level::Warning, &format!("{error}; the run goes on."));
            }
            self.was_unwritten = written.is_err();
        }
    }

    /// Says the last of a run, and gives the terminal back.
    fn end(mut self, session: &Session<NativeHost>, report: &Report) -> Unwritten {
        session.look(|it| self.console.look(&it.report().board, it.validity()));
        Unwritten {
            files: self.files,
            writing: self.writing,
            report: report.clone(),
        }
    }
}

/// The files of a run that has ended.
pub struct Unwritten {
    files: Arc<Files>,
    writing: Option<JoinHandle<Result<(), FileError>>>,
    report: Report,
}

impl Unwritten {
    /// Writes all of them, unless a signal comes first.
    ///
    /// # Errors
    ///
    /// Fails if one of them cannot be written, or was not by the time of a signal.
    pub async fn write(self) -> Result<(), RunError> {
        let Self {
            files,
            writing,
            report,
        } = self;
        if files.is_empty() {
            return Ok(());
        }
        let mut signals = Signals::listen();
        let write = async move {
            if let Some(writing) = writing {
                // What it could not write is written now.
                let _ = writing.await;
            }
            // A pipe nobody reads and a disk that hangs take for ever.
            spawn_blocking(move || files.write(&report)).await
        };
        tokio::select! {
            written = write => match written {
                Ok(written) => written.map_err(RunError::Unwritable),
                Err(panic) => resume_unwind(panic.into_panic()),
            },
            _ = signals.next() => Err(RunError::NotAllWritten),
        }
    }
}

/// A plan that can run, with its locustfile, if it has one.
async fn make_ready(
    options: &RunOptions,
    host: &NativeHost,
    (plan, draft): (Plan, Draft),
    console: &Console,
    start: &RunStart,
) -> Result<(ReadyPlan, Option<LoadedFile<NativeHost>>), RunError> {
    if plan.locustfile.is_none() {
        if plan.lacks_host() {
            return Err(RunError::NoHost);
        }
        let plan = ReadyPlan::new(plan, draft, |name| host.read_file(name));
        return Ok((
            plan.map_err(|errors| options.source.refused(&errors))?,
            None,
        ));
    }
    let voice = console.voice();
    let say = Box::new(move |log: Log| voice(level(log.level), &log.text));
    let load = locustfile::load(host, &plan, start.seed, start.started, say);
    let name = file_name(&plan);
    let refused = |problems: Vec<_>| not_run(&name, &problems);
    let file = load.await.map_err(refused)?;
    let ready = ReadyPlan::scripted::<Pythons>(plan, draft, &file.loaded, &[]).map_err(refused)?;
    // Only Python knows the hosts of its classes.
    match ready.plan().lacks_host() {
        true => Err(RunError::NoHost),
        false => Ok((ready, Some(file))),
    }
}

fn file_name(plan: &Plan) -> String {
    let file = plan.locustfile.as_ref();
    file.map(|it| it.name.clone()).unwrap_or_default()
}

fn not_run(name: &str, problems: &[Problem]) -> PlanSourceError {
    PlanSourceError::Locustfile {
        name: name.to_owned(),
        problems: locustfile::in_words(problems),
    }
}

fn level(level: heads::Level) -> Level {
    match level {
        heads::Level::Debug | heads::Level::Info => Level::Info,
        heads::Level::Warning => Level::Warning,
        heads::Level::Error => Level::Error,
    }
}

/// Nobody else commands a run without a page.
const OURSELVES: Peer = 0;

/// Nor is there another run.
const RUN: RunId = 1;

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
        stop(session, told, signal);
    }
}

fn stop(session: &Session<NativeHost>, told: &Cell<Option<Told>>, signal: Signal) {
    let is_repeated = told.get().is_some();
    told.set(Some(Told {
        signal,
        is_repeated,
    }));
    session.stop(EndCause::Person);
}

/// The plan with so many users more, one at least, and how many these are. `None` if its load is not a
/// number of users.
fn edited(plan: &Draft, more: i64) -> Option<(Draft, u32)> {
    let Shape::Users(users) = Plan::from_json(&plan.to_json()).ok()?.load.shape else {
        return None;
    };
    let n_users = i64::from(users.users.get()).saturating_add(more).max(1);
    let n_users = u32::try_from(n_users).ok()?;
    let users = Users {
        users: UserCount::try_from(n_users).ok()?,
        // As many at once as Locust starts by a key.
        spawn_rate: SpawnRate::try_from(100.0).ok()?,
    };
    Some((with_users(plan, users), n_users))
}
