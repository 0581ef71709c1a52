//! Users whose tasks are written in Python: what a shard and an interpreter say to each other.
//!
//! The interpreter decides what a user does next; when it happens, whether it is sent and how it is
//! counted is up to the shard, as for plans. They talk in frames ([`wire`]), half duplex: the shard sends
//! one, the interpreter answers with one. How frames travel is up to an [`Interpreter`], which hosts
//! implement: a process behind pipes, or a worker behind a port.

pub mod heads;
pub mod plan;
pub mod wire;

use std::future::Future;
use std::time::Duration;

use self::heads::{Hello, LoadError, Loaded, Log};
use self::wire::{Ask, BadFrame, Reply, messages};

/// Runs Python.
///
/// # Contract
///
/// - **One frame goes out, one comes back.** Nobody calls again before the answer is there.
/// - **It does not wait for ever.** An interpreter that takes longer than the hard limit of a frame is
///   ended by its host, which says so by [`InterpreterGone`].
/// - **Dropping it ends it,** and all that it has started.
pub trait Interpreter {
    /// Whether there can be one. What only runs with one is left out of programs where there is none.
    const EXISTS: bool = true;

    /// Whether a file reaches nothing but what it has the engine send, so that hosts of others are loaded
    /// only if a person was asked about them. A program of the machine sends what it likes.
    const IS_CONFINED: bool = false;

    /// Hands over a frame, and waits for the one that answers it.
    ///
    /// # Errors
    ///
    /// Fails if there is no interpreter any more; every later call fails too.
    fn exchange(&self, frame: Vec<u8>) -> impl Future<Output = Result<Vec<u8>, InterpreterGone>>;

    /// Passes on what a file says, or what is to be said about it, to the person who runs it.
    fn say(&self, log: Log);

    /// Hears how long frames may take from now on.
    fn allow(&self, limit: Duration) {
        let _ = limit;
    }

    /// Hears with which number the file wants the command to end.
    fn end_with(&self, exit_code: u8) {
        let _ = exit_code;
    }
}

/// The longest that an interpreter may take for a frame before its host ends it.
pub const HARD_LIMIT: Duration = Duration::from_secs(5);

/// The same of a file that waits by itself for what it measures.
pub const BLOCKING_LIMIT: Duration = Duration::from_secs(60);

/// There is no interpreter any more: why, in words for the person who wrote the file, such as
/// `Python ended with exit code 3`, and its last words, if it had any.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct InterpreterGone(pub String);

/// The interpreter of hosts that have none.
#[derive(Clone, Copy, Debug)]
pub enum NoInterpreter {}

impl Interpreter for NoInterpreter {
    const EXISTS: bool = false;

    async fn exchange(&self, _: Vec<u8>) -> Result<Vec<u8>, InterpreterGone> {
        match *self {}
    }

    fn say(&self, _: Log) {
        match *self {}
    }
}

/// What came of loading a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loading {
    /// What is in the file.
    pub result: Result<Loaded, NotLoaded>,
    /// What it said meanwhile.
    pub logs: Vec<Log>,
}

/// Why a file was not loaded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotLoaded {
    /// Python found fault with it.
    #[error("{0}")]
    File(LoadError),
    /// The interpreter ended meanwhile.
    #[error("{0}")]
    Gone(#[from] InterpreterGone),
    /// What came back makes no sense.
    #[error("the interpreter gave no answer that makes sense: {0}")]
    Senseless(#[from] BadFrame),
}

/// Has an interpreter, which has loaded nothing yet, load a file. `modules` are other files that it may
/// import, by name.
pub async fn load(
    interpreter: &impl Interpreter,
    hello: &Hello,
    text: &str,
    modules: &[(String, Vec<u8>)],
) -> Loading {
    let mut frame = Vec::new();
    for (name, bytes) in modules {
        wire::write_module(&mut frame, name, bytes);
    }
    let hello = Ask::Hello(Box::new(hello.clone()), text.to_owned());
    hello.write(0, &mut frame);
    let mut logs = Vec::new();
    let result = match interpreter.exchange(frame).await {
        Ok(frame) => read_loaded(&frame, &mut logs),
        Err(gone) => Err(gone.into()),
    };
    if let Ok(loaded) = &result {
        interpreter.allow(if loaded.blocking {
            BLOCKING_LIMIT
        } else {
            HARD_LIMIT
        });
    }
    Loading { result, logs }
}

fn read_loaded(frame: &[u8], logs: &mut Vec<Log>) -> Result<Loaded, NotLoaded> {
    let mut result = None;
    for message in messages(frame) {
        match Reply::read(&message?)? {
            Reply::Loaded(loaded) => result = Some(Ok(*loaded)),
            Reply::Error(error) => result = Some(Err(NotLoaded::File(error))),
            Reply::Log(log) => logs.push(log),
            // What the file wants of a run has no meaning before there is one.
            _ => (),
        }
    }
    result.unwrap_or(Err(NotLoaded::Senseless(BadFrame::Unanswered)))
}
