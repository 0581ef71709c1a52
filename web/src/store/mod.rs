//! The state of the page, and what changes it. Pure: effects live in [`crate::app`].
//!
//! Each part of the state is a module of its own, with the actions that change it.

pub mod history;
pub mod load;
pub mod log;
pub mod plan;
pub mod run;
pub mod tab;
pub mod tables;
pub mod theme;

use std::rc::Rc;

use mayfly_core::plan::Users;
use mayfly_core::request::RequestName;
use mayfly_core::trial::Trial;
use yew::Reducible;

use crate::chart_model::run::HIDDEN;
use crate::keys::{Edit, Path};
use crate::outline::number;

pub use self::history::{History, HistoryAction};
pub use self::load::LoadAction;
pub use self::log::{Level, Log, LogLine};
pub use self::plan::{PlanAction, PlanDoc, Side};
pub use self::run::{Run, RunAction};
pub use self::tab::Tab;
pub use self::tables::{TableAction, TableId, TableView, Tables};
pub use self::theme::Theme;

/// The state of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The plan that is being written.
    pub plan: Rc<PlanDoc>,
    /// What fills the page.
    pub view: View,
    /// The newest run.
    pub run: Option<Run>,
    /// The runs that the browser keeps.
    pub history: History,
    /// The tab of the running view.
    pub tab: Tab,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// Labels of the lines that are hidden in the charts.
    pub hidden_lines: Rc<[String]>,
    /// The rows of the statistics that are looked at more closely, at most
    /// [`MAX_SELECTED_ROWS`](Self::MAX_SELECTED_ROWS), in the order in which they were chosen.
    pub selected_rows: Vec<RequestName>,
    /// How the tables are looked at.
    pub tables: Tables,
    /// What happened since the page was loaded.
    pub log: Rc<Log>,
    /// What came of the request that was tried last; `None` while it is under way.
    pub trial: Option<Rc<Result<Trial, String>>>,
    /// Whether the page is light or dark.
    pub theme: Theme,
    /// Whether single keys do nothing.
    pub keys_are_off: bool,
}

/// What fills the page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum View {
    /// The plan, to be written and started.
    #[default]
    Form,
    /// The newest run.
    Run,
    /// The list of kept runs.
    History,
    /// A kept run.
    Kept,
    /// Two kept runs side by side.
    Compare,
}

/// A dialog.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialog {
    /// Other users for a run that is under way.
    EditUsers,
    /// A link to the plan.
    Share,
    /// The keys that do something.
    Shortcuts,
    /// A request that is tried.
    Trial,
}

impl Dialog {
    /// Whether it makes sense without a run that is under way.
    fn outlives_run(self) -> bool {
        match self {
            Self::EditUsers => false,
            Self::Share | Self::Shortcuts | Self::Trial => true,
        }
    }
}

/// What changes the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The dialog that is open is to be closed.
    CloseDialog,
    /// The load of the run that is under way is to be edited: in a dialog if it is a number of
    /// users, and in its plan otherwise.
    EditLoad,
    /// The kept runs change.
    History(HistoryAction),
    /// Something happened that belongs in the log.
    Log(LogLine),
    /// A dialog is to be shown.
    OpenDialog(Dialog),
    /// The plan that is being written changes.
    Plan(PlanAction),
    /// The newest run changes.
    Run(RunAction),
    /// A row of the statistics is to be looked at more closely, or no longer.
    SelectRow(RequestName),
    /// A tab was chosen.
    SelectTab(Tab),
    /// The page is to be light or dark.
    SetTheme(Theme),
    /// Something else is to fill the page.
    Show(View),
    /// A run has begun.
    Start(Box<Run>),
    /// A table is to be looked at in another way.
    Table(TableId, TableAction),
    /// The lines with this label are to be hidden in the charts, or shown again.
    ToggleLine(String),
    /// A request is tried; `None` until something came of it.
    Try(Option<Box<Result<Trial, String>>>),
    /// Single keys are to do nothing, or something again.
    TurnKeys(bool),
}

impl Default for State {
    fn default() -> Self {
        Self {
            plan: Rc::default(),
            view: View::default(),
            run: None,
            history: History::default(),
            tab: Tab::default(),
            dialog: None,
            trial: None,
            theme: Theme::default(),
            keys_are_off: false,
            hidden_lines: HIDDEN.map(str::to_owned).into(),
            selected_rows: Vec::new(),
            tables: Tables::default(),
            log: Rc::default(),
        }
    }
}

impl State {
    /// The most rows that are looked at more closely. More lines in one chart are not told apart.
    pub const MAX_SELECTED_ROWS: usize = 6;

    /// The state after `action`.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::CloseDialog => self.dialog = None,
            Action::EditLoad => self.edit_load(),
            Action::History(HistoryAction::Open(kept)) => {
                if self.history.open(*kept) {
                    self.view = View::Kept;
                }
            }
            Action::History(action) => self.history.apply(action),
            Action::Log(line) => self.log(line.level, line.at_millis, line.text),
            Action::OpenDialog(dialog) => self.dialog = Some(dialog),
            Action::Plan(action) => Rc::make_mut(&mut self.plan).apply(action),
            Action::Run(action) => self.apply_to_run(action),
            Action::SelectRow(row) => self.select_row(row),
            Action::SelectTab(tab) => self.tab = tab,
            Action::SetTheme(theme) => self.theme = theme,
            Action::Show(view) => {
                self.view = view;
                self.dialog = None;
            }
            Action::Start(run) => {
                self.run = Some(*run);
                self.view = View::Run;
                self.selected_rows.clear();
                self.tables.forget_rows();
                let plan = Rc::make_mut(&mut self.plan);
                (plan.is_checked, plan.is_from_link) = (false, false);
            }
            Action::Table(table, action) => self.tables.apply(table, action),
            Action::ToggleLine(label) => self.hidden_lines = toggled(&self.hidden_lines, label),
            Action::Try(result) => {
                self.trial = result.map(|it| Rc::new(*it));
            }
            Action::TurnKeys(off) => self.keys_are_off = off,
        }
        if self.log.has_alert && self.shows_log() {
            Rc::make_mut(&mut self.log).has_alert = false;
        }
        if !self.is_running() && self.dialog.is_some_and(|it| !it.outlives_run()) {
            self.dialog = None;
        }
    }

    /// Whether a run is under way.
    pub fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.state().is_active())
    }

    fn shows_log(&self) -> bool {
        matches!(self.view, View::Run | View::Kept) && self.tab == Tab::Logs
    }

    fn log(&mut self, level: Level, at_millis: f64, text: String) {
        Rc::make_mut(&mut self.log).push(level, at_millis, text);
    }

    fn select_row(&mut self, row: RequestName) {
        let rows = &mut self.selected_rows;
        if let Some(index) = rows.iter().position(|it| *it == row) {
            rows.remove(index);
            return;
        }
        if rows.len() == Self::MAX_SELECTED_ROWS {
            rows.remove(0);
        }
        rows.push(row);
    }

    fn edit_load(&mut self) {
        let users = self.run.as_ref().map(|run| run.outline.users);
        match users {
            Some(Some(_)) => self.dialog = Some(Dialog::EditUsers),
            Some(None) => self.view = View::Form,
            None => {}
        }
    }

    fn apply_to_run(&mut self, action: RunAction) {
        let is_running = self.is_running();
        let Some(run) = &mut self.run else { return };
        if let RunAction::Edit(_) = action {
            if !is_running {
                return;
            }
            self.view = View::Run;
            Rc::make_mut(&mut self.plan).is_checked = false;
        }
        if let RunAction::EditUsers(users) = action {
            self.dialog = None;
            // `New` shows what ran last.
            edit_users(Rc::make_mut(&mut self.plan), users);
        }
        let before = run.clone();
        run.apply(action);
        let at_millis = run.started_millis + run.model.at.as_secs_f64() * 1e3;
        for (level, text) in log::news(&before, run) {
            self.log(level, at_millis, text);
        }
    }
}

/// `labels` without `label` if it is among them, and with it otherwise.
pub fn toggled(labels: &[String], label: String) -> Rc<[String]> {
    let rest = labels.iter().filter(|it| **it != label).cloned();
    let rest: Vec<String> = rest.collect();
    if rest.len() < labels.len() {
        return rest.into();
    }
    rest.into_iter().chain([label]).collect()
}

fn edit_users(plan: &mut PlanDoc, users: Users) {
    let load = Path::of("load");
    let spawn_rate = number(users.spawn_rate.get());
    for (key, value) in [
        ("users", users.users.get().into()),
        ("spawn_rate", spawn_rate),
    ] {
        plan.apply(PlanAction::Edit(Edit::Set(load.key(key), value)));
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
    use mayfly_core::plan::{Draft, Plan, Shape};
    use mayfly_core::run::RunState;
    use mayfly_core::snapshot::Snapshot;
    use mayfly_core::testing::{Answer, Simulation, answer_after, users};
    use mayfly_core::transport::TransportError;

    use super::*;
    use crate::diagnosis::Diagnosis;
    use crate::load_kind::LoadKind;
    use crate::protocol::RunId;

    fn draft() -> Draft {
        let mut plan = PlanDoc::default();
        let run_time = Path::of("load").key("run_time");
        plan.apply(PlanAction::Edit(Edit::Set(run_time, 3.into())));
        plan.draft
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
        state.apply(Action::Start(Box::new(Run::new(
            1,
            String::new(),
            draft(),
            0.0,
        ))));
        for action in actions {
            state.apply(action);
        }
        state
    }

    fn post(run: RunId, snapshot: &Snapshot) -> Action {
        Action::Run(RunAction::Post(run, Box::new(snapshot.clone()), Vec::new()))
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
        let mut state = state([post(1, &snapshots[1]), Action::Run(RunAction::Stop)]);
        assert_eq!(state.run.as_ref().unwrap().state(), RunState::Stopping);
        state.apply(post(1, snapshots.last().unwrap()));
        assert_eq!(state.run.unwrap().state(), RunState::Stopped);
    }

    #[test]
    fn a_lost_engine_keeps_the_numbers() {
        let snapshots = snapshots(Ok(200));
        let lose = Action::Run(RunAction::LoseEngine("it is gone".to_owned()));
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
            Action::Run(RunAction::Diagnose(1, Diagnosis::MissingCors)),
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
        let run = state([
            post(1, snapshots.last().unwrap()),
            Action::Run(RunAction::ResetCounts),
        ])
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
        let state = state([
            Action::OpenDialog(Dialog::EditUsers),
            Action::Run(RunAction::EditUsers(seven)),
        ]);
        assert_eq!(state.dialog, None);
        assert_eq!(
            state.plan.draft.keys["load"],
            serde_json::json!({ "users": 7, "spawn_rate": 0.5 })
        );
        assert_eq!(state.run.unwrap().outline.users, Some(seven));
    }

    #[test]
    fn a_row_is_chosen_once_and_the_oldest_makes_room() {
        let row = |number: usize| mayfly_core::testing::name(&format!("/{number}"));
        let mut state = state((0..7).map(|it| Action::SelectRow(row(it))));
        let chosen = |numbers: &[usize]| numbers.iter().map(|&it| row(it)).collect::<Vec<_>>();
        assert_eq!(state.selected_rows, chosen(&[1, 2, 3, 4, 5, 6]));
        state.apply(Action::SelectRow(row(3)));
        assert_eq!(state.selected_rows, chosen(&[1, 2, 4, 5, 6]));
    }

    #[test]
    fn a_line_that_is_hidden_stays_hidden_in_the_next_run() {
        let toggle = |label: &str| Action::ToggleLine(label.to_owned());
        let mut state = state([toggle("RPS"), toggle(HIDDEN[0])]);
        let run = Run::new(2, String::new(), draft(), 0.0);
        state.apply(Action::Start(Box::new(run)));
        assert_eq!(*state.hidden_lines, [HIDDEN[1], "RPS"]);
    }

    #[test]
    fn events_are_those_of_the_counts_that_are_shown() {
        let labels = |state: &State| -> Vec<(f64, String)> {
            let events = state.run.as_ref().unwrap().events.iter();
            events.map(|it| (it.at, it.label.clone())).collect()
        };
        let snapshots = snapshots(Ok(200));
        let Shape::Users(seven) = users(7, 0.5) else {
            panic!("users are users");
        };
        let mut state = state([
            post(1, &snapshots[2]),
            Action::Run(RunAction::EditUsers(seven)),
        ]);
        let edit = (snapshots[2].at.as_secs_f64(), "7 users".to_owned());
        assert_eq!(labels(&state), std::slice::from_ref(&edit));
        let reset = Snapshot {
            since: snapshots[4].at,
            ..snapshots[4].clone()
        };
        state.apply(post(1, &reset));
        state.apply(Action::Run(RunAction::Stop));
        state.apply(Action::Run(RunAction::Stop));
        let at = snapshots[4].at.as_secs_f64();
        let expected = [(at, "Reset".to_owned()), (at, "Stop".to_owned())];
        assert_eq!(labels(&state), expected);
    }

    #[test]
    fn users_are_edited_in_a_dialog_and_all_else_in_the_plan() {
        let mut state = state([Action::EditLoad]);
        assert_eq!(
            (state.dialog, state.view),
            (Some(Dialog::EditUsers), View::Run)
        );
        state.apply(Action::Show(View::Form));
        assert_eq!((state.dialog, state.view), (None, View::Form));

        let plan = Rc::make_mut(&mut state.plan);
        plan.apply(PlanAction::Load(LoadAction::Switch(LoadKind::Stages)));
        let edited = plan.draft.clone();
        state.apply(Action::Run(RunAction::Edit(Box::new(edited))));
        assert_eq!(state.view, View::Run);
        let outline = &state.run.as_ref().unwrap().outline;
        assert_eq!((outline.users, outline.kind), (None, LoadKind::Stages));
        state.apply(Action::EditLoad);
        assert_eq!((state.dialog, state.view), (None, View::Form));
    }

    #[test]
    fn the_edit_dialog_closes_with_the_run() {
        let snapshots = snapshots(Ok(200));
        let state = state([
            Action::OpenDialog(Dialog::EditUsers),
            post(1, snapshots.last().unwrap()),
        ]);
        assert_eq!(state.dialog, None);
    }

    /// The texts of the log.
    fn texts(state: &State) -> Vec<&str> {
        state.log.lines().map(|it| it.1.text.as_str()).collect()
    }

    #[test]
    fn the_log_says_how_a_run_went() {
        let snapshots = snapshots(Ok(200));
        let state = state(snapshots.iter().map(|it| post(1, it)));
        let model = &state.run.as_ref().unwrap().model;
        let last = format!(
            "The run stopped after 0:03: {} requests, 0 of them failed (0 %).",
            model.total.as_ref().unwrap().n_requests
        );
        // Without a stop timeout, nothing lies between the last request and the end.
        assert_eq!(texts(&state), [&last]);
        assert!(!state.log.has_alert);
    }

    #[test]
    fn a_diagnosis_alerts_until_the_log_is_looked_at() {
        let opaque = snapshots(Err(TransportError::Opaque));
        let mut state = state([
            post(1, &opaque[2]),
            Action::Run(RunAction::Diagnose(1, Diagnosis::Unreachable)),
        ]);
        // The demo has no target that could be unreachable.
        assert_eq!(texts(&state), [""; 0]);

        state.apply(Action::Log(LogLine {
            level: Level::Error,
            at_millis: 0.0,
            text: "It does not work.".to_owned(),
        }));
        assert!(state.log.has_alert);
        state.apply(Action::SelectTab(Tab::Logs));
        assert!(!state.log.has_alert);
    }
}
