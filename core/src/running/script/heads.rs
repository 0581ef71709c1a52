//! The parts of messages that are JSON. Keys that are not known here are for a later version.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::Share;

/// The version of what both sides say.
pub const VERSION: u32 = 1;

/// The first that an interpreter hears.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u32,
    /// The name of the file.
    pub file: String,
    /// The folder it is in; `None` if it is in none.
    pub folder: Option<String>,
    /// What all randomness comes from.
    pub seed: u64,
    /// The time of day at the start of the run, in seconds since 1970.
    pub started: f64,
    /// What is loaded, whatever the file says.
    pub host: Option<String>,
    /// Only tasks with one of these tags run.
    pub tags: Option<Vec<String>>,
    /// Tasks with one of these tags do not run.
    pub exclude_tags: Option<Vec<String>>,
    /// Values of the options that the file adds to the command.
    pub options: BTreeMap<String, String>,
    /// The most that is kept of the body of an answer.
    pub max_body: u64,
    /// How many users the plan has at its peak, if it has a number of users.
    pub users: Option<u32>,
    /// How many of them start in a second.
    pub spawn_rate: Option<f64>,
    /// How long the run is, in seconds; `None` if nothing but a person ends it.
    pub run_time: Option<f64>,
}

/// What is in a file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Loaded {
    /// [`VERSION`].
    pub version: u32,
    /// The version of Python.
    pub python: String,
    /// The user classes, in Locust's order. Never empty in a file that runs.
    pub classes: Vec<LoadedClass>,
    /// What tasks may read of answers.
    pub keep: KeepOfAnswers,
    /// Whether the file looks at the statistics.
    pub uses_stats: bool,
    /// Whether the file waits by itself, for what it measures, while nobody else can do anything.
    pub blocking: bool,
    /// The load over time, if the file says it.
    pub shape: Option<LoadedShape>,
    /// What is to be said before a run.
    pub notes: Vec<Note>,
    /// What the file adds to the options of the command.
    pub options: Vec<FileOption>,
    /// The tags of its tasks.
    pub tags: Vec<String>,
    /// The whole URLs that its requests name as far as the text shows it.
    pub urls: Vec<NamedUrl>,
}

/// A whole URL that a request of a file names, at least up to its path.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct NamedUrl {
    /// The URL, or its beginning.
    pub url: String,
    /// Its line, from 1.
    pub line: Option<u32>,
    /// The file that the line is in; `None` for the locustfile.
    pub file: Option<String>,
}

/// A user class of a file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct LoadedClass {
    /// Its name.
    pub name: String,
    /// Its part of the users; not below zero.
    pub weight: f64,
    /// How many users are of this class; zero leaves it to the weight.
    pub fixed_count: u32,
    /// What its users load, if the file says it.
    pub host: Option<String>,
    /// What they do.
    pub tasks: Vec<LoadedTask>,
    /// Where it begins in the file, from 1.
    pub line: Option<u32>,
}

impl LoadedClass {
    /// How many users are of this class.
    pub fn share(&self) -> Share {
        match self.fixed_count {
            0 if self.weight.is_finite() && 0.0 < self.weight => Share::Weight(self.weight),
            0 => Share::Weight(0.0),
            count => Share::FixedCount(count),
        }
    }
}

/// A task of a file, for the picture of the load only.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct LoadedTask {
    /// Its name.
    pub name: String,
    /// Its weight.
    pub weight: f64,
    /// The tasks of a set.
    pub tasks: Vec<Self>,
}

/// What tasks may read of answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepOfAnswers {
    /// Headers and body.
    #[default]
    Body,
    /// Headers, and the start of the body.
    Start,
    /// The status alone.
    Nothing,
}

/// The load over time, as a file says it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct LoadedShape {
    /// The name of its class.
    pub name: String,
    /// From when on, in seconds, how many users there are to be, and how many start in a second.
    pub points: Vec<(f64, f64, f64)>,
    /// When it ends, in seconds; `None` if it does not.
    pub ends: Option<f64>,
    /// Whether it depends on more than the time, so that it is to be asked.
    pub is_live: bool,
}

/// What is to be said about a file before it runs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Note {
    /// Its line, from 1; `None` if it is about the file as a whole.
    pub line: Option<u32>,
    /// How bad it is: with [`Level::Error`], the file does not run.
    pub level: Level,
    /// What cannot work, and what to do.
    pub text: String,
    /// The file that the line is in; `None` for the locustfile.
    #[serde(default)]
    pub file: Option<String>,
}

/// An option that a file adds to those of the command.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct FileOption {
    /// Its name, without hyphens in front.
    pub name: String,
    /// Its value if nobody says one.
    pub default: Option<serde_json::Value>,
    /// As it is written on a command line: `--target-rate`.
    pub flag: Option<String>,
    /// Whether it stands alone, without a value.
    pub is_flag: bool,
    /// What it is for.
    pub help: Option<String>,
    /// The values that it can have; empty for any.
    pub choices: Option<Vec<String>>,
}

/// Why a file cannot be loaded.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct LoadError {
    /// The line of the file, from 1.
    pub line: Option<u32>,
    /// The type of the exception.
    pub r#type: String,
    /// What it says.
    pub message: String,
    /// All that led there.
    pub traceback: String,
    /// The file that the line is in; `None` for the locustfile.
    pub file: Option<String>,
}

/// As the last line of a traceback: `SyntaxError: invalid syntax`.
impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        exception(f, &self.r#type, &self.message)
    }
}

fn exception(f: &mut fmt::Formatter<'_>, kind: &str, message: &str) -> fmt::Result {
    match message {
        "" => f.write_str(kind),
        message => write!(f, "{kind}: {message}"),
    }
}

/// An exception in a task.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Broken {
    /// The task.
    pub task: String,
    /// The line of the file, from 1.
    pub line: Option<u32>,
    /// The type of the exception.
    pub r#type: String,
    /// What it says.
    pub message: String,
    /// All that led there.
    pub traceback: String,
    /// The file that the line is in; `None` for the locustfile.
    pub file: Option<String>,
}

/// As the last line of a traceback, and where it was: `KeyError: 'id' (line 12)`.
impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        exception(f, &self.r#type, &self.message)?;
        match (self.line, &self.file) {
            (Some(line), Some(file)) => write!(f, " ({file}, line {line})"),
            (Some(line), None) => write!(f, " (line {line})"),
            (None, _) => Ok(()),
        }
    }
}

/// A request that a task wants to have sent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct RequestHead {
    /// Its number, which Python counts.
    pub request: u64,
    /// The method, in capital letters.
    pub method: String,
    /// The whole URL; a path where there is no host.
    pub url: String,
    /// The row of the statistics.
    pub name: String,
    /// Names in lower case, and values.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// In seconds; `None` is what the plan says.
    #[serde(default)]
    pub timeout: Option<f64>,
    /// Whether redirects are followed.
    #[serde(default)]
    pub redirects: bool,
    /// Whether the task judges the answer: a verdict comes.
    #[serde(default)]
    pub catch: bool,
    /// Whether the user forgets its cookies before.
    #[serde(default)]
    pub clear_cookies: bool,
}

/// What came of a request.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct AnswerHead {
    /// The number of the request.
    pub request: u64,
    /// The status; zero without an answer.
    pub status: u16,
    /// How long it took since it was sent, in seconds.
    pub elapsed: f64,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// Where the answer came from in the end, if the host knows.
    pub url: Option<String>,
    /// The length of the whole body.
    pub bytes: u64,
}

/// What a task says about an answer.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Verdict {
    /// The number of the request.
    pub request: u64,
    /// Why it counts as failed, if it does.
    pub failure: Option<String>,
    /// Whether the task left it to the status, so that a failure is what it is elsewhere.
    pub judge: bool,
    /// Another row of the statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a file says while it runs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Log {
    /// How bad it is.
    pub level: Level,
    /// One line or more.
    pub text: String,
}

/// How bad something is, from the least.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of Python's logging")]
pub enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

/// What a shape answers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct ShapeTick {
    /// How many users there are to be.
    pub users: u32,
    /// How many start, or stop, in a second.
    pub spawn_rate: f64,
    /// Only users of these classes; `None` is all.
    pub classes: Option<Vec<String>>,
}

/// A request that the file has sent and measured by itself.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct OwnSample {
    /// What Locust shows as its method.
    pub r#type: String,
    /// The row of the statistics.
    pub name: String,
    /// In milliseconds.
    pub response_time: f64,
    /// Length of the answer.
    pub length: u64,
    /// Why it counts as failed, if it does.
    pub error: Option<String>,
}

/// The number with which a file wants the command to end.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ExitHead {
    /// `None` leaves it to the command.
    pub code: Option<i64>,
}

/// The name of a file that is handed over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct ModuleHead {
    pub(super) name: String,
}

/// What a shape is asked with.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct TickHead {
    pub(super) users: u32,
}
