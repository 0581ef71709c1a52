//! Python, for plans that are locustfiles: a child process behind pipes.
//!
//! One thread of its own writes frames and reads answers, and another reads what the child prints, so that
//! nothing that Python does or leaves undone holds the run up. The child is in a group of processes of its own,
//! which ends with the run, whatever the file has started.

mod alike;
mod find;
mod in_turns;
mod package;
mod pipes;
mod preview;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::join_all;
use mayfly_core::running::script::heads::{Level, Log};
use mayfly_core::running::script::{HARD_LIMIT, Interpreter, InterpreterGone};
use tokio::time::{sleep, timeout};

pub(crate) use self::in_turns::InTurns;
use self::package::Package;
use self::pipes::{Frames, Printed};
pub(crate) use self::preview::{Preview, preview};

/// Which Python runs locustfiles, and which files it may run.
#[derive(Clone, Debug, Default)]
pub struct PythonOptions {
    /// The interpreter; `None` looks for one.
    pub python: Option<PathBuf>,
    /// Whether files run that did not come from the command line.
    pub allows_all: bool,
}

/// What a process says besides answers.
#[derive(Debug)]
pub(crate) enum Told {
    /// With which number the file wants the command to end.
    ExitCode(u8),
    /// For the person who runs the file.
    Log(Log),
}

/// A process that runs a locustfile. It ends with the value.
pub(crate) struct PythonProcess {
    // `None` once it is to end.
    frames: RefCell<Option<Frames>>,
    child: Arc<Mutex<Child>>,
    printed: Arc<Printed>,
    // Whether its pipe was closed, so that it is about to end.
    is_closed: Cell<bool>,
    is_over: Cell<bool>,
    // Whether it is busy with a frame.
    is_busy: Cell<bool>,
    limit: Cell<Duration>,
    // The files that it imports, for as long as it runs.
    package: Arc<Package>,
}

impl fmt::Debug for PythonProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PythonProcess").finish_non_exhaustive()
    }
}

impl PythonProcess {
    /// How long a file may take to be loaded, with all that it imports.
    const LOADING_LIMIT: Duration = Duration::from_secs(60);

    /// How long a process has to write where it is, before it is ended.
    const LAST_WORDS: Duration = Duration::from_millis(200);

    /// Starts Python for the file `name` in `folder`, as one of several processes if they are more than one.
    fn start(
        pythons: &[PathBuf],
        (folder, name): (&Path, &str),
        package: Arc<Package>,
        place: Place,
    ) -> Result<Self, String> {
        let child = first_that_starts(pythons, |python| command(python, folder, &package, place));
        let mut child = child.map_err(|error| find::problem(&error, pythons, name))?;
        let frames = Frames::start(&mut child)?;
        let printed = Printed::listen(&mut child)?;
        Ok(Self {
            frames: RefCell::new(Some(frames)),
            child: Arc::new(Mutex::new(child)),
            printed,
            is_closed: Cell::new(false),
            is_over: Cell::new(false),
            is_busy: Cell::new(false),
            limit: Cell::new(Self::LOADING_LIMIT),
            package,
        })
    }

    async fn exchange(
        &self,
        frame: Vec<u8>,
        hear: &dyn Fn(Told),
    ) -> Result<Vec<u8>, InterpreterGone> {
        let (sender, receiver) = oneshot::channel();
        let answer = move |frame| {
            // Who asked may have gone.
            let _ = sender.send(frame);
        };
        self.send(frame, Box::new(answer))?;
        match timeout(self.limit.get(), receiver).await {
            Ok(answer) => self.take(answer.ok().flatten(), hear),
            Err(_) => {
                self.ask_where();
                sleep(Self::LAST_WORDS).await;
                Err(self.end_late())
            }
        }
    }

    /// Hands over a frame.
    fn send(&self, frame: Vec<u8>, answer: pipes::Answer) -> Result<(), InterpreterGone> {
        let is_sent = match &*self.frames.borrow() {
            Some(frames) => frames.send(frame, answer),
            None => return Err(InterpreterGone("Python has ended".to_owned())),
        };
        self.is_busy.set(true);
        match is_sent {
            true => Ok(()),
            false => Err(self.ended()),
        }
    }

    /// What came of a frame; `None` if the process has ended.
    fn take(
        &self,
        answer: Option<Vec<u8>>,
        hear: &dyn Fn(Told),
    ) -> Result<Vec<u8>, InterpreterGone> {
        let answer = match answer {
            Some(frame) => {
                self.is_busy.set(false);
                Ok(frame)
            }
            None => Err(self.ended()),
        };
        say_all(hear, self.printed.take());
        answer
    }

    fn allow(&self, limit: Duration) {
        self.limit.set(limit.max(HARD_LIMIT));
    }

    /// Closes its pipe, which is its end, unless it is busy.
    fn hang_up(&self) {
        if self.frames.take().is_some() {
            self.is_closed.set(true);
        }
    }

    /// Ends it, unless it has ended, and waits until all is heard that it has printed. One that is busy does
    /// not come to its end by itself. Passes on what it has said last.
    fn end(&self, hear: &dyn Fn(Told)) {
        if self.is_over.replace(true) {
            return;
        }
        self.hang_up();
        {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            if self.is_closed.take() && !self.is_busy.get() {
                pipes::wait(&mut child);
            }
            pipes::kill_all(&mut child);
        }
        // Threads are not waited for: somebody who was started by the file may hold the pipes.
        self.printed.settle();
        say_all(hear, self.printed.take_all());
    }

    /// It has ended by itself: how, and its last words.
    fn ended(&self) -> InterpreterGone {
        self.frames.take();
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let status = pipes::wait(&mut child);
        self.printed.settle();
        let how = match status {
            Some(status) if status.code() == Some(find::TOO_OLD) => {
                return InterpreterGone(find::too_old(&self.printed.last()));
            }
            Some(status) => pipes::in_words(status),
            None => "Python closed its pipes".to_owned(),
        };
        InterpreterGone(with_last_words(&how, &self.printed.last()))
    }

    /// Asks a process that takes too long where it is.
    fn ask_where(&self) {
        self.printed.hear_stack();
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        pipes::ask_where(&child);
    }

    /// Ends it, after it had time to say that.
    fn end_late(&self) -> InterpreterGone {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        pipes::kill_all(&mut child);
        let secs = self.limit.get().as_secs();
        // The place comes early, where lines are cut.
        let place = match self.printed.stack(&self.package.name()) {
            place if place.is_empty() => String::new(),
            place => format!(" in {place}"),
        };
        InterpreterGone(format!(
            "a step took more than {secs} s{place}; no user could do anything meanwhile, so Python was ended"
        ))
    }
}

fn with_last_words(how: &str, last: &str) -> String {
    match last.trim() {
        "" => how.to_owned(),
        last => format!("{how}; its last words:\n{last}"),
    }
}

/// The first of these interpreters that starts, for what `command` has it do.
fn first_that_starts(
    pythons: &[PathBuf],
    command: impl Fn(&Path) -> Command,
) -> std::io::Result<Child> {
    let mut last = None;
    for python in pythons {
        match command(python).spawn() {
            Ok(child) => return Ok(child),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::NotFound.into()))
}

fn command(python: &Path, folder: &Path, package: &Package, place: Place) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-u", "-X", "utf8", "-c", find::BEGIN])
        .arg(package.entry())
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONSAFEPATH", "1")
        .env("MAYFLY_PROCESS", format!("{}/{}", place.index, place.count))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    command
}

/// Whoever has one ends it before, if somebody is to hear its last words.
impl Drop for PythonProcess {
    fn drop(&mut self) {
        self.end(&|_| ());
    }
}

/// Which of how many processes one is.
#[derive(Clone, Copy, Debug)]
struct Place {
    index: u32,
    count: u32,
}

/// A process, and who hears what it says.
pub(crate) struct Heard<F: Fn(Told)> {
    process: PythonProcess,
    hear: F,
}

impl<F: Fn(Told)> Heard<F> {
    pub(crate) fn new(process: PythonProcess, hear: F) -> Self {
        Self { process, hear }
    }

    /// Ends the process, and passes on what it has said last.
    pub(crate) fn end(&self) {
        self.process.end(&self.hear);
    }
}

impl<F: Fn(Told)> Interpreter for Heard<F> {
    async fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, InterpreterGone> {
        self.process.exchange(frame, &self.hear).await
    }

    fn say(&self, log: Log) {
        (self.hear)(Told::Log(log));
    }

    fn allow(&self, limit: Duration) {
        self.process.allow(limit);
    }

    fn end_with(&self, exit_code: u8) {
        (self.hear)(Told::ExitCode(exit_code));
    }
}

impl<F: Fn(Told)> Drop for Heard<F> {
    fn drop(&mut self) {
        self.end();
    }
}

fn say_all(hear: &dyn Fn(Told), lines: Vec<String>) {
    for text in lines {
        let level = Level::Info;
        hear(Told::Log(Log { level, text }));
    }
}

/// Passes on what processes say.
pub(crate) type Hear = Rc<dyn Fn(Told)>;

/// The processes of a run. Each has loaded the file, and has its own of all that the file makes.
pub(crate) struct Pythons {
    // Never empty, until they are taken.
    processes: Vec<PythonProcess>,
    is_loaded: Cell<bool>,
    hear: Hear,
}

impl Pythons {
    /// Starts so many processes for the file `name` in `folder`.
    ///
    /// # Errors
    ///
    /// Fails, in words, if there is no Python, or it cannot be started.
    pub(crate) fn start(
        options: &PythonOptions,
        (folder, name): (&Path, &str),
        count: NonZeroU32,
        hear: Hear,
    ) -> Result<Self, String> {
        let package = Package::write()
            .map_err(|error| format!("cannot write what locustfiles import: {error}"))?;
        let package = Arc::new(package);
        let pythons = find::candidates(options.python.as_deref(), folder);
        let count = count.get();
        let processes = (0..count).map(|index| {
            let (package, place) = (Arc::clone(&package), Place { index, count });
            PythonProcess::start(&pythons, (folder, name), package, place)
        });
        Ok(Self {
            processes: processes.collect::<Result<_, String>>()?,
            is_loaded: Cell::new(false),
            hear,
        })
    }

    /// The first so many processes, each to be driven by a thread, and who hears what they say.
    pub(crate) fn into_parts(mut self, count: usize) -> (Vec<PythonProcess>, Hear) {
        let mut processes = mem::take(&mut self.processes);
        for process in processes.drain(count.min(processes.len())..) {
            process.end(&*self.hear);
        }
        (processes, Rc::clone(&self.hear))
    }

    /// Has all of them load the file. What one has found is true for all.
    async fn load(&self, frame: &[u8]) -> Result<Vec<u8>, InterpreterGone> {
        let loading = self.processes.iter();
        let loading = loading.map(|it| it.exchange(frame.to_vec(), &*self.hear));
        let answers = join_all(loading).await.into_iter();
        let answers = answers.collect::<Result<Vec<_>, _>>()?;
        self.is_loaded.set(true);
        alike::one_of(answers, &*self.hear)
    }
}

impl Interpreter for Pythons {
    /// Once they have loaded a file, the first one runs it, where there is one thread.
    async fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, InterpreterGone> {
        match self.is_loaded.get() {
            false => self.load(&frame).await,
            true => self.processes[0].exchange(frame, &*self.hear).await,
        }
    }

    fn say(&self, log: Log) {
        (self.hear)(Told::Log(log));
    }

    fn allow(&self, limit: Duration) {
        self.processes.iter().for_each(|it| it.allow(limit));
    }

    fn end_with(&self, exit_code: u8) {
        (self.hear)(Told::ExitCode(exit_code));
    }
}

impl Drop for Pythons {
    fn drop(&mut self) {
        // All at once: each takes a moment to end.
        self.processes.iter().for_each(PythonProcess::hang_up);
        self.processes.iter().for_each(|it| it.end(&*self.hear));
    }
}
