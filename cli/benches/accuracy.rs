//! How near the numbers of the command are to the truth, which is what the demo API recorded:
//! `cargo xtask bench accuracy` runs this. Both have a core of their own, for which it needs Linux.

#![expect(clippy::print_stdout, reason = "the figures are for a person")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use mayfly_core::measure::board::aggregated;
use mayfly_core::report::Report;
use serde_json::Value;

fn main() {
    times();
    arrivals();
    many_users();
}

/// Reported percentiles against those that the target measured. 200 requests a second, whoever sends
/// them, leave both cores idle most of the time. Users come as far apart as their requests should.
fn times() {
    const RATE: u32 = 200;
    println!("| users | | p50 | p95 | p99 |\n|---|---|---|---|---|");
    let target = Target::start("5,5,5,5,5,5,10,10,20,50");
    for n_users in [16, 64, 500] {
        target.reset();
        let pacing = format!("user_class[0].wait.pacing={}ms", n_users * 1000 / RATE);
        let run = Run::start(USERS, &target.url, |it| {
            it.args([
                "-u",
                &n_users.to_string(),
                "-r",
                &RATE.to_string(),
                "-t",
                "30s",
            ])
            .args(["--set", &pacing])
        });
        let (report, _) = run.end();
        let record = target.record();
        let total = aggregated(&report.board.rows());
        let row = |name: &str, values: [f64; 3]| {
            let [p50, p95, p99] = values.map(|it| format!("{it:.3}"));
            println!("| {n_users} | {name} | {p50} | {p95} | {p99} |");
        };
        let truth = ["p50", "p95", "p99"].map(|it| number(&record["service_millis"][it]));
        let reported = [0.5, 0.95, 0.99].map(|quantile| {
            let time = total.response_times.quantile(quantile);
            time.expect("requests were answered").as_secs_f64() * 1000.0
        });
        row("true", truth);
        row("reported", reported);
        let off: Vec<f64> = truth
            .iter()
            .zip(reported)
            .map(|(a, b)| (b - a).abs())
            .collect();
        row("**off by**", [off[0], off[1], off[2]]);
        println!("| {n_users} | {} |||", failures(&report, &record));
    }
}

/// How evenly requests of a load of arrivals come to a target that answers at once.
fn arrivals() {
    const PLAN: &str = "version = 1\n\
        load = { arrivals = [{ duration = \"20s\", rate = 20000 }], max_users = 2000 }\n\
        [[user_class]]\nname = \"User\"\ntask = [{ get = \"/\" }]";
    let target = Target::start("0");
    let (report, _) = Run::start(PLAN, &target.url, |it| it).end();
    let record = target.record();
    let gap = |name: &str| number(&record["gap_millis"][name]);
    println!(
        "\n20,000 arrivals a second for 20 s: {}",
        failures(&report, &record)
    );
    println!(
        "gaps at the target: p50 {:.3} ms, p99 {:.3} ms, longest {:.3} ms; at most {} within 2 ms, \
         where 40 are due; {} dropped",
        gap("p50"),
        gap("p99"),
        gap("max"),
        record["most_in_2_millis"],
        report.figures().n_dropped,
    );
}

/// Memory and rate with a user for each request of a second.
fn many_users() {
    let target = Target::start("0");
    let run = Run::start(USERS, &target.url, |it| {
        it.args(["-u", "10000", "-r", "10000", "-t", "62s", "--reset-stats"])
            .args(["--set", "user_class[0].wait.pacing=1s"])
    });
    let (report, peak_kib) = run.end();
    let figures = report.figures();
    println!(
        "\n10,000 users, each a request a second: {:.1}/s over {:.0} s, {} failed, at most {} MB",
        figures.request_rate,
        figures.length.as_secs_f64(),
        figures.n_failures,
        peak_kib / 1000,
    );
    println!("{}", failures(&report, &target.record()));
}

const USERS: &str = "version = 1\nload = { users = 1, spawn_rate = 1 }\n\
    [[user_class]]\nname = \"User\"\ntask = [{ get = \"/\" }]";

fn failures(report: &Report, record: &Value) -> String {
    let figures = report.figures();
    format!(
        "{} requests, {} failed, {} at the target",
        figures.n_requests, figures.n_failures, record["n_answered"]
    )
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("the record has numbers")
}

/// The command on one core; `MAYFLY_COMMAND` names another build of it.
fn mayfly(core: &str) -> Command {
    let program = std::env::var("MAYFLY_COMMAND");
    let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_mayfly").to_owned());
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", core, &program]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// The demo API. It ends with the value.
struct Target {
    process: Child,
    url: String,
}

impl Target {
    fn start(service_times: &str) -> Self {
        let mut command = mayfly("0");
        command.args(["demo-api", "--port", "0", "--service-times", service_times]);
        let mut process = command.spawn().expect("taskset starts the command");
        let stdout = process.stdout.as_mut().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says where it is");
        let url = line.split_whitespace().find(|it| it.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("expected an address, found {line}"));
        Self {
            url: url.trim_end_matches('/').to_owned(),
            process,
        }
    }

    fn reset(&self) {
        self.ask("DELETE");
    }

    fn record(&self) -> Value {
        serde_json::from_str(&self.ask("GET")).expect("the record is JSON")
    }

    /// The body of the answer.
    fn ask(&self, method: &str) -> String {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("the demo API listens");
        let request =
            format!("{method} /__service_times HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let body = answer.split_once("\r\n\r\n");
        body.expect("the answer has a head").1.to_owned()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The command that runs a plan.
struct Run {
    process: Child,
}

impl Run {
    fn start(plan: &str, url: &str, with: impl Fn(&mut Command) -> &mut Command) -> Self {
        let file = format!("{}/accuracy.toml", env!("CARGO_TARGET_TMPDIR"));
        fs::write(&file, plan).expect("the folder of the build can be written to");
        let mut command = mayfly("1");
        command.args(["-f", &file, "--headless", "--json", "-H", url]);
        command.args(["--only-summary", "--loglevel", "warning"]);
        with(&mut command).stderr(Stdio::null());
        let process = command.spawn().expect("taskset starts the command");
        Self { process }
    }

    /// The report, and the most memory that it had, in KiB.
    fn end(mut self) -> (Report, u64) {
        let status = format!("/proc/{}/status", self.process.id());
        let mut stdout = self.process.stdout.take().expect("it is piped");
        let reader = thread::spawn(move || {
            let mut json = String::new();
            stdout.read_to_string(&mut json).map(|_| json)
        });
        let mut peak_kib = 0;
        while self.process.try_wait().expect("it can be asked").is_none() {
            let status = fs::read_to_string(&status).unwrap_or_default();
            peak_kib = peak_kib.max(peak_memory(&status));
            thread::sleep(Duration::from_millis(200));
        }
        let json = reader.join().expect("it does not panic");
        let json = json.expect("the report is UTF-8");
        let report = Report::from_json(&json);
        let report = report.unwrap_or_else(|error| panic!("no report: {error}\n{json}"));
        (report, peak_kib)
    }
}

fn peak_memory(status: &str) -> u64 {
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0)
}
