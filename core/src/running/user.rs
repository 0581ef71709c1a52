//! One user: where it is in its tasks, and what is next. When things happen is in [`crate::running::shard`].

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::http::request::Request;
use crate::plan::Order;
use crate::plan::data::{Pick, row_of};
use crate::rng::Rng;
use crate::running::program::{Class, Data, ListIdx, ReadyRequest, ReadyWork, Rows, Set, Step};
use crate::template::Scope;
use crate::time::Elapsed;

/// One simulated user: does a task, waits, repeats.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// Goes on where it was when a stopped user is started again.
    pub(crate) rng: Rng,
    /// Index of the user class in the plan.
    pub(crate) class: usize,
    /// Counts the changes of `activity`, so that what belongs to an earlier one can be told.
    pub(crate) epoch: u32,
    pub(crate) activity: Activity,
    /// It was told to stop, and goes on only as far as it must.
    pub(crate) is_ending: bool,
    /// An exception ended it for good: one before its first task, or one that would come again with
    /// every task. A number of users is not filled up again; arrivals get a new one.
    pub(crate) is_dead: bool,
    /// Counts its lives: a user that was stopped may start again.
    pub(crate) life: u32,
    /// When the arrival that it has to do was due, until its first request is.
    pub(crate) arrival: Option<Elapsed>,
    /// Which arrival it does, or did last, counted from 0 over all shards; 0 in a closed model.
    pub(crate) arrival_idx: u64,
    /// Whether a request was sent since the last rest.
    pub(crate) has_sent: bool,
    /// When the task under way started, or was due to start.
    task_start: Elapsed,
    // The sets it is in, the innermost last. Empty before the first step and after the last.
    frames: Vec<Frame>,
    // The steps under way, and how many of them are done.
    list: Option<ListIdx>,
    n_done: u32,
    n_tasks: u64,
    n_seq: u64,
    variables: Vec<(Rc<str>, Value)>,
}

/// What a user is doing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Activity {
    /// Alive in an open model, and without a task.
    Idle,
    /// A request is under way.
    InFlight {
        due: Elapsed,
        sent: Elapsed,
        row: usize,
        request: Rc<Request>,
    },
    /// Wants to send, and waits for a free connection.
    Queued { due: Elapsed },
    /// Not alive.
    Stopped,
    /// Between two steps or tasks; a wakeup is set.
    Waiting,
}

/// A set that a user is in.
#[derive(Clone, Copy, Debug)]
struct Frame {
    set: u32,
    phase: Phase,
    // The task under way, or the one before the next.
    task: u32,
    // How many tasks were started in this visit.
    n_started: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// Does `on_start`.
    Starting,
    /// Does a task, or is in the set that is its task.
    Task,
    /// Waits after a task.
    Resting,
    /// Does `on_stop`.
    Stopping,
}

/// What a user does next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// It is done for good.
    End,
    /// It has done the task of an arrival.
    Idle,
    /// It sends the request of the current step.
    Send,
    /// It waits for so long.
    Wait(Duration),
}

/// What is the same for all users of a shard.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) data: &'a Data,
    pub(crate) seed: u64,
    /// Since 1970.
    pub(crate) unix_time: Duration,
    /// Whether tasks start by arrivals.
    pub(crate) is_open: bool,
}

/// The shortest rest after a task that sent nothing, so that a user that only waits for no time does
/// not keep the shard busy for ever.
const SHORTEST_IDLE_REST: Duration = Duration::from_millis(1);

impl User {
    pub(crate) fn new(rng: Rng, class: usize) -> Self {
        Self {
            rng,
            class,
            epoch: 0,
            activity: Activity::Stopped,
            is_ending: false,
            is_dead: false,
            life: 0,
            arrival: None,
            arrival_idx: 0,
            task_start: Elapsed::ZERO,
            frames: Vec::new(),
            list: None,
            n_done: 0,
            has_sent: false,
            n_tasks: 0,
            n_seq: 0,
            variables: Vec::new(),
        }
    }

    /// Makes it a user at the start of its life.
    pub(crate) fn revive(&mut self, class: usize, now: Elapsed) {
        self.class = class;
        self.is_ending = false;
        self.is_dead = false;
        self.task_start = now;
        self.frames.clear();
        self.list = None;
        self.has_sent = false;
        self.variables.clear();
    }

    /// Changes the activity, and returns the epoch in which it holds.
    pub(crate) fn turn(&mut self, activity: Activity) -> u32 {
        self.activity = activity;
        self.epoch = self.epoch.wrapping_add(1);
        self.epoch
    }

    /// Whether it waits between two tasks, or for its first step, and not in the middle of one.
    pub(crate) fn is_resting(&self) -> bool {
        let phase = self.frames.last().map(|it| it.phase);
        matches!(phase, None | Some(Phase::Resting))
    }

    /// The step that [`Next::Send`] is about, which is the last that was begun.
    pub(crate) fn request<'a>(&self, class: &'a Class) -> Option<&'a ReadyRequest> {
        let step = self.n_done.checked_sub(1)? as usize;
        match class.list(self.list?).get(step)? {
            Step::Request(request) => Some(request),
            Step::Wait(_) => None,
        }
    }

    /// The name of the task under way; that of the class, before and after tasks.
    pub(crate) fn task_name(&self, class: &Class) -> Rc<str> {
        let frame = self.frames.last();
        let task = frame.filter(|it| it.phase == Phase::Task).map(|it| {
            let set = &class.sets[it.set as usize];
            Rc::clone(&set.tasks[it.task as usize].name)
        });
        task.unwrap_or_else(|| {
            let phase = match frame.map(|it| it.phase) {
                Some(Phase::Stopping) => "on_stop",
                _ => "on_start",
            };
            format!("{} {phase}", class.name).into()
        })
    }

    /// A wait is over that ended at `at`, or a request is done.
    ///
    /// Where a wait paces tasks, the time that the host was late is not added to the period.
    pub(crate) fn go_on(&mut self, at: Elapsed, class: &Class, world: World<'_>) -> Next {
        if self.frames.is_empty() {
            self.enter(0, class);
        }
        loop {
            if let Some(next) = self.next_step(class) {
                return next;
            }
            let frame = *self.frame();
            let set = &class.sets[frame.set as usize];
            match frame.phase {
                Phase::Starting => self.pick(at, set, class),
                Phase::Task if self.is_ending => self.leave(set),
                Phase::Task if world.is_open && self.frames.len() == 1 => {
                    self.frame().phase = Phase::Resting;
                    return Next::Idle;
                }
                Phase::Task => return self.rest(at, set),
                Phase::Resting => {
                    let is_done = 0 < set.runs && u64::from(set.runs) <= frame.n_started;
                    if is_done || self.is_ending {
                        self.leave(set);
                    } else {
                        self.pick(at, set, class);
                    }
                }
                Phase::Stopping => {
                    self.frames.pop();
                    if self.frames.is_empty() {
                        self.list = None;
                        return Next::End;
                    }
                    // Control returns at once: the set around it goes on without a wait.
                    self.frame().phase = if world.is_open && self.frames.len() == 1 {
                        Phase::Task
                    } else {
                        Phase::Resting
                    };
                }
            }
        }
    }

    /// The next step of the list under way, if it has one.
    fn next_step(&mut self, class: &Class) -> Option<Next> {
        let step = class.list(self.list?).get(self.n_done as usize)?;
        self.n_done += 1;
        Some(match step {
            Step::Request(_) => Next::Send,
            Step::Wait(wait) => Next::Wait(wait.draw(&mut self.rng, Duration::ZERO)),
        })
    }

    /// Begins the end: what is under way is left, and every set that was begun gets its `on_stop`.
    pub(crate) fn abandon(&mut self, class: &Class) {
        self.is_ending = true;
        self.arrival = None;
        self.list = None;
        match self.frames.last().copied() {
            Some(frame) if frame.phase == Phase::Starting => {
                // It never began.
                self.frames.pop();
                if let Some(around) = self.frames.last_mut() {
                    around.phase = Phase::Resting;
                }
            }
            Some(frame) if frame.phase != Phase::Stopping => {
                self.leave(&class.sets[frame.set as usize]);
            }
            // Another `on_stop` is not begun where one was under way.
            _ => {}
        }
    }

    /// Whether nothing of it is left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.frames.is_empty()
    }

    /// An exception: the rest of the task is left out. An exception in the `on_start` of its class
    /// ends the user, as in Locust.
    pub(crate) fn fail_task(&mut self) {
        self.list = None;
        if self.frame().phase != Phase::Starting {
            return;
        }
        self.frames.pop();
        match self.frames.last_mut() {
            Some(around) => around.phase = Phase::Task,
            None => self.is_dead = true,
        }
    }

    /// Ends a user that can send nothing any more, after a task that broke before it sent: every
    /// task needs a variable that only an answer could set, and without a request none comes.
    pub(crate) fn end_if_stuck(&mut self, class: &Class, world: World<'_>) {
        let is_set = |name: &str| {
            self.variables.iter().any(|it| *it.0 == *name) || world.data.column(name).is_some()
        };
        if self.is_ending || class.can_send(is_set) {
            return;
        }
        self.is_dead = true;
        self.frames.clear();
        self.list = None;
    }

    fn frame(&mut self) -> &mut Frame {
        let last = self.frames.last_mut();
        last.expect("a user that does something is in a set")
    }

    fn enter(&mut self, set: u32, class: &Class) {
        self.frames.push(Frame {
            set,
            phase: Phase::Starting,
            task: 0,
            n_started: 0,
        });
        self.begin(class.sets[set as usize].on_start);
    }

    fn leave(&mut self, set: &Set) {
        self.frame().phase = Phase::Stopping;
        self.begin(set.on_stop);
    }

    fn begin(&mut self, list: ListIdx) {
        self.list = Some(list);
        self.n_done = 0;
    }

    fn pick(&mut self, at: Elapsed, set: &Set, class: &Class) {
        let n_started = self.frame().n_started;
        let ticket = match set.order {
            // The tickets of a task follow each other.
            Order::Sequential => n_started % set.weights.tickets(),
            Order::Weighted => self.rng.below(set.weights.tickets()),
        };
        let task = set.weights.holder(ticket);
        let frame = self.frame();
        frame.phase = Phase::Task;
        frame.task = u32::try_from(task).unwrap_or(u32::MAX);
        frame.n_started += 1;
        // The first pace counts from the birth of the user, and so `on_start` counts, as in Locust.
        if 1 < self.frames.len() || 0 < n_started {
            self.task_start = at;
        }
        match set.tasks[task].work {
            ReadyWork::Set(set) => self.enter(set, class),
            ReadyWork::Steps(list) => {
                self.n_tasks += 1;
                self.begin(list);
            }
        }
    }

    fn rest(&mut self, now: Elapsed, set: &Set) -> Next {
        self.frame().phase = Phase::Resting;
        self.list = None;
        let busy = now.since(self.task_start);
        let mut wait = set.wait.draw(&mut self.rng, busy);
        if !std::mem::take(&mut self.has_sent) {
            wait = wait.max(SHORTEST_IDLE_REST);
        }
        Next::Wait(wait)
    }

    /// Keeps a value for later requests.
    pub(crate) fn set_variable(&mut self, name: &str, value: Value) {
        match self.variables.iter_mut().find(|it| *it.0 == *name) {
            Some(variable) => variable.1 = value,
            None => self.variables.push((name.into(), value)),
        }
    }

    /// What templates of this user, who is number `index` of the run, can use.
    pub(crate) fn scope<'a>(&'a mut self, index: u32, world: World<'a>) -> UserScope<'a> {
        UserScope {
            index,
            world,
            user: self,
        }
    }
}

/// What templates of a user can use.
pub(crate) struct UserScope<'a> {
    index: u32,
    world: World<'a>,
    user: &'a mut User,
}

impl Scope for UserScope<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let mut variables = self.user.variables.iter();
        if let Some((_, value)) = variables.find(|it| *it.0 == *name) {
            return Some(Cow::Borrowed(value));
        }
        let (Rows { table, pick, nth }, column) = self.world.data.column(name)?;
        let seed = self.world.seed.wrapping_add(*nth);
        let (user, nth_task) = match pick {
            // Which user does an arrival is of no account: the rows follow the arrivals.
            Pick::Random | Pick::Sequential if self.world.is_open => (0, self.user.arrival_idx),
            // Tasks are counted from one when they start.
            _ => (self.index, self.user.n_tasks.saturating_sub(1)),
        };
        let row = row_of(*pick, table.n_rows(), seed, user, nth_task);
        table.value(row, column).map(Cow::Borrowed)
    }

    fn rng(&mut self) -> &mut Rng {
        &mut self.user.rng
    }

    fn user(&self) -> u32 {
        self.index
    }

    fn next_seq(&mut self) -> u64 {
        let seq = self.user.n_seq;
        self.user.n_seq += 1;
        seq
    }

    fn unix_time(&self) -> Duration {
        self.world.unix_time
    }
}
