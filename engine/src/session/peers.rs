//! Several pages in front of one engine: who comes later hears what has happened, and what one does all
//! others see.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use mayfly_core::http::request::RequestName;
use mayfly_core::running::shard;

use super::{Session, State, ready};
use crate::host::Host;
use crate::protocol::{Deed, GivenPlan, Notice, Peer, To};
use crate::run::began;

/// What was done to a run, and when, in the time of the run: the newest.
#[derive(Debug, Default)]
pub(super) struct Deeds(VecDeque<(Duration, Deed)>);

impl Deeds {
    /// The most that are remembered; each edit has its plan.
    const MAX: usize = 100;

    fn push(&mut self, at: Duration, deed: Deed) {
        if self.0.len() == Self::MAX {
            self.0.pop_front();
        }
        self.0.push_back((at, deed));
    }
}

impl<H: Host> Session<H> {
    /// `peer` has come, and hears what it needs to show what has happened so far. `plan` is the one that the
    /// engine was started with.
    pub fn welcome(&self, peer: Peer, plan: Option<GivenPlan>) {
        let state = &self.0;
        let run = state.run.borrow().as_ref().map(|it| it.id);
        state.host.tell(To::One(peer), ready());
        state.host.tell(To::One(peer), Notice::Joined { run, plan });
        state.tell_of_run(peer);
    }

    /// `peer` is gone.
    pub fn part(&self, peer: Peer) {
        self.0.watch(peer, BTreeSet::new());
    }
}

impl<H: Host> State<H> {
    /// Tells one who comes later what is known of the run that is under way, or was last.
    pub(super) fn tell_of_run(&self, peer: Peer) {
        let (run, recorder) = (self.run.borrow(), self.recorder.borrow());
        let (Some(run), Some(recorder)) = (&*run, &*recorder) else {
            return;
        };
        let id = run.id;
        let tell = |notice| self.host.tell(To::One(peer), notice);
        let report = recorder.report();
        let deeds = run.deeds.0.iter().cloned().collect();
        tell(began(id, report, deeds));
        run.drawing.again().into_iter().for_each(tell);
        for snapshot in report.board.snapshots() {
            tell(Notice::Snapshot {
                run: id,
                parcel: run.packer.borrow().pack_again(snapshot.clone()),
                thresholds: report.thresholds.clone(),
                validity: recorder.validity().cloned(),
            });
        }
        if let Some(problem) = self.saved.problem() {
            tell(Notice::Saved {
                run: id,
                problem: Some(problem),
            });
        }
    }

    /// Remembers what was done to the run that is under way, and tells all others.
    pub(super) fn note(&self, peer: Peer, deed: Deed) {
        let (mut run, recorder) = (self.run.borrow_mut(), self.recorder.borrow());
        let (Some(run), Some(recorder)) = (&mut *run, &*recorder) else {
            return;
        };
        if !recorder.is_running() {
            return;
        }
        let at = recorder.report().board.at().to_duration();
        run.deeds.push(at, deed.clone());
        let notice = Notice::Did {
            run: run.id,
            at,
            deed,
        };
        self.host.tell(To::Others(peer), notice);
    }

    /// Whether a run is under way that another has started.
    pub(super) fn is_running_for_another(&self, peer: Peer) -> bool {
        let is_running = self
            .recorder
            .borrow()
            .as_ref()
            .is_some_and(|it| it.is_running());
        let run = self.run.borrow();
        let starting = self.starting.borrow();
        (is_running && run.as_ref().is_some_and(|it| it.by != Some(peer)))
            || starting.as_ref().is_some_and(|it| it.0 != peer)
    }

    /// The rows whose series `peer` looks at; a run has those of all.
    pub(super) fn watch(&self, peer: Peer, rows: BTreeSet<RequestName>) {
        let mut watched = self.watched.borrow_mut();
        watched.insert(peer, rows);
        watched.retain(|_, rows| !rows.is_empty());
        let mut rows = BTreeSet::new();
        rows.extend(watched.values().flatten().cloned());
        drop(watched);
        self.tell_run(shard::Command::Watch(rows));
    }
}
