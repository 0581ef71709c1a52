//! What sends the load: the page, the command, and other programs as far as they are installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mayfly_core::measure::board::aggregated;
use mayfly_core::report::Report;
use mayfly_tests::{Kind, Page};
use serde_json::Value;

use super::targets::{Load, QUANTILES, SECS, Target};

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Generator {
    Page,
    /// What a browser does by itself: users that fetch in turn, and nothing else.
    Fetch,
    Command,
    Wrk,
    Oha,
    Locust,
}

/// What a generator says that it measured.
pub(super) struct Said {
    pub(super) n_requests: u64,
    /// How many more it had sent at its end, if it says.
    pub(super) given_up: String,
    /// The quantiles of the response times.
    pub(super) millis: [f64; 4],
    /// How far it believes that itself; empty if it does not say.
    pub(super) validity: String,
}

impl Generator {
    /// Those that are there: those of a browser, or all.
    pub(super) fn all(with_programs: bool) -> Vec<Self> {
        let programs = [Self::Command, Self::Wrk, Self::Oha, Self::Locust];
        let programs = programs.into_iter().filter(|it| it.is_there());
        let mut all = vec![Self::Page, Self::Fetch];
        all.extend(programs.filter(|_| with_programs));
        all
    }

    fn is_there(self) -> bool {
        let program = match self {
            Self::Page | Self::Fetch | Self::Command => return true,
            Self::Wrk => "wrk",
            Self::Oha => "oha",
            Self::Locust => return std::env::var_os(LOCUST).is_some(),
        };
        let found = Command::new("which").arg(program).output();
        found.is_ok_and(|it| it.status.success())
    }

    pub(super) fn name(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Page, Kind::Chromium) => "Mayfly, Chromium",
            (Self::Page, Kind::Firefox) => "Mayfly, Firefox",
            (Self::Page, Kind::Webkit) => "Mayfly, WebKit",
            (Self::Fetch, Kind::Chromium) => "bare fetch, Chromium",
            (Self::Fetch, Kind::Firefox) => "bare fetch, Firefox",
            (Self::Fetch, Kind::Webkit) => "bare fetch, WebKit",
            (Self::Command, _) => "Mayfly, command",
            (Self::Wrk, _) => "wrk",
            (Self::Oha, _) => "oha",
            (Self::Locust, _) => "Locust, FastHttpUser",
        }
    }

    pub(super) fn can_send_arrivals(self) -> bool {
        matches!(self, Self::Page | Self::Command | Self::Oha)
    }

    pub(super) async fn run(self, page: &Page, kind: Kind, target: &Target, url: &str) -> Said {
        match self {
            Self::Page => self::page(page, kind, target, url).await,
            Self::Fetch => fetch(page, url).await,
            Self::Command => of_report(&json_of_command(target, url)),
            Self::Wrk => wrk(url),
            Self::Oha => oha(target, url),
            Self::Locust => locust(url),
        }
    }
}

/// Where Locust is installed.
const LOCUST: &str = "MAYFLY_LOCUST";

fn plan(target: &Target, url: &str) -> String {
    let load = match target.load {
        Load::Users => format!(
            "load = {{ users = {}, spawn_rate = 1000, run_time = \"{SECS}s\" }}",
            Load::USERS
        ),
        Load::Arrivals { .. } => format!(
            "load = {{ arrivals = [{{ duration = \"{SECS}s\", rate = {} }}] }}",
            Load::RATE
        ),
    };
    format!(
        "version = 1\nhost = \"{url}\"\n{load}\n\
         [[user_class]]\nname = \"User\"\ntask = [{{ get = \"/\" }}]\n"
    )
}

async fn page(page: &Page, kind: Kind, target: &Target, url: &str) -> Said {
    page.load("").await;
    page.press("Plan text").await;
    page.fill("Plan (TOML)", &plan(target, url)).await;
    page.until_text("This plan can run.").await;
    page.press("Start Swarming").await;
    // Without asking: every question of a driver costs the browser time.
    page.run_async(UNTIL_STOPPED, vec![]).await;
    page.press("Download Data").await;
    page.press("Download run as JSON").await;
    let file = page.browser().downloaded(".json").await;
    let json = fs::read_to_string(&file).expect("it was just found");
    fs::remove_file(&file).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
    of_report(&json)
}

const UNTIL_STOPPED: &str = "
    const done = arguments[0];
    const look = () => document.querySelector('.state.stopped');
    if (look()) return done();
    new MutationObserver((_, observer) => {
        if (look()) { observer.disconnect(); done(); }
    }).observe(document, { childList: true, subtree: true, characterData: true, attributes: true });";

async fn fetch(page: &Page, url: &str) -> Said {
    page.load("").await;
    let args = vec![url.into(), Load::USERS.into(), SECS.into()];
    let times = page.run_async(FETCH, args).await;
    let mut times: Vec<f64> = serde_json::from_value(times).expect("a list of times");
    times.sort_by(f64::total_cmp);
    Said {
        n_requests: times.len() as u64,
        millis: QUANTILES.map(|it| times[(it * times.len() as f64) as usize]),
        given_up: String::new(),
        validity: String::new(),
    }
}

const FETCH: &str = "
    const [url, users, secs, done] = arguments;
    const end = performance.now() + secs * 1000;
    const times = [];
    const user = async () => {
        while (performance.now() < end) {
            const start = performance.now();
            // From its cache, requests of one URL wait for each other.
            const answer = await fetch(url, { cache: 'no-store' });
            await answer.arrayBuffer();
            times.push(performance.now() - start);
        }
    };
    Promise.all(Array.from({ length: users }, user)).then(() => done(times));";

fn json_of_command(target: &Target, url: &str) -> String {
    let file = folder().join("accuracy.toml");
    fs::write(&file, plan(target, url)).expect("the folder of the build can be written to");
    let mut command = mayfly("1");
    command.args(["--headless", "--json", "--only-summary", "-f"]);
    printed(command.arg(file))
}

fn of_report(json: &str) -> Said {
    let report = Report::from_json(json);
    let report = report.unwrap_or_else(|error| panic!("no report: {error}\n{json}"));
    let total = aggregated(&report.board.rows());
    let validity = report.validity().expect("this version looks");
    let reasons: Vec<String> = validity
        .reasons
        .iter()
        .map(|it| it.cause.to_string())
        .collect();
    let given_up = match total.n_aborted {
        0 => String::new(),
        n_aborted => format!(" + {n_aborted} given up"),
    };
    Said {
        n_requests: total.n_requests,
        millis: QUANTILES.map(|quantile| {
            let time = total.response_times.quantile(quantile);
            time.expect("requests were answered").as_secs_f64() * 1000.0
        }),
        given_up,
        validity: format!("{} {}", validity.verdict, reasons.join("; ")),
    }
}

fn wrk(url: &str) -> Said {
    const SCRIPT: &str = "\
done = function(summary, latency, requests)
  io.write('said ' .. summary.requests)
  for _, it in pairs({ 50, 95, 99, 99.9 }) do io.write(' ' .. latency:percentile(it) / 1000) end
  io.write('\\n')
end
";
    let script = folder().join("accuracy.lua");
    fs::write(&script, SCRIPT).expect("the folder of the build can be written to");
    let mut command = on_core("1", Path::new("wrk"));
    command.args(["-t1", &format!("-c{}", Load::USERS), &format!("-d{SECS}s")]);
    // Its own limit for an answer is two seconds.
    let printed = printed(
        command
            .args(["--timeout", "60s", "-s"])
            .arg(script)
            .arg(url),
    );
    let said = printed.lines().find_map(|it| it.strip_prefix("said "));
    let said = said.unwrap_or_else(|| panic!("{printed}"));
    let numbers: Vec<f64> = said.split(' ').map(|it| it.parse().expect(it)).collect();
    Said {
        n_requests: numbers[0] as u64,
        millis: [numbers[1], numbers[2], numbers[3], numbers[4]],
        given_up: String::new(),
        validity: String::new(),
    }
}

fn oha(target: &Target, url: &str) -> Said {
    let mut command = on_core("1", Path::new("oha"));
    command.args([
        "--no-tui",
        "--output-format",
        "json",
        "-z",
        &format!("{SECS}s"),
    ]);
    match target.load {
        Load::Users => command.args(["-c", &Load::USERS.to_string()]),
        Load::Arrivals { .. } => command
            .args(["-c", "500", "--latency-correction", "-q"])
            .arg(Load::RATE.to_string()),
    };
    let said: Value = serde_json::from_str(&printed(command.arg(url))).expect("oha prints JSON");
    let millis = |name: &str| said["latencyPercentiles"][name].as_f64().expect(name) * 1000.0;
    let counts = said["statusCodeDistribution"].as_object().expect("counts");
    Said {
        n_requests: counts.values().filter_map(Value::as_u64).sum(),
        millis: ["p50", "p95", "p99", "p99.9"].map(millis),
        given_up: String::new(),
        validity: String::new(),
    }
}

fn locust(url: &str) -> Said {
    const FILE: &str = "\
from locust import FastHttpUser, constant, task


class User(FastHttpUser):
    wait_time = constant(0)

    @task
    def index(self):
        self.client.get('/')
";
    let installed = PathBuf::from(std::env::var_os(LOCUST).expect("it is there"));
    let (file, prefix) = (folder().join("accuracy.py"), folder().join("accuracy"));
    fs::write(&file, FILE).expect("the folder of the build can be written to");
    let mut command = on_core("1", &installed.join("bin/locust"));
    command.env("PYTHONPATH", &installed);
    command.args(["--headless", "--only-summary", "-r", "1000"]);
    command.args(["-u", &Load::USERS.to_string(), "-t", &format!("{SECS}s")]);
    command.arg("-f").arg(file).args(["-H", url]);
    printed(command.arg("--csv").arg(&prefix));
    let csv = fs::read_to_string(prefix.with_file_name("accuracy_stats.csv"));
    let csv = csv.expect("it has written what it measured");
    let mut lines = csv.lines().map(|it| it.split(',').collect::<Vec<_>>());
    let titles = lines.next().expect("there are titles");
    let total = lines.next_back().expect("there is a total");
    let number = |title: &str| {
        let column = titles.iter().position(|it| *it == title).expect(title);
        total[column].parse::<f64>().expect(title)
    };
    Said {
        n_requests: number("Request Count") as u64,
        millis: ["50%", "95%", "99%", "99.9%"].map(number),
        given_up: String::new(),
        validity: String::new(),
    }
}

/// The command on one core.
pub(super) fn mayfly(core: &str) -> Command {
    let bench = std::env::current_exe().expect("a benchmark is a program");
    let release = bench
        .ancestors()
        .nth(2)
        .expect("it is in a folder of builds");
    on_core(core, &release.join("mayfly"))
}

fn on_core(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", core]).arg(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::null());
    command
}

/// All that it prints. A run with failures is no failure of the program.
fn printed(command: &mut Command) -> String {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

fn folder() -> PathBuf {
    env!("CARGO_TARGET_TMPDIR").into()
}
