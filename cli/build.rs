//! Puts the page and the Python of locustfiles into the command. The page: the files of the folder `dist` of the workspace, or of the one that
//! `MAYFLY_PAGE` names. Without them the command works all the same, and says that it has no page.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What of the page is only for an engine in a browser, by the beginnings of names.
const OF_ENGINE: [&str; 5] = [
    "mayfly-engine",
    "python.js",
    "sw-engine.js",
    "sw.js",
    "worker.js",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=MAYFLY_PAGE");
    let folder = match env::var_os("MAYFLY_PAGE") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../dist"),
    };
    // Cargo takes a folder that is missing for one that has changed, each time.
    let _ = fs::create_dir(&folder);
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut list = "&[\n".to_owned();
    for name in names(&folder)? {
        let path = folder.join(&name).canonicalize()?;
        writeln!(list, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    list += "]\n";
    let out = Path::new(&env::var("OUT_DIR")?).join("page.rs");
    fs::write(out, list)?;
    python()
}

/// Puts what locustfiles import into the command: the files of the folder `python` of the workspace.
fn python() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?)
        .join("../python")
        .canonicalize()?;
    let mut list = "&[\n".to_owned();
    for package in ["gevent", "locust", "mayfly_python"] {
        println!("cargo::rerun-if-changed={}", folder.join(package).display());
        for path in sources(&folder.join(package))? {
            let name = path
                .strip_prefix(&folder)?
                .to_string_lossy()
                .replace('\\', "/");
            writeln!(list, "    ({name:?}, include_str!({path:?})),")?;
        }
    }
    list += "]\n";
    let out = Path::new(&env::var("OUT_DIR")?).join("python.rs");
    Ok(fs::write(out, list)?)
}

/// The files in Python below a folder, in order.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|it| it == "py") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The files of a page, in order; none if there is no whole one.
fn names(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_of_engine = OF_ENGINE.iter().any(|it| name.starts_with(it));
        if entry.file_type()?.is_file() && !is_of_engine {
            names.push(name);
        }
    }
    names.sort();
    if !names.iter().any(|it| it == "index.html") {
        names.clear();
    }
    Ok(names)
}
