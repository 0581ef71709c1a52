//! An engine: it follows commands, runs one plan at a time, and says what happens.
//!
//! What a run needs from its start to its end is here; all else that can be asked of an engine is in
//! [`rest`], which a host may load later. Nothing here names it but through [`Rest`].

mod peers;
pub mod rest;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable};
use mayfly_core::http::request::RequestName;
use mayfly_core::plan::{Draft, Plan, Targets};
use mayfly_core::run_state::EndCause;
use mayfly_core::running::script::heads::Loaded;
use mayfly_core::running::shard;

use self::peers::Deeds;
use self::rest::{Load, Rest};
use crate::history::since_1970;
use crate::host::Host;
use crate::locustfile::{self, Complete, LoadedFile};
use crate::parcel::Packer;
use crate::protocol::{Command, Deed, Notice, Peer, RunId, To, VERSION};
use crate::reading::{Reading, Source};
use crate::ready::ReadyPlan;
use crate::recorder::{Judge, Recorder, Shared};
use crate::run::{Drawing, Run, RunStart};
use crate::saved::SavedRuns;

/// An engine on a host.
pub struct Session<H: Host>(Rc<State<H>>);

/// What an engine has.
pub(crate) struct State<H: Host> {
    host: Rc<H>,
    // The run that is under way, or was last.
    recorder: Shared,
    saved: Rc<SavedRuns<H>>,
    run: RefCell<Option<Running<H>>>,
    // The rows that each one looks at, if it is not none. What chose them for another run says so again.
    watched: RefCell<BTreeMap<Peer, BTreeSet<RequestName>>>,
    // The plan that was read last, as JSON and ready: what is started was read before.
    read: RefCell<Option<(String, ReadyPlan)>>,
    // The locustfile that is being loaded for who writes it.
    loading: RefCell<Option<(To, AbortHandle)>>,
    // The run whose locustfile is being loaded, and who wants it.
    starting: RefCell<Option<(Peer, RunId, AbortHandle)>>,
    // `None` until it is loaded.
    rest: Cell<Option<Rest<H>>>,
    judge: Rc<Cell<Option<Judge>>>,
    // Commands that wait for it, in order.
    waiting: RefCell<Vec<(Peer, Command)>>,
    // Has it loaded again, if it could not be loaded.
    wish: Wish,
}

/// Says that something waits for what could not be loaded, so that it is tried again.
pub(crate) type Wish = UnboundedSender<()>;

/// A run that was started. Dropping it ends it.
struct Running<H: Host> {
    id: RunId,
    // Who has started it; `None` is the process itself.
    by: Option<Peer>,
    packer: Rc<RefCell<Packer>>,
    deeds: Deeds,
    commands: UnboundedSender<shard::Command>,
    drawing: Drawing<H::Clock>,
    // What is in its locustfile, and what adds it to a plan.
    loaded: Option<(Loaded, Complete)>,
    handle: AbortHandle,
}

impl<H: Host> Drop for Running<H> {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl<H: Host> Session<H> {
    /// An engine in one piece, without a run. It says that it is [`Ready`](Notice::Ready).
    pub fn new(host: H) -> Self {
        let (session, _) = Self::without_rest(host);
        session.0.have(Rest::new());
        session
    }

    /// As [`new`](Self::new), but all that no run needs comes from `load`. Until it is there, what needs
    /// it waits; where it cannot be loaded, [`Loaded`](Notice::Loaded) says so, and it is tried again as
    /// soon as something needs it.
    pub fn in_parts(host: H, load: Load<H>) -> Self {
        let (session, wishes) = Self::without_rest(host);
        let state = Rc::clone(&session.0);
        session.0.host.spawn(state.load_rest(load, wishes));
        session
    }

    fn without_rest(host: H) -> (Self, UnboundedReceiver<()>) {
        let host = Rc::new(host);
        let recorder = Shared::default();
        let (wish, wishes) = unbounded();
        host.tell(To::All, ready());
        let saved = SavedRuns::new(Rc::clone(&host), Rc::clone(&recorder), wish.clone());
        let state = State {
            saved: Rc::new(saved),
            host,
            recorder,
            run: RefCell::default(),
            watched: RefCell::default(),
            read: RefCell::default(),
            loading: RefCell::default(),
            starting: RefCell::default(),
            rest: Cell::default(),
            judge: Rc::default(),
            waiting: RefCell::default(),
            wish,
        };
        (Self(Rc::new(state)), wishes)
    }

    /// Does what `peer` asks for. What comes of it is told in notices, soon or later.
    pub fn handle_command(&self, peer: Peer, command: Command) {
        let state = &self.0;
        if let Command::Stop { run } = command
            && state.give_up_start(
                |_, id| id == run,
                "it was stopped before its locustfile was loaded",
            )
        {
            return;
        }
        if command.run().is_some_and(|it| !state.has_run(it)) {
            return;
        }
        if let Command::Start { .. } = command {
            let reason = "another run was started before its locustfile was loaded";
            state.give_up_start(|by, _| by == peer, reason);
        }
        match command {
            Command::Start {
                run,
                title,
                plan,
                seed,
                started_millis,
                hosts,
            } if !has_locustfile(&plan) => {
                let start = RunStart {
                    run,
                    title,
                    seed,
                    started: since_1970(started_millis),
                    hosts,
                };
                let ready = match state.is_running_for_another(peer) {
                    true => Err(RUNS_ALREADY.to_owned()),
                    false => state.ready(&plan),
                };
                let started = ready.and_then(|it| self.start_by(Some(peer), it, None, start));
                if let Err(reason) = started {
                    state.refuse(peer, run, reason);
                }
            }
            Command::Edit { plan, .. } => state.edit(peer, &plan),
            Command::Load => state.wish(),
            Command::Reset { .. } => {
                state.note(peer, Deed::Reset);
                state.tell_run(shard::Command::Reset);
            }
            Command::Stop { .. } => {
                state.note(peer, Deed::Stop);
                self.stop(EndCause::Person);
            }
            Command::Watch { rows } => state.watch(peer, rows),
            Command::Hide(is_hidden) => state.tell_run(shard::Command::Hide(is_hidden)),
            other => match state.rest.get() {
                Some(rest) => (rest.follow)(state, peer, other),
                None => state.wait(peer, other),
            },
        }
    }

    /// Starts a run; one that is under way is dropped.
    ///
    /// # Errors
    ///
    /// Fails if a file that the plan names for its transport cannot be used.
    pub fn start(&self, plan: ReadyPlan, start: RunStart) -> Result<(), String> {
        self.start_by(None, plan, None, start)
    }

    /// As [`start`](Self::start), of a plan whose locustfile is in `file`.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_scripted(
        &self,
        plan: ReadyPlan,
        file: LoadedFile<H>,
        start: RunStart,
    ) -> Result<(), String> {
        self.start_by(None, plan, Some(file), start)
    }

    /// Loads the locustfile of a plan, and starts a run of it.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and if the file cannot be loaded.
    pub async fn start_unloaded(
        &self,
        plan: Plan,
        draft: Draft,
        start: RunStart,
    ) -> Result<(), String> {
        self.load_and_start(None, plan, draft, start).await
    }

    /// The same, of a plan in JSON, for `peer` and beside other things. Called by [`rest`] alone.
    fn start_locustfile(&self, peer: Peer, plan: &str, start: RunStart) {
        let (plan, draft) = match (Plan::from_json(plan), Draft::from_json(plan)) {
            (Ok(plan), Ok(draft)) => (plan, draft),
            (Err(errors), _) | (_, Err(errors)) => {
                self.0.refuse(peer, start.run, errors.to_string());
                return;
            }
        };
        let session = Self(Rc::clone(&self.0));
        let (handle, registration) = AbortHandle::new_pair();
        let starting = (peer, start.run, handle);
        self.0.starting.replace(Some(starting));
        let work = async move {
            let state = &session.0;
            let run = start.run;
            let started = match state.is_running_for_another(peer) {
                true => Err(RUNS_ALREADY.to_owned()),
                false => session.load_and_start(Some(peer), plan, draft, start).await,
            };
            state.starting.take();
            if let Err(reason) = started {
                state.refuse(peer, run, reason);
            }
        };
        self.0.host.spawn(async {
            // Whoever aborts it has said so.
            let _ = Abortable::new(work, registration).await;
        });
    }

    async fn load_and_start(
        &self,
        by: Option<Peer>,
        plan: Plan,
        draft: Draft,
        start: RunStart,
    ) -> Result<(), String> {
        let state = &self.0;
        let say = {
            let (host, run) = (Rc::clone(&state.host), start.run);
            Box::new(move |log| host.tell(To::All, Notice::Said { run, log }))
        };
        let seed = plan.load.seed.unwrap_or(start.seed);
        let file = locustfile::load(&*state.host, &plan, seed, start.started, say).await;
        let file = file.map_err(|problems| locustfile::in_words(&problems))?;
        let plan = ReadyPlan::scripted::<H::Interpreter>(plan, draft, &file.loaded, &start.hosts);
        let plan = plan.map_err(|problems| locustfile::in_words(&problems))?;
        if by.is_some_and(|it| state.is_running_for_another(it)) {
            return Err(RUNS_ALREADY.to_owned());
        }
        self.start_by(by, plan, Some(file), start)
    }

    fn start_by(
        &self,
        by: Option<Peer>,
        plan: ReadyPlan,
        file: Option<LoadedFile<H>>,
        start: RunStart,
    ) -> Result<(), String> {
        let (loaded, python) = match file {
            Some(file) => {
                let python = (file.interpreter, file.drive);
                (Some((file.loaded, file.complete)), Some(python))
            }
            None => (None, None),
        };
        let state = &self.0;
        let is_simulated = Targets::of(plan.plan()).is_simulated();
        let transport = (!is_simulated).then(|| state.host.transport(plan.plan()));
        let transport = transport.transpose()?;
        state.watched.borrow_mut().clear();
        let (commands, receiver) = unbounded();
        let (handle, registration) = AbortHandle::new_pair();
        let run = Run {
            host: Rc::clone(&state.host),
            recorder: Rc::clone(&state.recorder),
            saved: Rc::clone(&state.saved),
            drawing: Drawing::default(),
            packer: Rc::default(),
            python,
            transport,
            commands: commands.clone(),
            judge: Rc::clone(&state.judge),
        };
        *state.run.borrow_mut() = Some(Running {
            id: start.run,
            by,
            packer: Rc::clone(&run.packer),
            deeds: Deeds::default(),
            commands,
            drawing: run.drawing.clone(),
            loaded,
            handle,
        });
        let work = run.begin(plan, start, receiver);
        state.host.spawn(async {
            // Aborted means that a new run took its place.
            let _ = Abortable::new(work, registration).await;
        });
        Ok(())
    }

    /// Ends the run that is under way as its plan says, and at once if it is ending already.
    pub fn stop(&self, cause: EndCause) {
        self.0.tell_run(shard::Command::Stop(cause));
    }

    /// Whether a run is under way.
    pub fn is_running(&self) -> bool {
        self.look(Recorder::is_running).unwrap_or(false)
    }

    /// Waits until all is saved that was measured so far.
    pub async fn saved(&self) {
        self.0.saved.settled().await;
    }

    /// Looks at what is recorded of the run that is under way, or was last; `None` if there was none.
    pub fn look<T>(&self, look: impl FnOnce(&Recorder) -> T) -> Option<T> {
        self.0.recorder.borrow().as_ref().map(look)
    }
}

impl<H: Host> State<H> {
    /// Loads the rest, as often as it is asked for until it is there.
    async fn load_rest(self: Rc<Self>, load: Load<H>, mut wishes: UnboundedReceiver<()>) {
        let mut has_failed = false;
        let rest = loop {
            if let Some(rest) = load().await {
                break rest;
            }
            has_failed = true;
            self.host.tell(To::All, Notice::Loaded { is_whole: false });
            // What was wanted while it was loaded is told of already.
            while wishes.try_recv().is_ok() {}
            if wishes.next().await.is_none() {
                return;
            }
        };
        self.have(*rest);
        if has_failed {
            self.host.tell(To::All, Notice::Loaded { is_whole: true });
        }
    }

    /// The rest is there: what waits for it is done, in order.
    fn have(self: &Rc<Self>, rest: Rest<H>) {
        self.rest.set(Some(rest));
        self.saved.save_by(rest.save);
        self.judge.set(Some(rest.judge));
        for (peer, command) in self.waiting.take() {
            (rest.follow)(self, peer, command);
        }
    }

    fn wait(&self, peer: Peer, command: Command) {
        if let Command::Read {
            id,
            source: Source::Json(json),
        } = &command
            && let Some((reading, ready)) = Reading::to_run(json, |name| self.host.read_file(name))
        {
            self.remember(&reading, Some(ready));
            let id = *id;
            self.host.tell(To::One(peer), Notice::Read { id, reading });
        }
        self.waiting.borrow_mut().push((peer, command));
        self.wish();
    }

    fn wish(&self) {
        // Nobody listens once it is there.
        let _ = self.wish.unbounded_send(());
    }

    fn remember(&self, reading: &Reading, ready: Option<ReadyPlan>) {
        // A file may be another one by the time of a start.
        let ready = ready.filter(|it| !it.reads_files());
        *self.read.borrow_mut() = reading.draft.clone().zip(ready);
    }

    /// The plan, in JSON, ready to run.
    fn ready(&self, json: &str) -> Result<ReadyPlan, String> {
        let read = self.read.borrow_mut().take_if(|it| it.0 == json);
        if let Some((_, ready)) = read {
            return Ok(ready);
        }
        let draft = Draft::from_json(json).map_err(|errors| errors.to_string())?;
        let plan = Plan::from_json(json).map_err(|errors| errors.to_string())?;
        ReadyPlan::new(plan, draft, |name| self.host.read_file(name))
            .map_err(|errors| errors.to_string())
    }

    /// Gives up a start that waits for its locustfile, if it is meant: by who wants it, and its run. False
    /// if there is none.
    fn give_up_start(&self, is_meant: impl Fn(Peer, RunId) -> bool, reason: &str) -> bool {
        let start = self.forget_start(&is_meant).or_else(|| {
            let mut starting = self.starting.borrow_mut();
            let (peer, run, handle) = starting.take_if(|it| is_meant(it.0, it.1))?;
            handle.abort();
            Some((peer, run))
        });
        if let Some((peer, run)) = start {
            self.refuse(peer, run, reason.to_owned());
        }
        start.is_some()
    }

    /// Takes a start away that waits for what loads locustfiles.
    fn forget_start(&self, is_meant: impl Fn(Peer, RunId) -> bool) -> Option<(Peer, RunId)> {
        let mut waiting = self.waiting.borrow_mut();
        let mut starts = waiting.iter().enumerate();
        let (nth, start) = starts.find_map(|(nth, (peer, it))| match it {
            Command::Start { run, .. } if is_meant(*peer, *run) => Some((nth, (*peer, *run))),
            _ => None,
        })?;
        waiting.remove(nth);
        Some(start)
    }

    fn refuse(&self, peer: Peer, run: RunId, reason: String) {
        let is_taken = reason == RUNS_ALREADY;
        self.host
            .tell(To::One(peer), Notice::Refused { run, reason });
        if is_taken {
            self.tell_of_run(peer);
        }
    }

    fn edit(&self, peer: Peer, json: &str) {
        let (Ok(mut plan), Ok(draft)) = (Plan::from_json(json), Draft::from_json(json)) else {
            return;
        };
        let drawing = self.run.borrow().as_ref().map(|it| it.drawing.clone());
        if let Some(Running {
            loaded: Some((loaded, complete)),
            ..
        }) = &*self.run.borrow()
        {
            // A person says another load than the file.
            let load = plan.load.clone();
            if complete(&mut plan, loaded).is_err() {
                return;
            }
            plan.load = load;
        }
        let mut is_edited = false;
        if let Some(recorder) = &mut *self.recorder.borrow_mut()
            && recorder.can_be_edited()
            && let Some(notice) = drawing.and_then(|it| it.edit(&plan))
        {
            recorder.edit(&plan, &draft);
            self.host.tell(To::All, notice);
            self.tell_run(shard::Command::Edit(Box::new(plan)));
            is_edited = true;
        }
        if is_edited {
            self.note(peer, Deed::Edit(json.to_owned()));
        }
    }

    /// Whether the run that is under way, or was last, is this one.
    fn has_run(&self, id: RunId) -> bool {
        self.run.borrow().as_ref().is_some_and(|it| it.id == id)
    }

    fn tell_run(&self, command: shard::Command) {
        if let Some(run) = &*self.run.borrow() {
            // Nobody listens once the run is over.
            let _ = run.commands.unbounded_send(command);
        }
    }
}

/// Whether a plan in JSON has a locustfile.
fn has_locustfile(json: &str) -> bool {
    // Few plans have the word, and the others are not read for it.
    json.contains("locustfile")
        && Draft::from_json(json).is_ok_and(|it| it.keys.contains_key("locustfile"))
}

fn ready() -> Notice {
    Notice::Ready {
        version: VERSION.to_owned(),
    }
}

const RUNS_ALREADY: &str = "a run that somebody else has started is under way; it is shown now. Stop it, or wait \
    for its end";
