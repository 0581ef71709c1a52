//! The command against other generators of load, or against Locust, in turns. The figures go to docs/benchmarks.md by
//! hand.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::command::{cargo, command, output, root, run};
use crate::tools;
use crate::weights::grouped;

/// What the command is compared with.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Rivals {
    /// wrk, h2load and oha, as far as they are installed.
    Generators,
    /// Locust, with one locustfile.
    Locust,
}

/// How it is measured.
pub(crate) struct Options {
    /// How often each generator has its turn.
    pub(crate) turns: usize,
    /// How many connections each has.
    pub(crate) connections: u32,
    /// How long a turn is.
    pub(crate) secs: u32,
    /// Whether it goes over TLS.
    pub(crate) is_tls: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            turns: 7,
            connections: 64,
            secs: 2,
            is_tls: false,
        }
    }
}

/// Measures the command and its rivals against nginx: each has a core for itself.
///
/// # Errors
///
/// Fails without nginx and taskset, and if a generator fails or says nothing of its rate.
pub(crate) fn bench(rivals: Rivals, options: &Options) -> anyhow::Result<()> {
    let generators: Vec<&Generator> = match rivals {
        Rivals::Generators => GENERATORS.iter().filter(|it| it.is_there()).collect(),
        Rivals::Locust => {
            tools::set_up_locust()?;
            OF_LOCUSTFILES.iter().collect()
        }
    };
    let build = ["build", "--release", "--package", "mayfly"];
    run("building the command", cargo().args(build))?;
    let _target = Target::start(options)?;
    let mut rates = vec![Vec::new(); generators.len()];
    for turn in 1..=options.turns {
        for (generator, rates) in generators.iter().zip(&mut rates) {
            let rate = generator.rate(options)?;
            println!("  turn {turn}: {} {}/s", generator.name, whole(rate));
            rates.push(rate);
        }
    }
    let names: Vec<&str> = generators.iter().map(|it| it.name).collect();
    println!("{}", table(&names, &rates));
    Ok(())
}

/// A program that sends as many requests as it can.
struct Generator {
    name: &'static str,
    /// Where it is; in `PATH` by its name if it is none of ours.
    program: fn() -> PathBuf,
    args: fn(&Options) -> Vec<String>,
    says: Says,
}

/// How a generator says what it did.
enum Says {
    /// This stands before the rate.
    Rate(&'static str),
    /// This stands before the number of requests.
    Requests(&'static str),
    /// In JSON, with when it sent the first and the last: Locust's clock begins before it has loaded its file.
    Locust,
}

impl Options {
    fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{ADDRESS}/")
    }
}

/// The command comes last: the others are what it is compared with, and the first one above all.
const GENERATORS: [Generator; 4] = [
    Generator {
        name: "wrk",
        program: || "wrk".into(),
        args: |it| {
            words(&format!(
                "-t1 -c{} -d{} {}",
                it.connections,
                it.secs,
                it.url()
            ))
        },
        says: Says::Rate("Requests/sec:"),
    },
    Generator {
        name: "h2load",
        program: || "h2load".into(),
        args: |it| {
            words(&format!(
                "--h1 -t1 -c{} -D{} {}",
                it.connections,
                it.secs,
                it.url()
            ))
        },
        says: Says::Requests("requests:"),
    },
    Generator {
        name: "oha",
        program: || "oha".into(),
        args: |it| {
            words(&format!(
                "--no-tui --insecure -c {} -z {}s {}",
                it.connections,
                it.secs,
                it.url()
            ))
        },
        says: Says::Rate("Requests/sec:"),
    },
    Generator {
        name: "mayfly",
        program: mayfly,
        args: |it| {
            let (users, secs) = (it.connections, it.secs);
            words(&format!(
                "--only-summary --insecure -u {users} -r 1000000 -t {secs}s {}",
                it.url()
            ))
        },
        says: Says::Requests("Aggregated"),
    },
];

/// The same of those that run a locustfile. All that one of them runs is on its core, Python too.
const OF_LOCUSTFILES: [Generator; 4] = [
    Generator {
        name: "Locust, FastHttpUser",
        program: locust,
        args: |it| locustfile(it, "Fast --json", LOADING_SECS),
        says: Says::Locust,
    },
    Generator {
        name: "Locust, HttpUser",
        program: locust,
        args: |it| locustfile(it, "Plain --json", LOADING_SECS),
        says: Says::Locust,
    },
    Generator {
        name: "mayfly, FastHttpUser",
        program: mayfly,
        args: |it| locustfile(it, "Fast", 0),
        says: Says::Requests("Aggregated"),
    },
    Generator {
        name: "mayfly, HttpUser",
        program: mayfly,
        args: |it| locustfile(it, "Plain", 0),
        says: Says::Requests("Aggregated"),
    },
];

fn mayfly() -> PathBuf {
    root().join("target/release/mayfly")
}

fn locust() -> PathBuf {
    tools::locust_folder().join("bin/locust")
}

/// What Locust takes at the most of its time to load its file.
const LOADING_SECS: u32 = 2;

/// Runs a class of the one file, so many seconds longer.
fn locustfile(options: &Options, class: &str, longer: u32) -> Vec<String> {
    let (connections, secs) = (options.connections, options.secs + longer);
    let file = root().join("xtask/src/bench/locustfile.py");
    let mut args = words(&format!(
        "{class} --headless --only-summary -u {connections} -r 1000000 -t {secs}s -H {}",
        options.url().trim_end_matches('/')
    ));
    args.extend(["-f".to_owned(), file.display().to_string()]);
    args
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

impl Generator {
    fn is_there(&self) -> bool {
        let program = (self.program)();
        program.is_absolute() || is_installed(self.name)
    }

    /// Requests per second in one turn.
    fn rate(&self, options: &Options) -> anyhow::Result<f64> {
        let mut turn = on_core(1, (self.program)());
        if let Says::Locust = self.says {
            turn.env("PYTHONPATH", tools::locust_folder());
        }
        let printed = output(turn.args((self.args)(options)).stderr(Stdio::null()))?;
        let rate = self.says.rate(&printed, options.secs);
        rate.with_context(|| format!("{} printed no rate:\n{printed}", self.name))
    }
}

impl Says {
    /// Requests per second, after so many seconds.
    fn rate(&self, printed: &str, secs: u32) -> Option<f64> {
        match self {
            Self::Rate(label) => number_after(printed, label),
            Self::Requests(label) => Some(number_after(printed, label)? / f64::from(secs)),
            Self::Locust => {
                let number = |key: &str| number_after(printed, &format!("\"{key}\":"));
                let took = number("last_request_timestamp")? - number("start_time")?;
                Some(number("num_requests")? / took)
            }
        }
    }
}

/// A program on one core alone.
fn on_core(core: u32, program: PathBuf) -> Command {
    let mut command = command("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

fn is_installed(program: &str) -> bool {
    let found = Command::new("which")
        .arg(program)
        .stdout(Stdio::null())
        .status();
    found.is_ok_and(|it| it.success())
}

/// The first number that stands after `label`.
fn number_after(text: &str, label: &str) -> Option<f64> {
    let rest = text.split(label).nth(1)?;
    let word = rest.split_whitespace().next()?;
    word.trim_end_matches(',').parse().ok()
}

/// nginx on the first core, which ends when this is dropped.
struct Target(Child);

/// Where it listens, as the configuration says.
const ADDRESS: &str = "127.0.0.1:5393";

const CONFIG: &str = "
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:5393 LISTEN;
    location / {
      default_type text/plain;
      return 200 \"Hello World\";
    }
  }
}
";

/// What comes in the place of `LISTEN` over TLS.
const LISTEN_TLS: &str = "ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem";

/// Makes a certificate that nobody has to trust.
fn make_certificate(folder: &Path) -> anyhow::Result<()> {
    let args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj \
                /CN=localhost -keyout key.pem -out cert.pem";
    let mut openssl = command("openssl");
    output(
        openssl
            .current_dir(folder)
            .args(words(args))
            .stderr(Stdio::null()),
    )?;
    Ok(())
}

impl Target {
    fn start(options: &Options) -> anyhow::Result<Self> {
        for program in ["nginx", "taskset"] {
            ensure!(
                is_installed(program) || program == "nginx" && is_installed("/usr/sbin/nginx"),
                "the target is nginx on a core of its own: install nginx and taskset with your package \
                 manager (Debian: nginx-light, util-linux)"
            );
        }
        ensure!(
            TcpStream::connect(ADDRESS).is_err(),
            "something else listens on {ADDRESS}, and would be measured instead of nginx: end it first"
        );
        let folder = std::env::temp_dir().join(format!("mayfly-nginx-{}", std::process::id()));
        fs::create_dir_all(&folder).context("cannot make a folder for nginx")?;
        let config = folder.join("nginx.conf");
        let listen = if options.is_tls { LISTEN_TLS } else { "" };
        let text = CONFIG.replace("LISTEN", listen);
        fs::write(&config, text).context("cannot write what nginx reads")?;
        if options.is_tls {
            make_certificate(&folder)?;
        }
        let program = match is_installed("nginx") {
            true => "nginx",
            false => "/usr/sbin/nginx",
        };
        let mut target = on_core(0, program.into());
        target.arg("-p").arg(&folder).arg("-c").arg(&config);
        let mut target = Self(target.spawn().context("cannot run nginx")?);
        while TcpStream::connect(ADDRESS).is_err() {
            let ended = target.0.try_wait().context("cannot look at nginx")?;
            ensure!(ended.is_none(), "nginx has ended before it served");
        }
        Ok(target)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The medians of all turns, and what part of the first generator's rate each had in its turns.
fn table(names: &[&str], rates: &[Vec<f64>]) -> String {
    let mut table = "| | requests/s | of the first |\n|---|---|---|\n".to_owned();
    for (name, own) in names.iter().zip(rates) {
        let parts = own.iter().zip(&rates[0]).map(|(own, first)| own / first);
        let part = median(parts.collect());
        table += &format!("| {name} | {} | {part:.2} |\n", whole(median(own.clone())));
    }
    table
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

fn whole(rate: f64) -> String {
    grouped(rate as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_found_in_what_generators_print() {
        let wrk = "  Latency 1ms\nRequests/sec: 163442.31\nTransfer/sec: 1MB\n";
        assert_eq!(number_after(wrk, "Requests/sec:"), Some(163_442.31));
        let h2load =
            "finished in 2.00s, 141880.20 req/s, 32MB/s\nrequests: 283760 total, 1 started\n";
        assert_eq!(number_after(h2load, "requests:"), Some(283_760.0));
        let mayfly =
            "GET   /  2  0 (0.00%)\n      Aggregated   21330  0 (0.00%)  0.0\n\nAggregated 9";
        assert_eq!(number_after(mayfly, "Aggregated"), Some(21_330.0));
        assert_eq!(number_after("nothing", "Aggregated"), None);
    }

    #[test]
    fn the_rate_of_locust_is_that_of_its_own_clock() {
        let json = r#"[{"name": "/", "method": "GET", "last_request_timestamp": 12.5, "start_time": 10.5,
            "num_requests": 4000, "num_none_requests": 0}]"#;
        assert_eq!(Says::Locust.rate(json, 5), Some(2000.0));
        assert_eq!(Says::Locust.rate("[]", 5), None);
    }

    #[test]
    fn the_table_has_medians_and_what_part_of_the_first_they_are() {
        let rates = [vec![100.0, 300.0, 200.0], vec![110.0, 270.0, 210.0]];
        let expected = "\
| | requests/s | of the first |
|---|---|---|
| wrk | 200 | 1.00 |
| mayfly | 210 | 1.05 |
";
        assert_eq!(table(&["wrk", "mayfly"], &rates), expected);
    }
}
