//! Measurements of the whole product. The figures go to docs/benchmarks.md by hand.

mod native;

use std::path::{Path, PathBuf};

use anyhow::ensure;

pub(crate) use self::native::{Options as NativeOptions, Rivals};
use crate::command::{cargo, root, run};
use crate::{browser, dist, tools};

/// What is measured.
pub(crate) enum Bench {
    /// How true the numbers of the page and the command are, and those of other generators.
    Accuracy,
    /// How fast the command is, against other load generators or against Locust.
    Native(Rivals, NativeOptions),
    /// What the page costs, against the bare fetch loop in a folder.
    Page { yardstick: PathBuf },
    /// Whether the rate and the memory of the page stay what they are, for so many minutes.
    Soak { minutes: u32 },
}

/// Measures, and prints the figures.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn bench(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Accuracy => accuracy(),
        Bench::Native(rivals, options) => native::bench(*rivals, options),
        Bench::Page { yardstick } => page(yardstick),
        Bench::Soak { minutes } => soak(*minutes),
    }
}

fn accuracy() -> anyhow::Result<()> {
    let args = ["bench", "--package", "mayfly", "--bench", "accuracy"];
    run("measuring the command", cargo().args(args))?;
    tools::set_up_locust()?;
    tools::set_up()?;
    println!("▸ building the page");
    dist::build()?;
    let args = ["build", "--release", "--package", "mayfly"];
    run("building the command", cargo().args(args))?;
    browser::set_up_chromium()?;
    browser::set_up_firefox()?;
    for browser in ["chromium", "firefox"] {
        let mut bench = cargo();
        bench.args(["bench", "--package", "mayfly-tests", "--bench", "accuracy"]);
        bench.env("MAYFLY_LOCUST", tools::locust_folder());
        bench.env("MAYFLY_BROWSER", browser);
        run("comparing generators", &mut bench)?;
    }
    Ok(())
}

fn soak(minutes: u32) -> anyhow::Result<()> {
    build_for_chromium()?;
    let mut bench = cargo();
    bench.args(["bench", "--package", "mayfly-tests", "--bench", "soak"]);
    bench.env("MAYFLY_SOAK_MINUTES", minutes.to_string());
    run("watching a long run", &mut bench)
}

fn build_for_chromium() -> anyhow::Result<()> {
    tools::set_up()?;
    browser::set_up_chromium()?;
    println!("▸ building the page");
    dist::build()?;
    Ok(())
}

fn page(yardstick: &Path) -> anyhow::Result<()> {
    let yardstick = root().join(yardstick);
    ensure!(
        yardstick.join("loop.js").exists(),
        "there is no bare fetch loop in {}; name its folder with --yardstick",
        yardstick.display()
    );
    build_for_chromium()?;
    let args = ["bench", "--package", "mayfly-tests", "--bench", "page"];
    run(
        "measuring the page",
        cargo().args(args).env("MAYFLY_YARDSTICK", yardstick),
    )
}
