//! All users of one shard, as a state machine: what happens comes in by `handle_…`, what to do about
//! it comes out by `poll_…`. It does no I/O and reads no clock; [`crate::drive`] does both for it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::class_mix::ClassMix;
use crate::plan::{Load, Plan, Target, Task, UserClass};
use crate::request::{Keep, Request, RequestName};
use crate::rng::Rng;
use crate::run::{RunEvent, RunState};
use crate::sample::{Evidence, Failure, Sample};
use crate::snapshot::Snapshot;
use crate::spawn::Ramp;
use crate::stats::Stats;
use crate::time::Elapsed;
use crate::transport::{Response, TransportError};
use crate::user::{Activity, User};
use crate::wait::WaitTime;
use crate::weight::Weights;

/// Which part of a run a shard is. It owns the users i with i ≡ index (mod count).
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
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub enum Command {
    /// Goes on with other users, starting from those alive.
    Edit(Load),
    /// Forgets all that was counted, and goes on.
    Reset,
    /// Ends the run, and aborts what is under way.
    Stop,
}

/// One request of one user.
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

/// All users of one shard.
#[derive(Debug)]
pub struct Shard {
    id: ShardId,
    seed: u64,
    classes: Vec<Class>,
    mix: ClassMix,
    ramp: Ramp,
    // When the next user of any shard starts or stops. `None` once the ramp is done.
    next_spawn: Option<Elapsed>,
    end: Option<Elapsed>,
    timeout: Duration,
    max_in_flight: usize,
    state: RunState,
    // All that were ever alive. The first `n_alive` of them are.
    users: Vec<User>,
    n_alive: u32,
    wakeups: BinaryHeap<Reverse<(Elapsed, Ticket)>>,
    queue: VecDeque<Ticket>,
    n_queued: u32,
    // When each request under way has to be done.
    deadlines: BTreeSet<(Elapsed, Ticket)>,
    aborts: Vec<Ticket>,
    stats: Stats,
    // `None` once the last one is out.
    next_snapshot: Option<Elapsed>,
}

impl Shard {
    /// How often a snapshot is due.
    pub const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(500);

    /// A shard at the start of a run, over a transport that can carry `max_in_flight` requests,
    /// which must not be zero.
    pub fn new(plan: &Plan, seed: u64, id: ShardId, max_in_flight: usize) -> Self {
        assert!(
            0 < max_in_flight,
            "a transport must be able to carry a request"
        );
        let plan_classes = plan.user_classes.as_slice();
        let names: BTreeSet<RequestName> = plan_classes
            .iter()
            .flat_map(|class| class.tasks.as_slice())
            .map(Task::request_name)
            .collect();
        let mut stats = Stats::new(names);
        let ramp = Ramp::new(plan.load);
        Self {
            id,
            seed,
            classes: plan_classes
                .iter()
                .map(|it| Class::new(it, &plan.target, &mut stats))
                .collect(),
            mix: ClassMix::new(plan_classes),
            ramp,
            next_spawn: Some(Elapsed::ZERO),
            end: plan.run_time.map(|it| Elapsed::ZERO + it.get()),
            timeout: plan.timeout,
            max_in_flight,
            state: RunState::Spawning,
            users: Vec::new(),
            n_alive: 0,
            wakeups: BinaryHeap::new(),
            queue: VecDeque::new(),
            n_queued: 0,
            deadlines: BTreeSet::new(),
            aborts: Vec::new(),
            stats,
            next_snapshot: Some(Elapsed::ZERO),
        }
    }

    /// Does what a person asked for. Ignored once the run is over.
    pub fn handle_command(&mut self, now: Elapsed, command: Command) {
        if !self.state.is_active() {
            return;
        }
        self.advance(now);
        match command {
            Command::Edit(load) => {
                self.ramp = self.ramp.edit(now, load);
                self.next_spawn = Some(now);
                self.turn(RunEvent::Start);
            }
            Command::Reset => self.stats.reset(now),
            Command::Stop => self.stop(now),
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
        let user = &self.users[ticket.user as usize];
        let Activity::InFlight { due, sent, task } = user.activity else {
            return;
        };
        if user.epoch != ticket.epoch {
            return;
        }
        self.deadlines.remove(&(sent + self.timeout, ticket));
        let ReadyTask { row, request } = &self.classes[user.class].tasks[task];
        let failure = match &result {
            Ok(response) if response.status < 400 => None,
            Ok(response) => Some(Failure::Status(response.status)),
            Err(error) => Some(Failure::Transport(*error)),
        };
        let response = result.ok();
        let sample = Sample {
            due,
            sent,
            done,
            body_bytes: response.as_ref().map_or(0, |it| it.body_bytes),
            failure,
        };
        let user = self.id.user(ticket.user);
        let evidence = || evidence(request, user, response);
        self.stats.record(*row, &sample, self.n_alive, evidence);
        self.rest(ticket.user, done);
    }

    /// The next thing to do now; `None` if there is nothing.
    pub fn poll_order(&mut self, now: Elapsed) -> Option<Order> {
        self.advance(now);
        if let Some(ticket) = self.aborts.pop() {
            return Some(Order::Abort(ticket));
        }
        while self.deadlines.len() < self.max_in_flight {
            let ticket = self.queue.pop_front()?;
            let user = &mut self.users[ticket.user as usize];
            // A stopped user has left its ticket behind.
            let Activity::Queued { due, task } = user.activity else {
                continue;
            };
            if user.epoch != ticket.epoch {
                continue;
            }
            let epoch = user.turn(Activity::InFlight {
                due,
                sent: now,
                task,
            });
            let ticket = Ticket { epoch, ..ticket };
            let request = Rc::clone(&self.classes[user.class].tasks[task].request);
            self.deadlines.insert((now + self.timeout, ticket));
            self.n_queued -= 1;
            return Some(Order::Send(ticket, request));
        }
        None
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
            shard: self.id,
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
        [
            next_user,
            next_timeout,
            self.next_spawn,
            self.end,
            self.next_snapshot,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Lets everything happen that was due by `now`.
    fn advance(&mut self, now: Elapsed) {
        if self.end.is_some_and(|end| end <= now) {
            self.stop(now);
        }
        if self.next_spawn.is_some_and(|due| due <= now) {
            self.spawn(now);
        }
        while let Some(&Reverse((at, ticket))) = self.wakeups.peek()
            && at <= now
        {
            self.wakeups.pop();
            self.wake(now, ticket);
        }
        while let Some(&(at, ticket)) = self.deadlines.first()
            && at <= now
        {
            self.handle_outcome(at, ticket, Err(TransportError::Timeout));
            self.aborts.push(ticket);
        }
    }

    /// Starts and stops users until as many are alive as should be.
    fn spawn(&mut self, now: Elapsed) {
        let n_alive = self.id.share(self.ramp.target(now));
        while self.n_alive < n_alive {
            self.start_user(now, self.n_alive);
            self.n_alive += 1;
        }
        while n_alive < self.n_alive {
            self.n_alive -= 1;
            self.stop_user(self.n_alive);
        }
        self.stats.advance(now, self.n_alive);
        self.next_spawn = self.ramp.next_change(now);
        if self.next_spawn.is_none() {
            self.turn(RunEvent::Spawned);
        }
    }

    fn start_user(&mut self, now: Elapsed, local: u32) {
        if self.users.len() == local as usize {
            let user = self.id.user(local);
            let class = self.mix.class_of(user);
            self.users
                .push(User::new(Rng::new(self.seed, user.into()), class));
        }
        let epoch = self.users[local as usize].turn(Activity::Waiting);
        self.wakeups
            .push(Reverse((now, Ticket { user: local, epoch })));
    }

    fn stop_user(&mut self, local: u32) {
        let user = &mut self.users[local as usize];
        match user.activity {
            Activity::InFlight { sent, task, .. } => {
                let ticket = Ticket {
                    user: local,
                    epoch: user.epoch,
                };
                self.deadlines.remove(&(sent + self.timeout, ticket));
                self.aborts.push(ticket);
                self.stats
                    .record_abort(self.classes[user.class].tasks[task].row);
            }
            Activity::Queued { .. } => self.n_queued -= 1,
            Activity::Stopped | Activity::Waiting => {}
        }
        user.turn(Activity::Stopped);
    }

    /// A wait is over: the user picks a task and wants to send.
    ///
    /// The request is due now and not when the wait should have ended: a timer that is late made
    /// the wait longer, and not the answer.
    fn wake(&mut self, now: Elapsed, ticket: Ticket) {
        let user = &mut self.users[ticket.user as usize];
        if user.activity != Activity::Waiting || user.epoch != ticket.epoch {
            return;
        }
        let weights = &self.classes[user.class].weights;
        let task = weights.holder(user.rng.below(weights.tickets()));
        let epoch = user.turn(Activity::Queued { due: now, task });
        self.queue.push_back(Ticket { epoch, ..ticket });
        self.n_queued += 1;
    }

    /// A task is done: the user waits.
    fn rest(&mut self, local: u32, now: Elapsed) {
        let user = &mut self.users[local as usize];
        let wait = self.classes[user.class].wait.draw(&mut user.rng);
        let epoch = user.turn(Activity::Waiting);
        self.wakeups
            .push(Reverse((now + wait, Ticket { user: local, epoch })));
    }

    fn stop(&mut self, now: Elapsed) {
        self.turn(RunEvent::Stop);
        for local in (0..self.n_alive).rev() {
            self.stop_user(local);
        }
        self.n_alive = 0;
        self.next_spawn = None;
        self.end = None;
        self.wakeups.clear();
        self.queue.clear();
        self.stats.advance(now, 0);
        self.turn(RunEvent::Drained);
    }

    /// Changes the state; an event that means nothing in this state is ignored.
    fn turn(&mut self, event: RunEvent) {
        self.state = self.state.next(event).unwrap_or(self.state);
    }
}

/// A user class, ready to run.
#[derive(Debug)]
struct Class {
    wait: WaitTime,
    weights: Weights,
    tasks: Vec<ReadyTask>,
}

/// A task, ready to run.
#[derive(Debug)]
struct ReadyTask {
    // The row of the statistics.
    row: usize,
    request: Rc<Request>,
}

impl Class {
    fn new(class: &UserClass, target: &Target, stats: &mut Stats) -> Self {
        let mut ready = |task: &Task| {
            let url = match target {
                Target::BaseUrl(base_url) => base_url.join(&task.path),
                Target::Simulated => task.path.as_str().to_owned(),
            };
            ReadyTask {
                row: stats.row(task.request_name()),
                request: Rc::new(Request::new(task.method, &url)),
            }
        };
        Self {
            wait: class.wait,
            weights: class.tasks.weights().clone(),
            tasks: class.tasks.as_slice().iter().map(&mut ready).collect(),
        }
    }
}

/// What is shown of a failure.
fn evidence(request: &Request, user: u32, response: Option<Response>) -> Evidence {
    let status = response.as_ref().map(|it| it.status);
    let kept = response.and_then(|it| it.kept).unwrap_or_default();
    let sample = &kept.body[..kept.body.len().min(Keep::SAMPLE_BYTES)];
    Evidence {
        url: request.url.to_string(),
        user,
        status,
        headers: kept.headers,
        body: String::from_utf8_lossy(sample).into_owned(),
    }
}
