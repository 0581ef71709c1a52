//! The saved runs: what page and engine say to each other about them.

use std::time::Duration;

use mayfly_core::measure::board::Board;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Plan, Summary, Targets};
use mayfly_core::report::{Ending, Report, RunVerdict, ThresholdResult, words};
use mayfly_core::schedule::load_line::{LoadLine, Outlook};
use mayfly_core::verdict::validity::{Grade, Validity};
use serde::{Deserialize, Serialize};

/// Tells a saved run from all others, and sorts by its start.
pub type RunKey = String;

/// What the engine is to do with saved runs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum HistoryCommand {
    /// Forgets runs for good.
    Delete(Vec<RunKey>),
    /// Saves a run from a file, which is called so and holds this text.
    Import(String, String),
    /// Saves a run as the page knows it, whose engine is gone: a [`PastRun`],
    /// [encoded](crate::protocol::encode). What reads commands would have to know all that is measured.
    Save(Vec<u8>),
    /// Says which runs there are, after something was done to them.
    List,
    /// Hands a run to the page.
    Open(RunKey),
    /// Says which runs there are now.
    Refresh,
    /// Gives a run another title.
    Rename(RunKey, String),
}

impl HistoryCommand {
    /// Whether there are other runs after it.
    pub(crate) fn is_change(&self) -> bool {
        match self {
            Self::Delete(_) | Self::Import(..) | Self::Rename(..) | Self::Save(_) => true,
            Self::List | Self::Open(_) | Self::Refresh => false,
        }
    }
}

/// What the engine says of saved runs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum HistoryNotice {
    /// All runs there are, the newest first, after something was done to them.
    List(Vec<RunEntry>),
    /// A run.
    Opened(Box<PastRun>),
    /// Something did not work: a whole sentence.
    Problem(String),
    /// All runs there are now, the newest first.
    Refreshed(Vec<RunEntry>),
}

/// A saved run, in a list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct RunEntry {
    /// Which run.
    pub key: RunKey,
    /// What it is called; may be empty.
    pub title: String,
    /// What was loaded.
    pub host: String,
    /// When it began, in milliseconds since 1970.
    pub started_millis: f64,
    /// Whether it passed, in words.
    pub verdict: String,
    /// Whether that is good or bad; `None` if nobody knows.
    pub is_good: Option<bool>,
    /// Whether its numbers are those of the target; `None` if nobody knows.
    pub validity: Option<Grade>,
    /// Whether it is going on, here or in another engine.
    pub is_running: bool,
    /// Finished requests, failed ones included.
    pub n_requests: u64,
    /// How many of them failed.
    pub n_failures: u64,
    /// Half of the response times are not longer.
    pub median: Option<Duration>,
    /// 95 of 100 response times are not longer.
    pub p95: Option<Duration>,
    /// Requests per second over the whole run.
    pub request_rate: f64,
    /// How long it took.
    pub length: Duration,
    /// The most users that were alive at once.
    pub peak_users: u32,
}

impl RunEntry {
    /// What a list says of `report`.
    pub fn new(report: &Report) -> Self {
        let figures = report.figures();
        let verdict = report.verdict();
        let validity = report.validity().map(|it| it.verdict);
        Self {
            key: key(report.started, report.seed),
            title: report.title.clone(),
            host: report.host(),
            started_millis: report.started.as_secs_f64() * 1e3,
            verdict: words::verdict(verdict, validity),
            validity,
            is_good: match verdict {
                _ if validity == Some(Grade::Invalid) && verdict.is_good() => None,
                RunVerdict::Failed | RunVerdict::SomeFailures => Some(false),
                RunVerdict::NoFailures | RunVerdict::Passed => Some(true),
                RunVerdict::NoData | RunVerdict::Unfinished => None,
            },
            is_running: false,
            n_requests: figures.n_requests,
            n_failures: figures.n_failures,
            median: figures.median,
            p95: figures.p95,
            request_rate: figures.request_rate,
            length: figures.length,
            peak_users: figures.peak_users,
        }
    }
}

/// The key of a run: its start and its seed, since two tabs may start runs at the same moment.
pub fn key(started: Duration, seed: u64) -> RunKey {
    format!("{:015}-{:016x}", started.as_millis(), seed)
}

/// Milliseconds since 1970 as a length of time; zero for what is none.
pub(crate) fn since_1970(millis: f64) -> Duration {
    Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default()
}

/// A saved run as a whole.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PastRun {
    /// Which run.
    pub key: RunKey,
    /// The number that all its randomness came from.
    pub seed: u64,
    /// What it is called; may be empty.
    pub title: String,
    /// What ran, as JSON.
    pub plan: String,
    /// When it began, in milliseconds since 1970.
    pub started_millis: f64,
    /// How it ended.
    pub ending: Ending,
    /// Whether it is going on, in another engine.
    pub is_running: bool,
    /// What was measured.
    pub snapshots: Vec<Snapshot>,
    /// What became of its thresholds.
    pub thresholds: Vec<ThresholdResult>,
    /// Whether its numbers are those of the target; `None` if nobody knows.
    pub validity: Option<Validity>,
    /// Its load over time; `None` if its plan cannot be read any more.
    pub line: Option<LoadLine>,
    /// What was loaded.
    pub targets: Targets,
    /// What else is shown of its plan.
    pub summary: Summary,
}

impl PastRun {
    /// A report as the page opens it.
    pub fn new(report: &Report) -> Self {
        Self {
            key: key(report.started, report.seed),
            seed: report.seed,
            title: report.title.clone(),
            plan: report.plan.to_json(),
            started_millis: report.started.as_secs_f64() * 1e3,
            ending: report.ending.clone(),
            is_running: false,
            snapshots: report.board.snapshots().cloned().collect(),
            thresholds: report.thresholds.clone(),
            validity: report.validity(),
            line: {
                let plan = Plan::from_json(&report.plan.to_json()).ok();
                plan.map(|it| Outlook::new(&it).line().clone())
            },
            targets: Targets::of_draft(&report.plan),
            summary: Summary::of_draft(&report.plan),
        }
    }
}

impl Default for PastRun {
    /// A run of nothing.
    fn default() -> Self {
        Self {
            key: RunKey::new(),
            seed: 0,
            title: String::new(),
            plan: "{}".to_owned(),
            started_millis: 0.0,
            ending: Ending::Stopped,
            is_running: false,
            snapshots: Vec::new(),
            thresholds: Vec::new(),
            validity: None,
            line: None,
            targets: Targets::default(),
            summary: Summary::default(),
        }
    }
}

impl From<PastRun> for Report {
    fn from(run: PastRun) -> Self {
        let mut board = Board::default();
        for snapshot in run.snapshots {
            board.post(snapshot);
        }
        Self {
            title: run.title,
            plan: Draft::from_json(&run.plan).unwrap_or_default(),
            seed: run.seed,
            started: since_1970(run.started_millis),
            ending: run.ending,
            board,
            thresholds: run.thresholds,
        }
    }
}
