//! What is recorded of a run: its report, and what becomes of its thresholds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use mayfly_core::measure::board::Board;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Plan};
use mayfly_core::report::{Ending, Report, ThresholdResult};
use mayfly_core::run_state::{EndCause, RunState};
use mayfly_core::secrets::masked_url;
use mayfly_core::verdict::autostop::Autostop;
use mayfly_core::verdict::threshold::Verdicts;
use mayfly_core::verdict::validity::Validity;

use crate::edit::with_load;

/// What is known of the run that is under way, or was last.
pub(crate) type Shared = Rc<RefCell<Option<Recorder>>>;

/// Says whether numbers are those of the target. It may be loaded later.
pub(crate) type Judge = fn(&Report) -> Option<Validity>;

/// Makes of the snapshots of a run its report.
#[derive(Debug)]
pub struct Recorder {
    report: Report,
    verdicts: Verdicts,
    autostop: Autostop,
    validity: Option<Validity>,
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
            autostop: Autostop::new(plan.stops_itself()),
            validity: None,
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
        self.autostop.update(board);
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
    pub(crate) fn edit(&mut self, plan: &Plan, draft: &Draft) {
        self.autostop.turn(plan.stops_itself());
        self.report.plan = with_load(&self.report.plan, draft);
    }

    /// The threshold or the state of the target that ends the run; `None` if neither does.
    pub(crate) fn abort_cause(&self) -> Option<EndCause> {
        // A second stop would not let users finish.
        if self.report.board.end_cause().is_some() {
            return None;
        }
        let condition = self.verdicts.aborting().map(ToString::to_string);
        // It is in the files of others, too, as the name of a row is.
        let condition = condition.map(|it| EndCause::Threshold(masked_url(&it).into()));
        condition.or_else(|| self.autostop.cause().cloned())
    }

    /// Whether the run is going on.
    pub(crate) fn is_running(&self) -> bool {
        self.report.ending == Ending::Running
    }

    /// The run so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Takes what `judge` says of its numbers.
    pub(crate) fn judge(&mut self, judge: Judge) {
        self.validity = judge(&self.report);
    }

    /// Whether its numbers are those of the target so far; `None` until that is known.
    pub fn validity(&self) -> Option<&Validity> {
        self.validity.as_ref()
    }

    /// What becomes of its thresholds so far.
    pub fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }
}
