//! One user: whether it is alive, and what it is doing. What it does next is up to its
//! [`Course`]; when things happen is in [`crate::running::shard`].

use std::sync::Arc;

use crate::http::request::Request;
use crate::rng::Rng;
use crate::running::course::{Context, Course, Destination, UserView, World};
use crate::running::program::{Class, OriginIdx};
use crate::time::Elapsed;

/// One simulated user: does a task, waits, repeats.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// Its number in the run, over all shards.
    pub(crate) index: u32,
    /// Goes on where it was when a stopped user is started again.
    pub(crate) rng: Rng,
    /// Index of the user class in the plan.
    pub(crate) class: usize,
    /// Counts the changes of `activity`, so that what belongs to an earlier one can be told.
    pub(crate) epoch: u32,
    pub(crate) activity: Activity,
    /// It was told to stop, and goes on only as far as it must.
    pub(crate) is_ending: bool,
    /// Counts its lives: a user that was stopped may start again.
    pub(crate) life: u32,
    /// Counts what it has kept between requests and left: with a new life, or because its file wants it.
    pub(crate) session: u32,
    /// When the arrival that it has to do was due, until its first request is.
    pub(crate) arrival: Option<Elapsed>,
    /// Which arrival it does, or did last, counted from 0 over all shards; 0 in a closed model.
    pub(crate) arrival_idx: u64,
    /// It sends nothing before, as a target has asked for that.
    pub(crate) not_before: Elapsed,
    pub(crate) course: Course,
}

/// What a user is doing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Activity {
    /// Wants to send since then, and waits as a target has asked for that; a wakeup is set.
    HeldBack {
        since: Elapsed,
        destination: Destination,
    },
    /// Alive in an open model, and without a task.
    Idle,
    /// A request is under way.
    InFlight {
        due: Elapsed,
        sent: Elapsed,
        row: usize,
        origin: OriginIdx,
        request: Arc<Request>,
    },
    /// Waits for what Python says.
    Parked,
    /// Wants to send since `ready`, and waits for a free connection.
    Queued { due: Elapsed, ready: Elapsed },
    /// Not alive.
    Stopped,
    /// Between two steps or tasks; a wakeup is set.
    Waiting,
}

impl User {
    /// User `index` of the run, which is not alive yet.
    pub(crate) fn new(index: u32, rng: Rng, class: usize, course: Course) -> Self {
        Self {
            index,
            rng,
            class,
            epoch: 0,
            activity: Activity::Stopped,
            is_ending: false,
            life: 0,
            session: 0,
            arrival: None,
            arrival_idx: 0,
            not_before: Elapsed::ZERO,
            course,
        }
    }

    /// Makes it a user at the start of its life.
    pub(crate) fn revive(&mut self, class: usize, now: Elapsed) {
        self.class = class;
        self.is_ending = false;
        self.session = self.session.wrapping_add(1);
        self.not_before = Elapsed::ZERO;
        self.course.restart(now);
    }

    /// Changes the activity, and returns the epoch in which it holds.
    pub(crate) fn turn(&mut self, activity: Activity) -> u32 {
        self.activity = activity;
        self.epoch = self.epoch.wrapping_add(1);
        self.epoch
    }

    /// Its course, and what that goes by.
    pub(crate) fn course<'a>(
        &'a mut self,
        classes: &'a [Class],
        world: World<'a>,
    ) -> (&'a mut Course, Context<'a>) {
        let context = Context {
            class: &classes[self.class],
            is_ending: self.is_ending,
            user: UserView {
                index: self.index,
                arrival_idx: self.arrival_idx,
                rng: &mut self.rng,
                world,
            },
        };
        (&mut self.course, context)
    }
}
