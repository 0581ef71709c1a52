//! What makes the users of a shard do something: the schedule of a closed model, or of an open one.
//!
//! Arrival n is due when the area under the rate is n. It is given to a free user of the pool, or
//! dropped and counted: arrivals are never late in silence. Its response time counts from its due
//! time.

use std::collections::BTreeSet;

use crate::plan::{Shape, Share};
use crate::run_state::ShardId;
use crate::running::program::Program;
use crate::schedule::arrival::ArrivalSchedule;
use crate::schedule::class_mix::ClassMix;
use crate::schedule::spawn::UserSchedule;
use crate::time::Elapsed;

/// What makes users do something.
#[derive(Debug)]
pub(super) enum Pace {
    /// Arrivals, each of which makes a free user do one task.
    Open {
        schedule: ArrivalSchedule,
        // The next arrival of this shard, and when it is due.
        next: u64,
        next_due: Option<Elapsed>,
        // The classes of the arrivals up to `next`, of all shards.
        mix: ClassMix,
        n_mixed: u64,
        // Free users of each class.
        idle: Vec<BTreeSet<u32>>,
        // Those that are not alive any more, whose places are free.
        left: BTreeSet<u32>,
        max_users: u32,
    },
    /// A number of users, each of whom does one task after the other.
    Closed {
        schedule: UserSchedule,
        // When the next user of any shard starts or stops. `None` once none ever does.
        next_change: Option<Elapsed>,
    },
}

impl Pace {
    pub(super) fn new(program: &Program, id: ShardId) -> Self {
        match &program.load.shape {
            Shape::Arrivals(arrivals) => {
                let schedule = ArrivalSchedule::new(arrivals);
                let next = id.index.into();
                Self::Open {
                    next_due: schedule.due(next),
                    next,
                    schedule,
                    mix: arrival_mix(program),
                    n_mixed: 0,
                    idle: vec![BTreeSet::new(); program.classes.len()],
                    left: BTreeSet::new(),
                    max_users: id.share(arrivals.max_users().get()),
                }
            }
            shape => Self::Closed {
                schedule: UserSchedule::new(shape).expect("the other shapes are closed models"),
                next_change: Some(Elapsed::ZERO),
            },
        }
    }

    /// Goes on with `shape`; false if that is of the other model.
    pub(super) fn edit(&mut self, now: Elapsed, shape: &Shape, id: ShardId) -> bool {
        match self {
            Self::Closed {
                schedule,
                next_change,
            } => {
                let Some(edited) = schedule.edit(now, shape) else {
                    return false;
                };
                *schedule = edited;
                *next_change = Some(now);
            }
            Self::Open {
                schedule,
                next,
                next_due,
                max_users,
                ..
            } => {
                let Shape::Arrivals(arrivals) = shape else {
                    return false;
                };
                *schedule = schedule.edit(now, arrivals);
                *next_due = schedule.due(*next);
                *max_users = id.share(arrivals.max_users().get());
            }
        }
        true
    }

    /// Users that should be alive over all shards; zero in an open model.
    pub(super) fn target(&self, now: Elapsed) -> u32 {
        match self {
            Self::Closed { schedule, .. } => schedule.target(now),
            Self::Open { .. } => 0,
        }
    }

    /// Goes to the next arrival, and returns the class of this one.
    pub(super) fn next_arrival(&mut self, id: ShardId) -> usize {
        let Self::Open {
            schedule,
            next,
            next_due,
            mix,
            n_mixed,
            ..
        } = self
        else {
            return 0;
        };
        let mut class = 0;
        while *n_mixed <= *next {
            // The mix of a plan is never empty.
            class = mix.pick().unwrap_or_default();
            *n_mixed += 1;
        }
        *next += u64::from(id.count);
        *next_due = schedule.due(*next);
        class
    }

    /// Nothing starts any more.
    pub(super) fn stop(&mut self) {
        match self {
            Self::Closed { next_change, .. } => *next_change = None,
            Self::Open { next_due, .. } => *next_due = None,
        }
    }
}

/// The mix of the classes of arrivals, of which there is no number that could be fixed: a fixed
/// count is a weight here.
pub(super) fn arrival_mix(program: &Program) -> ClassMix {
    ClassMix::of_shares(program.classes.iter().map(|class| {
        let weight = match class.share {
            Share::FixedCount(count) => f64::from(count),
            Share::Weight(weight) => weight,
        };
        (class.name.as_str(), Share::Weight(weight))
    }))
}

pub(super) fn user_mix(program: &Program) -> ClassMix {
    ClassMix::of_shares(
        program
            .classes
            .iter()
            .map(|it| (it.name.as_str(), it.share)),
    )
}
