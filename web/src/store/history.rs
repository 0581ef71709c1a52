//! The runs that the browser keeps, as the page shows them.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::run::Run;
use crate::history::{KeptRun, RunEntry, RunKey};

/// The kept runs.
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

/// What changes the kept runs.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryAction {
    /// The marked runs are compared, if they are two.
    Compare,
    /// The list is there.
    List(Vec<RunEntry>),
    /// A run is marked, or not any more.
    Mark(RunKey),
    /// A run is there.
    Open(Box<KeptRun>),
    /// Something did not work; `None` takes the word back.
    Problem(Option<String>),
    /// The title of a run is being changed; `None` ends that.
    Rename(Option<RunKey>),
}

impl History {
    /// The marked runs, the older first; `None` unless they are two.
    pub fn marked_pair(&self) -> Option<[RunKey; 2]> {
        let keys: Vec<RunKey> = self.marked.iter().cloned().collect();
        keys.try_into().ok()
    }

    pub(super) fn apply(&mut self, action: HistoryAction) {
        match action {
            HistoryAction::Compare => {
                let pair = self.marked_pair();
                self.compared = pair.map(|keys| keys.map(|key| Compared { key, run: None }));
            }
            HistoryAction::List(entries) => {
                let is_there = |key: &RunKey| entries.iter().any(|it| it.key == *key);
                self.marked.retain(is_there);
                (self.renaming, self.problem) = (None, None);
                self.entries = Some(entries.into());
            }
            HistoryAction::Mark(key) => {
                if !self.marked.remove(&key) {
                    self.marked.insert(key);
                }
            }
            HistoryAction::Open(kept) => {
                self.open(*kept);
            }
            HistoryAction::Problem(problem) => self.problem = problem,
            HistoryAction::Rename(key) => self.renaming = key,
        }
    }

    /// Takes a run to where it is waited for. Whether it is to be shown by itself.
    pub(super) fn open(&mut self, kept: KeptRun) -> bool {
        let compared = self.compared.iter_mut().flatten();
        let waiting = |it: &&mut Compared| it.key == kept.key && it.run.is_none();
        match compared.into_iter().find(waiting) {
            Some(place) => {
                place.run = Some(Run::kept(kept));
                false
            }
            None => {
                self.opened = Some(Run::kept(kept));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mayfly_core::report::Ending;

    use mayfly_core::plan::Targets;

    use super::*;

    fn entry(key: &str) -> RunEntry {
        RunEntry {
            key: key.to_owned(),
            ..RunEntry::default()
        }
    }

    fn kept(key: &str) -> HistoryAction {
        HistoryAction::Open(Box::new(KeptRun {
            key: key.to_owned(),
            seed: 0,
            title: String::new(),
            plan: "{}".to_owned(),
            started_millis: 0.0,
            ending: Ending::Stopped,
            snapshots: Vec::new(),
            thresholds: Vec::new(),
            line: None,
            targets: Targets::default(),
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
        let compare = [mark("2"), mark("1"), HistoryAction::Compare];
        let history = history(compare.into_iter().chain([kept("1"), kept("2"), kept("1")]));
        let [older, newer] = history.compared.unwrap();
        assert_eq!((older.key.as_str(), newer.key.as_str()), ("1", "2"));
        assert!(older.run.is_some() && newer.run.is_some());
        assert!(history.opened.is_some(), "one that was not waited for");
    }

    #[test]
    fn fewer_or_more_than_two_cannot_be_compared() {
        assert_eq!(history([mark("1"), HistoryAction::Compare]).compared, None);
        let three = [mark("1"), mark("2"), mark("3"), HistoryAction::Compare];
        assert_eq!(history(three).compared, None);
    }

    #[test]
    fn what_is_gone_is_not_marked() {
        let list = HistoryAction::List(vec![entry("2")]);
        let history = history([mark("1"), mark("2"), mark("2"), mark("2"), list]);
        assert_eq!(Vec::from_iter(history.marked), ["2"]);
    }
}
