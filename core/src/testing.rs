//! For tests of this crate and of its hosts: a manual clock, a scripted transport, and builders.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::channel::mpsc;
use futures::future::select;

use crate::http::origin::Origin;
use crate::http::request::{Method, Request, RequestName};
use crate::http::transport::{Kept, Response, Transport, TransportError};
use crate::measure::board::Board;
use crate::measure::histogram::Histogram;
use crate::measure::sample::{Failure, Sample};
use crate::measure::snapshot::{Snapshot, TimeTotals};
use crate::plan::{
    ArrivalRate, ArrivalStage, Arrivals, Load, Order, Plan, RunTime, Shape, Share, SpawnRate,
    Stage, Target, Task, TaskSet, UserClass, UserCount, Users,
};
use crate::run_state::ShardId;
use crate::running::drive::drive_scripted;
use crate::running::program::Program;
use crate::running::script::heads::{self, Loaded};
use crate::running::script::plan::complete;
use crate::running::script::wire::{Ask, Reply, messages};
use crate::running::script::{Interpreter, InterpreterGone, NoInterpreter};
use crate::running::shard::{Command, RunSetting, Shard};
use crate::simulate::Model;
use crate::time::{Clock, Elapsed, Reading, micros};

/// A clock that stands still until nothing else is left to do, and then jumps to the next time
/// somebody waits for.
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    now: Rc<Cell<Elapsed>>,
    sleepers: Rc<RefCell<BTreeMap<(Elapsed, u64), Waker>>>,
    n_sleeps: Rc<Cell<u64>>,
    faults: Rc<Faults>,
}

/// What is wrong with the machine of a run.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// From when to when it does nothing.
    pub stall: Option<(Elapsed, Elapsed)>,
    /// How much later than asked for it wakes up.
    pub lag: Duration,
    /// When it wakes up that would at this time; not before.
    pub wakes: fn(Elapsed) -> Elapsed,
    /// What it says of itself.
    pub reading: fn(Elapsed) -> Reading,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            stall: None,
            lag: Duration::ZERO,
            wakes: |at| at,
            reading: |_| Reading::default(),
        }
    }
}

impl ManualClock {
    /// Goes to the next time somebody waits for; false if nobody does.
    pub fn jump(&self) -> bool {
        let Some(((at, _), waker)) = self.sleepers.borrow_mut().pop_first() else {
            return false;
        };
        self.now.set(self.now.get().max(self.wakes(at)));
        waker.wake();
        true
    }

    /// When a sleep until `at` ends.
    fn wakes(&self, at: Elapsed) -> Elapsed {
        let at = (self.faults.wakes)(at + self.faults.lag);
        match self.faults.stall {
            Some((from, to)) if from <= at => at.max(to),
            _ => at,
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Elapsed {
        self.now.get()
    }

    fn sleep_until(&self, at: Elapsed) -> impl Future<Output = ()> + 'static {
        let clock = self.clone();
        let id = clock.n_sleeps.replace(clock.n_sleeps.get() + 1);
        let guard = Sleeper {
            clock,
            key: (at, id),
        };
        poll_fn(move |context| {
            if guard.clock.wakes(at) <= guard.clock.now() {
                return Poll::Ready(());
            }
            guard
                .clock
                .sleepers
                .borrow_mut()
                .insert(guard.key, context.waker().clone());
            Poll::Pending
        })
    }

    fn reading(&self) -> Reading {
        (self.faults.reading)(self.now())
    }
}

/// Forgets a sleep that was dropped, so that the clock does not jump to it.
struct Sleeper {
    clock: ManualClock,
    key: (Elapsed, u64),
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.sleepers.borrow_mut().remove(&self.key);
    }
}

/// What a scripted transport answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How long it takes.
    pub after: Duration,
    /// What comes.
    pub result: Result<Response, TransportError>,
}

/// An answer of 100 bytes with this status.
pub fn answer_after(after: Duration, status: u16) -> Answer {
    Answer {
        after,
        result: Ok(Response {
            status,
            body_bytes: 100,
            phases: None,
            kept: None,
        }),
    }
}

/// An answer with this status that asks by `Retry-After` to be left alone.
pub fn answer_later(after: Duration, status: u16, retry_after: &str) -> Answer {
    let mut answer = answer_after(after, status);
    if let Ok(response) = &mut answer.result {
        response.kept = Some(Box::new(Kept {
            headers: vec![("retry-after".to_owned(), retry_after.to_owned())],
            ..Kept::default()
        }));
    }
    answer
}

/// An answer of JSON with this status.
pub fn answer_json(after: Duration, status: u16, body: &impl fmt::Display) -> Answer {
    let body = body.to_string().into_bytes();
    let content_type = ("content-type".to_owned(), "application/json".to_owned());
    Answer {
        after,
        result: Ok(Response {
            status,
            body_bytes: body.len() as u64,
            phases: None,
            kept: Some(Box::new(Kept {
                headers: vec![content_type],
                body,
                ..Kept::default()
            })),
        }),
    }
}

/// A transport that answers as a function says, and counts what it carries.
pub struct Script<F> {
    clock: ManualClock,
    max_in_flight: usize,
    capacity: Capacity,
    answer: F,
    log: Rc<Log>,
}

/// How many requests to an origin may be in flight at a time.
pub type Capacity = Rc<dyn Fn(Elapsed, &Origin) -> usize>;

/// What a scripted transport was asked to do.
#[derive(Debug, Default)]
pub struct Log {
    /// Each request and when it was sent, in order.
    pub sent: RefCell<Vec<(Elapsed, Request)>>,
    /// For each of them, how many its user had sent before.
    pub n_before: RefCell<Vec<u64>>,
    /// Answers given to the end.
    pub n_answered: Cell<u64>,
    /// Requests under way.
    pub n_in_flight: Cell<usize>,
    /// The most requests that were ever under way at once.
    pub most_in_flight: Cell<usize>,
    /// The same for each origin.
    pub by_origin: RefCell<BTreeMap<Origin, OriginLog>>,
}

/// What a scripted transport was asked to do for one origin.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OriginLog {
    /// Requests under way.
    pub n_in_flight: usize,
    /// The most requests that were ever under way at once.
    pub most_in_flight: usize,
    /// Requests that were sent although there was no capacity for them.
    pub n_beyond_capacity: u64,
}

/// Counts a request as under way until it is dropped.
struct InFlight(Rc<Log>, Origin);

impl InFlight {
    fn new(log: &Rc<Log>, origin: Origin, capacity: usize) -> Self {
        let mut by_origin = log.by_origin.borrow_mut();
        let of_origin = by_origin.entry(origin.clone()).or_default();
        of_origin.n_in_flight += 1;
        of_origin.most_in_flight = of_origin.most_in_flight.max(of_origin.n_in_flight);
        of_origin.n_beyond_capacity += u64::from(capacity < of_origin.n_in_flight);
        let n_in_flight = log.n_in_flight.get() + 1;
        log.n_in_flight.set(n_in_flight);
        log.most_in_flight
            .set(log.most_in_flight.get().max(n_in_flight));
        Self(Rc::clone(log), origin)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.n_in_flight.set(self.0.n_in_flight.get() - 1);
        if let Some(of_origin) = self.0.by_origin.borrow_mut().get_mut(&self.1) {
            of_origin.n_in_flight -= 1;
        }
    }
}

impl<F> Script<F> {
    /// A transport that can carry 1,000 requests, and its log.
    pub fn new(clock: &ManualClock, answer: F) -> (Self, Rc<Log>) {
        let log = Rc::<Log>::default();
        let script = Self {
            clock: clock.clone(),
            max_in_flight: 1000,
            capacity: Rc::new(|_, _| usize::MAX),
            answer,
            log: Rc::clone(&log),
        };
        (script, log)
    }
}

impl<F: Fn(Elapsed, &Request) -> Answer> Transport for Script<F> {
    /// How many requests its user has sent.
    type Session = Cell<u64>;

    fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    fn capacity(&self, origin: &Origin) -> usize {
        (self.capacity)(self.clock.now(), origin)
    }

    async fn send(
        &self,
        n_before: &Cell<u64>,
        request: &Request,
    ) -> Result<Response, TransportError> {
        let now = self.clock.now();
        self.log.sent.borrow_mut().push((now, request.clone()));
        self.log.n_before.borrow_mut().push(n_before.get());
        n_before.set(n_before.get() + 1);
        let origin = Origin::of(&request.url).unwrap_or(Origin::OTHER);
        let capacity = self.capacity(&origin);
        let _in_flight = InFlight::new(&self.log, origin, capacity);
        let answer = (self.answer)(now, request);
        self.clock.sleep_until(now + answer.after).await;
        self.log.n_answered.set(self.log.n_answered.get() + 1);
        answer.result
    }
}

/// A whole run in virtual time: a plan, the answers, and the commands of a person.
pub struct Simulation<F> {
    /// What to run.
    pub plan: Plan,
    /// Where randomness comes from.
    pub seed: u64,
    /// Over how many shards.
    pub n_shards: u32,
    /// What a transport can carry.
    pub max_in_flight: usize,
    /// What it can carry to an origin.
    pub capacity: Capacity,
    /// What is wrong with its machine.
    pub faults: Faults,
    /// What comes to a request at a time.
    pub answer: F,
    /// What a person does, and when; in order of time.
    pub commands: Vec<(Elapsed, Command)>,
}

/// What came of a [`Simulation`].
#[derive(Debug)]
pub struct Outcome {
    /// The final numbers.
    pub board: Board,
    /// All snapshots, in the order in which they were published.
    pub snapshots: Vec<Snapshot>,
    /// What the transport was asked to do, by shard.
    pub logs: Vec<Rc<Log>>,
}

impl<F: Fn(Elapsed, &Request) -> Answer + Clone> Simulation<F> {
    /// A run of `plan` as a single shard over a transport that can carry 1,000 requests.
    pub fn new(plan: Plan, answer: F) -> Self {
        let commands = Vec::new();
        Self {
            plan,
            seed: 1,
            n_shards: 1,
            max_in_flight: 1000,
            capacity: Rc::new(|_, _| usize::MAX),
            faults: Faults::default(),
            answer,
            commands,
        }
    }

    /// A run of the plan in `toml`.
    ///
    /// # Panics
    ///
    /// Panics if it is not a plan.
    pub fn of(toml: &str, answer: F) -> Self {
        let plan = Plan::from_toml(toml);
        Self::new(plan.unwrap_or_else(|errors| panic!("{errors}")), answer)
    }

    /// Runs to the end.
    ///
    /// # Panics
    ///
    /// Panics if the run never ends: the plan has no run time, and no command stops it.
    pub fn run(self) -> Outcome {
        let shards = (0..self.n_shards).map(|index| self.run_shard(index));
        let (snapshots, logs): (Vec<_>, Vec<_>) = shards.unzip();
        let mut board = Board::default();
        for snapshot in snapshots.iter().flatten() {
            board.post(snapshot.clone());
        }
        Outcome {
            board,
            snapshots: snapshots.into_iter().flatten().collect(),
            logs,
        }
    }

    fn run_shard(&self, index: u32) -> (Vec<Snapshot>, Rc<Log>) {
        let clock = ManualClock {
            faults: Rc::new(self.faults),
            ..ManualClock::default()
        };
        let (mut transport, log) = Script::new(&clock, self.answer.clone());
        transport.max_in_flight = self.max_in_flight;
        transport.capacity = Rc::clone(&self.capacity);
        let id = ShardId {
            index,
            count: self.n_shards,
        };
        let shard = shard(&self.plan, self.seed, id, self.max_in_flight);
        let snapshots = run_to_end(shard, &transport, &clock, self.commands.clone());
        (snapshots, log)
    }
}

/// Runs `shard` in virtual time, with commands at set times, and returns its snapshots.
///
/// # Panics
///
/// Panics if the run never ends.
pub fn run_to_end(
    shard: Shard,
    transport: &impl Transport,
    clock: &ManualClock,
    commands: Vec<(Elapsed, Command)>,
) -> Vec<Snapshot> {
    run_script_to_end(shard, None::<&NoInterpreter>, transport, clock, commands)
}

/// An interpreter without Python: a function answers what is said to it, for each user and in order.
pub struct FakeScript<F> {
    clock: ManualClock,
    /// How long it takes for a frame.
    pub takes: Duration,
    answer: RefCell<F>,
    /// What it was told to say.
    pub said: RefCell<Vec<heads::Log>>,
    /// With which number the command is to end.
    pub exit_code: Cell<Option<u8>>,
    /// The most messages that there were in a frame.
    pub most_messages: Cell<usize>,
}

impl<F: FnMut(u32, Ask) -> Vec<Reply>> FakeScript<F> {
    /// An interpreter that answers at once. No answer at all is its end.
    pub fn new(clock: &ManualClock, answer: F) -> Self {
        Self {
            clock: clock.clone(),
            takes: Duration::ZERO,
            answer: RefCell::new(answer),
            said: RefCell::default(),
            exit_code: Cell::default(),
            most_messages: Cell::default(),
        }
    }
}

impl<F: FnMut(u32, Ask) -> Vec<Reply>> Interpreter for FakeScript<F> {
    async fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, InterpreterGone> {
        if !self.takes.is_zero() {
            self.clock.sleep_until(self.clock.now() + self.takes).await;
        }
        let mut answer = Vec::new();
        let mut n_messages = 0;
        for message in messages(&frame) {
            let message = message.expect("a shard writes whole messages");
            let ask = Ask::read(&message).expect("a shard writes messages that can be read");
            let needs_answer = matches!(
                ask,
                Ask::Answer(..) | Ask::Resume | Ask::Spawn(_) | Ask::Stop
            );
            let mut replies = (*self.answer.borrow_mut())(message.id, ask);
            let is_op = |it: &Reply| {
                use Reply::{Dead, Done, Request, Wait};
                matches!(it, Dead(_) | Done | Request(..) | Wait(_))
            };
            if !needs_answer {
                // As Python, which says what a user does only if it is asked.
                replies.retain(|it| !is_op(it));
            }
            if replies.is_empty() && needs_answer {
                return Err(InterpreterGone("Python ended with exit code 3".to_owned()));
            }
            replies
                .iter()
                .for_each(|it| it.write(message.id, &mut answer));
            n_messages += 1;
        }
        self.most_messages
            .set(self.most_messages.get().max(n_messages));
        Ok(answer)
    }

    fn say(&self, log: heads::Log) {
        self.said.borrow_mut().push(log);
    }

    fn end_with(&self, exit_code: u8) {
        self.exit_code.set(Some(exit_code));
    }
}

/// A shard of a plan with a locustfile that was loaded, which loads no hosts of others but these, if any are
/// said.
///
/// # Panics
///
/// Panics if the plan cannot run.
pub fn scripted_shard(
    plan: &Plan,
    loaded: &Loaded,
    hosts: Option<&[String]>,
    id: ShardId,
) -> Shard {
    let mut plan = plan.clone();
    complete(&mut plan, loaded).expect("a file for tests");
    let mut program = Program::scripted(&plan, loaded).expect("a plan for tests");
    if let Some(hosts) = hosts {
        program.confine(hosts);
    }
    Shard::new(program, setting(1, id, 1000))
}

/// As [`run_to_end`], with tasks in Python.
///
/// # Panics
///
/// Panics if the run never ends.
pub fn run_script_to_end(
    shard: Shard,
    interpreter: Option<&impl Interpreter>,
    transport: &impl Transport,
    clock: &ManualClock,
    commands: Vec<(Elapsed, Command)>,
) -> Vec<Snapshot> {
    let (sender, receiver) = mpsc::unbounded();
    let person = clock.clone();
    let act = async move {
        for (at, command) in commands {
            person.sleep_until(at).await;
            // Nobody listens once the run is over, as in life.
            let _ = sender.unbounded_send(command);
        }
        pending::<()>().await;
    };
    let mut snapshots = Vec::new();
    let publish = |it| snapshots.push(it);
    let run = drive_scripted(shard, interpreter, transport, clock, receiver, publish);
    in_virtual_time(clock, select(pin!(act), pin!(run)));
    snapshots
}

/// What comes of `work`, for which `clock` jumps whenever nothing else is left to do.
///
/// # Panics
///
/// Panics if it never ends: it waits, and not for the clock.
pub fn in_virtual_time<T>(clock: &ManualClock, work: impl Future<Output = T>) -> T {
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(woken.clone());
    let mut work = pin!(work);
    loop {
        woken.0.store(false, Ordering::Relaxed);
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        assert!(
            woken.0.load(Ordering::Relaxed) || clock.jump(),
            "it never ends: a run without a run time, and no command to stop?"
        );
    }
}

/// Whether the work has something to do before the clock moves on.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A shard of a plan that names no CSV files, at the start of 2026.
///
/// # Panics
///
/// Panics if the plan cannot run.
pub fn shard(plan: &Plan, seed: u64, id: ShardId, max_in_flight: usize) -> Shard {
    let program = Program::new(plan, |_| Err("a test reads no files".to_owned()));
    let setting = setting(seed, id, max_in_flight);
    Shard::new(program.expect("a plan for tests"), setting)
}

fn setting(seed: u64, id: ShardId, max_in_flight: usize) -> RunSetting {
    RunSetting {
        seed,
        started: Duration::from_secs(1_767_225_600),
        id,
        max_in_flight,
    }
}

/// A user class without a wait, whose only task is `GET /`.
pub fn class(name: &str, weight: u32) -> UserClass {
    UserClass {
        name: name.to_owned(),
        share: Share::Weight(weight.into()),
        host: None,
        set: set(vec![task(1, "/")]),
    }
}

/// A set of tasks, drawn by weight, without a wait of its own.
pub fn set(tasks: Vec<Task>) -> TaskSet {
    TaskSet {
        order: Order::Weighted,
        wait: None,
        on_start: Vec::new(),
        on_stop: Vec::new(),
        tasks: tasks.try_into().expect("tasks for tests"),
    }
}

/// A task `GET path`.
pub fn task(weight: u32, path: &str) -> Task {
    Task::request(weight, Method::Get, path.parse().expect("a path for tests"))
}

/// `n_users` at `spawn_rate` per second, without an end.
pub fn load(n_users: u32, spawn_rate: f64) -> Load {
    Load::new(users(n_users, spawn_rate))
}

/// `n_users` at `spawn_rate` per second.
pub fn users(n_users: u32, spawn_rate: f64) -> Shape {
    Shape::Users(Users {
        users: UserCount::try_from(n_users).expect("a number of users for tests"),
        spawn_rate: SpawnRate::try_from(spawn_rate).expect("a spawn rate for tests"),
    })
}

/// A stage of `secs` seconds.
pub fn stage(secs: u64, users: u32, spawn_rate: f64) -> Stage {
    Stage {
        length: length(secs),
        users,
        spawn_rate: SpawnRate::try_from(spawn_rate).expect("a spawn rate for tests"),
    }
}

/// One stage after the other.
pub fn stages(stages: &[Stage]) -> Shape {
    Shape::Stages(stages.to_vec().try_into().expect("stages for tests"))
}

/// A stage of `secs` seconds with arrivals.
pub fn arrival_stage(secs: u64, from: f64, to: f64) -> ArrivalStage {
    ArrivalStage {
        length: length(secs),
        from: ArrivalRate::try_from(from).expect("an arrival rate for tests"),
        to: ArrivalRate::try_from(to).expect("an arrival rate for tests"),
    }
}

/// Arrivals for at most `max_users` users.
pub fn arrivals(stages: &[ArrivalStage], max_users: u32) -> Arrivals {
    let max_users = UserCount::try_from(max_users).expect("a number of users for tests");
    Arrivals::new(stages.to_vec(), max_users).expect("stages for tests")
}

fn length(secs: u64) -> RunTime {
    RunTime::try_from(Duration::from_secs(secs)).expect("a length for tests")
}

/// A plan against the simulated API for `secs` seconds, for classes as given.
pub fn plan(classes: Vec<UserClass>, load: Load, secs: u64) -> Plan {
    let run_time = Duration::from_secs(secs).try_into().ok();
    let classes = classes.try_into().expect("user classes for tests");
    Plan::new(
        Target::Simulated(Model::default()),
        Load { run_time, ..load },
        classes,
    )
}

/// The row of `GET path`.
pub fn name(path: &str) -> RequestName {
    RequestName {
        name: path.to_owned(),
        method: Method::Get,
    }
}

/// The totals of `times`, as the statistics have them.
pub fn times(times: impl IntoIterator<Item = Duration>) -> TimeTotals {
    let mut histogram = Histogram::new(3);
    let mut totals = TimeTotals::default();
    for time in times {
        histogram.record(time);
        totals.sum_micros += micros(time);
        totals.min = Some(totals.min.map_or(time, |min| min.min(time)));
        totals.max = totals.max.max(Some(time));
    }
    totals.buckets = histogram.buckets();
    totals
}

/// A request that was answered at `done`, after 10 ms and with 100 bytes.
pub fn sample(done: Elapsed, status: u16) -> Sample {
    let sent = Elapsed::from_micros(done.as_micros().saturating_sub(10_000));
    Sample {
        due: sent,
        sent,
        done,
        body_bytes: 100,
        failure: (400 <= status).then_some(Failure::Status(status)),
    }
}
