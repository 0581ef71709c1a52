use std::io::{Read, Write};
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::channel::mpsc::unbounded;
use futures::channel::oneshot;
use futures::future::select;
use mayfly_core::http::transport::TransportError;
use mayfly_core::measure::board::aggregated;
use mayfly_core::measure::sample::Failure;
use mayfly_core::measure::snapshot::{RowTotals, Snapshot};
use mayfly_core::plan::Plan;
use mayfly_core::run_state::{EndCause, RunState, ShardId};
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{Command, RunSetting};
use mayfly_core::time::Elapsed;
use mayfly_engine::host::Drivable;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// A server that keeps count, and answers at once or never.
struct Server {
    url: String,
    n_requests: Arc<AtomicU64>,
    // Hears of each connection that has ended.
    closed: mpsc::Receiver<()>,
}

impl Server {
    fn start(scheme: &str, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let tls = (scheme == "https").then(tls);
        let n_requests = Arc::<AtomicU64>::default();
        let (sender, closed) = mpsc::channel();
        let counter = Arc::clone(&n_requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counter, sender) = (Arc::clone(&counter), sender.clone());
                let session = tls.clone().map(|it| ServerConnection::new(it).unwrap());
                thread::spawn(move || {
                    match session {
                        None => serve(stream, answer, &counter),
                        Some(session) => {
                            serve(StreamOwned::new(session, stream), answer, &counter);
                        }
                    }
                    let _ = sender.send(());
                });
            }
        });
        Self {
            url,
            n_requests,
            closed,
        }
    }

    fn n_requests(&self) -> u64 {
        self.n_requests.load(Ordering::SeqCst)
    }

    fn quick(scheme: &str) -> Self {
        Self::start(scheme, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    }

    fn mute(scheme: &str) -> Self {
        Self::start(scheme, "")
    }

    fn plan(&self, load: &str) -> Plan {
        let url = &self.url;
        let toml = format!(
            "version = 1\nhost = '{url}'\ntls = {{ verify = false }}\n{load}\n[[user_class]]\nname = 'User'\n\
             task = [{{ get = '/' }}]\n"
        );
        Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}"))
    }
}

/// Says the answer to each request, as long as there are any.
fn serve(mut stream: impl Read + Write, answer: &str, counter: &AtomicU64) {
    // A request without a body fits into one read.
    while let Ok(1..) = stream.read(&mut [0; 4096]) {
        counter.fetch_add(1, Ordering::SeqCst);
        if stream.write_all(answer.as_bytes()).is_err() {
            break;
        }
    }
}

/// With a certificate of its own making.
fn tls() -> Arc<ServerConfig> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key);
    Arc::new(config.unwrap())
}

/// One shard and three, by the loop and by a runtime, in plain text and over TLS.
fn all_ways() -> Vec<(&'static str, Vec<Way>)> {
    let mut all = Vec::new();
    for (scheme, n_shards) in [("http", 1), ("http", 3), ("https", 1), ("https", 3)] {
        let ways = (0..n_shards).map(|_| Way::Runtime(None));
        all.push((scheme, ways.collect()));
        #[cfg(target_os = "linux")]
        {
            let ways = (0..n_shards).map(|_| Way::Loop(EventLoop::new().unwrap(), None));
            all.push((scheme, ways.collect()));
        }
    }
    all
}

/// Runs a plan until it ends or is given up: `look` gets each snapshot, and says what is asked of the run;
/// with `None` it is dropped.
fn run(
    ways: Vec<Way>,
    plan: &Plan,
    mut look: impl FnMut(&Snapshot) -> Option<Vec<Command>>,
) -> Vec<Snapshot> {
    let settings = Settings::of(plan, |_| Err("there are no files".to_owned()));
    let run = Drivable {
        plan,
        program: Program::new(plan, |_| Err("there are no files".to_owned())).unwrap(),
        setting: RunSetting {
            seed: 1,
            started: Duration::ZERO,
            id: ShardId::ONLY,
            max_in_flight: 100,
        },
        transport: HttpTransport::new(100, settings.unwrap()),
        clock: NativeClock::start(),
    };
    let (commands, inbox) = unbounded();
    let (end, is_over) = oneshot::channel::<()>();
    let mut end = Some(end);
    let mut snapshots = Vec::new();
    let publish = |snapshot: Snapshot| {
        match look(&snapshot) {
            Some(wanted) => wanted
                .into_iter()
                .for_each(|it| commands.unbounded_send(it).unwrap()),
            None => drop(end.take()),
        }
        snapshots.push(snapshot);
    };
    runtime::run(async {
        let run = pin!(drive_all(ways, run, inbox, publish, &|_| ()));
        select(run, is_over).await;
    })
    .unwrap();
    snapshots
}

fn total(snapshot: &Snapshot) -> RowTotals {
    aggregated(&snapshot.rows)
}

#[test]
fn shards_together_send_what_the_plan_says() {
    for (scheme, ways) in all_ways() {
        let server = Server::quick(scheme);
        let plan = server.plan("load = { users = 7, spawn_rate = 1000, max_requests = 100 }");
        let name = format!("{scheme} {ways:?}");
        let snapshots = run(ways, &plan, |_| Some(Vec::new()));
        let last = snapshots.last().unwrap();
        assert_eq!(last.shard, ShardId::ONLY, "{name}");
        assert_eq!(last.state, RunState::Stopped, "{name}");
        assert_eq!(last.end_cause, Some(EndCause::MaxRequests), "{name}");
        assert_eq!((total(last).n_requests, last.n_due), (100, 100), "{name}");
        assert_eq!(total(last).n_failures(), 0, "{name}");
        assert_eq!(server.n_requests(), 100, "{name}");
        assert!(snapshots.is_sorted_by_key(|it| it.at), "{name}");
    }
}

#[test]
fn a_reset_is_one_of_all_shards() {
    for (scheme, ways) in all_ways() {
        let server = Server::quick(scheme);
        let plan = server.plan("load = { users = 6, spawn_rate = 1000 }");
        let mut asked = None;
        let snapshots = run(ways, &plan, |snapshot| {
            Some(match asked {
                None if 6 <= total(snapshot).n_requests => {
                    asked = Some(total(snapshot).n_requests);
                    vec![Command::Reset]
                }
                Some(_) if snapshot.since != Elapsed::ZERO => {
                    vec![Command::Stop(EndCause::Person)]
                }
                _ => Vec::new(),
            })
        });
        let last = snapshots.last().unwrap();
        assert_eq!(last.state, RunState::Stopped);
        let n_sent = server.n_requests();
        let n_before = asked.unwrap();
        assert!(
            total(last).n_requests + n_before <= n_sent,
            "{n_before} {n_sent}"
        );
    }
}

#[test]
fn an_edit_is_one_of_all_shards_and_so_is_a_stop() {
    for (scheme, ways) in all_ways() {
        let server = Server::quick(scheme);
        let plan = |users| server.plan(&format!("load = {{ users = {users}, spawn_rate = 1000 }}"));
        let mut most = 0;
        let snapshots = run(ways, &plan(3), |snapshot| {
            most = most.max(snapshot.n_users);
            Some(match snapshot.n_users {
                3 if snapshot.state == RunState::Running => {
                    vec![Command::Edit(Box::new(plan(8)))]
                }
                8 => vec![Command::Stop(EndCause::Person)],
                _ => Vec::new(),
            })
        });
        let last = snapshots.last().unwrap();
        assert_eq!((most, last.n_users), (8, 0));
        assert_eq!(last.end_cause, Some(EndCause::Person));
    }
}

#[test]
fn what_is_not_answered_in_time_has_failed_and_its_connection_is_closed() {
    for (scheme, ways) in all_ways() {
        let server = Server::mute(scheme);
        let plan = server.plan(
            "load = { users = 4, spawn_rate = 1000, max_requests = 4 }\n\
             request = { timeout = '80ms' }",
        );
        let snapshots = run(ways, &plan, |_| Some(Vec::new()));
        let total = total(snapshots.last().unwrap());
        let failure = Failure::Transport(TransportError::Timeout);
        assert_eq!(total.failures[&failure].count, 4);
        for _ in 0..4 {
            server.closed.recv().unwrap();
        }
    }
}

#[test]
fn a_run_whose_requests_all_fail_at_once_can_be_stopped() {
    for (scheme, ways) in all_ways() {
        // Nobody can connect to it, and no system tries.
        let toml = format!(
            "version = 1\nhost = '{scheme}://255.255.255.255'\n\
             load = {{ users = 2, spawn_rate = 1000 }}\n[[user_class]]\nname = 'User'\n\
             task = [{{ get = '/' }}]\n"
        );
        let plan = Plan::from_toml(&toml).unwrap();
        let snapshots = run(ways, &plan, |snapshot| {
            let has_failed = 0 < total(snapshot).n_failures();
            let stop = has_failed.then_some(Command::Stop(EndCause::Person));
            Some(stop.into_iter().collect())
        });
        let last = snapshots.last().unwrap();
        assert_eq!(last.end_cause, Some(EndCause::Person));
        assert_eq!(total(last).n_requests, total(last).n_failures());
    }
}

#[test]
fn a_stop_gives_up_what_is_under_way() {
    for (scheme, ways) in all_ways() {
        let server = Server::mute(scheme);
        let plan = server.plan("load = { users = 5, spawn_rate = 1000 }");
        let snapshots = run(ways, &plan, |_| {
            let is_waiting = server.n_requests() == 5;
            Some(
                is_waiting
                    .then_some(Command::Stop(EndCause::Person))
                    .into_iter()
                    .collect(),
            )
        });
        let last = snapshots.last().unwrap();
        assert_eq!((total(last).n_aborted, total(last).n_requests), (5, 0));
        for _ in 0..5 {
            server.closed.recv().unwrap();
        }
    }
}

#[test]
fn a_run_that_is_dropped_closes_its_connections() {
    for (scheme, ways) in all_ways() {
        let server = Server::mute(scheme);
        let plan = server.plan("load = { users = 5, spawn_rate = 1000 }");
        run(ways, &plan, |_| (server.n_requests() < 5).then(Vec::new));
        for _ in 0..5 {
            server.closed.recv().unwrap();
        }
    }
}
