//! Which Python there is, and what is said if there is none.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// What a Python is started with: it looks whether it is new enough, which older ones must be able to read.
pub(super) const BEGIN: &str = "import sys\n\
    if sys.version_info < (3, 9):\n    \
        sys.stderr.write(sys.executable + ' is Python ' + sys.version.split()[0])\n    \
        sys.exit(97)\n\
    import runpy\n\
    runpy.run_path(sys.argv[1], run_name='__main__')\n";

/// The exit code of a Python that is too old.
pub(super) const TOO_OLD: i32 = 97;

/// The interpreters that are tried, in order: the one that was named, or else that of the environment that is
/// active, that of the one beside the file, and any.
pub(super) fn candidates(named: Option<&Path>, folder: &Path) -> Vec<PathBuf> {
    if let Some(named) = named {
        // A name alone is looked for in PATH; all else is where the command was called, and not where the
        // file is.
        let is_path = 1 < named.components().count() || named.starts_with(".");
        let absolute = is_path.then(|| std::path::absolute(named).ok()).flatten();
        return vec![absolute.unwrap_or_else(|| named.to_owned())];
    }
    let environments = env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = environments.into_iter().chain([folder.join(".venv")]);
    let bin = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    let pythons = environments
        .map(|it| it.join(bin))
        .filter(|it| it.is_file());
    // The folder of the file is the working directory of the child, which would find another one there.
    let pythons = pythons.map(|it| std::path::absolute(&it).unwrap_or(it));
    let any = if cfg!(windows) {
        &["python", "py"][..]
    } else {
        &["python3", "python"]
    };
    pythons.chain(any.iter().map(PathBuf::from)).collect()
}

/// Why there is no Python, and what to do.
pub(super) fn problem(error: &io::Error, tried: &[PathBuf], name: &str) -> String {
    let tried: Vec<String> = tried.iter().map(|it| it.display().to_string()).collect();
    let (tried, other) = (tried.join(", "), OTHER_WAY);
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!(
                "{name} needs Python 3.9 or newer, and there is none (looked for {tried}); {other}"
            )
        }
        _ => format!("cannot start Python (tried {tried}): {error}; {other}"),
    }
}

/// That it is too old, after what it has said of itself.
pub(super) fn too_old(last_words: &str) -> String {
    let found = last_words.trim().lines().last().unwrap_or_default();
    format!("locustfiles need Python 3.9 or newer, and {found}; {OTHER_WAY}")
}

const OTHER_WAY: &str = "install one, name one with --python, or open the file in Mayfly's page on the web, \
    which brings its own";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_python_that_is_named_is_the_only_one() {
        let named = Path::new("/opt/python3.12");
        assert_eq!(candidates(Some(named), Path::new(".")), [named]);
        let alone = Path::new("python3.12");
        assert_eq!(candidates(Some(alone), Path::new("/files")), [alone]);
        let here = candidates(Some(Path::new("./py/python")), Path::new("/files"));
        assert_eq!(here, [env::current_dir().unwrap().join("py/python")]);
    }

    #[test]
    fn any_python_is_the_last_that_is_tried() {
        let pythons = candidates(None, Path::new("/nonexistent"));
        let last = pythons.last().and_then(|it| it.to_str());
        assert_eq!(last, Some(if cfg!(windows) { "py" } else { "python" }));
        let python3 = pythons.iter().rev().nth(1).and_then(|it| it.to_str());
        assert_eq!(
            python3,
            Some(if cfg!(windows) { "python" } else { "python3" })
        );
    }

    #[test]
    fn who_has_no_python_hears_of_the_other_ways() {
        let error = io::ErrorKind::NotFound.into();
        let said = problem(&error, &["/nonexistent".into()], "locust.py");
        assert!(said.contains("locust.py needs Python 3.9"), "{said}");
        assert!(said.contains("/nonexistent"), "{said}");
        assert!(said.contains("--python") && said.contains("page"), "{said}");
    }
}
