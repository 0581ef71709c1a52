//! What is recorded of a run: its report, and what becomes of its thresholds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use mayfly_core::measure::board::Board;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Plan};
use mayfly_core::report::{Ending, Report, ThresholdResult};
use mayfly_core::run_state::{EndCause, RunState};
use mayfly_core::verdict::threshold::Verdicts;

use crate::edit::with_load;

/// What is known of the run that is under way, or was last.
pub(crate) type Shared = Rc<RefCell<Option<Recorder>>>;

/// Makes of the snapshots of a run its report.
#[derive(Debug)]
pub struct Recorder {
    report: Report,
    verdicts: Verdicts,
}

impl Recorder {
    /// A run that nothing was measured of yet. It began at `started`, since 1970.
    pub(crate) fn new(
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

    /// Takes what a shard counted.
    pub(crate) fn post(&mut self, snapshot: &Snapshot) {
        let board = &mut self.report.board;
        board.post(snapshot.clone());
        self.verdicts.update(board);
        self.report.thresholds = ThresholdResult::of(&self.verdicts);
        if !board.state().is_active() {
            self.report.ending = Ending::Stopped;
        }
    }

    /// Whether the run takes another load: neither over nor ending.
    pub(crate) fn can_be_edited(&self) -> bool {
        self.is_running() && self.report.board.state() != RunState::Stopping
    }

    /// The run goes on with the load and the weights of another plan.
    pub(crate) fn edit(&mut self, draft: &Draft) {
        self.report.plan = with_load(&self.report.plan, draft);
    }

    /// The threshold that ends the run; `None` if none does.
    pub(crate) fn abort_cause(&self) -> Option<EndCause> {
        // A second stop would not let users finish.
        let is_going_on = self.report.board.end_cause().is_none();
        let condition = self.verdicts.aborting().filter(|_| is_going_on)?;
        Some(EndCause::Threshold(condition.to_string().into()))
    }

    /// Whether the run is going on.
    pub(crate) fn is_running(&self) -> bool {
        self.report.ending == Ending::Running
    }

    /// The run so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What becomes of its thresholds so far.
    pub fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }
}
