//! Blocks of the docs that a program writes, between two comments that readers do not see.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

/// A block of a file.
pub(crate) struct Block<'a> {
    /// The file, below the top of the repository.
    pub(crate) file: &'a str,
    /// What names it in its comments.
    pub(crate) name: &'a str,
    /// The command that writes it.
    pub(crate) command: &'a str,
}

impl Block<'_> {
    /// Writes `content` into it.
    ///
    /// # Errors
    ///
    /// Fails unless the file has the two comments once.
    pub(crate) fn write(&self, root: &Path, content: &str) -> anyhow::Result<()> {
        let text = self.read(root)?;
        fs::write(root.join(self.file), self.with(&text, content)?)
            .with_context(|| format!("cannot write {}", self.file))
    }

    /// Checks that its file has a place for it.
    #[cfg(test)]
    #[track_caller]
    pub(crate) fn assert_exists(&self) {
        let text = self.read(&crate::command::root()).unwrap();
        self.with(&text, "").unwrap();
    }

    /// Checks that it has `content`.
    ///
    /// # Errors
    ///
    /// Fails if it has anything else, or if the file does not have the two comments once.
    pub(crate) fn check(&self, root: &Path, content: &str) -> anyhow::Result<()> {
        let text = self.read(root)?;
        ensure!(
            self.with(&text, content)? == text,
            "{} is not what `{}` writes; run it",
            self.file,
            self.command
        );
        Ok(())
    }

    fn read(&self, root: &Path) -> anyhow::Result<String> {
        fs::read_to_string(root.join(self.file))
            .with_context(|| format!("cannot read {}", self.file))
    }

    /// `text` with `content` in place of what the block has.
    fn with(&self, text: &str, content: &str) -> anyhow::Result<String> {
        let Self {
            file,
            name,
            command,
        } = self;
        let start = format!("<!-- {name}: written by {command} -->\n");
        let end = format!("<!-- /{name} -->");
        for comment in [&start, &end] {
            let n_comments = text.matches(comment.as_str()).count();
            ensure!(
                n_comments == 1,
                "expected `{}` once in {file}, found it {n_comments} times",
                comment.trim_end()
            );
        }
        let parts = text
            .split_once(&start)
            .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
        let (before, after) =
            parts.with_context(|| format!("expected `{end}` after its start in {file}"))?;
        Ok(format!("{before}{start}{content}{end}{after}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Block<'_> = Block {
        file: "a.md",
        name: "rooms",
        command: "cargo xtask rooms --write",
    };

    const START: &str = "<!-- rooms: written by cargo xtask rooms --write -->\n";
    const END: &str = "<!-- /rooms -->";

    #[test]
    fn what_is_between_the_comments_is_replaced() {
        let text = BLOCK.with(&format!("a\n{START}old\n{END}\nb\n"), "new\n");
        assert_eq!(text.unwrap(), format!("a\n{START}new\n{END}\nb\n"));
    }

    #[test]
    fn a_file_without_a_block_is_refused() {
        for text in [
            "",
            START,
            END,
            &format!("{START}{START}{END}"),
            &format!("{END}{START}"),
        ] {
            assert!(BLOCK.with(text, "new\n").is_err(), "{text}");
        }
    }

    #[test]
    fn a_block_with_something_else_is_found() {
        let folder = std::env::temp_dir().join(format!("mayfly-block-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.md"), format!("{START}old\n{END}")).unwrap();
        let before = BLOCK.check(&folder, "new\n");
        BLOCK.write(&folder, "new\n").unwrap();
        let after = BLOCK.check(&folder, "new\n");
        fs::remove_dir_all(&folder).unwrap();
        assert!(before.is_err());
        assert!(after.is_ok());
    }
}
