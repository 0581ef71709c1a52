//! The page in front of the native engine: `mayfly` without `--headless` serves the page, which drives the
//! engine of this process over a socket. Runs belong to the engine, whoever looks at them.

mod guard;
mod page;
mod plan;
mod server;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use axum::body::Bytes;
use clap::Args;
use mayfly_core::plan::BaseUrl;
use mayfly_core::run_state::EndCause;
use mayfly_engine::host::Host;
use mayfly_engine::protocol::{GivenPlan, Notice, Peer, To, encode};
use mayfly_engine::run::RunStart;
use mayfly_engine::session::Session;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until, timeout};

use self::guard::Guard;
pub use self::plan::{Given, Startable};
use self::server::Event;
use crate::exit::Exit;
use crate::host::{NativeHost, Sending};
use crate::python::PythonOptions;
use crate::reports::Reports;
use crate::signals::{Signal, Signals};

/// The options of the page in front of the native engine.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The page")]
pub struct ServeArgs {
    /// Address to serve the page on; any other than this machine's own needs the token of the printed URL
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1",
        env = "MAYFLY_WEB_HOST"
    )]
    pub web_host: String,
    /// Port to serve the page on; 0 takes any that is free
    #[arg(
        short = 'P',
        long,
        value_name = "PORT",
        default_value_t = 8089,
        env = "MAYFLY_WEB_PORT"
    )]
    pub web_port: u16,
    /// Do not open a browser
    #[arg(long, env = "MAYFLY_NO_OPEN")]
    pub no_open: bool,
    /// Start the plan at once, without a click
    #[arg(long, conflicts_with = "headless", env = "MAYFLY_AUTOSTART")]
    pub autostart: bool,
    /// End the process this many seconds after a run has ended, with the run's exit code
    #[arg(
        long,
        value_name = "SECONDS",
        conflicts_with = "headless",
        env = "MAYFLY_AUTOQUIT"
    )]
    pub autoquit: Option<u32>,
    /// Folder for the reports of all runs, which make the history
    #[arg(long, value_name = "DIR", env = "MAYFLY_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// What to serve.
#[derive(Debug)]
pub struct ServeOptions {
    /// Where, and what else the page's options say.
    pub args: ServeArgs,
    /// The plan that the page shows, ready to be started.
    pub plan: Option<Given>,
    /// Whether any certificate of a server is taken, whatever a plan says.
    pub is_insecure: bool,
    /// Where every connection goes instead of the host of its URL.
    pub unix_socket: Option<PathBuf>,
    /// How many threads send, each a part of the users.
    pub n_threads: NonZeroU32,
    /// Says something on the way to who started the process.
    pub say: fn(&str),
    /// What runs locustfiles.
    pub python: PythonOptions,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nothing can be started.
    #[error("--autostart needs a plan that names its host: name one with -f, and its host with -H")]
    NothingToStart,
    /// The plan cannot run.
    #[error("the plan cannot run: {0}")]
    Plan(String),
    /// Something of the system is missing.
    #[error("cannot serve the page: {0}")]
    System(String),
    /// The address is taken, or none of this machine's.
    #[error(
        "cannot serve the page on {host}:{port}: {error}; choose another port with --web-port, or run \
         the plan without the page with --headless"
    )]
    Taken {
        /// The address.
        host: String,
        /// The port.
        port: u16,
        /// What the system says.
        error: std::io::Error,
    },
}

/// A server that is there, and an engine behind it.
pub struct Serving {
    url: String,
    is_open: bool,
    options: ServeOptions,
    events: mpsc::Receiver<Event>,
    // From before anybody is told where the page is: who knows may end it at once.
    signals: Signals,
}

impl Serving {
    /// Listens, and serves the page.
    ///
    /// # Errors
    ///
    /// Fails if that is not possible.
    pub async fn begin(options: ServeOptions) -> Result<Self, ServeError> {
        let ServeArgs {
            web_host: host,
            web_port: port,
            autostart,
            ..
        } = &options.args;
        let has_plan = options.plan.as_ref().is_some_and(|it| it.start.is_some());
        if *autostart && !has_plan {
            return Err(ServeError::NothingToStart);
        }
        let taken = |error| ServeError::Taken {
            host: host.clone(),
            port: *port,
            error,
        };
        let listener = TcpListener::bind((host.as_str(), *port)).await;
        let listener = listener.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let guard = Guard::new(address.ip(), address.port()).map_err(ServeError::System)?;
        let url = url(address, &guard.query());
        let listener = listener.into_std().map_err(taken)?;
        let events = server::start(listener, guard);
        let events = events.map_err(|error| ServeError::System(error.to_string()))?;
        Ok(Self {
            url,
            is_open: !address.ip().is_loopback(),
            options,
            events,
            signals: Signals::listen(),
        })
    }

    /// Where a person finds the page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Has the page load `host`, unless it has a plan, which says that already.
    pub fn suggest(&mut self, host: &BaseUrl) {
        if self.options.plan.is_none() {
            self.url += &format!("#host={host}");
        }
    }

    /// Whether other machines can connect.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether the command has the page to serve.
    pub fn has_page(&self) -> bool {
        page::is_there()
    }

    /// Opens the page in the person's browser, if there is one, unless they want none.
    pub fn open(&self) {
        if !self.options.args.no_open && has_screen() {
            open(&self.url);
        }
    }

    /// Runs what the pages want, until a signal or `--autoquit` ends it.
    ///
    /// To be called in a `LocalSet` of a current-thread runtime: a shard is single-threaded.
    ///
    /// # Errors
    ///
    /// Fails if the plan that is to start at once cannot.
    pub async fn run(mut self) -> Result<Exit, ServeError> {
        let args = &self.options.args;
        let folder = args.data_dir.clone().or_else(Reports::folder_of_person);
        let reports = folder.map(|it| Reports::new(it, self.options.say));
        let peers = Rc::new(Peers::default());
        let sending = Sending::ByPlan {
            is_insecure: self.options.is_insecure,
            warn: self.options.say,
            unix_socket: self.options.unix_socket.take(),
            has_files: self.options.plan.is_some(),
        };
        let plan = self.options.plan.take();
        let folder = plan
            .as_ref()
            .map_or_else(PathBuf::new, |it| it.folder.clone());
        let tell = {
            let peers = Rc::clone(&peers);
            move |to, notice| peers.tell(to, &notice)
        };
        // A run without its numbers is worth nothing, and nobody would know.
        let on_panic = || std::process::exit(101);
        let locustfile = plan.as_ref().and_then(|it| it.locustfile.clone());
        let host = NativeHost::new(folder, sending, reports, tell, on_panic);
        let host = host
            .on_threads(self.options.n_threads)
            .with_python(self.options.python.clone(), locustfile);
        let (random, now) = (host.random(), host.unix_time());
        let session = Session::new(host);
        let given = plan.as_ref().map(|it| GivenPlan {
            id: format!("{random:016x}"),
            text: it.text.clone(),
        });
        if self.options.args.autostart {
            let start = RunStart {
                run: random as u32,
                title: String::new(),
                seed: random,
                started: now,
                hosts: Vec::new(),
            };
            let started = match plan.and_then(|it| it.start) {
                None => Ok(()),
                Some(Startable::Ready(plan)) => session.start(*plan, start),
                Some(Startable::Unloaded(plan, draft)) => {
                    session.start_unloaded(*plan, draft, start).await
                }
            };
            started.map_err(ServeError::Plan)?;
        }
        let engine = Engine {
            session,
            peers,
            given,
            autoquit: self.options.args.autoquit,
            say: self.options.say,
        };
        Ok(engine.run(self.events, self.signals).await)
    }
}

/// The engine, and what ends it.
struct Engine {
    session: Session<NativeHost>,
    peers: Rc<Peers>,
    given: Option<GivenPlan>,
    autoquit: Option<u32>,
    say: fn(&str),
}

impl Engine {
    async fn run(self, mut events: mpsc::Receiver<Event>, mut signals: Signals) -> Exit {
        let told = Cell::new(None::<(Signal, bool)>);
        // When the process is to end by itself.
        let mut quit = None::<Instant>;
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.handle(event),
                    None => {
                        (self.say)("the server of the page has ended, so this ends too");
                        self.keep().await;
                        return Exit::Broken;
                    }
                },
                signal = signals.next() => {
                    let is_repeated = told.get().is_some();
                    told.set(Some((signal, is_repeated)));
                    if !self.is_running() {
                        return self.exit_of(signal, is_repeated).await;
                    }
                    self.session.stop(EndCause::Person);
                }
                () = self.peers.run_ended.notified() => {
                    if let Some((signal, is_repeated)) = told.get() {
                        let exit = self.exit_of_run();
                        self.keep().await;
                        return match signal {
                            Signal::Interrupt if !is_repeated => exit,
                            signal => signal.into(),
                        };
                    }
                    let wait = self.autoquit.map(|it| Duration::from_secs(it.into()));
                    quit = wait.map(|it| Instant::now() + it);
                }
                () = sleep_until(quit.unwrap_or_else(Instant::now)), if quit.is_some() => {
                    quit = None;
                    // Somebody may have started another one meanwhile.
                    if !self.is_running() {
                        self.keep().await;
                        return self.exit_of_run();
                    }
                }
            }
        }
    }

    fn handle(&self, event: Event) {
        match event {
            Event::Came(peer, sender) => {
                self.peers.senders.borrow_mut().insert(peer, sender);
                self.session.welcome(peer, self.given.clone());
            }
            Event::Told(peer, command) => self.session.handle_command(peer, command),
            Event::Gone(peer) => {
                self.peers.senders.borrow_mut().remove(&peer);
                self.session.part(peer);
            }
        }
    }

    fn is_running(&self) -> bool {
        self.session.is_running()
    }

    /// A server that is told to end has done what it should, if nothing runs.
    async fn exit_of(&self, signal: Signal, is_repeated: bool) -> Exit {
        self.keep().await;
        match signal {
            Signal::Interrupt if !is_repeated => Exit::Passed,
            signal => signal.into(),
        }
    }

    fn exit_of_run(&self) -> Exit {
        let exit = self.session.look(Exit::of_run);
        exit.unwrap_or(Exit::Passed)
    }

    /// Waits for what is being saved, unless the disk hangs.
    async fn keep(&self) {
        const PATIENCE: Duration = Duration::from_secs(10);
        let _ = timeout(PATIENCE, self.session.saved()).await;
    }
}

/// The pages that are there.
#[derive(Default)]
struct Peers {
    senders: RefCell<BTreeMap<Peer, mpsc::Sender<Bytes>>>,
    // Told when a run has ended.
    run_ended: Notify,
}

impl Peers {
    fn tell(&self, to: To, notice: &Notice) {
        if to == To::All
            && let Notice::Snapshot { parcel, .. } = notice
            && parcel.is_last()
        {
            self.run_ended.notify_one();
        }
        let mut senders = self.senders.borrow_mut();
        if !senders.keys().any(|&peer| to.is_for(peer)) {
            return;
        }
        let bytes = Bytes::from(encode(notice));
        senders.retain(|&peer, sender| !to.is_for(peer) || sender.try_send(bytes.clone()).is_ok());
    }
}

/// Where a person finds a server that listens at `address`.
fn url(address: SocketAddr, query: &str) -> String {
    let port = address.port();
    match address.ip() {
        // What stands for all addresses is none of them.
        ip if ip.is_unspecified() => format!("http://{}:{port}/{query}", this_machine()),
        IpAddr::V4(ip) => format!("http://{ip}:{port}/{query}"),
        IpAddr::V6(ip) => format!("http://[{ip}]:{port}/{query}"),
    }
}

/// The address by which other machines know this one, if it has one.
fn this_machine() -> IpAddr {
    // No packet is sent; the system only chooses from where one would go.
    let socket = UdpSocket::bind("0.0.0.0:0");
    let socket = socket.and_then(|it| it.connect("192.0.2.1:9").map(|()| it));
    let address = socket.and_then(|it| it.local_addr());
    address.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |it| it.ip())
}

/// Whether there is a screen on which a browser can be shown.
fn has_screen() -> bool {
    let is_set = |it| std::env::var_os(it).is_some_and(|it| !it.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn open(url: &str) {
    let (program, args): (_, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    let command = command.args(args).arg(url).stdin(Stdio::null());
    // Without a browser, the printed address is enough.
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}
