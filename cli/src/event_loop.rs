//! The second way to run a shard, for Linux: a thread with a loop that owns the shard, and sends HTTP/1.1
//! itself, encrypted or not. It takes a fifth of the instructions that a plain request costs by hyper and
//! futures (docs/benchmarks.md). What servers choose to speak HTTP/2 for, and what is unusual otherwise,
//! goes by [`HttpTransport`](crate::http::HttpTransport), in a thread beside.
//!
//! How answers are judged and counted is in `mayfly_core`, as are timeouts.

mod answer;
mod carrier;
mod chunks;
mod connection;
mod head;
mod messages;
mod poller;
mod side;
mod stream;
#[cfg(test)]
mod tests;
mod turns;

use std::io;
use std::sync::mpsc::Receiver;

use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Plan, Targets};
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{Command, RunSetting, Shard};

use self::carrier::Carrier;
pub(crate) use self::poller::Bell;
use self::poller::{Files, Poller};
use crate::clock::NativeClock;
use crate::http::Settings;
use crate::http::url::Url;
use crate::python::InTurns;

/// Whether the loop is the better way to run `plan`: all that it loads may be HTTP/1.1, and no proxy is on
/// the way.
pub(crate) fn fits(plan: &Plan, settings: &Settings) -> bool {
    let hosts = Targets::of(plan).hosts;
    let may_be_http1 = |host: &String| {
        let url = host.parse::<Url>();
        url.is_ok_and(|it| settings.may_be_http1(&it.origin))
    };
    !hosts.is_empty() && hosts.iter().all(may_be_http1)
}

/// A loop that has not begun.
#[derive(Debug)]
pub(crate) struct EventLoop {
    files: Files,
}

impl EventLoop {
    /// # Errors
    ///
    /// Fails if the system has no open files left.
    pub(crate) fn new() -> io::Result<Self> {
        let files = Files::open()?;
        Ok(Self { files })
    }

    /// What wakes it: to be rung after each command.
    pub(crate) fn bell(&self) -> Bell {
        self.files.bell()
    }

    /// Runs a shard on this thread to its end, and hands out its snapshots on the way; the last one is
    /// final. A process of Python that has its tasks rings the bell.
    ///
    /// Ends at once, with all that is under way, if nobody can send commands any more and it is woken.
    pub(crate) fn run(
        self,
        (program, setting, python): (Program, RunSetting, Option<InTurns>),
        settings: Settings,
        clock: NativeClock,
        commands: &Receiver<Command>,
        publish: impl FnMut(Snapshot),
    ) {
        let max_in_flight = setting.max_in_flight;
        let shard = Shard::new(program, setting);
        let poller = Poller::new(self.files);
        let carrier = Carrier::new(max_in_flight, settings, clock, poller);
        let python = python.as_ref();
        turns::run((shard, python), carrier, clock, commands, publish);
    }
}
