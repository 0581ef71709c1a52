//! The newest snapshot of every shard, read as one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use crate::http::request::{Method, RequestName};
use crate::measure::health::Health;
use crate::measure::sample::Evidence;
use crate::measure::series::{self, Slot};
use crate::measure::snapshot::{ExceptionTotals, RowTotals, Snapshot};
use crate::run_state::ShardId;
use crate::run_state::{EndCause, RunState};
use crate::time::Elapsed;

/// The newest snapshot of each shard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    // Shared, so that a board can be cloned for every drawing.
    newest: BTreeMap<ShardId, Arc<Snapshot>>,
}

// Boards are drawn and saved in other threads than those that count.
const _: () = {
    const fn can_leave_its_thread<T: Send>() {}
    can_leave_its_thread::<Board>();
};

impl Board {
    /// Puts `snapshot` up, unless a newer one of the same shard is there already.
    ///
    /// Of two that were read at the same time, the one that comes later counts: clocks have coarse
    /// steps, and the last word of a run may come within the step of the one before.
    pub fn post(&mut self, snapshot: Snapshot) {
        let held = self.newest.get(&snapshot.shard);
        if held.is_none_or(|held| held.at <= snapshot.at) {
            self.newest.insert(snapshot.shard, Arc::new(snapshot));
        }
    }

    /// The newest snapshot of each shard, in order of shard.
    pub fn snapshots(&self) -> impl Iterator<Item = &Snapshot> {
        self.newest.values().map(Arc::as_ref)
    }

    /// The same with other samples of what failed.
    pub(crate) fn with_evidence(&self, other: impl Fn(&Evidence) -> Evidence) -> Self {
        let mut board = self.clone();
        for snapshot in board.newest.values_mut() {
            let rows = &mut Arc::make_mut(snapshot).rows;
            for totals in rows.iter_mut().flat_map(|it| it.failures.values_mut()) {
                let evidence = totals.evidence.as_deref().map(&other);
                totals.evidence = evidence.map(Arc::new);
            }
        }
        board
    }

    /// What the run is doing: what the shard that is least far along is doing.
    pub fn state(&self) -> RunState {
        self.newest
            .values()
            .map(|it| it.state)
            .min()
            .unwrap_or_default()
    }

    /// Users alive.
    pub fn n_users(&self) -> u32 {
        self.newest.values().map(|it| it.n_users).sum()
    }

    /// Users that wait for a free connection.
    pub fn n_queued(&self) -> u32 {
        self.newest.values().map(|it| it.n_queued).sum()
    }

    /// Users that exceptions ended for good.
    pub fn n_dead(&self) -> u64 {
        self.newest.values().map(|it| it.n_dead).sum()
    }

    /// How often a request was sent again: the server closed a kept connection, or did not process it.
    pub fn n_resent(&self) -> u64 {
        self.newest.values().map(|it| it.n_resent).sum()
    }

    /// The lengths of all bodies as they came over the wire; zero where the host does not know.
    pub fn wire_bytes(&self) -> u64 {
        self.newest.values().map(|it| it.wire_bytes).sum()
    }

    /// Why the run ends or has ended; `None` while it goes on, or where that was not kept.
    pub fn end_cause(&self) -> Option<&EndCause> {
        let causes = self.newest.values().filter_map(|it| it.end_cause.as_ref());
        // A cause that is not expected says the most.
        causes.min_by_key(|it| it.is_expected())
    }

    /// When the newest snapshot was read.
    pub fn at(&self) -> Elapsed {
        self.newest
            .values()
            .map(|it| it.at)
            .max()
            .unwrap_or_default()
    }

    /// When counting began: the start of the run, or the last reset.
    pub fn since(&self) -> Elapsed {
        self.newest
            .values()
            .map(|it| it.since)
            .min()
            .unwrap_or_default()
    }

    /// Arrivals that found no free user.
    pub fn n_dropped(&self) -> u64 {
        self.newest.values().map(|it| it.n_dropped).sum()
    }

    /// Tasks that broke, in order of task and message.
    pub fn exceptions(&self) -> Vec<ExceptionTotals> {
        let mut exceptions: BTreeMap<(&str, &str), ExceptionTotals> = BTreeMap::new();
        for part in self.newest.values().flat_map(|it| &it.exceptions) {
            match exceptions.entry((&part.task, &part.message)) {
                Entry::Occupied(merged) => merged.into_mut().merge(part),
                Entry::Vacant(new) => drop(new.insert(part.clone())),
            }
        }
        exceptions.into_values().collect()
    }

    /// What the generator did to the numbers; `None` where a shard does not say.
    pub fn health(&self) -> Option<Health> {
        let mut shards = self.newest.values().map(|it| it.health.as_deref());
        let mut health = shards.next()??.clone();
        for shard in shards {
            health.merge(shard?);
        }
        Some(health)
    }

    /// Whether some names are counted in the rows `(other)`, because there were too many.
    pub fn rows_left_out(&self) -> bool {
        self.newest.values().any(|it| it.rows_left_out)
    }

    /// The rows of the statistics, in order of name.
    pub fn rows(&self) -> Vec<RowTotals> {
        let mut rows: BTreeMap<&RequestName, Vec<&RowTotals>> = BTreeMap::new();
        for row in self.parts() {
            rows.entry(&row.name).or_default().push(row);
        }
        let merged = rows.into_iter().map(|(name, parts)| RowTotals {
            series: RowTotals::merged_series(&parts),
            ..RowTotals::merged(name.clone(), &parts)
        });
        merged.collect()
    }

    /// The series over time, all rows together.
    pub fn series(&self) -> Vec<Slot> {
        series::merge(self.newest.values().map(|it| it.series.as_slice()))
    }

    /// The snapshots of all shards as that of the only one of a run; `None` until each has one.
    ///
    /// It was read when the shard whose news is oldest was.
    pub fn merged(&self) -> Option<Snapshot> {
        let shards = || self.newest.values();
        let n_shards = shards().map(|it| it.shard.count).max()?;
        if shards().len() < n_shards as usize {
            return None;
        }
        let state = self.state();
        // One that has ended counts nothing more, and others may go on.
        let is_ending = matches!(state, RunState::Stopping | RunState::Stopped);
        let active = shards().filter(|it| it.state.is_active());
        Some(Snapshot {
            shard: ShardId::ONLY,
            at: active.map(|it| it.at).min().unwrap_or_else(|| self.at()),
            since: shards().map(|it| it.since).max()?,
            state,
            n_users: self.n_users(),
            n_queued: self.n_queued(),
            n_in_flight: shards().map(|it| it.n_in_flight).sum(),
            n_due: shards().map(|it| it.n_due).sum(),
            n_dead: self.n_dead(),
            n_resent: self.n_resent(),
            health: self.health().map(Box::new),
            wire_bytes: self.wire_bytes(),
            end_cause: self.end_cause().filter(|_| is_ending).cloned(),
            n_dropped: self.n_dropped(),
            rows: self.rows(),
            rows_left_out: self.rows_left_out(),
            exceptions: self.exceptions(),
            series: self.series(),
        })
    }

    /// The rows as the shards have them.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &RowTotals> {
        self.newest.values().flat_map(|it| &it.rows)
    }

    /// Whether a slot was counted from begin to end. The second under way was not, nor that of a
    /// reset or of the end of a run: as rates they would look like slumps.
    pub fn is_whole(&self, slot: &Slot) -> bool {
        let whole = self.whole_seconds();
        let (start, secs) = (u64::from(slot.start), u64::from(slot.secs));
        // A longer slot may begin before the counting, and is no slump for a second of that.
        (whole.start <= start || 1 < secs) && start + secs <= whole.end
    }

    /// Those of `slots` that were counted from begin to end.
    pub fn whole_slots(&self, mut slots: Vec<Slot>) -> Vec<Slot> {
        slots.retain(|it| self.is_whole(it));
        slots
    }

    /// The whole seconds that every shard has counted from begin to end; empty until all shards have
    /// a snapshot.
    pub(crate) fn whole_seconds(&self) -> Range<u64> {
        let shards = || self.newest.values();
        let n_shards = shards().map(|it| it.shard.count).max().unwrap_or(0);
        if shards().len() < n_shards as usize {
            return 0..0;
        }
        let since = shards().map(|it| it.since).max().unwrap_or_default();
        // A shard that has ended counts nothing more, so it need not be waited for.
        let active = shards().filter(|it| it.state.is_active());
        let at = active.map(|it| it.at).min().unwrap_or_else(|| self.at());
        since.as_micros().div_ceil(1_000_000)..at.as_secs()
    }
}

/// The row `Aggregated`: all `rows` together, without a series.
pub fn aggregated(rows: &[RowTotals]) -> RowTotals {
    // The method is not shown.
    let name = RequestName {
        name: "Aggregated".to_owned(),
        method: Method::Get,
    };
    RowTotals::merged(name, &Vec::from_iter(rows))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::request::Request;
    use crate::measure::sample::{Evidence, Failure};
    use crate::measure::stats::Stats;
    use crate::running::shard::Command;
    use crate::testing::{Simulation, answer_after, class, load, name, plan, sample};

    /// What shard `index` of two says after a second.
    fn snapshot(index: u32, stats: &mut Stats) -> Snapshot {
        let at = Elapsed::from_secs(1);
        Snapshot {
            shard: ShardId { index, count: 2 },
            at,
            since: stats.since(),
            state: RunState::Running,
            n_users: 1,
            n_queued: 0,
            n_in_flight: 0,
            n_due: 0,
            n_dead: 0,
            n_resent: 0,
            health: None,
            wire_bytes: 0,
            end_cause: None,
            n_dropped: stats.n_dropped(),
            rows: stats.rows(at, false),
            rows_left_out: stats.rows_left_out(),
            exceptions: stats.exceptions(),
            series: stats.series().slots(),
        }
    }

    fn board(shards: [&mut Stats; 2]) -> Board {
        let mut board = Board::default();
        for (index, stats) in (0..).zip(shards) {
            board.post(snapshot(index, stats));
        }
        board
    }

    fn fail(stats: &mut Stats, millis: u64, user: u32) {
        let sample = sample(Elapsed::from_micros(millis * 1000), 500);
        stats.record(0, &sample, 1, || Evidence {
            user,
            ..Evidence::default()
        });
    }

    #[test]
    fn dropped_arrivals_and_exceptions_add_up() {
        let mut shards = [0, 1].map(|_| Stats::new([name("/")]));
        for (stats, millis) in shards.iter_mut().zip([300, 200]) {
            let now = Elapsed::from_micros(millis * 1000);
            stats.record_dropped(now);
            stats.record_exception(&"task".into(), &"broke".into(), now);
        }
        shards[1].record_exception(&"other".into(), &"broke".into(), Elapsed::ZERO);

        let board = board(shards.each_mut());

        assert_eq!((board.n_dropped(), board.series()[0].n_dropped), (2, 2));
        assert!(!board.rows_left_out());
        let exceptions = board.exceptions();
        let found: Vec<_> = exceptions.iter().map(|it| (&*it.task, it.count)).collect();
        assert_eq!(found, [("other", 1), ("task", 2)]);
        let (first, last) = (exceptions[1].first, exceptions[1].last);
        assert_eq!([first, last].map(Elapsed::as_micros), [200_000, 300_000]);
    }

    #[test]
    fn the_evidence_is_that_of_the_first_failure_of_all_shards() {
        let mut shards = [0, 1].map(|_| Stats::new([name("/")]));
        fail(&mut shards[0], 300, 0);
        fail(&mut shards[1], 200, 1);
        fail(&mut shards[1], 400, 3);

        let rows = board(shards.each_mut()).rows();

        let totals = &rows[0].failures[&Failure::Status(500)];
        assert_eq!(totals.count, 3);
        assert_eq!(totals.evidence.as_ref().map(|it| it.user), Some(1));
    }

    #[test]
    fn shards_are_merged_once_all_are_there_and_end_together() {
        let mut shards = [0, 1].map(|_| Stats::new([name("/")]));
        let mut snapshots = [0, 1].map(|it| snapshot(it, &mut shards[it as usize]));
        snapshots[0].state = RunState::Stopped;
        snapshots[0].end_cause = Some(EndCause::MaxRequests);
        snapshots[1].at = Elapsed::from_secs(2);
        let [ended, other] = snapshots;
        let mut board = Board::default();
        board.post(ended);
        assert_eq!(board.merged(), None);

        board.post(other.clone());
        let merged = board.merged().unwrap();
        assert_eq!((merged.state, merged.end_cause), (RunState::Running, None));
        assert_eq!((merged.at, merged.n_users), (Elapsed::from_secs(2), 2));

        let state = RunState::Stopped;
        board.post(Snapshot { state, ..other });
        let merged = board.merged().unwrap();
        let cause = Some(EndCause::MaxRequests);
        assert_eq!((merged.state, merged.end_cause), (state, cause));
    }

    #[test]
    fn a_row_has_a_series_if_all_shards_that_have_the_row_sent_it() {
        let mut shards = [0, 1].map(|_| Stats::new([name("/")]));
        shards[0].watch([name("/")].into());
        fail(&mut shards[0], 300, 0);
        assert!(board(shards.each_mut()).rows()[0].series.is_some());

        fail(&mut shards[1], 300, 1);
        assert!(board(shards.each_mut()).rows()[0].series.is_none());

        shards[1].watch([name("/")].into());
        let rows = board(shards.each_mut()).rows();
        assert_eq!(rows[0].series.as_ref().unwrap()[0].n_failures, 2);
        assert_eq!(aggregated(&rows).series, None);
    }

    #[test]
    fn only_seconds_that_were_counted_from_begin_to_end_are_whole() {
        let slots = |board: &Board| {
            let slots = board.whole_slots(board.series());
            Vec::from_iter(slots.iter().map(|it| it.start))
        };
        let mut plan = plan(vec![class("A", 1)], load(1, 1.0), 1);
        plan.load.run_time = Duration::from_millis(3_500).try_into().ok();
        let answer = |_: Elapsed, _: &Request| answer_after(Duration::from_millis(20), 200);
        let reset = Simulation {
            commands: vec![(Elapsed::from_micros(1_200_000), Command::Reset)],
            ..Simulation::new(plan.clone(), answer)
        };
        let run = Simulation::new(plan, answer).run();
        assert_eq!(slots(&run.board), [0, 1, 2]);
        assert_eq!(slots(&reset.run().board), [2]);

        let mut under_way = Board::default();
        under_way.post(run.snapshots[3].clone());
        assert_eq!(under_way.at().as_micros(), 1_500_000);
        assert_eq!(slots(&under_way), [0]);
    }
}
