//! The command `mayfly`.

#![forbid(unsafe_code)]

mod args;
mod output;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use mayfly_core::report::ratio::ratios;
use tokio::net::TcpListener;

use mayfly::console::{ConsoleOptions, Level, Statistics};
use mayfly::demo_api::DemoApi;
use mayfly::exit::Exit;
use mayfly::files::Files;
use mayfly::one_request::{OneRequest, is_url};
use mayfly::open_files;
use mayfly::plan_source::PlanSource;
use mayfly::run::{Ready, RunOptions};
use mayfly::runtime;

use self::args::{Cli, Command, ConsoleArgs, DemoApiArgs, FileArgs, LogLevel, RunArgs};

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
        Some(Command::Man) => Ok(output::text(&man())),
        None => run(cli.run),
    };
    exit.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::FAILURE
    })
}

/// Runs a plan to its end, or prints what is in it.
fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let code_on_error = args.exit_code_on_error;
    let wants = Wants {
        list: args.listing.list,
        ratio: args.listing.show_task_ratio,
        ratio_json: args.listing.show_task_ratio_json,
        json: args.files.json,
    };
    let options = match options(args) {
        Ok(options) => options,
        Err(problem) => {
            output::usage(&problem);
            return Ok(Exit::Misused.into());
        }
    };
    if wants.list || wants.ratio || wants.ratio_json {
        return Ok(print_plan(&options, &wants));
    }
    open_files::raise_limit();
    let exit = runtime::run(run_headless(options, wants.json)).context("cannot begin")?;
    Ok(match exit {
        Exit::Failed => code_on_error.into(),
        exit => exit.into(),
    })
}

/// What is printed.
struct Wants {
    list: bool,
    ratio: bool,
    ratio_json: bool,
    json: bool,
}

/// What the arguments say.
fn options(args: RunArgs) -> Result<RunOptions, String> {
    let (urls, user_classes): (Vec<String>, Vec<String>) =
        args.subjects.iter().cloned().partition(|it| is_url(it));
    let source = match (&args.plan, urls.as_slice()) {
        (Some(file), []) => {
            if !args.request.is_empty() {
                return Err(
                    "--method, --data, --data-json and --header are for a URL without a plan; \
                            requests of a plan are in its file"
                        .to_owned(),
                );
            }
            PlanSource::File(file.clone())
        }
        (Some(_), [url, ..]) => {
            return Err(format!(
                "found a plan and a URL; give the plan another host with -H {url}, or leave out -f"
            ));
        }
        (None, [url]) => PlanSource::Draft {
            name: url.clone(),
            draft: one_request(&args, url).draft()?,
        },
        (None, [_, ..]) => {
            return Err(
                "expected one URL; more of them are tasks of a plan, which -f names".to_owned(),
            );
        }
        (None, []) => return Err("name a plan to run with -f, or a URL; see --help".to_owned()),
    };
    let is_listing = args.listing.list || args.listing.show_task_ratio;
    let needs_page = args.plan.is_some() && !args.headless;
    if needs_page && !is_listing && !args.listing.show_task_ratio_json {
        return Err("add --headless: the command does not show the page yet".to_owned());
    }
    Ok(RunOptions {
        settings: args.settings().to_vec(),
        overrides: args.overrides(user_classes),
        is_insecure: args.connection.insecure,
        #[cfg(unix)]
        unix_socket: args.connection.unix_socket.clone(),
        resets_stats: args.console.reset_stats,
        console: console(&args.console),
        files: files(args.files),
        ..RunOptions::new(source)
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

fn files(args: FileArgs) -> Files {
    Files {
        csv: args.csv,
        full_history: args.csv_full_history,
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
    let ready = match Ready::read(&options) {
        Ok(ready) => ready,
        Err(error) => {
            output::usage(&error.to_string());
            return Exit::Misused;
        }
    };
    let (ended, written) = ready.run().await;
    let printed = if as_json {
        output::aside(&ended.text);
        output::report(&ended.report.to_json())
    } else {
        output::report(&ended.text)
    };
    if let Err(error) = &written {
        output::usage(&error.to_string());
    }
    match ended.exit {
        Exit::Passed if printed.is_err() || written.is_err() => Exit::Unwritten,
        exit => exit,
    }
}

/// Prints the user classes of a plan, or which part of the load each of them and its tasks gets.
fn print_plan(options: &RunOptions, wants: &Wants) -> ExitCode {
    let read = match options.source.read(&options.settings, &options.overrides) {
        Ok(read) => read,
        Err(error) => {
            output::usage(&error.to_string());
            return Exit::Misused.into();
        }
    };
    let mut text = String::new();
    if wants.list {
        text += "Available Users:\n";
        for class in read.plan.user_classes.as_slice() {
            text += &format!("    {}\n", class.name);
        }
    }
    let ratios = ratios(&read.draft);
    if wants.ratio {
        text += &output::ratios(&ratios);
    }
    if wants.ratio_json {
        text += &output::ratios_as_json(&ratios);
    }
    output::text(&text)
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

/// Serves until the process is told to end.
async fn demo_api(args: DemoApiArgs) -> anyhow::Result<ExitCode> {
    let address = SocketAddr::new(args.bind, args.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is it in use? Choose another port with --port")
    })?;
    if output::demo_api(listener.local_addr()?).is_err() {
        return Ok(ExitCode::FAILURE);
    }
    let served = DemoApi::default().serve(listener).await;
    served.context("the demo API stopped")?;
    Ok(ExitCode::SUCCESS)
}
