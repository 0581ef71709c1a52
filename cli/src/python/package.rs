//! The files that locustfiles import, in a folder that nobody else can write to.

use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;

/// The folder, which is removed with the value.
#[derive(Debug)]
pub(super) struct Package(PathBuf);

/// Each file by its name below the folder.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/python.rs"));

impl Package {
    pub(super) fn write() -> io::Result<Self> {
        let random = RandomState::new().hash_one(std::process::id());
        let folder = std::env::temp_dir().join(format!("mayfly-python-{random:016x}"));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Fails if there is such a folder: it would be somebody else's.
        builder.create(&folder)?;
        let package = Self(folder);
        for (name, text) in FILES {
            let path = package.0.join(name);
            if let Some(parent) = path.parent() {
                builder.recursive(true).create(parent)?;
            }
            fs::write(path, text)?;
        }
        Ok(package)
    }

    /// What is in the names of all its files.
    pub(super) fn name(&self) -> String {
        self.0.display().to_string()
    }

    /// The file that Python begins with to run a locustfile.
    pub(super) fn entry(&self) -> PathBuf {
        self.0.join("mayfly_python/child.py")
    }

    /// The file that Python begins with to make a plan of one.
    pub(super) fn preview(&self) -> PathBuf {
        self.0.join("mayfly_python/declarative.py")
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        // What is left is in a folder for what is temporary.
        let _ = fs::remove_dir_all(&self.0);
    }
}
