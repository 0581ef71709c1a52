//! The command `mayfly`.

#![forbid(unsafe_code)]

mod output;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use mayfly_core::plan::BaseUrl;
use tokio::net::TcpListener;

use mayfly::demo_api::DemoApi;
use mayfly::exit::Exit;
use mayfly::open_files;
use mayfly::run::{Ready, RunOptions};
use mayfly::runtime;
use mayfly::serve::{Given, ServeArgs, ServeOptions, Serving};

/// Runs load tests.
///
/// Exit codes: 0 passed; 1 requests failed, or the numbers could not be written; 2 invalid command line
/// or plan; 98 no data; 99 a threshold failed; 129 ended by SIGHUP; 130 interrupted
/// twice; 143 ended by SIGTERM.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Serves an API to practise on, with CORS open and a count of what it answered
    DemoApi(DemoApiArgs),
}

#[derive(Args)]
struct RunArgs {
    /// Plan to run, in TOML or JSON
    #[arg(short = 'f', long = "plan", value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Run without the page, and print the numbers at the end
    #[arg(long)]
    headless: bool,
    /// Host to load instead of the one in the plan
    #[arg(short = 'H', long, value_name = "URL")]
    host: Option<BaseUrl>,
    /// Take any certificate of a server, whoever it is for and whoever has issued it
    #[arg(short = 'k', long)]
    insecure: bool,
    /// Connect to this socket of the machine instead of the host, which is only named in requests
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    unix_socket: Option<PathBuf>,
    /// Write the report to this file at the end, as JSON; the page can import it
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Args)]
struct DemoApiArgs {
    /// Port to listen on; 0 takes any that is free
    #[arg(long, default_value_t = 5000)]
    port: u16,
    /// Address to listen on; the default can be reached from this machine only
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => return output::help(&help),
    };
    open_files::raise_limit();
    let exit = runtime::run(async {
        match cli.command {
            Some(Command::DemoApi(args)) => demo_api(args).await,
            None => Ok(run(cli.run).await.into()),
        }
    });
    let exit = exit.context("cannot begin").flatten();
    exit.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::FAILURE
    })
}

/// Runs a plan to its end.
async fn run(args: RunArgs) -> Exit {
    if !args.headless {
        return serve(args).await.unwrap_or_else(|error| {
            output::error(&error);
            Exit::Misused
        });
    }
    let Some(plan) = args.plan else {
        output::usage("name a plan to run with -f, or see --help");
        return Exit::Misused;
    };
    let options = RunOptions {
        plan,
        host: args.host,
        is_insecure: args.insecure,
        #[cfg(unix)]
        unix_socket: args.unix_socket,
        #[cfg(not(unix))]
        unix_socket: None,
        json: args.json,
    };
    match Ready::read(&options) {
        Ok(ready) => {
            output::started(&ready.target());
            if let Some(max_in_flight) = ready.short_of_connections() {
                output::short_of_connections(max_in_flight);
            }
            let (ended, written) = ready.run().await;
            let printed = output::report(&ended.text);
            if let Err(error) = &written {
                output::usage(&error.to_string());
            }
            match ended.exit {
                Exit::Passed if printed.is_err() || written.is_err() => Exit::Failed,
                exit => exit,
            }
        }
        Err(error) => {
            output::usage(&error.to_string());
            Exit::Misused
        }
    }
}

/// Serves the page in front of the engine, until a signal or `--autoquit` ends that.
async fn serve(args: RunArgs) -> anyhow::Result<Exit> {
    if args.json.is_some() {
        bail!("--json needs --headless; runs of the page are in its history, as files");
    }
    let plan = args.plan.map(|it| Given::read(&it, args.host.as_ref()));
    let options = ServeOptions {
        args: args.serve,
        plan: plan.transpose()?,
        is_insecure: args.insecure,
        #[cfg(unix)]
        unix_socket: args.unix_socket,
        #[cfg(not(unix))]
        unix_socket: None,
        say: output::warning,
    };
    let mut serving = Serving::begin(options).await?;
    if let Some(host) = &args.host {
        serving.suggest(host);
    }
    // A reader that went away has the address, or does not want it.
    let _ = output::serving(serving.url(), serving.is_open(), serving.has_page());
    serving.open();
    Ok(serving.run().await?)
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
