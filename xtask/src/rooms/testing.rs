//! Packages for tests.

use super::package::{Package, Sources};

/// A package `core` of files below its folder.
#[track_caller]
pub(crate) fn package(sources: &[(&str, &str)]) -> Package {
    let owned = |(file, text): &(&str, &str)| ((*file).to_owned(), (*text).to_owned());
    let sources: Sources = sources.iter().map(owned).collect();
    Package::parse("core", "mayfly_core", &sources).unwrap()
}
