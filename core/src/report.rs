//! What remains of a run: one value, which is kept as JSON and rendered as a page, as CSV files and
//! as text, by the same code for the page and for the command. Nothing here knows files or storage.
//!
//! A report holds the snapshots of all shards, so a saved one is as good as a run that has just
//! ended: everything is computed from it again. What comes from a file is checked first
//! (`json/sound.rs`), so that nothing that reads a board needs to distrust it. The HTML has no
//! script: what is kept for years should need nothing.

pub mod csv;
mod figures;
pub mod html;
pub mod json;
pub mod moment;
pub mod ratio;
pub mod text;
pub mod words;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::measure::board::{Board, aggregated};
use crate::measure::sample::Evidence;
use crate::measure::snapshot::RowTotals;
use crate::plan::{Draft, Targets};
use crate::run_state::EndCause;
use crate::secrets;
use crate::time::Elapsed;
use crate::verdict::threshold::{Outcome, TooFew, Verdicts};
use crate::verdict::validity::Validity;

pub use self::figures::Figures;
pub use self::json::ReportError;
use self::moment::Moment;

/// The quantiles of Locust's reports, with their column titles.
const QUANTILES: [(f64, &str); 11] = [
    (0.5, "50%"),
    (0.66, "66%"),
    (0.75, "75%"),
    (0.8, "80%"),
    (0.9, "90%"),
    (0.95, "95%"),
    (0.98, "98%"),
    (0.99, "99%"),
    (0.999, "99.9%"),
    (0.9999, "99.99%"),
    (1.0, "100%"),
];

/// All that is known of a run: what ran, when, how it ended, and what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What a person calls the run; may be empty.
    pub title: String,
    /// What ran.
    pub plan: Draft,
    /// Where its randomness came from.
    pub seed: u64,
    /// When it began, since the start of 1970 in UTC.
    pub started: Duration,
    /// How it ended.
    pub ending: Ending,
    /// What was measured.
    pub board: Board,
    /// What became of its thresholds, in the order of the plan.
    pub thresholds: Vec<ThresholdResult>,
}

impl Report {
    /// What was loaded, in words: all hosts, or `simulated API`.
    pub fn host(&self) -> String {
        let label = Targets::of_draft(&self.plan).label();
        label.unwrap_or_else(|| "simulated API".to_owned())
    }

    /// The same without what looks like a credential: in the plan, and in the samples of what failed.
    #[must_use]
    pub fn without_credentials(&self) -> Self {
        let mut report = self.clone();
        secrets::remove(&mut report.plan.keys);
        report.board = report.board.with_evidence(Evidence::without_credentials);
        for threshold in &mut report.thresholds {
            threshold.condition = secrets::masked_url(&threshold.condition).into_owned();
        }
        report
    }

    /// Whether the run passed.
    pub fn verdict(&self) -> RunVerdict {
        if self.ending != Ending::Stopped {
            return RunVerdict::Unfinished;
        }
        RunVerdict::new(&self.board, &self.thresholds)
    }

    /// Whether its numbers are those of the target; `None` if it is of an earlier version, which did not
    /// look.
    pub fn validity(&self) -> Option<Validity> {
        let too_few = self.thresholds.iter().filter_map(|it| it.too_few);
        Validity::new(&self.board, &Vec::from_iter(too_few))
    }

    /// The key numbers, for a list of runs.
    pub fn figures(&self) -> Figures {
        Figures::new(&self.board)
    }

    /// When the newest numbers were read, which is the end of a run that has ended.
    pub fn ended(&self) -> Duration {
        self.time_of(self.board.at())
    }

    /// A name for files about the run, without an ending: `Mayfly_2026-11-23-05h26_shop.test_Checkout`.
    ///
    /// The time is that of the start, at an offset from UTC. All but letters, digits, points and
    /// dashes is replaced, so the name is good for every file system.
    pub fn file_stem(&self, utc_offset_minutes: i32) -> String {
        let started = Moment::new(self.started, utc_offset_minutes);
        let hosts = self.host();
        let host = hosts.split(", ").next().unwrap_or_default();
        let host = host.split("://").last().unwrap_or_default();
        let parts = [host, &self.title].map(file_part);
        let parts = parts.into_iter().filter(|it| !it.is_empty());
        let start = format!("Mayfly_{}", started.file_text());
        [start]
            .into_iter()
            .chain(parts)
            .collect::<Vec<_>>()
            .join("_")
    }

    fn time_of(&self, at: Elapsed) -> Duration {
        self.started.saturating_add(at.to_duration())
    }
}

/// At most so many characters of a host or a title are in the name of a file.
const MAX_FILE_PART: usize = 40;

fn file_part(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-');
    let words = text.split(|it| !is_plain(it)).filter(|it| !it.is_empty());
    let text: String = words.collect::<Vec<_>>().join("-");
    let text: String = text.chars().take(MAX_FILE_PART).collect();
    text.trim_matches(['.', '-']).to_owned()
}

/// How a run ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The engine was lost while the run was going on.
    EngineLost {
        /// Why, as far as the host knows.
        reason: String,
    },
    /// It was still going on when this was saved, and nothing came after that: the tab was closed or
    /// died, or the machine went to sleep.
    Running,
    /// By its plan or by a person; the numbers are final.
    Stopped,
}

/// Whether a run passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RunVerdict {
    /// A threshold failed.
    Failed,
    /// Nothing was answered, or nothing that one of the thresholds is about. Nobody knows whether the
    /// target would have passed.
    NoData,
    /// There are no thresholds, no request failed, and no task broke.
    NoFailures,
    /// All thresholds held, and no request failed and no task broke but as they allow.
    Passed,
    /// Requests failed and no threshold is about failures, or tasks broke and none is about exceptions;
    /// or exceptions ended all users, or the target refused, so that the run was not the one that was
    /// planned.
    SomeFailures,
    /// The run did not come to its end, so nobody knows.
    Unfinished,
}

impl RunVerdict {
    /// Whether a run that has ended passed, after what was counted and what became of its thresholds.
    ///
    /// What failed says more than what lacks data, and no threshold passes a run without any.
    pub fn new(board: &Board, thresholds: &[ThresholdResult]) -> Self {
        let has = |outcome| thresholds.iter().any(|it| it.outcome() == outcome);
        let total = aggregated(&board.rows());
        let has_exceptions = !board.exceptions().is_empty();
        // Who says how many may fail is not asked for none.
        let is_allowed = |row: &RowTotals| thresholds.iter().any(|it| it.is_about_failures_of(row));
        let mut rows = board.rows().into_iter();
        let failed = rows.any(|row| 0 < row.n_failures() && !is_allowed(&row));
        let may_break = thresholds.iter().any(|it| it.parts().1 == "exceptions");
        let broke = has_exceptions && (total.n_requests == 0 || !may_break);
        if has(Outcome::Failed) {
            Self::Failed
        } else if failed || broke || board.end_cause().is_some_and(is_failure) {
            Self::SomeFailures
        } else if total.n_requests == 0 || has(Outcome::NoData) {
            Self::NoData
        } else if thresholds.is_empty() {
            Self::NoFailures
        } else {
            Self::Passed
        }
    }

    /// Whether nothing is said against the target.
    pub fn is_good(self) -> bool {
        matches!(self, Self::NoFailures | Self::Passed)
    }
}

/// Whether a run that ended so was not the one that was planned.
fn is_failure(cause: &EndCause) -> bool {
    use EndCause::{Autostop, Locustfile, NoUsersLeft};
    matches!(cause, Autostop(_) | Locustfile(_) | NoUsersLeft)
}

impl fmt::Display for RunVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failed => "Failed",
            Self::NoData => "No data",
            Self::NoFailures => "No failures",
            Self::Passed => "Passed",
            Self::SomeFailures => "With failures",
            Self::Unfinished => "Interrupted",
        })
    }
}

/// What became of a threshold.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ThresholdResult {
    /// What had to hold, as it was written.
    pub condition: String,
    /// What was found, or why there is nothing, in words.
    pub found: String,
    /// Whether it did not pass: it failed, or there is no data.
    pub failed: bool,
    /// Whether it did not pass because there is no data. False in reports of earlier versions.
    #[serde(default)]
    pub no_data: bool,
    /// How many requests a percentile is from, and how many it takes to be sure of it; `None` if it has
    /// enough, and in reports of earlier versions.
    #[serde(default)]
    pub too_few: Option<TooFew>,
    /// Since when it did not hold; `None` if it held at last, or was never judged.
    #[serde(rename = "failing_since_micros")]
    pub failing_since: Option<Elapsed>,
}

impl ThresholdResult {
    /// What `verdicts` say at the end of a run.
    pub fn of(verdicts: &Verdicts) -> Vec<Self> {
        let results = verdicts.iter().map(|it| Self {
            condition: it.condition.to_string(),
            found: it.found(),
            failed: it.outcome != Outcome::Passed,
            no_data: it.outcome == Outcome::NoData,
            too_few: it.too_few,
            failing_since: it.failing_since,
        });
        results.collect()
    }

    /// The row that its condition is about, if it names one, and the metric, such as `fail_ratio`.
    fn parts(&self) -> (Option<&str>, &str) {
        let (row, rest) = match self.condition.rsplit_once(": ") {
            Some((row, rest)) => (Some(row.trim()), rest.trim()),
            None => (None, self.condition.trim()),
        };
        let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.');
        (
            row,
            rest.split(|it| !is_part(it)).next().unwrap_or_default(),
        )
    }

    /// Whether it says how many requests of `row` may fail.
    fn is_about_failures_of(&self, row: &RowTotals) -> bool {
        let (name, metric) = self.parts();
        let is_row = name.is_none_or(|it| *it == row.name.name || *it == row.name.to_string());
        is_row && matches!(metric, "fail_ratio" | "failures")
    }

    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        match (self.failed, self.no_data) {
            (_, true) => Outcome::NoData,
            (true, false) => Outcome::Failed,
            (false, false) => Outcome::Passed,
        }
    }
}

#[cfg(test)]
mod tests;
