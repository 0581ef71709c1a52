//! The runs that the browser keeps, in IndexedDB: for each a short entry for the list, and the
//! report. The database is the engine's, so that keeping a run never holds up the page.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use idb::{
    Database, DatabaseEvent, Factory, ObjectStoreParams, Transaction, TransactionMode,
    TransactionResult,
};
use js_sys::Date;
use mayfly_core::report::Report;
use wasm_bindgen::JsValue;

use super::Shared;
use super::lock::{self, Lock};
use mayfly_engine::history::{HistoryCommand, HistoryNotice, KeptRun, RunEntry, RunKey, key};

const DATABASE: &str = "mayfly";
const VERSION: u32 = 1;
/// Entries as JSON, by key.
const ENTRIES: &str = "entries";
/// Reports as JSON, by key.
const REPORTS: &str = "reports";

/// The runs that the browser keeps.
pub(super) struct History {
    // The run that is under way in this engine, or was last.
    record: Shared,
    database: Rc<RefCell<Option<Rc<Database>>>>,
    kept_millis: Cell<f64>,
    cost_millis: Cell<f64>,
    is_keeping: Cell<bool>,
    // Whether the run that is under way could not be kept the last time.
    is_failing: Cell<bool>,
    // Of the run that is under way.
    lock: RefCell<Option<Lock>>,
}

impl History {
    /// How long what was measured may be lost, if the tab dies, in milliseconds.
    const PERIOD_MILLIS: f64 = 5_000.0;

    /// Keeping a run takes at most one part in this many of the engine's time.
    const SHARE: f64 = 50.0;

    /// The runs that the browser keeps, among them `record`.
    pub(super) fn new(record: Shared) -> Self {
        Self {
            record,
            database: Rc::default(),
            kept_millis: Cell::default(),
            cost_millis: Cell::default(),
            is_keeping: Cell::default(),
            is_failing: Cell::default(),
            lock: RefCell::default(),
        }
    }

    /// A run begins, which is kept with its first numbers.
    pub(super) fn begin(&self, key: &RunKey) {
        self.kept_millis.set(0.0);
        self.cost_millis.set(0.0);
        self.is_failing.set(false);
        *self.lock.borrow_mut() = Lock::new(key);
    }

    /// The run has ended. Gives its lock, to be held until it is kept.
    pub(super) fn end(&self) -> Option<Lock> {
        self.lock.take()
    }

    /// Whether it is time to keep the run that is under way again.
    pub(super) fn is_due(&self) -> bool {
        let period = Self::PERIOD_MILLIS.max(Self::SHARE * self.cost_millis.get());
        !self.is_keeping.get() && period <= Date::now() - self.kept_millis.get()
    }

    /// The report as it is kept.
    pub(super) fn pack(&self, report: &Report) -> Packed {
        let start = Date::now();
        let packed = Packed::new(report);
        self.kept_millis.set(start);
        self.cost_millis.set(Date::now() - start);
        packed
    }

    /// Keeps a run, in place of what was kept of it before.
    ///
    /// Gives what to tell a person, if that is another thing than before: why the run is not kept, or
    /// `None` if it is again.
    pub(super) async fn keep(&self, packed: Packed) -> Option<Option<String>> {
        self.is_keeping.set(true);
        let kept = self.put(&packed).await;
        self.is_keeping.set(false);
        let problem = kept.err().map(|error| {
            format!("The run cannot be kept in the history: {error}. Delete old runs to make room, or download this one: its numbers are there as long as this page is open.")
        });
        let is_news = self.is_failing.replace(problem.is_some()) != problem.is_some();
        is_news.then_some(problem)
    }

    async fn keep_lost(&self, kept: KeptRun) -> Result<HistoryNotice, String> {
        self.put(&Packed::new(&kept.into()))
            .await
            .map_err(|error| format!("The run cannot be kept in the history: {error}."))?;
        self.list().await
    }

    /// Does what the page asks for.
    pub(super) async fn follow(&self, command: HistoryCommand) -> HistoryNotice {
        let notice = match command {
            HistoryCommand::Delete(keys) => self.delete(&keys).await,
            HistoryCommand::Import(name, text) => self.import(&name, &text).await,
            HistoryCommand::Keep(kept) => self.keep_lost(*kept).await,
            HistoryCommand::List => self.list().await,
            HistoryCommand::Open(key) => self.open(&key).await,
            HistoryCommand::Refresh => self.sorted_entries().await.map(HistoryNotice::Refreshed),
            HistoryCommand::Rename(key, title) => self.rename(&key, title).await,
        };
        notice.unwrap_or_else(HistoryNotice::Problem)
    }

    /// A kept run.
    ///
    /// # Errors
    ///
    /// Fails with what to tell a person.
    pub(super) async fn report(&self, key: &RunKey) -> Result<Report, String> {
        let text = self
            .get(key)
            .await
            .map_err(|error| format!("The run cannot be read from the history: {error}."))?;
        let text = text.ok_or("The run is no longer in the history.")?;
        Report::from_json(&text).map_err(|error| format!("The run cannot be read: {error}."))
    }

    async fn open(&self, key: &RunKey) -> Result<HistoryNotice, String> {
        let report = self.report(key).await?;
        Ok(HistoryNotice::Opened(Box::new(KeptRun {
            is_running: self.running().await.contains(key),
            ..KeptRun::new(&report)
        })))
    }

    async fn rename(&self, key: &RunKey, title: String) -> Result<HistoryNotice, String> {
        self.refuse_running(std::slice::from_ref(key), "renamed")
            .await?;
        let mut report = self.report(key).await?;
        report.title = title;
        self.put(&Packed::new(&report))
            .await
            .map_err(|error| format!("The run cannot be renamed: {error}."))?;
        self.list().await
    }

    async fn import(&self, name: &str, text: &str) -> Result<HistoryNotice, String> {
        let report = Report::from_json(text)
            .map_err(|error| format!("{name} cannot be imported: {error}."))?;
        // What is kept is the run itself, and may have got another title since.
        if let Ok(Some(_)) = self.get(&key(report.started, report.seed)).await {
            return Err(format!("The run in {name} is in the history already."));
        }
        self.put(&Packed::new(&report))
            .await
            .map_err(|error| format!("{name} cannot be kept: {error}."))?;
        self.list().await
    }

    async fn list(&self) -> Result<HistoryNotice, String> {
        self.sorted_entries().await.map(HistoryNotice::List)
    }

    async fn sorted_entries(&self) -> Result<Vec<RunEntry>, String> {
        let entries = self.entries().await;
        entries
            .map_err(|error| format!("The history cannot be read: {error}. Runs work without it."))
    }

    async fn entries(&self) -> Result<Vec<RunEntry>, StorageError> {
        let database = self.database().await?;
        let transaction = database.transaction(&[ENTRIES], TransactionMode::ReadOnly)?;
        let texts = transaction
            .object_store(ENTRIES)?
            .get_all(None, None)?
            .await?;
        let texts = texts.iter().filter_map(JsValue::as_string);
        // What a newer version has written in another way is left where it is.
        let mut entries: Vec<RunEntry> = texts
            .filter_map(|it| serde_json::from_str(&it).ok())
            .collect();
        let running = self.running().await;
        let newest = self.newest();
        for entry in &mut entries {
            if let Some(newest) = newest.as_ref().filter(|it| it.key == entry.key) {
                let title = std::mem::take(&mut entry.title);
                *entry = RunEntry {
                    title,
                    ..newest.clone()
                };
            }
            entry.is_running = running.contains(&entry.key);
        }
        entries.sort_by(|a, b| b.key.cmp(&a.key));
        Ok(entries)
    }

    /// What is known of the run in this engine, which is kept a while later.
    fn newest(&self) -> Option<RunEntry> {
        let record = self.record.borrow();
        record.as_ref().map(|it| RunEntry::new(it.report()))
    }

    /// The runs that are going on, in this tab or another.
    async fn running(&self) -> BTreeSet<RunKey> {
        let mut running = lock::running().await;
        // It holds its lock until it is kept.
        if let Some(record) = self.record.borrow().as_ref().filter(|it| !it.is_running()) {
            let report = record.report();
            running.remove(&key(report.started, report.seed));
        }
        running
    }

    /// Fails if one of the runs is going on: its tab would keep it again as it was.
    async fn refuse_running(&self, keys: &[RunKey], what: &str) -> Result<(), String> {
        let running = self.running().await;
        if keys.iter().any(|it| running.contains(it)) {
            return Err(format!(
                "A run that is going on cannot be {what}. Stop it first, in its tab."
            ));
        }
        Ok(())
    }

    async fn get(&self, key: &RunKey) -> Result<Option<String>, StorageError> {
        let database = self.database().await?;
        let transaction = database.transaction(&[REPORTS], TransactionMode::ReadOnly)?;
        let report = transaction
            .object_store(REPORTS)?
            .get(JsValue::from(key))?
            .await?;
        Ok(report.and_then(|it| it.as_string()))
    }

    async fn put(&self, packed: &Packed) -> Result<(), StorageError> {
        let database = self.database().await?;
        let transaction = database.transaction(&[ENTRIES, REPORTS], TransactionMode::ReadWrite)?;
        let key = JsValue::from(&packed.key);
        for (store, text) in [(ENTRIES, &packed.entry), (REPORTS, &packed.report)] {
            transaction
                .object_store(store)?
                .put(&JsValue::from(text), Some(&key))?
                .await?;
        }
        commit(transaction).await
    }

    async fn delete(&self, keys: &[RunKey]) -> Result<HistoryNotice, String> {
        self.refuse_running(keys, "deleted").await?;
        self.remove(keys)
            .await
            .map_err(|error| format!("The runs cannot be deleted: {error}."))?;
        self.list().await
    }

    async fn remove(&self, keys: &[RunKey]) -> Result<(), StorageError> {
        let database = self.database().await?;
        let transaction = database.transaction(&[ENTRIES, REPORTS], TransactionMode::ReadWrite)?;
        for store in [ENTRIES, REPORTS] {
            let store = transaction.object_store(store)?;
            for key in keys {
                store.delete(JsValue::from(key))?.await?;
            }
        }
        commit(transaction).await
    }

    /// The database, opened when it is wanted first and after the browser has closed it.
    async fn database(&self) -> Result<Rc<Database>, StorageError> {
        if let Some(database) = &*self.database.borrow() {
            return Ok(Rc::clone(database));
        }
        let mut open = Factory::new()?.open(DATABASE, Some(VERSION))?;
        open.on_upgrade_needed(|event| {
            // A database that cannot be made is one that cannot be opened, which is said then.
            if let Ok(database) = event.database() {
                for store in [ENTRIES, REPORTS] {
                    let _ = database.create_object_store(store, ObjectStoreParams::new());
                }
            }
        });
        let mut database = open.await?;
        database.on_close({
            let database = Rc::clone(&self.database);
            // As with an eviction: what comes next begins anew.
            move |_| drop(database.take())
        });
        let database = Rc::new(database);
        *self.database.borrow_mut() = Some(Rc::clone(&database));
        Ok(database)
    }
}

/// A run as it is kept.
pub(super) struct Packed {
    key: RunKey,
    entry: String,
    report: String,
}

impl Packed {
    fn new(report: &Report) -> Self {
        let entry = RunEntry::new(report);
        Self {
            key: key(report.started, report.seed),
            entry: serde_json::to_string(&entry).expect("an entry has no type that JSON lacks"),
            report: report.to_json(),
        }
    }
}

/// Waits until the browser has written all of it.
async fn commit(transaction: Transaction) -> Result<(), StorageError> {
    match transaction.commit()?.await? {
        TransactionResult::Aborted => Err(StorageError::Aborted),
        TransactionResult::Committed => Ok(()),
    }
}

/// Why the browser did not do it.
enum StorageError {
    /// It took all of it back, and does not say why: it has no room, or its disk none.
    Aborted,
    /// It said so, in its own words.
    Refused(String),
}

impl std::fmt::Display for StorageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NO_ROOM: &str = "the browser has no more room for it";
        match self {
            Self::Aborted => f.write_str(NO_ROOM),
            Self::Refused(reason) if reason.contains("Quota") => write!(f, "{NO_ROOM} ({reason})"),
            Self::Refused(reason) => {
                write!(f, "the browser refuses its storage to this page ({reason})")
            }
        }
    }
}

impl From<idb::Error> for StorageError {
    fn from(error: idb::Error) -> Self {
        Self::Refused(error.to_string())
    }
}
