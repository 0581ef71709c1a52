//! The second way to run a shard, for Linux: a thread with a loop that owns the shard, and sends plain
//! HTTP/1.1 itself. It takes a fifth of the instructions that a request costs by hyper and futures
//! (docs/benchmarks.md). What is encrypted, or unusual otherwise, goes by
//! [`HttpTransport`](crate::http::HttpTransport), in a thread beside.
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
#[cfg(test)]
mod tests;
mod turns;

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::{StreamExt, select_biased};
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Plan, Targets};
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{Command, RunSetting, Shard};

use self::carrier::Carrier;
use self::poller::{Bell, Files, Poller};
use crate::clock::NativeClock;
use crate::http::Settings;

/// Whether the loop is the better way to run `plan`: all that it loads is plain HTTP/1.1.
pub(crate) fn fits(plan: &Plan, settings: &Settings) -> bool {
    let targets = Targets::of(plan);
    let is_plain = |host: &String| {
        let start = host.get(.."http://".len());
        start.is_some_and(|it| it.eq_ignore_ascii_case("http://"))
    };
    !targets.is_simulated() && targets.hosts.iter().all(is_plain) && settings.unix_socket.is_none()
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

    /// Runs a plan to its end, and hands out its snapshots on the way; the last one is final.
    ///
    /// Dropping the future ends the run and aborts what is under way.
    ///
    /// # Panics
    ///
    /// Panics if the system has no thread left, and as the loop itself does.
    pub(crate) async fn drive(
        self,
        program: Program,
        setting: RunSetting,
        settings: Settings,
        clock: NativeClock,
        commands: UnboundedReceiver<Command>,
        mut publish: impl FnMut(Snapshot),
    ) {
        let (sender, inbox) = mpsc::channel();
        let (publisher, mut snapshots) = unbounded();
        let bell = self.files.bell();
        let work = move || {
            let max_in_flight = setting.max_in_flight;
            let shard = Shard::new(program, setting);
            let poller = Poller::new(self.files);
            let carrier = Carrier::new(max_in_flight, settings, clock, poller);
            turns::run(shard, carrier, max_in_flight, clock, &inbox, |snapshot| {
                // Nobody listens where the run is given up.
                let _ = publisher.unbounded_send(snapshot);
            });
        };
        let thread = thread::Builder::new().name("shard".to_owned()).spawn(work);
        let running = Running {
            commands: Some(sender),
            bell,
            thread: Some(thread.expect("the system has a thread left")),
        };
        let mut commands = commands.fuse();
        loop {
            select_biased! {
                snapshot = snapshots.next() => match snapshot {
                    Some(snapshot) => publish(snapshot),
                    None => break,
                },
                command = commands.select_next_some() => running.tell(command),
            }
        }
        running.join();
    }
}

/// The thread of a loop, which ends when this is dropped.
struct Running {
    // `None` once the loop is to end.
    commands: Option<mpsc::Sender<Command>>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn tell(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // Nobody listens once the run is over.
            let _ = commands.send(command);
            self.bell.ring();
        }
    }

    /// Waits for the end of a loop that has ended by itself.
    fn join(mut self) {
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
        {
            resume_unwind(panic);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.commands = None;
        self.bell.ring();
        if let Some(thread) = self.thread.take() {
            // It waits for nothing but its bell. A panic has been told of on its way.
            let _ = thread.join();
        }
    }
}
