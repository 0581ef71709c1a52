//! The newest snapshot of every shard, read as one.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::request::{Method, RequestName};
use crate::run::RunState;
use crate::series::{self, Slot};
use crate::shard::ShardId;
use crate::snapshot::{RowTotals, Snapshot};
use crate::time::Elapsed;

/// The newest snapshot of each shard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    // Shared, so that a board can be cloned for every drawing.
    newest: BTreeMap<ShardId, Rc<Snapshot>>,
}

impl Board {
    /// Puts `snapshot` up, unless a newer one of the same shard is there already.
    ///
    /// Of two that were read at the same time, the one that comes later counts: clocks have coarse
    /// steps, and the last word of a run may come within the step of the one before.
    pub fn post(&mut self, snapshot: Snapshot) {
        let held = self.newest.get(&snapshot.shard);
        if held.is_none_or(|held| held.at <= snapshot.at) {
            self.newest.insert(snapshot.shard, Rc::new(snapshot));
        }
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

    /// The rows of the statistics, in order of name.
    pub fn rows(&self) -> Vec<RowTotals> {
        let mut rows: BTreeMap<&RequestName, RowTotals> = BTreeMap::new();
        for row in self.newest.values().flat_map(|it| &it.rows) {
            rows.entry(&row.name)
                .or_insert_with(|| RowTotals::empty(row.name.clone()))
                .merge(row);
        }
        rows.into_values().collect()
    }

    /// The series over time, all rows together.
    pub fn series(&self) -> Vec<Slot> {
        series::merge(self.newest.values().map(|it| it.series.as_slice()))
    }
}

/// The row `Aggregated`: all `rows` together.
pub fn aggregated(rows: &[RowTotals]) -> RowTotals {
    // The method is not shown.
    let name = RequestName {
        name: "Aggregated".to_owned(),
        method: Method::Get,
    };
    let mut total = RowTotals::empty(name);
    for row in rows {
        total.merge(row);
    }
    total
}
