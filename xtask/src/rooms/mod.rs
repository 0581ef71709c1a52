//! Rooms: the top-level modules of a package. `rooms.toml` puts them on floors, and one may use
//! those on lower floors only.
//!
//! The code is parsed, not compiled. So an arrow is something that is named: a method of a value that
//! comes from another room is none.

mod arrows;
mod drawing;
mod findings;
mod package;
mod references;
mod resolve;
mod table;
#[cfg(test)]
mod testing;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::block::Block;
use crate::command::root;

use self::arrows::PackageArrows;
use self::package::Package;
use self::table::{Floors, Table};

/// What to check, and what to do with the drawing.
pub(crate) struct Options {
    /// The top of the repository.
    pub(crate) root: PathBuf,
    /// The table; `rooms.toml` at the top unless there is another.
    pub(crate) table: Option<PathBuf>,
    /// Whether to write the drawing into ARCHITECTURE.md.
    pub(crate) write: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            root: root(),
            table: None,
            write: false,
        }
    }
}

/// The packages that have rooms, as far as they exist.
const PACKAGES: [&str; 4] = ["core", "engine", "web", "cli"];

const BLOCK: Block<'_> = Block {
    file: "ARCHITECTURE.md",
    name: "rooms",
    command: "cargo xtask rooms --write",
};

/// Draws the rooms, and checks them against the table and the drawing against ARCHITECTURE.md.
///
/// # Errors
///
/// Fails with all that is wrong, or if a file cannot be read.
pub(crate) fn rooms(options: &Options) -> anyhow::Result<()> {
    let (drawing, findings) = examine(options)?;
    println!("{drawing}");
    refuse(&findings)?;
    match (&options.table, options.write) {
        (_, true) => BLOCK.write(&options.root, &fenced(&drawing)),
        (None, false) => BLOCK.check(&options.root, &fenced(&drawing)),
        // The drawing is of another table than the file is.
        (Some(_), false) => Ok(()),
    }
}

/// As [`rooms`], without drawing.
///
/// # Errors
///
/// Fails as [`rooms`] does.
pub(crate) fn check() -> anyhow::Result<()> {
    let options = Options::default();
    let (drawing, findings) = examine(&options)?;
    refuse(&findings)?;
    BLOCK.check(&options.root, &fenced(&drawing))
}

fn fenced(drawing: &str) -> String {
    format!("```text\n{drawing}```\n")
}

/// The drawing of all packages, and all that is wrong with them.
fn examine(options: &Options) -> anyhow::Result<(String, Vec<String>)> {
    let path = options.root.join("rooms.toml");
    let path = options.table.as_ref().unwrap_or(&path);
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let table = table::parse(&text).with_context(|| path.display().to_string())?;
    let mut findings = package_findings(&options.root, &table);
    let mut drawings = Vec::new();
    let none = Floors::default();
    for folder in PACKAGES.into_iter().filter(|it| exists(&options.root, it)) {
        let floors = table.get(folder).unwrap_or(&none);
        let package = Package::read(&options.root, folder)?;
        let arrows = PackageArrows::of(&package);
        drawings.push(drawing::draw(&package, &arrows, floors));
        findings.extend(findings::find(&package, &arrows, floors));
    }
    Ok((drawings.join("\n"), findings))
}

fn package_findings(root: &Path, table: &Table) -> Vec<String> {
    let unknown = |it: &&String| !PACKAGES.contains(&it.as_str()) || !exists(root, it);
    let unknown = table.keys().filter(unknown);
    unknown
        .map(|it| format!("rooms.toml: there is no package {it} that has rooms; take it out"))
        .collect()
}

fn exists(root: &Path, folder: &str) -> bool {
    root.join(folder).join("src").is_dir()
}

fn refuse(findings: &[String]) -> anyhow::Result<()> {
    ensure!(
        findings.is_empty(),
        "{} findings in the rooms:\n  {}",
        findings.len(),
        findings.join("\n  ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_have_a_place_for_the_drawing() {
        BLOCK.assert_exists();
    }
}
