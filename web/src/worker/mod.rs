//! The engine: it runs in a worker, so that the page neither slows it down nor is slowed down by it,
//! and so that its timers go on in a tab that is hidden.

mod clock;
mod drawing;
mod fetch;
mod files;
mod history;
mod lock;
mod record;
mod run;
mod trial;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable};
use js_sys::{Array, Uint8Array};
use mayfly_core::plan::{Draft, Plan};
use mayfly_core::run_state::EndCause;
use mayfly_core::running::shard;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use self::drawing::Drawing;
use self::files::{look, write};
use self::history::History;
use self::record::Record;
use self::run::{Host, Ready};
use crate::js::worker_scope;
use mayfly_engine::preset::PresetReading;
use mayfly_engine::protocol::{Command, Notice, decode, encode};
use mayfly_engine::reading::{Reading, rows_of_csv};

pub use self::clock::WorkerClock;
pub use self::fetch::FetchTransport;
pub use self::trial::try_plan;

/// Listens for commands until the page ends the worker.
///
/// # Panics
///
/// Panics outside of a worker.
pub fn start() {
    let scope = worker_scope().expect("the engine's script is only started as a worker");
    let page = Page(Rc::new(scope));
    let record = Shared::default();
    let engine = Engine {
        page: page.clone(),
        run: RefCell::default(),
        history: Rc::new(History::new(Rc::clone(&record))),
        record,
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
    // The run that is under way, or was last.
    record: Shared,
    history: Rc<History>,
}

type Shared = Rc<RefCell<Option<Record>>>;

/// A run that was started. Dropping it ends it.
struct Run {
    commands: UnboundedSender<shard::Command>,
    drawing: Drawing,
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
            Command::Start {
                run,
                title,
                plan,
                seed,
                started_millis,
            } => {
                let started = Duration::from_secs_f64(started_millis / 1e3);
                match Ready::new(run, title, &plan, seed, started) {
                    Ok(ready) => self.start(ready),
                    Err(reason) => self.page.tell(&Notice::Refused { run, reason }),
                }
            }
            Command::Edit { plan } => self.edit(&plan),
            Command::History(command) => {
                let (page, history) = (self.page.clone(), Rc::clone(&self.history));
                spawn_local(async move {
                    page.tell(&Notice::History(history.follow(command).await));
                });
            }
            Command::Read { id, source } => {
                let reading = Reading::new(source);
                self.page.tell(&Notice::Read { id, reading });
            }
            Command::ReadPreset(draft) => {
                let reading = PresetReading::new(&draft);
                self.page.tell(&Notice::ReadPreset(draft, reading));
            }
            Command::Rows { path, csv } => {
                let rows = rows_of_csv(&csv);
                self.page.tell(&Notice::Rows { path, rows });
            }
            Command::Reset => self.tell_run(shard::Command::Reset),
            Command::Stop => self.tell_run(shard::Command::Stop(EndCause::Person)),
            Command::Try { id, plan, place } => {
                let page = self.page.clone();
                spawn_local(async move {
                    let result = try_plan(Rc::clone(&page.0), plan, place).await;
                    page.tell(&Notice::Tried { id, result });
                });
            }
            Command::Watch { rows } => self.tell_run(shard::Command::Watch(rows)),
            Command::Write {
                run,
                file,
                utc_offset_minutes,
                color_scheme,
            } => {
                let look = look(utc_offset_minutes, color_scheme.as_deref());
                let (page, history) = (self.page.clone(), Rc::clone(&self.history));
                let record = Rc::clone(&self.record);
                spawn_local(async move {
                    page.tell(&write(run, file, look, &record, &history).await);
                });
            }
        }
    }

    fn start(&self, ready: Ready) {
        let (commands, receiver) = unbounded();
        let (handle, registration) = AbortHandle::new_pair();
        let host = Host {
            page: self.page.clone(),
            record: Rc::clone(&self.record),
            history: Rc::clone(&self.history),
            drawing: Drawing::default(),
            commands: commands.clone(),
        };
        *self.run.borrow_mut() = Some(Run {
            commands,
            drawing: host.drawing.clone(),
            handle,
        });
        let work = host.run(ready, receiver);
        spawn_local(async {
            // Aborted means that a new run took its place.
            let _ = Abortable::new(work, registration).await;
        });
    }

    fn edit(&self, plan: &str) {
        if let (Ok(plan), Ok(draft)) = (Plan::from_json(plan), Draft::from_json(plan)) {
            if let Some(record) = &mut *self.record.borrow_mut() {
                record.edit(&draft);
            }
            let drawing = self.run.borrow().as_ref().map(|run| run.drawing.clone());
            if let Some(notice) = drawing.and_then(|it| it.edit(&plan)) {
                self.page.tell(&notice);
            }
            self.tell_run(shard::Command::Edit(Box::new(plan)));
        }
    }

    fn tell_run(&self, command: shard::Command) {
        if let Some(run) = &*self.run.borrow() {
            // Nobody listens once the run is over.
            let _ = run.commands.unbounded_send(command);
        }
    }
}
