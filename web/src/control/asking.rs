//! What is done only once a person has agreed: loading other people's hosts, loading them with much more,
//! and a second swarm in one browser.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mayfly_core::plan::{Draft, Targets, Users};
use mayfly_core::schedule::forecast::{Forecast, Peak};
use mayfly_core::schedule::load_line::LoadUnit;
use wasm_bindgen_futures::spawn_local;

use super::Control;
use crate::browser::locks::{self, Lock, Taken};
use crate::browser::programs::native_engine;
use crate::browser::{dates, settings};
use crate::gate::agreements::{Agreements, is_rise};
use crate::store::{About, Action, Question, Run, State, Then};
use mayfly_engine::edit::{with_load, with_users};
use mayfly_engine::protocol::RunId;

/// What is known of the run that is under way, and of the lock that it holds.
#[derive(Default)]
pub(super) struct Asking {
    loaded: RefCell<Loaded>,
    // Requests a second of each user, or task a second, of a run that this page has started; infinite if
    // only the answers limit them.
    pace: Cell<Option<(RunId, f64)>>,
    // That this page has a swarm. The browser takes it back if the tab dies.
    lock: RefCell<Option<Lock>>,
    // Whether the browser was asked for it, and has not answered.
    is_waiting: Cell<bool>,
}

/// What is known of the run that is under way.
#[derive(Clone, Default)]
struct Loaded {
    run: RunId,
    draft: Rc<Draft>,
    targets: Targets,
    // The most that it had or will have.
    peak: Option<Peak>,
}

impl Control {
    /// Notes what the run loads.
    pub(super) fn note_run(&self, run: &Run) {
        *self.0.asking.loaded.borrow_mut() = Loaded {
            run: run.id,
            draft: Rc::clone(&run.draft),
            targets: run.targets.clone(),
            peak: run.line.as_deref().map(Peak::of),
        };
    }

    /// Requests a second of each user, or task a second, of this run; `None` if this page does not know.
    fn pace_of(&self, run: RunId) -> Option<f64> {
        let pace = self.0.asking.pace.get();
        pace.filter(|it| it.0 == run).map(|it| it.1)
    }

    /// Notes how many requests this run sends, which has started or goes on with another plan.
    fn note_pace(&self, run: RunId, forecast: Option<Forecast>) {
        let pace = forecast.map(|it| {
            (
                run,
                it.rate.map_or(f64::INFINITY, |rate| rate / it.peak.level),
            )
        });
        self.0.asking.pace.set(pace);
    }

    /// The run is over, so that another tab may have one.
    pub(super) fn free_lock(&self) {
        self.0.asking.lock.take();
    }

    /// Starts a run, or asks first.
    pub(super) fn propose_start(&self, mut question: Question, is_from_link: bool) {
        let About {
            targets, forecast, ..
        } = &question.about;
        question.cause = agreements().cause(&targets.hosts, *forecast, is_from_link);
        self.start_or_ask(question);
    }

    /// Changes the load of the run, or asks first.
    pub(super) fn propose_edit(&self, mut question: Question, is_from_link: bool) {
        let loaded = self.0.asking.loaded.borrow().clone();
        // No edit changes what a run loads.
        question.about.targets = loaded.targets;
        if let (Then::Update(draft), Some(forecast)) =
            (&question.then, &mut question.about.forecast)
            && with_load(&loaded.draft, draft).keys.get("user_class")
                != draft.keys.get("user_class")
        {
            // The run takes over weights, and no other change of what users do.
            (forecast.rate, forecast.requests) = (None, None);
        }
        let before = loaded.peak.zip(self.pace_of(loaded.run));
        let before = before.map(|(peak, pace)| at_pace(peak, pace));
        if is_rise(before, question.about.forecast) {
            let hosts = &question.about.targets.hosts;
            question.cause = agreements().cause(hosts, question.about.forecast, is_from_link);
        }
        if question.cause.is_some() {
            self.ask(question);
        } else {
            self.edit(question);
        }
    }

    /// Changes the users of the run, or asks first.
    pub(super) fn propose_users(&self, state: &State, users: Users) {
        let Some(run) = &state.run else { return };
        let peak = Peak {
            unit: LoadUnit::Users,
            level: users.users.get().into(),
        };
        let pace = self.pace_of(run.id).unwrap_or(f64::INFINITY);
        let about = About {
            forecast: Some(at_pace(peak, pace)),
            summary: run.summary.clone(),
            ..About::default()
        };
        let then = Then::EditUsers(users, with_users(&run.draft, users));
        self.propose_edit(Question::new(then, about), false);
    }

    /// A person has agreed to what they were asked.
    pub(super) fn agree(&self, state: &State) {
        let Some(question) = &state.question else {
            return;
        };
        let mut question = (**question).clone();
        if let Some(forecast) = question.about.forecast
            && question.cause.take().is_some()
        {
            let mut agreements = agreements();
            agreements.agree(&question.about.targets.hosts, forecast);
            // Where nothing can be stored, a person is asked each time.
            let _ = settings::set_for_session(AGREED, &agreements.to_stored());
        }
        if question.then.is_edit() {
            self.act(Action::CloseQuestion);
            self.edit(question);
        } else {
            self.start_or_ask(question);
        }
    }

    /// Starts a run that a person need not be asked about any more, unless another tab has one.
    fn start_or_ask(&self, mut question: Question) {
        if self.0.asking.is_waiting.replace(true) {
            return;
        }
        let control = self.clone();
        spawn_local(async move {
            let taken = match native_engine() {
                // It is not the browser that sends, and there is one run at a time anyway.
                Some(_) => Taken::Unknown,
                None => locks::take(SWARM).await,
            };
            control.0.asking.is_waiting.set(false);
            let is_shared = matches!(taken, Taken::Busy);
            if question.cause.is_some() || (is_shared && !question.is_shared) {
                question.is_shared = is_shared;
                return control.ask(question);
            }
            let lock = match taken {
                Taken::Busy => locks::queue(SWARM),
                Taken::Mine(lock) => Some(lock),
                Taken::Unknown => None,
            };
            control.act(Action::CloseQuestion);
            if let Then::Start(title, draft) = question.then {
                let forecast = question.about.forecast;
                let run = control.start_plan(title, draft, question.about);
                control.note_pace(run, forecast);
            }
            *control.0.asking.lock.borrow_mut() = lock;
        });
    }

    fn edit(&self, question: Question) {
        let run = self.0.asking.loaded.borrow().run;
        self.note_pace(run, question.about.forecast);
        match question.then {
            Then::EditUsers(users, draft) => self.edit_users(users, &draft),
            Then::Update(draft) => self.update(draft),
            Then::Start(..) => {}
        }
    }

    fn ask(&self, question: Question) {
        self.act(Action::Ask(Box::new(Question {
            asked_millis: dates::now_millis(),
            is_read: false,
            ..question
        })));
    }
}

/// A load of which nothing else is known.
fn at_pace(peak: Peak, pace: f64) -> Forecast {
    let rate = pace * peak.level;
    Forecast {
        peak,
        rate: rate.is_finite().then_some(rate),
        requests: None,
    }
}

fn agreements() -> Agreements {
    Agreements::of_stored(&settings::get_for_session(AGREED).unwrap_or_default())
}

/// The name under which it is stored what a person has agreed to.
const AGREED: &str = "agreed";

/// The lock that a tab with a swarm holds.
const SWARM: &str = "mayfly-swarm";
