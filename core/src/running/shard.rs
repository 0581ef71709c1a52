//! All users of one shard, as a state machine: what happens comes in by `handle_…`, what to do about
//! it comes out by `poll_…`. It does no I/O and reads no clock; [`crate::running::drive`] does both for it.
//!
//! Timeouts belong to the shard. A transport has one rule, that dropping a request aborts it; stops,
//! ramp-downs and timeouts all use that rule, and all are exact in virtual time.
//!
//! In a closed model a request is due when its user's wait has ended, as the host noticed it: a timer
//! that fires late made the wait longer, and not the answer. The wait for a free connection counts
//! into the response time. That for what a target asks by `Retry-After` comes before: the request is due after it.

mod deadlines;
mod lives;
mod pace;
mod queues;
mod script;
mod stats_view;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use self::deadlines::Deadlines;
use self::pace::{Pace, user_mix};
use self::queues::Queues;
use self::script::Talk;
use crate::http::origin::Origin;
use crate::http::request::{Request, RequestName};
use crate::http::transport::{Response, TransportError};
use crate::measure::sample::{Evidence, Sample};
use crate::measure::snapshot::Snapshot;
use crate::measure::stats::Stats;
use crate::plan::{Plan, Shape};
use crate::run_state::{EndCause, RunState, ShardId};
use crate::running::course::{
    Destination, Exception, Held, Name, Next, Outgoing, Resume, Turn, World,
};
use crate::running::program::{OriginIdx, Program};
use crate::running::user::{Activity, User};
use crate::schedule::class_mix::ClassMix;
use crate::time::Elapsed;
use crate::verdict::autostop::is_refusal;
use crate::verdict::threshold::Verdicts;

/// What a person asks of a run that is under way.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Goes on with the load and the weights of this plan, starting from the users alive. What else
    /// differs is not taken over; neither is an open model where the run has a closed one, or the
    /// other way round.
    Edit(Box<Plan>),
    /// Forgets all that was counted, and goes on.
    Reset,
    /// The page of the run is hidden from now on, or to be seen again.
    Hide(bool),
    /// Another run of the same browser is going on from now on, or none any more.
    Share(bool),
    /// Ends the run, for this cause. Users may finish what the plan lets them finish; a second time
    /// ends them at once, unless a locustfile is the cause: it may have ended several shards.
    Stop(EndCause),
    /// Puts the series of these rows into the snapshots, besides those that thresholds look at.
    Watch(BTreeSet<RequestName>),
}

/// One activity of one user.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Ticket {
    user: u32,
    epoch: u32,
}

/// One user, and what it keeps between requests: who starts again has nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Life {
    /// Its number in the shard, from 0.
    pub user: u32,
    nth: u32,
}

/// What the host has to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Drop the request of this ticket, if it is still under way.
    Abort(Ticket),
    /// Send a request, and report what came of it with the ticket.
    Send(Ticket, Arc<Request>),
}

/// What a run depends on besides its plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RunSetting {
    /// The number all randomness comes from.
    pub seed: u64,
    /// The time of day at the start of the run, since 1970 in UTC. For templates only.
    pub started: Duration,
    /// Which part of the run the shard is.
    pub id: ShardId,
    /// How many requests the transport can carry, to all origins together; above zero.
    pub max_in_flight: usize,
}

/// All users of one shard.
#[derive(Debug)]
pub struct Shard {
    setting: RunSetting,
    program: Program,
    mix: ClassMix,
    pace: Pace,
    end: Option<Elapsed>,
    state: RunState,
    // All that were ever alive. In a closed model the first `n_wanted` of them should be.
    users: Vec<User>,
    n_wanted: u32,
    n_alive: u32,
    wakeups: BinaryHeap<Reverse<(Elapsed, Ticket)>>,
    queues: Queues,
    n_queued: u32,
    // Requests that were due since counting began, whatever became of them.
    n_due: u64,
    // Users that an exception ended for good.
    n_dead: u64,
    // When each request in flight has to be done.
    deadlines: Deadlines,
    // When users that were told to stop have to be done. The epoch is that of a life.
    kills: BinaryHeap<Reverse<(Elapsed, Ticket)>>,
    aborts: Vec<Ticket>,
    // How many requests may still be sent.
    n_left: u64,
    // Requests with an answer that their users in Python are still to judge.
    n_held: usize,
    // What is said to Python and heard of it; `None` in a plan.
    talk: Option<Box<Talk>>,
    stats: Stats,
    // The rows of the request names of the program.
    rows: Vec<usize>,
    end_cause: Option<EndCause>,
    // `None` once the last one is out.
    next_snapshot: Option<Elapsed>,
}

fn world(program: &Program, setting: RunSetting, now: Elapsed) -> World<'_> {
    World {
        data: &program.data,
        seed: setting.seed,
        unix_time: setting.started + now.to_duration(),
        is_open: matches!(program.load.shape, Shape::Arrivals(_)),
    }
}

impl Shard {
    /// How often a snapshot is due.
    pub const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(500);

    /// A shard at the start of a run.
    pub fn new(program: Program, setting: RunSetting) -> Self {
        assert!(
            0 < setting.max_in_flight,
            "a transport must be able to carry a request"
        );
        let mut stats = Stats::new(program.request_names());
        let names = program.routes.names().iter().cloned();
        let rows = names.map(|it| stats.row(it)).collect();
        let load = &program.load;
        let max_requests = load.max_requests.map_or(u64::MAX, |it| {
            let (index, count) = (u64::from(setting.id.index), u64::from(setting.id.count));
            it.get() / count + u64::from(index < it.get() % count)
        });
        let mut shard = Self {
            mix: user_mix(&program),
            end: load.end().map(|it| Elapsed::ZERO + it),
            state: RunState::Spawning,
            users: Vec::new(),
            n_wanted: 0,
            n_alive: 0,
            wakeups: BinaryHeap::new(),
            queues: Queues::new(program.routes.origins()),
            n_queued: 0,
            n_due: 0,
            n_dead: 0,
            deadlines: Deadlines::default(),
            kills: BinaryHeap::new(),
            aborts: Vec::new(),
            n_left: max_requests,
            n_held: 0,
            talk: program.script.as_ref().map(|it| Box::new(Talk::new(it))),
            stats,
            rows,
            end_cause: None,
            next_snapshot: Some(Elapsed::ZERO),
            pace: Pace::new(&program, setting.id),
            program,
            setting,
        };
        shard.turn_open();
        shard.watch(BTreeSet::new());
        shard
    }

    /// Does what a person asked for. Ignored once the run is over.
    pub fn handle_command(&mut self, now: Elapsed, command: Command) {
        if !self.state.is_active() {
            return;
        }
        self.advance(now);
        match command {
            Command::Edit(plan) => self.edit(now, &plan),
            Command::Reset => {
                self.stats.reset(now);
                self.n_due = u64::from(self.n_queued) + self.n_under_way() as u64;
                self.say_event("reset_stats");
            }
            Command::Stop(EndCause::Locustfile(_) | EndCause::Quit)
                if self.state == RunState::Stopping => {}
            Command::Stop(_) if self.state == RunState::Stopping => self.kill_all(now),
            Command::Stop(cause) => self.stop(now, cause),
            Command::Watch(rows) => self.watch(rows),
            Command::Hide(_) | Command::Share(_) => return,
        }
        // Shown at once, unless the last one is out.
        self.next_snapshot = self.next_snapshot.map(|_| now);
    }

    /// Takes what came of a request at `done`. Ignored if the request was given up before.
    pub fn handle_outcome(
        &mut self,
        done: Elapsed,
        ticket: Ticket,
        result: Result<Response, TransportError>,
    ) {
        let local = ticket.user;
        let user = &mut self.users[local as usize];
        if user.epoch != ticket.epoch {
            return;
        }
        let activity = std::mem::replace(&mut user.activity, Activity::Waiting);
        let Activity::InFlight {
            due,
            sent,
            row,
            origin,
            request,
        } = activity
        else {
            user.activity = activity;
            return;
        };
        let index = user.index;
        self.queues.remove_in_flight(origin);
        if let Ok(Response {
            phases: Some(phases),
            ..
        }) = &result
        {
            self.stats.record_phases(row, phases);
        }
        if user.course.script().is_some() {
            let sample = Sample {
                due,
                sent,
                done,
                body_bytes: result.as_ref().map_or(0, |it| it.body_bytes),
                failure: None,
            };
            return self.pass_on(local, Held::new(row, sample, &request, index), result);
        }
        let answered = Resume::Answered {
            result: &result,
            response_time: done.since(due),
        };
        let mut turn = self.resume(local, done, done, answered);
        let (failure, found) = match turn.failure.take() {
            Some(failed) => (Some(failed.failure), failed.found),
            None => (None, None),
        };
        if failure.as_ref().is_some_and(is_refusal) {
            let wait = result.as_ref().ok().and_then(Response::retry_after);
            self.heed(local, done, wait);
        }
        let sample = Sample {
            due,
            sent,
            done,
            body_bytes: result.as_ref().map_or(0, |it| it.body_bytes),
            failure,
        };
        let evidence = || Evidence::new(&request, index, result.as_ref().ok(), found);
        self.stats.record(row, &sample, self.n_alive, evidence);
        self.take(local, done, done, turn);
        self.end_if_spent(done);
    }

    /// The next thing to do now; `None` if there is nothing. `capacity` says how many requests to an
    /// origin may be in flight now.
    ///
    /// Requests are sent in the order in which they were due, but for those whose origin can take no
    /// other one.
    pub fn poll_effect(
        &mut self,
        now: Elapsed,
        capacity: impl Fn(&Origin) -> usize,
    ) -> Option<Effect> {
        self.advance(now);
        loop {
            if let Some(ticket) = self.aborts.pop() {
                return Some(Effect::Abort(ticket));
            }
            let is_full = self.setting.max_in_flight <= self.queues.n_in_flight();
            if self.n_queued == 0 || is_full || self.n_left == 0 {
                return None;
            }
            let users = &self.users;
            let is_current = |it: Ticket| users[it.user as usize].epoch == it.epoch;
            let (origin, ticket) = self.queues.pop(&capacity, is_current)?;
            if let Activity::Queued { due, ready } = users[ticket.user as usize].activity {
                self.n_queued -= 1;
                self.stats.waits().send(ready, now);
                if let Some(effect) = self.send(now, ticket.user, due, origin) {
                    return Some(effect);
                }
                // Its task broke, and the user may want to send the next request at once: it would
                // be counted as one that waits for a connection.
                self.advance(now);
            }
        }
    }

    /// Whose request a ticket is for.
    pub fn life(&self, ticket: Ticket) -> Life {
        Life {
            user: ticket.user,
            nth: self.users[ticket.user as usize].session,
        }
    }

    /// A snapshot, if one is due. The last one comes once the run is over.
    pub fn poll_snapshot(&mut self, now: Elapsed) -> Option<Snapshot> {
        self.advance(now);
        self.next_snapshot
            .filter(|&due| due <= now || self.state == RunState::Stopped)?;
        let is_last = self.state == RunState::Stopped;
        self.next_snapshot = (!is_last).then(|| now + Self::SNAPSHOT_INTERVAL);
        self.stats.advance(now, self.n_alive);
        self.owe_stats();
        Some(Snapshot {
            shard: self.setting.id,
            at: now,
            since: self.stats.since(),
            state: self.state,
            n_users: self.n_alive,
            n_queued: self.n_queued,
            n_in_flight: self.n_under_way() as u64,
            n_due: self.n_due,
            n_dead: self.n_dead,
            n_resent: 0,
            wire_bytes: 0,
            end_cause: self.end_cause.clone(),
            n_dropped: self.stats.n_dropped(),
            rows: self.stats.rows(now, is_last),
            rows_left_out: self.stats.rows_left_out(),
            exceptions: self.stats.exceptions(),
            series: self.stats.series().slots(),
            health: Some(Box::new(self.stats.waits().totals(now))),
        })
    }

    /// The next time at which anything can happen by itself; `None` once the run is over and all
    /// effects and snapshots are out.
    pub fn poll_wakeup(&self) -> Option<Elapsed> {
        let next_user = self.wakeups.peek().map(|Reverse((at, _))| *at);
        let next_timeout = self.deadlines.next();
        let next_kill = self.kills.peek().map(|Reverse((at, _))| *at);
        let (next_change, next_arrival) = match self.pace {
            Pace::Closed { next_change, .. } => (next_change, None),
            Pace::Open { next_due, .. } => (None, next_due),
        };
        let next = [
            next_user,
            next_timeout,
            next_kill,
            next_change,
            next_arrival,
            self.end,
            self.next_snapshot,
        ];
        let next = next.into_iter().flatten().min();
        match &self.talk {
            None => next,
            Some(talk) => next.into_iter().chain(talk.next()).min(),
        }
    }

    /// Requests that were sent and are not counted yet.
    fn n_under_way(&self) -> usize {
        self.queues.n_in_flight() + self.n_held
    }

    fn watch(&mut self, mut rows: BTreeSet<RequestName>) {
        rows.append(&mut Verdicts::new(&self.program.thresholds).watched_rows());
        self.stats.watch(rows);
    }

    /// Lets everything happen that was due by `now`.
    fn advance(&mut self, now: Elapsed) {
        self.arrive(now);
        if self.end.is_some_and(|end| end <= now) {
            self.stop(now, EndCause::RunTime);
        }
        if let Pace::Closed { next_change, .. } = self.pace
            && next_change.is_some_and(|due| due <= now)
        {
            self.spawn(now);
        }
        while let Some(&Reverse((at, ticket))) = self.wakeups.peek()
            && at <= now
        {
            self.wakeups.pop();
            let user = &self.users[ticket.user as usize];
            if user.epoch == ticket.epoch {
                self.stats.waits().start(at, now);
                self.go_on(ticket.user, at, now);
            }
        }
        while let Some((at, ticket)) = self.overdue(now) {
            self.handle_outcome(at, ticket, Err(TransportError::Timeout));
            self.aborts.push(ticket);
        }
        while let Some(&Reverse((at, ticket))) = self.kills.peek()
            && at <= now
        {
            self.kills.pop();
            let user = &self.users[ticket.user as usize];
            if user.is_ending && user.life == ticket.epoch {
                self.abandon(ticket.user, now);
            }
        }
        self.end_if_spent(now);
        if self.n_alive == 0 {
            self.end_if_deserted(now);
        }
    }

    /// A request that was not done by its deadline.
    fn overdue(&mut self, now: Elapsed) -> Option<(Elapsed, Ticket)> {
        let users = &self.users;
        let is_in_flight = |it: Ticket| users[it.user as usize].epoch == it.epoch;
        self.deadlines.pop(now, is_in_flight)
    }

    /// Lets a user go on after a wait that ended at `at`, or with an arrival that was due then.
    fn go_on(&mut self, local: u32, at: Elapsed, now: Elapsed) {
        let user = &mut self.users[local as usize];
        if let Activity::HeldBack { since, destination } = &mut user.activity {
            let (since, destination) = (*since, destination.clone());
            self.stats.waits().let_go(since, now);
            return self.queue(local, now, destination);
        }
        let turn = self.resume(local, at, now, Resume::Waited);
        self.take(local, at, now, turn);
    }

    fn resume(&mut self, local: u32, at: Elapsed, now: Elapsed, why: Resume<'_>) -> Turn {
        let world = world(&self.program, self.setting, now);
        let user = &mut self.users[local as usize];
        let (course, context) = user.course(&self.program.classes, world);
        course.resume(at, why, context)
    }

    /// Does what came of going on at `at`.
    fn take(&mut self, local: u32, at: Elapsed, now: Elapsed, turn: Turn) {
        if let Some(exception) = turn.exception {
            let Exception { task, message } = *exception;
            self.stats.record_exception(&task, &message, now);
        }
        match turn.next {
            Next::Die => {
                self.n_dead += 1;
                self.end_user(local, now, false);
            }
            Next::End => self.end_user(local, now, true),
            Next::Idle => {
                let user = &mut self.users[local as usize];
                user.turn(Activity::Idle);
                // Unless the task sent something, nothing has counted from there.
                user.arrival = None;
                let class = user.class;
                if let Pace::Open { idle, .. } = &mut self.pace {
                    idle[class].insert(local);
                }
            }
            Next::Leave => self.end_user(local, now, false),
            Next::Park => self.park(local, now),
            // The request is due now and not when the wait should have ended: a timer that is late
            // made the wait longer, and not the answer.
            Next::Send(destination) => self.queue(local, now, destination),
            Next::Wait(wait) => self.wait(local, now.max(at + wait)),
        }
    }

    fn wait(&mut self, local: u32, until: Elapsed) {
        let epoch = self.users[local as usize].turn(Activity::Waiting);
        let ticket = Ticket { user: local, epoch };
        self.wakeups.push(Reverse((until, ticket)));
    }

    /// Lets a user send nothing for so long after `done`, as the target asks, if the run is to. At its end it
    /// goes on all the same.
    pub(super) fn heed(&mut self, local: u32, done: Elapsed, wait: Option<Duration>) {
        if let Some(wait) = wait.filter(|_| self.program.heeds_retry_after) {
            let not_before = &mut self.users[local as usize].not_before;
            *not_before = (done + wait).max(*not_before);
        }
    }

    #[cold]
    fn hold_back(&mut self, local: u32, now: Elapsed, destination: Destination) {
        self.stats.waits().hold_back(now);
        let user = &mut self.users[local as usize];
        let until = user.not_before;
        let epoch = user.turn(Activity::HeldBack {
            since: now,
            destination,
        });
        let ticket = Ticket { user: local, epoch };
        self.wakeups.push(Reverse((until, ticket)));
    }

    fn queue(&mut self, local: u32, ready: Elapsed, destination: Destination) {
        let user = &mut self.users[local as usize];
        if ready < user.not_before && !user.is_ending {
            return self.hold_back(local, ready, destination);
        }
        let due = user.arrival.take().unwrap_or(ready);
        let epoch = user.turn(Activity::Queued { due, ready });
        let ticket = Ticket { user: local, epoch };
        self.queues.push(destination, ticket);
        self.n_queued += 1;
        self.n_due += 1;
    }

    /// Sends the request of a user; `None` if it cannot be made, so that it was not due after all.
    fn send(
        &mut self,
        now: Elapsed,
        local: u32,
        due: Elapsed,
        origin: OriginIdx,
    ) -> Option<Effect> {
        let world = world(&self.program, self.setting, now);
        let user = &mut self.users[local as usize];
        let (course, context) = user.course(&self.program.classes, world);
        let Outgoing {
            request,
            name,
            timeout,
        } = match course.fill(now, context) {
            Ok(outgoing) => outgoing,
            Err(turn) => {
                self.n_due -= 1;
                self.take(local, now, now, turn);
                return None;
            }
        };
        let epoch = user.turn(Activity::InFlight {
            due,
            sent: now,
            row: match name {
                Name::Known(name) => self.rows[name.as_usize()],
                Name::Made(name) => self.stats.row(name),
            },
            origin,
            request: Arc::clone(&request),
        });
        let ticket = Ticket { user: local, epoch };
        let users = &self.users;
        let is_in_flight = |it: Ticket| users[it.user as usize].epoch == it.epoch;
        self.deadlines.add(now, timeout, ticket, is_in_flight);
        self.queues.add_in_flight(origin);
        self.n_left -= 1;
        Some(Effect::Send(ticket, request))
    }
}
