//! What a run makes of its thresholds.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::recent::RecentSlots;
use super::{Condition, Metric, RowPattern, Threshold, Value};
use crate::http::request::RequestName;
use crate::measure::board::Board;
use crate::measure::censored::{self, Quantile};
use crate::measure::estimate::needed;
use crate::measure::histogram::Buckets;
use crate::measure::series::Slot;
use crate::measure::snapshot::{RowTotals, TimeTotals};
use crate::time::Elapsed;

/// What has become of the thresholds of a run so far.
///
/// To be [updated](Self::update) with every new board, at least once a minute: conditions with a
/// window read the seconds of the board's series, which are joined as they age. Windows that begin
/// inside of what was joined are not judged.
#[derive(Clone, Debug)]
pub struct Verdicts {
    // When counting began. A reset begins anew.
    since: Elapsed,
    subjects: Vec<Subject>,
    states: Vec<State>,
}

impl Verdicts {
    /// Nothing is known yet of any of `thresholds`.
    pub fn new(thresholds: &[Threshold]) -> Self {
        let mut verdicts = Self {
            since: Elapsed::ZERO,
            subjects: Vec::new(),
            states: Vec::new(),
        };
        for threshold in thresholds {
            let subject = verdicts.subject(&threshold.condition);
            verdicts.states.push(State::new(threshold.clone(), subject));
        }
        verdicts
    }

    /// Takes note of what `board` says.
    pub fn update(&mut self, board: &Board) {
        if self.since != board.since() {
            self.since = board.since();
            self.forget();
        }
        for (index, subject) in self.subjects.iter_mut().enumerate() {
            let of_this = |it: &&mut State| it.subject == index;
            for slot in subject.new_slots(board) {
                let end = Elapsed::from_secs(u64::from(slot.start) + u64::from(slot.secs));
                subject.recent.push(slot);
                for state in self.states.iter_mut().filter(of_this) {
                    state.judge_window(end, &subject.recent);
                }
            }
            if subject.is_whole_run {
                let figures = Figures::of_run(board, subject.row.as_ref());
                for state in self.states.iter_mut().filter(of_this) {
                    state.judge_run(board.at(), &figures);
                }
            }
        }
    }

    /// The rows whose series conditions with a window read; for
    /// [`Stats::watch`](crate::measure::stats::Stats::watch).
    pub fn watched_rows(&self) -> BTreeSet<RequestName> {
        let windowed = self.states.iter().map(|it| &it.threshold.condition);
        let windowed = windowed.filter(|it| it.window_secs.is_some());
        let mut rows = BTreeSet::new();
        rows.extend(windowed.flat_map(Condition::rows));
        rows
    }

    /// What has become of each threshold, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = Verdict<'_>> {
        self.states.iter().map(State::verdict)
    }

    /// The first threshold that is to end the run and has failed.
    ///
    /// Lack of data is no reason, nor is a count or rate of the whole run that is too low so far.
    pub fn aborting(&self) -> Option<&Condition> {
        let mut states = self.states.iter();
        let aborting = states.find(|it| it.should_abort());
        aborting.map(|it| &it.threshold.condition)
    }

    fn subject(&mut self, condition: &Condition) -> usize {
        let row = &condition.row;
        let place = self.subjects.iter().position(|it| it.row == *row);
        let place = place.unwrap_or_else(|| {
            self.subjects.push(Subject::new(row.clone()));
            self.subjects.len() - 1
        });
        let subject = &mut self.subjects[place];
        match condition.window_secs {
            Some(secs) => subject.longest_secs = subject.longest_secs.max(secs),
            None => subject.is_whole_run = true,
        }
        subject.recent = RecentSlots::new(subject.longest_secs);
        place
    }

    fn forget(&mut self) {
        for subject in &mut self.subjects {
            subject.recent = RecentSlots::new(subject.longest_secs);
        }
        for state in &mut self.states {
            *state = State::new(state.threshold.clone(), state.subject);
        }
    }
}

/// What has become of one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict<'a> {
    /// What has to hold.
    pub condition: &'a Condition,
    /// Whether the run ends as soon as it does not hold.
    pub abort: bool,
    /// What was found: of the run so far, or in the newest whole window. `None` if there is no data:
    /// without requests there are no times and no fail ratio.
    pub value: Option<Value>,
    /// Whether the condition held when it was last judged. False if that was never.
    pub passes: bool,
    /// Since when it has not held; `None` if it holds, or was never judged.
    pub failing_since: Option<Elapsed>,
    /// What becomes of the threshold if the run ends now.
    pub outcome: Outcome,
    /// How many requests the value is from, and how many a percentile needs to be sure of it; `None`
    /// if it has enough, and for all that are no percentiles.
    pub too_few: Option<TooFew>,
    /// Whether the value may be higher: requests that would say so were given up.
    pub is_at_least: bool,
    was_judged: bool,
}

impl Verdict<'_> {
    /// What was found, in words; why there is nothing, if there is nothing.
    pub fn found(&self) -> String {
        match (self.value, self.condition.window_secs) {
            (Some(value), _) if self.is_at_least => {
                format!("at least {value} (requests without an answer had waited that long)")
            }
            (Some(value), _) => match self.too_few {
                Some(TooFew { found, needed }) => {
                    format!("≈ {value} (from {found} requests; {needed} are needed to be sure)")
                }
                None => value.to_string(),
            },
            (None, Some(secs)) if !self.was_judged => {
                format!("no whole window of {secs} s with requests")
            }
            (None, _) => "no requests".to_owned(),
        }
    }
}

/// What became of a threshold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It did not hold for the run, or in one of its windows.
    Failed,
    /// It was never judged, because there were no requests that it is about. Nobody knows whether it
    /// holds.
    NoData,
    /// It held.
    Passed,
}

/// A percentile of fewer requests than it takes to be sure of it; see [`crate::measure::estimate`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TooFew {
    /// How many there were.
    pub found: u64,
    /// How many it takes.
    pub needed: u64,
}

/// One or more rows that conditions are about.
#[derive(Clone, Debug)]
struct Subject {
    // All rows together, if there is none.
    row: Option<RowPattern>,
    is_whole_run: bool,
    // Of windows; zero if there are none.
    longest_secs: u32,
    recent: RecentSlots,
}

impl Subject {
    fn new(row: Option<RowPattern>) -> Self {
        Self {
            row,
            is_whole_run: false,
            longest_secs: 0,
            recent: RecentSlots::new(0),
        }
    }

    fn new_slots(&mut self, board: &Board) -> Vec<Slot> {
        let whole = board.whole_seconds();
        if self.longest_secs == 0 || whole.is_empty() {
            return Vec::new();
        }
        let series = match &self.row {
            None => Some(board.series()),
            Some(row) => RowTotals::merged_series(&Vec::from_iter(parts(board, Some(row)))),
        };
        // Without a series nothing is known of the row. The last board has all.
        series.map_or_else(Vec::new, |it| self.recent.take_new(&it, whole))
    }
}

#[derive(Clone, Debug)]
struct State {
    threshold: Threshold,
    subject: usize,
    value: Option<Value>,
    too_few: Option<TooFew>,
    is_at_least: bool,
    passes: bool,
    failing_since: Option<Elapsed>,
    was_judged: bool,
    has_failed: bool,
}

impl State {
    fn new(threshold: Threshold, subject: usize) -> Self {
        Self {
            threshold,
            subject,
            value: None,
            too_few: None,
            is_at_least: false,
            passes: false,
            failing_since: None,
            was_judged: false,
            has_failed: false,
        }
    }

    fn judge_run(&mut self, at: Elapsed, figures: &Figures) {
        let condition = &self.threshold.condition;
        if condition.window_secs.is_none() {
            self.judge(at, figures);
        }
    }

    fn judge_window(&mut self, end: Elapsed, recent: &RecentSlots) {
        let condition = &self.threshold.condition;
        if let Some(secs) = condition.window_secs
            && let Some(slots) = recent.window(secs)
        {
            let figures = Figures::of_window(slots, secs, condition.metric);
            self.judge(end, &figures);
        }
    }

    fn judge(&mut self, at: Elapsed, figures: &Figures) {
        let metric = self.threshold.condition.metric;
        self.value = figures.value(metric);
        self.too_few = figures.too_few(metric);
        self.is_at_least = figures.is_at_least(metric);
        let Some(value) = self.value else {
            return;
        };
        self.was_judged = true;
        self.passes = self.threshold.condition.holds(value);
        if self.passes {
            self.failing_since = None;
        } else {
            self.failing_since.get_or_insert(at);
            self.has_failed = true;
        }
    }

    fn verdict(&self) -> Verdict<'_> {
        let condition = &self.threshold.condition;
        Verdict {
            condition,
            abort: self.threshold.abort,
            value: self.value,
            passes: self.passes,
            failing_since: self.failing_since,
            outcome: match condition.window_secs {
                None if self
                    .value
                    .is_none_or(|it| self.is_at_least && condition.is_open_above(it)) =>
                {
                    Outcome::NoData
                }
                Some(_) if !self.was_judged => Outcome::NoData,
                None if self.passes => Outcome::Passed,
                Some(_) if !self.has_failed => Outcome::Passed,
                _ => Outcome::Failed,
            },
            too_few: self.too_few,
            is_at_least: self.is_at_least,
            was_judged: self.was_judged,
        }
    }

    fn should_abort(&self) -> bool {
        let Threshold { condition, abort } = &self.threshold;
        let has_failed = match condition.window_secs {
            None => self
                .value
                .is_some_and(|it| !self.passes && !condition.may_grow_to_hold(it)),
            Some(_) => self.has_failed,
        };
        *abort && has_failed
    }
}

/// What metrics are read from.
#[derive(Clone, Debug, Default)]
struct Figures {
    n_requests: u64,
    n_failures: u64,
    n_dropped: u64,
    n_exceptions: u64,
    response_times: TimeTotals,
    // How long those without an answer had waited.
    given_up: TimeTotals,
    length: Duration,
}

impl Figures {
    fn of_run(board: &Board, row: Option<&RowPattern>) -> Self {
        let rows = Vec::from_iter(parts(board, row));
        Self {
            n_requests: rows.iter().map(|it| it.n_requests).sum(),
            n_failures: rows.iter().map(|it| it.n_failures()).sum(),
            n_dropped: board.n_dropped(),
            n_exceptions: board.exceptions().iter().map(|it| it.count).sum(),
            response_times: TimeTotals::merged(rows.iter().map(|it| &it.response_times)),
            given_up: TimeTotals::merged(rows.iter().map(|it| &it.given_up)),
            length: board.at().since(board.since()),
        }
    }

    fn of_window<'a>(
        slots: impl Iterator<Item = &'a Slot> + Clone,
        secs: u32,
        metric: Metric,
    ) -> Self {
        // Adding up the buckets takes the most time, and the mean and counts need none.
        let reads_buckets = matches!(metric, Metric::Max | Metric::Min | Metric::Quantile(_));
        let buckets = if reads_buckets {
            Buckets::merged(slots.clone().map(|it| &it.response_times))
        } else {
            Buckets::default()
        };
        let mut figures = Self {
            length: Duration::from_secs(secs.into()),
            ..Self::default()
        };
        for slot in slots {
            figures.n_requests += slot.n_requests;
            figures.n_failures += slot.n_failures;
            figures.n_dropped += slot.n_dropped;
            figures.response_times.sum_micros += slot.sum_micros;
        }
        figures.response_times.min = buckets.quantile(0.0);
        figures.response_times.max = buckets.quantile(1.0);
        figures.response_times.buckets = buckets;
        figures
    }

    /// Of a percentile that has too few requests for it.
    fn too_few(&self, metric: Metric) -> Option<TooFew> {
        let Metric::Quantile(quantile) = metric else {
            return None;
        };
        let found = self.response_times.buckets.count();
        let needed = needed(quantile);
        (0 < found && found < needed).then_some(TooFew { found, needed })
    }

    /// A percentile of all that was due, also of what was given up; `None` where nothing was answered.
    fn quantile(&self, quantile: f64) -> Option<Quantile> {
        self.response_times.min?;
        censored::quantile(&self.response_times, &self.given_up, quantile)
    }

    /// Whether a percentile may be higher than its value.
    fn is_at_least(&self, metric: Metric) -> bool {
        let Metric::Quantile(quantile) = metric else {
            return false;
        };
        self.quantile(quantile).is_some_and(|it| it.is_at_least)
    }

    fn value(&self, metric: Metric) -> Option<Value> {
        let times = &self.response_times;
        let mean = || times.sum_micros.checked_div(self.n_requests);
        Some(match metric {
            Metric::Dropped => Value::Count(self.n_dropped),
            Metric::Exceptions => Value::Count(self.n_exceptions),
            Metric::FailRatio | Metric::Failures if self.n_requests == 0 => return None,
            Metric::FailRatio => Value::Ratio(self.n_failures as f64 / self.n_requests as f64),
            Metric::Failures => Value::Count(self.n_failures),
            Metric::Max => Value::Time(times.max?),
            Metric::Mean => Value::Time(Duration::from_micros(mean()?)),
            Metric::Min => Value::Time(times.min?),
            Metric::Quantile(quantile) => Value::Time(self.quantile(quantile)?.time),
            Metric::Requests => Value::Count(self.n_requests),
            Metric::Rps if self.length.is_zero() => return None,
            Metric::Rps => Value::Rate(self.n_requests as f64 / self.length.as_secs_f64()),
        })
    }
}

fn parts<'a>(
    board: &'a Board,
    row: Option<&'a RowPattern>,
) -> impl Iterator<Item = &'a RowTotals> + use<'a> {
    board
        .parts()
        .filter(move |it| row.is_none_or(|row| row.matches(&it.name)))
}
