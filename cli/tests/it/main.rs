//! The command `mayfly` as a person starts it, against targets that count.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod claims;
mod command;
mod examples;
mod import;
mod locustfile;
mod options;
mod serve;
#[cfg(unix)]
mod system;
mod target;
mod truth;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the command printed, and how it ended.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// The cells of the row of the statistics that ends its name with `name`, or is `Aggregated`.
    #[track_caller]
    fn row(&self, name: &str) -> Vec<&str> {
        let mut rows = self
            .stdout
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let row = rows.find(|cells| cells.contains(&name));
        row.unwrap_or_else(|| panic!("no row {name} in\n{}{}", self.stdout, self.stderr))
    }

    /// Fails unless all thresholds held. A machine that is busy with something else may make the numbers
    /// its own, which says nothing about what is tested.
    #[track_caller]
    fn check_passed(&self) {
        let is_invalid = self.stdout.contains("\nValidity: INVALID");
        let expected = if is_invalid { 98 } else { 0 };
        assert_eq!(self.code, expected, "{}{}", self.stdout, self.stderr);
    }

    /// The number of requests in a row.
    #[track_caller]
    fn n_requests(&self, name: &str) -> u64 {
        let row = self.row(name);
        let place = row.iter().position(|it| *it == name).unwrap();
        row[place + 1].parse().unwrap()
    }
}

fn mayfly(args: &[&str]) -> Ended {
    let mut mayfly = Command::new(env!("CARGO_BIN_EXE_mayfly"));
    mayfly.args(args).output().unwrap().into()
}

/// Runs the plan in `toml` against `host`.
fn run(toml: &str, host: &str) -> Ended {
    let plan = PlanFile::new(toml, "toml");
    mayfly(&["-f", plan.path(), "--headless", "-H", host])
}

/// A file of its own for a test, removed when dropped.
struct PlanFile(PathBuf);

impl PlanFile {
    fn new(text: &str, extension: &str) -> Self {
        let file = Self::missing(extension);
        std::fs::write(&file.0, text).unwrap();
        file
    }

    /// A name for a file that is not there yet.
    fn missing(extension: &str) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static N_FILES: AtomicU32 = AtomicU32::new(0);
        let n = N_FILES.fetch_add(1, Ordering::Relaxed);
        let name = format!("plan-{}-{n}.{extension}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for PlanFile {
    fn drop(&mut self) {
        // What is left is in a folder of the build.
        let _ = std::fs::remove_file(&self.0);
    }
}
