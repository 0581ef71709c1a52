//! The course of a plan: which task of which set a user does, and which of its steps.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Context, Destination, Exception, Memory, Name, Next, Outgoing, Resume, Turn, UserView,
};
use crate::http::request::RequestName;
use crate::http::transport::{Response, TransportError};
use crate::plan::Order;
use crate::rng::Rng;
use crate::running::judge::{Failed, Judgment, judge};
use crate::running::program::{Class, ListIdx, OriginIdx, ReadyRequest, ReadyWork, Set, Step};
use crate::time::Elapsed;

/// Where a user is in the tasks of its class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    // When the task under way started, or was due to start.
    task_start: Elapsed,
    // The sets it is in, the innermost last. Empty before the first step and after the last.
    frames: Vec<Frame>,
    // The steps under way, and how many of them were begun.
    list: Option<ListIdx>,
    n_begun: u32,
    // Whether a request was sent since the last rest.
    has_sent: bool,
    memory: Memory,
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

/// The shortest rest after a task that sent nothing, so that a user that only waits for no time does
/// not keep the shard busy for ever.
const SHORTEST_IDLE_REST: Duration = Duration::from_millis(1);

impl Cursor {
    /// Starts before the first step. The numbers of tasks and of `seq()` go on.
    pub(super) fn restart(&mut self, now: Elapsed) {
        self.task_start = now;
        self.frames.clear();
        self.list = None;
        self.has_sent = false;
        self.memory.clear_variables();
    }

    pub(super) fn resume(&mut self, at: Elapsed, why: Resume<'_>, context: Context<'_>) -> Turn {
        let class = context.class;
        let mut context = context;
        let (failure, error) = match why {
            Resume::Abandoned => {
                self.abandon(class);
                (None, None)
            }
            Resume::Answered {
                result,
                response_time,
            } => self.take(result, response_time, &mut context),
            Resume::Waited => (None, None),
        };
        let exception = error.map(|message| self.exception(message, class));
        let is_dead = exception.is_some() && self.fail_task();
        Turn {
            failure,
            exception,
            next: if is_dead {
                Next::Die
            } else {
                self.go_on(at, context)
            },
        }
    }

    pub(super) fn fill(
        &mut self,
        now: Elapsed,
        mut context: Context<'_>,
    ) -> Result<Outgoing, Turn> {
        let ready = self.request(context.class);
        let scope = &mut self.memory.scope(context.user.reborrow());
        let filled = ready.request(scope).and_then(|request| {
            let name = match ready.route.name {
                Some(name) => Name::Known(name),
                None => Name::Made(ready.name(scope)?),
            };
            Ok((request, name))
        });
        match filled {
            Ok((request, name)) => {
                self.has_sent = true;
                Ok(Outgoing {
                    request,
                    name,
                    timeout: ready.timeout,
                })
            }
            Err(error) => Err(self.break_unsent(now, error.to_string(), context)),
        }
    }

    pub(super) fn unsent_name(&mut self, class: &Class, user: UserView<'_>) -> RequestName {
        let ready = self.request(class);
        let name = self.memory.peek(user, |scope| ready.name(scope));
        name.unwrap_or_else(|_| ready.written_name())
    }

    pub(super) fn is_resting(&self) -> bool {
        let phase = self.frames.last().map(|it| it.phase);
        matches!(phase, None | Some(Phase::Resting))
    }

    /// Judges the answer to the request of the current step, and remembers what it extracts. Gives
    /// what is wrong with the answer, and why the task cannot go on.
    fn take(
        &mut self,
        result: &Result<Response, TransportError>,
        response_time: Duration,
        context: &mut Context<'_>,
    ) -> (Option<Box<Failed>>, Option<String>) {
        let ready = self.request(context.class);
        let scope = &mut self.memory.scope(context.user.reborrow());
        let Judgment {
            failure,
            values,
            exception,
        } = judge(ready, result, response_time, scope);
        // Most requests extract nothing, and an empty list costs instructions to take apart.
        if !values.is_empty() {
            for (name, value) in values {
                self.memory.set_variable(&name, value);
            }
        }
        (failure, exception)
    }

    /// The request of the current step, which is the last that was begun.
    fn request<'a>(&self, class: &'a Class) -> &'a ReadyRequest {
        let step = self.n_begun.checked_sub(1);
        let step = self.list.zip(step);
        match step.and_then(|(list, step)| class.list(list).get(step as usize)) {
            Some(Step::Request(request)) => request,
            _ => unreachable!("asked for only after `Next::Send`, which leaves it at a request"),
        }
    }

    /// An exception of the task under way; of the class, before and after tasks.
    #[cold]
    fn exception(&self, message: String, class: &Class) -> Box<Exception> {
        let frame = self.frames.last();
        let task = frame.filter(|it| it.phase == Phase::Task).map(|it| {
            let set = &class.sets[it.set as usize];
            Arc::clone(&set.tasks[it.task as usize].name)
        });
        let task = task.unwrap_or_else(|| {
            let phase = match frame.map(|it| it.phase) {
                Some(Phase::Stopping) => "on_stop",
                _ => "on_start",
            };
            format!("{} {phase}", class.name).into()
        });
        Box::new(Exception {
            task,
            message: message.into(),
        })
    }

    /// Ends the task whose request cannot be made.
    #[cold]
    fn break_unsent(&mut self, now: Elapsed, message: String, context: Context<'_>) -> Turn {
        let exception = self.exception(message, context.class);
        let is_dead = self.fail_task() || self.is_stuck(&context);
        Turn {
            failure: None,
            exception: Some(exception),
            next: if is_dead {
                self.frames.clear();
                self.list = None;
                Next::Die
            } else {
                self.go_on(now, context)
            },
        }
    }

    /// Goes on to the next step that takes time.
    ///
    /// Where a wait paces tasks, the time that the host was late is not added to the period.
    fn go_on(&mut self, at: Elapsed, context: Context<'_>) -> Next {
        let Context {
            class,
            is_ending,
            mut user,
        } = context;
        let is_open = user.world.is_open;
        if self.frames.is_empty() {
            if is_ending {
                return Next::End;
            }
            self.enter(0, class);
        }
        loop {
            if let Some(next) = self.next_step(class, &mut user) {
                return next;
            }
            let frame = *self.frame();
            let set = &class.sets[frame.set as usize];
            match frame.phase {
                Phase::Starting => self.pick(at, set, class, user.rng),
                Phase::Task if is_ending => self.leave(set),
                Phase::Task if is_open && self.frames.len() == 1 => {
                    self.frame().phase = Phase::Resting;
                    return Next::Idle;
                }
                Phase::Task => return self.rest(at, set, user.rng),
                Phase::Resting => {
                    let is_done = 0 < set.runs && u64::from(set.runs) <= frame.n_started;
                    if is_done || is_ending {
                        self.leave(set);
                    } else {
                        self.pick(at, set, class, user.rng);
                    }
                }
                Phase::Stopping => {
                    self.frames.pop();
                    if self.frames.is_empty() {
                        self.list = None;
                        return Next::End;
                    }
                    // Control returns at once: the set around it goes on without a wait.
                    self.frame().phase = if is_open && self.frames.len() == 1 {
                        Phase::Task
                    } else {
                        Phase::Resting
                    };
                }
            }
        }
    }

    /// The next step of the list under way, if it has one.
    fn next_step(&mut self, class: &Class, user: &mut UserView<'_>) -> Option<Next> {
        let step = class.list(self.list?).get(self.n_begun as usize)?;
        self.n_begun += 1;
        Some(match step {
            Step::Request(request) => Next::Send(match request.route.origin {
                Some(origin) => Destination::Known(origin),
                None => self.destination(request, user.reborrow()),
            }),
            Step::Wait(wait) => Next::Wait(wait.draw(user.rng, Duration::ZERO)),
        })
    }

    /// Where a request goes if a placeholder says so. It is made later, so nothing is drawn for it
    /// yet; if it cannot be made, that is found then.
    #[cold]
    fn destination(&mut self, request: &ReadyRequest, user: UserView<'_>) -> Destination {
        let origin = self.memory.peek(user, |scope| request.origin(scope));
        match origin {
            Ok(Some(origin)) => Destination::Named(origin.into()),
            Ok(None) | Err(_) => Destination::Known(OriginIdx::OTHER),
        }
    }

    /// Begins the end: what is under way is left, and every set that was begun gets its `on_stop`.
    fn abandon(&mut self, class: &Class) {
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

    /// Leaves out the rest of a task that broke. True if that ends the user for good: an exception
    /// in the `on_start` of its class does, as in Locust.
    fn fail_task(&mut self) -> bool {
        self.list = None;
        if self.frame().phase != Phase::Starting {
            return false;
        }
        self.frames.pop();
        match self.frames.last_mut() {
            Some(around) => around.phase = Phase::Task,
            None => return true,
        }
        false
    }

    /// Whether the user can send nothing any more, after a task that broke before it sent: every
    /// task needs a variable that only an answer could set, and without a request none comes.
    fn is_stuck(&self, context: &Context<'_>) -> bool {
        let is_set = |name: &str| {
            self.memory.has_variable(name) || context.user.world.data.column(name).is_some()
        };
        !context.is_ending && !context.class.can_send(is_set)
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
        self.n_begun = 0;
    }

    fn pick(&mut self, at: Elapsed, set: &Set, class: &Class, rng: &mut Rng) {
        let n_started = self.frame().n_started;
        let ticket = match set.order {
            // The tickets of a task follow each other.
            Order::Sequential => n_started % set.weights.tickets(),
            Order::Weighted => rng.below(set.weights.tickets()),
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
                self.memory.n_tasks += 1;
                self.begin(list);
            }
        }
    }

    fn rest(&mut self, now: Elapsed, set: &Set, rng: &mut Rng) -> Next {
        self.frame().phase = Phase::Resting;
        self.list = None;
        let busy = now.since(self.task_start);
        let mut wait = set.wait.draw(rng, busy);
        if !std::mem::take(&mut self.has_sent) {
            wait = wait.max(SHORTEST_IDLE_REST);
        }
        Next::Wait(wait)
    }
}
