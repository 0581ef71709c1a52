//! All automation of this repository: `cargo xtask help` lists it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a person"
)]

mod bench;
mod block;
mod browser;
mod checks;
mod command;
mod dist;
mod fuzz;
mod hashes;
mod instructions;
mod links;
mod packages;
mod python;
mod release;
mod rooms;
mod seal;
mod serve;
mod shrink;
mod split;
mod styles;
mod tools;
mod weights;

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::*;

const HELP: &str = "\
Usage: cargo xtask COMMAND

  serve     sets up what is missing, builds, and serves the page and the demo API
              --port PORT        of the page (8089)
              --demo-port PORT   of the demo API (5000)
              --no-open          do not open a browser
  test      sets up what is missing, and runs every check but those of native and advisories
              PART…              only these: quick, lints, units, python, docs, instructions, dist,
                                 chromium, firefox, webkit, native; these four need what dist builds;
                                 native and advisories, which looks on the internet for what is known
                                 of dependencies, run only if they are named
  dist      builds the static site into dist/
              --quick            in little time and large, to try it
              --write            what it weighs into docs/benchmarks.md
  release   builds the command with the page inside, for any Linux and linked with nothing, into
            release/, with checksums
              --target TARGET    only for this: x86_64-unknown-linux-musl, aarch64-unknown-linux-musl
              --tag TAG          fails unless it is the version's
              --write            what it weighs into docs/benchmarks.md
  bench     measures the page in a real browser, and prints the figures of docs/benchmarks.md
              --yardstick DIR    the folder of the bare fetch loop (../shared/bench/bare-fetch)
              accuracy           instead, how true its numbers are, and those of others
              native             instead, the command against wrk, h2load and oha where found, and nginx
              locustfile         instead, one locustfile by the command and by Locust, and nginx
              soak               instead, the page for a long time: its rate and memory each minute
              --minutes NUMBER   of the soak (30)
              --turns NUMBER     of each (7)
              --connections N    of each (64)
              --tls              over TLS, with a certificate that openssl makes
              --secs SECONDS     of a turn (2)
  instructions
            counts the instructions that scheduling and statistics take, and compares them with
            the limits; `test` does it too
              --write            the counts into docs/benchmarks.md
  rooms     checks that the modules of each package use each other as rooms.toml says, and draws them
              --write            the drawing into ARCHITECTURE.md
              --root DIR         of another checkout
              --table FILE       another table than its rooms.toml
  fuzz      runs each fuzz target for some time; needs a nightly toolchain
              --secs SECONDS     for each target (600)
  setup     sets up what is missing, and nothing else
              --tests            also what only the tests need
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let mut args = lexopt::Parser::from_env();
    let Some(Value(command)) = args.next()? else {
        println!("{HELP}");
        return Ok(());
    };
    match command.string()?.as_str() {
        "serve" => serve::serve(&serve_options(args)?),
        "test" => checks::run(&parts(args)?),
        "dist" => dist::dist(dist_kind(args)?),
        "bench" => bench::bench(&bench_options(args)?),
        "fuzz" => fuzz::fuzz(fuzz_secs(args)?),
        // Not for people, so it is not in the help.
        "seal" => no_options(args).and_then(|()| seal::seal()),
        "instructions" => match has_flag(args, "write")? {
            true => instructions::write(),
            false => instructions::check(),
        },
        "release" => release::release(&release_options(args)?),
        "rooms" => rooms::rooms(&rooms_options(args)?),
        "setup" => setup(args),
        "help" => {
            println!("{HELP}");
            Ok(())
        }
        other => anyhow::bail!("there is no command `{other}`\n\n{HELP}"),
    }
}

fn no_options(mut args: lexopt::Parser) -> anyhow::Result<()> {
    match args.next()? {
        None => Ok(()),
        Some(arg) => Err(arg.unexpected().into()),
    }
}

fn parts(mut args: lexopt::Parser) -> anyhow::Result<Vec<checks::Part>> {
    let mut parts = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Value(name) => parts.push(checks::Part::parse(&name.string()?)?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(parts)
}

/// Whether the one flag is there that a command may have.
fn has_flag(mut args: lexopt::Parser, flag: &str) -> anyhow::Result<bool> {
    match args.next()? {
        None => Ok(false),
        Some(Long(name)) if name == flag => no_options(args).map(|()| true),
        Some(arg) => Err(arg.unexpected().into()),
    }
}

fn dist_kind(mut args: lexopt::Parser) -> anyhow::Result<dist::Kind> {
    let kind = match args.next()? {
        None => return Ok(dist::Kind::Whole),
        Some(Long("quick")) => dist::Kind::Quick,
        Some(Long("write")) => dist::Kind::Write,
        Some(arg) => return Err(arg.unexpected().into()),
    };
    no_options(args).map(|()| kind)
}

fn setup(mut args: lexopt::Parser) -> anyhow::Result<()> {
    let mut for_tests = false;
    while let Some(arg) = args.next()? {
        match arg {
            Long("tests") => for_tests = true,
            _ => return Err(arg.unexpected().into()),
        }
    }
    tools::set_up()?;
    if for_tests {
        tools::set_up_checkers()?;
        tools::set_up_license_checker()?;
        tools::set_up_httpbin()?;
        tools::set_up_histogram_reader()?;
        tools::set_up_locust()?;
        browser::set_up()?;
    }
    println!("everything is there");
    Ok(())
}

fn serve_options(mut args: lexopt::Parser) -> anyhow::Result<serve::Options> {
    let mut options = serve::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("port") => options.port = args.value()?.parse()?,
            Long("demo-port") => options.demo_port = args.value()?.parse()?,
            Long("no-open") => options.open = false,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

fn release_options(mut args: lexopt::Parser) -> anyhow::Result<release::Options> {
    let mut options = release::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("tag") => options.tag = Some(args.value()?.string()?),
            Long("target") => options.targets.push(args.value()?.string()?),
            Long("write") => options.write = true,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

fn rooms_options(mut args: lexopt::Parser) -> anyhow::Result<rooms::Options> {
    let mut options = rooms::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("write") => options.write = true,
            Long("root") => options.root = args.value()?.into(),
            Long("table") => options.table = Some(args.value()?.into()),
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(options)
}

fn fuzz_secs(mut args: lexopt::Parser) -> anyhow::Result<u32> {
    let mut secs = 600;
    while let Some(arg) = args.next()? {
        match arg {
            Long("secs") => secs = args.value()?.parse()?,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(secs)
}

fn soak_options(mut args: lexopt::Parser) -> anyhow::Result<bench::Bench> {
    let mut minutes = 30;
    while let Some(arg) = args.next()? {
        match arg {
            Long("minutes") => minutes = args.value()?.parse()?,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(bench::Bench::Soak { minutes })
}

fn bench_options(mut args: lexopt::Parser) -> anyhow::Result<bench::Bench> {
    let mut yardstick = PathBuf::from("../shared/bench/bare-fetch");
    let mut native = bench::NativeOptions::default();
    let mut rivals = None;
    while let Some(arg) = args.next()? {
        match arg {
            Long("yardstick") if rivals.is_none() => yardstick = args.value()?.into(),
            Value(what) if what == "accuracy" => {
                return no_options(args).map(|()| bench::Bench::Accuracy);
            }
            Value(what) if what == "soak" => return soak_options(args),
            Value(what) if what == "native" => rivals = Some(bench::Rivals::Generators),
            Value(what) if what == "locustfile" => rivals = Some(bench::Rivals::Locust),
            Long("turns") if rivals.is_some() => native.turns = args.value()?.parse()?,
            Long("tls") if rivals == Some(bench::Rivals::Generators) => native.is_tls = true,
            Long("connections") if rivals.is_some() => {
                native.connections = args.value()?.parse()?
            }
            Long("secs") if rivals.is_some() => native.secs = args.value()?.parse()?,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(match rivals {
        Some(rivals) => bench::Bench::Native(rivals, native),
        None => bench::Bench::Page { yardstick },
    })
}
