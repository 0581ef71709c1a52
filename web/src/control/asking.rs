//! What is done only once a person has agreed: loading other people's hosts, loading them with much more,
//! and a second swarm in one browser.

use std::cell::{Cell, RefCell};

use mayfly_core::plan::{Targets, Users};
use mayfly_core::schedule::forecast::{Forecast, Peak};
use mayfly_core::schedule::load_line::LoadUnit;
use wasm_bindgen_futures::spawn_local;

use super::Control;
use crate::browser::locks::{self, Lock, Taken};
use crate::browser::programs::native_engine;
use crate::browser::{dates, settings};
use crate::gate::agreements::Agreements;
use crate::store::{About, Action, Question, Run, State, Then};
use mayfly_engine::edit::with_users;

/// What is known of the run that is under way, and of the lock that it holds.
#[derive(Default)]
pub(super) struct Asking {
    // What the run loads, and the most it loads it with by its plan.
    loaded: RefCell<(Targets, Option<Peak>)>,
    // Requests a second at its peak, as far as this page knows; `None` if only the answers limit them.
    rate: Cell<Option<f64>>,
    // That this page has a swarm. The browser takes it back if the tab dies.
    lock: RefCell<Option<Lock>>,
    // Whether the browser was asked for it, and has not answered.
    is_waiting: Cell<bool>,
}

impl Control {
    /// Notes what the run loads.
    pub(super) fn note_run(&self, run: &Run) {
        let peak = run.line.as_deref().map(Peak::of);
        *self.0.asking.loaded.borrow_mut() = (run.targets.clone(), peak);
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
        let (targets, peak) = self.0.asking.loaded.borrow().clone();
        // No edit changes what a run loads.
        question.about.targets = targets;
        let next = question.about.forecast;
        let is_rise = match (peak, next) {
            (Some(peak), Some(next)) => {
                let is_higher = peak.unit != next.peak.unit || peak.level < next.peak.level;
                let rate = |it: Option<f64>| it.unwrap_or(f64::INFINITY);
                is_higher || rate(self.0.asking.rate.get()) < rate(next.rate)
            }
            _ => true,
        };
        if is_rise {
            let hosts = &question.about.targets.hosts;
            question.cause = agreements().cause(hosts, next, is_from_link);
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
        let before = self.0.asking.loaded.borrow().1;
        let rise = before.map_or(1.0, |it| peak.level / it.level);
        let forecast = Forecast {
            peak,
            rate: self.0.asking.rate.get().map(|it| it * rise),
            requests: None,
        };
        let about = About {
            forecast: Some(forecast),
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
            control.note_rate(&question.about);
            if let Then::Start(title, draft) = question.then {
                control.start_plan(title, draft, question.about);
            }
            *control.0.asking.lock.borrow_mut() = lock;
        });
    }

    /// Notes how many requests a run is to send, which starts or goes on with another load.
    fn note_rate(&self, about: &About) {
        self.0
            .asking
            .rate
            .set(about.forecast.and_then(|it| it.rate));
    }

    fn edit(&self, question: Question) {
        self.note_rate(&question.about);
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

fn agreements() -> Agreements {
    Agreements::of_stored(&settings::get_for_session(AGREED).unwrap_or_default())
}

/// The name under which it is stored what a person has agreed to.
const AGREED: &str = "agreed";

/// The lock that a tab with a swarm holds.
const SWARM: &str = "mayfly-swarm";
