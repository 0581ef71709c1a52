//! The statistics of one shard: one row per request name, and the series over time.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::http::phases::Phases;
use crate::http::request::RequestName;
use crate::measure::health::Waits;
use crate::measure::phases::PhaseTotals;
use crate::measure::sample::{Evidence, Failure, Sample};
use crate::measure::series::{Series, Slot};
use crate::measure::snapshot::{ExceptionTotals, FailureTotals, Recent, RowTotals};
use crate::measure::times::{TimeTotals, Times};
use crate::secrets::masked_url;
use crate::time::Elapsed;

/// The statistics of one shard.
///
/// # Memory
///
/// Bounded by the number of rows, and not by requests or time. A row that counted nothing takes less
/// than 1 KB. A busy one has two histograms of up to 116 KB each, and a series of up to 600 slots in
/// ten hours, each with two or three bytes for each of its filled buckets.
///
/// 1,000 rows with three requests a second each, whose times spread over two decades, take 65 MB
/// after an hour and 200 MB after ten.
#[derive(Clone, Debug)]
pub struct Stats {
    // In the order in which their names came up. A row never moves.
    rows: Vec<Row>,
    by_name: BTreeMap<RequestName, usize>,
    rows_left_out: bool,
    watched: BTreeSet<RequestName>,
    series: Series,
    n_dropped: u64,
    exceptions: BTreeMap<(Arc<str>, Arc<str>), Occurrences>,
    // How many failures have evidence; at most `MAX_EVIDENCE`.
    n_evidence: usize,
    since: Elapsed,
    // What the shard notices of itself.
    waits: Waits,
}

impl Stats {
    /// The most rows there are, apart from those named [`OTHER`](Self::OTHER).
    pub const MAX_ROWS: usize = 1000;

    /// The most kinds of failures a row tells apart. All others are `Failure::Check` with the
    /// message [`OTHER`](Self::OTHER).
    pub const MAX_FAILURES: usize = 100;

    /// The most pairs of task and message that exceptions are told apart by. All others have
    /// [`OTHER`](Self::OTHER) as task and as message.
    pub const MAX_EXCEPTIONS: usize = 1000;

    /// The most kinds of failures, of all rows together, that have evidence: the first that come up.
    /// It is in every snapshot, and takes some KB each.
    pub const MAX_EVIDENCE: usize = 100;

    /// The name of what is counted together because there is too much of it. Each method has its
    /// own row of this name.
    pub const OTHER: &str = "(other)";

    /// Empty statistics with a row for each of `names`, up to [`MAX_ROWS`](Self::MAX_ROWS).
    pub fn new(names: impl IntoIterator<Item = RequestName>) -> Self {
        let mut stats = Self {
            rows: Vec::new(),
            by_name: BTreeMap::new(),
            rows_left_out: false,
            watched: BTreeSet::new(),
            series: Series::new(Elapsed::ZERO, Series::FINE),
            n_dropped: 0,
            exceptions: BTreeMap::new(),
            n_evidence: 0,
            since: Elapsed::ZERO,
            waits: Waits::new(),
        };
        for name in names {
            stats.row(name);
        }
        stats
    }

    /// The index of the row with this name, which is added if it is not there. What looks like a credential
    /// in a name that is a URL is in no table.
    ///
    /// Once there are [`MAX_ROWS`](Self::MAX_ROWS), it is that of the row named
    /// [`OTHER`](Self::OTHER) with the same method. An index is good for the whole run, also after a
    /// reset.
    pub fn row(&mut self, name: RequestName) -> usize {
        if let Some(&row) = self.by_name.get(&name) {
            return row;
        }
        if let Cow::Owned(masked) = masked_url(&name.name) {
            let (name, method) = (masked, name.method);
            return self.row(RequestName { name, method });
        }
        if self.rows.len() < Self::MAX_ROWS || name.name == Self::OTHER {
            let row = self.rows.len();
            self.by_name.insert(name.clone(), row);
            self.rows.push(Row::new(name));
            return row;
        }
        self.rows_left_out = true;
        self.row(RequestName {
            name: Self::OTHER.to_owned(),
            method: name.method,
        })
    }

    /// Says of which rows the series is in every snapshot.
    ///
    /// It takes the place of what was said before. Names without a row are those of rows to come.
    pub fn watch(&mut self, rows: BTreeSet<RequestName>) {
        self.watched = rows;
    }

    /// Counts a finished request in row `row` and in the series.
    ///
    /// `evidence` is asked for if this is the first failure of its kind in the row.
    pub fn record(
        &mut self,
        row: usize,
        sample: &Sample,
        n_users: u32,
        evidence: impl FnOnce() -> Evidence,
    ) {
        self.series.record(sample, n_users);
        let row = &mut self.rows[row];
        row.record(sample);
        let Some(failure) = &sample.failure else {
            return;
        };
        let totals = row.failure(failure, sample.done);
        if totals.count == 0 && self.n_evidence < Self::MAX_EVIDENCE {
            totals.evidence = Some(Arc::new(evidence()));
            self.n_evidence += 1;
        }
        totals.count += 1;
        totals.last = sample.done;
    }

    /// Says where the time of a request of row `row` went.
    pub fn record_phases(&mut self, row: usize, phases: &Phases) {
        let totals = &mut self.rows[row].phases;
        totals.get_or_insert_default().record(phases);
    }

    /// Counts a request in row `row` that was under way when its user was stopped, and had been due for
    /// this long.
    pub fn record_abort(&mut self, row: usize, age: Duration) {
        self.rows[row].n_aborted += 1;
        self.rows[row].give_up(age);
    }

    /// Counts a request in row `row` that was not sent when its user was stopped, and had been due for
    /// this long.
    pub fn record_unsent(&mut self, row: usize, age: Duration) {
        self.rows[row].n_unsent += 1;
        self.rows[row].give_up(age);
    }

    /// Counts an arrival.
    pub fn record_arrival(&mut self, now: Elapsed) {
        self.series.record_arrival(now);
    }

    /// Says that an arrival, which was counted, found no free user.
    pub fn record_dropped(&mut self, now: Elapsed) {
        self.n_dropped += 1;
        self.series.record_dropped(now);
    }

    /// Counts a task that broke.
    pub fn record_exception(&mut self, task: &Arc<str>, message: &Arc<str>, now: Elapsed) {
        let mut key = (Arc::clone(task), Arc::clone(message));
        if Self::MAX_EXCEPTIONS <= self.exceptions.len() && !self.exceptions.contains_key(&key) {
            key = (Self::OTHER.into(), Self::OTHER.into());
        }
        let first = Occurrences {
            count: 0,
            first: now,
            last: now,
        };
        let occurrences = self.exceptions.entry(key).or_insert(first);
        occurrences.count += 1;
        occurrences.last = now;
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
        self.series = Series::new(now, Series::FINE);
        self.n_dropped = 0;
        self.exceptions.clear();
        self.n_evidence = 0;
        self.since = now;
        self.waits.reset(now);
    }

    /// When counting began: the start of the run, or the last reset.
    pub fn since(&self) -> Elapsed {
        self.since
    }

    /// The totals of all rows that counted something, in order of name.
    ///
    /// `with_series` is for the last snapshot: all rows have their series then, and not only those
    /// [watched](Self::watch).
    pub fn rows(&mut self, now: Elapsed, with_series: bool) -> Vec<RowTotals> {
        let mut totals = Vec::new();
        for (name, &index) in &self.by_name {
            let row = &mut self.rows[index];
            if row.n_requests + row.n_aborted + row.n_unsent == 0 {
                continue;
            }
            let with_series = with_series || self.watched.contains(name);
            totals.push(RowTotals {
                series: with_series.then(|| row.slots(now)),
                ..row.totals(now, self.since)
            });
        }
        totals
    }

    /// Whether there were more than [`MAX_ROWS`](Self::MAX_ROWS) names.
    pub fn rows_left_out(&self) -> bool {
        self.rows_left_out
    }

    /// Arrivals that found no free user.
    pub fn n_dropped(&self) -> u64 {
        self.n_dropped
    }

    /// Tasks that broke, in order of task and message.
    pub fn exceptions(&self) -> Vec<ExceptionTotals> {
        let totals = self.exceptions.iter().map(|(key, it)| ExceptionTotals {
            task: Arc::clone(&key.0),
            message: Arc::clone(&key.1),
            count: it.count,
            first: it.first,
            last: it.last,
        });
        totals.collect()
    }

    /// What the shard notices of itself.
    pub(crate) fn waits(&mut self) -> &mut Waits {
        &mut self.waits
    }

    /// The series over time, all rows together.
    pub fn series(&self) -> &Series {
        &self.series
    }
}

#[derive(Clone, Copy, Debug)]
struct Occurrences {
    count: u64,
    first: Elapsed,
    last: Elapsed,
}

#[derive(Clone, Debug)]
struct Row {
    name: RequestName,
    n_requests: u64,
    n_aborted: u64,
    n_unsent: u64,
    body_bytes: u64,
    response_times: Times,
    service_times: Times,
    // From the first one on.
    given_up: Option<Box<Times>>,
    phases: Option<Box<PhaseTotals>>,
    failures: BTreeMap<Failure, FailureTotals>,
    recent: RecentSeconds,
    // From the first request on.
    series: Option<Box<Series>>,
}

impl Row {
    fn new(name: RequestName) -> Self {
        Self {
            name,
            n_requests: 0,
            n_aborted: 0,
            n_unsent: 0,
            body_bytes: 0,
            response_times: Times::new(),
            service_times: Times::new(),
            given_up: None,
            phases: None,
            failures: BTreeMap::new(),
            recent: RecentSeconds::default(),
            series: None,
        }
    }

    fn record(&mut self, sample: &Sample) {
        self.n_requests += 1;
        self.body_bytes += sample.body_bytes;
        self.response_times.record(sample.response_time());
        self.service_times.record(sample.service_time());
        self.recent.record(sample.done, sample.failure.is_some());
        let series = || Box::new(Series::new(sample.done, Series::COARSE));
        self.series.get_or_insert_with(series).record(sample, 0);
    }

    fn give_up(&mut self, age: Duration) {
        let given_up = self.given_up.get_or_insert_with(|| Box::new(Times::new()));
        given_up.record(age);
    }

    /// The totals of failures like `failure`; with a count of zero if there were none so far.
    fn failure(&mut self, failure: &Failure, done: Elapsed) -> &mut FailureTotals {
        let is_full = Stats::MAX_FAILURES <= self.failures.len();
        let key = if is_full && !self.failures.contains_key(failure) {
            Failure::Check(Stats::OTHER.into())
        } else {
            failure.clone()
        };
        self.failures.entry(key).or_insert(FailureTotals {
            count: 0,
            first: done,
            last: done,
            evidence: None,
        })
    }

    fn totals(&self, now: Elapsed, since: Elapsed) -> RowTotals {
        RowTotals {
            name: self.name.clone(),
            n_requests: self.n_requests,
            n_aborted: self.n_aborted,
            n_unsent: self.n_unsent,
            body_bytes: self.body_bytes,
            response_times: self.response_times.totals(),
            service_times: self.service_times.totals(),
            given_up: self
                .given_up
                .as_ref()
                .map_or_else(TimeTotals::default, |it| it.totals()),
            phases: self.phases.as_deref().copied(),
            failures: self.failures.clone(),
            recent: self.recent.totals(now, since),
            series: None,
        }
    }

    fn slots(&mut self, now: Elapsed) -> Vec<Slot> {
        let Some(series) = &mut self.series else {
            return Vec::new();
        };
        series.advance(now, 0);
        series.slots()
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
mod tests;
