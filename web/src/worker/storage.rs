//! The archive of the page, in IndexedDB: for each run a short entry for the list, and the report. The
//! database is the engine's, so that saving a run never holds up the page.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use idb::{
    Database, DatabaseEvent, Factory, ObjectStoreParams, Transaction, TransactionMode,
    TransactionResult,
};
use mayfly_engine::archive::{Archive, SavedRun};
use mayfly_engine::history::RunKey;
use wasm_bindgen::JsValue;

use super::Lock;
use super::lock;

const DATABASE: &str = "mayfly";
const VERSION: u32 = 1;
/// Entries as JSON, by key.
const ENTRIES: &str = "entries";
/// Reports as JSON, by key.
const REPORTS: &str = "reports";

/// The database of the browser.
#[derive(Default)]
pub struct Storage {
    database: Rc<RefCell<Option<Rc<Database>>>>,
}

impl Archive for Storage {
    type Lock = Lock;

    fn lock(&self, key: &RunKey) -> Option<Lock> {
        lock::of_run(key)
    }

    async fn running(&self) -> BTreeSet<RunKey> {
        lock::running().await
    }

    async fn put(&self, run: &SavedRun) -> Result<(), String> {
        self.write(run).await.map_err(|it| it.to_string())
    }

    async fn entries(&self) -> Result<Vec<String>, String> {
        self.all_entries().await.map_err(|it| it.to_string())
    }

    async fn report(&self, key: &RunKey) -> Result<Option<String>, String> {
        self.get(key).await.map_err(|it| it.to_string())
    }

    async fn delete(&self, keys: &[RunKey]) -> Result<(), String> {
        self.remove(keys).await.map_err(|it| it.to_string())
    }
}

impl Storage {
    async fn all_entries(&self) -> Result<Vec<String>, StorageError> {
        let database = self.database().await?;
        let transaction = database.transaction(&[ENTRIES], TransactionMode::ReadOnly)?;
        let texts = transaction
            .object_store(ENTRIES)?
            .get_all(None, None)?
            .await?;
        Ok(texts.iter().filter_map(JsValue::as_string).collect())
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

    async fn write(&self, run: &SavedRun) -> Result<(), StorageError> {
        let database = self.database().await?;
        let transaction = database.transaction(&[ENTRIES, REPORTS], TransactionMode::ReadWrite)?;
        let key = JsValue::from(&run.key);
        for (store, text) in [(ENTRIES, &run.entry), (REPORTS, &run.report)] {
            transaction
                .object_store(store)?
                .put(&JsValue::from(text), Some(&key))?
                .await?;
        }
        commit(transaction).await
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
