//! What a shard tells its host.
//!
//! These types cross from a worker to the page as bytes, and are kept in reports as text, where they
//! have other forms, which `docs/report.md` describes. Both ends of the bytes come from one build, so
//! these have no version to negotiate; that of the text is in the report.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::http::request::RequestName;
use crate::measure::health::Health;
use crate::measure::phases::PhaseTotals;
use crate::measure::sample::{Evidence, Failure};
use crate::measure::series::{self, Slot};
use crate::run_state::ShardId;
use crate::run_state::{EndCause, RunState};
use crate::time::Elapsed;

mod forms;

pub use crate::measure::times::TimeTotals;

/// Everything one shard has counted since the run started, or since the last reset.
///
/// Totals, not differences: a lost or late snapshot leaves the screen stale for a moment and never
/// makes a number wrong.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Snapshot {
    /// Whose totals these are.
    pub shard: ShardId,
    /// When they were read. Never less than in an earlier snapshot of the shard.
    #[serde(rename = "at_micros")]
    pub at: Elapsed,
    /// When counting began.
    #[serde(rename = "since_micros")]
    pub since: Elapsed,
    /// What the shard is doing.
    pub state: RunState,
    /// Users alive at that moment.
    pub n_users: u32,
    /// Users that wait for a free connection at that moment.
    pub n_queued: u32,
    /// Requests that were sent and have no answer yet.
    #[serde(default)]
    pub n_in_flight: u64,
    /// Requests that users wanted to send since counting began. Each is finished, aborted, unsent,
    /// queued or in flight, and in one of these counts only. Zero in reports of earlier versions.
    #[serde(default)]
    pub n_due: u64,
    /// Users that exceptions ended for good, since the run began.
    #[serde(default)]
    pub n_dead: u64,
    /// How often a request was sent again: the server closed a kept connection, or did not process it.
    #[serde(default)]
    pub n_resent: u64,
    /// The lengths of all bodies as they came over the wire; zero where the host does not know.
    #[serde(default)]
    pub wire_bytes: u64,
    /// Why the run ends or has ended; `None` while it goes on, and in reports of earlier versions.
    #[serde(default)]
    pub end_cause: Option<EndCause>,
    /// Arrivals that found no free user.
    pub n_dropped: u64,
    /// Totals by request name, in order of name. A name, once there, stays until a reset.
    pub rows: Vec<RowTotals>,
    /// Whether there were more names than [`Stats::MAX_ROWS`](crate::measure::stats::Stats::MAX_ROWS), so
    /// that some are counted in the rows `(other)`.
    pub rows_left_out: bool,
    /// Tasks that broke, in order of task and message.
    pub exceptions: Vec<ExceptionTotals>,
    /// All rows together over time, without gaps, oldest first.
    #[serde(with = "series::columns")]
    pub series: Vec<Slot>,
    /// What the generator did to these numbers; `None` in reports of earlier versions.
    #[serde(default)]
    pub health: Option<Box<Health>>,
}

// Snapshots leave the thread of their shard.
const _: () = {
    const fn can_leave_its_thread<T: Send>() {}
    can_leave_its_thread::<Snapshot>();
};

/// The counts behind one row of the statistics.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RowTotals {
    /// What the row is about.
    #[serde(rename = "request")]
    pub name: RequestName,
    /// Finished requests, failed ones included, aborted ones not.
    pub n_requests: u64,
    /// Requests that were in flight when their user was stopped, and were given up. Not in any other
    /// count.
    pub n_aborted: u64,
    /// Requests that were due when their user was stopped, and were never sent. Not in any other
    /// count; zero in reports of earlier versions.
    #[serde(default)]
    pub n_unsent: u64,
    /// Sum of the lengths of all bodies.
    pub body_bytes: u64,
    /// done − due, of failed requests too.
    pub response_times: TimeTotals,
    /// done − sent, of failed requests too.
    pub service_times: TimeTotals,
    /// How long requests without an answer had been due when they were given up, sent or not; empty in
    /// reports of earlier versions.
    #[serde(default)]
    pub given_up: TimeTotals,
    /// Where the time of answers went; `None` where the host knows it of none.
    #[serde(default)]
    pub phases: Option<PhaseTotals>,
    /// Failed requests by cause.
    #[serde(with = "forms::failures")]
    pub failures: BTreeMap<Failure, FailureTotals>,
    /// The last seconds, for the current rate.
    pub recent: Recent,
    /// The row over time, without gaps, from its first request on, oldest first. `None` unless the
    /// row is watched or the run is over, and in the row `Aggregated`: that of all rows together is
    /// in [`Snapshot::series`].
    #[serde(with = "series::columns::optional")]
    pub series: Option<Vec<Slot>>,
}

impl RowTotals {
    /// A row that counted nothing.
    pub fn empty(name: RequestName) -> Self {
        Self::merged(name, &[])
    }

    /// How many requests failed.
    pub fn n_failures(&self) -> u64 {
        self.failures.values().map(|it| it.count).sum()
    }

    /// All of `parts` together, as a row with this name: the same row of several shards, or several
    /// rows. Without a series; see [`merged_series`](Self::merged_series).
    pub fn merged(name: RequestName, parts: &[&Self]) -> Self {
        let sum = |count: fn(&Self) -> u64| parts.iter().map(|it| count(it)).sum();
        let mut failures: BTreeMap<Failure, FailureTotals> = BTreeMap::new();
        for (failure, totals) in parts.iter().flat_map(|it| &it.failures) {
            match failures.get_mut(failure) {
                Some(merged) => merged.merge(totals),
                None => drop(failures.insert(failure.clone(), totals.clone())),
            }
        }
        let mut recent = Recent::default();
        let mut phases: Option<PhaseTotals> = None;
        for part in parts {
            recent.merge(part.recent);
            if let Some(part) = &part.phases {
                phases.get_or_insert_default().merge(part);
            }
        }
        Self {
            name,
            n_requests: sum(|it| it.n_requests),
            n_aborted: sum(|it| it.n_aborted),
            n_unsent: sum(|it| it.n_unsent),
            body_bytes: sum(|it| it.body_bytes),
            response_times: TimeTotals::merged(parts.iter().map(|it| &it.response_times)),
            service_times: TimeTotals::merged(parts.iter().map(|it| &it.service_times)),
            given_up: TimeTotals::merged(parts.iter().map(|it| &it.given_up)),
            phases,
            failures,
            recent,
            series: None,
        }
    }

    /// The series of all of `parts` together; `None` unless each has one, for it would be too low.
    pub fn merged_series(parts: &[&Self]) -> Option<Vec<Slot>> {
        let series: Option<Vec<&[Slot]>> = parts.iter().map(|it| it.series.as_deref()).collect();
        series.map(series::merge)
    }
}

/// Failed requests of one cause.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FailureTotals {
    /// How many.
    pub count: u64,
    /// When the first was done.
    #[serde(rename = "first_micros")]
    pub first: Elapsed,
    /// When the last was done.
    #[serde(rename = "last_micros")]
    pub last: Elapsed,
    /// The first of them. `None` beyond
    /// [`Stats::MAX_EVIDENCE`](crate::measure::stats::Stats::MAX_EVIDENCE).
    pub evidence: Option<Arc<Evidence>>,
}

impl FailureTotals {
    /// What the first of them had in place of what a check wants, if that is known and no part of the
    /// failure's own words.
    pub fn found(&self) -> Option<&str> {
        self.evidence.as_ref()?.found.as_deref()
    }

    fn merge(&mut self, other: &Self) {
        // Of two that were done at once, that of the user who was spawned first is shown, so that
        // it does not matter which shard comes first.
        let order = |it: &Self| {
            (
                it.first,
                it.evidence.as_ref().map_or(u32::MAX, |it| it.user),
            )
        };
        if self.evidence.is_none() || other.evidence.is_some() && order(other) < order(self) {
            self.evidence.clone_from(&other.evidence);
        }
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Tasks that broke in the same way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ExceptionTotals {
    /// The name of the task.
    pub task: Arc<str>,
    /// What went wrong.
    pub message: Arc<str>,
    /// How often.
    pub count: u64,
    /// When it happened first.
    #[serde(rename = "first_micros")]
    pub first: Elapsed,
    /// When it happened last.
    #[serde(rename = "last_micros")]
    pub last: Elapsed,
}

impl ExceptionTotals {
    /// Adds those of another shard.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Totals of the last whole seconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Recent {
    /// How many seconds, in `0..=`[`WINDOW_SECS`](Self::WINDOW_SECS); zero in the first second.
    pub secs: u64,
    /// Requests done in them, failed ones included.
    pub n_requests: u64,
    /// How many of them failed.
    pub n_failures: u64,
}

impl Recent {
    /// The longest window, which is Locust's.
    pub const WINDOW_SECS: u64 = 10;

    /// Adds the counts of the same seconds.
    pub fn merge(&mut self, other: Self) {
        self.secs = self.secs.max(other.secs);
        self.n_requests += other.n_requests;
        self.n_failures += other.n_failures;
    }

    /// Requests per second; zero in the first second.
    pub fn request_rate(self) -> f64 {
        self.rate(self.n_requests)
    }

    /// Failures per second; zero in the first second.
    pub fn failure_rate(self) -> f64 {
        self.rate(self.n_failures)
    }

    fn rate(self, count: u64) -> f64 {
        if self.secs == 0 {
            0.0
        } else {
            count as f64 / self.secs as f64
        }
    }
}
