//! Every check that CI runs, the quick ones first.

use std::process::Command;
use std::time::Instant;

use anyhow::ensure;

use crate::command::{cargo, output, root, run};
use crate::{browser, dist, instructions, links, tools};

/// A part of a package that may not use some others.
struct Boundary {
    package: &'static str,
    target: Option<&'static str>,
    forbidden: &'static [&'static str],
    reason: &'static str,
}

const BOUNDARIES: [Boundary; 3] = [
    Boundary {
        package: "mayfly-core",
        target: None,
        forbidden: &["tokio", "wasm-bindgen", "getrandom", "js-sys", "web-sys"],
        reason: "core does no I/O and takes its randomness from a seed",
    },
    Boundary {
        package: "mayfly-core",
        target: Some("wasm32-unknown-unknown"),
        forbidden: &["tokio", "wasm-bindgen", "getrandom", "js-sys", "web-sys"],
        reason: "core does no I/O and takes its randomness from a seed",
    },
    Boundary {
        package: "mayfly-web",
        target: Some("wasm32-unknown-unknown"),
        // idb has tokio for its channels; I/O and timers of tokio would come with these.
        forbidden: &["axum", "clap", "hyper", "mio"],
        reason: "the page must stay small",
    },
];

/// Runs all checks; the first that fails ends them.
///
/// # Errors
///
/// Fails with the check that failed.
pub(crate) fn run_all() -> anyhow::Result<()> {
    let start = Instant::now();
    tools::set_up()?;
    browser::set_up()?;
    lints()?;
    run(
        "testing core, web, cli and xtask",
        cargo().args([
            "test",
            "--quiet",
            "--workspace",
            "--exclude",
            "mayfly-tests",
        ]),
    )?;
    println!("▸ checking dependencies");
    BOUNDARIES.iter().try_for_each(check_boundary)?;
    run(
        "building the docs",
        cargo().env("RUSTDOCFLAGS", "-Dwarnings").args([
            "doc",
            "--quiet",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--all-features",
        ]),
    )?;
    println!("▸ checking links in the docs");
    links::check(&root())?;
    println!("▸ counting instructions");
    instructions::check()?;
    dist::build()?;
    run("testing web in Chromium", &mut web_tests())?;
    test_in_browsers()?;
    println!("all checks passed in {} s", start.elapsed().as_secs());
    Ok(())
}

/// Runs the end-to-end tests, in one browser after the other: two that share the machine would
/// only disturb each other.
fn test_in_browsers() -> anyhow::Result<()> {
    test_in("Chromium", &[], &[])?;
    // Not all, for the time it takes.
    let filters = [
        "charts::",
        "helpers::",
        "history::",
        "results::",
        "shell::",
        "swarm::",
        "trial::",
    ];
    test_in("Firefox", E2E, &filters)?;
    if !browser::set_up_webkit()? {
        println!("  not tested in WebKit: {}", browser::NO_WEBKIT);
        return Ok(());
    }
    // `looks` could not be among them: MiniBrowser is never dark.
    test_in("WebKit", E2E, &["helpers::", "results::", "swarm::"])
}

const E2E: &[&str] = &["--test", "e2e"];

/// Runs those tests of `targets` in a browser that a filter names; all, if there is no filter.
fn test_in(browser: &str, targets: &[&str], filters: &[&str]) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut tests = cargo();
    tests
        .args(["test", "--package", "mayfly-tests"])
        .args(targets)
        .args(["--", "--test-threads=2"])
        .args(filters)
        .env("MAYFLY_BROWSER", browser.to_lowercase());
    run(&format!("testing the product in {browser}"), &mut tests)?;
    println!("  took {} s", start.elapsed().as_secs());
    Ok(())
}

/// The tests of web that need a browser.
fn web_tests() -> Command {
    let mut tests = cargo();
    tests
        .args([
            "test",
            "--package",
            "mayfly-web",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .args(["--test", "engine", "--test", "golden", "--test", "page"])
        .env("CHROMEDRIVER", "chromedriver")
        // In seconds; a browser starts slowly where something else is going on.
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    tests
}

fn lints() -> anyhow::Result<()> {
    run(
        "checking the format",
        cargo().args(["fmt", "--all", "--check"]),
    )?;
    run(
        "linting for this machine",
        cargo().args([
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-Dwarnings",
        ]),
    )?;
    run(
        "linting for the browser",
        cargo().args([
            "clippy",
            "--quiet",
            "--package",
            "mayfly-web",
            "--all-targets",
            "--target",
            "wasm32-unknown-unknown",
            "--",
            "-Dwarnings",
        ]),
    )
}

fn check_boundary(boundary: &Boundary) -> anyhow::Result<()> {
    let Boundary {
        package,
        target,
        forbidden,
        reason,
    } = boundary;
    let mut tree = cargo();
    tree.args([
        "tree",
        "--package",
        package,
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    if let Some(target) = target {
        tree.args(["--target", target]);
    }
    let tree = output(&mut tree)?;
    for name in *forbidden {
        let found = tree
            .lines()
            .any(|line| line.split(' ').next() == Some(name));
        ensure!(!found, "{package} must not depend on {name}: {reason}");
    }
    Ok(())
}
