//! What a user does, one thing after the other. When it happens and how it is counted is in
//! [`crate::running::shard`], and who does it in [`crate::running::user`].
//!
//! An exception ends its task and not its user. A template without its variable and an extract that
//! finds nothing are the plan's fault and no failure of the target: they are counted by task, and the
//! user waits and goes on. In `on_start` of a class they end the user for good, because what follows
//! would rest on what is missing. So does an exception after which no task of the user can be sent.

mod cursor;
mod memory;
mod script;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::cursor::Cursor;
pub(crate) use self::memory::{Memory, UserScope};
pub(crate) use self::script::{Held, ScriptCourse};
use crate::http::origin::Origin;
use crate::http::request::{Request, RequestName};
use crate::http::transport::{Response, TransportError};
use crate::rng::Rng;
use crate::running::judge::Failed;
use crate::running::program::{Class, Data, NameIdx, OriginIdx};
use crate::time::Elapsed;

/// Where a user is in what it does.
#[derive(Clone, Debug)]
pub(crate) enum Course {
    /// In the tasks of its class.
    Plan(Cursor),
    /// Where Python says.
    Script(Box<ScriptCourse>),
}

impl Course {
    /// Starts from the beginning, with a user that starts its life at `now`.
    pub(crate) fn restart(&mut self, now: Elapsed) {
        match self {
            Self::Plan(cursor) => cursor.restart(now),
            Self::Script(course) => **course = ScriptCourse::default(),
        }
    }

    /// Goes on at `at`, for the reason given, up to the next thing that takes time.
    pub(crate) fn resume(&mut self, at: Elapsed, why: Resume<'_>, context: Context<'_>) -> Turn {
        match self {
            Self::Plan(cursor) => cursor.resume(at, why, context),
            Self::Script(course) => Turn::to(course.resume(why, context.class)),
        }
    }

    /// Makes the request that [`Next::Send`] announced, with the values of now.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be made. That is an exception: the turn goes on without the request.
    pub(crate) fn fill(&mut self, now: Elapsed, context: Context<'_>) -> Result<Outgoing, Turn> {
        match self {
            Self::Plan(cursor) => cursor.fill(now, context),
            Self::Script(course) => course.fill(),
        }
    }

    /// The row of the request that [`Next::Send`] announced and that is never sent. Draws nothing
    /// from the random stream of the user, who may come back.
    pub(crate) fn unsent_name(&mut self, class: &Class, user: UserView<'_>) -> RequestName {
        match self {
            Self::Plan(cursor) => cursor.unsent_name(class, user),
            Self::Script(course) => course.unsent_name(),
        }
    }

    /// Whether it is between two tasks or before its first step, and not in the middle of a task.
    pub(crate) fn is_resting(&self) -> bool {
        match self {
            Self::Plan(cursor) => cursor.is_resting(),
            Self::Script(course) => course.is_resting(),
        }
    }

    /// The part that is about Python; `None` in a plan.
    pub(crate) fn script(&mut self) -> Option<&mut ScriptCourse> {
        match self {
            Self::Plan(_) => None,
            Self::Script(course) => Some(course),
        }
    }
}

/// Why a course goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resume<'a> {
    /// Its user was stopped: the task under way is left, and only what ends a course remains, which
    /// is `on_stop` in a plan.
    Abandoned,
    /// Its request is done.
    Answered {
        result: &'a Result<Response, TransportError>,
        response_time: Duration,
    },
    /// A wait is over, or a life or an arrival begins.
    Waited,
}

/// What came of going on.
#[derive(Debug)]
pub(crate) struct Turn {
    /// What was wrong with the answer, if it went on because of one.
    pub(crate) failure: Option<Box<Failed>>,
    /// What ended a task.
    pub(crate) exception: Option<Box<Exception>>,
    pub(crate) next: Next,
}

impl Turn {
    /// Goes on with `next`, and nothing was wrong.
    pub(crate) fn to(next: Next) -> Self {
        Self {
            failure: None,
            exception: None,
            next,
        }
    }
}

/// A task that broke.
#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) task: Arc<str>,
    pub(crate) message: Arc<str>,
}

/// What a user does next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// An exception ended it for good: one before its first task, or one that would come again with
    /// every task.
    Die,
    /// It has done all it had to do.
    End,
    /// It has done the task of an arrival.
    Idle,
    /// It has ended itself, and does not start again.
    Leave,
    /// It waits for what Python says.
    Park,
    /// It sends a request there as soon as it may, which [`Course::fill`] makes then.
    Send(Destination),
    /// It waits for so long.
    Wait(Duration),
}

/// The origin that a request goes to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// One of those of the program.
    Known(OriginIdx),
    /// One that became known when the request was due.
    Named(Box<Origin>),
}

/// A request that is about to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) request: Arc<Request>,
    /// The row of the statistics.
    pub(crate) name: Name,
    pub(crate) timeout: Duration,
}

/// The request name of a request.
#[derive(Debug)]
pub(crate) enum Name {
    /// One of those of the program.
    Known(NameIdx),
    /// One that became known when the request was made.
    Made(RequestName),
}

/// What a course goes by.
pub(crate) struct Context<'a> {
    pub(crate) class: &'a Class,
    /// Whether its user was told to stop, and goes on only as far as it must.
    pub(crate) is_ending: bool,
    pub(crate) user: UserView<'a>,
}

/// What a course knows and uses of its user.
pub(crate) struct UserView<'a> {
    /// Its number in the run, over all shards.
    pub(crate) index: u32,
    /// Which arrival it does, counted from 0 over all shards; 0 in a closed model.
    pub(crate) arrival_idx: u64,
    pub(crate) rng: &'a mut Rng,
    pub(crate) world: World<'a>,
}

impl UserView<'_> {
    pub(crate) fn reborrow(&mut self) -> UserView<'_> {
        UserView {
            rng: self.rng,
            ..*self
        }
    }
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
