//! What the system does to the command: signals, readers that go away, and limits.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use mayfly::demo_api::DemoApi;

use crate::target::{Target, demo_api};
use crate::{Ended, PlanFile};

/// Runs for an hour if nobody ends it.
const PLAN: &str = "version = 1\nload = { users = 2, spawn_rate = 9, run_time = \"1h\" }\n\
                    [[user_class]]\nname = \"User\"\nwait = \"10ms\"\ntask = [ { get = \"/cube\" } ]";

/// Arrivals for six seconds, and a threshold that holds whatever happens.
const FOR_SIX_SECONDS: &str = "version = 1\nthresholds = [\"p95 < 60m\"]\n\
                               load = { arrivals = [{ duration = \"6s\", rate = 50 }] }\n\
                               [[user_class]]\nname = \"User\"\ntask = [ { get = \"/cube\" } ]";

/// Ends by itself, and nothing fails.
const SHORT: &str = "version = 1\nload = { users = 1, spawn_rate = 9, max_requests = 3 }\n\
                     [[user_class]]\nname = \"User\"\ntask = [ { get = \"/cube\" } ]";

fn mayfly(args: &[&str]) -> Command {
    let mut mayfly = Command::new(env!("CARGO_BIN_EXE_mayfly"));
    mayfly.args(args);
    mayfly.stdout(Stdio::piped()).stderr(Stdio::piped());
    mayfly
}

/// The command that runs `plan` against `url`, not started yet. The file must live as long.
fn running(plan: &PlanFile, url: &str) -> Command {
    mayfly(&["-f", plan.path(), "--headless", "-H", url])
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// What a run says that is told `signal` while it goes on, and how it ends.
fn told(signal: &str) -> Ended {
    let (url, api) = demo_api();
    let plan = PlanFile::new(PLAN, "toml");
    let child = running(&plan, &url).spawn().unwrap();
    while api.counts().answered().total == 0 {
        yield_now();
    }
    send(signal, &child);
    child.wait_with_output().unwrap().into()
}

/// What ends a run, with the exit codes. SIGHUP does not where these tests run after nohup: what they start
/// ignores it too.
fn signals(of_interrupt: i32) -> impl Iterator<Item = (&'static str, i32)> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|it| it.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    let hears_hangup = ignored.unwrap_or_default() & 1 == 0;
    let all = [("-INT", of_interrupt), ("-TERM", 143), ("-HUP", 129)];
    all.into_iter().take(if hears_hangup { 3 } else { 2 })
}

#[test]
fn a_signal_ends_the_run_with_its_numbers() {
    for (signal, code) in signals(0) {
        let ended = told(signal);
        assert_eq!(
            ended.code, code,
            "{signal}: {}{}",
            ended.stdout, ended.stderr
        );
        assert!(0 < ended.n_requests("Aggregated"), "{signal}");
    }
}

#[test]
fn a_run_that_was_suspended_is_invalid_and_passes_nothing() {
    let (url, api) = demo_api();
    let plan = PlanFile::new(FOR_SIX_SECONDS, "toml");
    let mut child = running(&plan, &url).spawn().unwrap();
    while api.counts().answered().total == 0 {
        assert_eq!(child.try_wait().unwrap(), None);
        yield_now();
    }
    send("-STOP", &child);
    // How long it is suspended is what this is about.
    let stopped = Instant::now();
    while stopped.elapsed() < Duration::from_secs(2) {
        yield_now();
    }
    send("-CONT", &child);
    let ended: Ended = child.wait_with_output().unwrap().into();
    let (out, err) = (&ended.stdout, &ended.stderr);
    assert!(out.contains("\nValidity: INVALID, for "), "{out}{err}");
    assert!(out.contains("\n- INVALID: Standstill ("), "{out}{err}");
    assert!(
        err.contains(" WARNING: INVALID: Standstill ("),
        "{out}{err}"
    );
    assert!(out.contains("passed  p95 < 60m"), "{out}{err}");
    assert_eq!(ended.code, 98, "{out}{err}");
}

#[test]
fn one_signal_to_a_run_whose_target_hangs_is_no_pass() {
    let plan = PlanFile::new(PLAN, "toml");
    for (signal, code) in signals(98) {
        let hangs = Target::start(Duration::ZERO, Duration::from_secs(3600));
        let child = running(&plan, &hangs.url).spawn().unwrap();
        while hangs.n_requests() == 0 {
            yield_now();
        }
        send(signal, &child);
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert_eq!(ended.code, code, "{signal}: {}", ended.stderr);
        assert!(
            ended.stdout.contains(" due = 0 answered + "),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn the_second_signal_does_not_wait_for_users() {
    let plan = PLAN.replace("run_time", "stop_timeout = \"1h\", run_time");
    let plan = PlanFile::new(&plan, "toml");
    for (signal, code) in signals(130) {
        let hangs = Target::start(Duration::ZERO, Duration::from_secs(3600));
        let mut child = running(&plan, &hangs.url).spawn().unwrap();
        while hangs.n_requests() == 0 {
            yield_now();
        }
        while child.try_wait().unwrap().is_none() {
            send(signal, &child);
            yield_now();
        }
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert_eq!(ended.code, code, "{signal}");
        // The requests that hang are not lost.
        assert!(
            ended.stdout.contains(" due = 0 answered + "),
            "{}",
            ended.stdout
        );
        assert!(ended.stdout.contains(" given up\n"), "{}", ended.stdout);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_of_the_run() {
    let (url, _) = demo_api();
    let plan = PlanFile::new(SHORT, "toml");
    for has_failed in [false, true] {
        let url = if has_failed {
            "http://127.0.0.1:1"
        } else {
            &url
        };
        let mut child = running(&plan, url).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(i32::from(has_failed)));
    }
    let mut help = mayfly(&["--help"]).spawn().unwrap();
    drop(help.stdout.take());
    assert_eq!(help.wait().unwrap().code(), Some(0));
}

#[test]
fn the_demo_api_serves_on_when_nobody_reads_what_it_says() {
    // A port that was free a moment ago: nothing says which it took.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut api = mayfly(&["demo-api", "--port", &address.port().to_string()]);
    let mut api = api.spawn().unwrap();
    drop((api.stdout.take(), api.stderr.take()));
    while TcpStream::connect(address).is_err() {
        assert_eq!(api.try_wait().unwrap(), None, "it ended");
        yield_now();
    }
    check_serves_on(api, &format!("http://{address}"));
}

/// Runs a plan against a demo API, and ends that.
fn check_serves_on(mut api: Child, url: &str) {
    let plan = PlanFile::new(SHORT, "toml");
    let ended: Ended = running(&plan, url).output().unwrap().into();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(api.try_wait().unwrap(), None, "it ended");
    api.kill().unwrap();
    api.wait().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_is_no_success() {
    let (url, _) = demo_api();
    let plan = PlanFile::new(SHORT, "toml");
    let help = mayfly(&["--help"]);
    let demo = mayfly(&["demo-api", "--port", "0"]);
    for mut command in [running(&plan, &url), help, demo] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ended: Ended = command.stdout(full).output().unwrap().into();
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        let said = "cannot write to standard output";
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_error_may_be_full() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = mayfly(&["-f", "no-such-plan.toml", "--headless"]);
    let ended: Ended = command.stderr(full).output().unwrap().into();
    assert_eq!(ended.code, 2);
}

/// The command with no more open files than this; `limits` are those of `ulimit`.
fn limited(limits: &str, args: &[&str]) -> Command {
    let script = format!("ulimit {limits}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_mayfly")]);
    shell.args(args);
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[cfg(target_os = "linux")]
#[test]
fn the_demo_api_serves_on_after_it_had_no_open_files_left() {
    let mut api = limited("-n 40", &["demo-api", "--port", "0"])
        .spawn()
        .unwrap();
    let mut said = BufReader::new(api.stdout.take().unwrap()).lines();
    let url = said.next().unwrap().unwrap();
    let address = url.split("http://").nth(1).unwrap().trim_end_matches('/');
    // The system takes them, and the API cannot.
    let too_many: Vec<TcpStream> = (0..60)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let files = format!("/proc/{}/fd", api.id());
    while fs::read_dir(&files).unwrap().count() < 40 {
        yield_now();
    }
    drop(too_many);
    check_serves_on(api, &format!("http://{address}"));
}

#[test]
fn users_wait_where_there_are_not_enough_open_files() {
    let plan = "version = 1\nload = { users = 200, spawn_rate = 10000, max_requests = 600 }\n\
                [[user_class]]\nname = \"User\"\ntask = [ { get = \"/delay/10\" } ]";
    let plan = PlanFile::new(plan, "toml");
    // Without `-S` it is the limit that nobody may raise.
    for (limits, is_said) in [("-n 50", true), ("-S -n 50", false)] {
        let (url, api) = demo_api();
        let mut run = limited(limits, &["-f", plan.path(), "--headless", "-H", &url]);
        let ended: Ended = run.output().unwrap().into();
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.n_requests("Aggregated"), 600);
        assert!(600 <= api.counts().answered().total);
        let said = ended.stderr.contains("At most 34 requests");
        assert_eq!(said, is_said, "{}", ended.stderr);
    }
}

/// A disk on which nothing larger than a block has room.
#[test]
fn a_disk_that_is_full_costs_the_newest_numbers_and_no_others() {
    let (url, _) = demo_api();
    let (plan, folder) = (PlanFile::new(SHORT, "toml"), PlanFile::new("", "files"));
    std::fs::remove_file(folder.path()).unwrap();
    let prefix = format!("{}/x", folder.path());
    let history = format!("{prefix}_stats_history.csv");
    let csv = |limits: &str| -> Ended {
        let script = format!("trap '' XFSZ; ulimit {limits}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_mayfly")]);
        shell.args([
            "-f",
            plan.path(),
            "--headless",
            "-H",
            &url,
            "--csv",
            &prefix,
        ]);
        shell.output().unwrap().into()
    };
    assert_eq!(csv("-f unlimited").code, 0);
    let before = std::fs::read_to_string(&history).unwrap();
    let ended = csv("-f 0");
    assert_eq!((ended.code, ended.n_requests("Aggregated")), (1, 3));
    let said = format!("cannot write {prefix}_stats.csv: ");
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(&history).unwrap(), before);
    let files = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(files.count(), 4, "drafts are left");
    std::fs::remove_dir_all(folder.path()).unwrap();
}

/// A demo API that ends with the value, and its connections with it.
struct Mortal {
    runtime: Option<tokio::runtime::Runtime>,
    api: DemoApi,
}

impl Mortal {
    fn start(address: std::net::SocketAddr) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let api = DemoApi::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address));
        runtime.spawn(api.clone().serve(listener.unwrap()));
        Self {
            runtime: Some(runtime),
            api,
        }
    }

    fn n_answered(&self) -> u64 {
        self.api.counts().answered().total
    }

    /// How many it answered in its life.
    fn end(mut self) -> u64 {
        // Returns when its tasks have ended.
        drop(self.runtime.take());
        self.n_answered()
    }
}

#[test]
fn a_target_that_dies_and_comes_back_is_loaded_again() {
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|it| it.local_addr())
        .unwrap();
    let target = Mortal::start(address);
    let plan = PlanFile::new(PLAN, "toml");
    let mut command = running(&plan, &format!("http://{address}"));
    let mut child = command.arg("--print-stats").spawn().unwrap();
    while target.n_answered() == 0 {
        yield_now();
    }
    let answered = target.end();
    // The tables are printed while it goes on.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let has_failures = |it: &str| it.contains("Aggregated") && !it.contains(" 0 (0.00%)");
    let failed = lines.find(|it| has_failures(it.as_ref().unwrap()));
    assert!(failed.is_some(), "no table has failures");
    let target = Mortal::start(address);
    while target.n_answered() == 0 {
        yield_now();
    }
    send("-INT", &child);
    assert!(lines.all(|it| it.is_ok()));
    let ended: Ended = child.wait_with_output().unwrap().into();
    let answered = answered + target.end();
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(
        ended.stdout.contains("connection refused"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("Exceptions"), "{}", ended.stdout);
    let row = ended.row("Aggregated");
    let [requests, failures] = [row[1], row[2]].map(|it| it.parse::<u64>().unwrap());
    // What was answered to each of two users at either end may have come too late.
    let succeeded = requests - failures;
    let least = answered.saturating_sub(4);
    assert!(
        (least..=answered).contains(&succeeded),
        "{succeeded} of {answered}"
    );
}

/// `script` gives the command a terminal, and passes on what is written to it as keys.
#[test]
fn on_a_terminal_keys_change_the_users_and_stop_the_run() {
    let (url, _) = demo_api();
    let command = format!(
        "stty rows 40 cols 120; exec {} -u 3 -r 100 -t 60s --set user_class[0].wait=0.1 {url}/cube",
        env!("CARGO_BIN_EXE_mayfly")
    );
    let mut script = Command::new("script");
    script.args([
        "--quiet",
        "--return",
        "--flush",
        "--command",
        &command,
        "/dev/null",
    ]);
    script
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut script = script.spawn().unwrap();
    let mut keys = script.stdin.take().unwrap();
    let mut screen = script.stdout.take().unwrap();
    let mut shown = Vec::new();
    let mut until = |keys: &mut dyn Write, text: &str, answer: &[u8]| {
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&shown).contains(text) {
            let n = screen.read(&mut buffer).unwrap();
            assert_ne!(n, 0, "{}", String::from_utf8_lossy(&shown));
            // The view asks where the cursor is.
            if buffer[..n].windows(4).any(|it| it == b"\x1b[6n") {
                keys.write_all(b"\x1b[1;1R").unwrap();
            }
            shown.extend_from_slice(&buffer[..n]);
        }
        keys.write_all(answer).unwrap();
    };
    until(&mut keys, "All users are spawned: 3", b"W");
    until(&mut keys, "The number of users changes to 13", b"");
    until(&mut keys, "All users are spawned: 13", b"q");
    until(&mut keys, "Response time percentiles", b"");
    assert_eq!(script.wait().unwrap().code(), Some(0));
}

#[test]
fn numbers_are_printed_though_a_file_cannot_be_written_and_a_signal_ends_that() {
    let (url, _) = demo_api();
    let plan = PlanFile::new(SHORT, "toml");
    let pipe = PlanFile::new("", "pipe");
    std::fs::remove_file(pipe.path()).unwrap();
    let made = Command::new("mkfifo").arg(pipe.path()).status();
    assert!(made.unwrap().success());
    let mut command = running(&plan, &url);
    let mut child = command.args(["--json-file", pipe.path()]).spawn().unwrap();
    let mut printed = String::new();
    let mut stdout = child.stdout.take().unwrap();
    while !printed.contains("Response time percentiles") {
        let mut buffer = [0; 4096];
        let n = stdout.read(&mut buffer).unwrap();
        assert_ne!(n, 0, "{printed}");
        printed += &String::from_utf8_lossy(&buffer[..n]);
    }
    // Nobody reads the pipe. A signal that comes before the command listens again is lost.
    while child.try_wait().unwrap().is_none() {
        send("-INT", &child);
        yield_now();
    }
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("not all written"), "{said}");
    assert_eq!(ended.status.code(), Some(1));
}
