//! Files that are there as a whole or not at all: written beside the one before, which they then replace.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` to `draft`, which then takes the place of `path`. What was there stays if it fails, and
/// nothing of the new file does: half of one is of no use, and takes room that may be missing.
///
/// # Errors
///
/// Fails if the system does.
pub(crate) fn replace(path: &Path, draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = write(draft, bytes).and_then(|()| fs::rename(draft, path));
    if written.is_err() {
        let _ = fs::remove_file(draft);
    }
    written
}

/// Until the disk has it: a rename may get there before what was written.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
