//! All users of one shard, as a state machine: what happens comes in by `handle_…`, what to do about
//! it comes out by `poll_…`. It does no I/O and reads no clock; [`crate::drive`] does both for it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arrival::ArrivalSchedule;
use crate::class_mix::ClassMix;
use crate::judge::{Judgment, judge};
use crate::plan::{Plan, Shape, Share};
use crate::program::Program;
use crate::request::{Request, RequestName};
use crate::rng::Rng;
use crate::run::{RunEvent, RunState};
use crate::sample::{Evidence, Sample};
use crate::snapshot::Snapshot;
use crate::spawn::UserSchedule;
use crate::stats::Stats;
use crate::threshold::Verdicts;
use crate::time::Elapsed;
use crate::transport::{Response, TransportError};
use crate::user::{Activity, Next, User, World};

/// Which part of a run a shard is. It owns the users, and the arrivals, i with i ≡ index
/// (mod count).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ShardId {
    /// In `0..count`.
    pub index: u32,
    /// How many shards the run has; above zero.
    pub count: u32,
}

impl ShardId {
    /// The only shard of a run.
    pub const ONLY: Self = Self { index: 0, count: 1 };

    /// How many of the users `0..total` are this shard's.
    pub fn share(self, total: u32) -> u32 {
        total / self.count + u32::from(self.index < total % self.count)
    }

    /// The user of the whole run that is this shard's user `local`.
    fn user(self, local: u32) -> u32 {
        self.index + self.count * local
    }
}

/// What a person asks of a run that is under way.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Goes on with the load and the weights of this plan, starting from the users alive. What else
    /// differs is not taken over; neither is an open model where the run has a closed one, or the
    /// other way round.
    Edit(Box<Plan>),
    /// Forgets all that was counted, and goes on.
    Reset,
    /// Ends the run. Users may finish what the plan lets them finish; a second time ends them at
    /// once.
    Stop,
    /// Puts the series of these rows into the snapshots, and no others.
    Watch(BTreeSet<RequestName>),
}

/// One activity of one user.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Ticket {
    user: u32,
    epoch: u32,
}

/// What the host has to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Order {
    /// Drop the request of this ticket, if it is still under way.
    Abort(Ticket),
    /// Send a request, and report what came of it with the ticket.
    Send(Ticket, Rc<Request>),
}

/// What a run depends on besides its plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Setting {
    /// The number all randomness comes from.
    pub seed: u64,
    /// The time of day at the start of the run, since 1970 in UTC. For templates only.
    pub started: Duration,
    /// Which part of the run the shard is.
    pub id: ShardId,
    /// How many requests the transport can carry; above zero.
    pub max_in_flight: usize,
}

/// All users of one shard.
#[derive(Debug)]
pub struct Shard {
    setting: Setting,
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
    queue: VecDeque<Ticket>,
    n_queued: u32,
    // When each request under way has to be done.
    deadlines: BTreeSet<(Elapsed, Ticket)>,
    // When users that were told to stop have to be done, in order. The epoch is that of a life.
    kills: VecDeque<(Elapsed, Ticket)>,
    aborts: Vec<Ticket>,
    // How many requests may still be sent.
    n_left: u64,
    stats: Stats,
    // `None` once the last one is out.
    next_snapshot: Option<Elapsed>,
}

/// What makes users do something.
#[derive(Debug)]
enum Pace {
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
    fn new(program: &Program, id: ShardId) -> Self {
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
    fn edit(&mut self, now: Elapsed, shape: &Shape, id: ShardId) -> bool {
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
    fn target(&self, now: Elapsed) -> u32 {
        match self {
            Self::Closed { schedule, .. } => schedule.target(now),
            Self::Open { .. } => 0,
        }
    }

    /// Goes to the next arrival, and returns the class of this one.
    fn next_arrival(&mut self, id: ShardId) -> usize {
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
    fn stop(&mut self) {
        match self {
            Self::Closed { next_change, .. } => *next_change = None,
            Self::Open { next_due, .. } => *next_due = None,
        }
    }
}

/// The mix of the classes of arrivals, of which there is no number that could be fixed: a fixed
/// count is a weight here.
fn arrival_mix(program: &Program) -> ClassMix {
    ClassMix::of_shares(program.classes.iter().map(|class| {
        let weight = match class.share {
            Share::FixedCount(count) => f64::from(count),
            Share::Weight(weight) => weight,
        };
        (class.name.as_str(), Share::Weight(weight))
    }))
}

fn user_mix(program: &Program) -> ClassMix {
    ClassMix::of_shares(
        program
            .classes
            .iter()
            .map(|it| (it.name.as_str(), it.share)),
    )
}

fn world(program: &Program, setting: Setting, now: Elapsed) -> World<'_> {
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
    pub fn new(program: Program, setting: Setting) -> Self {
        assert!(
            0 < setting.max_in_flight,
            "a transport must be able to carry a request"
        );
        let mut stats = Stats::new(program.request_names());
        stats.watch(Verdicts::new(&program.thresholds).watched_rows());
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
            queue: VecDeque::new(),
            n_queued: 0,
            deadlines: BTreeSet::new(),
            kills: VecDeque::new(),
            aborts: Vec::new(),
            n_left: max_requests,
            stats,
            next_snapshot: Some(Elapsed::ZERO),
            pace: Pace::new(&program, setting.id),
            program,
            setting,
        };
        shard.turn_open();
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
            Command::Reset => self.stats.reset(now),
            Command::Stop if self.state == RunState::Stopping => self.kill_all(now),
            Command::Stop => self.stop(now),
            Command::Watch(rows) => self.stats.watch(rows),
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
        let index = self.setting.id.user(local);
        let world = world(&self.program, self.setting, done);
        let user = &mut self.users[local as usize];
        if user.epoch != ticket.epoch {
            return;
        }
        let activity = std::mem::replace(&mut user.activity, Activity::Waiting);
        let Activity::InFlight {
            due,
            sent,
            row,
            request,
        } = activity
        else {
            user.activity = activity;
            return;
        };
        let class = &self.program.classes[user.class];
        let ready = user
            .request(class)
            .expect("a request is under way: its step is the current one");
        self.deadlines.remove(&(sent + ready.timeout, ticket));
        let response_time = done.since(due);
        let Judgment {
            failure,
            values,
            exception,
        } = judge(ready, &result, response_time, &mut user.scope(index, world));
        let sample = Sample {
            due,
            sent,
            done,
            body_bytes: result.as_ref().map_or(0, |it| it.body_bytes),
            failure,
        };
        let evidence = || Evidence::new(&request.url, index, result.as_ref().ok());
        self.stats.record(row, &sample, self.n_alive, evidence);
        for (name, value) in values {
            user.set_variable(&name, value);
        }
        if let Some(message) = exception {
            let task = user.task_name(class);
            self.stats.record_exception(&task, &message.into(), done);
            user.fail_task();
        }
        self.go_on(local, done, done);
        self.end_if_spent(done);
    }

    /// The next thing to do now; `None` if there is nothing.
    pub fn poll_order(&mut self, now: Elapsed) -> Option<Order> {
        self.advance(now);
        loop {
            if let Some(ticket) = self.aborts.pop() {
                return Some(Order::Abort(ticket));
            }
            if self.setting.max_in_flight <= self.deadlines.len() || self.n_left == 0 {
                return None;
            }
            let ticket = self.queue.pop_front()?;
            // A stopped user has left its ticket behind.
            let user = &self.users[ticket.user as usize];
            if user.epoch == ticket.epoch
                && let Activity::Queued { due } = user.activity
            {
                self.n_queued -= 1;
                if let Some(order) = self.send(now, ticket.user, due) {
                    return Some(order);
                }
            }
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
        Some(Snapshot {
            shard: self.setting.id,
            at: now,
            since: self.stats.since(),
            state: self.state,
            n_users: self.n_alive,
            n_queued: self.n_queued,
            n_dropped: self.stats.n_dropped(),
            rows: self.stats.rows(now, is_last),
            rows_left_out: self.stats.rows_left_out(),
            exceptions: self.stats.exceptions(),
            series: self.stats.series().slots(),
        })
    }

    /// The next time at which anything can happen by itself; `None` once the run is over and all
    /// orders and snapshots are out.
    pub fn poll_wakeup(&self) -> Option<Elapsed> {
        let next_user = self.wakeups.peek().map(|Reverse((at, _))| *at);
        let next_timeout = self.deadlines.first().map(|(at, _)| *at);
        let next_kill = self.kills.front().map(|(at, _)| *at);
        let (next_change, next_arrival) = match self.pace {
            Pace::Closed { next_change, .. } => (next_change, None),
            Pace::Open { next_due, .. } => (None, next_due),
        };
        [
            next_user,
            next_timeout,
            next_kill,
            next_change,
            next_arrival,
            self.end,
            self.next_snapshot,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Lets everything happen that was due by `now`.
    fn advance(&mut self, now: Elapsed) {
        self.arrive(now);
        if self.end.is_some_and(|end| end <= now) {
            self.stop(now);
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
                self.go_on(ticket.user, at, now);
            }
        }
        while let Some(&(at, ticket)) = self.deadlines.first()
            && at <= now
        {
            self.deadlines.pop_first();
            self.handle_outcome(at, ticket, Err(TransportError::Timeout));
            self.aborts.push(ticket);
        }
        while let Some(&(at, ticket)) = self.kills.front()
            && at <= now
        {
            self.kills.pop_front();
            let user = &self.users[ticket.user as usize];
            if user.is_ending && user.life == ticket.epoch {
                self.abandon(ticket.user, now);
            }
        }
        self.end_if_spent(now);
    }

    /// Starts and stops users until as many are alive as should be.
    fn spawn(&mut self, now: Elapsed) {
        let Pace::Closed {
            schedule,
            next_change,
        } = &mut self.pace
        else {
            return;
        };
        let total = schedule.target(now).min(self.mix.max_users());
        *next_change = schedule.next_change(now);
        let is_reached = schedule.is_reached(now);
        let n_wanted = self.setting.id.share(total);
        while self.n_wanted < n_wanted {
            self.n_wanted += 1;
            self.start_user(now, self.n_wanted - 1);
        }
        while n_wanted < self.n_wanted {
            self.n_wanted -= 1;
            self.stop_user(now, self.n_wanted);
        }
        self.turn(if is_reached {
            RunEvent::Spawned
        } else {
            RunEvent::Start
        });
    }

    /// Starts a user of a closed model, unless it is alive: then it starts once it has ended.
    fn start_user(&mut self, now: Elapsed, local: u32) {
        let index = self.setting.id.user(local);
        let class = self.mix.class_of(index);
        let class = class.expect("as many are wanted as the mix has");
        if self.users.len() == local as usize {
            let rng = Rng::new(self.setting.seed, index.into());
            self.users.push(User::new(rng, class));
        }
        let user = &mut self.users[local as usize];
        if user.activity == Activity::Stopped {
            user.revive(class, now);
            self.count_alive(now, self.n_alive + 1);
            self.wait(local, now);
        }
    }

    /// Tells a user to stop: it may finish its task, if the plan gives it time.
    fn stop_user(&mut self, now: Elapsed, local: u32) {
        let user = &mut self.users[local as usize];
        if user.activity == Activity::Stopped || user.is_ending {
            return;
        }
        let stop_timeout = self.program.load.stop_timeout;
        if stop_timeout.is_zero() || user.is_resting() {
            self.abandon(local, now);
            return;
        }
        user.is_ending = true;
        let ticket = Ticket {
            user: local,
            epoch: user.life,
        };
        self.kills.push_back((now + stop_timeout, ticket));
    }

    /// Ends what a user is doing, and goes on with what it does at its end.
    fn abandon(&mut self, local: u32, now: Elapsed) {
        self.drop_request(local);
        let user = &mut self.users[local as usize];
        user.abandon(&self.program.classes[user.class]);
        self.go_on(local, now, now);
    }

    /// Takes back the request of a user, sent or not.
    fn drop_request(&mut self, local: u32) {
        let user = &mut self.users[local as usize];
        let ticket = Ticket {
            user: local,
            epoch: user.epoch,
        };
        match user.activity {
            Activity::InFlight { sent, row, .. } => {
                let class = &self.program.classes[user.class];
                let timeout = user.request(class).map_or(Duration::ZERO, |it| it.timeout);
                self.deadlines.remove(&(sent + timeout, ticket));
                self.aborts.push(ticket);
                self.stats.record_abort(row);
            }
            Activity::Queued { .. } => self.n_queued -= 1,
            Activity::Idle | Activity::Stopped | Activity::Waiting => {}
        }
        user.turn(Activity::Waiting);
    }

    /// Lets a user go on after a wait that ended at `at`, or a request that was done then.
    fn go_on(&mut self, local: u32, at: Elapsed, now: Elapsed) {
        let world = world(&self.program, self.setting, now);
        let user = &mut self.users[local as usize];
        let class = &self.program.classes[user.class];
        if user.is_over() && (user.is_ending || user.is_dead) {
            self.end_user(local, now);
            return;
        }
        match user.go_on(at, class, world) {
            Next::End => self.end_user(local, now),
            Next::Idle => {
                user.turn(Activity::Idle);
                let class = user.class;
                if let Pace::Open { idle, .. } = &mut self.pace {
                    idle[class].insert(local);
                }
            }
            // The request is due now and not when the wait should have ended: a timer that is late
            // made the wait longer, and not the answer.
            Next::Send => self.queue(local, now),
            Next::Wait(wait) => self.wait(local, now.max(at + wait)),
        }
    }

    fn wait(&mut self, local: u32, until: Elapsed) {
        let epoch = self.users[local as usize].turn(Activity::Waiting);
        let ticket = Ticket { user: local, epoch };
        self.wakeups.push(Reverse((until, ticket)));
    }

    fn queue(&mut self, local: u32, due: Elapsed) {
        let user = &mut self.users[local as usize];
        let due = user.arrival.take().unwrap_or(due);
        let epoch = user.turn(Activity::Queued { due });
        self.queue.push_back(Ticket { user: local, epoch });
        self.n_queued += 1;
    }

    /// Sends the request of a user; `None` if it cannot be made, which ends the task.
    fn send(&mut self, now: Elapsed, local: u32, due: Elapsed) -> Option<Order> {
        let world = world(&self.program, self.setting, now);
        let index = self.setting.id.user(local);
        let user = &mut self.users[local as usize];
        let class = &self.program.classes[user.class];
        let ready = user
            .request(class)
            .expect("a user in the queue is at a request");
        let scope = &mut user.scope(index, world);
        let made = ready
            .request(scope)
            .and_then(|request| Ok((request, ready.name(scope)?)));
        let (request, name) = match made {
            Ok(made) => made,
            Err(error) => {
                let task = user.task_name(class);
                let message: Rc<str> = error.to_string().into();
                self.stats.record_exception(&task, &message, now);
                user.fail_task();
                self.go_on(local, now, now);
                return None;
            }
        };
        let row = self.stats.row(name);
        let epoch = user.turn(Activity::InFlight {
            due,
            sent: now,
            row,
            request: Rc::clone(&request),
        });
        let ticket = Ticket { user: local, epoch };
        self.deadlines.insert((now + ready.timeout, ticket));
        self.n_left -= 1;
        Some(Order::Send(ticket, request))
    }

    /// A user is done. It starts again if it is wanted.
    fn end_user(&mut self, local: u32, now: Elapsed) {
        let user = &mut self.users[local as usize];
        user.turn(Activity::Stopped);
        user.life = user.life.wrapping_add(1);
        let is_dead = user.is_dead;
        self.count_alive(now, self.n_alive - 1);
        if self.state == RunState::Stopping {
            if self.n_alive == 0 {
                self.finish();
            }
        } else if local < self.n_wanted && !is_dead {
            self.start_user(now, local);
        }
    }

    /// Starts the tasks of all arrivals that were due by `now`.
    fn arrive(&mut self, now: Elapsed) {
        while let Pace::Open { next, next_due, .. } = &self.pace
            && let Some(due) = *next_due
            && due <= now
        {
            let arrival = *next;
            let class = self.pace.next_arrival(self.setting.id);
            match self.free_user(class, now) {
                None => self.stats.record_dropped(now),
                Some(local) => {
                    // Streams of arrivals lie behind those of users, of which there are below 2^32.
                    let rng = Rng::new(self.setting.seed, (1 << 32) + arrival);
                    let user = &mut self.users[local as usize];
                    user.rng = rng;
                    user.arrival = Some(due);
                    user.arrival_idx = arrival;
                    self.go_on(local, due, now);
                }
            }
        }
    }

    /// A user of an open model that has nothing to do; a new one, if the pool has room.
    fn free_user(&mut self, class: usize, now: Elapsed) -> Option<u32> {
        let Pace::Open {
            idle, max_users, ..
        } = &mut self.pace
        else {
            return None;
        };
        if let Some(local) = idle[class].pop_first() {
            return Some(local);
        }
        let local = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        if *max_users <= self.n_alive {
            return None;
        }
        let mut user = User::new(Rng::new(self.setting.seed, local.into()), class);
        user.revive(class, now);
        self.users.push(user);
        self.count_alive(now, self.n_alive + 1);
        Some(local)
    }

    fn count_alive(&mut self, now: Elapsed, n_alive: u32) {
        self.n_alive = n_alive;
        self.stats.advance(now, n_alive);
    }

    fn edit(&mut self, now: Elapsed, plan: &Plan) {
        if self.state == RunState::Stopping {
            return;
        }
        let before = self.pace.target(now).min(self.mix.max_users());
        if !self.pace.edit(now, &plan.load.shape, self.setting.id) {
            return;
        }
        self.end = plan.load.end().map(|it| Elapsed::ZERO + it);
        self.program.load = plan.load.clone();
        if self.program.set_weights(plan) {
            self.change_mix(now, before);
        }
        self.turn(RunEvent::Start);
        self.turn_open();
    }

    /// Takes over new shares of the classes. Users, of whom there were `n_users` over all shards,
    /// stop if their class is another one now, and start as what they are.
    fn change_mix(&mut self, now: Elapsed, n_users: u32) {
        if let Pace::Open {
            schedule,
            mix,
            n_mixed,
            ..
        } = &mut self.pace
        {
            *mix = arrival_mix(&self.program);
            *n_mixed = schedule.n_due(now);
            return;
        }
        self.mix = self.mix.clone().change(n_users, user_mix(&self.program));
        for local in 0..self.n_wanted {
            let class = self.mix.class_of(self.setting.id.user(local));
            if class != Some(self.users[local as usize].class) {
                self.stop_user(now, local);
            }
        }
    }

    fn stop(&mut self, now: Elapsed) {
        if self.state == RunState::Stopping {
            return;
        }
        self.turn(RunEvent::Stop);
        self.pace.stop();
        self.end = None;
        self.n_wanted = 0;
        let n_users = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        for local in (0..n_users).rev() {
            self.stop_user(now, local);
        }
        if self.n_alive == 0 {
            self.finish();
        }
    }

    /// Ends all users without letting them finish anything.
    fn kill_all(&mut self, now: Elapsed) {
        self.turn(RunEvent::Stop);
        self.pace.stop();
        self.end = None;
        self.n_wanted = 0;
        let n_users = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        for local in (0..n_users).rev() {
            self.drop_request(local);
            self.users[local as usize].turn(Activity::Stopped);
        }
        self.count_alive(now, 0);
        self.finish();
    }

    fn finish(&mut self) {
        self.wakeups.clear();
        self.queue.clear();
        self.kills.clear();
        self.turn(RunEvent::Drained);
    }

    /// Ends the run once the last of a limited number of requests is answered.
    fn end_if_spent(&mut self, now: Elapsed) {
        if self.n_left == 0 && self.deadlines.is_empty() && self.state.is_active() {
            self.kill_all(now);
        }
    }

    /// An open model has nobody to wait for.
    fn turn_open(&mut self) {
        if matches!(self.pace, Pace::Open { .. }) {
            self.turn(RunEvent::Spawned);
        }
    }

    /// Changes the state; an event that means nothing in this state is ignored.
    fn turn(&mut self, event: RunEvent) {
        self.state = self.state.next(event).unwrap_or(self.state);
    }
}
