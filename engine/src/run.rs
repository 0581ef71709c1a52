//! A run: a plan that was made ready, and what drives it to its end.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use mayfly_core::http::transport::Transport;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Plan, Summary, Targets};
use mayfly_core::run_state::ShardId;
use mayfly_core::running::drive::drive;
use mayfly_core::running::shard::{self, RunSetting, Shard};
use mayfly_core::schedule::load_line::Outlook;
use mayfly_core::time::Clock;

use crate::history::key;
use crate::host::Host;
use crate::parcel::Packer;
use crate::protocol::{Notice, RunId};
use crate::ready::{ReadyPlan, simulated_api};
use crate::recorder::{Recorder, Shared};
use crate::saved::SavedRuns;

/// What a run is called, and where its randomness and its times of day begin.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RunStart {
    /// The number by which the other side knows the run.
    pub run: RunId,
    /// What a person calls it; may be empty.
    pub title: String,
    /// What all randomness comes from, unless the plan says it.
    pub seed: u64,
    /// When it begins, since 1970.
    pub started: Duration,
}

/// The load of the run that is under way, which is drawn anew after each edit. Nothing before the run
/// has begun.
pub(crate) struct Drawing<C>(Rc<RefCell<Option<Drawn<C>>>>);

struct Drawn<C> {
    run: RunId,
    clock: C,
    outlook: Outlook,
}

impl<C> Clone for Drawing<C> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<C> Default for Drawing<C> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<C: Clock> Drawing<C> {
    /// A run of `plan` begins. Gives what the other side is to hear of it.
    fn begin(&self, run: RunId, clock: C, plan: &Plan) -> Notice {
        let outlook = Outlook::new(plan);
        let notice = load_of(run, &outlook, plan);
        *self.0.borrow_mut() = Some(Drawn {
            run,
            clock,
            outlook,
        });
        notice
    }

    /// The run goes on with `plan`. Gives what the other side is to hear of it; `None` if nothing runs,
    /// or the plan is of the other model (open or closed).
    pub(crate) fn edit(&self, plan: &Plan) -> Option<Notice> {
        let mut drawn = self.0.borrow_mut();
        let drawn = drawn.as_mut()?;
        let is_edited = drawn.outlook.edit(drawn.clock.now(), plan);
        is_edited.then(|| load_of(drawn.run, &drawn.outlook, plan))
    }
}

fn load_of(run: RunId, outlook: &Outlook, plan: &Plan) -> Notice {
    Notice::Load {
        run,
        line: outlook.line().clone(),
        summary: Summary::of(plan),
    }
}

/// A run, and all that it reports to.
pub(crate) struct Run<H: Host> {
    pub(crate) host: Rc<H>,
    pub(crate) recorder: Shared,
    pub(crate) saved: Rc<SavedRuns<H>>,
    pub(crate) drawing: Drawing<H::Clock>,
    pub(crate) commands: UnboundedSender<shard::Command>,
}

impl<H: Host> Run<H> {
    /// Begins a run, which from now on is the one that is recorded. What is returned runs it to its end.
    pub(crate) fn begin(
        self,
        plan: ReadyPlan,
        start: RunStart,
        commands: UnboundedReceiver<shard::Command>,
    ) -> impl Future<Output = ()> {
        let ReadyPlan {
            plan,
            draft,
            program,
        } = plan;
        let seed = plan.load.seed.unwrap_or(start.seed);
        let (run, started) = (start.run, start.started);
        let recorder = Recorder::new(start.title, &plan, draft, seed, started);
        self.saved.begin(&key(started, seed));
        *self.recorder.borrow_mut() = Some(recorder);
        let clock = self.host.start_clock();
        self.host
            .tell(self.drawing.begin(run, clock.clone(), &plan));
        async move {
            let mut packer = Packer::default();
            let publish = |snapshot| self.publish(run, snapshot, &mut packer);
            let setting = |max_in_flight| RunSetting {
                seed,
                started,
                id: ShardId::ONLY,
                max_in_flight,
            };
            if Targets::of(&plan).is_simulated() {
                let api = simulated_api(&plan, clock.clone(), seed);
                let shard = Shard::new(program, setting(api.max_in_flight()));
                drive(shard, &api, &clock, commands, publish).await;
            } else {
                let host = &self.host;
                host.drive(&plan, program, setting, &clock, commands, publish)
                    .await;
            }
        }
    }

    fn publish(&self, run: RunId, snapshot: Snapshot, packer: &mut Packer) {
        let mut thresholds = Vec::new();
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.post(&snapshot);
            thresholds.clone_from(&recorder.report().thresholds);
            if let Some(cause) = recorder.abort_cause() {
                // Nobody listens once the run is over.
                let _ = self.commands.unbounded_send(shard::Command::Stop(cause));
            }
        }
        let is_over = !snapshot.state.is_active();
        self.host.tell(Notice::Snapshot {
            run,
            parcel: packer.pack(snapshot),
            thresholds,
        });
        self.saved.take(run, is_over);
    }
}
