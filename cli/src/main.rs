//! The command `mayfly`.

#![forbid(unsafe_code)]

mod output;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

use mayfly::demo_api::DemoApi;

#[derive(Parser)]
#[command(version, about = "Mayfly on the command line")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves an API to practise on, with CORS open and a count of what it answered
    DemoApi(DemoApiArgs),
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

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::DemoApi(args) => demo_api(args).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Serves until the process is told to end.
async fn demo_api(args: DemoApiArgs) -> anyhow::Result<()> {
    let address = SocketAddr::new(args.bind, args.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is it in use? Choose another port with --port")
    })?;
    output::demo_api(listener.local_addr()?);
    DemoApi::default()
        .serve(listener)
        .await
        .context("the demo API stopped")
}
