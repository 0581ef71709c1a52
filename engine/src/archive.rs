//! Where runs are saved.

use std::collections::BTreeSet;
use std::convert::Infallible;

use mayfly_core::report::Report;

use crate::history::{RunEntry, RunKey, key};

/// A place where runs are saved: a database of a browser, a folder.
pub trait Archive {
    /// Marks a run as going on until it is dropped, be it because its process dies.
    type Lock: 'static;

    /// Marks a run as going on. `None` where there are no locks.
    fn lock(&self, key: &RunKey) -> Option<Self::Lock>;

    /// The runs that are going on, in this engine or another.
    fn running(&self) -> impl Future<Output = BTreeSet<RunKey>>;

    /// Saves a run, in place of what was saved of it before.
    ///
    /// # Errors
    ///
    /// This and all others fail with the reason in words, without a full stop.
    fn put(&self, run: &SavedRun) -> impl Future<Output = Result<(), String>>;

    /// The entries of all runs, as JSON, in any order.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    fn entries(&self) -> impl Future<Output = Result<Vec<String>, String>>;

    /// The report of a run, as JSON; `None` if there is no such run.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    fn report(&self, key: &RunKey) -> impl Future<Output = Result<Option<String>, String>>;

    /// Deletes runs for good. Those that are not there are none.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    fn delete(&self, keys: &[RunKey]) -> impl Future<Output = Result<(), String>>;
}

/// A run as it is saved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SavedRun {
    /// Which run.
    pub key: RunKey,
    /// Its [`RunEntry`] as JSON, for the list of runs.
    pub entry: String,
    /// Its report as JSON.
    pub report: String,
}

impl SavedRun {
    /// A run as it is saved.
    pub fn new(report: &Report) -> Self {
        let entry = RunEntry::new(report);
        Self {
            key: key(report.started, report.seed),
            entry: serde_json::to_string(&entry).expect("an entry has no type that JSON lacks"),
            report: report.to_json(),
        }
    }
}

/// Nowhere: for hosts whose [`archive`](crate::host::Host::archive) is always `None`.
#[derive(Clone, Copy, Debug)]
pub enum NoArchive {}

impl Archive for NoArchive {
    type Lock = Infallible;

    fn lock(&self, _: &RunKey) -> Option<Infallible> {
        match *self {}
    }

    async fn running(&self) -> BTreeSet<RunKey> {
        match *self {}
    }

    async fn put(&self, _: &SavedRun) -> Result<(), String> {
        match *self {}
    }

    async fn entries(&self) -> Result<Vec<String>, String> {
        match *self {}
    }

    async fn report(&self, _: &RunKey) -> Result<Option<String>, String> {
        match *self {}
    }

    async fn delete(&self, _: &[RunKey]) -> Result<(), String> {
        match *self {}
    }
}
