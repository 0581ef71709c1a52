//! The page in front of the native engine: the command serves it, and who may talk to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use futures::{SinkExt, StreamExt};
use mayfly_core::plan::Draft;
use mayfly_engine::protocol::{Command, Notice, VERSION, decode, encode};
use tokio::runtime::{Builder, Runtime};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::target::demo_api;
use crate::{PlanFile, mayfly};

/// The command without `--headless`, on a port of its own. It ends with the value.
struct Served {
    process: Child,
    authority: String,
    query: String,
    folder: PathBuf,
}

impl Served {
    fn start(args: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("served-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut command = Process::new(env!("CARGO_BIN_EXE_mayfly"));
        command
            .args(["--web-port", "0", "--no-open", "--data-dir"])
            .arg(&folder);
        let mut process = command.args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("Mayfly is at http://").unwrap();
        let (authority, query) = url.split_once('/').unwrap();
        Self {
            authority: authority.to_owned(),
            query: query.to_owned(),
            folder,
            process,
        }
    }

    /// The status of the answer to a request for `path` with these headers, and the whole answer.
    fn get(&self, path: &str, headers: &str) -> (u16, String) {
        let port = self.authority.rsplit(':').next().unwrap();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer[9..12].parse().unwrap(), answer)
    }

    fn host(&self) -> String {
        format!("Host: {}\r\n", self.authority)
    }

    /// Waits for the end, and gives the exit code.
    fn code(&mut self) -> i32 {
        self.process.wait().unwrap().code().unwrap()
    }

    fn reports(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten();
        let names = files.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter(|it| it.ends_with(".json")).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already if it cannot be ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A page, as far as the engine can tell.
struct Peer {
    runtime: Runtime,
    socket: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
}

impl Peer {
    fn connect(served: &Served) -> Self {
        let origin = format!("http://{}", served.authority);
        Self::connect_with(served, "", &[("origin", &origin)]).unwrap()
    }

    /// Fails with the status of the answer.
    fn connect_with(
        served: &Served,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, StatusCode> {
        let url = format!("ws://{}/engine{query}", served.authority);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        match runtime.block_on(connect_async(request)) {
            Ok((socket, _)) => Ok(Self { runtime, socket }),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status()),
            Err(error) => panic!("{error}"),
        }
    }

    fn tell(&mut self, command: &Command) {
        let message = Message::Binary(encode(command).into());
        self.runtime.block_on(self.socket.send(message)).unwrap();
    }

    /// Waits for a notice of which `pick` makes something.
    fn until<T>(&mut self, mut pick: impl FnMut(Notice) -> Option<T>) -> T {
        self.runtime.block_on(async {
            loop {
                let message = self.socket.next().await.unwrap().unwrap();
                if let Message::Binary(bytes) = message
                    && let Some(found) = pick(decode(&bytes).unwrap())
                {
                    return found;
                }
            }
        })
    }

    fn until_over(&mut self) {
        self.until(|it| match it {
            Notice::Snapshot { parcel, .. } => parcel.is_last().then_some(()),
            _ => None,
        });
    }
}

const PLAN: &str = "version = 1\nload = { users = 2, spawn_rate = 9, run_time = 1 }\n\
                    [[user_class]]\nname = \"A\"\nwait = \"10ms\"\ntask = [{ get = \"/\" }]\n";

fn start(host: &str) -> Command {
    let plan = format!("host = \"{host}\"\n{PLAN}");
    Command::Start {
        run: 7,
        title: "At noon".to_owned(),
        plan: Draft::from_toml(&plan).unwrap().to_json(),
        seed: 1,
        started_millis: 1e12,
        hosts: Vec::new(),
    }
}

#[test]
fn a_page_starts_a_run_and_another_sees_it_and_it_is_kept() {
    let (url, api) = demo_api();
    let served = Served::start(&[]);
    let (mut one, mut other) = (Peer::connect(&served), Peer::connect(&served));
    one.tell(&start(&url));
    let began = other.until(|it| match it {
        Notice::Began { run, title, .. } => Some((run, title)),
        _ => None,
    });
    assert_eq!(began, (7, "At noon".to_owned()));
    one.until_over();
    other.until_over();
    assert!(0 < api.counts().answered().total);
    let list = Command::History(mayfly_engine::history::HistoryCommand::List);
    other.tell(&list);
    let entries = other.until(|it| match it {
        Notice::History(mayfly_engine::history::HistoryNotice::List(entries)) => Some(entries),
        _ => None,
    });
    assert_eq!(entries[0].n_requests, api.counts().answered().total);
    let seed = "0000000000000001";
    let name = format!("2001-09-09T01-46-40.000Z_{seed}_At-noon.json");
    assert_eq!(served.reports(), [name]);
}

#[test]
fn the_first_that_a_page_hears_is_the_version_of_the_protocol() {
    let served = Served::start(&[]);
    let first = Peer::connect(&served).until(Some);
    let version = VERSION.to_owned();
    assert_eq!(first, Notice::Ready { version });
}

#[test]
fn the_plan_of_the_command_is_shown_and_starts_by_itself_only_if_that_was_asked_for() {
    let (url, api) = demo_api();
    let plan = PlanFile::new(PLAN, "toml");
    let served = Served::start(&["-f", plan.path(), "-H", &url]);
    let mut page = Peer::connect(&served);
    let (run, given) = page.until(|it| match it {
        Notice::Joined { run, plan } => Some((run, plan)),
        _ => None,
    });
    assert_eq!(run, None);
    let text = given.unwrap().text;
    assert!(text.contains(&url) && text.contains("users = 2"), "{text}");
    assert_eq!(api.counts().answered().total, 0);
}

#[test]
fn autostart_and_autoquit_end_with_the_code_of_the_run() {
    let (url, api) = demo_api();
    let failing = PLAN.replace("\"/\"", "\"/status/500\"");
    for (plan, code) in [(PLAN, 0), (&failing, 1)] {
        let plan = PlanFile::new(plan, "toml");
        let args = [
            "-f",
            plan.path(),
            "-H",
            &url,
            "--autostart",
            "--autoquit",
            "0",
        ];
        let mut served = Served::start(&args);
        assert_eq!(served.code(), code);
        assert_eq!(served.reports().len(), 1, "its numbers are kept");
    }
    assert!(0 < api.counts().answered().total);
}

#[test]
fn what_cannot_be_served_ends_with_2_and_says_why() {
    let bad = PlanFile::new("version = 1\nusers = ", "toml");
    let served = Served::start(&[]);
    let port = served.authority.rsplit(':').next().unwrap();
    for (args, problem) in [
        (vec!["-f", bad.path()], "line 2"),
        (vec!["-f", "no-such-plan.toml"], "no-such-plan.toml"),
        (vec!["--autostart"], "-f"),
        (vec!["--web-port", port], "--web-port"),
        (vec!["--web-host", "192.0.2.1"], "192.0.2.1"),
        (vec!["--autostart", "--headless"], "--headless"),
        (vec!["--json-file", "a.json"], "--headless"),
        (vec!["--reset-stats"], "--headless"),
        (vec!["-u", "5"], "-f"),
    ] {
        let ended = mayfly(&[&args[..], &["--no-open"]].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{args:?}");
        assert!(ended.stderr.contains(problem), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn another_name_of_this_machine_is_refused() {
    let served = Served::start(&[]);
    let port = served.authority.rsplit(':').next().unwrap();
    for host in ["evil.test", "127.0.0.1", "localhost.evil.test", "0.0.0.0"] {
        for path in ["/", "/engine", "/index.html"] {
            let headers = format!("Host: {host}\r\n");
            assert_eq!(served.get(path, &headers).0, 403, "{host} {path}");
            let headers = format!("Host: {host}:{port}1\r\n");
            assert_eq!(served.get(path, &headers).0, 403, "{host} {path}");
        }
    }
    assert_ne!(
        served.get("/", &format!("Host: localhost:{port}\r\n")).0,
        403
    );
}

#[test]
fn only_the_own_page_gets_the_socket() {
    let served = Served::start(&[]);
    let port = served.authority.rsplit(':').next().unwrap();
    let refused = |headers: &[(&'static str, &str)]| Peer::connect_with(&served, "", headers).err();
    assert_eq!(refused(&[]), Some(StatusCode::FORBIDDEN), "says nothing");
    for origin in [
        "http://evil.test",
        "null",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
    ] {
        let refused = refused(&[("origin", origin)]);
        assert_eq!(refused, Some(StatusCode::FORBIDDEN), "{origin}");
    }
    // A name that was rebound: the page is from there, and so is its name for this machine.
    let (host, origin) = (
        format!("evil.test:{port}"),
        format!("http://evil.test:{port}"),
    );
    let rebound = refused(&[("host", &host), ("origin", &origin)]);
    assert_eq!(rebound, Some(StatusCode::FORBIDDEN));
    let origin = format!("http://{}", served.authority);
    assert_eq!(refused(&[("origin", &origin)]), None);
}

#[test]
fn where_other_machines_can_connect_a_token_is_needed() {
    let served = Served::start(&["--web-host", "0.0.0.0"]);
    let token = served.query.strip_prefix("?token=").unwrap();
    let wrong = format!("?token={}0", &token[1..]);
    let origin = format!("http://{}", served.authority);
    let origin = ("origin", origin.as_str());
    for query in ["", "?token=", &wrong] {
        assert_eq!(served.get(&format!("/{query}"), &served.host()).0, 403);
        let refused = Peer::connect_with(&served, query, &[origin]).err();
        assert_eq!(refused, Some(StatusCode::FORBIDDEN), "{query}");
    }
    let (status, answer) = served.get(&format!("/?token={token}"), &served.host());
    assert_ne!(status, 403);
    let cookie = answer
        .lines()
        .find_map(|it| it.strip_prefix("set-cookie: "));
    let cookie = cookie.unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let headers = format!("{}Cookie: {cookie}\r\n", served.host());
    assert_ne!(served.get("/", &headers).0, 403);
    assert!(Peer::connect_with(&served, "", &[origin, ("cookie", cookie)]).is_ok());
    assert!(Peer::connect_with(&served, &format!("?token={token}"), &[origin]).is_ok());
    let foreign = [("origin", "http://evil.test"), ("cookie", cookie)];
    assert!(Peer::connect_with(&served, "", &foreign).is_err());
}

#[test]
fn nonsense_from_a_socket_harms_nothing() {
    let served = Served::start(&[]);
    let mut page = Peer::connect(&served);
    for bytes in [&b""[..], b"\xff\xff\xff\xff", b"GET / HTTP/1.1"] {
        let message = Message::Binary(bytes.to_vec().into());
        page.runtime.block_on(page.socket.send(message)).unwrap();
    }
    page.tell(&Command::History(
        mayfly_engine::history::HistoryCommand::Open("../../../etc/passwd".to_owned()),
    ));
    page.until(|it| matches!(it, Notice::History(_)).then_some(()));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_run_and_then_the_process_with_its_code() {
    let (url, _) = demo_api();
    let mut served = Served::start(&[]);
    let mut page = Peer::connect(&served);
    let Command::Start {
        run,
        title,
        plan,
        seed,
        started_millis,
        hosts,
    } = start(&url)
    else {
        unreachable!()
    };
    let plan = plan.replace("\"run_time\":1", "\"run_time\":600");
    page.tell(&Command::Start {
        run,
        title,
        plan,
        seed,
        started_millis,
        hosts,
    });
    page.until(|it| matches!(it, Notice::Snapshot { .. }).then_some(()));
    interrupt(&served.process);
    page.until_over();
    assert_eq!(served.code(), 0);
    assert_eq!(served.reports().len(), 1);

    let mut idle = Served::start(&[]);
    interrupt(&idle.process);
    assert_eq!(idle.code(), 0, "it has done all that it should");
}

#[cfg(unix)]
fn interrupt(process: &Child) {
    let id = process.id().to_string();
    let told = Process::new("kill").args(["-INT", &id]).status();
    assert!(told.unwrap().success());
}

const LOCUSTFILE: &str = "from locust import HttpUser, task, constant\n\
    class A(HttpUser):\n    wait_time = constant(0.05)\n    @task\n    def a(self):\n        \
    self.client.get('/')\n        print('hello')\n";

/// Starts what the command gave the page, with another text of its locustfile.
fn start_given(page: &mut Peer, run: u32, change: impl Fn(&str) -> String) {
    let given = page.until(|it| match it {
        Notice::Joined { plan, .. } => plan,
        _ => None,
    });
    let draft = Draft::from_toml(&given.text).unwrap();
    page.tell(&Command::Start {
        run,
        title: String::new(),
        plan: change(&draft.to_json()),
        seed: 1,
        started_millis: 1e12,
        hosts: Vec::new(),
    });
}

#[test]
fn a_page_runs_the_locustfile_of_the_command_and_hears_what_it_prints() {
    let (url, api) = demo_api();
    let file = PlanFile::new(LOCUSTFILE, "py");
    let served = Served::start(&[
        "-f",
        file.path(),
        "-H",
        &url,
        "-u",
        "2",
        "-r",
        "9",
        "-t",
        "2s",
    ]);
    let mut page = Peer::connect(&served);
    start_given(&mut page, 3, str::to_owned);
    let said = page.until(|it| match it {
        Notice::Said { run: 3, log } => Some(log.text),
        Notice::Refused { reason, .. } => panic!("{reason}"),
        _ => None,
    });
    assert_eq!(said, "hello");
    page.until_over();
    assert!(0 < api.counts().answered().total);
}

#[test]
fn a_page_does_not_run_another_locustfile_unless_that_was_allowed() {
    let (url, api) = demo_api();
    let file = PlanFile::new(LOCUSTFILE, "py");
    let args = [
        "-f",
        file.path(),
        "-H",
        &url,
        "-u",
        "2",
        "-r",
        "9",
        "-t",
        "1s",
    ];
    let edit = |plan: &str| plan.replace("hello", "edited");
    let served = Served::start(&args);
    let mut page = Peer::connect(&served);
    start_given(&mut page, 3, edit);
    let reason = page.until(|it| match it {
        Notice::Refused { run: 3, reason } => Some(reason),
        _ => None,
    });
    assert!(reason.contains("--allow-scripts"), "{reason}");
    assert_eq!(api.counts().answered().total, 0);

    let served = Served::start(&[&args[..], &["--allow-scripts"]].concat());
    let mut page = Peer::connect(&served);
    start_given(&mut page, 4, edit);
    page.until_over();
    assert!(0 < api.counts().answered().total);
}

#[test]
fn a_locustfile_starts_by_itself_if_that_was_asked_for() {
    let (url, api) = demo_api();
    let file = PlanFile::new(LOCUSTFILE, "py");
    let args = [
        "-f",
        file.path(),
        "-H",
        &url,
        "-t",
        "1s",
        "--autostart",
        "--autoquit",
        "0",
    ];
    let mut served = Served::start(&args);
    assert_eq!(served.code(), 0);
    assert!(0 < api.counts().answered().total);
}
