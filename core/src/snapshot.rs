//! What a shard tells its host.
//!
//! These types cross from a worker to the page, so they are serializable, which few types here
//! are. Both ends come from one build; there is no version to negotiate.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::histogram::Buckets;
use crate::request::RequestName;
use crate::run::RunState;
use crate::sample::Failure;
use crate::series::Slot;
use crate::shard::ShardId;
use crate::time::Elapsed;

/// Everything one shard has counted since the run started, or since the last reset.
///
/// Totals, not differences: a lost or late snapshot leaves the screen stale for a moment and never
/// makes a number wrong.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Snapshot {
    /// Whose totals these are.
    pub shard: ShardId,
    /// When they were read. Never less than in an earlier snapshot of the shard.
    pub at: Elapsed,
    /// When counting began.
    pub since: Elapsed,
    /// What the shard is doing.
    pub state: RunState,
    /// Users alive at that moment.
    pub n_users: u32,
    /// Users that wait for a free connection at that moment.
    pub n_queued: u32,
    /// Totals by request name, in order of name. A name, once there, stays until a reset.
    pub rows: Vec<RowTotals>,
    /// All rows together over time, without gaps, oldest first.
    pub series: Vec<Slot>,
}

/// The counts behind one row of the statistics.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RowTotals {
    /// What the row is about.
    pub name: RequestName,
    /// Finished requests, failed ones included, aborted ones not.
    pub n_requests: u64,
    /// Requests that were under way when their user was stopped. Not in any other count.
    pub n_aborted: u64,
    /// Sum of the lengths of all bodies.
    pub body_bytes: u64,
    /// done − due, of failed requests too.
    pub response_times: TimeTotals,
    /// done − sent, of failed requests too.
    pub service_times: TimeTotals,
    /// Failed requests by cause.
    pub failures: BTreeMap<Failure, FailureTotals>,
    /// The last seconds, for the current rate.
    pub recent: Recent,
}

impl RowTotals {
    /// A row that counted nothing.
    pub fn empty(name: RequestName) -> Self {
        Self {
            name,
            n_requests: 0,
            n_aborted: 0,
            body_bytes: 0,
            response_times: TimeTotals::default(),
            service_times: TimeTotals::default(),
            failures: BTreeMap::new(),
            recent: Recent::default(),
        }
    }

    /// How many requests failed.
    pub fn n_failures(&self) -> u64 {
        self.failures.values().map(|it| it.count).sum()
    }

    /// Adds the counts of `other`, of whatever name.
    pub fn merge(&mut self, other: &Self) {
        self.n_requests += other.n_requests;
        self.n_aborted += other.n_aborted;
        self.body_bytes += other.body_bytes;
        self.response_times.merge(&other.response_times);
        self.service_times.merge(&other.service_times);
        for (failure, totals) in &other.failures {
            let merged = self
                .failures
                .entry(failure.clone())
                .or_insert(FailureTotals {
                    count: 0,
                    ..*totals
                });
            merged.count += totals.count;
            merged.first = merged.first.min(totals.first);
            merged.last = merged.last.max(totals.last);
        }
        self.recent.merge(other.recent);
    }
}

/// A distribution of times, with its exact ends and sum.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct TimeTotals {
    /// Sum of all times, in µs.
    pub sum_micros: u64,
    /// The shortest; `None` if there are none.
    pub min: Option<Duration>,
    /// The longest; `None` if there are none.
    pub max: Option<Duration>,
    /// All of them, to three digits.
    pub buckets: Buckets,
}

impl TimeTotals {
    /// Adds the times of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.sum_micros += other.sum_micros;
        self.min = match (self.min, other.min) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.max = self.max.max(other.max);
        self.buckets.merge(&other.buckets);
    }

    /// The mean; `None` if there are no times.
    pub fn mean(&self) -> Option<Duration> {
        self.sum_micros
            .checked_div(self.buckets.count())
            .map(Duration::from_micros)
    }

    /// The smallest time that at least the fraction `quantile` of all does not exceed; `None` if
    /// there are none. Never below [`min`](Self::min) nor above [`max`](Self::max).
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        Some(self.buckets.quantile(quantile)?.clamp(self.min?, self.max?))
    }
}

/// Failed requests of one cause.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FailureTotals {
    /// How many.
    pub count: u64,
    /// When the first was done.
    pub first: Elapsed,
    /// When the last was done.
    pub last: Elapsed,
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
