//! The runs that are saved, among them the one that is under way.
//!
//! What is saved of a run is its report, which the engine has already; packing it on the page would
//! hold up drawing. Packing takes at most a fiftieth of the engine's time: a large report is saved
//! less often than every five seconds. Whether a run is going on is told by a lock that the system
//! takes back when its process dies, so a run without an end and without a lock was interrupted. The
//! lock is held until the last numbers are saved.
//!
//! What reads and writes may be loaded later, so what a run needs of this module does not name it:
//! [`SavedRuns::begin`] and [`SavedRuns::take`] know [`save`] as a function that they are given.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::UnboundedSender;
use futures::channel::oneshot;
use futures::lock::Mutex;
use mayfly_core::report::Report;
use mayfly_core::running::shard;

use crate::archive::{Archive, SavedRun};
use crate::history::{HistoryCommand, HistoryNotice, PastRun, RunEntry, RunKey, key};
use crate::host::Host;
use crate::protocol::{Notice, RunId, To, decode};
use crate::recorder::{Recorder, Shared};

/// The runs that are saved, among them the one that is under way.
pub(crate) struct SavedRuns<H: Host> {
    host: Rc<H>,
    recorder: Shared,
    // When the run that is under way was saved last, and how long it took to pack it.
    saved_at: Cell<Duration>,
    cost: Cell<Duration>,
    is_saving: Cell<bool>,
    // Why the run that is under way could not be saved the last time.
    problem: RefCell<Option<String>>,
    // Gone as soon as what was to be saved last is saved.
    newest: Cell<Option<oneshot::Receiver<()>>>,
    // Which run is under way, and what it is told by.
    commands: RefCell<Option<(RunKey, UnboundedSender<shard::Command>)>>,
    // Whoever saves has it, so that the last numbers are written last.
    turn: Mutex<()>,
    // Of the run that is under way.
    lock: RefCell<Option<LockOf<H>>>,
    // `None` until it is loaded.
    save: Cell<Option<Save<H>>>,
    // Runs that wait for it.
    waiting: RefCell<Vec<Waiting<LockOf<H>>>>,
    // Has it loaded again, if it could not be loaded.
    wish: UnboundedSender<()>,
}

/// A run that cannot be saved yet, as it was last.
struct Waiting<L> {
    run: RunId,
    report: Report,
    // If it is over.
    lock: Option<L>,
}

type LockOf<H> = <<H as Host>::Archive as Archive>::Lock;

/// Saves a run, whose lock is held until then.
pub(crate) type Save<H> = fn(&Rc<SavedRuns<H>>, RunId, &Report, Option<LockOf<H>>);

/// Packs a run at once, and writes it while other things go on.
pub(crate) fn save<H: Host>(
    saved: &Rc<SavedRuns<H>>,
    run: RunId,
    report: &Report,
    lock: Option<LockOf<H>>,
) {
    let packed = SavedRun::new(report);
    let saved = Rc::clone(saved);
    let host = Rc::clone(&saved.host);
    let (done, is_done) = oneshot::channel();
    saved.newest.set(Some(is_done));
    host.spawn(async move {
        if let Some(problem) = saved.put(&packed).await {
            saved.host.tell(To::All, Notice::Saved { run, problem });
        }
        // Whoever waits for the end hears of it by this.
        drop((lock, done));
        saved.look_around(&packed.key).await;
    });
}

const NO_ARCHIVE: &str = "No runs are saved here.";

impl<H: Host> SavedRuns<H> {
    /// How much of what was measured may be lost, if the process dies.
    const PERIOD: Duration = Duration::from_secs(5);

    /// Packing a run takes at most one part in this many of the engine's time.
    const SHARE: u32 = 50;

    /// None yet. `wish` is told when something waits that cannot be saved yet.
    pub(crate) fn new(host: Rc<H>, recorder: Shared, wish: UnboundedSender<()>) -> Self {
        Self {
            host,
            recorder,
            saved_at: Cell::default(),
            cost: Cell::default(),
            is_saving: Cell::default(),
            problem: RefCell::default(),
            newest: Cell::default(),
            commands: RefCell::default(),
            turn: Mutex::default(),
            lock: RefCell::default(),
            save: Cell::default(),
            waiting: RefCell::default(),
            wish,
        }
    }

    /// A run begins, which is saved with its first numbers. It is told by `commands` of others.
    pub(crate) fn begin(&self, key: &RunKey, commands: UnboundedSender<shard::Command>) {
        self.commands.replace(Some((key.clone(), commands)));
        self.saved_at.set(Duration::ZERO);
        self.cost.set(Duration::ZERO);
        self.problem.take();
        *self.lock.borrow_mut() = self.host.archive().and_then(|it| it.lock(key));
    }

    /// Waits until what was to be saved so far is saved, or cannot be.
    pub(crate) async fn settled(&self) {
        if let Some(newest) = self.newest.take() {
            // Nothing is sent; it ends all the same.
            let _ = newest.await;
        }
        drop(self.turn.lock().await);
    }

    /// Tells the run whether another one of this browser takes a part of what it has.
    async fn look_around(&self, key: &RunKey) {
        let Some(archive) = self.host.archive().filter(|_| H::IS_BROWSER) else {
            return;
        };
        let is_shared = archive.running().await.iter().any(|it| it != key);
        if let Some((_, commands)) = self.commands.borrow().as_ref().filter(|it| it.0 == *key) {
            // Nobody listens once the run is over.
            let _ = commands.unbounded_send(shard::Command::Share(is_shared));
        }
    }

    /// Why the run that is under way, or was last, is not saved.
    pub(crate) fn problem(&self) -> Option<String> {
        self.problem.borrow().clone()
    }

    /// There are new numbers of the run that is under way. Saves them if it is time, or if they are
    /// the last.
    pub(crate) fn take(self: &Rc<Self>, run: RunId, is_over: bool) {
        if self.host.archive().is_none() {
            return;
        }
        // Held until the last numbers are saved, or others would take the run for interrupted.
        let lock = is_over.then(|| self.lock.take()).flatten();
        if !is_over && !self.is_due() {
            return;
        }
        let recorder = self.recorder.borrow();
        let Some(report) = recorder.as_ref().map(Recorder::report) else {
            return;
        };
        let start = self.host.unix_time();
        match self.save.get() {
            Some(save) => save(self, run, report, lock),
            None => self.wait(run, report.clone(), lock),
        }
        self.saved_at.set(start);
        self.cost.set(self.host.unix_time().saturating_sub(start));
    }

    /// What saves runs is not loaded yet. A run that ends before it is must not be lost when the next
    /// begins.
    fn wait(&self, run: RunId, report: Report, lock: Option<LockOf<H>>) {
        let mut waiting = self.waiting.borrow_mut();
        waiting.retain(|it| it.run != run);
        waiting.push(Waiting { run, report, lock });
        // Nobody listens once it is loaded.
        let _ = self.wish.unbounded_send(());
    }

    /// From now on `save` saves runs, at first those that wait.
    pub(crate) fn save_by(self: &Rc<Self>, save: Save<H>) {
        self.save.set(Some(save));
        for Waiting { run, report, lock } in self.waiting.take() {
            save(self, run, &report, lock);
        }
    }

    /// Whether it is time to save the run that is under way again. A clock that was set back is as
    /// good as a period that is over.
    fn is_due(&self) -> bool {
        let period = Self::PERIOD.max(Self::SHARE * self.cost.get());
        let since = self.host.unix_time().checked_sub(self.saved_at.get());
        !self.is_saving.get() && since.is_none_or(|it| period <= it)
    }

    /// Saves a run. Gives what to tell a person, if that is another thing than before: why it is not
    /// saved, or `None` if it is again.
    async fn put(&self, run: &SavedRun) -> Option<Option<String>> {
        self.is_saving.set(true);
        let _turn = self.turn.lock().await;
        let saved = self.archive().ok()?.put(run).await;
        self.is_saving.set(false);
        let problem = saved.err().map(|error| {
            let place = match H::IS_BROWSER {
                true => "this page is open",
                false => "the command runs, until the next run",
            };
            format!("The run cannot be saved in the history: {error}. Delete old runs to make room, or download this one: its numbers are there as long as {place}.")
        });
        let before = self.problem.replace(problem.clone());
        (before.is_some() != problem.is_some()).then_some(problem)
    }

    /// Does what the other side asks for.
    pub(crate) async fn follow(&self, command: HistoryCommand) -> HistoryNotice {
        let notice = match command {
            HistoryCommand::Delete(keys) => self.delete(&keys).await,
            HistoryCommand::Import(name, text) => self.import(&name, &text).await,
            HistoryCommand::Save(bytes) => self.save_lost(&bytes).await,
            HistoryCommand::List => self.list().await,
            HistoryCommand::Open(key) => self.open(&key).await,
            HistoryCommand::Refresh => self.entries().await.map(HistoryNotice::Refreshed),
            HistoryCommand::Rename(key, title) => self.rename(&key, title).await,
        };
        notice.unwrap_or_else(HistoryNotice::Problem)
    }

    /// A saved run.
    ///
    /// # Errors
    ///
    /// Fails with what to tell a person.
    pub(crate) async fn report(&self, key: &RunKey) -> Result<Report, String> {
        let text = self.archive()?.report(key).await;
        let text =
            text.map_err(|error| format!("The run cannot be read from the history: {error}."))?;
        let text = text.ok_or("The run is no longer in the history.")?;
        Report::from_json(&text).map_err(|error| format!("The run cannot be read: {error}."))
    }

    fn archive(&self) -> Result<&H::Archive, String> {
        self.host.archive().ok_or_else(|| NO_ARCHIVE.to_owned())
    }

    async fn save_lost(&self, bytes: &[u8]) -> Result<HistoryNotice, String> {
        let run = decode::<PastRun>(bytes).ok_or("The run cannot be read.")?;
        let report = Report::from(run);
        let sound = report.check();
        sound.map_err(|error| format!("The run cannot be read: {error}."))?;
        let saved = self.archive()?.put(&SavedRun::new(&report)).await;
        saved.map_err(|error| format!("The run cannot be saved in the history: {error}."))?;
        self.list().await
    }

    async fn open(&self, key: &RunKey) -> Result<HistoryNotice, String> {
        let report = self.report(key).await?;
        Ok(HistoryNotice::Opened(Box::new(PastRun {
            is_running: self.running().await.contains(key),
            ..PastRun::new(&report)
        })))
    }

    async fn rename(&self, key: &RunKey, title: String) -> Result<HistoryNotice, String> {
        self.refuse_running(std::slice::from_ref(key), "renamed")
            .await?;
        let mut report = self.report(key).await?;
        report.title = title;
        let saved = self.archive()?.put(&SavedRun::new(&report)).await;
        saved.map_err(|error| format!("The run cannot be renamed: {error}."))?;
        self.list().await
    }

    async fn import(&self, name: &str, text: &str) -> Result<HistoryNotice, String> {
        let report = Report::from_json(text)
            .map_err(|error| format!("{name} cannot be imported: {error}."))?;
        let archive = self.archive()?;
        // What is saved is the run itself, and may have got another title since.
        if let Ok(Some(_)) = archive.report(&key(report.started, report.seed)).await {
            return Err(format!("The run in {name} is in the history already."));
        }
        let saved = archive.put(&SavedRun::new(&report)).await;
        saved.map_err(|error| format!("{name} cannot be saved: {error}."))?;
        self.list().await
    }

    async fn delete(&self, keys: &[RunKey]) -> Result<HistoryNotice, String> {
        self.refuse_running(keys, "deleted").await?;
        let deleted = self.archive()?.delete(keys).await;
        deleted.map_err(|error| format!("The runs cannot be deleted: {error}."))?;
        self.list().await
    }

    async fn list(&self) -> Result<HistoryNotice, String> {
        self.entries().await.map(HistoryNotice::List)
    }

    /// All runs, the newest first.
    async fn entries(&self) -> Result<Vec<RunEntry>, String> {
        // With what is being saved.
        drop(self.turn.lock().await);
        let texts = self.archive()?.entries().await.map_err(|error| {
            format!("The history cannot be read: {error}. Runs work without it.")
        })?;
        // What a newer version has written in another way is left where it is.
        let mut entries: Vec<RunEntry> = texts
            .iter()
            .filter_map(|it| serde_json::from_str(it).ok())
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

    /// What is known of the run in this engine, which is saved a while later.
    fn newest(&self) -> Option<RunEntry> {
        let recorder = self.recorder.borrow();
        recorder.as_ref().map(|it| RunEntry::new(it.report()))
    }

    /// The runs that are going on, in this engine or another.
    async fn running(&self) -> BTreeSet<RunKey> {
        let Ok(archive) = self.archive() else {
            return BTreeSet::new();
        };
        let mut running = archive.running().await;
        // It holds its lock until it is saved.
        if let Some(recorder) = self
            .recorder
            .borrow()
            .as_ref()
            .filter(|it| !it.is_running())
        {
            let report = recorder.report();
            running.remove(&key(report.started, report.seed));
        }
        running
    }

    /// Fails if one of the runs is going on: its engine would save it again as it was.
    async fn refuse_running(&self, keys: &[RunKey], what: &str) -> Result<(), String> {
        let running = self.running().await;
        if keys.iter().any(|it| running.contains(it)) {
            return Err(format!(
                "A run that is going on cannot be {what}. Stop it first."
            ));
        }
        Ok(())
    }
}
