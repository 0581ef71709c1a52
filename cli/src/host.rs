//! What the engine needs of a process: clock, sockets, files, and where its notices go.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::channel::oneshot;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{HttpVersion, Locustfile, Plan, Targets, file_text};
use mayfly_core::running::drive::drive;
use mayfly_core::running::shard::{Command, Shard};
use mayfly_engine::host::{Drivable, Host, Purpose, Say};
use mayfly_engine::protocol::{Notice, To};

use crate::clock::NativeClock;
#[cfg(target_os = "linux")]
use crate::event_loop::{self, EventLoop};
use crate::http::{HttpTransport, ProxyError, Settings};
use crate::open_files;
use crate::python::{PythonOptions, PythonProcess, Pythons, Told};
use crate::reports::Reports;
use crate::shards::{Way, drive_all};

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
    python: PythonOptions,
    // The locustfile that the command line names: its name and its text.
    given: Option<Locustfile>,
    // With which number a locustfile wants the command to end.
    exit_code: Rc<Cell<Option<u8>>>,
    // Does something about a task that panicked.
    on_panic: Rc<dyn Fn()>,
    // How many shards a run has at most, each on a thread of its own.
    n_shards: NonZeroU32,
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
            python: PythonOptions::default(),
            given: None,
            exit_code: Rc::default(),
            on_panic: Rc::new(on_panic),
            n_shards: NonZeroU32::MIN,
        }
    }

    /// The same, with so many shards for a run, each on a thread of its own.
    pub(crate) fn on_threads(self, n_shards: NonZeroU32) -> Self {
        Self { n_shards, ..self }
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

    /// Runs `given`, the locustfile of the command line, by this Python.
    pub(crate) fn with_python(mut self, options: PythonOptions, given: Option<Locustfile>) -> Self {
        (self.python, self.given) = (options, given);
        self
    }

    /// With which number a locustfile wants the command to end, once it has said so.
    pub(crate) fn exit_code(&self) -> Rc<Cell<Option<u8>>> {
        Rc::clone(&self.exit_code)
    }

    /// A locustfile can do whatever this person can do, so one that came over the network does not run.
    fn check_allowed(&self, file: &Locustfile) -> Result<(), String> {
        let is_given = self.given.as_ref().is_some_and(|it| {
            (&it.name, &it.text) == (&file.name, &file.text) && file.files.is_empty()
        });
        if is_given || self.python.allows_all {
            return Ok(());
        }
        Err("a locustfile can do whatever you can do on this machine, so only the one that -f names runs, as it \
             is in its file; start mayfly with --allow-scripts to run edited and other ones from the page"
            .to_owned())
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
        for text in self
            .warnings(&plan, &settings)
            .map_err(|error| error.to_string())?
        {
            warn(&text);
        }
        Ok(settings)
    }

    /// What a person should know before a run of `plan`, whole sentences: that its requests go through
    /// proxies, and that the system allows too few connections for all users at once.
    ///
    /// # Errors
    ///
    /// Fails if the environment names what is no proxy for a host of the plan.
    pub(crate) fn warnings(
        &self,
        plan: &Plan,
        settings: &Settings,
    ) -> Result<Vec<String>, ProxyError> {
        let targets = Targets::of(plan);
        let mut proxies = BTreeSet::new();
        for host in &targets.hosts {
            proxies.extend(settings.proxy_of(host)?);
        }
        let said = |proxy| format!("Requests go through the proxy {proxy}, which is measured too.");
        let mut warnings: Vec<String> = proxies.into_iter().map(said).collect();
        let max_users = plan.load.shape.max_users();
        let max_users = usize::try_from(max_users).unwrap_or(usize::MAX);
        let allowed = open_files::max_connections(self.n_threads(plan));
        if !targets.is_simulated() && allowed < max_users.min(HttpTransport::MAX_IN_FLIGHT) {
            warnings.push(format!(
                "At most {allowed} requests are under way at once, because the system allows this \
                 process no more open files. Others wait, and the wait counts into their response \
                 times. Allow more with “ulimit -n {}”.",
                open_files::needed_for(max_users, self.n_threads(plan))
            ));
        }
        let n_ports = n_local_ports();
        let is_each_alone = settings.unix_socket.is_none()
            && !targets.is_simulated()
            && plan.request.http_version != Some(HttpVersion::Http2);
        if is_each_alone && n_ports.saturating_mul(targets.hosts.len().max(1)) < max_users {
            warnings.push(format!(
                "Only {n_ports} connections to one server at once get a port of this machine, which \
                 are fewer than there are users; others may fail. Allow more with “sysctl -w \
                 net.ipv4.ip_local_port_range=\"1024 65535\"”."
            ));
        }
        Ok(warnings)
    }

    /// How many threads send. One that has no user would not do its part of what ends the run.
    fn n_threads(&self, plan: &Plan) -> u32 {
        let max_users = plan.load.shape.max_users();
        self.n_shards.get().min(max_users).max(1)
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

/// A way for each shard, with the process of Python that has its tasks, if they are in Python.
fn ways(
    run: &Drivable<'_, HttpTransport, NativeClock>,
    processes: Vec<Option<PythonProcess>>,
) -> Vec<Way> {
    #[cfg(target_os = "linux")]
    if event_loop::fits(run.plan, run.transport.settings()) {
        let loops = processes.iter().map(|_| EventLoop::new());
        if let Ok(loops) = loops.collect::<Result<Vec<_>, _>>() {
            let ways = loops.into_iter().zip(processes);
            return ways.map(|(it, process)| Way::Loop(it, process)).collect();
        }
    }
    processes.into_iter().map(Way::Runtime).collect()
}

/// How many connections to one server at once have a port of this machine; `usize::MAX` where nobody says.
fn n_local_ports() -> usize {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    range.ok().and_then(|it| n_ports(&it)).unwrap_or(usize::MAX)
}

/// How many ports are in a range that is written as `32768 60999`.
fn n_ports(range: &str) -> Option<usize> {
    let mut ends = range.split_whitespace().map(str::parse);
    let (Ok(first), Ok(last)): (Result<usize, _>, Result<usize, _>) = (ends.next()?, ends.next()?)
    else {
        return None;
    };
    (last + 1).checked_sub(first)
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
    type Interpreter = Pythons;

    const IS_BROWSER: bool = false;

    fn start_clock(&self) -> NativeClock {
        NativeClock::start()
    }

    fn transport(&self, plan: &Plan) -> Result<HttpTransport, String> {
        let allowed = open_files::max_connections(self.n_threads(plan));
        let max_in_flight = allowed.clamp(1, HttpTransport::MAX_IN_FLIGHT);
        Ok(HttpTransport::new(max_in_flight, self.settings(plan)?))
    }

    /// On Linux, what may be HTTP/1.1 goes by the loop, unless the system has no files left for it.
    async fn drive(
        &self,
        run: Drivable<'_, HttpTransport, NativeClock>,
        commands: UnboundedReceiver<Command>,
        publish: impl FnMut(Snapshot),
    ) {
        let n_shards = self.n_threads(run.plan);
        let ways = ways(&run, (0..n_shards).map(|_| None).collect());
        if let [Way::Runtime(None)] = ways.as_slice() {
            let shard = Shard::new(run.program, run.setting);
            return drive(shard, &run.transport, &run.clock, commands, publish).await;
        }
        drive_all(ways, run, commands, publish, &|_| ()).await;
    }

    /// As [`drive`](Self::drive), with a process of Python for each shard.
    async fn drive_scripted(
        &self,
        run: Drivable<'_, HttpTransport, NativeClock>,
        python: Pythons,
        commands: UnboundedReceiver<Command>,
        publish: impl FnMut(Snapshot),
    ) {
        let n_shards = self.n_threads(run.plan);
        let (processes, hear) = python.into_parts(n_shards as usize);
        let ways = ways(&run, processes.into_iter().map(Some).collect());
        drive_all(ways, run, commands, publish, &*hear).await;
    }

    async fn interpreter(
        &self,
        file: &Locustfile,
        purpose: Purpose,
        say: Say,
    ) -> Result<Pythons, String> {
        self.check_allowed(file)?;
        let exit_code = Rc::clone(&self.exit_code);
        exit_code.set(None);
        let hear = Rc::new(move |told| match told {
            // Of several processes, the one that has most to complain of is heard.
            Told::ExitCode(code) => exit_code.set(exit_code.get().max(Some(code))),
            Told::Log(log) => say(log),
        });
        let place = (&*self.folder, file.name.as_str());
        let count = match purpose {
            Purpose::Read => NonZeroU32::MIN,
            Purpose::Run => self.n_shards,
        };
        Pythons::start(&self.python, place, count, hear)
    }

    fn folder(&self) -> Option<String> {
        let folder = match self.folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.folder,
        };
        let folder = fs::canonicalize(folder).ok()?;
        folder.into_os_string().into_string().ok()
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
    fn ports_of_this_machine_are_counted() {
        assert_eq!(n_ports("32768\t60999\n"), Some(28_232));
        assert_eq!(n_ports("1024 1024"), Some(1));
        assert_eq!(n_ports("9 8"), Some(0));
        assert_eq!(n_ports(""), None);
        assert_eq!(n_ports("a b"), None);
    }

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
