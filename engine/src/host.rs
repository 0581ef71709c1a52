//! What an engine needs of the machine it runs on.

use std::time::Duration;

use mayfly_core::http::transport::Transport;
use mayfly_core::plan::Plan;
use mayfly_core::time::Clock;

use crate::archive::Archive;
use crate::protocol::{Notice, To};

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
