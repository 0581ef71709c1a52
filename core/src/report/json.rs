//! Reports as JSON: to be kept, sent and read again, without loss. `docs/report.md` describes the
//! format.

mod sound;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::{Ending, Report, ThresholdResult};
use crate::measure::board::Board;
use crate::measure::snapshot::Snapshot;
use crate::plan::Draft;
use crate::verdict::validity::Validity;

impl Report {
    /// The report as JSON, in one line.
    ///
    /// [`from_json`](Self::from_json) gives an equal report back, unless the run began after the year
    /// 9900.
    pub fn to_json(&self) -> String {
        let started = SystemTime::UNIX_EPOCH + self.started.min(sound::LAST_START);
        let file = File {
            format: FORMAT.into(),
            version: VERSION,
            title: Cow::Borrowed(&self.title),
            started: humantime::format_rfc3339(started).to_string(),
            seed: self.seed,
            ending: Cow::Borrowed(&self.ending),
            plan: Cow::Borrowed(&self.plan.keys),
            thresholds: Cow::Borrowed(&self.thresholds),
            validity: self.validity(),
            shards: self.board.snapshots().map(Cow::Borrowed).collect(),
        };
        let json = serde_json::to_string(&file);
        json.expect("keys are texts, and nothing else can fail") + "\n"
    }

    /// Reads a report. Keys that are not known are passed over.
    ///
    /// # Errors
    ///
    /// Fails if `text` is no report, is one of a newer version, or says what no run can have
    /// measured.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let header: Header = serde_json::from_str(text).map_err(|error| not_a_report(&error))?;
        if header.format != FORMAT {
            return Err(ReportError::NotAReport);
        }
        match header.version.as_u64() {
            Some(VERSION) => {}
            Some(version) if VERSION < version => return Err(ReportError::Newer { version }),
            _ => return Err(damaged(&"expected the number of a version")),
        }
        let file: File<'_> = serde_json::from_str(text).map_err(|error| damaged(&error))?;
        file.report()
    }

    /// Checks what came in another way than as JSON.
    ///
    /// # Errors
    ///
    /// Fails if it says what no run can have measured.
    pub fn check(&self) -> Result<(), ReportError> {
        let shards = Vec::from_iter(self.board.snapshots());
        sound::check(&shards).map_err(|reason| damaged(&reason))
    }
}

/// Why a text is not read as a report.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReportError {
    /// It is one, but something in it cannot be.
    #[error("the report is damaged: {reason}")]
    Damaged {
        /// What was expected, and what was found.
        reason: String,
    },
    /// It was written by a newer version.
    #[error(
        "expected a report of version {VERSION}, found version {version}: a newer Mayfly reads it"
    )]
    Newer {
        /// The version.
        version: u64,
    },
    /// It is JSON, but something else.
    #[error("expected a report that Mayfly saved as JSON, found other JSON")]
    NotAReport,
    /// It is no JSON, or only the start of one.
    #[error("expected a report that Mayfly saved as JSON, found what is no JSON: {reason}")]
    NotJson {
        /// Where it ceases to be JSON.
        reason: String,
    },
}

const FORMAT: &str = "mayfly-report";
const VERSION: u64 = 1;

/// What every version has.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: Value,
}

#[derive(Deserialize, Serialize)]
struct File<'a> {
    format: Cow<'a, str>,
    version: u64,
    title: Cow<'a, str>,
    // As RFC 3339 has it, in UTC.
    started: String,
    seed: u64,
    ending: Cow<'a, Ending>,
    plan: Cow<'a, Map<String, Value>>,
    thresholds: Cow<'a, [ThresholdResult]>,
    // It follows from all else, so it is only written.
    #[serde(skip_deserializing)]
    validity: Option<Validity>,
    shards: Vec<Cow<'a, Snapshot>>,
}

impl File<'_> {
    fn report(self) -> Result<Report, ReportError> {
        let started = parse_time(&self.started).ok_or_else(|| {
            let found = crate::shorten::shorten(&self.started);
            damaged(&format!(
                "expected a time such as 2026-11-23T05:26:12Z for “started”, found “{found}”"
            ))
        })?;
        let shards = self.shards.into_iter().map(Cow::into_owned);
        let shards: Vec<Snapshot> = shards.collect();
        sound::check(&Vec::from_iter(&shards)).map_err(|reason| damaged(&reason))?;
        let mut board = Board::default();
        for snapshot in shards {
            board.post(snapshot);
        }
        Ok(Report {
            title: self.title.into_owned(),
            plan: Draft {
                keys: self.plan.into_owned(),
            },
            seed: self.seed,
            started,
            ending: self.ending.into_owned(),
            board,
            thresholds: self.thresholds.into_owned(),
        })
    }
}

fn parse_time(text: &str) -> Option<Duration> {
    let time = humantime::parse_rfc3339(text).ok()?;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since <= sound::LAST_START).then_some(since)
}

fn not_a_report(error: &serde_json::Error) -> ReportError {
    match error.classify() {
        Category::Data => ReportError::NotAReport,
        Category::Eof | Category::Io | Category::Syntax => ReportError::NotJson {
            reason: error.to_string(),
        },
    }
}

fn damaged(reason: &impl ToString) -> ReportError {
    ReportError::Damaged {
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests;
