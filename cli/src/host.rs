//! What the engine needs of a process: clock, sockets, files, and where its notices go.

use std::cell::RefCell;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
#[cfg(target_os = "linux")]
use futures::channel::mpsc::UnboundedReceiver;
use futures::channel::oneshot;
use mayfly_core::plan::file_text;
#[cfg(target_os = "linux")]
use mayfly_core::{
    http::transport::Transport,
    measure::snapshot::Snapshot,
    plan::Plan,
    running::drive::drive,
    running::program::Program,
    running::shard::{Command, RunSetting, Shard},
};
use mayfly_engine::archive::NoArchive;
use mayfly_engine::host::Host;
use mayfly_engine::protocol::Notice;

use crate::clock::NativeClock;
#[cfg(target_os = "linux")]
use crate::event_loop::{self, EventLoop};
use crate::http::{HttpTransport, Settings};
use crate::open_files;

/// A process that runs one plan, without a page.
///
/// It works in a `LocalSet` of a current-thread runtime: a shard is single-threaded.
#[derive(Debug)]
pub(crate) struct NativeHost {
    // Where files that the plan names are found.
    folder: PathBuf,
    settings: Settings,
    // Told once the run is over.
    end: Rc<RefCell<Option<oneshot::Sender<()>>>>,
}

impl NativeHost {
    /// A host that finds files in `folder` and sends as `settings` say, and what is told once its run is
    /// over.
    pub(crate) fn new(folder: PathBuf, settings: Settings) -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        let host = Self {
            folder,
            settings,
            end: Rc::new(RefCell::new(Some(sender))),
        };
        (host, receiver)
    }
}

impl Host for NativeHost {
    type Clock = NativeClock;
    type Transport = HttpTransport;
    type Archive = NoArchive;

    fn start_clock(&self) -> NativeClock {
        NativeClock::start()
    }

    fn transport(&self) -> HttpTransport {
        HttpTransport::new(max_in_flight(), self.settings.clone())
    }

    /// On Linux, plain HTTP/1.1 goes by the loop, unless the system has no files left for it.
    #[cfg(target_os = "linux")]
    async fn drive(
        &self,
        plan: &Plan,
        program: Program,
        setting: impl FnOnce(usize) -> RunSetting,
        clock: &NativeClock,
        commands: UnboundedReceiver<Command>,
        publish: impl FnMut(Snapshot),
    ) {
        if event_loop::fits(plan, &self.settings)
            && let Ok(event_loop) = EventLoop::new()
        {
            let (setting, settings) = (setting(max_in_flight()), self.settings.clone());
            let run = event_loop.drive(program, setting, settings, *clock, commands, publish);
            return run.await;
        }
        let transport = self.transport();
        let shard = Shard::new(program, setting(transport.max_in_flight()));
        drive(shard, &transport, clock, commands, publish).await;
    }

    fn archive(&self) -> Option<&NoArchive> {
        None
    }

    fn tell(&self, notice: Notice) {
        if let Notice::Snapshot { parcel, .. } = notice
            && parcel.is_last()
            && let Some(end) = self.end.take()
        {
            // Nobody listens where the run was given up.
            let _ = end.send(());
        }
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        // Tokio keeps a panic to the task that has it, and the run would never end.
        let end = Rc::clone(&self.end);
        tokio::task::spawn_local(async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                end.take();
            }
        });
    }

    fn read_file(&self, name: &str) -> Result<String, String> {
        let bytes = fs::read(self.folder.join(name)).map_err(|error| error.to_string())?;
        file_text(bytes).map_err(|error| error.to_string())
    }

    fn unix_time(&self) -> Duration {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        time.unwrap_or(Duration::ZERO)
    }

    /// The standard library draws the keys of its maps from the machine's randomness.
    fn random(&self) -> u64 {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(0)
    }
}

/// How many requests may be under way at once; above zero.
fn max_in_flight() -> usize {
    open_files::max_connections().min(HttpTransport::MAX_IN_FLIGHT)
}
