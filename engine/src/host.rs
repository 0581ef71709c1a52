//! What an engine needs of the machine it runs on.

use std::time::Duration;

use futures::channel::mpsc::UnboundedReceiver;
use mayfly_core::http::transport::Transport;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Locustfile, Plan};
use mayfly_core::running::drive::{drive, drive_scripted};
use mayfly_core::running::program::Program;
use mayfly_core::running::script::Interpreter;
use mayfly_core::running::script::heads::Log;
use mayfly_core::running::shard::{Command, RunSetting, Shard};
use mayfly_core::time::Clock;

use crate::archive::Archive;
use crate::protocol::{Notice, To};

/// All that it takes to drive a run.
#[derive(Debug)]
pub struct Drivable<'a, T, C> {
    /// What runs.
    pub plan: &'a Plan,
    /// The same, compiled.
    pub program: Program,
    /// What the run depends on besides.
    pub setting: RunSetting,
    /// What was made for the plan by [`Host::transport`].
    pub transport: T,
    /// The time of the run, which has begun.
    pub clock: C,
}

/// Passes on what a locustfile says.
pub type Say = Box<dyn Fn(Log)>;

/// What a locustfile is loaded for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To say what is in it.
    Read,
    /// To run it.
    Run,
}

/// The machine that an engine runs on: a worker of a browser, a process, or a script of a test.
///
/// All else about runs is the same everywhere, so whoever implements this has an engine:
/// [`Session::new`](crate::session::Session::new).
pub trait Host: 'static {
    /// The time of a run.
    type Clock: Clock + Clone + 'static;
    /// The way to hosts of plans. The simulated API has its own.
    type Transport: Transport + 'static;
    /// Where runs are saved.
    type Archive: Archive + 'static;

    /// Runs locustfiles; [`NoInterpreter`](mayfly_core::running::script::NoInterpreter) where nothing does.
    type Interpreter: Interpreter + 'static;

    /// Whether requests go out by `fetch`, which does not send all that a plan can ask for.
    const IS_BROWSER: bool;

    /// A clock for a run that begins now.
    fn start_clock(&self) -> Self::Clock;

    /// A transport for a run of `plan`, without connections.
    ///
    /// # Errors
    ///
    /// Fails, in words, if a file that the plan names for it cannot be used.
    fn transport(&self, plan: &Plan) -> Result<Self::Transport, String>;

    /// Drives a run to its end, and hands out snapshots on the way; the last one is final. Dropping the
    /// future ends the run.
    fn drive(
        &self,
        run: Drivable<'_, Self::Transport, Self::Clock>,
        commands: UnboundedReceiver<Command>,
        publish: impl FnMut(Snapshot),
    ) -> impl Future<Output = ()> {
        async move {
            let shard = Shard::new(run.program, run.setting);
            drive(shard, &run.transport, &run.clock, commands, publish).await;
        }
    }

    /// As [`drive`](Self::drive), of a plan whose locustfile `interpreter` has loaded. It ends with the run.
    fn drive_scripted(
        &self,
        run: Drivable<'_, Self::Transport, Self::Clock>,
        interpreter: Self::Interpreter,
        commands: UnboundedReceiver<Command>,
        publish: impl FnMut(Snapshot),
    ) -> impl Future<Output = ()> {
        async move {
            let shard = Shard::new(run.program, run.setting);
            let (python, transport) = (Some(&interpreter), &run.transport);
            drive_scripted(shard, python, transport, &run.clock, commands, publish).await;
        }
    }

    /// An interpreter for `file`, which has loaded nothing yet. `say` gets what the file says.
    ///
    /// # Errors
    ///
    /// Fails with why there is none, or why it does not run this file, in words.
    fn interpreter(
        &self,
        file: &Locustfile,
        purpose: Purpose,
        say: Say,
    ) -> impl Future<Output = Result<Self::Interpreter, String>>;

    /// The folder that locustfiles are in, as an interpreter sees it; `None` if they are in none.
    fn folder(&self) -> Option<String> {
        None
    }

    /// Where runs are saved; `None` if nobody wants them to be.
    fn archive(&self) -> Option<&Self::Archive>;

    /// Passes on what the engine says, to whom it is for.
    fn tell(&self, to: To, notice: Notice);

    /// Does `work` on this thread, while other things go on.
    fn spawn(&self, work: impl Future<Output = ()> + 'static);

    /// The text of a file that a plan names.
    ///
    /// # Errors
    ///
    /// Fails with why there is none, in words.
    fn read_file(&self, name: &str) -> Result<String, String>;

    /// The time of day, since the start of 1970 in UTC.
    fn unix_time(&self) -> Duration;

    /// A number that nobody could guess.
    fn random(&self) -> u64;
}
