//! A plan of a locustfile that only lists requests. Python reads the file, and does not run it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::package::Package;
use super::{find, first_that_starts, pipes, with_last_words};

/// What Python says of a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Preview {
    /// The keys of the plan.
    Plan(Map<String, Value>),
    /// What in the file no plan can say.
    Problems(Vec<Problem>),
}

/// Something that no plan can say.
#[derive(Debug, Deserialize)]
pub(crate) struct Problem {
    /// Its line, from 1.
    pub(crate) line: u32,
    /// Why.
    pub(crate) text: String,
    /// Whether Python cannot run it either.
    #[serde(default)]
    pub(crate) is_fatal: bool,
}

/// Has the Python that was named, or else the one that would run it, look at a file in `folder`.
///
/// # Errors
///
/// Fails, in words, if there is no Python, or it does not answer.
pub(crate) fn preview(
    named: Option<&Path>,
    (folder, name): (&Path, &str),
    text: &str,
) -> Result<Preview, String> {
    let package = Package::write()
        .map_err(|error| format!("cannot write what reads locustfiles: {error}"))?;
    let pythons = find::candidates(named, folder);
    let child = first_that_starts(&pythons, |python| command(python, &package));
    let child = child.map_err(|error| find::problem(&error, &pythons, name))?;
    let output = exchange(child, text).map_err(|error| format!("cannot ask Python: {error}"))?;
    let last_words = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(find::TOO_OLD) {
        return Err(find::too_old(&last_words));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|_| with_last_words(&pipes::in_words(output.status), &last_words))
}

/// Without all that could have it run something of its folder or its environment.
fn command(python: &Path, package: &Package) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-I", "-X", "utf8", "-c", find::BEGIN])
        .args([package.preview(), PathBuf::from("-")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// It reads all before it says anything.
fn exchange(mut child: Child, text: &str) -> std::io::Result<Output> {
    if let Some(mut input) = child.stdin.take() {
        // One that has ended says why.
        let _ = input.write_all(text.as_bytes());
    }
    child.wait_with_output()
}
