//! A run, and what is known of it.

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::measure::board::Board;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Summary, Targets, Users};
use mayfly_core::report::{Ending, RunVerdict, ThresholdResult};
use mayfly_core::run_state::RunState;
use mayfly_core::schedule::load_line::LoadLine;
use mayfly_core::verdict::validity::{Grade, Validity};

use crate::view::chart_model::Event;
use crate::view::diagnosis::Diagnosis;
use crate::view::format;
use crate::view::load_picture::Live;
use crate::view::model::RunModel;
use mayfly_engine::edit::{with_load, with_users};
use mayfly_engine::history::{PastRun, RunKey, key};
use mayfly_engine::protocol::{Deed, RunId};

/// A run, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// The number that all its randomness comes from.
    pub seed: u64,
    /// What it is called; may be empty.
    pub title: String,
    /// What runs. An edit changes its load.
    pub draft: Rc<Draft>,
    /// What is shown of it.
    pub summary: Summary,
    /// What it loads.
    pub targets: Targets,
    /// Its load over time, with its edits; `None` until the engine has drawn it.
    pub line: Option<Rc<LoadLine>>,
    /// When it began, in milliseconds since 1970.
    pub started_millis: f64,
    /// Which saved run it is; `None` if it ran in this page since it was opened.
    pub saved_as: Option<RunKey>,
    /// How it ended, if it is a saved run that did not come to its end.
    pub ending: Option<Ending>,
    /// Whether it is a saved run that is going on, in another tab.
    pub runs_elsewhere: bool,
    /// What becomes of its thresholds.
    pub thresholds: Rc<[ThresholdResult]>,
    /// Whether its numbers are those of the target; `None` if nobody knows.
    pub validity: Option<Rc<Validity>>,
    /// The newest totals.
    pub board: Rc<Board>,
    /// What they say.
    pub model: Rc<RunModel>,
    /// What a person did in the time that is counted, in order of time.
    pub events: Rc<[Event]>,
    /// Why no answer to one of its requests can be read, once it was found out.
    pub diagnosis: Option<Box<Diagnosis>>,
    /// A person clicked Stop, and the engine has not answered yet.
    pub is_stopping: bool,
    /// Why it does not go on without its engine, as a sentence. The numbers up to then are run.
    pub engine_error: Option<String>,
    /// Why the history does not have it, as sentences.
    pub save_problem: Option<String>,
}

/// What changes a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunAction {
    /// Why no answer to a request can be read.
    Diagnose(RunId, Box<Diagnosis>),
    /// Whether the history has the run: why not, or `None` if it does.
    Keep(RunId, Option<String>),
    /// The engine drew the load of a run, and summed up its plan.
    Draw(RunId, Box<LoadLine>, Box<Summary>),
    /// The run goes on with the load and the weights of this plan.
    Edit(Box<Draft>),
    /// The run goes on with other users.
    EditUsers(Users),
    /// Somebody else did something to the run, at this time of the run.
    Follow(RunId, Duration, Deed),
    /// The run cannot go on, for this reason, which is a sentence.
    LoseEngine(String),
    /// News of a run.
    Post(RunId, Box<Snapshot>, Vec<ThresholdResult>, Option<Validity>),
    /// The counts are to be forgotten.
    ResetCounts,
    /// The run was told to stop.
    Stop,
}

impl Run {
    /// A run that nothing is known of yet.
    pub fn new(id: RunId, title: String, draft: Draft, started_millis: f64) -> Self {
        Self {
            id,
            seed: 0,
            title,
            summary: Summary::default(),
            targets: Targets::default(),
            draft: Rc::new(draft),
            line: None,
            started_millis,
            saved_as: None,
            ending: None,
            runs_elsewhere: false,
            thresholds: Rc::new([]),
            validity: None,
            board: Rc::default(),
            model: Rc::default(),
            events: Rc::default(),
            diagnosis: None,
            is_stopping: false,
            engine_error: None,
            save_problem: None,
        }
    }

    /// A saved run.
    pub fn saved(run: PastRun) -> Self {
        let keys = serde_json::from_str(&run.plan).unwrap_or_default();
        let mut board = Board::default();
        for snapshot in run.snapshots {
            board.post(snapshot);
        }
        let model = RunModel {
            unanswered: Vec::new(),
            ..RunModel::new(&board)
        };
        let model = match run.is_running {
            true => model,
            false => RunModel {
                state: RunState::Stopped,
                n_users: 0,
                n_queued: 0,
                ..model
            },
        };
        let mut saved = Self {
            seed: run.seed,
            saved_as: Some(run.key),
            line: run.line.map(Rc::new),
            targets: run.targets,
            summary: run.summary,
            runs_elsewhere: run.is_running,
            ending: (run.ending != Ending::Stopped && !run.is_running).then_some(run.ending),
            thresholds: run.thresholds.into(),
            validity: run.validity.map(Rc::new),
            board: Rc::new(board),
            model: Rc::new(model),
            ..Self::new(0, run.title, Draft { keys }, run.started_millis)
        };
        saved.mark_gaps();
        saved
    }

    /// The run as its history is to have it, if its engine could not do that itself; `None` if nothing
    /// was measured.
    pub fn lost(&self) -> Option<PastRun> {
        let reason = self.engine_error.clone()?;
        let snapshots = Vec::from_iter(self.board.snapshots().cloned());
        (!snapshots.is_empty()).then(|| PastRun {
            key: self.key(),
            seed: self.seed,
            title: self.title.clone(),
            plan: self.draft.to_json(),
            started_millis: self.started_millis,
            ending: Ending::EngineLost { reason },
            is_running: false,
            snapshots,
            thresholds: self.thresholds.to_vec(),
            validity: None,
            line: None,
            targets: self.targets.clone(),
            summary: self.summary.clone(),
        })
    }

    /// Which run of the history it is.
    pub fn key(&self) -> RunKey {
        let started = Duration::from_secs_f64(self.started_millis / 1e3);
        self.saved_as
            .clone()
            .unwrap_or_else(|| key(started, self.seed))
    }

    /// What the run is doing.
    pub fn state(&self) -> RunState {
        match self.model.state {
            _ if self.engine_error.is_some() => RunState::Stopped,
            // The first snapshot is a moment away.
            RunState::Ready => RunState::Spawning,
            state if self.is_stopping && state.is_active() => RunState::Stopping,
            state => state,
        }
    }

    /// Whether it came to its end, so that what its thresholds say is the last word.
    pub fn is_over(&self) -> bool {
        !self.state().is_active() && self.engine_error.is_none() && self.ending.is_none()
    }

    /// Whether it passed, if it is over.
    pub fn verdict(&self) -> RunVerdict {
        RunVerdict::new(&self.board, &self.thresholds)
    }

    /// How far its numbers are to be believed.
    pub fn grade(&self) -> Option<Grade> {
        self.validity.as_ref().map(|it| it.verdict)
    }

    /// What it did so far, to be drawn over what it was to do.
    pub fn live(&self) -> Live {
        let Some(line) = &self.line else {
            return Live::default();
        };
        Live::new(line.unit, &self.board.whole_slots(self.board.series()))
    }

    pub(super) fn apply(&mut self, action: RunAction) {
        match action {
            RunAction::Post(id, snapshot, thresholds, validity) if id == self.id => {
                self.thresholds = thresholds.into();
                self.validity = validity.map(Rc::new);
                self.post(*snapshot);
            }
            RunAction::Diagnose(id, diagnosis) if id == self.id => {
                self.diagnosis = Some(diagnosis);
                self.review_diagnosis();
            }
            RunAction::Draw(id, line, summary) if id == self.id => {
                self.line = Some(Rc::new(*line));
                self.summary = *summary;
            }
            RunAction::Follow(id, at, deed) if id == self.id => self.follow(at, deed),
            RunAction::Keep(id, problem) if id == self.id => self.save_problem = problem,
            RunAction::Stop => self.stop(),
            RunAction::LoseEngine(reason) if self.state().is_active() => self.lose_engine(reason),
            // A run that goes on is reset by its engine.
            RunAction::ResetCounts if !self.state().is_active() => self.forget(),
            RunAction::Edit(draft) => {
                self.edit(with_load(&self.draft, &draft));
                self.mark("Load edited".to_owned());
            }
            RunAction::EditUsers(users) => {
                self.edit(with_users(&self.draft, users));
                self.summary.users = Some(users);
                self.mark(users_label(users));
            }
            _ => {}
        }
    }

    fn edit(&mut self, draft: Draft) {
        self.draft = Rc::new(draft);
    }

    fn stop(&mut self) {
        // A second click ends the users who are still allowed to finish something.
        if !self.is_stopping {
            self.mark("Stop".to_owned());
        }
        self.is_stopping = true;
    }

    /// Notes what a person did just now, which is when the newest totals are from.
    fn mark(&mut self, label: String) {
        self.mark_at(self.board.at().as_secs_f64(), label);
    }

    fn mark_at(&mut self, at: f64, label: String) {
        let event = Event { at, label };
        // Two who do the same at the same time have done it once.
        if !self.events.contains(&event) {
            let events = self.events.iter().cloned();
            self.events = events.chain([event]).collect();
        }
    }

    /// Notes when the generator stood still, so that nobody takes the hole in the charts for the target's.
    fn mark_gaps(&mut self) {
        let health = self.board.snapshots().filter_map(|it| it.health.as_ref());
        let gaps = Vec::from_iter(health.flat_map(|it| it.gaps.iter().copied()));
        for gap in gaps.iter().filter(|it| MARKED_GAP <= it.length()) {
            let secs = gap.length().as_secs_f64();
            self.mark_at(gap.from.as_secs_f64(), format!("Standstill of {secs:.1} s"));
        }
        let mut events = self.events.to_vec();
        if !events.is_sorted_by(|a, b| a.at <= b.at) {
            events.sort_by(|a, b| a.at.total_cmp(&b.at));
            self.events = events.into();
        }
    }

    /// Notes what somebody else did.
    fn follow(&mut self, at: Duration, deed: Deed) {
        let at = at.as_secs_f64();
        match deed {
            Deed::Edit(plan) => {
                let other = Draft::from_json(&plan).unwrap_or_default();
                self.edit(with_load(&self.draft, &other));
                // The engine has told them before.
                let label = self.summary.users.map(users_label);
                self.mark_at(at, label.unwrap_or_else(|| "Load edited".to_owned()));
            }
            // The numbers say so.
            Deed::Reset => {}
            Deed::Stop => {
                self.is_stopping = true;
                self.mark_at(at, "Stop".to_owned());
            }
        }
    }

    fn post(&mut self, snapshot: Snapshot) {
        let since = self.board.since();
        Rc::make_mut(&mut self.board).post(snapshot);
        if since != self.board.since() {
            // What was before is in no chart any more.
            let at = self.board.since().as_secs_f64();
            let label = "Reset".to_owned();
            let later = self.events.iter().filter(|it| at <= it.at).cloned();
            self.events = [Event { at, label }].into_iter().chain(later).collect();
        }
        self.mark_gaps();
        self.model = Rc::new(RunModel::new(&self.board));
        self.review_diagnosis();
    }

    /// An answer that can be read, or a reset, makes a diagnosis wrong.
    fn review_diagnosis(&mut self) {
        let unanswered = &self.model.unanswered;
        self.diagnosis.take_if(|it| !it.is_about(unanswered));
    }

    fn lose_engine(&mut self, reason: String) {
        self.engine_error = Some(reason);
        let gone = RunModel {
            n_users: 0,
            n_queued: 0,
            ..(*self.model).clone()
        };
        self.model = Rc::new(gone);
    }

    /// Forgets the counts of a run that is over.
    fn forget(&mut self) {
        self.board = Rc::default();
        self.model = Rc::new(RunModel {
            state: RunState::Stopped,
            at: self.model.at,
            ..RunModel::default()
        });
        self.events = Rc::default();
        self.diagnosis = None;
        self.thresholds = Rc::new([]);
        self.validity = None;
    }
}

/// A shorter standstill is not seen in a chart.
const MARKED_GAP: Duration = Duration::from_millis(500);

fn users_label(users: Users) -> String {
    match users.users.get() {
        1 => "1 user".to_owned(),
        n_users => format!("{} users", format::count(n_users.into())),
    }
}
