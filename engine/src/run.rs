//! A run: a plan that was made ready, and what drives it to its end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use mayfly_core::http::transport::Transport;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Plan, Summary, Targets};
use mayfly_core::report::{Ending, Report};
use mayfly_core::run_state::ShardId;
use mayfly_core::running::drive::drive;
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{self, RunSetting, Shard};
use mayfly_core::schedule::load_line::Outlook;
use mayfly_core::time::Clock;

use crate::history::key;
use crate::host::{Drivable, Host};
use crate::locustfile::{Drive, Driven, Target};
use crate::parcel::Packer;
use crate::protocol::{Deed, Notice, RunId, To};
use crate::ready::{ReadyPlan, simulated_api};
use crate::recorder::{Judge, Recorder, Shared};
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
    /// The hosts that whoever starts it was told of. A confined locustfile loads no other ones of others,
    /// whatever it says when it is loaded for the run.
    pub hosts: Vec<String>,
}

/// The load of the run that is under way, which is drawn anew after each edit. Nothing before the run
/// has begun.
pub(crate) struct Drawing<C>(Rc<RefCell<Option<Drawn<C>>>>);

struct Drawn<C> {
    run: RunId,
    clock: C,
    outlook: Outlook,
    summary: Summary,
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
        let drawn = Drawn {
            run,
            clock,
            outlook: Outlook::new(plan),
            summary: Summary::of(plan),
        };
        let notice = drawn.notice();
        *self.0.borrow_mut() = Some(drawn);
        notice
    }

    /// The run goes on with `plan`. Gives what the other side is to hear of it; `None` if nothing runs,
    /// or the plan is of the other model (open or closed).
    pub(crate) fn edit(&self, plan: &Plan) -> Option<Notice> {
        let mut drawn = self.0.borrow_mut();
        let drawn = drawn.as_mut()?;
        if !drawn.outlook.edit(drawn.clock.now(), plan) {
            return None;
        }
        drawn.summary = Summary::of(plan);
        Some(drawn.notice())
    }

    /// What one who comes later is to hear of it.
    pub(crate) fn again(&self) -> Option<Notice> {
        self.0.borrow().as_ref().map(Drawn::notice)
    }
}

impl<C> Drawn<C> {
    fn notice(&self) -> Notice {
        Notice::Load {
            run: self.run,
            line: self.outlook.line().clone(),
            summary: self.summary.clone(),
        }
    }
}

/// A run, and all that it reports to.
pub(crate) struct Run<H: Host> {
    pub(crate) host: Rc<H>,
    pub(crate) recorder: Shared,
    pub(crate) saved: Rc<SavedRuns<H>>,
    pub(crate) drawing: Drawing<H::Clock>,
    pub(crate) packer: Rc<RefCell<Packer>>,
    // `None` for a plan without Python.
    pub(crate) python: Option<(H::Interpreter, Drive<H>)>,
    // `None` for the simulated API.
    pub(crate) transport: Option<H::Transport>,
    pub(crate) commands: UnboundedSender<shard::Command>,
    // `None` until it is loaded.
    pub(crate) judge: Rc<Cell<Option<Judge>>>,
}

impl<H: Host> Run<H> {
    /// Begins a run, which from now on is the one that is recorded. What is returned runs it to its end.
    pub(crate) fn begin(
        mut self,
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
        self.saved.begin(&key(started, seed), self.commands.clone());
        *self.recorder.borrow_mut() = Some(recorder);
        let clock = self.host.start_clock();
        if let Some(recorder) = &*self.recorder.borrow() {
            let began = began(run, recorder.report(), Vec::new());
            self.host.tell(To::All, began);
        }
        let load = self.drawing.begin(run, clock.clone(), &plan);
        self.host.tell(To::All, load);
        let transport = self.transport.take();
        let python = self.python.take();
        async move {
            let mut publish = |snapshot| self.publish(run, snapshot);
            let setting = |max_in_flight| RunSetting {
                seed,
                started,
                id: ShardId::ONLY,
                max_in_flight,
            };
            let target = match transport {
                None => {
                    let transport = simulated_api(&plan, clock.clone(), seed);
                    let setting = setting(transport.max_in_flight());
                    Target::Simulated(drivable(&plan, program, setting, transport, clock))
                }
                Some(transport) => {
                    let setting = setting(transport.max_in_flight());
                    Target::Network(drivable(&plan, program, setting, transport, clock))
                }
            };
            let host = &*self.host;
            match (python, target) {
                (Some((interpreter, drive_scripted)), target) => {
                    let publish = &mut publish;
                    drive_scripted(Driven {
                        host,
                        interpreter,
                        target,
                        commands,
                        publish,
                    })
                    .await;
                }
                (None, Target::Network(run)) => host.drive(run, commands, publish).await,
                (None, Target::Simulated(run)) => {
                    let shard = Shard::new(run.program, run.setting);
                    drive(shard, &run.transport, &run.clock, commands, publish).await;
                }
            }
        }
    }

    fn publish(&self, run: RunId, snapshot: Snapshot) {
        let (mut thresholds, mut validity) = (Vec::new(), None);
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            recorder.post(&snapshot);
            thresholds.clone_from(&recorder.report().thresholds);
            if let Some(judge) = self.judge.get() {
                recorder.judge(judge);
            }
            validity = recorder.validity().cloned();
            if let Some(cause) = recorder.abort_cause() {
                // Nobody listens once the run is over.
                let _ = self.commands.unbounded_send(shard::Command::Stop(cause));
            }
        }
        let is_over = !snapshot.state.is_active();
        let notice = Notice::Snapshot {
            run,
            parcel: self.packer.borrow_mut().pack(snapshot),
            thresholds,
            validity,
        };
        self.host.tell(To::All, notice);
        self.saved.take(run, is_over);
    }
}

fn drivable<T, C>(
    plan: &Plan,
    program: Program,
    setting: RunSetting,
    transport: T,
    clock: C,
) -> Drivable<'_, T, C> {
    Drivable {
        plan,
        program,
        setting,
        transport,
        clock,
    }
}

/// What is told of a run that has begun.
pub(crate) fn began(run: RunId, report: &Report, deeds: Vec<(Duration, Deed)>) -> Notice {
    Notice::Began {
        run,
        title: report.title.clone(),
        plan: report.plan.to_json(),
        seed: report.seed,
        started_millis: report.started.as_secs_f64() * 1e3,
        targets: Targets::of_draft(&report.plan),
        deeds,
        is_over: report.ending != Ending::Running,
    }
}
