//! The options of the command line, as a person gives them.

use std::fs;
use std::path::{Path, PathBuf};

use mayfly_core::measure::board::aggregated;
use mayfly_core::report::Report;
use serde_json::Value;

use crate::target::demo_api;
use crate::{Ended, PlanFile, mayfly};

const PLAN: &str = "version = 1\nload = { users = 3, spawn_rate = 9, max_requests = 5, seed = 3 }\n\
                    [[user_class]]\nname = 'Buyer'\nweight = 3\ntask = [{ get = '/cube' }]\n\
                    [[user_class]]\nname = 'Reader'\ntask = [{ get = '/square' }]\n";

/// A folder of its own for a test, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("options-{}-{name}", std::process::id());
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in a folder of the build.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_said_takes_the_place_of_what_the_plan_has() {
    let (url, api) = demo_api();
    let (plan, folder) = (PlanFile::new(PLAN, "toml"), Folder::new("overrides"));
    let args = [
        "-f",
        plan.path(),
        "--headless",
        "-H",
        &url,
        "-u",
        "7",
        "-r",
        "50",
        "-i",
        "40",
        "--set",
        "request.timeout=9s",
        "--set",
        "user_class[0].task[0].get=/status/201",
        "--json-file",
        &folder.path("a.json"),
        "Buyer",
    ];
    let ended = mayfly(&args);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let counts = api.counts().answered();
    assert_eq!(
        counts.by_request.keys().collect::<Vec<_>>(),
        ["GET /status/201"]
    );
    let report = Report::from_json(&folder.read("a.json")).unwrap();
    assert_eq!(report.board.rows()[0].n_requests, 40);
    assert_eq!(report.plan.keys["load"]["users"], 7);
    assert_eq!(report.plan.keys["request"]["timeout"], "9s");
    assert!(
        ended
            .stderr
            .contains(&format!("Loading {url}: 0 to 7 users")),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_url_is_a_run_of_one_request() {
    let (url, api) = demo_api();
    let ended = mayfly(&["-u", "2", "-r", "9", "-i", "6", &format!("{url}/cube?a=b")]);
    assert_eq!(
        (ended.code, ended.n_requests("/cube?a=b")),
        (0, 6),
        "{}",
        ended.stderr
    );
    let echo = format!("{url}/echo");
    let args = [
        "-i",
        "3",
        "-X",
        "POST",
        "-j",
        "{\"a\": 1}",
        "--header",
        "X-Run: 7",
        &echo,
    ];
    assert_eq!(mayfly(&args).code, 0);
    let counts = api.counts().answered().by_request;
    assert_eq!((counts["GET /cube"], counts["POST /echo"]), (6, 3));
    for (args, expected) in [
        (vec!["ftp://a.test/"], "neither http nor https"),
        (vec!["-j", "{", &echo], "expected JSON"),
        (vec!["-f", "a.toml", &echo], "a plan and a URL"),
        (
            vec!["-f", "a.toml", "--headless", "-d", "x"],
            "are for a URL",
        ),
        (vec![&echo, &url], "expected one URL"),
        (
            vec!["-f", "a.toml", "--headless", "--set", "x"],
            "cannot read a.toml",
        ),
        (
            vec!["-f", "src", "--headless"],
            "src is a folder; name the file of a plan",
        ),
        (
            vec!["-f", "src", "--no-open", "--web-port", "0"],
            "src is a folder; name the file of a plan",
        ),
    ] {
        let ended = mayfly(&args);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains(expected),
            "{args:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn all_files_are_written_and_agree() {
    let (url, _) = demo_api();
    let (plan, folder) = (PlanFile::new(PLAN, "toml"), Folder::new("files"));
    let ended = mayfly(&[
        "-f",
        plan.path(),
        "--headless",
        "-H",
        &url,
        "--csv",
        &folder.path("csv/x"),
        "--csv-full-history",
        "--html",
        &folder.path("{u}-{r}.html"),
        "--hdr-log",
        &folder.path("hdr/x"),
        "--json",
        "--only-summary",
    ]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let report = Report::from_json(&ended.stdout).unwrap();
    assert_eq!(report.board.accounts().answered, 5);
    // The tables are where they do not disturb the JSON.
    assert!(
        ended.stderr.contains("Response time percentiles (ms)"),
        "{}",
        ended.stderr
    );
    let stats = folder.read("csv/x_stats.csv");
    assert!(
        stats.lines().any(|it| it.starts_with(",Aggregated,5,0,")),
        "{stats}"
    );
    let history = folder.read("csv/x_stats_history.csv");
    assert!(
        history.starts_with("Timestamp,User Count,Type,Name,"),
        "{history}"
    );
    let header = "Method,Name,Error,Occurrences,First Seen,Last Seen\r\n";
    assert_eq!(folder.read("csv/x_failures.csv"), header);
    assert_eq!(
        folder.read("csv/x_exceptions.csv"),
        "Count,Message,Traceback,Nodes\r\n"
    );
    assert!(folder.read("3-9.html").contains("<html"));
    assert!(
        folder
            .read("hdr/x.hlog")
            .contains("#[Histogram log format version")
    );
}

#[test]
fn a_page_for_others_has_credentials_only_where_somebody_wants_them() {
    let (url, _) = demo_api();
    let plan = PLAN.replace(
        "[[user_class]]\nname = 'Buyer'",
        "[request]\nheaders = { Authorization = 'Bearer s3cr3t' }\n[[user_class]]\nname = 'Buyer'",
    );
    let plan = plan.replace("get = '/cube'", "get = '/cube?api_key=k3y&x=2'");
    let (plan, folder) = (PlanFile::new(&plan, "toml"), Folder::new("credentials"));
    for (option, is_whole) in [(None, false), (Some("--html-credentials"), true)] {
        let html = folder.path("it.html");
        let args = ["-f", plan.path(), "--headless", "-H", &url, "--html", &html];
        let ended = mayfly(&args.into_iter().chain(option).collect::<Vec<_>>());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let page = folder.read("it.html");
        for secret in ["s3cr3t", "k3y"] {
            assert_eq!(page.contains(secret), is_whole, "{secret}, {option:?}");
            assert!(!ended.stdout.contains(secret), "{}", ended.stdout);
        }
        assert!(page.contains("/cube?api_key=…"), "its row");
    }
}

/// Prints the count and percentiles in nanoseconds of the log that it is given.
const READER: &str = "
import sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
log = HistogramLogReader(sys.argv[1], HdrHistogram(1, 3600 * 10**9, 3))
read = log.get_next_interval_histogram()
print(read.get_total_count(), *[read.get_value_at_percentile(it) for it in (50, 95, 100)])
";

/// The reader is Python's port of HdrHistogram, which `cargo xtask test units` installs.
#[test]
fn another_reader_of_hdr_logs_finds_the_same_in_them() {
    let Some(reader) = std::env::var_os("MAYFLY_HDRHISTOGRAM") else {
        eprintln!("not tested: MAYFLY_HDRHISTOGRAM names no folder with a reader");
        return;
    };
    let (url, _) = demo_api();
    let folder = Folder::new("hdr");
    let (prefix, url) = (folder.path("x"), format!("{url}/delay/3"));
    let options = ["-u", "4", "-r", "100", "-i", "60", "--json", "--hdr-log"];
    let ended = mayfly(&[&options[..], &[&prefix, &url]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let report = Report::from_json(&ended.stdout).unwrap();
    let times = aggregated(&report.board.rows()).response_times;
    for log in ["x.hlog", "x_GET_delay_3.hlog"] {
        let mut python = std::process::Command::new("python3");
        python.env("PYTHONPATH", &reader);
        let read: Ended = { python }
            .args(["-c", READER, &folder.path(log)])
            .output()
            .unwrap()
            .into();
        let numbers: Vec<f64> = read
            .stdout
            .split_whitespace()
            .map(|it| it.parse().unwrap())
            .collect();
        let [count, found @ ..] = numbers.as_slice() else {
            panic!("{}", read.stderr);
        };
        assert_eq!(*count as u64, report.board.accounts().answered);
        for (quantile, found) in [0.5, 0.95, 1.0].into_iter().zip(found) {
            let expected = times.quantile(quantile).unwrap().as_nanos() as f64;
            // To three digits, on both sides.
            assert!((found / expected - 1.0).abs() <= 2e-3, "{found} {expected}");
        }
    }
}

#[test]
fn a_run_whose_numbers_cannot_be_written_has_not_passed() {
    let (url, _) = demo_api();
    let plan = PlanFile::new(PLAN, "toml");
    if !Path::new("/dev/full").exists() {
        return;
    }
    let args = [
        "-f",
        plan.path(),
        "--headless",
        "-H",
        &url,
        "--json-file",
        "/dev/full",
    ];
    let ended = mayfly(&args);
    assert_eq!((ended.code, ended.n_requests("Aggregated")), (1, 5));
    assert!(
        ended.stderr.contains("cannot write /dev/full"),
        "{}",
        ended.stderr
    );
}

#[test]
fn options_come_from_the_environment_and_a_file_too() {
    let (url, api) = demo_api();
    let plan = PlanFile::new(PLAN, "toml");
    let config = format!(
        "locustfile = '{}'\nheadless = true\nhost = '{url}'\nmax-requests = 3\nusers = 9\n",
        plan.path()
    );
    let config = PlanFile::new(&config, "conf.toml");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mayfly"));
    command.args(["--config", config.path(), "-u", "2"]);
    command
        .env("MAYFLY_MAX_REQUESTS", "4")
        .env("MAYFLY_USER_CLASSES", "Reader");
    let ended: crate::Ended = command.output().unwrap().into();
    assert_eq!(
        (ended.code, ended.n_requests("/square")),
        (0, 4),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("to 2 users"), "{}", ended.stderr);
    assert_eq!(api.counts().answered().total, 4);
}

#[test]
fn threads_share_the_users_of_a_run_and_the_numbers_are_those_of_all() {
    for users in ["7", "2"] {
        let (url, api) = demo_api();
        let load = ["-u", users, "-r", "50", "-i", "50", "--processes", "3"];
        let ended = mayfly(&[&load[..], &[&*format!("{url}/cube")]].concat());
        assert_eq!(ended.n_requests("/cube"), 50, "{}", ended.stderr);
        assert_eq!(api.counts().answered().total, 50);
    }
}

#[test]
fn the_exit_code_of_failures_can_be_chosen() {
    let (url, _) = demo_api();
    let broken = format!("{url}/status/500");
    for (code, expected) in [("0", 0), ("7", 7)] {
        let ended = mayfly(&["-i", "2", "--exit-code-on-error", code, &broken]);
        assert_eq!(ended.code, expected, "{}", ended.stderr);
    }
    // Nothing measured has not passed, whatever the code.
    let ended = mayfly(&[
        "-t",
        "1s",
        "--exit-code-on-error",
        "0",
        &format!("{url}/delay/9000"),
    ]);
    assert_eq!(ended.code, 98, "{}", ended.stdout);
}

#[test]
fn a_plan_is_listed_and_its_ratios_shown() {
    let plan = PlanFile::new(PLAN, "toml");
    let ended = mayfly(&["-f", plan.path(), "--list"]);
    assert_eq!(ended.stdout, "Available Users:\n    Buyer\n    Reader\n");
    let ended = mayfly(&["-f", plan.path(), "--show-task-ratio", "--headless"]);
    for line in [
        "  * 75.0% Buyer",
        "    * 100.0% GET /cube",
        "    * 25.0% GET /square",
    ] {
        assert!(
            ended.stdout.lines().any(|it| it == line),
            "{}",
            ended.stdout
        );
    }
    let ended = mayfly(&["-f", plan.path(), "--show-task-ratio-json"]);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["total"]["Buyer"]["tasks"]["GET /cube"]["ratio"], 0.75);
}

#[test]
fn what_happens_is_said_with_the_statistics_every_two_seconds() {
    let (url, _) = demo_api();
    let (plan, folder) = (PlanFile::new(PLAN, "toml"), Folder::new("log"));
    fs::create_dir_all(&folder.0).unwrap();
    let log = folder.path("run.log");
    let args = [
        "-f",
        plan.path(),
        "--headless",
        "-H",
        &url,
        "-i",
        "1000000",
        "-t",
        "3s",
        "-u",
        "2",
        "--set",
        "user_class[0].wait=0.1",
        "--set",
        "user_class[1].wait=0.1",
        "--logfile",
        &log,
        "--reset-stats",
    ];
    let ended = mayfly(&args);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("Statistics (ms)"), "{}", ended.stderr);
    assert_eq!(ended.stdout.matches("Statistics (ms)").count(), 1);
    let log = folder.read("run.log");
    for text in [
        "INFO: Loading ",
        "INFO: All users are spawned: 2.",
        "The counts are reset",
    ] {
        assert!(log.contains(text), "{log}");
    }
}

#[test]
fn there_are_completions_and_a_manual_page() {
    let bash = mayfly(&["completions", "bash"]).stdout;
    assert!(bash.contains("--spawn-rate"), "{bash}");
    let man = mayfly(&["man"]).stdout;
    assert!(
        man.contains(".TH mayfly 1") && man.contains("spawn"),
        "{man}"
    );
}
