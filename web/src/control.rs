//! What the page does in answer to a person and to the engine: it starts, changes and stops runs, has
//! plans read, and opens and saves files.

mod asking;
pub(crate) mod download;
pub(crate) mod engine;
mod hooks;
pub(crate) mod intents;
mod listening;
mod notices;
pub(crate) mod shortcut;
mod socket_link;
pub(crate) mod watch;
pub(crate) mod worker_link;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use mayfly_core::plan::{Draft, Users, is_json, is_python};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

use crate::address::route::{Address, Route};
use crate::browser;
use crate::control::asking::Asking;
use crate::control::engine::Engine;
use crate::control::listening::Loss;
use crate::control::socket_link::pause_millis;
use crate::control::watch::Watch;
use crate::draft::keys::Path;
use crate::draft::script::{self, Role};
use crate::gate::{Attempt, Refusal, may_start};
use crate::store::{
    About, Action, Dialog, HistoryAction, Level, LogLine, PlanAction, PlanDoc, Question, Run,
    RunAction, Side, State, Then, View, log,
};
use crate::view::format::sentence;
use mayfly_engine::file::RunFile;
use mayfly_engine::history::{HistoryCommand, RunKey};
use mayfly_engine::parcel::Unpacker;
use mayfly_engine::protocol::{Command, RunId, encode};
use mayfly_engine::reading::Problem;

pub(crate) use self::hooks::use_control;

/// What a person wants that needs more than another state.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// A file beside the locustfile.
    AddFile(File),
    /// What a person was asked about, as they agree to it.
    Agree,
    /// The two marked runs side by side.
    Compare,
    /// A file of a run: of a saved one, or of the one in this page; and whether it is to have what looks like a
    /// credential.
    Download(Option<RunKey>, RunFile, bool),
    /// Other users for the run that is under way.
    EditUsers(Users),
    /// What an address names.
    GoTo(Address),
    /// Something with the saved runs.
    History(HistoryCommand),
    /// A run from a file.
    ImportRun(File),
    /// A plan from a file, or from several: a locustfile and what it needs.
    OpenFiles(Vec<File>),
    /// A saved run.
    OpenRun(RunKey),
    /// Rows for the data at this place of the plan.
    ReadRows(Path, CsvSource),
    /// The run is to forget what it counted.
    ResetCounts,
    /// Another engine, in place of one that is gone.
    RestartEngine,
    /// The plan as a file.
    SavePlan,
    /// The list of saved runs.
    ShowHistory,
    /// A run of this plan, which is as it was when a person wanted it; `None` is the plan as it is once
    /// all that was done to it before is loaded and done.
    Start(Option<Rc<PlanDoc>>),
    /// The end of the run.
    Stop,
    /// The request at this place of the plan, once.
    Try(Path),
    /// The load and the weights of the plan for the run that is under way.
    Update,
}

impl Intent {
    /// Whether requests are sent because of it, or more of them.
    fn sends(&self) -> bool {
        match self {
            Self::Agree | Self::EditUsers(_) | Self::Start(_) | Self::Try(_) | Self::Update => true,
            Self::AddFile(_)
            | Self::Compare
            | Self::Download(..)
            | Self::GoTo(_)
            | Self::History(_)
            | Self::ImportRun(_)
            | Self::OpenFiles(_)
            | Self::OpenRun(_)
            | Self::ReadRows(..)
            | Self::ResetCounts
            | Self::RestartEngine
            | Self::SavePlan
            | Self::ShowHistory
            | Self::Stop => false,
        }
    }

    /// Whether nothing comes of it without an engine that listens. What is only read waits for it.
    fn needs_engine(&self) -> bool {
        match self {
            Self::Agree
            | Self::Download(..)
            | Self::EditUsers(_)
            | Self::History(_)
            | Self::ImportRun(_)
            | Self::OpenRun(_)
            | Self::ReadRows(..)
            | Self::ResetCounts
            | Self::Start(_)
            | Self::Stop
            | Self::Try(_)
            | Self::Update => true,
            Self::AddFile(_)
            | Self::Compare
            | Self::GoTo(_)
            | Self::OpenFiles(_)
            | Self::RestartEngine
            | Self::SavePlan
            | Self::ShowHistory => false,
        }
    }
}

/// Where CSV comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum CsvSource {
    /// A file that a person chose.
    File(File),
    /// A text that was pasted.
    Text(String),
}

/// What is to be done with a plan once it was read.
#[derive(Clone, Copy)]
enum Purpose {
    Save,
    /// With whether the plan came from a link.
    Start(bool),
    /// The same.
    Update(bool),
}

/// Does what a person wants, and listens to the engine.
#[derive(Clone)]
pub(crate) struct Control(Rc<Inner>);

struct Inner {
    on_action: Callback<Action>,
    // `None` once it broke; the next start makes a new one.
    engine: RefCell<Option<Engine>>,
    newest: Cell<RunId>,
    newest_trial: Cell<u32>,
    // Of the newest run.
    unpacker: RefCell<Unpacker>,
    // What is to be done with the plan, at these revisions and with these titles, once it was read.
    next: RefCell<Vec<(u32, String, Purpose)>>,
    // The state of the plan that the engine was last told to read, until it has answered. Another `Read` of it
    // would take the place of the first, which may wait for Python.
    asked_revision: Cell<Option<u32>>,
    watch: RefCell<Watch>,
    // Until the next look at the engine of the run that is under way; `None` if there is none.
    next_look: RefCell<Option<Timeout>>,
    // How often in a row the engine could not be reached, and until the next time.
    n_missed: Cell<u32>,
    // Whether an engine was there before this page.
    has_joined: Cell<bool>,
    asking: Asking,
    next_try: RefCell<Option<Timeout>>,
}

impl Control {
    fn new(on_action: Callback<Action>) -> Self {
        Self(Rc::new(Inner {
            on_action,
            engine: RefCell::default(),
            newest: Cell::default(),
            newest_trial: Cell::default(),
            unpacker: RefCell::default(),
            next: RefCell::default(),
            asked_revision: Cell::default(),
            watch: RefCell::default(),
            next_look: RefCell::default(),
            n_missed: Cell::default(),
            has_joined: Cell::default(),
            asking: Asking::default(),
            next_try: RefCell::default(),
        }))
    }

    /// Does what a person wants, who sees `state`.
    pub(crate) fn follow(&self, attempt: Attempt, intent: Intent, state: &State) {
        if let Err(refusal) = self.may_follow(attempt, &intent, state) {
            return self.refuse_to_start(&intent, refusal);
        }
        match intent {
            Intent::AddFile(file) => self.read_beside(file),
            Intent::Agree => self.agree(state),
            Intent::Compare => {
                if let Some(keys) = state.history.marked_pair() {
                    self.compare(keys);
                }
            }
            Intent::Download(run, file, keeps_credentials) => self.tell_loaded(Command::Write {
                run,
                file,
                keeps_credentials,
                utc_offset_minutes: browser::dates::utc_offset_minutes(),
                color_scheme: state.theme.color_scheme().map(str::to_owned),
            }),
            Intent::EditUsers(users) => self.propose_users(state, users),
            Intent::GoTo(address) => self.go_to(address, state),
            Intent::History(command) => self.tell_loaded(Command::History(command)),
            Intent::ImportRun(file) => {
                let control = self.clone();
                spawn_local(async move { control.import(&file).await });
            }
            Intent::OpenRun(key) if state.is_running() && is_own(&key, state) => {
                self.act(Action::Show(View::Run));
            }
            Intent::OpenRun(key) => self.open_run(key),
            Intent::OpenFiles(files) => {
                let (control, plan) = (self.clone(), Rc::clone(&state.plan));
                spawn_local(async move { control.open(files, &plan).await });
            }
            Intent::ReadRows(path, csv) => {
                let control = self.clone();
                spawn_local(async move { control.read_rows(&path, csv).await });
            }
            Intent::ResetCounts => {
                self.log(Level::Info, "The counts were reset.".to_owned());
                self.act(Action::Run(RunAction::ResetCounts));
                self.tell(Command::Reset {
                    run: self.0.newest.get(),
                });
            }
            Intent::RestartEngine => self.restart_engine(state),
            Intent::SavePlan => self.save(&state.plan),
            Intent::ShowHistory => self.act(Action::Show(View::History)),
            // It would end the run that is under way, without a word.
            Intent::Start(_) if state.is_running() => {}
            Intent::Start(plan) => {
                let plan = plan.as_ref().unwrap_or(&state.plan);
                self.use_plan(plan, Purpose::Start(plan.is_from_link));
            }
            Intent::Stop => self.stop(),
            Intent::Try(path) => self.try_request(&state.plan, &path),
            Intent::Update => self.use_plan(&state.plan, Purpose::Update(state.plan.is_from_link)),
        }
    }

    fn may_follow(&self, attempt: Attempt, intent: &Intent, state: &State) -> Result<(), Refusal> {
        if intent.sends() {
            may_start(attempt, state.plan.unseen.is_some())?;
        }
        let is_unread = state.question.as_ref().is_some_and(|it| !it.is_read);
        if *intent == Intent::Agree && is_unread {
            return Err(Refusal::Hasty);
        }
        if self.is_away() && intent.needs_engine() {
            return Err(Refusal::Away);
        }
        Ok(())
    }

    /// Says why nothing was sent, where a person wanted it.
    fn refuse_to_start(&self, intent: &Intent, refusal: Refusal) {
        match intent {
            Intent::Download(..)
            | Intent::EditUsers(_)
            | Intent::ResetCounts
            | Intent::Stop
            | Intent::Update => self.log(Level::Error, sentence(&refusal.to_string())),
            Intent::History(_) | Intent::ImportRun(_) | Intent::OpenRun(_) => {
                let problem = Some(sentence(&refusal.to_string()));
                self.act(Action::History(HistoryAction::Problem(problem)));
            }
            Intent::Try(_) => {
                self.act(Action::Try(Some(Box::new(Err(refusal.to_string())))));
                self.act(Action::OpenDialog(Dialog::Trial));
            }
            _ => self.act(Action::Plan(PlanAction::Refuse(refusal))),
        }
    }

    fn act(&self, action: Action) {
        self.0.on_action.emit(action);
    }

    fn log(&self, level: Level, text: String) {
        self.act(Action::Log(LogLine {
            level,
            at_millis: browser::dates::now_millis(),
            text,
        }));
    }

    /// Has the engine read a plan that is being written.
    fn read(&self, plan: &PlanDoc) {
        let revision = plan.revision;
        if plan.is_written() || self.0.asked_revision.get() == Some(revision) {
            return;
        }
        self.ensure_engine();
        // One that is away is told once it is there again.
        if self.0.engine.borrow().is_none() {
            return;
        }
        self.0.asked_revision.set(Some(revision));
        self.tell(Command::Read {
            id: revision,
            source: plan.source(),
        });
    }

    /// The plan as a file: of what was changed in the form, the engine writes the text first.
    fn save(&self, plan: &PlanDoc) {
        if let Some(text) = plan.script() {
            return download::save_script(script::name(&plan.draft.keys), text);
        }
        if plan.is_written() || plan.edited != Side::Form {
            download::save_plan(plan.edited, &plan.text);
        } else {
            self.use_once_read(plan, Purpose::Save);
        }
    }

    fn use_plan(&self, plan: &PlanDoc, purpose: Purpose) {
        if let Some(draft) = plan.ready() {
            self.use_draft(plan.title.clone(), draft.clone(), plan.about(), purpose);
        } else if plan.is_read() {
            self.reject();
        } else {
            if let Purpose::Start(_) = purpose {
                self.act(Action::AwaitStart);
                self.use_once_read(plan, purpose);
                // One that is gone would let a person wait for good.
                return self.begin_watch();
            }
            self.use_once_read(plan, purpose);
        }
    }

    fn use_once_read(&self, plan: &PlanDoc, purpose: Purpose) {
        let next = (plan.revision, plan.title.clone(), purpose);
        self.0.next.borrow_mut().push(next);
        self.read(plan);
    }

    fn use_draft(&self, title: String, draft: Draft, about: About, purpose: Purpose) {
        match purpose {
            Purpose::Start(is_from_link) => {
                self.propose_start(
                    Question::new(Then::Start(title, draft), about),
                    is_from_link,
                );
            }
            Purpose::Update(is_from_link) => {
                self.propose_edit(Question::new(Then::Update(draft), about), is_from_link);
            }
            // Done with the text, whether it makes a plan or not.
            Purpose::Save => {}
        }
    }

    fn reject(&self) {
        self.act(Action::Plan(PlanAction::Check));
        // After the errors are drawn.
        Timeout::new(0, browser::focus::focus_first_invalid).forget();
    }

    fn start_plan(&self, title: String, draft: Draft, about: About) -> RunId {
        // Other pages of the same engine start runs too.
        let run = browser::random_seed() as RunId;
        self.0.newest.set(run);
        self.0.unpacker.take();
        let plan = draft.to_json();
        let mut new = Run::new(run, title, draft, browser::dates::now_millis());
        let hosts = about.targets.hosts.clone();
        (new.targets, new.summary) = (about.targets, about.summary);
        let seed = new.summary.seed.unwrap_or_else(browser::random_seed);
        new.seed = seed;
        self.log(Level::Info, log::started(&new, seed));
        self.ensure_engine();
        self.tell(Command::Start {
            run,
            title: new.title.clone(),
            plan,
            seed,
            started_millis: new.started_millis,
            hosts,
        });
        self.act(Action::Start(Box::new(new)));
        self.begin_watch();
        run
    }

    fn begin_watch(&self) {
        self.0
            .watch
            .borrow_mut()
            .begin(browser::dates::now_millis());
        self.look_soon();
    }

    fn stop(&self) {
        self.log(Level::Info, "The run was told to stop.".to_owned());
        self.act(Action::Run(RunAction::Stop));
        self.tell(Command::Stop {
            run: self.0.newest.get(),
        });
    }

    /// Looks at the engine every now and then, as long as a run is under way, and gives it up if it has
    /// said nothing for too long.
    fn look_soon(&self) {
        let control = self.clone();
        let look = move || {
            let is_lost = control
                .0
                .watch
                .borrow_mut()
                .look(browser::dates::now_millis());
            if is_lost {
                let reason = "it has said nothing for some seconds, so it has ended or hangs";
                let engine = control.0.engine.borrow();
                let is_native = engine.as_ref().is_some_and(Engine::is_native);
                drop(engine);
                control.handle_loss(match is_native {
                    true => Loss::Away,
                    false => Loss::Broken(reason.to_owned()),
                });
            } else {
                control.look_soon();
            }
        };
        *self.0.next_look.borrow_mut() = Some(Timeout::new(Watch::PERIOD_MILLIS, look));
    }

    fn update(&self, draft: Draft) {
        self.tell(Command::Edit {
            run: self.0.newest.get(),
            plan: draft.to_json(),
        });
        self.act(Action::Run(RunAction::Edit(Box::new(draft))));
    }

    fn edit_users(&self, users: Users, draft: &Draft) {
        self.tell(Command::Edit {
            run: self.0.newest.get(),
            plan: draft.to_json(),
        });
        self.log(Level::Info, log::edited(users));
        self.act(Action::Run(RunAction::EditUsers(users)));
    }

    async fn open(&self, files: Vec<File>, plan: &PlanDoc) {
        if let Err(reason) = self.open_all(files, plan).await {
            self.refuse(String::new(), reason);
        }
    }

    /// Opens files that came together while `plan` was in the form.
    async fn open_all(&self, files: Vec<File>, plan: &PlanDoc) -> Result<(), String> {
        let mut texts = Vec::new();
        for file in &files {
            let name = file.name();
            // Of other files their names say enough.
            let text = match is_python(&name, "") {
                true => browser::files::read_text(file).await?,
                false => String::new(),
            };
            texts.push((name, text));
        }
        let own = script::name(&plan.draft.keys);
        let roles = script::roles(&texts, plan.script().map(|it| (own, it)));
        let mut beside = Vec::new();
        for ((file, (name, text)), role) in files.iter().zip(texts).zip(roles) {
            match role {
                Role::Beside => beside.push((name, browser::files::read_base64(file).await?)),
                Role::Main => self.act(Action::Plan(PlanAction::OpenScript(name, text))),
                Role::Plan => self.open_text(browser::files::read_text(file).await?),
            }
        }
        // After the locustfile, which takes the place of all that was there.
        for (name, base64) in beside {
            self.add_file(name, base64);
        }
        Ok(())
    }

    fn read_beside(&self, file: File) {
        let control = self.clone();
        spawn_local(async move {
            match browser::files::read_base64(&file).await {
                Ok(base64) => control.add_file(file.name(), base64),
                Err(reason) => control.refuse(String::new(), reason),
            }
        });
    }

    fn add_file(&self, name: String, base64: String) {
        self.act(Action::Plan(PlanAction::AddFile(name, base64)));
    }

    fn open_text(&self, text: String) {
        if is_python("", &text) {
            let name = script::NAME.to_owned();
            return self.act(Action::Plan(PlanAction::OpenScript(name, text)));
        }
        let side = if is_json(&text) {
            Side::Json
        } else {
            Side::Toml
        };
        self.act(Action::Plan(PlanAction::OpenText(side, text)));
    }

    async fn read_rows(&self, path: &Path, csv: CsvSource) {
        let text = match csv {
            CsvSource::File(file) => browser::files::read_text(&file).await,
            CsvSource::Text(text) => Ok(text),
        };
        let path = path.to_string();
        match text {
            Ok(csv) => {
                self.ensure_engine();
                self.tell(Command::Rows { path, csv });
            }
            Err(reason) => self.refuse(path, reason),
        }
    }

    fn refuse(&self, path: String, message: String) {
        self.act(Action::Plan(PlanAction::RefuseFile(Problem {
            path,
            line: None,
            message,
        })));
    }

    fn try_request(&self, plan: &PlanDoc, path: &Path) {
        let id = self.0.newest_trial.get() + 1;
        self.0.newest_trial.set(id);
        self.act(Action::Try(None));
        self.act(Action::OpenDialog(Dialog::Trial));
        self.tell_loaded(Command::Try {
            id,
            plan: plan.draft.to_json(),
            place: path.to_string(),
        });
    }

    /// Shows what an address names, as far as it is there.
    fn go_to(&self, address: Address, state: &State) {
        if let Some(tab) = address.tab {
            self.act(Action::SelectTab(tab));
        }
        if Address::of(state).is_some_and(|it| it.route == address.route) {
            return;
        }
        match address.route {
            Route::Compare(keys) => self.compare(keys),
            Route::Form => self.act(Action::Show(View::Form)),
            Route::History => self.act(Action::Show(View::History)),
            Route::Run(Some(key)) if !is_own(&key, state) => {
                self.act(Action::Show(View::Opening));
                self.open_run(key);
            }
            Route::Run(_) if state.run.is_some() => self.act(Action::Show(View::Run)),
            Route::Run(_) => self.act(Action::Show(View::Form)),
        }
    }

    fn open_run(&self, key: RunKey) {
        self.act(Action::History(HistoryAction::Await(key.clone())));
        self.tell_loaded(Command::History(HistoryCommand::Open(key)));
    }

    /// Two runs side by side.
    fn compare(&self, keys: [RunKey; 2]) {
        self.act(Action::History(HistoryAction::Compare(keys.clone())));
        self.act(Action::Show(View::Compare));
        for key in keys {
            self.tell_loaded(Command::History(HistoryCommand::Open(key)));
        }
    }

    async fn import(&self, file: &File) {
        match browser::files::read_file(file).await {
            Ok(text) => {
                let command = HistoryCommand::Import(file.name(), text);
                self.tell_loaded(Command::History(command));
            }
            Err(problem) => {
                self.act(Action::History(HistoryAction::Problem(Some(problem))));
            }
        }
    }

    /// Tells the engine something that it is started for, if it is not there.
    fn tell_loaded(&self, command: Command) {
        self.ensure_engine();
        self.tell(command);
    }

    fn tell(&self, command: Command) {
        if let Some(engine) = &*self.0.engine.borrow() {
            let mut watch = self.0.watch.borrow_mut();
            watch.tell(&command, engine.is_native());
            drop(watch);
            engine.tell(command);
        }
    }

    fn ensure_engine(&self) {
        // One that is away is tried again by itself.
        if self.0.engine.borrow().is_some() || self.0.next_try.borrow().is_some() {
            return;
        }
        let on_notice = {
            let control = self.clone();
            Callback::from(move |notice| control.handle_notice(notice))
        };
        let on_loss = {
            let control = self.clone();
            Callback::from(move |loss| control.handle_loss(loss))
        };
        let on_python = {
            let control = self.clone();
            Callback::from(move |part| {
                let now_millis = browser::dates::now_millis();
                control.0.watch.borrow_mut().hear_loading(now_millis);
                control.act(Action::Plan(PlanAction::LoadPython(part)));
            })
        };
        match Engine::start(on_notice, on_loss, on_python) {
            Ok(engine) => *self.0.engine.borrow_mut() = Some(engine),
            Err(reason) => self.lose_engine(reason),
        }
    }

    fn handle_loss(&self, loss: Loss) {
        match loss {
            Loss::Away => self.miss_engine(),
            Loss::Broken(reason) => self.lose_engine(reason),
        }
    }

    /// The connection to the engine is lost, or could not be had again. Its run goes on.
    fn miss_engine(&self) {
        self.drop_engine();
        let nth = self.0.n_missed.get();
        self.0.n_missed.set(nth.saturating_add(1));
        if nth == 0 {
            self.log(
                Level::Error,
                "The connection to the engine is lost.".to_owned(),
            );
            self.act(Action::MissEngine(browser::dates::local_time(
                browser::dates::now_millis(),
            )));
        }
        let control = self.clone();
        let try_again = move || control.try_again();
        *self.0.next_try.borrow_mut() = Some(Timeout::new(pause_millis(nth), try_again));
    }

    /// Connects to an engine that is away.
    fn try_again(&self) {
        self.0.next_try.take();
        self.ensure_engine();
    }

    /// Whether there is no way to the engine just now.
    fn is_away(&self) -> bool {
        0 < self.0.n_missed.get()
    }

    fn drop_engine(&self) {
        self.0.next_look.take();
        self.0.watch.take();
        // Dropped a moment later: this may be called by the engine itself.
        let engine = self.0.engine.take();
        Timeout::new(0, || drop(engine)).forget();
        // Nobody would remember what was wanted of the old one.
        self.0.next.take();
        self.0.asked_revision.take();
    }

    fn lose_engine(&self, reason: String) {
        self.drop_engine();
        self.log(Level::Error, format!("The engine stopped: {reason}."));
        self.act(Action::LoseEngine(reason));
    }

    /// Has the engine save what is known of a run whose own engine is gone.
    fn save_lost(&self, run: &Run) {
        if let Some(lost) = run.lost() {
            self.tell(Command::History(HistoryCommand::Save(encode(&lost))));
        }
    }

    /// Has what is missing of the engine loaded again, or starts another, and asks it for what the page
    /// waits for.
    fn restart_engine(&self, state: &State) {
        if self.is_away() {
            return self.try_again();
        }
        self.tell_loaded(Command::Load);
        if let Some(run) = &state.run {
            self.save_lost(run);
        }
        self.resume(state);
    }

    /// Asks an engine that is there again for what the page waits for.
    fn resume(&self, state: &State) {
        self.read(&state.plan);
        let compared = state.history.compared.iter().flatten();
        let compared = compared.filter(|it| it.run.is_none());
        let compared = compared.map(|it| &it.key);
        for key in state.history.awaited.iter().chain(compared) {
            self.tell(Command::History(HistoryCommand::Open(key.clone())));
        }
        if state.view == View::History {
            self.tell(Command::History(HistoryCommand::List));
        }
    }
}

/// Whether it is the run in this page.
fn is_own(key: &RunKey, state: &State) -> bool {
    state.run.as_ref().is_some_and(|it| it.key() == *key)
}
