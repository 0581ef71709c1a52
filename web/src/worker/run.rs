//! A run in the engine: what it needs, what becomes of what it counts.

use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use mayfly_core::http::transport::Transport;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Plan, Target};
use mayfly_core::run_state::ShardId;
use mayfly_core::running::drive::drive;
use mayfly_core::running::program::Program;
use mayfly_core::running::shard::{self, Setting, Shard};
use mayfly_core::simulate::{Model, SimulatedApi};
use wasm_bindgen_futures::spawn_local;

use super::clock::WorkerClock;
use super::drawing::Drawing;
use super::fetch::FetchTransport;
use super::history::History;
use super::lock::Lock;
use super::record::Record;
use super::{Page, Shared};
use crate::history::key;
use crate::parcel::Packer;
use crate::protocol::{Notice, RunId};
use crate::reading::no_files;

/// A plan that is about to run.
pub(super) struct Ready {
    run: RunId,
    plan: Plan,
    program: Program,
    record: Record,
    seed: u64,
    started: Duration,
}

impl Ready {
    /// Makes a plan, in JSON, ready.
    ///
    /// # Errors
    ///
    /// Fails with all that is wrong with it.
    pub(super) fn new(
        run: RunId,
        title: String,
        plan: &str,
        seed: u64,
        started: Duration,
    ) -> Result<Self, String> {
        let draft = Draft::from_json(plan).map_err(|errors| errors.to_string())?;
        let plan = Plan::from_json(plan).map_err(|errors| errors.to_string())?;
        let program = Program::new(&plan, no_files).map_err(|errors| errors.to_string())?;
        let seed = plan.load.seed.unwrap_or(seed);
        Ok(Self {
            run,
            record: Record::new(title, &plan, draft, seed, started),
            plan,
            program,
            seed,
            started,
        })
    }
}

/// What a run needs of its surroundings.
pub(super) struct Host {
    pub(super) page: Page,
    pub(super) record: Shared,
    pub(super) history: Rc<History>,
    pub(super) drawing: Drawing,
    pub(super) commands: UnboundedSender<shard::Command>,
}

impl Host {
    /// Runs to the end.
    pub(super) async fn run(self, ready: Ready, commands: UnboundedReceiver<shard::Command>) {
        let Ready {
            run,
            plan,
            program,
            record,
            seed,
            started,
        } = ready;
        self.history.begin(&key(started, seed));
        *self.record.borrow_mut() = Some(record);
        let clock = WorkerClock::start(&self.page.0);
        let line = self.drawing.begin(run, clock.clone(), &plan);
        self.page.tell(&line);
        let mut packer = Packer::default();
        let publish = |snapshot| self.publish(run, snapshot, &mut packer);
        let setting = |max_in_flight| Setting {
            seed,
            started,
            id: ShardId::ONLY,
            max_in_flight,
        };
        let classes = plan.user_classes.as_slice();
        let has_host = classes.iter().any(|it| plan.base_url(it).is_some());
        match &plan.target {
            _ if has_host => {
                let transport = FetchTransport::new(Rc::clone(&self.page.0));
                let shard = Shard::new(program, setting(transport.max_in_flight()));
                drive(shard, &transport, &clock, commands, publish).await;
            }
            target => {
                let model = match target {
                    Some(Target::Simulated(model)) => model.clone(),
                    _ => Model::default(),
                };
                let transport = SimulatedApi::with_model(clock.clone(), seed, model);
                let shard = Shard::new(program, setting(transport.max_in_flight()));
                drive(shard, &transport, &clock, commands, publish).await;
            }
        }
    }

    fn publish(&self, run: RunId, snapshot: Snapshot, packer: &mut Packer) {
        let mut thresholds = Vec::new();
        if let Some(record) = &mut *self.record.borrow_mut() {
            record.post(&snapshot);
            thresholds.clone_from(&record.report().thresholds);
            if let Some(cause) = record.abort_cause() {
                // Nobody listens once the run is over.
                let _ = self.commands.unbounded_send(shard::Command::Stop(cause));
            }
        }
        let is_over = !snapshot.state.is_active();
        self.page.tell(&Notice::Snapshot {
            run,
            parcel: packer.pack(snapshot),
            thresholds,
        });
        // Held until the last numbers are kept, or another tab would take the run for interrupted.
        let lock = is_over.then(|| self.history.end());
        if is_over || self.history.is_due() {
            self.keep(run, lock.flatten());
        }
    }

    /// Keeps what is known of the run so far.
    fn keep(&self, run: RunId, lock: Option<Lock>) {
        let Some(packed) = self
            .record
            .borrow()
            .as_ref()
            .map(|it| self.history.pack(it.report()))
        else {
            return;
        };
        let (page, history) = (self.page.clone(), Rc::clone(&self.history));
        spawn_local(async move {
            if let Some(problem) = history.keep(packed).await {
                page.tell(&Notice::Kept { run, problem });
            }
            drop(lock);
        });
    }
}
