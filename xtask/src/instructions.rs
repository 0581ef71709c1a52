//! Instructions that scheduling and statistics take, counted by callgrind: the gate against
//! regressions. Unlike times, the counts do not depend on what else the machine does.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::command::{cargo, command, exists, output};
use crate::packages;

/// A cost that must not grow.
struct Gate {
    work: &'static str,
    /// What is divided by, in words.
    unit: &'static str,
    amounts: [u64; 2],
    /// Instructions for one unit: the measured figure and a tenth.
    limit: u64,
}

const GATES: [Gate; 2] = [
    Gate {
        work: "requests",
        unit: "request at 1,000 users",
        amounts: [10_000, 60_000],
        limit: 3_400,
    },
    Gate {
        work: "snapshots",
        unit: "snapshot and merge of 100 rows",
        amounts: [2, 12],
        limit: 61_000_000,
    },
];

/// Counts, prints the figures, and compares them with the limits.
///
/// # Errors
///
/// Fails if a count is over its limit, or cannot be made.
pub(crate) fn check() -> anyhow::Result<()> {
    if !exists("valgrind") && !packages::install("valgrind", &["valgrind"]) {
        ensure!(
            !cfg!(target_os = "linux"),
            "counting instructions needs valgrind; install it with your package manager"
        );
        println!("  not counted: valgrind is for Linux");
        return Ok(());
    }
    let program = build()?;
    for gate in &GATES {
        let [few, many] = gate.amounts;
        let extra = count(&program, gate.work, many)? - count(&program, gate.work, few)?;
        let per_unit = extra / (many - few);
        println!(
            "  {per_unit} instructions for a {} (limit {})",
            gate.unit, gate.limit
        );
        ensure!(
            per_unit <= gate.limit,
            "a {} takes {per_unit} instructions and may take {}; make it cheaper, or raise the limit in \
             xtask/src/instructions.rs and say why",
            gate.unit,
            gate.limit
        );
    }
    Ok(())
}

fn build() -> anyhow::Result<PathBuf> {
    let args = [
        "bench",
        "--quiet",
        "--package",
        "mayfly-core",
        "--bench",
        "instructions",
        "--no-run",
        "--message-format",
        "json",
    ];
    let messages = output(cargo().args(args))?;
    let executable = messages.lines().rev().find_map(|line| {
        let path = line.split("\"executable\":\"").nth(1)?.split('"').next()?;
        Some(PathBuf::from(path))
    });
    executable.context("cargo built no benchmark")
}

/// Instructions of a whole run.
fn count(program: &PathBuf, work: &str, amount: u64) -> anyhow::Result<u64> {
    let out = std::env::temp_dir().join(format!("mayfly-callgrind-{}", std::process::id()));
    let mut valgrind: Command = command("valgrind");
    valgrind
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .args([work, &amount.to_string()]);
    output(&mut valgrind)?;
    let report = fs::read_to_string(&out).context("callgrind wrote no report")?;
    fs::remove_file(&out).context("cannot remove the report of callgrind")?;
    let total = report.lines().find_map(|line| {
        let total = line
            .strip_prefix("summary: ")
            .or_else(|| line.strip_prefix("totals: "))?;
        total.trim().parse().ok()
    });
    match total {
        Some(total) => Ok(total),
        None => bail!("the report of callgrind has no total"),
    }
}
