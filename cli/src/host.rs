//! What the engine needs of a process: clock, sockets, files, and where its notices go.

use std::cell::RefCell;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::channel::oneshot;
use mayfly_core::plan::{Plan, file_text};
use mayfly_engine::host::Host;
use mayfly_engine::protocol::{Notice, To};

use crate::clock::NativeClock;
use crate::http::{HttpTransport, Settings};
use crate::open_files;
use crate::reports::Reports;

/// A process that runs plans.
///
/// It works in a `LocalSet` of a current-thread runtime: a shard is single-threaded.
pub(crate) struct NativeHost {
    // Where files that plans name are found.
    folder: PathBuf,
    sending: Sending,
    // Where runs are saved; `None` for a single one that nobody sees.
    reports: Option<Reports>,
    tell: Box<dyn Fn(To, Notice)>,
    // Does something about a task that panicked.
    on_panic: Rc<dyn Fn()>,
}

/// How a transport sends.
#[derive(Debug)]
pub(crate) enum Sending {
    /// As is settled, whatever plan runs.
    Settled(Settings),
    /// As each plan says, but for what the command says.
    ByPlan {
        /// Whether any certificate of a server is taken.
        is_insecure: bool,
        /// Where every connection goes.
        unix_socket: Option<PathBuf>,
    },
}

impl NativeHost {
    /// A host of many runs, which tells what the engine says by `tell`. Files are found in `folder`.
    pub(crate) fn new(
        folder: PathBuf,
        sending: Sending,
        reports: Option<Reports>,
        tell: impl Fn(To, Notice) + 'static,
        on_panic: impl Fn() + 'static,
    ) -> Self {
        Self {
            folder,
            sending,
            reports,
            tell: Box::new(tell),
            on_panic: Rc::new(on_panic),
        }
    }

    /// A host of one run without a page, which finds files in `folder` and sends as `settings` say, and
    /// what is told once the run is over.
    pub(crate) fn of_one_run(folder: PathBuf, settings: Settings) -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        let end = Rc::new(RefCell::new(Some(sender)));
        let lost = Rc::clone(&end);
        let tell = move |_, notice| {
            if let Notice::Snapshot { parcel, .. } = notice
                && parcel.is_last()
                && let Some(end) = end.take()
            {
                // Nobody listens where the run was given up.
                let _ = end.send(());
            }
        };
        let on_panic = move || drop(lost.take());
        let sending = Sending::Settled(settings);
        let host = Self::new(folder, sending, None, tell, on_panic);
        (host, receiver)
    }

    fn settings(&self, plan: &Plan) -> Result<Settings, String> {
        let (is_insecure, unix_socket) = match &self.sending {
            Sending::Settled(settings) => return Ok(settings.clone()),
            Sending::ByPlan {
                is_insecure,
                unix_socket,
            } => (*is_insecure, unix_socket),
        };
        let mut plan = plan.clone();
        plan.tls.verify &= !is_insecure;
        let read = |name: &str| fs::read(self.folder.join(name)).map_err(|error| error.to_string());
        let mut settings = Settings::of(&plan, read).map_err(|error| error.to_string())?;
        settings.unix_socket.clone_from(unix_socket);
        Ok(settings)
    }
}

impl Host for NativeHost {
    type Clock = NativeClock;
    type Transport = HttpTransport;
    type Archive = Reports;

    const IS_BROWSER: bool = false;

    fn start_clock(&self) -> NativeClock {
        NativeClock::start()
    }

    fn transport(&self, plan: &Plan) -> Result<HttpTransport, String> {
        let allowed = open_files::max_connections();
        let max_in_flight = allowed.min(HttpTransport::MAX_IN_FLIGHT);
        Ok(HttpTransport::new(max_in_flight, self.settings(plan)?))
    }

    fn archive(&self) -> Option<&Reports> {
        self.reports.as_ref()
    }

    fn tell(&self, to: To, notice: Notice) {
        (self.tell)(to, notice);
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        // Tokio keeps a panic to the task that has it, and the run would never end.
        let on_panic = Rc::clone(&self.on_panic);
        tokio::task::spawn_local(async move {
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                on_panic();
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
