//! The run that is under way, or was last, as the report that remains of it.

use std::time::Duration;

use mayfly_core::measure::board::Board;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Plan};
use mayfly_core::report::{Ending, Report, ThresholdResult};
use mayfly_core::run_state::EndCause;
use mayfly_core::verdict::threshold::Verdicts;

use mayfly_engine::edit::with_load;

/// The run that is under way, or was last.
pub(super) struct Record {
    report: Report,
    verdicts: Verdicts,
}

impl Record {
    /// A run that nothing was measured of yet.
    pub(super) fn new(
        title: String,
        plan: &Plan,
        draft: Draft,
        seed: u64,
        started: Duration,
    ) -> Self {
        Self {
            verdicts: Verdicts::new(&plan.thresholds),
            report: Report {
                title,
                plan: draft,
                seed,
                started,
                ending: Ending::Running,
                board: Board::default(),
                thresholds: Vec::new(),
            },
        }
    }

    /// Takes note of what a shard counted.
    pub(super) fn post(&mut self, snapshot: &Snapshot) {
        let board = &mut self.report.board;
        board.post(snapshot.clone());
        self.verdicts.update(board);
        self.report.thresholds = ThresholdResult::of(&self.verdicts);
        if !board.state().is_active() {
            self.report.ending = Ending::Stopped;
        }
    }

    /// The run goes on with the load and the weights of another plan.
    pub(super) fn edit(&mut self, draft: &Draft) {
        self.report.plan = with_load(&self.report.plan, draft);
    }

    /// The threshold that ends the run; `None` if none does.
    pub(super) fn abort_cause(&self) -> Option<EndCause> {
        // A second stop would not let users finish.
        let is_going_on = self.report.board.end_cause().is_none();
        let condition = self.verdicts.aborting().filter(|_| is_going_on)?;
        Some(EndCause::Threshold(condition.to_string().into()))
    }

    /// Whether the run is going on.
    pub(super) fn is_running(&self) -> bool {
        self.report.ending == Ending::Running
    }

    /// All of it.
    pub(super) fn report(&self) -> &Report {
        &self.report
    }
}
