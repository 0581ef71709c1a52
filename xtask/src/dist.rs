//! The static site.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::command::{command, finish, root, run};
use crate::{seal, split, tools};

/// Builds the static site into `dist/`, and prints what it weighs.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn dist() -> anyhow::Result<()> {
    tools::set_up()?;
    println!("▸ building the page");
    build()?;
    let (later, page): (Vec<File>, Vec<File>) = files()?.into_iter().partition(File::is_later);
    println!();
    println!("    bytes   gzip -9");
    print(&page, "before the page is drawn");
    print(&later, "afterwards");
    Ok(())
}

/// The most that is loaded before the page is drawn, as gzip -9 packs it. Something that was loaded
/// later and is named by what draws the form makes it a third more at once.
const MAX_GZIP_BYTES: usize = 300_000;

/// Builds the static site into `dist/` in a tenth of the time, ten times as large: to look at what
/// was changed, and to run single tests against it.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn quick() -> anyhow::Result<()> {
    tools::set_up()?;
    let mut build = trunk();
    build.env("TRUNK_BUILD_CARGO_PROFILE", "page-quick");
    // In one piece.
    build
        .env_remove("TRUNK_BUILD_FEATURES")
        .env_remove(seal::SPLIT);
    run("building the page, large", build.arg("build"))
}

/// Builds without installing tools, and without a word.
///
/// # Errors
///
/// Fails if trunk does, or if more than [`MAX_GZIP_BYTES`] are loaded before the page is drawn.
pub(crate) fn build() -> anyhow::Result<()> {
    finish(trunk().args(["build", "--release"]))?;
    let files = files()?;
    let before = files.iter().filter(|it| !it.is_later());
    let before: usize = before.map(|it| it.gzip_bytes).sum();
    ensure!(
        before <= MAX_GZIP_BYTES,
        "expected at most {MAX_GZIP_BYTES} bytes before the page is drawn, found {before}; \
         web/src/later.rs has what the form needs, and what is loaded later"
    );
    Ok(())
}

/// Trunk, which neither downloads anything nor asks for newer versions.
pub(crate) fn trunk() -> std::process::Command {
    let mut trunk = command("trunk");
    trunk
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        .env("TRUNK_OFFLINE", "true");
    // Small rather than fast, as Cargo.toml says, whether built or served.
    trunk.env("TRUNK_BUILD_CARGO_PROFILE", "page");
    // The hook `cargo xtask seal` gets the environment, too.
    trunk
        .env("TRUNK_BUILD_FEATURES", split::FEATURE)
        .env(seal::SPLIT, "true");
    // Trunk takes `NO_COLOR=1`, which many set, for a wrong value of a flag.
    trunk.env_remove("NO_COLOR").env("TRUNK_COLOR", "never");
    trunk
}

/// A file of the site.
struct File {
    name: String,
    bytes: usize,
    gzip_bytes: usize,
}

impl File {
    /// Whether the page is drawn before it is loaded.
    fn is_later(&self) -> bool {
        let starts = [
            "manifest.webmanifest",
            "mayfly-engine",
            "mayfly-later",
            "sw",
            "uPlot",
            "worker.js",
        ];
        starts.iter().any(|it| self.name.starts_with(it))
    }
}

fn print(files: &[File], when: &str) {
    for file in files {
        println!("{:>9} {:>9}  {}", file.bytes, file.gzip_bytes, file.name);
    }
    let total: usize = files.iter().map(|it| it.gzip_bytes).sum();
    println!("{:>9} {total:>9}  {when}", "");
}

fn files() -> anyhow::Result<Vec<File>> {
    let dist = root().join("dist");
    let entries = fs::read_dir(&dist).context("cannot read dist/")?;
    let paths: Result<Vec<_>, _> = entries.map(|it| it.map(|it| it.path())).collect();
    let mut files = paths?
        .iter()
        .map(|path| weigh(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    files.sort_by_key(|file| std::cmp::Reverse(file.gzip_bytes));
    Ok(files)
}

fn weigh(path: &Path) -> anyhow::Result<File> {
    let bytes = fs::read(path)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(File {
        name,
        bytes: bytes.len(),
        gzip_bytes: gzip.finish()?.len(),
    })
}
