//! The last step of building the page, which trunk calls: what may run in it, and which files are its
//! own.
//!
//! A content security policy in `index.html` lets the page run its own files alone. Trunk starts the
//! page by an inline script with hashed names in it, so its hash is written into the policy here.
//! Reaching out stays open: whatever host a person names is loaded.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::weights::without_hash;
use crate::{hashes, python, shrink, split, styles};

/// Set where the two programs are to be split and to be small.
pub(crate) const SPLIT: &str = "MAYFLY_SPLIT";

/// Splits and shrinks the page, names its one inline script, which starts it, in its content security policy, and
/// its files in its service worker.
///
/// # Errors
///
/// Fails unless trunk calls it, and unless there is one such script and one place for its hash.
pub(crate) fn seal() -> anyhow::Result<()> {
    let folder = env::var_os("TRUNK_STAGING_DIR").context("only trunk calls this command")?;
    let folder = Path::new(&folder);
    let path = folder.join("index.html");
    let mut page = fs::read_to_string(&path)?;
    let is_small = env::var_os(SPLIT).is_some();
    if is_small {
        let (packed, later) = styles::pack(folder, &page)?;
        page = split::page(folder, &packed, &later)?;
        split::engine(folder)?;
        shrink::text(&folder.join("worker.js"))?;
    }
    let start = "<script type=\"module\">";
    fs::write(&path, hashes::sealed(&page, "index.html", start)?)?;
    python::pack(folder, is_small)?;
    let path = folder.join(SERVICE_WORKER);
    let worker = fs::read_to_string(&path)?;
    fs::write(&path, with_files(&worker, &files(folder)?)?)?;
    if is_small {
        shrink::text(&path)?;
    }
    Ok(())
}

const SERVICE_WORKER: &str = "sw.js";

/// The files of the page by name, but for its service workers, and for Python, which is cached with its first
/// use.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("sw") && !name.starts_with(python::START) {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(files)
}

/// The service worker with the addresses of `files`, and a version that changes with what is in them.
fn with_files(worker: &str, files: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<String> {
    let is_glue = |name: &&String| name.starts_with("mayfly-page-") && name.ends_with(".js");
    let glue = files.keys().find(is_glue);
    let glue = glue.context("the page has no JavaScript of its own")?;
    let mut hash = Sha256::new();
    let mut addresses = Vec::new();
    for (name, bytes) in files {
        hash.update(name);
        hash.update(bytes);
        addresses.push(match name.as_str() {
            "index.html" => "\"./\"".to_owned(),
            // As the page asks for what it loads itself: files that have no hash in their names.
            _ if is_loaded_by_script(name) && !has_hash(name) => format!("\"{name}?{glue}\""),
            _ => format!("\"{name}\""),
        });
    }
    let version = BASE64_URL_SAFE_NO_PAD.encode(&hash.finalize()[..12]);
    for place in [FILES_PLACE, VERSION_PLACE] {
        ensure!(
            worker.matches(place).count() == 1,
            "expected {place} once in {SERVICE_WORKER}"
        );
    }
    let worker = worker.replace(FILES_PLACE, &addresses.join(", "));
    Ok(worker.replace(VERSION_PLACE, &version))
}

fn is_loaded_by_script(name: &str) -> bool {
    let starts = ["mayfly-engine", "uPlot", "worker.js"];
    starts.iter().any(|it| name.starts_with(it))
}

/// Whether a name says what is in its file.
fn has_hash(name: &str) -> bool {
    without_hash(name) != name
}

const FILES_PLACE: &str = "\"files-of-the-page\"";
const VERSION_PLACE: &str = "version-of-the-page";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_worker_knows_the_files_and_their_version() {
        let worker = format!("[{FILES_PLACE}] {VERSION_PLACE}");
        let of = |engine: &str| {
            let files = [
                "index.html",
                "mayfly-page-1.js",
                "mayfly-engine.js",
                "mayfly-engine-0123456789abcdef.js",
                "uPlot.min.css",
            ];
            let files = files.map(|it| (it.to_owned(), engine.as_bytes().to_vec()));
            with_files(&worker, &BTreeMap::from(files)).unwrap()
        };
        let sealed = of("a");
        assert!(
            sealed.starts_with(
                "[\"./\", \"mayfly-engine-0123456789abcdef.js\", \
                 \"mayfly-engine.js?mayfly-page-1.js\", \"mayfly-page-1.js\", \
                 \"uPlot.min.css?mayfly-page-1.js\"] "
            ),
            "{sealed}"
        );
        assert_ne!(sealed, of("b"));
        assert!(with_files("", &BTreeMap::new()).is_err());
    }
}
