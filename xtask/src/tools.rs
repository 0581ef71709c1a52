//! The tools that build the page and check it. They go to a cache of the person and not into the checkout, so
//! that another checkout finds them.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::command::{cargo, command, output, root, run};
use crate::packages;

/// A tool from a package registry; from crates.io where nothing else is said.
struct Tool {
    package: &'static str,
    version: String,
    /// One of its programs.
    program: &'static str,
    options: &'static [&'static str],
}

/// Installs what is missing for building the page: the wasm target, the tools and packages from
/// crates.io, the packages from npm.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn set_up() -> anyhow::Result<()> {
    set_up_target()?;
    for tool in tools()? {
        install(&tool)?;
    }
    install_npm_packages()?;
    // Trunk is told to download nothing, and so is the cargo that it runs.
    run(
        "fetching packages from crates.io",
        cargo().args(["fetch", "--quiet", "--locked"]),
    )
}

/// Installs the wasm target, where it is missing.
///
/// # Errors
///
/// Fails if rustup cannot.
pub(crate) fn set_up_target() -> anyhow::Result<()> {
    add_targets(&["wasm32-unknown-unknown"])
}

fn add_targets(wanted: &[&str]) -> anyhow::Result<()> {
    let targets = output(command("rustup").args(["target", "list", "--installed"]))?;
    for target in wanted {
        if !targets.lines().any(|it| it == *target) {
            run(
                &format!("adding the Rust target {target}"),
                command("rustup").args(["target", "add", target]),
            )?;
        }
    }
    Ok(())
}

/// Installs what builds the command for these targets, whatever this machine is.
///
/// # Errors
///
/// Fails if rustup cannot, if Python is missing, or if a tool cannot be installed.
pub(crate) fn set_up_linker(targets: &[&str]) -> anyhow::Result<()> {
    add_targets(targets)?;
    install_from_pypi(&linker(), &["ziglang==0.15.2"])
}

/// Where the compiler is that [`set_up_linker`] installs.
pub(crate) fn zig() -> PathBuf {
    let zig = install_folder(&linker()).join("ziglang/zig");
    zig.with_extension(env::consts::EXE_EXTENSION)
}

/// Installs what looks for mistakes of spelling and for dependencies that nothing uses.
///
/// # Errors
///
/// Fails if Python is missing, or if a tool cannot be installed.
pub(crate) fn set_up_checkers() -> anyhow::Result<()> {
    install(&dependency_checker())?;
    // Not by cargo, which would have to build it.
    install_from_pypi(&spelling_checker(), &[])
}

/// Installs what looks at licenses and sources of dependencies, and at what is known to be wrong with them.
///
/// # Errors
///
/// Fails if it cannot be built.
pub(crate) fn set_up_license_checker() -> anyhow::Result<()> {
    install(&license_checker())
}

/// Installs httpbin, an API for tests, and what serves it.
///
/// # Errors
///
/// Fails if Python is missing, or if it cannot be installed.
pub(crate) fn set_up_httpbin() -> anyhow::Result<()> {
    install_from_pypi(&httpbin(), &["gunicorn==27.0.1", "brotli==1.2.1"])
}

/// Installs a reader of the command's logs of histograms that others wrote.
///
/// # Errors
///
/// Fails if Python is missing, or if it cannot be installed.
pub(crate) fn set_up_histogram_reader() -> anyhow::Result<()> {
    install_from_pypi(&histogram_reader(), &[])
}

/// Where that reader is installed, as Python looks for it.
pub(crate) fn histogram_reader_folder() -> PathBuf {
    install_folder(&histogram_reader())
}

/// Where httpbin is installed, as Python looks for it.
pub(crate) fn httpbin_folder() -> PathBuf {
    install_folder(&httpbin())
}

/// Installs Locust, which locustfiles are compared with, and what runs the tests of `python/`.
///
/// # Errors
///
/// Fails if Python is missing, or if it cannot be installed.
pub(crate) fn set_up_locust() -> anyhow::Result<()> {
    install_from_pypi(&locust(), &["pytest==9.2.0"])
}

/// Where Locust is installed, as Python looks for it.
pub(crate) fn locust_folder() -> PathBuf {
    install_folder(&locust())
}

fn install_from_pypi(tool: &Tool, others: &[&str]) -> anyhow::Result<()> {
    if is_installed(tool) {
        return Ok(());
    }
    let has_pip = || output(command("python3").args(["-m", "pip", "--version"])).is_ok();
    let package = tool.package;
    ensure!(
        has_pip() || packages::install("pip", &["python3-pip"]) && has_pip(),
        "{package} comes as a package of Python; install Python 3 and pip"
    );
    let mut pip = command("python3");
    pip.args(["-m", "pip", "install", "--quiet"])
        .args(["--disable-pip-version-check", "--root-user-action=ignore"])
        .arg("--target")
        .arg(install_folder(tool))
        .arg(format!("{package}=={}", tool.version))
        .args(others);
    run(&format!("installing {package}"), &mut pip)
}

/// Installs cargo-fuzz, which only fuzzing needs.
///
/// # Errors
///
/// Fails if it cannot be built.
pub(crate) fn set_up_fuzzer() -> anyhow::Result<()> {
    install(&fuzzer())
}

/// Builds geckodriver, which only the tests in Firefox need.
///
/// # Errors
///
/// Fails if it cannot be built.
pub(crate) fn set_up_firefox_driver() -> anyhow::Result<()> {
    install(&firefox_driver())
}

/// From PyPI, which has it built.
fn spelling_checker() -> Tool {
    Tool {
        package: "typos",
        version: "1.52.0".to_owned(),
        program: "typos",
        options: &[],
    }
}

/// From PyPI.
fn httpbin() -> Tool {
    Tool {
        package: "httpbin",
        version: "0.10.4".to_owned(),
        program: "gunicorn",
        options: &[],
    }
}

/// From PyPI.
fn histogram_reader() -> Tool {
    Tool {
        package: "hdrhistogram",
        version: "0.10.8".to_owned(),
        program: "dump_hdrh",
        options: &[],
    }
}

/// From PyPI.
fn locust() -> Tool {
    Tool {
        package: "locust",
        version: "2.47.0".to_owned(),
        program: "locust",
        options: &[],
    }
}

fn dependency_checker() -> Tool {
    Tool {
        package: "cargo-machete",
        version: "0.9.2".to_owned(),
        program: "cargo-machete",
        options: &["--locked"],
    }
}

fn license_checker() -> Tool {
    Tool {
        package: "cargo-deny",
        version: "0.20.2".to_owned(),
        program: "cargo-deny",
        options: &["--locked"],
    }
}

fn firefox_driver() -> Tool {
    Tool {
        package: "geckodriver",
        version: "0.37.1".to_owned(),
        program: "geckodriver",
        options: &["--locked"],
    }
}

/// From PyPI, with the compiler of C that it drives.
fn linker() -> Tool {
    Tool {
        package: "cargo-zigbuild",
        version: "0.24.1".to_owned(),
        program: "cargo-zigbuild",
        options: &[],
    }
}

fn fuzzer() -> Tool {
    Tool {
        package: "cargo-fuzz",
        version: "0.13.2".to_owned(),
        program: "cargo-fuzz",
        options: &["--locked"],
    }
}

/// Where programs are looked for: the installed tools, and then what the person has.
pub(crate) fn search_path() -> OsString {
    let mut folders: Vec<PathBuf> = tools().unwrap_or_default().iter().map(bin_folder).collect();
    let others = [
        dependency_checker(),
        firefox_driver(),
        fuzzer(),
        license_checker(),
        linker(),
        spelling_checker(),
    ];
    folders.extend(others.iter().map(bin_folder));
    folders.push(root().join("web/node_modules/.bin"));
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    env::join_paths(folders).expect("the folders come from PATH or have no separator in them")
}

/// Where this repository keeps what outlives a checkout.
pub(crate) fn cache_folder() -> PathBuf {
    let variable = |name| {
        env::var_os(name)
            .filter(|it| !it.is_empty())
            .map(PathBuf::from)
    };
    let home = || env::home_dir().unwrap_or_else(env::temp_dir);
    variable("XDG_CACHE_HOME")
        .or_else(|| variable("LOCALAPPDATA"))
        .unwrap_or_else(|| home().join(".cache"))
        .join("mayfly")
}

fn tools() -> anyhow::Result<Vec<Tool>> {
    Ok(vec![
        Tool {
            package: "trunk",
            // The newest that Rust 1.95 can build.
            version: "0.21.14".to_owned(),
            program: "trunk",
            // The default features only look for newer versions of itself.
            options: &["--locked", "--no-default-features"],
        },
        Tool {
            package: "wasm-bindgen-cli",
            version: locked_version("wasm-bindgen")?,
            program: "wasm-bindgen",
            options: &[],
        },
    ])
}

fn bin_folder(tool: &Tool) -> PathBuf {
    install_folder(tool).join("bin")
}

fn install_folder(tool: &Tool) -> PathBuf {
    cache_folder()
        .join("tools")
        .join(format!("{}-{}", tool.package, tool.version))
}

fn is_installed(tool: &Tool) -> bool {
    bin_folder(tool)
        .join(tool.program)
        .with_extension(env::consts::EXE_EXTENSION)
        .exists()
}

fn install(tool: &Tool) -> anyhow::Result<()> {
    if is_installed(tool) {
        return Ok(());
    }
    let build = cache_folder().join("build");
    let start = Instant::now();
    let mut install = cargo();
    install
        .args(["install", tool.package, "--version", &tool.version])
        .args(tool.options)
        .arg("--root")
        .arg(install_folder(tool))
        // Their own profiles make small programs and take four times as long.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_TARGET_DIR", &build);
    let step = format!(
        "building {} {}, once for this machine (two to five minutes)",
        tool.package, tool.version
    );
    run(&step, &mut install)?;
    println!("  took {} s", start.elapsed().as_secs());
    // Of no further use, and large.
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

fn install_npm_packages() -> anyhow::Result<()> {
    let web = root().join("web");
    let modified = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    let installed = modified(&web.join("node_modules/.package-lock.json"));
    if installed.is_some() && modified(&web.join("package-lock.json")) <= installed {
        return Ok(());
    }
    let options = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ];
    run(
        "installing npm packages",
        command("npm").args(options).current_dir(web),
    )
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> anyhow::Result<String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let after = lock
        .split(&format!("name = \"{package}\"\nversion = \""))
        .nth(1);
    let version = after.and_then(|rest| rest.split('"').next());
    Ok(version
        .with_context(|| format!("Cargo.lock has no package {package}"))?
        .to_owned())
}
