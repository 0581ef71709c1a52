//! What the engine needs of a process: clock, sockets, files, and where its notices go.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::channel::oneshot;
use mayfly_core::plan::{Plan, Targets, file_text};
use mayfly_engine::host::Host;
use mayfly_engine::protocol::{Notice, To};

use crate::clock::NativeClock;
use crate::http::{HttpTransport, ProxyError, Settings};
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
        /// Says what may make numbers mean something else.
        warn: fn(&str),
        /// Where every connection goes.
        unix_socket: Option<PathBuf>,
        /// Whether plans have files: those in the folder, and no others. A page may have its plan from
        /// anybody's link.
        has_files: bool,
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
        let (is_insecure, unix_socket, warn) = match &self.sending {
            Sending::Settled(settings) => return Ok(settings.clone()),
            Sending::ByPlan {
                is_insecure,
                unix_socket,
                warn,
                ..
            } => (*is_insecure, unix_socket, warn),
        };
        let mut plan = plan.clone();
        plan.tls.verify &= !is_insecure;
        let mut settings =
            Settings::of(&plan, |name| self.read_bytes(name)).map_err(|error| error.to_string())?;
        settings.unix_socket.clone_from(unix_socket);
        for text in warnings(&plan, &settings).map_err(|error| error.to_string())? {
            warn(&text);
        }
        Ok(settings)
    }

    /// What is in a file that a plan names.
    fn read_bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = self.folder.join(name);
        match self.sending {
            Sending::ByPlan {
                has_files: false, ..
            } => {
                return Err("files of a plan are read beside the one that -f names".to_owned());
            }
            Sending::ByPlan { .. } => check_within(&self.folder, &path)?,
            Sending::Settled(_) => (),
        }
        fs::read(path).map_err(|error| error.to_string())
    }
}

/// What a person should know before a run of `plan`, whole sentences: that its requests go through
/// proxies, and that the system allows too few connections for all users at once.
///
/// # Errors
///
/// Fails if the environment names what is no proxy for a host of the plan.
pub(crate) fn warnings(plan: &Plan, settings: &Settings) -> Result<Vec<String>, ProxyError> {
    let targets = Targets::of(plan);
    let mut proxies = BTreeSet::new();
    for host in &targets.hosts {
        proxies.extend(settings.proxy_of(host)?);
    }
    let said = |proxy| format!("Requests go through the proxy {proxy}, which is measured too.");
    let mut warnings: Vec<String> = proxies.into_iter().map(said).collect();
    let max_users = plan.load.shape.max_users();
    let max_users = usize::try_from(max_users).unwrap_or(usize::MAX);
    let allowed = open_files::max_connections();
    if !targets.is_simulated() && allowed < max_users.min(HttpTransport::MAX_IN_FLIGHT) {
        warnings.push(format!(
            "At most {allowed} requests are under way at once, because the system allows this process \
             no more open files. Others wait, and the wait counts into their response times. Allow more \
             with “ulimit -n”."
        ));
    }
    Ok(warnings)
}

/// Fails unless `path` is a file in `folder`, wherever links lead. Nothing is opened: a pipe would hold
/// the run up.
fn check_within(folder: &Path, path: &Path) -> Result<(), String> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let whole = |path: &Path| fs::canonicalize(path).map_err(|error| error.to_string());
    let (folder, path) = (whole(folder)?, whole(path)?);
    if !path.starts_with(&folder) {
        return Err("it is not in the folder of the plan that -f names".to_owned());
    }
    if !path.is_file() {
        return Err("it is not a file".to_owned());
    }
    Ok(())
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
        let bytes = self.read_bytes(name)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_the_page_has_no_files_but_those_beside_the_plan_of_the_command() {
        let folder = std::env::temp_dir().join(format!("mayfly-host-{}", std::process::id()));
        fs::create_dir_all(folder.join("plans/inner")).unwrap();
        fs::write(folder.join("secret.csv"), "a\n1\n").unwrap();
        fs::write(folder.join("plans/inner/rows.csv"), "a\n2\n").unwrap();
        let host = |has_files| {
            let sending = Sending::ByPlan {
                is_insecure: false,
                warn: |_| (),
                unix_socket: None,
                has_files,
            };
            NativeHost::new(folder.join("plans"), sending, None, |_, _| (), || ())
        };
        let with_plan = host(true);
        assert_eq!(with_plan.read_file("inner/rows.csv").unwrap(), "a\n2\n");
        let absolute = folder.join("secret.csv");
        for name in ["../secret.csv", absolute.to_str().unwrap(), "inner"] {
            let problem = with_plan.read_file(name).unwrap_err();
            assert!(problem.starts_with("it is not "), "{name}: {problem}");
        }
        assert!(host(false).read_file("inner/rows.csv").is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
