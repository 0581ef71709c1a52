//! The saved runs, as the page shows them.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::run::Run;
use mayfly_engine::history::{PastRun, RunEntry, RunKey};

/// The saved runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The list, the newest first; `None` until it is there.
    pub entries: Option<Rc<[RunEntry]>>,
    /// Those that a person has marked.
    pub marked: BTreeSet<RunKey>,
    /// What did not work, as a sentence.
    pub problem: Option<String>,
    /// The run whose title is being changed.
    pub renaming: Option<RunKey>,
    /// The run that is to be shown as soon as it is there.
    pub awaited: Option<RunKey>,
    /// The run that was opened.
    pub opened: Option<Run>,
    /// The runs that are compared, the older first.
    pub compared: Option<[Compared; 2]>,
}

/// A run that is compared with another.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Which run.
    pub key: RunKey,
    /// The run, once it is there.
    pub run: Option<Run>,
}

/// What changes the saved runs.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryAction {
    /// A run is to be shown as soon as it is there.
    Await(RunKey),
    /// These runs are compared, the older first.
    Compare([RunKey; 2]),
    /// The list is there, as it is after something was done to it.
    List(Vec<RunEntry>),
    /// A run is marked, or not any more.
    Mark(RunKey),
    /// A run is there.
    Open(Box<PastRun>),
    /// Something did not work; `None` takes the word back.
    Problem(Option<String>),
    /// The list is there, as it is now.
    Refresh(Vec<RunEntry>),
    /// The title of a run is being changed; `None` ends that.
    Rename(Option<RunKey>),
}

impl History {
    /// The marked runs, the older first; `None` unless they are two.
    pub fn marked_pair(&self) -> Option<[RunKey; 2]> {
        let keys: Vec<RunKey> = self.marked.iter().cloned().collect();
        keys.try_into().ok()
    }

    /// The run that was opened and goes on in another tab.
    pub fn followed(&self) -> Option<&RunKey> {
        let opened = self.opened.as_ref();
        opened.filter(|it| it.runs_elsewhere)?.saved_as.as_ref()
    }

    pub(super) fn apply(&mut self, action: HistoryAction) {
        match action {
            HistoryAction::Await(key) => self.awaited = Some(key),
            HistoryAction::Compare(keys) => {
                self.compared = Some(keys.map(|key| Compared { key, run: None }));
            }
            HistoryAction::List(entries) => {
                (self.renaming, self.problem) = (None, None);
                self.list(entries);
            }
            HistoryAction::Mark(key) => {
                if !self.marked.remove(&key) {
                    self.marked.insert(key);
                }
            }
            HistoryAction::Open(run) => {
                self.open(*run);
            }
            HistoryAction::Problem(problem) => (self.problem, self.awaited) = (problem, None),
            HistoryAction::Refresh(entries) => self.list(entries),
            HistoryAction::Rename(key) => self.renaming = key,
        }
    }

    fn list(&mut self, entries: Vec<RunEntry>) {
        let is_there = |key: &RunKey| entries.iter().any(|it| it.key == *key);
        self.marked.retain(is_there);
        self.entries = Some(entries.into());
    }

    /// Takes a run to where it is waited for. Whether it is to be shown by itself.
    pub(super) fn open(&mut self, run: PastRun) -> bool {
        let compared = self.compared.iter_mut().flatten();
        let waiting = |it: &&mut Compared| it.key == run.key && it.run.is_none();
        match compared.into_iter().find(waiting) {
            Some(place) => {
                place.run = Some(Run::saved(run));
                false
            }
            None if self.awaited.as_ref() == Some(&run.key) => {
                self.awaited = None;
                self.opened = Some(Run::saved(run));
                true
            }
            None => {
                if self.followed() == Some(&run.key) {
                    self.opened = Some(Run::saved(run));
                }
                // A person may want something else by now.
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str) -> RunEntry {
        RunEntry {
            key: key.to_owned(),
            ..RunEntry::default()
        }
    }

    fn opened(key: &str) -> HistoryAction {
        HistoryAction::Open(Box::new(PastRun {
            key: key.to_owned(),
            ..PastRun::default()
        }))
    }

    fn history(actions: impl IntoIterator<Item = HistoryAction>) -> History {
        let mut history = History::default();
        for action in actions {
            history.apply(action);
        }
        history
    }

    fn mark(key: &str) -> HistoryAction {
        HistoryAction::Mark(key.to_owned())
    }

    #[test]
    fn two_marked_runs_can_be_compared_the_older_first() {
        let mut history = history([mark("2"), mark("1")]);
        history.apply(HistoryAction::Compare(history.marked_pair().unwrap()));
        for action in [opened("1"), opened("2"), opened("1")] {
            history.apply(action);
        }
        let [older, newer] = history.compared.unwrap();
        assert_eq!((older.key.as_str(), newer.key.as_str()), ("1", "2"));
        assert!(older.run.is_some() && newer.run.is_some());
        assert_eq!(history.opened, None, "it was not waited for once more");
    }

    #[test]
    fn fewer_or_more_than_two_cannot_be_compared() {
        assert_eq!(history([mark("1")]).marked_pair(), None);
        let three = [mark("1"), mark("2"), mark("3")];
        assert_eq!(history(three).marked_pair(), None);
    }

    #[test]
    fn a_run_is_opened_as_long_as_it_is_waited_for() {
        let awaits = |key: &str| HistoryAction::Await(key.to_owned());
        assert_eq!(history([opened("1")]).opened, None);
        assert_eq!(history([awaits("2"), opened("1")]).opened, None);
        let problem = HistoryAction::Problem(Some("It is gone.".to_owned()));
        assert_eq!(history([awaits("1"), problem, opened("1")]).opened, None);
        let history = history([awaits("1"), opened("1")]);
        assert!(history.opened.is_some() && history.awaited.is_none());
    }

    #[test]
    fn a_run_of_another_tab_is_followed_to_its_end() {
        let going_on = HistoryAction::Open(Box::new(PastRun {
            key: "1".to_owned(),
            is_running: true,
            ..PastRun::default()
        }));
        let mut history = history([HistoryAction::Await("1".to_owned()), going_on]);
        assert_eq!(history.followed(), Some(&"1".to_owned()));
        history.apply(opened("2"));
        assert_eq!(history.followed(), Some(&"1".to_owned()));
        history.apply(opened("1"));
        assert!(history.opened.is_some() && history.followed().is_none());
    }

    #[test]
    fn a_list_that_moves_disturbs_nobody() {
        let rename = HistoryAction::Rename(Some("1".to_owned()));
        let problem = HistoryAction::Problem(Some("It does not work.".to_owned()));
        let history = history([rename, problem, HistoryAction::Refresh(vec![entry("1")])]);
        assert!(history.renaming.is_some() && history.problem.is_some());
    }

    #[test]
    fn what_is_gone_is_not_marked() {
        let list = HistoryAction::List(vec![entry("2")]);
        let history = history([mark("1"), mark("2"), mark("2"), mark("2"), list]);
        assert_eq!(Vec::from_iter(history.marked), ["2"]);
    }
}
