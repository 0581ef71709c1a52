//! The command as one file that runs on any Linux: linked with nothing, with the page inside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};

use crate::block::Block;
use crate::command::{built_program, cargo, command, output, root, run};
use crate::weights::{grouped, gzip_bytes};
use crate::{dist, tools};

/// What to build, and what to do with it.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// All of [`TARGETS`] if there are none.
    pub(crate) targets: Vec<String>,
    /// The tag that it is released as.
    pub(crate) tag: Option<String>,
    /// Whether what the files weigh goes into the docs.
    pub(crate) write: bool,
}

/// What is released.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];

const BLOCK: Block<'_> = Block {
    file: "docs/benchmarks.md",
    name: "release",
    command: "cargo xtask release --write",
};

/// A file that was built.
struct Binary {
    name: String,
    bytes: usize,
    gzip_bytes: usize,
    sha256: String,
}

/// Builds the page, and the command with it for each target, into `release/`, with their checksums
/// and a table of what they weigh.
///
/// # Errors
///
/// Fails with the step that failed, if a binary needs a library, or if the tag is not the version.
pub(crate) fn release(options: &Options) -> anyhow::Result<()> {
    let targets = targets(&options.targets)?;
    if let Some(tag) = &options.tag {
        check_tag(tag, &version()?)?;
    }
    tools::set_up()?;
    tools::set_up_linker(&targets)?;
    println!("▸ building the page");
    dist::build()?;
    let folder = root().join("release");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot empty the folder release")?;
    }
    fs::create_dir(&folder).context("cannot make the folder release")?;
    let mut binaries = Vec::new();
    for target in targets {
        println!("▸ building the command for {target}");
        let built = build(target)?;
        let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
        check_static(&bytes).with_context(|| format!("for {target}"))?;
        let binary = Binary::new(target, &bytes)?;
        fs::copy(&built, folder.join(&binary.name)).context("cannot write to release")?;
        binaries.push(binary);
    }
    fs::write(folder.join("SHA256SUMS"), sums(&binaries)).context("cannot write to release")?;
    run_own(&folder)?;
    let table = table(&binaries);
    print!("\n{table}");
    if options.write {
        BLOCK.write(&root(), &table)?;
    }
    // GitHub names the file that its page of the job shows.
    match std::env::var_os("GITHUB_STEP_SUMMARY") {
        Some(summary) => fs::write(summary, table).context("cannot write the summary"),
        None => Ok(()),
    }
}

fn targets(wanted: &[String]) -> anyhow::Result<Vec<&'static str>> {
    let known = |name: &String| {
        let found = TARGETS.into_iter().find(|it| it == name);
        found.with_context(|| format!("expected {}, found {name}", TARGETS.join(" or ")))
    };
    match wanted {
        [] => Ok(TARGETS.to_vec()),
        wanted => wanted.iter().map(known).collect(),
    }
}

/// The version that all packages have.
fn version() -> anyhow::Result<String> {
    let id = output(cargo().args(["pkgid", "--package", "mayfly"]))?;
    let version = id.trim().rsplit(['#', '@']).next();
    Ok(version.context("cargo names no version")?.to_owned())
}

fn check_tag(tag: &str, version: &str) -> anyhow::Result<()> {
    ensure!(
        tag.strip_prefix('v') == Some(version),
        "expected the tag v{version}, found {tag}; the version is in Cargo.toml"
    );
    Ok(())
}

/// Builds the command, and returns where it is. Zig compiles its parts in C and links it, for any
/// target on any machine.
fn build(target: &str) -> anyhow::Result<PathBuf> {
    let mut zigbuild: Command = command("cargo-zigbuild");
    zigbuild
        .args(["zigbuild", "--release", "--locked", "--package", "mayfly"])
        .args(["--target", target, "--message-format", "json"])
        .env("CARGO_ZIGBUILD_ZIG_PATH", tools::zig())
        .env_remove("MAYFLY_PAGE")
        // The profile itself leaves names in, which the page's build needs.
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    let messages = output(&mut zigbuild)?;
    built_program(&messages).context("cargo built no command")
}

impl Binary {
    fn new(target: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let sum = Sha256::digest(bytes);
        Ok(Self {
            name: format!("mayfly-{target}"),
            bytes: bytes.len(),
            gzip_bytes: gzip_bytes(bytes)?,
            sha256: sum.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }
}

/// As `sha256sum --check` reads it.
fn sums(binaries: &[Binary]) -> String {
    let line = |it: &Binary| format!("{}  {}\n", it.sha256, it.name);
    binaries.iter().map(line).collect()
}

/// What they weigh as a table of Markdown.
fn table(binaries: &[Binary]) -> String {
    let mut table = "| binary | bytes | gzip -9 |\n|---|---|---|\n".to_owned();
    for binary in binaries {
        table += &format!(
            "| `{}` | **{}** | {} |\n",
            binary.name,
            grouped(binary.bytes),
            grouped(binary.gzip_bytes)
        );
    }
    table
}

/// Checks that a program needs no other file to run.
///
/// # Errors
///
/// Fails if it names a loader of libraries, or is no 64-bit program of Linux with its low bytes first.
fn check_static(elf: &[u8]) -> anyhow::Result<()> {
    const INTERPRETER: u64 = 3;
    ensure!(
        elf.starts_with(b"\x7fELF\x02\x01"),
        "expected a program of Linux with 64 bits"
    );
    let number = |at: u64, n_bytes: usize| {
        let at = usize::try_from(at).ok()?;
        let bytes = elf.get(at..at.checked_add(n_bytes)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, &it| sum << 8 | u64::from(it)),
        )
    };
    // Where the headers of its segments are, how large each is, and how many there are.
    let (start, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    for index in 0..count.context(TORN)? {
        let offset = index * size.context(TORN)?;
        let at = start.and_then(|start| start.checked_add(offset));
        let kind = at.and_then(|at| number(at, 4)).context(TORN)?;
        ensure!(
            kind != INTERPRETER,
            "expected a program that needs no libraries, found one that names their loader"
        );
    }
    Ok(())
}

const TORN: &str = "the program has no headers of segments where it says";

/// Runs the binary for this machine, if there is one.
fn run_own(folder: &Path) -> anyhow::Result<()> {
    let name = format!("mayfly-{}-unknown-linux-musl", std::env::consts::ARCH);
    let binary = folder.join(name);
    if !cfg!(target_os = "linux") || !binary.exists() {
        return Ok(());
    }
    run(
        "running it",
        command(&binary.to_string_lossy()).arg("--version"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_a_place_for_what_is_released() {
        BLOCK.assert_exists();
    }

    #[test]
    fn the_workflow_runs_the_command_with_the_tag() {
        let workflow = include_str!("../../.github/workflows/release.yml");
        assert!(workflow.contains("tags: [\"v*\"]"));
        assert!(workflow.contains("cargo xtask release --tag \"$GITHUB_REF_NAME\""));
    }

    #[test]
    fn every_target_is_built_unless_some_are_named() {
        assert_eq!(targets(&[]).unwrap(), TARGETS);
        assert_eq!(targets(&[TARGETS[1].to_owned()]).unwrap(), [TARGETS[1]]);
        let message = targets(&["wasm32".to_owned()]).unwrap_err().to_string();
        assert!(message.ends_with("linux-musl, found wasm32"), "{message}");
    }

    #[test]
    fn the_tag_is_the_version() {
        assert!(check_tag("v0.1.0", &version().unwrap()).is_ok());
        for tag in ["0.1.0", "v0.1.0-rc1", "v"] {
            let message = check_tag(tag, "0.1.0").unwrap_err().to_string();
            assert!(
                message.starts_with("expected the tag v0.1.0, found"),
                "{message}"
            );
        }
    }

    #[test]
    fn sums_are_as_sha256sum_checks_them() {
        let binaries = [Binary::new("x", b"abc").unwrap()];
        let expected =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  mayfly-x\n";
        assert_eq!(sums(&binaries), expected);
        assert_eq!(
            table(&binaries).lines().last(),
            Some("| `mayfly-x` | **3** | 23 |")
        );
    }

    /// The beginning of a program with a segment of each of these kinds.
    fn program(kinds: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 0x40];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bytes[0x20], bytes[0x36], bytes[0x38]) = (0x40, 8, kinds.len() as u8);
        for &kind in kinds {
            bytes.extend([kind, 0, 0, 0, 0, 0, 0, 0]);
        }
        bytes
    }

    #[test]
    fn a_program_with_a_loader_is_not_static() {
        assert!(check_static(&program(&[1, 2, 6])).is_ok());
        for bytes in [
            &program(&[1, 3])[..],
            b"\x7fELF\x02\x01",
            b"MZ",
            &program(&[1])[..0x42],
        ] {
            assert!(check_static(bytes).is_err(), "{bytes:?}");
        }
    }
}
