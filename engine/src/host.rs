//! What an engine needs of the machine it runs on.

use std::time::Duration;

use futures::channel::mpsc::UnboundedReceiver;
use mayfly_core::http::transport::Transport;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::Plan;
use mayfly_core::running::drive::drive;
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{Command, RunSetting, Shard};
use mayfly_core::time::Clock;

use crate::archive::Archive;
use crate::protocol::Notice;

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

    /// A clock for a run that begins now.
    fn start_clock(&self) -> Self::Clock;

    /// A transport for a run, without connections.
    fn transport(&self) -> Self::Transport;

    /// Runs `plan`, compiled as `program`, against its hosts, to the end, and hands out snapshots on the
    /// way; the last one is final. Dropping the future ends the run.
    ///
    /// `setting` says what the run depends on besides, where so many requests may be in flight.
    fn drive(
        &self,
        plan: &Plan,
        program: Program,
        setting: impl FnOnce(usize) -> RunSetting,
        clock: &Self::Clock,
        commands: UnboundedReceiver<Command>,
        publish: impl FnMut(Snapshot),
    ) -> impl Future<Output = ()> {
        let _ = plan;
        async move {
            let transport = self.transport();
            let shard = Shard::new(program, setting(transport.max_in_flight()));
            drive(shard, &transport, clock, commands, publish).await;
        }
    }

    /// Where runs are saved; `None` if nobody wants them to be.
    fn archive(&self) -> Option<&Self::Archive>;

    /// Passes on what the engine says.
    fn tell(&self, notice: Notice);

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
