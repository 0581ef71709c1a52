//! Every check that CI runs, the quick ones first.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::command::{cargo, command, finish, output, root};
use crate::{browser, dist, instructions, links, rooms, tools};

/// A part of a package that may not use some others.
struct Boundary {
    package: &'static str,
    target: Option<&'static str>,
    forbidden: &'static [&'static str],
    reason: &'static str,
}

const BOUNDARIES: [Boundary; 3] = [
    Boundary {
        package: "mayfly-engine",
        target: None,
        forbidden: &["tokio", "wasm-bindgen", "getrandom", "js-sys", "web-sys"],
        reason: "core and engine do no I/O and take randomness as a seed",
    },
    Boundary {
        package: "mayfly-engine",
        target: Some("wasm32-unknown-unknown"),
        forbidden: &["tokio", "wasm-bindgen", "getrandom", "js-sys", "web-sys"],
        reason: "core and engine do no I/O and take randomness as a seed",
    },
    Boundary {
        package: "mayfly-web",
        target: Some("wasm32-unknown-unknown"),
        // idb has tokio for its channels; I/O and timers of tokio would come with these.
        forbidden: &["axum", "clap", "hyper", "mio"],
        reason: "the page must stay small",
    },
];

/// A part of the checks. CI runs them beside each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    Advisories,
    Chromium,
    Dist,
    Docs,
    Firefox,
    Instructions,
    Lints,
    Native,
    Python,
    Quick,
    Units,
    Webkit,
}

impl Part {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// Fails with all names if it is none.
    pub(crate) fn parse(name: &str) -> anyhow::Result<Self> {
        let found = PARTS.into_iter().find(|(known, _)| *known == name);
        let names = || PARTS.map(|(name, _)| name).join(", ");
        let found = found.with_context(|| format!("expected {}, found {name}", names()))?;
        Ok(found.1)
    }

    /// Whether it runs where no part is named.
    fn is_usual(self) -> bool {
        !matches!(self, Self::Advisories | Self::Native)
    }

    /// Installs what it needs, where that is missing.
    fn set_up(self) -> anyhow::Result<()> {
        match self {
            Self::Chromium => {
                tools::set_up()?;
                tools::set_up_httpbin()?;
                browser::set_up_chromium()
            }
            Self::Dist => tools::set_up(),
            // The second installs what it needs by itself.
            Self::Docs | Self::Instructions => Ok(()),
            Self::Firefox => tools::set_up().and_then(|()| browser::set_up_firefox()),
            Self::Advisories => tools::set_up_license_checker(),
            Self::Lints => tools::set_up_target().and_then(|()| tools::set_up_license_checker()),
            Self::Python => tools::set_up_locust(),
            Self::Native => tools::set_up().and_then(|()| browser::set_up_chromium()),
            Self::Quick => tools::set_up_checkers(),
            Self::Units => tools::set_up_histogram_reader(),
            Self::Webkit => {
                tools::set_up()?;
                if !browser::set_up_webkit()? {
                    println!("  without WebKit: {}", browser::NO_WEBKIT);
                }
                Ok(())
            }
        }
    }
}

const PARTS: [(&str, Part); 12] = [
    ("quick", Part::Quick),
    ("lints", Part::Lints),
    ("units", Part::Units),
    ("python", Part::Python),
    ("docs", Part::Docs),
    ("instructions", Part::Instructions),
    ("dist", Part::Dist),
    ("chromium", Part::Chromium),
    ("firefox", Part::Firefox),
    ("webkit", Part::Webkit),
    ("native", Part::Native),
    ("advisories", Part::Advisories),
];

/// A check.
struct Step {
    part: Part,
    name: &'static str,
    run: fn() -> anyhow::Result<()>,
}

/// All checks, the quick ones first: a mistake of spelling should not show after twenty minutes.
const STEPS: [Step; 20] = [
    step(Part::Quick, "checking the format", check_format),
    step(Part::Quick, "checking the rooms", rooms::check),
    step(Part::Quick, "checking the spelling", check_spelling),
    step(Part::Quick, "looking for unused dependencies", check_unused),
    step(Part::Quick, "checking dependencies", check_boundaries),
    step(Part::Quick, "checking links in the docs", check_links),
    step(Part::Lints, "linting for this machine", lint_natively),
    step(Part::Lints, "linting for the browser", lint_for_browser),
    step(
        Part::Lints,
        "checking licenses and sources of dependencies",
        check_licenses,
    ),
    step(Part::Units, "testing core, web, cli and xtask", test_units),
    step(Part::Python, "testing locustfiles", test_python),
    step(Part::Docs, "building the docs", build_docs),
    step(
        Part::Instructions,
        "counting instructions",
        instructions::check,
    ),
    step(Part::Dist, "building the page", dist::build),
    step(Part::Chromium, "testing web in Chromium", test_web),
    step(
        Part::Chromium,
        "testing the product in Chromium",
        test_in_chromium,
    ),
    step(
        Part::Firefox,
        "testing the product in Firefox",
        test_in_firefox,
    ),
    step(
        Part::Webkit,
        "testing the product in WebKit",
        test_in_webkit,
    ),
    step(
        Part::Native,
        "testing the page on the native engine",
        test_on_native_engine,
    ),
    step(
        Part::Advisories,
        "looking for advisories about dependencies",
        check_advisories,
    ),
];

const fn step(part: Part, name: &'static str, run: fn() -> anyhow::Result<()>) -> Step {
    Step { part, name, run }
}

/// Runs the checks of some parts, or the usual ones if none is named; the first that fails ends them. Those in
/// browsers test the page that is in `dist/`.
///
/// # Errors
///
/// Fails with the check that failed.
pub(crate) fn run(parts: &[Part]) -> anyhow::Result<()> {
    let is_wanted = |part: Part| parts.contains(&part) || (parts.is_empty() && part.is_usual());
    let mut times = Times::default();
    // First, so that a browser that is missing does not show after twenty minutes.
    times.take("setting up", || {
        let mut wanted = PARTS.into_iter().filter(|(_, part)| is_wanted(*part));
        wanted.try_for_each(|(_, part)| part.set_up())
    })?;
    for step in STEPS.iter().filter(|it| is_wanted(it.part)) {
        times.take(step.name, step.run)?;
    }
    print!("{}", times.table());
    println!("all checks passed");
    Ok(())
}

/// How long each step took.
#[derive(Default)]
struct Times(Vec<(&'static str, Duration)>);

impl Times {
    /// Runs a step, and says so and how long it took.
    fn take(
        &mut self,
        name: &'static str,
        run: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        println!("▸ {name}");
        let start = Instant::now();
        run().context(name)?;
        let time = start.elapsed();
        println!("  took {:.1} s", time.as_secs_f64());
        self.0.push((name, time));
        Ok(())
    }

    /// All of them, and their sum.
    fn table(&self) -> String {
        let sum = self.0.iter().map(|(_, time)| *time).sum();
        let rows = self.0.iter().copied().chain([("in all", sum)]);
        rows.map(|(name, time)| format!("{:>9.1} s  {name}\n", time.as_secs_f64()))
            .collect()
    }
}

fn test_in_chromium() -> anyhow::Result<()> {
    test_in("chromium", &[], &[], &[])
}

/// Not all tests, for the time they take.
fn test_in_firefox() -> anyhow::Result<()> {
    let filters = [
        "charts::",
        "helpers::",
        "history::",
        "results::",
        "swarm::",
        "trial::",
    ];
    test_in("firefox", E2E, &filters, &[])
}

fn test_in_webkit() -> anyhow::Result<()> {
    if !browser::set_up_webkit()? {
        println!("  not tested in WebKit: {}", browser::NO_WEBKIT);
        return Ok(());
    }
    // `looks` could not be among them: MiniBrowser is never dark.
    test_in("webkit", E2E, &["helpers::", "results::", "swarm::"], &[])
}

/// The tests of runs, as they are in Chromium, with the command as the engine of the page.
fn test_on_native_engine() -> anyhow::Result<()> {
    let filters = ["charts::", "controls::", "history::", "load::", "swarm::"];
    test_in("chromium", E2E, &filters, &[("MAYFLY_ENGINE", "native")])
}

const E2E: &[&str] = &["--test", "e2e"];

/// Runs those end-to-end tests of `targets` in a browser that a filter names; all, if there is no
/// filter; `variables` are of the environment. One browser after the other: two that share the
/// machine would only disturb each other.
fn test_in(
    browser: &str,
    targets: &[&str],
    filters: &[&str],
    variables: &[(&str, &str)],
) -> anyhow::Result<()> {
    ensure!(
        root().join("dist/index.html").exists(),
        "expected the page in dist/, found none; build it first, with `cargo xtask dist` or \
         `cargo xtask test dist {browser}`"
    );
    // With the page inside, which was not there when it was built for its own tests.
    finish(cargo().args(["build", "--package", "mayfly"]))?;
    let mut tests = cargo();
    tests
        .args(["test", "--package", "mayfly-tests"])
        .args(targets)
        .args(["--", "--test-threads=2"])
        .args(filters)
        .env("MAYFLY_BROWSER", browser)
        .envs(variables.iter().copied())
        .env("MAYFLY_HTTPBIN", tools::httpbin_folder());
    finish(&mut tests)
}

/// What runs locustfiles, by itself and compared with Locust.
fn test_python() -> anyhow::Result<()> {
    let mut tests = command("python3");
    tests
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])
        .arg(root().join("python/tests"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONPATH", tools::locust_folder());
    finish(&mut tests)
}

/// The tests of web that need a browser.
fn test_web() -> anyhow::Result<()> {
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
    finish(&mut tests)
}

fn check_format() -> anyhow::Result<()> {
    finish(cargo().args(["fmt", "--all", "--check"]))
}

/// `_typos.toml` has what is no mistake.
fn check_spelling() -> anyhow::Result<()> {
    finish(command("typos").args(["--format", "brief"]))
}

fn check_unused() -> anyhow::Result<()> {
    finish(&mut command("cargo-machete"))
}

fn check_boundaries() -> anyhow::Result<()> {
    BOUNDARIES.iter().try_for_each(check_boundary)
}

fn check_links() -> anyhow::Result<()> {
    links::check(&root())
}

fn lint_natively() -> anyhow::Result<()> {
    finish(cargo().args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-Dwarnings",
    ]))
}

fn lint_for_browser() -> anyhow::Result<()> {
    finish(cargo().args([
        "clippy",
        "--quiet",
        "--package",
        "mayfly-web",
        "--all-targets",
        "--target",
        "wasm32-unknown-unknown",
        "--",
        "-Dwarnings",
    ]))
}

/// `deny.toml` has what is allowed.
fn check_licenses() -> anyhow::Result<()> {
    let checks = ["licenses", "sources", "bans"];
    let mut deny = command("cargo-deny");
    deny.args(["--locked", "--offline", "check", "--hide-inclusion-graph"])
        .args(checks);
    finish(&mut deny)
}

/// Needs the network, and fails by what others write: it runs only if it is named.
fn check_advisories() -> anyhow::Result<()> {
    finish(command("cargo-deny").args(["--locked", "check", "advisories"]))
}

fn test_units() -> anyhow::Result<()> {
    let mut tests = cargo();
    tests
        .args([
            "test",
            "--quiet",
            "--workspace",
            "--exclude",
            "mayfly-tests",
        ])
        .env("MAYFLY_HDRHISTOGRAM", tools::histogram_reader_folder());
    finish(&mut tests)
}

fn build_docs() -> anyhow::Result<()> {
    finish(cargo().env("RUSTDOCFLAGS", "-Dwarnings").args([
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--all-features",
    ]))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stand_in_the_order_of_their_parts() {
        let place = |step: &Step| PARTS.iter().position(|(_, part)| *part == step.part);
        assert!(STEPS.iter().is_sorted_by_key(place));
        let has_steps = |part: Part| STEPS.iter().any(|it| it.part == part);
        assert!(PARTS.iter().all(|(_, part)| has_steps(*part)));
    }

    #[test]
    fn ci_runs_every_part() {
        let workflow = include_str!("../../.github/workflows/ci.yml");
        let jobs = workflow
            .split("parts: ")
            .skip(1)
            .filter_map(|it| it.split(',').next());
        let found: Vec<&str> = jobs.flat_map(|it| it.split(' ')).collect();
        for (name, _) in PARTS {
            assert!(found.contains(&name), "{name} is not in {found:?}");
        }
    }

    #[test]
    fn a_part_is_known_by_its_name() {
        assert_eq!(Part::parse("webkit").unwrap(), Part::Webkit);
        let message = Part::parse("opera").unwrap_err().to_string();
        assert!(message.ends_with("advisories, found opera"), "{message}");
    }

    #[test]
    fn times_are_listed_and_added_up() {
        let times = Times(vec![
            ("a", Duration::from_millis(1_230)),
            ("b", Duration::from_secs(100)),
        ]);
        assert_eq!(
            times.table(),
            "      1.2 s  a\n    100.0 s  b\n    101.2 s  in all\n"
        );
    }
}
