//! Instructions that scheduling and statistics take, counted by callgrind: the gate against
//! regressions. Unlike times, the counts do not depend on what else the machine does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::block::Block;
use crate::command::{built_program, cargo, command, exists, output, root};
use crate::packages;
use crate::weights::grouped;

/// A cost that must not grow.
struct Gate {
    /// Whose benchmark `instructions` does the work.
    package: &'static str,
    work: &'static str,
    /// What is divided by, in words.
    unit: &'static str,
    amounts: [u64; 2],
    /// Instructions for one unit: the measured figure and a tenth.
    limit: u64,
}

const GATES: [Gate; 2] = [
    Gate {
        package: "mayfly-core",
        work: "requests",
        unit: "request at 1,000 users",
        amounts: [10_000, 60_000],
        limit: 3_400,
    },
    Gate {
        package: "mayfly-core",
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
    count_all().map(drop)
}

/// As [`check`], and writes the figures into the docs.
///
/// # Errors
///
/// Fails as [`check`] does, or if the docs cannot be written.
pub(crate) fn write() -> anyhow::Result<()> {
    let counts = count_all()?.context("nothing was counted, so nothing is written")?;
    BLOCK.write(&root(), &table(counts))
}

const BLOCK: Block<'_> = Block {
    file: "docs/benchmarks.md",
    name: "instructions",
    command: "cargo xtask instructions --write",
};

/// Instructions for one unit of each gate; `None` where they cannot be counted.
fn count_all() -> anyhow::Result<Option<[u64; GATES.len()]>> {
    if !exists("valgrind") && !packages::install("valgrind", &["valgrind"]) {
        ensure!(
            !cfg!(target_os = "linux"),
            "counting instructions needs valgrind; install it with your package manager"
        );
        println!("  not counted: valgrind is for Linux");
        return Ok(None);
    }
    let mut counts = [0; GATES.len()];
    for (gate, counted) in GATES.iter().zip(&mut counts) {
        *counted = gate.count(&build(gate.package)?)?;
    }
    Ok(Some(counts))
}

impl Gate {
    /// Counts instructions for one unit, prints the figure, and compares it with the limit.
    fn count(&self, program: &Path) -> anyhow::Result<u64> {
        let [few, many] = self.amounts;
        let extra = count(program, self.work, many)? - count(program, self.work, few)?;
        let per_unit = extra / (many - few);
        let Self { unit, limit, .. } = self;
        println!("  {per_unit} instructions for a {unit} (limit {limit})");
        ensure!(
            per_unit <= *limit,
            "a {unit} takes {per_unit} instructions and may take {limit}; make it cheaper, or raise \
             the limit in xtask/src/instructions.rs and say why"
        );
        Ok(per_unit)
    }
}

/// The figures as a table of Markdown.
fn table(counts: [u64; GATES.len()]) -> String {
    let mut table = "| | instructions | limit |\n|---|---|---|\n".to_owned();
    for (gate, counted) in GATES.iter().zip(counts) {
        table += &format!(
            "| a {} | **{}** | {} |\n",
            gate.unit,
            grouped(counted),
            grouped(gate.limit)
        );
    }
    table
}

fn build(package: &str) -> anyhow::Result<PathBuf> {
    let args = [
        "bench",
        "--quiet",
        "--package",
        package,
        "--bench",
        "instructions",
        "--no-run",
        "--message-format",
        "json",
    ];
    let messages = output(cargo().args(args))?;
    built_program(&messages).context("cargo built no benchmark")
}

/// Instructions of a whole run.
fn count(program: &Path, work: &str, amount: u64) -> anyhow::Result<u64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_a_place_for_the_counts() {
        BLOCK.assert_exists();
    }

    #[test]
    fn the_docs_get_counts_and_limits() {
        let expected = "\
| | instructions | limit |
|---|---|---|
| a request at 1,000 users | **3,100** | 3,400 |
| a snapshot and merge of 100 rows | **55,000,000** | 61,000,000 |
";
        assert_eq!(table([3_100, 55_000_000]), expected);
    }
}
