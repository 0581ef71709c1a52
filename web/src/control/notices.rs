//! What the engine says, and what becomes of it in the state.

use std::time::Duration;

use mayfly_core::plan::Draft;
use mayfly_core::running::script::heads as script;

use super::{Control, Purpose};
use crate::browser::{self, settings};
use crate::control::download;
use crate::draft::keys::{Edit, Path};
use crate::gate::Refusal;
use crate::store::{
    About, Action, HistoryAction, Level, LoadAction, PlanAction, Run, RunAction, Side,
};
use crate::view::format::sentence;
use crate::view::from_here;
use mayfly_engine::history::HistoryNotice;
use mayfly_engine::protocol::{Deed, GivenPlan, Notice, RunId};
use mayfly_engine::reading::Reading;

/// The name under which it is stored which plan of an engine was opened last.
const GIVEN: &str = "given";

impl Control {
    pub(super) fn handle_notice(&self, notice: Notice) {
        self.0
            .watch
            .borrow_mut()
            .hear(browser::dates::now_millis(), &notice);
        match notice {
            Notice::Ready { .. } => self.find_engine(),
            Notice::Loaded { is_whole: true } => self.act(Action::FindEngine),
            Notice::Loaded { is_whole: false } => self.act(Action::MissPart),
            Notice::Joined { run, plan } => self.join(run, plan),
            Notice::Read { id, reading } => self.handle_reading(id, reading),
            Notice::ReadPreset(draft, reading) => {
                let action = LoadAction::ReadPreset(draft, Box::new(reading));
                self.act(Action::Plan(PlanAction::Load(action)));
            }
            Notice::History(notice) => self.handle_history(notice),
            Notice::Rows { path, rows } => self.handle_rows(path, rows),
            Notice::Tried { id, result } => {
                if id == self.0.newest_trial.get() {
                    if browser::programs::native_engine().is_none() {
                        let ceiling = result.as_ref().ok().and_then(from_here::ceiling);
                        self.act(Action::FindCeiling(ceiling));
                    }
                    self.act(Action::Try(Some(Box::new(result))));
                }
            }
            Notice::Written {
                name,
                mime_type,
                text,
            } => {
                // The browser itself says why it keeps a file back.
                let _ = browser::files::download(&name, &mime_type, &text);
            }
            news => self.handle_news(news),
        }
    }

    /// News of runs.
    fn handle_news(&self, notice: Notice) {
        // The last word of an old run says nothing about the one that is stopping now.
        let is_newest = |run| run == self.0.newest.get();
        match notice {
            // What this page has started it knows already.
            Notice::Began {
                run,
                deeds,
                is_over,
                ..
            } if is_newest(run) && deeds.is_empty() => self.watch_again(is_over),
            Notice::Began {
                run,
                title,
                plan,
                seed,
                started_millis,
                targets,
                deeds,
                is_over,
            } => {
                let draft = Draft::from_json(&plan).unwrap_or_default();
                let new = Run {
                    seed,
                    targets,
                    ..Run::new(run, title, draft, started_millis)
                };
                self.see_run(new, deeds, is_over);
            }
            Notice::Did { run, at, deed } => {
                self.act(Action::Run(RunAction::Follow(run, at, deed)));
            }
            Notice::Saved { run, problem } => {
                self.act(Action::Run(RunAction::Keep(run, problem)));
            }
            Notice::Load { run, line, summary } => {
                self.act(Action::Run(RunAction::Draw(
                    run,
                    Box::new(line),
                    Box::new(summary),
                )));
            }
            Notice::Refused { run, reason } if is_newest(run) => self.handle_refusal(&reason),
            Notice::Said { log, .. } => self.log(level(log.level), log.text),
            Notice::Snapshot {
                run,
                parcel,
                thresholds,
                validity,
            } if is_newest(run) => {
                let snapshot = self.0.unpacker.borrow_mut().unpack(parcel);
                // One that builds on a lost one is as good as lost itself; the last never does.
                if let Some(snapshot) = snapshot {
                    if !snapshot.state.is_active() {
                        self.0.next_look.take();
                    }
                    let post = RunAction::Post(run, Box::new(snapshot), thresholds, validity);
                    self.act(Action::Run(post));
                }
            }
            // The others are no news of runs.
            _ => {}
        }
    }

    /// The engine listens, for the first time or again.
    fn find_engine(&self) {
        if self.0.n_missed.replace(0) == 0 {
            return self.act(Action::FindEngine);
        }
        self.log(Level::Info, "The engine is connected again.".to_owned());
        self.act(Action::FindEngineAgain);
    }

    /// The engine was there before this page.
    fn join(&self, run: Option<RunId>, plan: Option<GivenPlan>) {
        if self.0.has_joined.replace(true) && run != Some(self.0.newest.get()) {
            // What was known of the run goes to the history of the new one.
            let gone = "The engine was ended, and its run with it. Another has been started since.";
            self.act(Action::Run(RunAction::LoseEngine(gone.to_owned())));
        }
        let Some(GivenPlan { id, text }) = plan else {
            return;
        };
        // A reload is no reason to take back what was changed since.
        if settings::get(GIVEN).as_ref() == Some(&id) {
            return;
        }
        // Where nothing can be stored, it is opened with each reload.
        let _ = settings::set(GIVEN, &id);
        self.open_text(text);
        self.act(Action::Plan(PlanAction::ShowText(false)));
    }

    /// The engine has told of the run of this page. While a connection was lost, nobody looked at it.
    fn watch_again(&self, is_over: bool) {
        if !is_over && self.0.next_look.borrow().is_none() {
            self.begin_watch();
        }
    }

    /// Somebody else has started a run, or this page has come to one.
    fn see_run(&self, run: Run, deeds: Vec<(Duration, Deed)>, is_over: bool) {
        if self.0.newest.replace(run.id) != run.id {
            self.0.unpacker.take();
        }
        if !is_over {
            self.begin_watch();
        }
        self.act(Action::Follow(Box::new(run), deeds, is_over));
    }

    fn handle_refusal(&self, reason: &str) {
        self.0.next_look.take();
        let sentence = format!("The plan was refused: {reason}.");
        self.log(Level::Error, sentence.clone());
        self.act(Action::Run(RunAction::LoseEngine(sentence)));
    }

    fn handle_history(&self, notice: HistoryNotice) {
        let action = match notice {
            HistoryNotice::List(entries) => HistoryAction::List(entries),
            HistoryNotice::Opened(run) => HistoryAction::Open(run),
            HistoryNotice::Problem(problem) => HistoryAction::Problem(Some(problem)),
            HistoryNotice::Refreshed(entries) => HistoryAction::Refresh(entries),
        };
        self.act(Action::History(action));
    }

    fn handle_reading(&self, revision: u32, reading: Reading) {
        // The text of a plan that can run may be on its way.
        let is_whole = reading.is_whole();
        if is_whole && self.0.asked_revision.get() == Some(revision) {
            self.0.asked_revision.take();
        }
        if is_overtaken(&reading) {
            return self.forget(revision);
        }
        let (plan, text) = (reading.plan(), reading.text.clone());
        let about = About {
            targets: reading.targets.clone(),
            forecast: reading.forecast,
            summary: reading.summary.clone(),
        };
        self.act(Action::Plan(PlanAction::Read(revision, Box::new(reading))));
        let mut next = self.0.next.borrow_mut();
        let is_due = |it: &(u32, String, Purpose)| {
            it.0 == revision && (is_whole || !matches!(it.2, Purpose::Save))
        };
        let (due, others) = next.drain(..).partition(is_due);
        *next = others;
        drop(next);
        let due: Vec<(u32, String, Purpose)> = due;
        for (_, title, purpose) in due {
            if let Purpose::Start(_) = purpose {
                self.0.next_look.take();
            }
            match (purpose, &plan, &text) {
                (Purpose::Save, _, Some(text)) => download::save_plan(Side::Toml, text),
                (Purpose::Save, _, None) | (_, None, _) => self.reject(),
                (_, Some(plan), _) => self.use_draft(title, plan.clone(), about.clone(), purpose),
            }
        }
    }

    /// The plan at this revision will not be read: nothing comes of what was to be done with it.
    fn forget(&self, revision: u32) {
        let mut next = self.0.next.borrow_mut();
        let (due, others): (Vec<_>, _) = next.drain(..).partition(|it| it.0 == revision);
        *next = others;
        drop(next);
        let refusal = Refusal::Overtaken;
        for (_, _, purpose) in due {
            match purpose {
                Purpose::Save => {}
                Purpose::Start(_) => {
                    self.0.next_look.take();
                    self.act(Action::Plan(PlanAction::Refuse(refusal)));
                }
                Purpose::Update(_) => self.log(Level::Error, sentence(&refusal.to_string())),
            }
        }
    }

    fn handle_rows(&self, path: String, rows: Result<String, String>) {
        let json = rows.map(|it| serde_json::from_str(&it));
        match (Path::parse(&path), json) {
            (Some(data), Ok(Ok(rows))) => {
                let (csv, place) = (data.key("csv"), data.key("rows"));
                self.act(Action::Plan(PlanAction::Edit(Edit::All(vec![
                    Edit::Rename(csv.clone(), "rows".to_owned()),
                    Edit::Set(place, rows),
                    Edit::Remove(csv),
                ]))));
            }
            (_, Err(reason)) => self.refuse(path, reason),
            // Both are made by this page.
            _ => {}
        }
    }
}

/// Whether it says nothing, because another one took its place before Python had read its locustfile.
fn is_overtaken(reading: &Reading) -> bool {
    reading.draft.is_none() && reading.problems.is_empty()
}

/// As the log of the page has it.
fn level(level: script::Level) -> Level {
    match level {
        script::Level::Debug | script::Level::Info => Level::Info,
        script::Level::Warning => Level::Warning,
        script::Level::Error => Level::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mayfly_engine::reading::Source;

    #[test]
    fn what_another_reading_took_the_place_of_is_told_from_a_plan_with_errors() {
        let read =
            |text: &str| Reading::new(Source::Toml(text.to_owned()), |_| Err(String::new())).0;
        for text in ["", "version = ", "locustfile = 3"] {
            assert!(!is_overtaken(&read(text)), "{text}");
        }
        let file = "version = 1\nload = { users = 1, spawn_rate = 1 }\n\
                    locustfile = { name = \"a.py\", text = \"import locust\" }\n";
        let mut reading = read(file);
        assert_eq!((reading.problems.len(), is_overtaken(&reading)), (0, false));
        reading.draft = None;
        assert!(is_overtaken(&reading));
    }
}
