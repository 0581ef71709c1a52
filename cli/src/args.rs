//! The arguments of the command. What Locust has is called as there.

pub(crate) mod config;
pub(crate) mod elsewhere;

use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mayfly::demo_api::{DemoApi, Stall};
use mayfly::serve::ServeArgs;
use mayfly_core::http::request::Method;
use mayfly_core::plan::{BaseUrl, Overrides, RunTime, SpawnRate, UserCount, parse_length};

/// Load tests in Locust's words.
///
/// mayfly -f plan.toml
///     opens the page with a plan, on http://127.0.0.1:8089
/// mayfly -f plan.toml --headless -u 50 -r 2 -t 5m -H http://localhost:5000
///     runs it without the page
/// mayfly -u 50 -r 2 -t 30s http://localhost:5000/cube
///     runs one request without a plan
#[derive(Parser)]
#[command(
    name = "mayfly",
    version,
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    after_help = AFTER_HELP
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

const AFTER_HELP: &str = "\
Most options have a variable of the environment, MAYFLY_USERS for --users, and all that set something
a key in the file of --config, users. What is given as an argument counts most, then the environment, then the file.

Exit codes: 0 passed; 1 requests failed or tasks broke (see --exit-code-on-error), or the numbers
could not be written; 2 invalid command line or plan; 98 no data; 99 a threshold failed; 129 ended
by SIGHUP; 130 interrupted twice; 143 ended by SIGTERM.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print a script that completes the options in a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Serve an API to practise on, with CORS open and a count of what it answered
    DemoApi(DemoApiArgs),
    /// Print a locustfile that only lists requests as a plan: a preview of what it does, and never run instead of it
    Import(ImportArgs),
    /// Print the manual page, for man
    Man,
}

#[derive(Args)]
pub(crate) struct DemoApiArgs {
    /// Port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = 5000)]
    pub(crate) port: u16,
    /// Address to listen on; the default can be reached from this machine only
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) bind: IpAddr,
    /// Times in milliseconds that answers take in turn: 5,5,5,10,50. What they took, as the API itself
    /// measures it, is at /__service_times, to compare with the numbers of a load test
    #[arg(long, value_name = "MS,…", value_delimiter = ',', value_parser = service_time)]
    pub(crate) service_times: Vec<Duration>,
    /// Work on so many requests at once, while others wait; without it, on all of them
    #[arg(long, value_name = "N", requires = "service_times")]
    pub(crate) workers: Option<NonZeroUsize>,
    /// Answer nothing from AT seconds after the first request, for LENGTH seconds: 10,3
    #[arg(long, value_name = "AT,LENGTH", value_parser = stall, requires = "service_times")]
    pub(crate) stall: Option<Stall>,
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The locustfile; nothing of it is run
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Write the plan to a file, and not to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write it over a file that is there already
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
    /// Python that reads the file, 3.9 or newer; found as for a run if it is left out
    #[arg(long, value_name = "PATH", env = "MAYFLY_PYTHON")]
    pub(crate) python: Option<PathBuf>,
}

fn service_time(text: &str) -> Result<Duration, String> {
    let max = DemoApi::MAX_DELAY.as_millis();
    let time = text.parse().ok();
    let time = time.and_then(|millis: f64| Duration::try_from_secs_f64(millis / 1000.0).ok());
    time.filter(|time| *time <= DemoApi::MAX_DELAY)
        .ok_or_else(|| format!("expected milliseconds from 0 to {max}"))
}

fn stall(text: &str) -> Result<Stall, String> {
    const MAX: Duration = Duration::from_secs(3600);
    let secs = |text: &str| {
        let time = Duration::try_from_secs_f64(text.parse().ok()?).ok();
        time.filter(|time| *time <= MAX)
    };
    let stall = text.split_once(',').and_then(|(after, length)| {
        Some(Stall {
            after: secs(after)?,
            length: secs(length)?,
        })
    });
    stall.ok_or_else(|| "expected two numbers of seconds, 0 to 3600, such as 10,3".to_owned())
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// URL to load without a plan, or else the user classes of the plan that run; all if there are none
    #[arg(
        id = "user-classes",
        value_name = "URL | USER CLASS",
        env = "MAYFLY_USER_CLASSES",
        value_delimiter = ' '
    )]
    pub(crate) subjects: Vec<String>,
    /// Plan to run: a locustfile, or one in TOML or JSON; locustfile.py if there is one and nothing is named
    #[arg(
        short = 'f',
        long,
        visible_alias = "locustfile",
        value_name = "FILE",
        env = "MAYFLY_PLAN"
    )]
    pub(crate) plan: Option<PathBuf>,
    /// File with options as keys, in TOML: users = 50
    #[arg(long, value_name = "FILE", env = "MAYFLY_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Run without the page, and print the numbers
    #[arg(long, env = "MAYFLY_HEADLESS")]
    pub(crate) headless: bool,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
    #[command(flatten)]
    pub(crate) python: PythonArgs,
    #[command(flatten)]
    pub(crate) listing: ListArgs,
    /// Exit code of a run in which requests failed or tasks broke, and no threshold is about that
    #[arg(
        long,
        value_name = "CODE",
        default_value_t = 1,
        env = "MAYFLY_EXIT_CODE_ON_ERROR"
    )]
    pub(crate) exit_code_on_error: u8,
}

/// What takes the place of values of the plan.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Load, in place of what the plan has")]
struct LoadArgs {
    /// Host to load
    #[arg(short = 'H', long, value_name = "URL", env = "MAYFLY_HOST")]
    host: Option<BaseUrl>,
    /// Users at the peak
    #[arg(short, long, value_name = "NUMBER", env = "MAYFLY_USERS")]
    users: Option<UserCount>,
    /// Users started per second
    #[arg(short = 'r', long, value_name = "NUMBER", env = "MAYFLY_SPAWN_RATE")]
    spawn_rate: Option<SpawnRate>,
    /// Time after which the run ends: 20, 20s, 3m, 2h, 1h20m
    #[arg(short = 't', long, value_name = "TIME", env = "MAYFLY_RUN_TIME")]
    run_time: Option<RunTime>,
    /// Requests after which the run ends
    #[arg(
        short = 'i',
        long,
        visible_alias = "iterations",
        value_name = "NUMBER",
        env = "MAYFLY_MAX_REQUESTS"
    )]
    max_requests: Option<NonZeroU64>,
    /// Time that users have to finish their task when they are stopped: 10, 500ms, 1m
    #[arg(short, long, value_name = "TIME", value_parser = length, env = "MAYFLY_STOP_TIMEOUT")]
    stop_timeout: Option<Duration>,
    /// Number from which all randomness comes
    #[arg(long, value_name = "NUMBER", env = "MAYFLY_SEED")]
    seed: Option<u64>,
    /// Only tasks with one of these tags run
    #[arg(
        short = 'T',
        long,
        value_name = "TAG",
        num_args = 1..,
        value_delimiter = ' ',
        env = "MAYFLY_TAGS"
    )]
    tags: Option<Vec<String>>,
    /// Tasks with one of these tags do not run
    #[arg(
        short = 'E',
        long,
        value_name = "TAG",
        num_args = 1..,
        value_delimiter = ' ',
        env = "MAYFLY_EXCLUDE_TAGS"
    )]
    exclude_tags: Option<Vec<String>>,
    /// Any other value of the plan: request.timeout=5s, user_class[0].weight=3; beside a locustfile also an option
    /// that it adds: target-rate=5
    #[arg(id = "set", long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

/// How connections are made.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connections")]
pub(crate) struct ConnectionArgs {
    /// Threads that send, each a part of the users, over connections of its own and with a process of Python of its
    /// own for a locustfile; -1 is one a core
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "1",
        value_parser = processes,
        allow_negative_numbers = true,
        env = "MAYFLY_PROCESSES"
    )]
    pub(crate) processes: NonZeroU32,
    /// Take any certificate of a server, whoever it is for and whoever has issued it
    #[arg(short = 'k', long, env = "MAYFLY_INSECURE")]
    pub(crate) insecure: bool,
    /// Connect to this socket of the machine instead of the host, which is only named in requests
    #[cfg(unix)]
    #[arg(long, value_name = "PATH", env = "MAYFLY_UNIX_SOCKET")]
    pub(crate) unix_socket: Option<PathBuf>,
}

/// The request of a run without a plan.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "The request, with a URL in place of a plan")]
pub(crate) struct RequestArgs {
    /// Method; POST with a body, or else GET
    #[arg(
        short = 'X',
        long = "method",
        visible_alias = "request",
        value_name = "METHOD"
    )]
    pub(crate) method: Option<Method>,
    /// Body as it is; @FILE reads it from a file
    #[arg(short, long, value_name = "TEXT", conflicts_with = "data_json")]
    pub(crate) data: Option<String>,
    /// Body of JSON; @FILE reads it from a file
    #[arg(short = 'j', long, value_name = "JSON")]
    pub(crate) data_json: Option<String>,
    /// Header, such as "Accept: text/html"; may be given more than once
    #[arg(id = "header", long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
}

impl RequestArgs {
    /// Whether nothing is said about the request.
    pub(crate) fn is_empty(&self) -> bool {
        let Self {
            method,
            data,
            data_json,
            headers,
        } = self;
        method.is_none() && data.is_none() && data_json.is_none() && headers.is_empty()
    }
}

/// Where numbers go besides the terminal.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Files")]
pub(crate) struct FileArgs {
    /// Write CSV files whose names begin so: PREFIX_stats.csv and three others
    #[arg(long, value_name = "PREFIX", env = "MAYFLY_CSV")]
    pub(crate) csv: Option<PathBuf>,
    /// Write every row over time into PREFIX_stats_history.csv, not the total alone
    #[arg(long, requires = "csv", env = "MAYFLY_CSV_FULL_HISTORY")]
    pub(crate) csv_full_history: bool,
    /// Write a report as a page; {u}, {r} and {t} in its name are users, spawn rate and run time
    #[arg(long, value_name = "FILE", env = "MAYFLY_HTML")]
    pub(crate) html: Option<PathBuf>,
    /// Keep in the page of --html what looks like a credential: headers, tokens, passwords
    #[arg(long, requires = "html", env = "MAYFLY_HTML_CREDENTIALS")]
    pub(crate) html_credentials: bool,
    /// Write the whole report as JSON, which the page can import
    #[arg(long, value_name = "FILE", env = "MAYFLY_JSON_FILE")]
    pub(crate) json_file: Option<PathBuf>,
    /// Print the whole report as JSON; the tables go to standard error
    #[arg(long, env = "MAYFLY_JSON")]
    pub(crate) json: bool,
    /// Write the histogram of each row as a log of HdrHistogram: PREFIX_GET_cube.hlog
    #[arg(long, value_name = "PREFIX", env = "MAYFLY_HDR_LOG")]
    pub(crate) hdr_log: Option<PathBuf>,
}

/// What is printed while a run goes on.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Console")]
pub(crate) struct ConsoleArgs {
    /// Print the statistics every two seconds, on a terminal too
    #[arg(long, env = "MAYFLY_PRINT_STATS", conflicts_with = "only_summary")]
    pub(crate) print_stats: bool,
    /// Print the statistics at the end only
    #[arg(long, env = "MAYFLY_ONLY_SUMMARY")]
    pub(crate) only_summary: bool,
    /// Forget what was counted once all users are there
    #[arg(long, env = "MAYFLY_RESET_STATS")]
    pub(crate) reset_stats: bool,
    /// How much is said of what happens
    #[arg(
        short = 'L',
        long,
        value_name = "LEVEL",
        ignore_case = true,
        default_value = "info",
        env = "MAYFLY_LOGLEVEL"
    )]
    pub(crate) loglevel: LogLevel,
    /// Write that to a file, and not to standard error
    #[arg(long, value_name = "FILE", env = "MAYFLY_LOGFILE")]
    pub(crate) logfile: Option<PathBuf>,
}

impl ConsoleArgs {
    /// Whether anything is said about the console.
    pub(crate) fn is_given(&self) -> bool {
        let Self {
            print_stats,
            only_summary,
            reset_stats,
            loglevel,
            logfile,
        } = self;
        let is_flagged = *print_stats || *only_summary || *reset_stats;
        is_flagged || *loglevel != LogLevel::default() || logfile.is_some()
    }
}

/// How much is said of what happens. `debug` and `critical` are Locust's, and say as much here as
/// their neighbors.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub(crate) enum LogLevel {
    Debug,
    #[default]
    Info,
    Warning,
    Error,
    Critical,
}

/// What runs locustfiles.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Locustfiles")]
pub(crate) struct PythonArgs {
    /// Python for locustfiles, 3.9 or newer; that of $VIRTUAL_ENV, of .venv beside the file, or python3 if it is
    /// left out
    #[arg(long, value_name = "PATH", env = "MAYFLY_PYTHON")]
    pub(crate) python: Option<PathBuf>,
    /// Run other locustfiles from the page than the one that -f names, and edited ones: they can do whatever you
    /// can do on this machine
    #[arg(long, env = "MAYFLY_ALLOW_SCRIPTS")]
    pub(crate) allow_scripts: bool,
}

/// What is printed in place of a run.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "In place of a run")]
pub(crate) struct ListArgs {
    /// Print the user classes of the plan
    #[arg(short, long)]
    pub(crate) list: bool,
    /// Print which part of the load each user class and task gets
    #[arg(long)]
    pub(crate) show_task_ratio: bool,
    /// The same as JSON
    #[arg(long)]
    pub(crate) show_task_ratio_json: bool,
}

impl RunArgs {
    /// What takes the place of values of the plan, of whose user classes `user_classes` run.
    pub(crate) fn overrides(&self, user_classes: Vec<String>) -> Overrides {
        let load = self.load.clone();
        Overrides {
            host: load.host,
            users: load.users,
            spawn_rate: load.spawn_rate,
            run_time: load.run_time,
            max_requests: load.max_requests,
            stop_timeout: load.stop_timeout,
            seed: load.seed,
            tags: load.tags,
            exclude_tags: load.exclude_tags,
            is_insecure: self.connection.insecure,
            user_classes,
        }
    }

    /// Values of the plan that are set by their keys.
    pub(crate) fn settings(&self) -> &[String] {
        &self.load.settings
    }
}

/// A number of threads; -1 is one for each core.
fn processes(text: &str) -> Result<NonZeroU32, String> {
    const MAX: u32 = 256;
    if text == "-1" {
        let n_cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let number = u32::try_from(n_cores).unwrap_or(MAX).min(MAX);
        return Ok(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN));
    }
    let number = text.parse().ok();
    let number = number.filter(|it: &NonZeroU32| it.get() <= MAX);
    number.ok_or_else(|| format!("expected a number from 1 to {MAX}, or -1 for one a core"))
}

/// Seconds, or a length with its unit.
fn length(text: &str) -> Result<Duration, String> {
    const MAX: Duration = Duration::from_secs(86_400);
    let is_number = text.parse::<u32>().is_ok();
    let text = match is_number {
        true => format!("{text}s"),
        false => text.to_owned(),
    };
    parse_length(&text, MAX).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn run(args: &str) -> RunArgs {
        let args = ["mayfly"].into_iter().chain(args.split_whitespace());
        let cli = Cli::try_parse_from(args);
        cli.unwrap_or_else(|error| panic!("{error}")).run
    }

    #[test]
    fn service_times_are_a_list_of_milliseconds() {
        let times = |list: &str| {
            let option = format!("--service-times={list}");
            let cli = Cli::try_parse_from(["mayfly", "demo-api", &option]);
            match cli.map_err(|error| error.to_string())?.command {
                Some(Command::DemoApi(args)) => Ok(args.service_times),
                _ => Err("another command".to_owned()),
            }
        };
        let expected = [5_000, 500, 60_000_000].map(Duration::from_micros);
        assert_eq!(times("5,0.5,60000"), Ok(expected.into()));
        for list in ["5,", "-1", "60001", "soon", "NaN"] {
            let problem = times(list).unwrap_err();
            let expected = "expected milliseconds from 0 to 60000";
            assert!(problem.contains(expected), "{list}: {problem}");
        }
    }

    #[test]
    fn a_stall_is_two_numbers_of_seconds() {
        let expected = Stall {
            after: Duration::from_secs(10),
            length: Duration::from_millis(500),
        };
        assert_eq!(stall("10,0.5"), Ok(expected));
        for text in ["", "3", "a,3", "3,-1", "3,3601", "1,2,3"] {
            let problem = stall(text).unwrap_err();
            assert!(problem.contains("such as 10,3"), "{text}: {problem}");
        }
    }

    #[test]
    fn the_options_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn each_option_of_a_run_has_a_variable_named_after_it() {
        let command = Cli::command();
        let without = [
            "data",
            "data-json",
            "header",
            "help",
            "list",
            "method",
            "set",
        ];
        for arg in command.get_arguments() {
            let Some(name) = arg.get_long() else { continue };
            let variable = arg.get_env().map(|it| it.to_string_lossy().into_owned());
            let expected = format!("MAYFLY_{}", name.to_uppercase().replace('-', "_"));
            let is_listing = name.starts_with("show-task-ratio") || name == "version";
            if without.contains(&name) || is_listing {
                assert_eq!(variable, None, "{name}");
            } else {
                assert_eq!(variable, Some(expected), "{name}");
            }
        }
    }

    #[test]
    fn the_command_of_the_article_is_taken_word_for_word() {
        let args =
            run("-f plan.toml --headless --users 50 --spawn-rate 2 -H http://localhost:5000");
        assert!(args.headless);
        assert_eq!(args.plan.as_deref(), Some("plan.toml".as_ref()));
        let overrides = args.overrides(Vec::new());
        assert_eq!(overrides.users.map(UserCount::get), Some(50));
        assert_eq!(overrides.spawn_rate.map(SpawnRate::get), Some(2.0));
        assert_eq!(overrides.host.unwrap().to_string(), "http://localhost:5000");
    }

    #[test]
    fn short_forms_are_those_of_locust() {
        let args = run("-u 5 -r 0.5 -t 1h20m -s 3 -T a b -E c -i 100 A B");
        assert_eq!(args.subjects, ["A", "B"]);
        let overrides = args.overrides(args.subjects.clone());
        let secs = |secs| Some(Duration::from_secs(secs));
        assert_eq!(overrides.run_time.map(RunTime::get), secs(4800));
        assert_eq!(overrides.stop_timeout, secs(3));
        assert_eq!(overrides.tags.unwrap(), ["a", "b"]);
        assert_eq!(overrides.exclude_tags.unwrap(), ["c"]);
        assert_eq!(overrides.max_requests, NonZeroU64::new(100));
        assert_eq!(overrides.user_classes, ["A", "B"]);
    }

    #[test]
    fn threads_are_a_number_or_one_a_core() {
        let n_threads = |args| run(args).connection.processes.get();
        assert_eq!((n_threads(""), n_threads("--processes 3")), (1, 3));
        let n_cores = thread::available_parallelism().unwrap().get();
        assert_eq!(n_threads("--processes -1") as usize, n_cores.min(256));
    }

    #[test]
    fn values_that_make_no_sense_are_refused_with_what_was_expected() {
        for (args, expected) in [
            ("-u 0", "expected"),
            ("-r -1", "expected"),
            ("-t soon", "expected"),
            ("-s x", "expected"),
            ("-H localhost", "expected"),
            ("--processes 0", "one a core"),
            ("--processes -2", "one a core"),
            ("-d a -j 1", "cannot be used with"),
            ("--csv-full-history", "--csv <PREFIX>"),
            ("--html-credentials", "--html <FILE>"),
            ("--user 5", "--users"),
        ] {
            let args = ["mayfly"].into_iter().chain(args.split_whitespace());
            let error = Cli::try_parse_from(args).err().map(|it| it.to_string());
            let error = error.unwrap_or_default();
            assert!(error.contains(expected), "{error}");
        }
    }
}
