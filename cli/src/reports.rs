//! The saved runs, as files: one report each, in the JSON that the page and the command write too, so
//! that they can be read, copied and sent by hand.
//!
//! A file is named by when its run began, its seed and its title, but what it is, is in it: any report
//! that is put into the folder is one of the saved runs. What cannot be read stays where it is. Work on
//! files is done on other threads, because one that waits for a disk sends no requests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use mayfly_core::report::Report;
use mayfly_engine::archive::{Archive, SavedRun};
use mayfly_engine::history::{RunEntry, RunKey};
use tokio::task::spawn_blocking;

use crate::whole_file;

/// A folder of saved runs.
#[derive(Clone, Debug)]
pub(crate) struct Reports(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    // What is known of the files, so that only those that have changed are read.
    known: Mutex<BTreeMap<PathBuf, Known>>,
    // Says that a file cannot be read: a whole sentence.
    say: fn(&str),
}

/// What is known of a file.
#[derive(Clone, Debug)]
struct Known {
    stamp: (Option<SystemTime>, u64),
    // `None` if it is no report.
    run: Option<(RunKey, String)>,
}

impl Reports {
    /// The runs in `folder`, which is made with the first. `say` is told once of each file that cannot be
    /// read.
    pub(crate) fn new(folder: PathBuf, say: fn(&str)) -> Self {
        Self(Arc::new(Inner {
            folder,
            known: Mutex::default(),
            say,
        }))
    }

    /// The folder of this person's runs: where the system keeps data of programs. `None` if it names none.
    pub(crate) fn folder_of_person() -> Option<PathBuf> {
        let data = match std::env::consts::OS {
            "macos" => folder("HOME").map(|it| it.join("Library/Application Support")),
            "windows" => folder("APPDATA"),
            _ => folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share"))),
        };
        data.map(|it| it.join("mayfly").join("runs"))
    }

    /// Does `work` on another thread.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> io::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let inner = Arc::clone(&self.0);
        let folder = self.0.folder.display();
        let done = spawn_blocking(move || work(&inner)).await;
        let done = done.map_err(|error| error.to_string())?;
        done.map_err(|error| format!("{error}, in {folder}"))
    }
}

/// What an environment variable names, as it must be to be followed: absolute.
fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    folder.filter(|it| it.is_absolute())
}

impl Archive for Reports {
    type Lock = File;

    /// A file that is locked as long as the run goes on: the system lets go of it when the process dies.
    fn lock(&self, key: &RunKey) -> Option<File> {
        let folder = self.0.running();
        fs::create_dir_all(&folder).ok()?;
        let file = File::create(folder.join(key)).ok()?;
        file.try_lock().ok()?;
        Some(file)
    }

    async fn running(&self) -> BTreeSet<RunKey> {
        let running = self.work(|inner| Ok(inner.locked())).await;
        running.unwrap_or_default()
    }

    async fn put(&self, run: &SavedRun) -> Result<(), String> {
        let run = run.clone();
        self.work(move |inner| inner.put(&run)).await
    }

    async fn entries(&self) -> Result<Vec<String>, String> {
        self.work(|inner| {
            let runs = inner.runs()?.into_iter();
            Ok(runs.map(|(_, _, entry)| entry).collect())
        })
        .await
    }

    async fn report(&self, key: &RunKey) -> Result<Option<String>, String> {
        let key = key.clone();
        self.work(move |inner| {
            let mut runs = inner.runs()?.into_iter();
            let found = runs.find(|it| it.0 == key);
            found.map(|it| fs::read_to_string(it.1)).transpose()
        })
        .await
    }

    async fn delete(&self, keys: &[RunKey]) -> Result<(), String> {
        let keys = keys.to_vec();
        self.work(move |inner| {
            for (key, path, _) in inner.runs()? {
                if keys.contains(&key) {
                    remove(&path)?;
                }
            }
            Ok(())
        })
        .await
    }
}

impl Inner {
    fn running(&self) -> PathBuf {
        self.folder.join(".running")
    }

    /// The runs that some process has locked. A file that nobody has locked is of one that died.
    fn locked(&self) -> BTreeSet<RunKey> {
        let files = fs::read_dir(self.running()).into_iter().flatten().flatten();
        let locked = files.filter(|it| {
            let tried = File::open(it.path()).map(|file| file.try_lock_shared());
            if let Ok(Ok(())) = tried {
                // It is in nobody's way if it stays.
                let _ = fs::remove_file(it.path());
            }
            matches!(tried, Ok(Err(TryLockError::WouldBlock)))
        });
        locked
            .filter_map(|it| it.file_name().into_string().ok())
            .collect()
    }

    /// Writes a run in place of what was saved of it. It is there as a whole or not at all.
    fn put(&self, run: &SavedRun) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(file_name(run));
        let unfinished =
            self.folder
                .join(format!(".{}-{}.unfinished", run.key, std::process::id()));
        whole_file::replace(&path, &unfinished, run.report.as_bytes())?;
        // With another title it had another name.
        for (key, old, _) in self.runs()? {
            if key == run.key && old != path {
                remove(&old)?;
            }
        }
        Ok(())
    }

    /// All runs: key, file and entry.
    fn runs(&self) -> io::Result<Vec<(RunKey, PathBuf, String)>> {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            files => files?,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut runs, mut seen) = (Vec::new(), BTreeMap::new());
        for file in files {
            let path = file?.path();
            let is_report = path.extension().is_some_and(|it| it == "json");
            // It may have been deleted just now.
            let Some(data) = path.metadata().ok().filter(|_| is_report) else {
                continue;
            };
            let stamp = (data.modified().ok(), data.len());
            let old = known.remove(&path).filter(|it| it.stamp == stamp);
            let file = old.unwrap_or_else(|| Known {
                stamp,
                run: self.read(&path),
            });
            if let Some((key, entry)) = &file.run {
                runs.push((key.clone(), path.clone(), entry.clone()));
            }
            seen.insert(path, file);
        }
        *known = seen;
        Ok(runs)
    }

    fn read(&self, path: &Path) -> Option<(RunKey, String)> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string());
        let report = text.and_then(|it| Report::from_json(&it).map_err(|error| error.to_string()));
        match report {
            Ok(report) => {
                let SavedRun { key, entry, .. } = SavedRun::new(&report);
                Some((key, entry))
            }
            Err(error) => {
                let path = path.display();
                (self.say)(&format!("{path} is left out of the history: {error}"));
                None
            }
        }
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// When the run began, its seed, and as much of its title as any system takes for a name.
fn file_name(run: &SavedRun) -> String {
    let entry: RunEntry = serde_json::from_str(&run.entry).unwrap_or_default();
    let (millis, seed) = run.key.split_once('-').unwrap_or((&run.key, ""));
    let started = millis.parse().map_or(0, |it: u64| it.min(LAST_MILLIS));
    let started = SystemTime::UNIX_EPOCH + Duration::from_millis(started);
    let started = humantime::format_rfc3339_millis(started).to_string();
    let words = entry.title.split(|it: char| !it.is_alphanumeric());
    let title: String = words
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let title: String = title.chars().take(MAX_TITLE).collect();
    let name = format!("{}_{seed}_{title}", started.replace(':', "-"));
    name.trim_end_matches(['_', '-']).to_owned() + ".json"
}

/// The end of the year 9999, after which dates have more digits than readers expect.
const LAST_MILLIS: u64 = 253_402_300_799_999;

/// Characters of a title in the name of a file: with four bytes each there is room for all else.
const MAX_TITLE: usize = 40;

#[cfg(test)]
mod tests {
    use mayfly_core::plan::Draft;
    use mayfly_core::report::Ending;

    use super::*;

    fn run(title: &str, millis: u64) -> SavedRun {
        SavedRun::new(&Report {
            title: title.to_owned(),
            plan: Draft::default(),
            seed: 42,
            started: Duration::from_millis(millis),
            ending: Ending::Stopped,
            board: mayfly_core::measure::board::Board::default(),
            thresholds: Vec::new(),
        })
    }

    /// A folder of this test alone, which is removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str) -> Self {
            let name = format!("mayfly-reports-{test}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            // Of a process that had the same number and died.
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }

        fn reports(&self) -> Reports {
            Reports::new(self.0.join("runs"), |_| {})
        }

        fn names(&self) -> Vec<String> {
            let files = fs::read_dir(self.0.join("runs")).unwrap();
            let names = files.map(|it| it.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.filter(|it| it != ".running").collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        crate::runtime::run(work).unwrap()
    }

    #[test]
    fn runs_are_files_that_say_which_run_they_are() {
        let folder = Folder::new("files");
        let reports = folder.reports();
        block_on(async {
            assert_eq!(reports.entries().await, Ok(Vec::new()));
            reports
                .put(&run("Kasse: «Mittag» 1/2", 1_000))
                .await
                .unwrap();
            reports.put(&run("", 2_500)).await.unwrap();
        });
        let seed = "000000000000002a";
        assert_eq!(
            folder.names(),
            [
                format!("1970-01-01T00-00-01.000Z_{seed}_Kasse-Mittag-1-2.json"),
                format!("1970-01-01T00-00-02.500Z_{seed}.json"),
            ]
        );
        block_on(async {
            let first = run("Kasse: «Mittag» 1/2", 1_000);
            let read = folder.reports().report(&first.key).await.unwrap();
            assert_eq!(read, Some(first.report));
            let escape = "../../etc/passwd".to_owned();
            assert_eq!(reports.report(&escape).await, Ok(None));
        });
    }

    #[test]
    fn a_run_with_another_title_is_the_same_run() {
        let folder = Folder::new("title");
        let reports = folder.reports();
        block_on(async {
            reports.put(&run("A", 1_000)).await.unwrap();
            reports.put(&run("B", 1_000)).await.unwrap();
            assert_eq!(reports.entries().await.unwrap().len(), 1);
            reports.delete(&[run("", 1_000).key]).await.unwrap();
            reports.delete(&[run("", 1_000).key]).await.unwrap();
        });
        assert_eq!(folder.names(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_report_is_left_alone() {
        let folder = Folder::new("foreign");
        let reports = folder.reports();
        fs::create_dir_all(&reports.0.folder).unwrap();
        fs::write(reports.0.folder.join("notes.json"), "{").unwrap();
        let copied = run("copied", 3_000);
        fs::write(reports.0.folder.join("from a friend.json"), &copied.report).unwrap();
        block_on(async {
            assert_eq!(reports.entries().await, Ok(vec![copied.entry.clone()]));
            reports.delete(&[copied.key]).await.unwrap();
        });
        assert_eq!(folder.names(), ["notes.json"]);
    }

    #[test]
    fn a_run_goes_on_as_long_as_somebody_has_its_lock() {
        let folder = Folder::new("lock");
        let (reports, other) = (folder.reports(), folder.reports());
        let key = run("", 1_000).key;
        block_on(async {
            let lock = reports.lock(&key);
            assert!(lock.is_some());
            assert_eq!(other.running().await, BTreeSet::from([key.clone()]));
            drop(lock);
            assert_eq!(other.running().await, BTreeSet::new());
        });
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_said_with_its_name() {
        let folder = Folder::new("file");
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(folder.0.join("runs"), "a file").unwrap();
        let problem = block_on(folder.reports().put(&run("", 0))).unwrap_err();
        assert!(problem.contains("runs"), "{problem}");
        assert_eq!(fs::read_to_string(folder.0.join("runs")).unwrap(), "a file");
    }
}
