//! The engine: it runs in a worker, so that the page neither slows it down nor is slowed down by it,
//! and so that its timers go on in a tab that is hidden.

mod clock;
mod fetch;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable};
use js_sys::{Array, Uint8Array};
use mayfly_core::drive::drive;
use mayfly_core::plan::{Plan, Target};
use mayfly_core::program::Program;
use mayfly_core::shard::{self, Setting, Shard, ShardId};
use mayfly_core::simulate::{Model, SimulatedApi};
use mayfly_core::transport::Transport;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::js::worker_scope;
use crate::protocol::{Command, Notice, RunId, decode, encode};

pub use self::clock::WorkerClock;
pub use self::fetch::FetchTransport;

/// Listens for commands until the page ends the worker.
///
/// # Panics
///
/// Panics outside of a worker.
pub fn start() {
    let scope = worker_scope().expect("the engine's script is only started as a worker");
    let page = Page(Rc::new(scope));
    let engine = Engine {
        page: page.clone(),
        run: RefCell::new(None),
    };
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(command) = decode(&Uint8Array::new(&event.data()).to_vec()) {
            engine.handle_command(command);
        }
    });
    page.0
        .set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    listener.forget();
    page.tell(&Notice::Ready);
}

/// The way to the page.
#[derive(Clone)]
struct Page(Rc<DedicatedWorkerGlobalScope>);

impl Page {
    fn tell(&self, notice: &Notice) {
        let bytes = Uint8Array::from(encode(notice).as_slice());
        let transfer = Array::of1(&bytes.buffer());
        let posted = self.0.post_message_with_transfer(&bytes, &transfer);
        posted.expect("bytes can always be posted");
    }
}

struct Engine {
    page: Page,
    run: RefCell<Option<Run>>,
}

/// A run that was started. Dropping it ends it.
struct Run {
    commands: UnboundedSender<shard::Command>,
    handle: AbortHandle,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl Engine {
    fn handle_command(&self, command: Command) {
        match command {
            Command::Start { run, plan, seed } => {
                let (commands, receiver) = unbounded();
                let (handle, registration) = AbortHandle::new_pair();
                let work = run_plan(self.page.clone(), run, plan, seed, receiver);
                *self.run.borrow_mut() = Some(Run { commands, handle });
                spawn_local(async {
                    // Aborted means that a new run took its place.
                    let _ = Abortable::new(work, registration).await;
                });
            }
            Command::Edit { plan } => {
                if let Ok(plan) = Plan::from_json(&plan) {
                    self.tell_run(shard::Command::Edit(Box::new(plan)));
                }
            }
            Command::Reset => self.tell_run(shard::Command::Reset),
            Command::Stop => self.tell_run(shard::Command::Stop),
        }
    }

    fn tell_run(&self, command: shard::Command) {
        if let Some(run) = &*self.run.borrow() {
            // Nobody listens once the run is over.
            let _ = run.commands.unbounded_send(command);
        }
    }
}

async fn run_plan(
    page: Page,
    run: RunId,
    plan: String,
    seed: u64,
    commands: UnboundedReceiver<shard::Command>,
) {
    let (plan, program) = match ready(&plan) {
        Ok(ready) => ready,
        Err(reason) => return page.tell(&Notice::Refused { run, reason }),
    };
    let clock = WorkerClock::start(&page.0);
    let publish = |snapshot| page.tell(&Notice::Snapshot { run, snapshot });
    let setting = |max_in_flight| Setting {
        seed,
        started: Duration::from_secs_f64(js_sys::Date::now() / 1e3),
        id: ShardId::ONLY,
        max_in_flight,
    };
    match plan.target {
        Some(Target::BaseUrl(base_url)) => {
            let transport = FetchTransport::new(Rc::clone(&page.0), &base_url);
            let shard = Shard::new(program, setting(transport.max_in_flight()));
            drive(shard, &transport, &clock, commands, publish).await;
        }
        target => {
            let model = match target {
                Some(Target::Simulated(model)) => model,
                _ => Model::default(),
            };
            let transport = SimulatedApi::with_model(clock.clone(), seed, model);
            let shard = Shard::new(program, setting(transport.max_in_flight()));
            drive(shard, &transport, &clock, commands, publish).await;
        }
    }
}

fn ready(plan: &str) -> Result<(Plan, Program), String> {
    let plan = Plan::from_json(plan).map_err(|errors| errors.to_string())?;
    let no_files = |_: &str| Err("a page reads no files; put the rows into the plan".to_owned());
    let program = Program::new(&plan, no_files).map_err(|errors| errors.to_string())?;
    Ok((plan, program))
}
