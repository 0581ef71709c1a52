//! What the engine says, and what becomes of it in the state.

use super::{Control, Purpose};
use crate::browser;
use crate::control::download;
use crate::draft::keys::{Edit, Path};
use crate::store::{Action, HistoryAction, Level, LoadAction, PlanAction, RunAction, Side};
use mayfly_engine::history::HistoryNotice;
use mayfly_engine::protocol::Notice;
use mayfly_engine::reading::Reading;

impl Control {
    pub(super) fn handle_notice(&self, notice: Notice) {
        // The last word of an old run says nothing about the one that is stopping now.
        let is_newest = |run| run == self.0.newest.get();
        self.0
            .watch
            .borrow_mut()
            .hear(browser::dates::now_millis(), &notice);
        match notice {
            Notice::Ready { .. } | Notice::Loaded { is_whole: true } => {
                self.act(Action::FindEngine);
            }
            Notice::Loaded { is_whole: false } => self.act(Action::MissPart),
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
            Notice::Read { id, reading } => self.handle_reading(id, reading),
            Notice::ReadPreset(draft, reading) => {
                let action = LoadAction::ReadPreset(draft, Box::new(reading));
                self.act(Action::Plan(PlanAction::Load(action)));
            }
            Notice::Refused { run, reason } if is_newest(run) => self.handle_refusal(&reason),
            Notice::Refused { .. } => {}
            Notice::History(notice) => self.handle_history(notice),
            Notice::Rows { path, rows } => self.handle_rows(path, rows),
            Notice::Tried { id, result } => {
                if id == self.0.newest_trial.get() {
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
            Notice::Snapshot {
                run,
                parcel,
                thresholds,
            } if is_newest(run) => {
                let snapshot = self.0.unpacker.borrow_mut().unpack(parcel);
                // One that builds on a lost one is as good as lost itself; the last never does.
                if let Some(snapshot) = snapshot {
                    if !snapshot.state.is_active() {
                        self.0.next_look.take();
                    }
                    let post = RunAction::Post(run, Box::new(snapshot), thresholds);
                    self.act(Action::Run(post));
                }
            }
            Notice::Snapshot { .. } => {}
        }
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
        let (plan, text) = (reading.plan(), reading.text.clone());
        // The text of a plan that can run may be on its way.
        let is_whole = reading.is_whole();
        let about = (reading.targets.clone(), reading.summary.clone());
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
            match (purpose, &plan, &text) {
                (Purpose::Save, _, Some(text)) => download::save_plan(Side::Toml, text),
                (Purpose::Save, _, None) | (_, None, _) => self.reject(),
                (_, Some(plan), _) => self.use_draft(title, plan.clone(), about.clone(), purpose),
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
