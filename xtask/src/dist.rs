//! The static site.

use crate::block::Block;
use crate::command::{command, finish, root, run};
use crate::weights::{self, File};
use crate::{seal, split, tools};

/// How to build.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Kind {
    /// As it is served.
    #[default]
    Whole,
    /// Quickly and large.
    Quick,
    /// As it is served; what it weighs goes into the docs.
    Write,
}

/// Builds the static site into `dist/`, and prints what it weighs.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn dist(kind: Kind) -> anyhow::Result<()> {
    tools::set_up()?;
    if kind == Kind::Quick {
        return quick();
    }
    println!("▸ building the page");
    let files = build_and_weigh()?;
    print!("\n{}", weights::listing(&files));
    if kind == Kind::Write {
        BLOCK.write(&root(), &weights::tables(&files))?;
    }
    weights::check(&files)
}

const BLOCK: Block<'_> = Block {
    file: "docs/benchmarks.md",
    name: "weights",
    command: "cargo xtask dist --write",
};

/// Builds the static site into `dist/` in a tenth of the time, ten times as large: to look at what
/// was changed, and to run single tests against it.
fn quick() -> anyhow::Result<()> {
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
/// Fails if trunk does, or if the page weighs more than it may.
pub(crate) fn build() -> anyhow::Result<()> {
    weights::check(&build_and_weigh()?)
}

fn build_and_weigh() -> anyhow::Result<Vec<File>> {
    finish(trunk().args(["build", "--release"]))?;
    weights::weigh(&root().join("dist"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_a_place_for_the_weights() {
        BLOCK.assert_exists();
    }
}
