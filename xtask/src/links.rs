//! The links between the files of the docs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// Checks that every relative link in the Markdown files leads to a file that is not empty.
///
/// # Errors
///
/// Fails with all links that lead nowhere.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let mut dead = Vec::new();
    for file in markdown_files(root)? {
        let text = fs::read_to_string(&file)?;
        let folder = file.parent().context("a file is in a folder")?;
        for link in links(&text) {
            // An empty file is one that somebody forgot.
            if !fs::metadata(folder.join(link)).is_ok_and(|it| 0 < it.len()) {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    ensure!(
        dead.is_empty(),
        "links that lead nowhere:\n  {}",
        dead.join("\n  ")
    );
    Ok(())
}

fn markdown_files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in [root.to_owned(), root.join("docs")] {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "md") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// The targets of all links and pictures that are files, without their fragments.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let files = targets.filter(|it| !it.contains("://") && !it.starts_with(['#', '<']));
    files.filter_map(|it| it.split('#').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_to_files_are_found() {
        let text = "[a](docs/a.md#part) ![b](b.png) [c](https://example.org) [d](#here)";
        assert_eq!(links(text).collect::<Vec<_>>(), ["docs/a.md", "b.png"]);
    }

    #[test]
    fn a_dead_link_is_found() {
        let folder = std::env::temp_dir().join(format!("mayfly-links-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.md"), "[b](b.md)").unwrap();
        let message = check(&folder).unwrap_err().to_string();
        fs::write(folder.join("b.md"), "[a](a.md)").unwrap();
        check(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert!(message.contains("b.md"), "{message}");
    }
}
