//! Measurements in a real browser. The figures go to docs/benchmarks.md by hand.

use std::path::Path;

use anyhow::ensure;

use crate::command::{cargo, root, run};
use crate::{browser, dist, tools};

/// Measures the page against the bare fetch loop in `yardstick`.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn bench(yardstick: &Path) -> anyhow::Result<()> {
    let yardstick = root().join(yardstick);
    ensure!(
        yardstick.join("loop.js").exists(),
        "there is no bare fetch loop in {}; name its folder with --yardstick",
        yardstick.display()
    );
    tools::set_up()?;
    browser::set_up_chromium()?;
    println!("▸ building the page");
    dist::build()?;
    let args = ["bench", "--package", "mayfly-tests", "--bench", "page"];
    run(
        "measuring the page",
        cargo().args(args).env("MAYFLY_YARDSTICK", yardstick),
    )
}
