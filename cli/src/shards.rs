//! A run on threads of its own: a shard on each, and what they count made into one.

mod round;
#[cfg(test)]
mod tests;

use std::io;
use std::panic::resume_unwind;
#[cfg(target_os = "linux")]
use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::channel::oneshot;
use futures::future::{Either, select};
use futures::{StreamExt, select_biased};
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::run_state::{EndCause, ShardId};
use mayfly_core::running::drive::{drive, drive_scripted};
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{Command, RunSetting, Shard};
use mayfly_core::time::Clock;
use mayfly_engine::host::Drivable;

use self::round::Round;
use crate::clock::NativeClock;
#[cfg(target_os = "linux")]
use crate::event_loop::{Bell, EventLoop};
use crate::http::{HttpTransport, Settings};
use crate::python::{Heard, InTurns, PythonProcess, Told};
use crate::runtime;

/// What moves values between a shard and the network, and the process that has the tasks of a locustfile.
#[derive(Debug)]
pub(crate) enum Way {
    /// The loop.
    #[cfg(target_os = "linux")]
    Loop(EventLoop, Option<PythonProcess>),
    /// `drive`, in a runtime.
    Runtime(Option<PythonProcess>),
}

/// Runs a plan to its end, a shard on a thread for each of `ways`, and hands out snapshots of all of them
/// together; the last one is final. What processes of Python say goes to `hear`; if the file ends the run of
/// one of them, or one has ended, the run of all ends.
///
/// Dropping the future ends the run and aborts what is under way.
///
/// # Panics
///
/// Panics if the system has no thread left, and as one of the threads does.
pub(crate) async fn drive_all(
    ways: Vec<Way>,
    run: Drivable<'_, HttpTransport, NativeClock>,
    mut commands: UnboundedReceiver<Command>,
    mut publish: impl FnMut(Snapshot),
    hear: &dyn Fn(Told),
) {
    let count = u32::try_from(ways.len()).expect("there are fewer threads than numbers");
    let max_in_flight = (run.setting.max_in_flight / ways.len()).max(1);
    let (sender, mut said) = unbounded();
    let mut threads = Vec::new();
    for (index, way) in (0..count).zip(ways) {
        let work = Work {
            program: run.program.clone(),
            setting: RunSetting {
                id: ShardId { index, count },
                max_in_flight,
                ..run.setting
            },
            settings: run.transport.settings().clone(),
            clock: run.clock,
        };
        threads.push(Running::start(way, work, Speaker(sender.clone(), index)));
    }
    // From now on there are those of the threads.
    drop(sender);
    let mut round = Round::default();
    let mut is_ending = false;
    loop {
        select_biased! {
            said = said.next() => match said {
                Some(Said::Snapshot(snapshot)) => {
                    let cause = snapshot.end_cause.clone().filter(is_of_all);
                    if let Some(cause) = cause.filter(|_| !is_ending) {
                        is_ending = true;
                        let stop = Command::Stop(cause);
                        threads.iter().for_each(|it| it.tell(&stop));
                    }
                    round.take(snapshot).into_iter().for_each(&mut publish);
                }
                Some(Said::Told(told)) => hear(told),
                Some(Said::Ended(index)) => threads[index as usize].join(),
                None => return,
            },
            command = commands.select_next_some() => {
                if command == Command::Reset {
                    round.forget(run.clock.now());
                }
                threads.iter().for_each(|it| it.tell(&command));
            }
        }
    }
}

/// Whether what has ended one shard ends all.
fn is_of_all(cause: &EndCause) -> bool {
    matches!(cause, EndCause::Locustfile(_) | EndCause::Quit)
}

/// What a thread runs.
struct Work {
    program: Program,
    setting: RunSetting,
    settings: Settings,
    clock: NativeClock,
}

/// What threads say.
enum Said {
    /// This one has ended: the run, or by a panic.
    Ended(u32),
    Snapshot(Snapshot),
    /// By a process of Python.
    Told(Told),
}

/// Speaks for one thread, the last time when it ends, however it does.
struct Speaker(UnboundedSender<Said>, u32);

impl Speaker {
    fn publish(&self, snapshot: Snapshot) {
        self.say(Said::Snapshot(snapshot));
    }

    /// Passes on what a process of Python says.
    fn hearer(&self) -> Box<dyn Fn(Told)> {
        let sender = self.0.clone();
        Box::new(move |told| {
            let _ = sender.unbounded_send(Said::Told(told));
        })
    }

    fn say(&self, said: Said) {
        // Nobody listens where the run is given up.
        let _ = self.0.unbounded_send(said);
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        let _ = self.0.unbounded_send(Said::Ended(self.1));
    }
}

/// A thread, which ends when this is dropped.
struct Running {
    // `None` once it is to end.
    line: Option<Line>,
    thread: Option<JoinHandle<()>>,
}

/// The way to a thread, which ends with it.
enum Line {
    #[cfg(target_os = "linux")]
    Loop(mpsc::Sender<Command>, Bell),
    Runtime(UnboundedSender<Command>, oneshot::Sender<()>),
}

impl Running {
    fn start(way: Way, work: Work, speaker: Speaker) -> Self {
        let thread = Builder::new().name(format!("shard {}", work.setting.id.index));
        let (line, thread) = match way {
            #[cfg(target_os = "linux")]
            Way::Loop(event_loop, process) => {
                let (sender, inbox) = mpsc::channel();
                let (line, bell) = (Line::Loop(sender, event_loop.bell()), event_loop.bell());
                let run = move || {
                    let publish = |snapshot| speaker.publish(snapshot);
                    let hear = speaker.hearer();
                    let python = process.map(|it| InTurns::new(it, hear, move || bell.ring()));
                    let shard = (work.program, work.setting, python);
                    event_loop.run(shard, work.settings, work.clock, &inbox, publish);
                };
                (line, thread.spawn(run))
            }
            Way::Runtime(Some(process)) => in_runtime(thread, move |inbox, is_over| async move {
                let python = Heard::new(process, speaker.hearer());
                work.drive_scripted(&python, inbox, is_over, &speaker).await;
            }),
            Way::Runtime(None) => in_runtime(thread, move |inbox, is_over| async move {
                work.drive(inbox, is_over, &speaker).await;
            }),
        };
        Self {
            line: Some(line),
            thread: Some(thread.expect("the system has a thread left")),
        }
    }

    fn tell(&self, command: &Command) {
        // Nobody listens once the shard is over.
        match &self.line {
            #[cfg(target_os = "linux")]
            Some(Line::Loop(commands, bell)) => {
                let _ = commands.send(command.clone());
                bell.ring();
            }
            Some(Line::Runtime(commands, _)) => {
                let _ = commands.unbounded_send(command.clone());
            }
            None => (),
        }
    }

    /// Waits for the end of a thread that ends by itself.
    fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
        {
            resume_unwind(panic);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self.line.take() {
            #[cfg(target_os = "linux")]
            Some(Line::Loop(commands, bell)) => {
                drop(commands);
                bell.ring();
            }
            Some(Line::Runtime(_, end)) => drop(end),
            None => (),
        }
        if let Some(thread) = self.thread.take() {
            // It waits for nothing but its line. A panic has been told of on its way.
            let _ = thread.join();
        }
    }
}

/// A thread with a runtime, for what hears commands and when it is to end.
fn in_runtime<F: Future<Output = ()>>(
    thread: Builder,
    work: impl FnOnce(UnboundedReceiver<Command>, oneshot::Receiver<()>) -> F + Send + 'static,
) -> (Line, io::Result<JoinHandle<()>>) {
    let (sender, inbox) = unbounded();
    let (end, is_over) = oneshot::channel();
    let run = move || {
        let run = work(inbox, is_over);
        runtime::run(run).expect("the system has files left for a runtime");
    };
    (Line::Runtime(sender, end), thread.spawn(run))
}

impl Work {
    /// Runs it by a transport of its own, until that is over or `end` says so.
    async fn drive(
        self,
        commands: UnboundedReceiver<Command>,
        end: oneshot::Receiver<()>,
        speaker: &Speaker,
    ) {
        let transport = HttpTransport::new(self.setting.max_in_flight, self.settings);
        let shard = Shard::new(self.program, self.setting);
        let publish = |snapshot| speaker.publish(snapshot);
        let run = std::pin::pin!(drive(shard, &transport, &self.clock, commands, publish));
        match select(run, end).await {
            Either::Left(_) | Either::Right(_) => (),
        }
    }

    /// The same, with tasks in Python.
    async fn drive_scripted<F: Fn(Told)>(
        self,
        python: &Heard<F>,
        commands: UnboundedReceiver<Command>,
        end: oneshot::Receiver<()>,
        speaker: &Speaker,
    ) {
        let transport = HttpTransport::new(self.setting.max_in_flight, self.settings);
        let shard = Shard::new(self.program, self.setting);
        let publish = |snapshot: Snapshot| {
            if !snapshot.state.is_active() {
                // What it says last is said before the end of the run.
                python.end();
            }
            speaker.publish(snapshot);
        };
        let (python, clock) = (Some(python), &self.clock);
        let run = drive_scripted(shard, python, &transport, clock, commands, publish);
        match select(std::pin::pin!(run), end).await {
            Either::Left(_) | Either::Right(_) => (),
        }
    }
}
