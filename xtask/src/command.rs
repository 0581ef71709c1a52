//! Running other programs, and saying so.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::tools;

/// The top of the repository. Cargo says where it is when it runs this; what it said when it built this
/// may be another clone, because clones share the folder of builds.
pub(crate) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR");
    let xtask = xtask.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask)
        .parent()
        .expect("xtask is a folder of the repository")
        .to_owned()
}

/// A command at the top of the repository, which finds the installed tools first.
pub(crate) fn command(program: &str) -> Command {
    // On Windows npm and what it installs are scripts, which are found by their whole names only.
    let program = match program {
        "esbuild" if cfg!(windows) => "esbuild.cmd",
        "npm" if cfg!(windows) => "npm.cmd",
        "wasm-opt" if cfg!(windows) => "wasm-opt.cmd",
        _ => program,
    };
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env("PATH", tools::search_path());
    command
}

/// Cargo, the one that runs this.
pub(crate) fn cargo() -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// Runs a step to its end.
///
/// # Errors
///
/// Fails if the program is missing or does not succeed.
pub(crate) fn run(step: &str, command: &mut Command) -> anyhow::Result<()> {
    println!("▸ {step}");
    finish(command).with_context(|| step.to_owned())
}

/// Runs a program to its end, without a word.
///
/// # Errors
///
/// Fails if the program is missing or does not succeed.
pub(crate) fn finish(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| missing(&program))?;
    ensure!(status.success(), "`{}` ended with {status}", line(command));
    Ok(())
}

/// What a program prints.
///
/// # Errors
///
/// Fails if the program is missing or does not succeed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output = output.with_context(|| missing(&program))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", line(command), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The last program that cargo, with `--message-format json`, says it built.
pub(crate) fn built_program(messages: &str) -> Option<PathBuf> {
    messages.lines().rev().find_map(|line| {
        let path = line.split("\"executable\":\"").nth(1)?.split('"').next()?;
        Some(PathBuf::from(path))
    })
}

/// Whether a program is there and answers `--version`.
pub(crate) fn exists(program: &str) -> bool {
    let mut command = command(program);
    let command = command.arg("--version").stdin(Stdio::null());
    let output: io::Result<_> = command.output();
    output.is_ok_and(|output| output.status.success())
}

fn missing(program: &str) -> String {
    let help = match program {
        "npm" => "; install Node.js 20 or newer, which brings it",
        "rustup" => "; install Rust with rustup, see https://rustup.rs",
        _ => "",
    };
    format!("cannot run `{program}`{help}")
}

fn line(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_program_that_cargo_names_is_found() {
        let messages = "{\"executable\":null}\n{\"executable\":\"/a/mayfly\",\"fresh\":true}\n{}";
        assert_eq!(built_program(messages), Some(PathBuf::from("/a/mayfly")));
        assert_eq!(built_program("{}"), None);
    }
}
