//! The state of the page, and what changes it. Pure: effects live in [`crate::app`].

use std::rc::Rc;

use mayfly_core::board::Board;
use mayfly_core::plan::{Draft, Users};
use mayfly_core::run::RunState;
use mayfly_core::snapshot::Snapshot;
use yew::Reducible;

use crate::diagnosis::Diagnosis;
use crate::form::{Field, Form, TaskEdit};
use crate::model::RunModel;
use crate::outline::{Outline, with_users};
use crate::protocol::RunId;

/// The state of the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What was typed.
    pub form: Form,
    /// Whether errors of the form are shown: from the first try to start on.
    pub is_checked: bool,
    /// The form, or the run.
    pub view: View,
    /// The newest run.
    pub run: Option<Run>,
    /// The tab of the running view.
    pub tab: Tab,
    /// Whether the dialog for new users is open.
    pub is_editing: bool,
}

/// What fills the page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum View {
    /// The start form.
    #[default]
    Form,
    /// The running view.
    Run,
}

/// A tab of the running view.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Tab {
    /// The statistics table.
    #[default]
    Statistics,
    /// The charts.
    Charts,
    /// The failures table.
    Failures,
    /// Downloads.
    DownloadData,
}

impl Tab {
    /// From left to right.
    pub const ALL: [Self; 4] = [
        Self::Statistics,
        Self::Charts,
        Self::Failures,
        Self::DownloadData,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Statistics => "Statistics",
            Self::Charts => "Charts",
            Self::Failures => "Failures",
            Self::DownloadData => "Download Data",
        }
    }
}

/// A run, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What runs. An edit changes its load.
    pub draft: Rc<Draft>,
    /// What the page needs to know of it.
    pub outline: Outline,
    /// When it began, in milliseconds since 1970.
    pub started_millis: f64,
    /// The newest totals.
    pub board: Rc<Board>,
    /// What they say.
    pub model: Rc<RunModel>,
    /// Why no answer can be read, once it was found out.
    pub diagnosis: Option<Diagnosis>,
    /// A person clicked Stop, and the engine has not answered yet.
    pub is_stopping: bool,
    /// Why the engine is gone. The numbers up to then are kept.
    pub engine_error: Option<String>,
}

impl Run {
    /// A run that nothing is known of yet.
    pub fn new(id: RunId, draft: Draft, started_millis: f64) -> Self {
        Self {
            id,
            outline: Outline::new(&draft),
            draft: Rc::new(draft),
            started_millis,
            board: Rc::default(),
            model: Rc::default(),
            diagnosis: None,
            is_stopping: false,
            engine_error: None,
        }
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

    fn edit_users(&mut self, users: Users) {
        self.draft = Rc::new(with_users(&self.draft, users));
        self.outline = Outline::new(&self.draft);
    }

    fn post(&mut self, snapshot: Snapshot) {
        Rc::make_mut(&mut self.board).post(snapshot);
        self.model = Rc::new(RunModel::new(&self.board));
        // An answer that can be read, or a reset, makes the diagnosis wrong.
        if !self.model.is_unexplained {
            self.diagnosis = None;
        }
    }
}

/// What changes the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A field of the form was changed.
    EditField(Field, String),
    /// A task was added.
    AddTask,
    /// A task was changed.
    EditTask(u32, TaskEdit),
    /// A task was removed.
    RemoveTask(u32),
    /// The form was to start a run, and has errors.
    Reject,
    /// The form is as it comes.
    ResetForm,
    /// A run has begun.
    Start(Box<Run>),
    /// News of a run.
    Post(RunId, Box<Snapshot>),
    /// A run was told to stop.
    Stop,
    /// The counts are to be forgotten.
    ResetCounts,
    /// The engine is gone, for this reason.
    LoseEngine(String),
    /// Why no answer can be read.
    Diagnose(RunId, Diagnosis),
    /// The form, or the run, is to be shown.
    Show(View),
    /// A tab was chosen.
    SelectTab(Tab),
    /// The dialog for new users is to be shown.
    OpenEdit,
    /// The dialog is to be closed.
    CloseEdit,
    /// The run goes on with other users.
    EditUsers(Users),
}

impl State {
    /// The state after `action`.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::EditField(field, text) => *self.form.field_mut(field) = text,
            Action::AddTask => self.form.add_task(),
            Action::EditTask(id, edit) => self.form.edit_task(id, edit),
            Action::RemoveTask(id) => self.form.remove_task(id),
            Action::Reject => self.is_checked = true,
            Action::ResetForm => (self.form, self.is_checked) = (Form::default(), false),
            Action::Start(run) => {
                self.run = Some(*run);
                self.view = View::Run;
                self.is_checked = false;
            }
            Action::Show(view) => self.view = view,
            Action::SelectTab(tab) => self.tab = tab,
            Action::OpenEdit => self.is_editing = true,
            Action::CloseEdit => self.is_editing = false,
            Action::Post(..)
            | Action::Stop
            | Action::ResetCounts
            | Action::LoseEngine(_)
            | Action::Diagnose(..)
            | Action::EditUsers(_) => self.apply_to_run(action),
        }
        let is_active = self.run.as_ref().is_some_and(|run| run.state().is_active());
        self.is_editing &= is_active;
    }

    fn apply_to_run(&mut self, action: Action) {
        let Some(run) = &mut self.run else { return };
        match action {
            Action::Post(id, snapshot) if id == run.id => run.post(*snapshot),
            Action::Diagnose(id, diagnosis) if id == run.id && run.model.is_unexplained => {
                run.diagnosis = Some(diagnosis);
            }
            Action::Stop => run.is_stopping = true,
            Action::LoseEngine(reason) if run.state().is_active() => {
                run.engine_error = Some(reason);
                let gone = RunModel {
                    n_users: 0,
                    n_queued: 0,
                    ..(*run.model).clone()
                };
                run.model = Rc::new(gone);
            }
            // A run that goes on is reset by its engine.
            Action::ResetCounts if !run.state().is_active() => run.forget(),
            Action::EditUsers(users) => {
                run.edit_users(users);
                self.is_editing = false;
                // `New` shows what ran last.
                self.form.users = users.users.get().to_string();
                self.form.spawn_rate = users.spawn_rate.get().to_string();
            }
            _ => {}
        }
    }
}

impl Run {
    /// Forgets the counts of a run that is over.
    fn forget(&mut self) {
        self.board = Rc::default();
        self.model = Rc::new(RunModel {
            state: RunState::Stopped,
            ..RunModel::default()
        });
        self.diagnosis = None;
    }
}

impl Reducible for State {
    type Action = Action;

    fn reduce(mut self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::make_mut(&mut self).apply(action);
        self
    }
}

#[cfg(test)]
mod tests {
    use mayfly_core::plan::{Plan, Shape};
    use mayfly_core::testing::{Answer, Simulation, answer_after, users};
    use mayfly_core::transport::TransportError;

    use super::*;

    fn draft() -> Draft {
        let mut form = Form::default();
        "3".clone_into(&mut form.run_time);
        form.draft().unwrap()
    }

    fn snapshots(result: Result<u16, TransportError>) -> Vec<Snapshot> {
        let after = std::time::Duration::from_millis(10);
        let answer = match result {
            Ok(status) => answer_after(after, status),
            Err(error) => Answer {
                after,
                result: Err(error),
            },
        };
        let plan = Plan::from_json(&draft().to_json()).unwrap();
        Simulation::new(plan, move |_, _| answer.clone())
            .run()
            .snapshots
    }

    fn state(actions: impl IntoIterator<Item = Action>) -> State {
        let mut state = State::default();
        state.apply(Action::Start(Box::new(Run::new(1, draft(), 0.0))));
        for action in actions {
            state.apply(action);
        }
        state
    }

    fn post(run: RunId, snapshot: &Snapshot) -> Action {
        Action::Post(run, Box::new(snapshot.clone()))
    }

    #[test]
    fn a_run_is_spawning_from_the_click_on() {
        let state = state([]);
        assert_eq!(state.view, View::Run);
        assert_eq!(state.run.unwrap().state(), RunState::Spawning);
    }

    #[test]
    fn late_news_of_an_old_run_is_ignored() {
        let snapshots = snapshots(Ok(200));
        let state = state([post(0, &snapshots[5]), post(1, &snapshots[1])]);
        assert_eq!(state.run.unwrap().board.at(), snapshots[1].at);
    }

    #[test]
    fn a_click_on_stop_shows_at_once() {
        let snapshots = snapshots(Ok(200));
        let mut state = state([post(1, &snapshots[1]), Action::Stop]);
        assert_eq!(state.run.as_ref().unwrap().state(), RunState::Stopping);
        state.apply(post(1, snapshots.last().unwrap()));
        assert_eq!(state.run.unwrap().state(), RunState::Stopped);
    }

    #[test]
    fn a_lost_engine_keeps_the_numbers() {
        let snapshots = snapshots(Ok(200));
        let lose = Action::LoseEngine("it is gone".to_owned());
        let run = state([post(1, &snapshots[5]), lose]).run.unwrap();
        assert_eq!(run.state(), RunState::Stopped);
        assert_eq!(run.board.at(), snapshots[5].at);
        assert_eq!(run.model.n_users, 0);
    }

    #[test]
    fn a_diagnosis_lasts_until_an_answer_can_be_read() {
        let opaque = snapshots(Err(TransportError::Opaque));
        let mut state = state([
            post(1, &opaque[2]),
            Action::Diagnose(1, Diagnosis::MissingCors),
        ]);
        assert_eq!(
            state.run.as_ref().unwrap().diagnosis,
            Some(Diagnosis::MissingCors)
        );
        state.apply(post(1, &snapshots(Ok(200))[5]));
        assert_eq!(state.run.unwrap().diagnosis, None);
    }

    #[test]
    fn a_reset_after_the_end_leaves_nothing() {
        let snapshots = snapshots(Ok(200));
        let run = state([post(1, snapshots.last().unwrap()), Action::ResetCounts])
            .run
            .unwrap();
        assert_eq!(run.state(), RunState::Stopped);
        assert!(run.model.rows.is_empty());
    }

    #[test]
    fn an_edit_is_what_new_shows() {
        let Shape::Users(seven) = users(7, 0.5) else {
            panic!("users are users");
        };
        let state = state([Action::OpenEdit, Action::EditUsers(seven)]);
        assert!(!state.is_editing);
        assert_eq!(
            (state.form.users.as_str(), state.form.spawn_rate.as_str()),
            ("7", "0.5")
        );
        assert_eq!(state.run.unwrap().outline.users, Some(seven));
    }

    #[test]
    fn the_edit_dialog_closes_with_the_run() {
        let snapshots = snapshots(Ok(200));
        let state = state([Action::OpenEdit, post(1, snapshots.last().unwrap())]);
        assert!(!state.is_editing);
    }
}
