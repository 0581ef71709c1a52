//! The root of the page: it holds the state and the engine, and connects the two.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use gloo_timers::callback::Timeout;
use mayfly_core::plan::Users;
use mayfly_core::report::csv;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::diagnosis::Diagnosis;
use crate::engine::Engine;
use crate::form::Form;
use crate::js;
use crate::outline::with_users;
use crate::pages::{RunPage, StartPage};
use crate::protocol::{Command, Notice, RunId};
use crate::store::{Action, Run, State, View};

/// Draws the page.
///
/// # Panics
///
/// Panics if the page has no element `app`, which index.html has.
pub fn start() {
    let root = js::document()
        .get_element_by_id("app")
        .expect("index.html has it");
    yew::Renderer::<App>::with_root(root).render();
}

/// The page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(initial_state);
    let control = use_control(state.dispatcher());
    use_diagnosis(&state);
    use_heading_focus(state.view);
    let on_action = {
        let state = state.clone();
        Callback::from(move |action| state.dispatch(action))
    };
    let on_start = {
        let (state, control) = (state.clone(), control.clone());
        Callback::from(move |()| control.start(&state))
    };
    let on_stop = {
        let control = control.clone();
        Callback::from(move |()| control.stop())
    };
    let on_reset = {
        let control = control.clone();
        Callback::from(move |()| control.reset())
    };
    let on_edit = {
        let state = state.clone();
        Callback::from(move |users| control.edit(&state, users))
    };
    match (&state.view, &state.run) {
        (View::Run, Some(run)) => html! {
            <RunPage
                run={run.clone()}
                tab={state.tab}
                is_editing={state.is_editing}
                {on_action} {on_stop} {on_reset} {on_edit}
                on_download={download_callback(run)}
            />
        },
        _ => html! {
            <StartPage
                form={state.form.clone()}
                is_checked={state.is_checked}
                has_run={state.run.is_some()}
                {on_action} {on_start}
            />
        },
    }
}

/// The form is filled from the page's address, if that names a host. Nothing is started.
fn initial_state() -> State {
    let form = js::fragment_value("host").map(|host| Form::with_host(&host));
    State {
        form: form.unwrap_or_default(),
        ..State::default()
    }
}

/// A file that a run can be downloaded as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Download {
    /// The failures table.
    Failures,
    /// The statistics table.
    Requests,
}

fn download_callback(run: &Run) -> Callback<Download> {
    let run = run.clone();
    Callback::from(move |download| {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(run.started_millis / 1e3);
        let (kind, text) = match download {
            Download::Failures => ("failures", csv::failures(&run.board, started)),
            Download::Requests => ("requests", csv::requests(&run.board)),
        };
        let base_url = run.outline.base_url.as_ref();
        let host = base_url.map_or("simulated", |url| url.as_str());
        let host = host.split("://").last().unwrap_or_default();
        let host = host.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
        let name = format!(
            "mayfly_{}_{host}_{kind}.csv",
            js::file_time(run.started_millis)
        );
        // The browser itself says why it keeps a file back.
        let _ = js::download(&name, "text/csv", &text);
    })
}

/// Starts, changes and stops runs.
#[derive(Clone)]
struct Control(Rc<ControlState>);

struct ControlState {
    dispatcher: UseReducerDispatcher<State>,
    // `None` once it broke; the next start makes a new one.
    engine: RefCell<Option<Engine>>,
    newest: RefCell<RunId>,
    // Ends an engine that does not react to a stop.
    deadline: RefCell<Option<Timeout>>,
}

#[hook]
fn use_control(dispatcher: UseReducerDispatcher<State>) -> Control {
    let control = use_memo((), |()| {
        Control(Rc::new(ControlState {
            dispatcher,
            engine: RefCell::default(),
            newest: RefCell::default(),
            deadline: RefCell::default(),
        }))
    });
    let control = (*control).clone();
    use_effect_with((), {
        let control = control.clone();
        // Ready before the first click, and loaded after the page is drawn.
        move |()| js::after_drawing(move || control.ensure_engine())
    });
    control
}

impl Control {
    /// How long a stopped engine may take to say its last word.
    const PATIENCE_MILLIS: u32 = 3_000;

    fn start(&self, state: &State) {
        let Ok(draft) = state.form.draft() else {
            self.0.dispatcher.dispatch(Action::Reject);
            // After the errors are drawn.
            Timeout::new(0, js::focus_first_invalid).forget();
            return;
        };
        let run = self.0.newest.replace_with(|newest| *newest + 1) + 1;
        let plan = draft.to_json();
        let new = Run::new(run, draft, js::now_millis());
        self.0.dispatcher.dispatch(Action::Start(Box::new(new)));
        self.0.deadline.take();
        self.ensure_engine();
        self.tell(Command::Start {
            run,
            plan,
            seed: js::random_seed(),
        });
    }

    fn stop(&self) {
        self.0.dispatcher.dispatch(Action::Stop);
        self.tell(Command::Stop);
        let control = self.clone();
        let give_up = move || control.lose_engine("it did not react to Stop".to_owned());
        *self.0.deadline.borrow_mut() = Some(Timeout::new(Self::PATIENCE_MILLIS, give_up));
    }

    fn reset(&self) {
        self.0.dispatcher.dispatch(Action::ResetCounts);
        self.tell(Command::Reset);
    }

    fn edit(&self, state: &State, users: Users) {
        let Some(run) = &state.run else { return };
        self.tell(Command::Edit {
            plan: with_users(&run.draft, users).to_json(),
        });
        self.0.dispatcher.dispatch(Action::EditUsers(users));
    }

    fn tell(&self, command: Command) {
        if let Some(engine) = &*self.0.engine.borrow() {
            engine.tell(command);
        }
    }

    fn handle_notice(&self, notice: Notice) {
        // The last word of an old run says nothing about the one that is stopping now.
        let is_newest = |run| run == *self.0.newest.borrow();
        match notice {
            Notice::Ready => {}
            Notice::Refused { run, reason } => {
                if is_newest(run) {
                    self.0.deadline.take();
                    self.0.dispatcher.dispatch(Action::LoseEngine(reason));
                }
            }
            Notice::Snapshot { run, snapshot } => {
                if is_newest(run) && !snapshot.state.is_active() {
                    self.0.deadline.take();
                }
                let post = Action::Post(run, Box::new(snapshot));
                self.0.dispatcher.dispatch(post);
            }
        }
    }

    fn ensure_engine(&self) {
        if self.0.engine.borrow().is_some() {
            return;
        }
        let on_notice = {
            let control = self.clone();
            Callback::from(move |notice| control.handle_notice(notice))
        };
        let on_loss = {
            let control = self.clone();
            Callback::from(move |reason| control.lose_engine(reason))
        };
        match Engine::start(on_notice, on_loss) {
            Ok(engine) => *self.0.engine.borrow_mut() = Some(engine),
            Err(reason) => self.lose_engine(reason),
        }
    }

    fn lose_engine(&self, reason: String) {
        self.0.deadline.take();
        // Dropped a moment later: this may be called by the engine itself.
        let engine = self.0.engine.take();
        Timeout::new(0, || drop(engine)).forget();
        self.0.dispatcher.dispatch(Action::LoseEngine(reason));
    }
}

/// Moves the focus to the new heading when something else fills the page: what had it is gone.
#[hook]
fn use_heading_focus(view: View) {
    let last = use_mut_ref(|| view);
    use_effect_with(view, move |&view| {
        if last.replace(view) != view {
            js::focus_heading();
        }
    });
}

/// Finds out why no answer can be read, once for each run of which none can.
#[hook]
fn use_diagnosis(state: &UseReducerHandle<State>) {
    let unexplained = state.run.as_ref().filter(|run| run.model.is_unexplained);
    let unexplained = unexplained.map(|run| (run.id, run.outline.base_url.clone()));
    let dispatcher = state.dispatcher();
    use_effect_with(unexplained, move |unexplained| {
        let Some((run, Some(target))) = unexplained.clone() else {
            return;
        };
        spawn_local(async move {
            let probe = js::probe(target.as_str()).await;
            let diagnosis = Diagnosis::new(&target, &js::surroundings(), probe);
            dispatcher.dispatch(Action::Diagnose(run, diagnosis));
        });
    });
}
