//! The state of the page, and what changes it. Pure: effects live in `crate::control`, and how the
//! page is loaded is not its matter.
//!
//! Each part of the state is a module of its own, with the actions that change it.

pub mod history;
pub mod load;
pub mod log;
pub mod plan;
pub mod question;
pub mod run;
pub mod tab;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod theme;

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::http::request::RequestName;
use mayfly_core::plan::Users;
use mayfly_core::running::trial::Trial;

use crate::draft::keys::{Edit, Path};
use crate::draft::load_kind::kind_of;
use crate::view::chart_model::run::HIDDEN;
use mayfly_engine::edit::number;
use mayfly_engine::history::RunKey;
use mayfly_engine::protocol::Deed;

pub use self::history::{History, HistoryAction};
pub use self::load::LoadAction;
pub use self::log::{Level, Log, LogLine};
pub use self::plan::{PlanAction, PlanDoc, Side};
pub use self::question::{About, Question, Then};
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
    /// The saved runs.
    pub history: History,
    /// The tab of the running view.
    pub tab: Tab,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// What a person is asked before requests are sent; it is above all else.
    pub question: Option<Rc<Question>>,
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
    /// The most that the browser can send to the host of that trial, in words; `None` without an answer.
    pub ceiling: Option<String>,
    /// Why there is no engine or only a part of it, and what follows, in sentences; `None` if it is
    /// there, or will be in a moment.
    pub engine_error: Option<String>,
    /// Whether the page is light or dark.
    pub theme: Theme,
    /// Whether single keys do nothing.
    pub keys_are_off: bool,
    /// Whether a run starts as soon as what it needs is loaded.
    pub is_starting: bool,
    /// How often an engine that was away has come back.
    pub n_reunions: u32,
}

/// What fills the page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum View {
    /// The plan, to be written and started.
    #[default]
    Form,
    /// The newest run.
    Run,
    /// The list of saved runs.
    History,
    /// A saved run.
    Saved,
    /// Two saved runs side by side.
    Compare,
    /// What the address names, which is not there yet.
    Opening,
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
    /// A person is to be asked before requests are sent.
    Ask(Box<Question>),
    /// A run starts as soon as what it needs is loaded.
    AwaitStart,
    /// The dialog that is open is to be closed.
    CloseDialog,
    /// The question was answered, or is not to be.
    CloseQuestion,
    /// The load of the run that is under way is to be edited: in a dialog if it is a number of
    /// users, and in its plan otherwise.
    EditLoad,
    /// The most that the browser can send, in words, by the newest trial.
    FindCeiling(Option<String>),
    /// The engine is there, and listens.
    FindEngine,
    /// The engine that was away is there again, and knows nothing of what was wanted of it.
    FindEngineAgain,
    /// A run is under way, or was last, that somebody else has started or this page before it was
    /// loaded again; with what was done to it, in the time of the run, and whether it has ended.
    Follow(Box<Run>, Vec<(Duration, Deed)>, bool),
    /// The saved runs change.
    History(HistoryAction),
    /// Something happened that belongs in the log.
    Log(LogLine),
    /// The engine is gone, for this reason.
    LoseEngine(String),
    /// The connection to the engine is lost, at this time of day. Its run goes on.
    MissEngine(String),
    /// A part of the engine could not be loaded.
    MissPart,
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
    /// The question that was asked at this time was on the screen for a while.
    SettleQuestion(f64),
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

impl Action {
    /// Whether a run that was to start has started, or will not.
    fn ends_start(&self) -> bool {
        matches!(
            self,
            Self::Ask(_)
                | Self::LoseEngine(_)
                | Self::MissEngine(_)
                | Self::Plan(PlanAction::Check | PlanAction::Refuse(_))
                | Self::Start(_)
        )
    }
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
            question: None,
            trial: None,
            ceiling: None,
            engine_error: None,
            theme: Theme::default(),
            keys_are_off: false,
            is_starting: false,
            n_reunions: 0,
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
        self.is_starting &= !action.ends_start();
        match action {
            Action::Ask(question) => {
                // Why the click before did nothing is no answer to this one.
                Rc::make_mut(&mut self.plan).refusal = None;
                self.question = Some(Rc::new(*question));
                self.dialog = None;
            }
            Action::AwaitStart => self.is_starting = true,
            Action::CloseDialog => self.dialog = None,
            Action::CloseQuestion => {
                self.question = None;
                // It was about the answer.
                Rc::make_mut(&mut self.plan).refusal = None;
            }
            Action::EditLoad => self.edit_load(),
            Action::FindCeiling(ceiling) => self.ceiling = ceiling,
            Action::FindEngine => self.engine_error = None,
            Action::FindEngineAgain => {
                self.engine_error = None;
                self.n_reunions += 1;
            }
            Action::Follow(run, deeds, is_over) => self.follow(*run, deeds, is_over),
            Action::LoseEngine(reason) => self.lose_engine(&reason),
            Action::History(action) => self.apply_to_history(action),
            Action::MissEngine(time) => self.engine_error = Some(away(&time)),
            Action::MissPart => self.engine_error = Some(MISSING_PART.to_owned()),
            Action::Log(line) => self.log(line.level, line.at_millis, line.text),
            Action::OpenDialog(dialog) => self.dialog = Some(dialog),
            Action::Plan(action) => Rc::make_mut(&mut self.plan).apply(action),
            Action::Run(action) => self.apply_to_run(action),
            Action::SelectRow(row) => self.select_row(row),
            Action::SelectTab(tab) => self.tab = tab,
            Action::SetTheme(theme) => self.theme = theme,
            Action::SettleQuestion(asked_millis) => self.settle_question(asked_millis),
            Action::Show(view) => {
                if self.view == View::Saved {
                    self.look_at_another_run();
                }
                self.view = view;
                (self.dialog, self.question) = (None, None);
                (self.history.problem, self.history.awaited) = (None, None);
            }
            Action::Start(run) => self.start(*run),
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
        let is_moot = |it: &Rc<Question>| it.then.is_edit() != self.is_running();
        if self.question.as_ref().is_some_and(is_moot) {
            self.question = None;
        }
    }

    fn settle_question(&mut self, asked_millis: f64) {
        if let Some(question) = &mut self.question
            && question.asked_millis == asked_millis
        {
            Rc::make_mut(question).is_read = true;
        }
    }

    /// What fills the page: the form, where what should is not there.
    pub fn shown(&self) -> View {
        let is_there = match self.view {
            View::Form | View::History | View::Opening => true,
            View::Run => self.run.is_some(),
            View::Saved => self.history.opened.is_some(),
            View::Compare => self.history.compared.is_some(),
        };
        if is_there { self.view } else { View::Form }
    }

    /// Takes what a person types in the form, before the rest of the page is loaded; gives back all
    /// else.
    pub fn apply_typed(&mut self, action: Action) -> Option<Action> {
        match action {
            Action::Plan(PlanAction::Edit(edit)) => Rc::make_mut(&mut self.plan).edit(edit),
            Action::Plan(PlanAction::EditTitle(title)) => {
                Rc::make_mut(&mut self.plan).title = title;
            }
            other => return Some(other),
        }
        None
    }

    /// Whether a run is under way.
    pub fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.state().is_active())
    }

    /// Whether the plan that is being written can be started, or can take the place of that of the run
    /// under way: a run with users cannot go on with arrivals.
    pub fn takes_plan(&self) -> bool {
        let running = self.run.as_ref().filter(|run| run.state().is_active());
        let kind = kind_of(&self.plan.draft.keys);
        running.is_none_or(|run| run.summary.kind.is_open() == kind.is_open())
    }

    fn shows_log(&self) -> bool {
        matches!(self.view, View::Run | View::Saved) && self.tab == Tab::Logs
    }

    fn log(&mut self, level: Level, at_millis: f64, text: String) {
        Rc::make_mut(&mut self.log).push(level, at_millis, text);
    }

    fn start(&mut self, run: Run) {
        // While it was loaded, another plan may have come.
        if self.plan.draft == *run.draft {
            let plan = Rc::make_mut(&mut self.plan);
            (plan.is_checked, plan.is_from_link) = (false, false);
            (plan.refusal, plan.replaced) = (None, None);
        }
        self.run = Some(run);
        self.view = View::Run;
        self.look_at_another_run();
    }

    fn apply_to_history(&mut self, action: HistoryAction) {
        match action {
            // It has come in the meantime.
            HistoryAction::Open(run) if self.is_opening_own(&run.key) => {
                self.history.awaited = None;
                self.view = View::Run;
            }
            HistoryAction::Open(run) => {
                if self.history.open(*run) {
                    self.view = View::Saved;
                    self.look_at_another_run();
                }
            }
            action => {
                self.history.apply(action);
                // The history says why there is nothing to open.
                if self.view == View::Opening && self.history.problem.is_some() {
                    self.view = View::History;
                }
            }
        }
    }

    /// Whether the run with this key is what the address names, and the newest.
    fn is_opening_own(&self, key: &RunKey) -> bool {
        let is_own = self.run.as_ref().is_some_and(|it| it.key() == *key);
        is_own && self.view == View::Opening && self.history.awaited.as_ref() == Some(key)
    }

    fn follow(&mut self, run: Run, deeds: Vec<(Duration, Deed)>, is_over: bool) {
        let (id, key) = (run.id, run.key());
        let known = match &mut self.run {
            // It is the same, after the engine was away.
            Some(own) if own.id == id => {
                own.draft = run.draft;
                Some(own.model.at.to_duration())
            }
            _ => {
                self.log(
                    Level::Info,
                    run.started_millis,
                    log::started(&run, run.seed),
                );
                self.run = Some(run);
                self.look_at_another_run();
                None
            }
        };
        for (at, deed) in deeds {
            if known.is_none_or(|known| known < at) {
                self.apply_to_run(RunAction::Follow(id, at, deed));
            }
        }
        let is_awaited = self.history.awaited.as_ref() == Some(&key);
        // What is over does not disturb who writes a plan.
        if is_awaited || self.view == View::Run || (self.view == View::Form && !is_over) {
            self.history.awaited = None;
            self.view = View::Run;
        }
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

    fn lose_engine(&mut self, reason: &str) {
        let sentence = format!("The engine stopped: {reason}.");
        self.apply_to_run(RunAction::LoseEngine(sentence.clone()));
        if self.trial.is_none() {
            self.trial = Some(Rc::new(Err(format!("the engine stopped: {reason}"))));
        }
        self.engine_error = Some(sentence + NO_ENGINE);
    }

    /// What was chosen among the rows of one run means nothing for another.
    fn look_at_another_run(&mut self) {
        self.selected_rows.clear();
        self.tables.forget_rows();
    }

    fn edit_load(&mut self) {
        let users = self.run.as_ref().map(|run| run.summary.users);
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
        let told = log::followed(&before, &action);
        run.apply(action);
        let at_millis = run.started_millis + run.model.at.as_secs_f64() * 1e3;
        let news = log::news(&before, run);
        if let Some((at_millis, text)) = told {
            self.log(Level::Info, at_millis, text);
        }
        for (level, text) in news {
            self.log(level, at_millis, text);
        }
    }
}

/// What follows where there is no engine.
const NO_ENGINE: &str = " Without it no plan can be read, no run started, and no saved run opened.";

/// That the connection to the engine was lost at this time of day.
fn away(time: &str) -> String {
    format!(
        "The connection to the engine is lost since {time}: it has ended, or the way to it is broken. The \
         numbers shown are those of that time. The page connects again by itself as soon as the engine \
         answers; until then nothing can be started or stopped here."
    )
}

const MISSING_PART: &str = "A part of the engine could not be loaded. Plans of the form can run, but \
    until it is there no run is saved in the history, no saved run opened, no text of a plan read, and no \
    file written. Is there a network? If Mayfly was updated in the meantime, reload the page.";

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
