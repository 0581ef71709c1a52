//! The command `mayfly`.

#![forbid(unsafe_code)]

mod args;
mod output;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use mayfly_core::plan::{BaseUrl, Draft, Overrides, Plan};
use mayfly_core::report::ratio::ratios;
use tokio::net::TcpListener;

use mayfly::console::{ConsoleOptions, Level, Statistics};
use mayfly::demo_api::{DemoApi, Service};
use mayfly::exit::Exit;
use mayfly::files::Files;
use mayfly::import::Import;
use mayfly::one_request::{OneRequest, is_url};
use mayfly::open_files;
use mayfly::plan_source::PlanSource;
use mayfly::python::PythonOptions;
use mayfly::run::{Ready, RunOptions};
use mayfly::runtime;
use mayfly::serve::{Given, ServeError, ServeOptions, Serving};

use self::args::{
    Cli, Command, ConsoleArgs, DemoApiArgs, FileArgs, ImportArgs, ListArgs, LogLevel, PythonArgs,
    RunArgs,
};

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let cli = match args::config::read(&args) {
        Ok(cli) => cli,
        Err(help) => return output::help(&help),
    };
    let exit = match cli.command {
        Some(Command::Completions { shell }) => Ok(output::text(&completions(shell))),
        Some(Command::DemoApi(args)) => {
            open_files::raise_limit();
            runtime::run(demo_api(args))
                .context("cannot begin")
                .flatten()
        }
        Some(Command::Import(args)) => Ok(import(&args)),
        Some(Command::Man) => Ok(output::text(&man())),
        None => run(cli.run),
    };
    exit.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::FAILURE
    })
}

/// Does what the options ask for: shows the page, runs a plan without it, or prints what is in a plan.
fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let code_on_error = args.exit_code_on_error;
    let exit = match job(args) {
        Ok(Job::Page(options)) => {
            open_files::raise_limit();
            let served = runtime::run(serve(*options)).context("cannot begin")?;
            served.unwrap_or_else(|error| {
                output::usage(&error.to_string());
                Exit::Misused
            })
        }
        Ok(Job::Print(options, listing)) => {
            let printed = runtime::run(print_plan(*options, listing));
            return printed.context("cannot begin");
        }
        Ok(Job::Run(options, as_json)) => {
            open_files::raise_limit();
            runtime::run(run_headless(*options, as_json)).context("cannot begin")?
        }
        Err(problem) => {
            output::usage(&problem);
            Exit::Misused
        }
    };
    Ok(match exit {
        Exit::Failed => code_on_error.into(),
        exit => exit.into(),
    })
}

/// What the options ask for.
enum Job {
    /// To show the page.
    Page(Box<PageOptions>),
    /// To print what is in a plan.
    Print(Box<RunOptions>, ListArgs),
    /// To run a plan without the page, and print its report as JSON or its tables.
    Run(Box<RunOptions>, bool),
}

/// The page, and a host for it to load if it has no plan.
struct PageOptions {
    serve: ServeOptions,
    host: Option<BaseUrl>,
}

fn job(args: RunArgs) -> Result<Job, String> {
    let (urls, user_classes): (Vec<String>, Vec<String>) =
        args.subjects.iter().cloned().partition(|it| {
            // Beside a plan, a name with a dot is that of a user class.
            is_url(it) && (args.plan.is_none() || it.contains("://"))
        });
    let source = source(&args, &urls)?;
    let wants_page = args.serve.autostart || args.serve.autoquit.is_some();
    let is_headless = args.headless || (!urls.is_empty() && !wants_page);
    let listing = args.listing.clone();
    let is_listing = listing.list || listing.show_task_ratio || listing.show_task_ratio_json;
    match source {
        Some(source) if is_listing => {
            let options = run_options(args, source, user_classes);
            Ok(Job::Print(Box::new(options), listing))
        }
        Some(source) if is_headless => {
            let as_json = args.files.json;
            let options = run_options(args, source, user_classes);
            Ok(Job::Run(Box::new(options), as_json))
        }
        None if is_headless || is_listing => {
            Err("name a plan to run with -f, or a URL; see --help".to_owned())
        }
        source => {
            let options = page_options(args, source.as_ref(), user_classes)?;
            Ok(Job::Page(Box::new(options)))
        }
    }
}

/// Where the plan comes from; `None` without one.
fn source(args: &RunArgs, urls: &[String]) -> Result<Option<PlanSource>, String> {
    if urls.is_empty() && !args.request.is_empty() {
        return Err(
            "--method, --data, --data-json and --header are for a URL without a plan; requests of a \
             plan are in its file"
                .to_owned(),
        );
    }
    match (&args.plan, urls) {
        (Some(file), []) => Ok(Some(PlanSource::File(file.clone()))),
        // As Locust does it.
        (None, []) => {
            let file = Path::new("locustfile.py");
            Ok(file.is_file().then(|| PlanSource::File(file.to_owned())))
        }
        (Some(_), [url, ..]) => Err(format!(
            "found a plan and a URL; give the plan another host with -H {url}, or leave out -f"
        )),
        (None, [url]) => Ok(Some(PlanSource::Draft {
            name: url.clone(),
            draft: one_request(args, url).draft()?,
        })),
        (None, _) => {
            Err("expected one URL; more of them are tasks of a plan, which -f names".to_owned())
        }
    }
}

fn run_options(args: RunArgs, source: PlanSource, user_classes: Vec<String>) -> RunOptions {
    RunOptions {
        settings: args.settings().to_vec(),
        overrides: args.overrides(user_classes),
        #[cfg(unix)]
        unix_socket: args.connection.unix_socket.clone(),
        n_threads: args.connection.processes,
        resets_stats: args.console.reset_stats,
        console: console(&args.console),
        python: python(&args.python),
        files: files(args.files),
        ..RunOptions::new(source)
    }
}

fn page_options(
    args: RunArgs,
    source: Option<&PlanSource>,
    user_classes: Vec<String>,
) -> Result<PageOptions, String> {
    let mut overrides = args.overrides(user_classes);
    let settings = args.settings();
    let plan = source.map(|it| Given::read(it, settings, &overrides));
    let plan = plan.transpose().map_err(|error| error.to_string())?;
    let host = overrides.host.take();
    overrides.is_insecure = false;
    if plan.is_none() && (overrides != Overrides::default() || !settings.is_empty()) {
        return Err("found options that change a plan, and no plan; name one with -f".to_owned());
    }
    if args.files.json || !files(args.files.clone()).is_empty() {
        return Err(
            "files are written of runs without the page: add --headless. Those of the page are \
                    in its history, and it has them as files"
                .to_owned(),
        );
    }
    if args.console.is_given() {
        return Err(
            "--print-stats, --only-summary, --reset-stats, --loglevel and --logfile are for runs \
             without the page: add --headless"
                .to_owned(),
        );
    }
    Ok(PageOptions {
        serve: ServeOptions {
            args: args.serve,
            plan,
            is_insecure: args.connection.insecure,
            #[cfg(unix)]
            unix_socket: args.connection.unix_socket,
            #[cfg(not(unix))]
            unix_socket: None,
            n_threads: args.connection.processes,
            say: output::warning,
            python: python(&args.python),
        },
        host,
    })
}

fn one_request(args: &RunArgs, url: &str) -> OneRequest {
    let request = args.request.clone();
    OneRequest {
        url: url.to_owned(),
        method: request.method,
        headers: request.headers,
        data: request.data,
        data_json: request.data_json,
    }
}

fn python(args: &PythonArgs) -> PythonOptions {
    PythonOptions {
        python: args.python.clone(),
        allows_all: args.allow_scripts,
    }
}

fn files(args: FileArgs) -> Files {
    Files {
        csv: args.csv,
        full_history: args.csv_full_history,
        html_credentials: args.html_credentials,
        html: args.html,
        json: args.json_file,
        hdr_log: args.hdr_log,
    }
}

fn console(args: &ConsoleArgs) -> ConsoleOptions {
    ConsoleOptions {
        level: match args.loglevel {
            LogLevel::Debug | LogLevel::Info => Level::Info,
            LogLevel::Warning => Level::Warning,
            LogLevel::Error | LogLevel::Critical => Level::Error,
        },
        log_file: args.logfile.clone(),
        statistics: if args.only_summary {
            Statistics::None
        } else if args.print_stats {
            Statistics::Periodic
        } else {
            Statistics::Live
        },
    }
}

/// Runs a plan to its end, and prints its numbers: as JSON, or as tables.
async fn run_headless(options: RunOptions, as_json: bool) -> Exit {
    let ready = match Ready::read(&options).await {
        Ok(ready) => ready,
        Err(error) => {
            output::usage(&error.to_string());
            return Exit::Misused;
        }
    };
    let (ended, unwritten) = ready.run().await;
    let printed = if as_json {
        output::aside(&ended.text);
        output::report(&ended.report.to_json())
    } else {
        output::report(&ended.text)
    };
    let written = unwritten.write().await;
    if let Err(error) = &written {
        output::usage(&error.to_string());
    }
    match ended.exit {
        Exit::Passed if printed.is_err() || written.is_err() => Exit::Broken,
        exit => exit,
    }
}

/// Prints the user classes of a plan, or which part of the load each of them and its tasks gets.
async fn print_plan(options: RunOptions, wants: ListArgs) -> ExitCode {
    let read = match options.read_plan().await {
        Ok(read) => read,
        Err(error) => {
            output::usage(&error.to_string());
            return Exit::Misused.into();
        }
    };
    let mut text = String::new();
    if wants.list {
        text += "Available Users:\n";
        for class in read.user_classes.as_slice() {
            text += &format!("    {}\n", class.name);
        }
    }
    let ratios = ratios(&draft_of_classes(read));
    if wants.show_task_ratio {
        text += &output::ratios(&ratios);
    }
    if wants.show_task_ratio_json {
        text += &output::ratios_as_json(&ratios);
    }
    output::text(&text)
}

/// The plan as one whose tasks are in it, though Python has them.
fn draft_of_classes(mut plan: Plan) -> Draft {
    plan.locustfile = None;
    Draft::from_json(&plan.to_json()).unwrap_or_default()
}

/// Prints or writes the plan of a locustfile.
fn import(args: &ImportArgs) -> ExitCode {
    let import = Import {
        file: args.file.clone(),
        python: args.python.clone(),
    };
    let made = import.plan().and_then(|plan| match &args.output {
        Some(to) => import
            .write(to, &plan, args.force)
            .map(|()| ExitCode::SUCCESS),
        None => Ok(output::text(&plan)),
    });
    made.unwrap_or_else(|error| {
        output::usage(&error.to_string());
        Exit::Misused.into()
    })
}

/// The script that completes the options in `shell`.
fn completions(shell: clap_complete::Shell) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mayfly", &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// The manual page.
fn man() -> String {
    let mut out = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut out);
    rendered.expect("memory takes all that is written");
    String::from_utf8_lossy(&out).into_owned()
}

/// Serves the page in front of the engine, until a signal or `--autoquit` ends that.
async fn serve(options: PageOptions) -> Result<Exit, ServeError> {
    let mut serving = Serving::begin(options.serve).await?;
    if let Some(host) = &options.host {
        serving.suggest(host);
    }
    // A reader that went away has the address, or does not want it.
    let _ = output::serving(serving.url(), serving.is_open(), serving.has_page());
    serving.open();
    serving.run().await
}

/// Serves until the process is told to end.
async fn demo_api(args: DemoApiArgs) -> anyhow::Result<ExitCode> {
    let address = SocketAddr::new(args.bind, args.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is it in use? Choose another port with --port")
    })?;
    if output::demo_api(listener.local_addr()?).is_err() {
        return Ok(ExitCode::FAILURE);
    }
    let api = DemoApi::with_service(Service {
        times: args.service_times,
        n_workers: args.workers,
        stall: args.stall,
    });
    api.serve(listener).await;
    Ok(ExitCode::SUCCESS)
}
