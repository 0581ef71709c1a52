//! Fuzzing what reads text that people write, files, and messages.

use anyhow::ensure;

use crate::command::{command, root, run};
use crate::tools;

/// The fuzz targets in `core/fuzz`.
const TARGETS: [&str; 9] = [
    "plan",
    "template",
    "check",
    "threshold",
    "charset",
    "rows",
    "report",
    "frames",
    "messages",
];

/// Runs each target for `secs` seconds.
///
/// # Errors
///
/// Fails if a target finds something, which is then in `core/fuzz/artifacts`.
pub(crate) fn fuzz(secs: u32) -> anyhow::Result<()> {
    let rustup = |args: &[&str]| command("rustup").args(args).output();
    let has_nightly = rustup(&["run", "nightly", "rustc", "--version"]);
    ensure!(
        has_nightly.is_ok_and(|it| it.status.success()),
        "fuzzing needs a nightly toolchain: rustup toolchain install nightly"
    );
    tools::set_up_fuzzer()?;
    for target in TARGETS {
        // Plans begin with what the examples say.
        let corpus = root().join("core/fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus)?;
        if target == "plan" {
            for example in std::fs::read_dir(root().join("examples"))? {
                let example = example?;
                let text = std::fs::read_to_string(example.path())?;
                std::fs::write(corpus.join(example.file_name()), format!("t{text}"))?;
            }
        }
        let mut fuzz = command("rustup");
        fuzz.args(["run", "nightly", "cargo-fuzz", "run", target, "--"])
            .args([
                format!("-max_total_time={secs}"),
                "-timeout=10".to_owned(),
                "-max_len=4096".to_owned(),
            ])
            .current_dir(root().join("core"));
        run(&format!("fuzzing {target} for {secs} s"), &mut fuzz)?;
    }
    Ok(())
}
