//! The statistics of one shard: one row per request name, and the series over time.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::histogram::Histogram;
use crate::request::RequestName;
use crate::sample::{Failure, Sample};
use crate::series::Series;
use crate::snapshot::{FailureTotals, Recent, RowTotals, TimeTotals};
use crate::time::{Elapsed, micros};

/// The statistics of one shard.
#[derive(Clone, Debug)]
pub struct Stats {
    // In order of name.
    rows: Vec<Row>,
    series: Series,
    since: Elapsed,
}

impl Stats {
    /// Empty statistics with a row for each of `names`, which must be sorted and without repetition.
    pub fn new(names: impl IntoIterator<Item = RequestName>) -> Self {
        let rows: Vec<Row> = names.into_iter().map(Row::new).collect();
        debug_assert!(rows.windows(2).all(|pair| pair[0].name < pair[1].name));
        Self {
            rows,
            series: Series::new(Elapsed::ZERO),
            since: Elapsed::ZERO,
        }
    }

    /// Counts a finished request in row `row` and in the series.
    pub fn record(&mut self, row: usize, sample: &Sample, n_users: u32) {
        self.rows[row].record(sample);
        self.series.record(sample, n_users);
    }

    /// Counts a request in row `row` that was under way when its user was stopped.
    pub fn record_abort(&mut self, row: usize) {
        self.rows[row].n_aborted += 1;
    }

    /// Says how many users are alive, for the series.
    pub fn advance(&mut self, now: Elapsed, n_users: u32) {
        self.series.advance(now, n_users);
    }

    /// Forgets all counts. The rows stay.
    pub fn reset(&mut self, now: Elapsed) {
        for row in &mut self.rows {
            *row = Row::new(row.name.clone());
        }
        self.series = Series::new(now);
        self.since = now;
    }

    /// When counting began: the start of the run, or the last reset.
    pub fn since(&self) -> Elapsed {
        self.since
    }

    /// The totals of all rows that counted something, in order of name.
    pub fn rows(&self, now: Elapsed) -> Vec<RowTotals> {
        let filled = self
            .rows
            .iter()
            .filter(|row| 0 < row.n_requests + row.n_aborted);
        filled.map(|row| row.totals(now, self.since)).collect()
    }

    /// The series over time, all rows together.
    pub fn series(&self) -> &Series {
        &self.series
    }
}

#[derive(Clone, Debug)]
struct Row {
    name: RequestName,
    n_requests: u64,
    n_aborted: u64,
    body_bytes: u64,
    response_times: Times,
    service_times: Times,
    failures: BTreeMap<Failure, FailureTotals>,
    recent: RecentSeconds,
}

impl Row {
    fn new(name: RequestName) -> Self {
        Self {
            name,
            n_requests: 0,
            n_aborted: 0,
            body_bytes: 0,
            response_times: Times::new(),
            service_times: Times::new(),
            failures: BTreeMap::new(),
            recent: RecentSeconds::default(),
        }
    }

    fn record(&mut self, sample: &Sample) {
        self.n_requests += 1;
        self.body_bytes += sample.body_bytes;
        self.response_times.record(sample.response_time());
        self.service_times.record(sample.service_time());
        if let Some(failure) = &sample.failure {
            let first = || FailureTotals {
                count: 0,
                first: sample.done,
                last: sample.done,
            };
            let totals = self.failures.entry(failure.clone()).or_insert_with(first);
            totals.count += 1;
            totals.last = sample.done;
        }
        self.recent.record(sample.done, sample.failure.is_some());
    }

    fn totals(&self, now: Elapsed, since: Elapsed) -> RowTotals {
        RowTotals {
            name: self.name.clone(),
            n_requests: self.n_requests,
            n_aborted: self.n_aborted,
            body_bytes: self.body_bytes,
            response_times: self.response_times.totals(),
            service_times: self.service_times.totals(),
            failures: self.failures.clone(),
            recent: self.recent.totals(now, since),
        }
    }
}

#[derive(Clone, Debug)]
struct Times {
    histogram: Histogram,
    sum: Duration,
    min: Option<Duration>,
    max: Option<Duration>,
}

impl Times {
    fn new() -> Self {
        Self {
            histogram: Histogram::new(3),
            sum: Duration::ZERO,
            min: None,
            max: None,
        }
    }

    fn record(&mut self, time: Duration) {
        self.histogram.record(time);
        self.sum += time;
        self.min = Some(self.min.map_or(time, |min| min.min(time)));
        self.max = self.max.max(Some(time));
    }

    fn totals(&self) -> TimeTotals {
        TimeTotals {
            sum_micros: micros(self.sum),
            min: self.min,
            max: self.max,
            buckets: self.histogram.buckets(),
        }
    }
}

/// Counts of the last seconds, for the current rate.
#[derive(Clone, Debug, Default)]
struct RecentSeconds {
    // Second n is in place n % SLOTS. The second is kept with its counts, so that old ones are known.
    slots: [RecentSecond; SLOTS],
}

#[derive(Clone, Copy, Debug, Default)]
struct RecentSecond {
    second: u64,
    n_requests: u64,
    n_failures: u64,
}

/// The window, and the second that is under way.
const SLOTS: usize = 11;

impl RecentSeconds {
    fn record(&mut self, at: Elapsed, failed: bool) {
        let second = at.as_secs();
        let slot = &mut self.slots[place(second)];
        if slot.second != second {
            *slot = RecentSecond {
                second,
                ..RecentSecond::default()
            };
        }
        slot.n_requests += 1;
        slot.n_failures += u64::from(failed);
    }

    /// Totals of the whole seconds in the window before `now`.
    fn totals(&self, now: Elapsed, since: Elapsed) -> Recent {
        let end = now.as_secs();
        let start = end.saturating_sub(Recent::WINDOW_SECS).max(since.as_secs());
        let mut recent = Recent {
            secs: end - start,
            ..Recent::default()
        };
        for slot in self
            .slots
            .iter()
            .filter(|slot| (start..end).contains(&slot.second))
        {
            recent.n_requests += slot.n_requests;
            recent.n_failures += slot.n_failures;
        }
        recent
    }
}

fn place(second: u64) -> usize {
    let place = second % u64::try_from(SLOTS).expect("a small number");
    usize::try_from(place).expect("less than SLOTS")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{name, sample};

    /// Requests per second, and seconds, of a row with `per_second` requests in each of `seconds`.
    #[track_caller]
    fn check_recent(seconds: std::ops::Range<u64>, now: u64, expected: (u64, u64)) {
        let mut stats = Stats::new([name("/")]);
        for second in seconds {
            for _ in 0..5 {
                stats.record(0, &sample(Elapsed::from_secs(second), 200), 1);
            }
        }
        let recent = stats.rows(Elapsed::from_secs(now))[0].recent;
        assert_eq!((recent.n_requests, recent.secs), expected);
    }

    #[test]
    fn the_current_rate_is_that_of_the_last_ten_whole_seconds() {
        check_recent(0..1, 0, (0, 0));
        check_recent(0..1, 1, (5, 1));
        check_recent(0..4, 3, (15, 3));
        check_recent(0..31, 30, (50, 10));
    }

    #[test]
    fn the_current_rate_falls_to_zero_when_the_target_stalls() {
        check_recent(0..30, 35, (25, 10));
        check_recent(0..30, 40, (0, 10));
        check_recent(0..30, 500, (0, 10));
    }

    #[test]
    fn a_reset_forgets_counts_and_keeps_counting() {
        let mut stats = Stats::new([name("/")]);
        stats.record(0, &sample(Elapsed::from_secs(1), 500), 1);
        stats.record_abort(0);
        stats.reset(Elapsed::from_secs(2));
        assert_eq!(stats.rows(Elapsed::from_secs(2)), []);

        stats.record(0, &sample(Elapsed::from_secs(3), 200), 1);
        let row = &stats.rows(Elapsed::from_secs(4))[0];
        assert_eq!((row.n_requests, row.n_failures(), row.n_aborted), (1, 0, 0));
        assert_eq!((row.recent.n_requests, row.recent.secs), (1, 2));
    }
}
