//! Python for the page: what runs plans that are locustfiles. Pyodide as it comes from npm, its standard library
//! made small, and our own files, in a folder of their own whose name says what is in it. Nobody loads it
//! who has no such plan.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::command::{command, finish, root};
use crate::hashes;
use crate::shrink::{self, target};

/// What begins the names of all that is loaded for Python alone.
pub(crate) const START: &str = "python";

/// Puts Python into `staging`.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn pack(staging: &Path, is_small: bool) -> anyhow::Result<()> {
    let files = files()?;
    let name = folder_name(&files);
    let folder = staging.join(&name);
    fs::create_dir_all(&folder)?;
    for (file, bytes) in &files {
        fs::write(folder.join(file), bytes)?;
    }
    let interpreter = folder.join(INTERPRETER);
    let loader = staging.join("python.js");
    if is_small {
        shrink::text(&interpreter)?;
    }
    let sizes = sizes(&folder, &files)?;
    let text = read(&public("python.js"))?;
    fs::write(&loader, with_places(&text, &name, &sizes)?)?;
    if is_small {
        shrink::text(&loader)?;
    }
    Ok(())
}

const INTERPRETER: &str = "interpreter.js";
const FRAME: &str = "frame.html";
const LICENSES: &str = "LICENSES.txt";
const STANDARD_LIBRARY: &str = "python_stdlib.zip";

/// All files, by name.
fn files() -> anyhow::Result<BTreeMap<&'static str, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for name in ["pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide.mjs"] {
        files.insert(name, bytes(&pyodide(name))?);
    }
    files.insert(STANDARD_LIBRARY, standard_library()?);
    files.insert("library.json", library()?);
    files.insert("lock.json", lock()?);
    let frame = read(&public("python/frame.html"))?;
    files.insert(FRAME, sealed(&frame)?.into_bytes());
    files.insert(INTERPRETER, bytes(&public("python/interpreter.js"))?);
    files.insert(LICENSES, bytes(&public("python/LICENSES.txt"))?);
    Ok(files)
}

/// The standard library without what is not needed. It is made once, because it takes some seconds.
fn standard_library() -> anyhow::Result<Vec<u8>> {
    let script = root().join("xtask/src/python/trim.mjs");
    let (from, package) = (pyodide(STANDARD_LIBRARY), pyodide("package.json"));
    let made_of = [bytes(&script)?, bytes(&from)?, bytes(&package)?].concat();
    let to = target().join(format!("python_stdlib-{}.zip", hashes::of_file(&made_of)));
    if !to.exists() {
        fs::create_dir_all(target())?;
        let mut node = command("node");
        finish(node.arg(script).arg(from).arg(&to))?;
    }
    bytes(&to)
}

/// What Pyodide wants to know of its packages: that there are none.
fn lock() -> anyhow::Result<Vec<u8>> {
    let lock = read(&pyodide("pyodide-lock.json"))?;
    let mut lock: serde_json::Value = serde_json::from_str(&lock)?;
    lock["packages"] = serde_json::json!({});
    Ok(serde_json::to_vec(&lock)?)
}

/// Our own files, which a locustfile imports, by their paths.
fn library() -> anyhow::Result<Vec<u8>> {
    let top = root().join("python");
    let mut files = BTreeMap::new();
    for package in ["gevent", "locust", "mayfly_python"] {
        add(&top, &top.join(package), &mut files)?;
    }
    Ok(serde_json::to_vec(&files)?)
}

fn add(top: &Path, folder: &Path, files: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder);
    for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            add(top, &path, files)?;
        } else if path.extension().is_some_and(|it| it == "py") {
            let name = path.strip_prefix(top)?.to_string_lossy().replace('\\', "/");
            files.insert(name, read(&path)?);
        }
    }
    Ok(())
}

/// A name that says what is in the folder.
fn folder_name(files: &BTreeMap<&str, Vec<u8>>) -> String {
    let mut all = Vec::new();
    for (name, bytes) in files {
        all.extend(format!("{name} {}\n", bytes.len()).into_bytes());
        all.extend(bytes);
    }
    format!("{START}-{}", hashes::of_file(&all))
}

/// What the loader loads, with the sizes, so that it can tell how far it is.
fn sizes(
    folder: &Path,
    files: &BTreeMap<&'static str, Vec<u8>>,
) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let names = files.keys().filter(|it| ![FRAME, LICENSES].contains(*it));
    let size = |name: &&'static str| Ok((*name, fs::metadata(folder.join(name))?.len()));
    names.map(size).collect()
}

/// The loader with the name of the folder and the files in it.
fn with_places(loader: &str, folder: &str, sizes: &BTreeMap<&str, u64>) -> anyhow::Result<String> {
    const FOLDER: &str = "\"folder-of-python\"";
    const SIZES: &str = "{ \"files-of-python\": 0 }";
    for place in [FOLDER, SIZES] {
        let is_there = loader.matches(place).count() == 1;
        ensure!(is_there, "expected {place} once in python.js");
    }
    let sizes = serde_json::to_string(sizes)?;
    let loader = loader.replace(FOLDER, &format!("\"{folder}\""));
    Ok(loader.replace(SIZES, &sizes))
}

/// The page of the frame, which names its one script in its policy.
fn sealed(frame: &str) -> anyhow::Result<String> {
    hashes::sealed(frame, FRAME, "<script>")
}

fn public(name: &str) -> PathBuf {
    root().join("web/public").join(name)
}

fn pyodide(name: &str) -> PathBuf {
    root().join("web/node_modules/pyodide").join(name)
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_names_no_way_out() {
        let frame = sealed(&read(&public("python/frame.html")).unwrap()).unwrap();
        let policy = frame.split_once("content=\"").unwrap().1;
        let policy = policy.split_once('"').unwrap().0;
        let mut directives = policy.split("; ").map(|it| it.split_once(' ').unwrap());
        assert_eq!(directives.next(), Some(("default-src", "'none'")));
        for (name, sources) in directives {
            assert!(["script-src", "worker-src"].contains(&name), "{name}");
            let mut sources = sources.split(' ');
            let is_own = |it: &str| {
                ["blob:", "'wasm-unsafe-eval'"].contains(&it) || it.starts_with("'sha256-")
            };
            assert!(sources.all(is_own), "{policy}");
        }
    }

    #[test]
    fn the_loader_knows_the_folder_and_what_is_in_it() {
        let loader = read(&public("python.js")).unwrap();
        let sizes = BTreeMap::from([("a.mjs", 7), ("b.zip", 5)]);
        let loader = with_places(&loader, "python-1", &sizes).unwrap();
        assert!(loader.contains("const FOLDER = \"python-1\";"));
        assert!(loader.contains("const SIZES = {\"a.mjs\":7,\"b.zip\":5};"));
        assert!(with_places(&loader, "python-1", &sizes).is_err());
    }

    #[test]
    fn another_file_is_another_folder() {
        let of = |bytes: &[u8]| folder_name(&BTreeMap::from([("a", bytes.to_vec())]));
        assert_ne!(of(b"1"), of(b"2"));
        assert_eq!(of(b"1"), of(b"1"));
    }
}
