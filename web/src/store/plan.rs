//! The plan that is being written: its keys, which the form shows, and its text, side by side.

#[cfg(test)]
mod tests;

use std::rc::Rc;

use mayfly_core::plan::{Draft, Summary, Targets, is_python};
use mayfly_core::schedule::forecast::Forecast;
use serde_json::{Map, Value, json};

use super::load::{LoadAction, LoadDoc};
use super::question::About;
use crate::draft::keys::{Edit, Path};
use crate::draft::script;
use crate::gate::Refusal;
use mayfly_engine::reading::{Problem, Reading, Script, Source};

/// A plan that is being written, in the form or as text.
///
/// The engine reads it after every change, makes one of the other, and says what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanDoc {
    /// What a run of the plan is called; empty for no name of its own.
    pub title: String,
    /// Its keys and values, which need not make sense.
    pub draft: Draft,
    /// The plan as text, as it was typed or as the engine wrote it. Empty until the engine is there.
    pub text: String,
    /// Which of the two was changed last; the other follows.
    pub edited: Side,
    /// Whether the text cannot be read at all, so that the form shows what was there before.
    pub is_broken: bool,
    /// Counts the changes, so that a late word about an old state of it is known.
    pub revision: u32,
    /// The state of it that the engine read last.
    pub read_revision: Option<u32>,
    /// The state of it that the text is of, if the engine wrote or read it.
    pub written_revision: Option<u32>,
    /// What is wrong, as far as it was read.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub n_more: usize,
    /// What it asks for and a browser does not do.
    pub warnings: Vec<Problem>,
    /// Why the file that was opened last was not taken; its `path` is where it was to go.
    pub refused: Option<Problem>,
    /// Whether the form shows what is wrong: from the first try to start on.
    pub is_checked: bool,
    /// Whether it came with a link, and was not started yet.
    pub is_from_link: bool,
    /// A person's own plan, which a link has taken the place of. It stays until the other one is started
    /// or a person discards it, in this visit or a later one.
    pub replaced: Option<Rc<Self>>,
    /// The state of it that came with the link: until it is changed, it is not this person's.
    pub linked_revision: Option<u32>,
    /// The state of it that came from outside, by a link or a file, as long as a person had no time to
    /// look at it; nothing of it is sent until then.
    pub unseen: Option<u32>,
    /// Why the last try to start it was refused.
    pub refusal: Option<Refusal>,
    /// Whether the text is shown beside the form.
    pub shows_text: bool,
    /// What is known of its load.
    pub load: LoadDoc,
    /// What it loads, as far as it was read.
    pub targets: Targets,
    /// How much a run of it sends, as far as it was read.
    pub forecast: Option<Forecast>,
    /// What else is shown of it, as far as it was read.
    pub summary: Summary,
    /// What it loads besides its own host.
    pub other_hosts: Vec<String>,
    /// What is in its locustfile, as far as it was read.
    pub about_script: Script,
    /// How much is loaded of the Python that it needs, from 0 to 1; `None` if nothing waits for it.
    pub python: Option<f64>,
}

/// Where a plan was changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// In the form.
    Form,
    /// In its text, which is in JSON: a file that was not read yet, or cannot be.
    Json,
    /// In its text, which is in TOML.
    Toml,
}

impl Default for PlanDoc {
    /// The demo: a small swarm on the simulated API.
    fn default() -> Self {
        let tasks = [("/", 3), ("/cube", 1), ("/square", 1)];
        let tasks = tasks.map(|(path, weight)| json!({ "weight": weight, "get": path }));
        let class = json!({ "name": "User", "wait": { "between": [0.5, 1.5] }, "task": tasks });
        let keys = Map::from_iter([
            ("version".to_owned(), 1.into()),
            ("load".to_owned(), json!({ "users": 20, "spawn_rate": 4 })),
            ("user_class".to_owned(), json!([class])),
        ]);
        Self::of(Draft { keys })
    }
}

/// What changes a plan that is being written.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanAction {
    /// A file is to be beside the locustfile, by its name and in base64.
    AddFile(String, String),
    /// A link is about to bring another plan.
    Await,
    /// The form was to start a run, and has errors.
    Check,
    /// The plan that a link has taken the place of is not wanted any more.
    Discard,
    /// Something was changed in the form.
    Edit(Edit),
    /// The name of the next run was changed.
    EditTitle(String),
    /// A text was typed or opened.
    EditText(Side, String),
    /// Something about its load was changed.
    Load(LoadAction),
    /// So much of the Python is loaded that the engine wants for the plan, from 0 to 1; `None` if it waits
    /// for none.
    LoadPython(Option<f64>),
    /// Another plan takes the place of this one.
    Open(Box<PlanDoc>),
    /// A plan with this locustfile, by its name and its text, takes the place of this one.
    OpenScript(String, String),
    /// The text of a file takes the place of this plan.
    OpenText(Side, String),
    /// The engine read the plan as it was at this revision.
    Read(u32, Box<Reading>),
    /// The plan is to be read once more as it is: what it needs did not load.
    ReadAgain,
    /// Nothing was started, for this reason.
    Refuse(Refusal),
    /// A file could not be read, for this reason.
    RefuseFile(Problem),
    /// What came from outside at this revision was on the screen for a while.
    Settle(u32),
    /// The text is shown, or hidden.
    ShowText(bool),
    /// The plan that a link has taken the place of comes back.
    TakeBack,
}

impl PlanDoc {
    /// A plan without a name.
    pub fn of(draft: Draft) -> Self {
        Self {
            title: String::new(),
            draft,
            text: String::new(),
            edited: Side::Form,
            is_broken: false,
            revision: 0,
            read_revision: None,
            written_revision: None,
            problems: Vec::new(),
            n_more: 0,
            warnings: Vec::new(),
            refused: None,
            is_checked: false,
            is_from_link: false,
            replaced: None,
            linked_revision: None,
            unseen: None,
            refusal: None,
            shows_text: false,
            load: LoadDoc::default(),
            targets: Targets::default(),
            forecast: None,
            summary: Summary::default(),
            other_hosts: Vec::new(),
            about_script: Script::default(),
            python: None,
        }
    }

    /// What the engine is to read after the newest change.
    pub fn source(&self) -> Source {
        match self.edited {
            Side::Form => Source::Json(self.draft.to_json()),
            Side::Json => Source::Json(self.text.clone()),
            Side::Toml => Source::Toml(self.text.clone()),
        }
    }

    /// What is at `path`.
    pub fn get(&self, path: &Path) -> Option<&Value> {
        path.get(&self.draft.keys)
    }

    /// What is wrong with the value at `path`, if that is to be shown.
    pub fn error(&self, path: &Path) -> Option<&str> {
        if !self.is_checked {
            return None;
        }
        let path = path.to_string();
        let problem = self.problems.iter().find(|it| it.path == path);
        problem.map(|it| &*it.message)
    }

    /// Whether a run of the plan is against the simulated API.
    pub fn is_simulated(&self) -> bool {
        match self.read_revision {
            Some(_) => self.targets.is_simulated(),
            // User classes may have hosts of their own, which shows once it was read.
            None => !self.draft.keys.contains_key("host"),
        }
    }

    /// Whether the engine has read it as it is now.
    pub fn is_read(&self) -> bool {
        self.read_revision == Some(self.revision)
    }

    /// Whether all is there that the engine has to say of it, its text among it.
    pub fn is_written(&self) -> bool {
        self.is_read() && self.written_revision == Some(self.revision)
    }

    /// The plan, if it is known that it can run.
    pub fn ready(&self) -> Option<&Draft> {
        (self.is_read() && self.problems.is_empty()).then_some(&self.draft)
    }

    /// What is known of it, as it was read.
    pub fn about(&self) -> About {
        About {
            targets: self.targets.clone(),
            forecast: self.forecast,
            summary: self.summary.clone(),
        }
    }

    /// Makes a change.
    pub fn apply(&mut self, action: PlanAction) {
        if !action.is_of_page() {
            (self.refused, self.refusal) = (None, None);
        }
        match action {
            PlanAction::AddFile(name, base64) => self.add_file(&name, &base64),
            PlanAction::Await => self.unseen = Some(self.revision),
            PlanAction::Check => self.is_checked = true,
            PlanAction::Discard => self.replaced = None,
            PlanAction::Edit(edit) => self.edit(edit),
            PlanAction::EditTitle(title) => self.title = title,
            PlanAction::EditText(side, text) => {
                if self.script().is_some() || is_python("", &text) {
                    self.edit_script(text);
                } else {
                    self.edit_text(side, text);
                }
            }
            PlanAction::Load(action) => {
                if self.load.apply(action, &mut self.draft.keys) {
                    self.turn_to_form();
                }
            }
            PlanAction::LoadPython(part) => self.python = part,
            PlanAction::Open(plan) => self.open(*plan),
            PlanAction::OpenScript(name, text) => {
                self.draft.keys = script::plan(&self.draft.keys, &name, &text);
                self.about_script = Script::default();
                self.turn_to_form();
                (self.shows_text, self.unseen) = (true, Some(self.revision));
            }
            PlanAction::OpenText(side, text) => {
                self.draft.keys.remove(script::KEY);
                self.about_script = Script::default();
                self.edit_text(side, text);
                (self.shows_text, self.unseen) = (true, Some(self.revision));
            }
            PlanAction::Read(revision, reading) if revision == self.revision => {
                self.read(*reading);
            }
            PlanAction::Read(..) => {}
            PlanAction::ReadAgain => self.turn_to_form(),
            PlanAction::Refuse(refusal) => self.refusal = Some(refusal),
            PlanAction::RefuseFile(problem) => self.refused = Some(problem),
            PlanAction::Settle(revision) => {
                self.unseen.take_if(|it| *it == revision);
            }
            PlanAction::ShowText(shows_text) => self.shows_text = shows_text,
            PlanAction::TakeBack => {
                if let Some(replaced) = self.replaced.take() {
                    self.open(Self {
                        read_revision: None,
                        written_revision: None,
                        // If it did once, a person has changed it since.
                        is_from_link: false,
                        ..Rc::unwrap_or_clone(replaced)
                    });
                }
            }
        }
    }

    /// Puts a file beside the locustfile, if there is one.
    fn add_file(&mut self, name: &str, base64: &str) {
        if script::add_file(&mut self.draft.keys, name, base64) {
            self.turn_to_form();
            self.unseen = Some(self.revision);
        } else {
            self.refused = Some(Problem {
                path: String::new(),
                line: None,
                message: format!(
                    "{name}: only a locustfile can have files beside it; open that first"
                ),
            });
        }
    }

    /// Puts `plan` in the place of this one.
    fn open(&mut self, plan: Self) {
        let revision = self.revision + 1;
        let shows_text = self.shows_text;
        let from_outside = plan.is_from_link.then_some(revision);
        let is_lost = plan.is_from_link && self.is_own();
        let replaced = match self.replaced.take() {
            // A second link takes nothing away.
            None if is_lost => Some(Rc::new(self.clone())),
            replaced => replaced,
        };
        // Until the new one is drawn.
        let line = self.load.line.take();
        *self = Self {
            revision,
            shows_text,
            linked_revision: from_outside,
            unseen: from_outside,
            replaced,
            ..plan
        };
        self.load.line = line;
    }

    /// Whether a person has written it: it is neither the demo nor as a link brought it.
    fn is_own(&self) -> bool {
        let is_demo = self.edited == Side::Form && self.draft == Self::default().draft;
        !is_demo && !self.is_untouched_link()
    }

    /// Whether it is as a link brought it, and so not to be remembered in place of a person's own.
    pub fn is_untouched_link(&self) -> bool {
        self.linked_revision == Some(self.revision) && self.is_from_link
    }

    /// The text of the locustfile; `None` if the plan has none.
    pub fn script(&self) -> Option<&str> {
        script::text(&self.draft.keys)
    }

    /// What is wrong, each with its line in the text that is shown: that of a locustfile has no lines for the
    /// rest of its plan.
    pub fn problems_of_text(&self) -> Vec<Problem> {
        let has_line = |it: &Problem| self.script().is_none() || it.path == script::KEY;
        let problems = self.problems.iter().cloned();
        let shown = problems.map(|it| Problem {
            line: it.line.filter(|_| has_line(&it)),
            ..it
        });
        shown.collect()
    }

    fn edit_text(&mut self, side: Side, text: String) {
        (self.edited, self.text) = (side, text);
        self.revision += 1;
    }

    fn edit_script(&mut self, text: String) {
        if self.script().is_none() {
            self.draft.keys = script::plan(&self.draft.keys, script::NAME, &text);
            self.about_script = Script::default();
        }
        script::set_text(&mut self.draft.keys, text);
        self.turn_to_form();
    }

    /// Makes a change in the form.
    pub fn edit(&mut self, edit: Edit) {
        (self.refused, self.refusal) = (None, None);
        edit.apply(&mut self.draft.keys);
        self.turn_to_form();
    }

    /// The keys were changed, and the text is to follow.
    fn turn_to_form(&mut self) {
        (self.edited, self.is_broken) = (Side::Form, false);
        self.revision += 1;
    }

    fn read(&mut self, reading: Reading) {
        self.read_revision = Some(self.revision);
        self.written_revision = reading.is_whole().then_some(self.revision);
        let draft = reading.draft();
        if self.edited != Side::Form {
            self.is_broken = draft.is_none();
            self.draft = draft.unwrap_or_else(|| std::mem::take(&mut self.draft));
        }
        if let Some(text) = reading.text {
            self.text = text;
            if self.edited == Side::Json {
                self.edited = Side::Toml;
            }
        }
        (self.problems, self.n_more) = (reading.problems, reading.n_more);
        (self.targets, self.summary) = (reading.targets, reading.summary);
        self.forecast = reading.forecast;
        let own = self.draft.keys.get("host").and_then(Value::as_str);
        let own = own.unwrap_or_default().trim().trim_end_matches('/');
        let others = self.targets.hosts.iter();
        let others = others.filter(|it| it.trim_end_matches('/') != own);
        self.other_hosts = others.cloned().collect();
        self.warnings = reading.warnings;
        // While a text has an error, its classes stay where a person can choose among them.
        if let Some(script) = reading.script {
            self.about_script = script;
        }
        self.load.read(reading.line);
    }
}

impl PlanAction {
    /// Whether it is the page's own, and so leaves alone what a person was told last.
    fn is_of_page(&self) -> bool {
        matches!(
            self,
            Self::Check | Self::LoadPython(_) | Self::Read(..) | Self::Settle(_)
        )
    }
}

/// The demo against `host`, as a link brings it that names no more. What was there before, with its
/// credentials, is nothing for that host.
pub fn with_host(before: Option<PlanDoc>, host: &str) -> PlanDoc {
    let mut demo = PlanDoc::default();
    let mut plan = before.unwrap_or_default();
    demo.draft.keys.insert("host".to_owned(), host.into());
    if plan.draft == demo.draft {
        return plan;
    }
    demo.is_from_link = true;
    plan.open(demo);
    plan
}
