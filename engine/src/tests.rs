//! Whole sessions against a scripted host, in virtual time.

mod autostop;
#[cfg(not(target_arch = "wasm32"))]
mod foreign;
mod locustfile;
mod peers;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures::channel::oneshot;
use futures::executor::{LocalPool, LocalSpawner};
use futures::task::LocalSpawnExt;
use mayfly_core::http::request::Request;
use mayfly_core::measure::board::{Board, aggregated};
use mayfly_core::plan::{Draft, Locustfile, Plan};
use mayfly_core::report::{Ending, Report, RunVerdict};
use mayfly_core::run_state::{EndCause, RunState};
use mayfly_core::running::script::heads;
use mayfly_core::running::script::wire::{Ask, Reply};
use mayfly_core::testing::{Answer, FakeScript, Log, ManualClock, Script, answer_after};
use mayfly_core::time::{Clock, Elapsed};
use mayfly_core::verdict::validity::{Cause, Grade};

use crate::archive::{Archive, SavedRun};
use crate::file::RunFile;
use crate::history::{HistoryCommand, HistoryNotice, RunEntry, RunKey};
use crate::host::{Host, Purpose, Say};
use crate::parcel::Unpacker;
use crate::protocol::{Command, Notice, Peer, To, VERSION, decode, encode};
use crate::reading::Source;
use crate::session::Session;
use crate::session::rest::Rest;

/// Whoever it is that is there alone.
const ME: Peer = 0;

type AnswerFn = fn(Elapsed, &Request) -> Answer;

/// A host without a machine.
struct Scripted(Rc<World>);

/// What a scripted host does and sees.
struct World {
    clock: ManualClock,
    spawner: LocalSpawner,
    answer: AnswerFn,
    heard: RefCell<Vec<Notice>>,
    // The same, and whom it was for.
    told: RefCell<Vec<(To, Notice)>>,
    logs: RefCell<Vec<Rc<Log>>>,
    archive: Option<Memory>,
}

/// An archive in memory, which can be made to fail.
#[derive(Default)]
struct Memory {
    runs: RefCell<BTreeMap<RunKey, SavedRun>>,
    running: Rc<RefCell<BTreeSet<RunKey>>>,
    n_puts: Cell<u32>,
    failure: RefCell<Option<String>>,
}

struct MemoryLock(RunKey, Rc<RefCell<BTreeSet<RunKey>>>);

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.1.borrow_mut().remove(&self.0);
    }
}

impl Memory {
    fn result(&self) -> Result<(), String> {
        self.failure.borrow().clone().map_or(Ok(()), Err)
    }
}

impl Archive for Memory {
    type Lock = MemoryLock;

    fn lock(&self, key: &RunKey) -> Option<MemoryLock> {
        self.running.borrow_mut().insert(key.clone());
        Some(MemoryLock(key.clone(), Rc::clone(&self.running)))
    }

    async fn running(&self) -> BTreeSet<RunKey> {
        self.running.borrow().clone()
    }

    async fn put(&self, run: &SavedRun) -> Result<(), String> {
        self.result()?;
        self.n_puts.set(self.n_puts.get() + 1);
        self.runs.borrow_mut().insert(run.key.clone(), run.clone());
        Ok(())
    }

    async fn entries(&self) -> Result<Vec<String>, String> {
        self.result()?;
        let runs = self.runs.borrow();
        Ok(runs.values().map(|it| it.entry.clone()).collect())
    }

    async fn report(&self, key: &RunKey) -> Result<Option<String>, String> {
        self.result()?;
        Ok(self.runs.borrow().get(key).map(|it| it.report.clone()))
    }

    async fn delete(&self, keys: &[RunKey]) -> Result<(), String> {
        self.result()?;
        for key in keys {
            self.runs.borrow_mut().remove(key);
        }
        Ok(())
    }
}

const STARTED: Duration = Duration::from_secs(1_767_225_600);

/// The time since a run began.
#[derive(Clone)]
struct RunClock {
    clock: ManualClock,
    start: Elapsed,
}

impl Clock for RunClock {
    fn now(&self) -> Elapsed {
        Elapsed::ZERO + self.clock.now().since(self.start)
    }

    fn sleep_until(&self, at: Elapsed) -> impl Future<Output = ()> + 'static {
        self.clock.sleep_until(self.start + at.to_duration())
    }
}

impl Host for Scripted {
    type Clock = RunClock;
    type Transport = Script<AnswerFn>;
    type Archive = Memory;
    type Interpreter = FakeScript<fn(u32, Ask) -> Vec<Reply>>;

    const IS_BROWSER: bool = true;

    fn start_clock(&self) -> RunClock {
        RunClock {
            clock: self.0.clock.clone(),
            start: self.0.clock.now(),
        }
    }

    fn transport(&self, _: &Plan) -> Result<Script<AnswerFn>, String> {
        let (script, log) = Script::new(&self.0.clock, self.0.answer);
        self.0.logs.borrow_mut().push(log);
        Ok(script)
    }

    async fn interpreter(
        &self,
        file: &Locustfile,
        _: Purpose,
        say: Say,
    ) -> Result<Self::Interpreter, String> {
        if file.name != "locust.py" {
            return Err("there is no Python".to_owned());
        }
        say(script_log("Python begins"));
        Ok(FakeScript::new(&self.0.clock, python))
    }

    fn archive(&self) -> Option<&Memory> {
        self.0.archive.as_ref()
    }

    fn tell(&self, to: To, notice: Notice) {
        // As it would arrive on another machine.
        let arrived: Notice = decode(&encode(&notice)).expect("a notice arrives as it was sent");
        assert_eq!(arrived, notice);
        self.0.told.borrow_mut().push((to, arrived.clone()));
        self.0.heard.borrow_mut().push(arrived);
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        self.0.spawner.spawn_local(work).expect("the pool is there");
    }

    fn read_file(&self, name: &str) -> Result<String, String> {
        match name {
            "users.csv" => Ok("name\nann\nbob\n".to_owned()),
            _ => Err("there is no such file".to_owned()),
        }
    }

    fn unix_time(&self) -> Duration {
        STARTED + self.0.clock.now().to_duration()
    }

    fn random(&self) -> u64 {
        7
    }
}

fn script_log(text: &str) -> heads::Log {
    heads::Log {
        level: heads::Level::Info,
        text: text.to_owned(),
    }
}

/// Python, as far as the host has it: a file that is broken if it says so, and users that get `/`.
fn python(_: u32, ask: Ask) -> Vec<Reply> {
    match ask {
        Ask::Hello(_, text) if text.contains("broken") => {
            let error = heads::LoadError {
                line: Some(3),
                r#type: "SyntaxError".to_owned(),
                message: "invalid syntax".to_owned(),
                ..heads::LoadError::default()
            };
            vec![Reply::Error(error)]
        }
        Ask::Hello(..) => {
            let class = heads::LoadedClass {
                name: "A".to_owned(),
                weight: 1.0,
                ..heads::LoadedClass::default()
            };
            let loaded = heads::Loaded {
                classes: vec![class],
                python: "3.11.7".to_owned(),
                notes: vec![heads::Note {
                    line: Some(2),
                    level: heads::Level::Warning,
                    text: "it blocks".to_owned(),
                    file: None,
                }],
                ..heads::Loaded::default()
            };
            vec![Reply::Loaded(loaded.into())]
        }
        Ask::Spawn(_) | Ask::Resume => {
            let head = heads::RequestHead {
                request: 1,
                method: "GET".to_owned(),
                url: "/".to_owned(),
                name: "/".to_owned(),
                ..heads::RequestHead::default()
            };
            vec![Reply::Request(head.into(), Vec::new())]
        }
        Ask::Answer(..) => vec![Reply::Wait(1.0)],
        Ask::Stop => vec![Reply::Done],
        _ => vec![],
    }
}

/// A session, and what surrounds it.
struct Stage {
    pool: LocalPool,
    world: Rc<World>,
    session: Session<Scripted>,
}

thread_local! {
    /// Answers the load that is under way.
    static LOADING: Cell<Option<oneshot::Sender<bool>>> = Cell::default();
}

static REST: Rest<Scripted> = Rest::new();

fn load() -> Pin<Box<dyn Future<Output = Option<&'static Rest<Scripted>>>>> {
    let (sender, receiver) = oneshot::channel();
    LOADING.set(Some(sender));
    Box::pin(async { receiver.await.is_ok_and(|it| it).then_some(&REST) })
}

impl Stage {
    fn with(answer: AnswerFn, archive: Option<Memory>) -> Self {
        Self::of(answer, archive, Session::new)
    }

    /// Of an engine whose rest is not loaded yet.
    fn in_parts() -> Self {
        Self::of(quick, Some(Memory::default()), |host| {
            Session::in_parts(host, load)
        })
    }

    fn of(
        answer: AnswerFn,
        archive: Option<Memory>,
        session: fn(Scripted) -> Session<Scripted>,
    ) -> Self {
        let pool = LocalPool::new();
        let world = Rc::new(World {
            clock: ManualClock::default(),
            spawner: pool.spawner(),
            answer,
            heard: RefCell::default(),
            told: RefCell::default(),
            logs: RefCell::default(),
            archive,
        });
        Self {
            pool,
            session: session(Scripted(Rc::clone(&world))),
            world,
        }
    }

    /// The rest is loaded, or it fails to.
    #[track_caller]
    fn end_load(&mut self, is_there: bool) {
        self.pool.run_until_stalled();
        let loading = LOADING.take().expect("it is being loaded");
        loading.send(is_there).unwrap();
        self.pool.run_until_stalled();
    }

    /// What was heard since the last time.
    fn hear(&mut self) -> Vec<Notice> {
        self.pool.run_until_stalled();
        self.world.told.take();
        self.world.heard.take()
    }

    fn new(answer: AnswerFn) -> Self {
        Self::with(answer, Some(Memory::default()))
    }

    fn archive(&self) -> &Memory {
        self.world.archive.as_ref().unwrap()
    }

    fn start(&self, run: u32, toml: &str) {
        self.session.handle_command(
            ME,
            Command::Start {
                run,
                title: "A".to_owned(),
                plan: Draft::from_toml(toml).unwrap().to_json(),
                seed: 1,
                started_millis: STARTED.as_secs_f64() * 1e3,
                hosts: Vec::new(),
            },
        );
    }

    /// Lets virtual time pass until `is_there`.
    #[track_caller]
    fn until(&mut self, is_there: impl Fn(&World) -> bool) {
        loop {
            self.pool.run_until_stalled();
            if is_there(&self.world) {
                return;
            }
            assert!(self.world.clock.jump(), "it never comes");
        }
    }

    #[track_caller]
    fn until_over(&mut self, run: u32) {
        self.until(|world| board(world, run).is_some_and(|it| !it.state().is_active()));
        self.pool.run_until_stalled();
    }

    /// What the engine answers at once.
    fn ask(&mut self, command: Command) -> Notice {
        self.session.handle_command(ME, command);
        self.pool.run_until_stalled();
        self.world.heard.borrow().last().unwrap().clone()
    }

    fn history(&mut self, command: HistoryCommand) -> HistoryNotice {
        match self.ask(Command::History(command)) {
            Notice::History(notice) => notice,
            other => panic!("{other:?}"),
        }
    }

    fn list(&mut self) -> Vec<RunEntry> {
        match self.history(HistoryCommand::List) {
            HistoryNotice::List(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    fn report(&self) -> Report {
        self.session.look(|it| it.report().clone()).unwrap()
    }
}

/// What the other side has of a run; `None` before its first snapshot.
fn board(world: &World, run: u32) -> Option<Board> {
    let mut unpacker = Unpacker::default();
    let mut board = None;
    for notice in &*world.heard.borrow() {
        if let Notice::Snapshot {
            run: of, parcel, ..
        } = notice
            && *of == run
        {
            let snapshot = unpacker.unpack(parcel.clone()).unwrap();
            board.get_or_insert_with(Board::default).post(snapshot);
        }
    }
    board
}

fn quick(_: Elapsed, _: &Request) -> Answer {
    answer_after(Duration::from_millis(10), 200)
}

fn failing(_: Elapsed, _: &Request) -> Answer {
    answer_after(Duration::from_millis(10), 500)
}

const PLAN: &str = "version = 1
host = \"http://a.test\"
[load]
users = 3
spawn_rate = 10
run_time = \"20s\"
[[user_class]]
name = \"A\"
wait = { constant = \"100ms\" }
task = [{ get = \"/\" }]
";

#[test]
fn a_run_is_what_the_target_saw_on_both_sides() {
    let mut stage = Stage::new(quick);
    let ready = Notice::Ready {
        version: VERSION.to_owned(),
    };
    assert_eq!(stage.world.heard.borrow()[0], ready);
    stage.start(1, PLAN);
    stage.until_over(1);

    let seen = board(&stage.world, 1).unwrap();
    let report = stage.report();
    assert_eq!(seen, report.board);
    let n_answered = stage.world.logs.borrow()[0].n_answered.get();
    assert_eq!(aggregated(&seen.rows()).n_requests, n_answered);
    assert!(400 < n_answered, "{n_answered}");
    assert_eq!(report.verdict(), RunVerdict::NoFailures);
    assert_eq!(report.ending, Ending::Stopped);
    assert_eq!(seen.end_cause(), Some(&EndCause::RunTime));
    let is_line = |it: &Notice| matches!(it, Notice::Load { run: 1, .. });
    assert!(stage.world.heard.borrow().iter().any(is_line));
}

#[test]
fn all_who_see_a_run_see_whether_its_numbers_are_valid() {
    for (run_time, expected, verdict) in [
        ("20s", Grade::Valid, "No failures"),
        // Too few requests for a percentile.
        ("1s", Grade::Limited, "No failures"),
        // Over before the first answer.
        ("5ms", Grade::Invalid, "No data"),
    ] {
        let mut stage = Stage::new(quick);
        let plan = PLAN.replace("users = 3", "users = 3\nstop_timeout = 0");
        stage.start(1, &plan.replace("20s", run_time));
        stage.until_over(1);
        let told = stage.world.heard.take().into_iter().rev();
        let told = { told }.find_map(|it| match it {
            Notice::Snapshot { validity, .. } => Some(validity),
            _ => None,
        });
        let validity = stage.report().validity();
        assert_eq!(validity.as_ref().map(|it| it.verdict), Some(expected));
        assert_eq!(told, Some(validity.clone()));
        let entry = stage.list().remove(0);
        assert_eq!((entry.validity, &*entry.verdict), (Some(expected), verdict));
        let opened = stage.history(HistoryCommand::Open(entry.key));
        let HistoryNotice::Opened(opened) = opened else {
            panic!("{opened:?}");
        };
        assert_eq!(opened.validity, validity);
    }
}

#[test]
fn a_run_beside_another_one_of_the_browser_says_so() {
    let mut stage = Stage::new(quick);
    let archive = stage.world.archive.as_ref().unwrap();
    let other = archive.lock(&"2026 of another tab".to_owned());
    stage.start(1, PLAN);
    stage.until_over(1);
    drop(other);
    let validity = stage.report().validity().unwrap();
    assert_eq!(validity.verdict, Grade::Limited);
    assert_eq!(validity.reasons[0].cause, Cause::OtherRun);

    // The one before is no other one.
    stage.start(2, PLAN);
    stage.until_over(2);
    assert_eq!(stage.report().validity().unwrap().reasons, []);
}

#[test]
fn a_plan_without_a_host_loads_the_simulated_api() {
    let mut stage = Stage::new(quick);
    stage.start(1, &PLAN.replace("host = \"http://a.test\"\n", ""));
    stage.until_over(1);
    assert!(stage.world.logs.borrow().is_empty());
    assert!(0 < aggregated(&stage.report().board.rows()).n_requests);
}

#[test]
fn classes_with_hosts_of_their_own_load_these_and_nothing_simulated() {
    let mut stage = Stage::new(quick);
    let plan = PLAN.replace("host = \"http://a.test\"\n", "");
    let plan = plan.replace("name = \"A\"\n", "name = \"A\"\nhost = \"http://b.test\"\n");
    stage.start(1, &format!("{plan}[simulated]\n"));
    stage.until_over(1);
    let logs = stage.world.logs.borrow();
    let sent = logs[0].sent.borrow();
    assert!(
        sent.iter().all(|it| &*it.1.url == "http://b.test/"),
        "{sent:?}"
    );
    assert!(!sent.is_empty());
    assert_eq!(stage.report().host(), "http://b.test");
}

#[test]
fn what_was_read_is_what_starts() {
    let mut stage = Stage::new(quick);
    let read = stage.ask(Command::Read {
        id: 1,
        source: Source::Toml(PLAN.to_owned()),
    });
    let Notice::Read { id: 1, reading } = read else {
        panic!("{read:?}");
    };
    stage.session.handle_command(
        ME,
        Command::Start {
            run: 1,
            title: String::new(),
            plan: reading.draft.clone().unwrap(),
            seed: 1,
            started_millis: 0.0,
            hosts: Vec::new(),
        },
    );
    stage.until_over(1);
    assert_eq!(stage.report().plan, reading.plan().unwrap());
    // Once more, with nothing read in between.
    let first = stage.report().board;
    stage.start(2, PLAN);
    stage.until_over(2);
    assert_eq!(
        aggregated(&stage.report().board.rows()).n_requests,
        aggregated(&first.rows()).n_requests
    );
}

#[test]
fn a_plan_that_cannot_run_is_refused_with_all_reasons() {
    let mut stage = Stage::new(quick);
    let plan = Draft::from_toml(&PLAN.replace("users = 3", "users = 0")).unwrap();
    let notice = stage.ask(Command::Start {
        run: 4,
        title: String::new(),
        plan: plan.to_json(),
        seed: 1,
        started_millis: 0.0,
        hosts: Vec::new(),
    });
    let Notice::Refused { run: 4, reason } = notice else {
        panic!("{notice:?}");
    };
    assert!(reason.contains("users"), "{reason}");
}

#[test]
fn files_are_the_hosts() {
    let mut stage = Stage::new(quick);
    let with = |file: &str| {
        let data = format!("[data.people]\ncsv = \"{file}\"\n[[user_class]]");
        PLAN.replace("[[user_class]]", &data)
            .replace("get = \"/\"", "get = \"/{{people.name}}\"")
    };
    stage.start(1, &with("users.csv"));
    stage.until_over(1);
    let sent = stage.world.logs.borrow()[0].sent.borrow()[0].1.clone();
    assert!(
        sent.url.contains("/ann") || sent.url.contains("/bob"),
        "{sent:?}"
    );
    stage.start(2, &with("others.csv"));
    let heard = stage.world.heard.borrow();
    assert!(
        matches!(heard.last(), Some(Notice::Refused { run: 2, reason }) if reason.contains("no such file")),
        "{:?}",
        heard.last()
    );
}

#[test]
fn the_threshold_that_ended_a_run_shows_no_credential() {
    let mut stage = Stage::new(failing);
    let threshold =
        "thresholds = [{ check = \"/a?api_key=k3y: failures < 1\", abort = true }]\n[load]";
    let plan = PLAN.replace("[load]", threshold);
    let plan = format!(
        "{}\n",
        plan.replace("get = \"/\"", "get = \"/a?api_key=k3y\"")
    );
    stage.start(1, &plan);
    stage.until_over(1);
    let cause = stage.report().board.end_cause().unwrap().to_string();
    assert!(cause.contains("/a?api_key=…: failures < 1"), "{cause}");
}

#[test]
fn a_threshold_ends_the_run_and_fails_it() {
    let mut stage = Stage::new(failing);
    let threshold = "thresholds = [{ check = \"fail_ratio < 10%\", abort = true }]\n[load]";
    let plan = PLAN.replace("[load]", threshold);
    stage.start(1, &plan);
    stage.until_over(1);
    let report = stage.report();
    assert!(
        matches!(report.board.end_cause(), Some(EndCause::Threshold(_))),
        "{:?}",
        report.board.end_cause()
    );
    assert_eq!(report.verdict(), RunVerdict::Failed);
    assert!(report.board.at() < Elapsed::from_secs(20));
}

#[test]
fn an_edit_changes_the_run_and_its_report() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.until(|world| board(world, 1).is_some_and(|it| it.state() == RunState::Running));
    let edited = Draft::from_toml(&PLAN.replace("users = 3", "users = 9")).unwrap();
    stage.session.handle_command(
        ME,
        Command::Edit {
            run: 1,
            plan: edited.to_json(),
        },
    );
    stage.until(|world| board(world, 1).is_some_and(|it| it.n_users() == 9));
    assert_eq!(stage.report().plan, edited);
    stage.session.handle_command(ME, Command::Stop { run: 1 });
    stage.until_over(1);
    assert_eq!(stage.report().board.end_cause(), Some(&EndCause::Person));
}

#[test]
fn an_edit_that_a_run_cannot_take_over_leaves_its_report_alone() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.until(|world| board(world, 1).is_some_and(|it| it.state() == RunState::Running));
    let closed = "users = 3\nspawn_rate = 10\nrun_time = \"20s\"";
    let open = PLAN.replace(closed, "arrivals = [{ duration = '1m', rate = 7 }]");
    let edit = Command::Edit {
        run: 1,
        plan: Draft::from_toml(&open).unwrap().to_json(),
    };
    stage.session.handle_command(ME, edit);
    assert_eq!(stage.report().plan, Draft::from_toml(PLAN).unwrap());
    stage.until_over(1);
    let later = PLAN.replace("users = 3", "users = 9");
    stage.session.handle_command(
        ME,
        Command::Edit {
            run: 1,
            plan: Draft::from_toml(&later).unwrap().to_json(),
        },
    );
    assert_eq!(stage.report().plan, Draft::from_toml(PLAN).unwrap());
    let loads = stage.world.heard.borrow();
    let n_loads = loads.iter().filter(|it| matches!(it, Notice::Load { .. }));
    assert_eq!(n_loads.count(), 1, "one at the start, none after an edit");
}

#[test]
fn an_edit_right_after_a_start_is_of_the_new_run() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.until_over(1);
    stage.start(2, PLAN);
    let edited = Draft::from_toml(&PLAN.replace("users = 3", "users = 9")).unwrap();
    let first = stage.report().plan;
    stage.session.handle_command(
        ME,
        Command::Edit {
            run: 2,
            plan: edited.to_json(),
        },
    );
    stage.until_over(2);
    assert_eq!(
        (stage.report().plan, first),
        (edited, Draft::from_toml(PLAN).unwrap())
    );
}

#[test]
fn a_time_that_is_none_starts_a_run_all_the_same() {
    let mut stage = Stage::new(quick);
    for (run, started_millis) in [(1, -1.0), (2, f64::NAN), (3, f64::MAX)] {
        stage.session.handle_command(
            ME,
            Command::Start {
                run,
                title: String::new(),
                plan: Draft::from_toml(PLAN).unwrap().to_json(),
                seed: 1,
                started_millis,
                hosts: Vec::new(),
            },
        );
        stage.until_over(run);
        assert_eq!(stage.report().started, Duration::ZERO);
    }
}

#[test]
fn a_new_run_ends_the_old_one_with_its_requests() {
    let mut stage = Stage::new(|_, _| answer_after(Duration::from_secs(3600), 200));
    stage.start(1, PLAN);
    stage.until(|world| {
        world
            .logs
            .borrow()
            .first()
            .is_some_and(|it| it.n_in_flight.get() == 3)
    });
    stage.start(2, PLAN);
    stage.pool.run_until_stalled();
    assert_eq!(stage.world.logs.borrow()[0].n_in_flight.get(), 0);
}

#[test]
fn runs_are_saved_while_they_go_on_and_at_their_end() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.until(|world| board(world, 1).is_some_and(|it| it.at() >= Elapsed::from_secs(7)));
    // With the first numbers, and after five seconds.
    assert_eq!(stage.archive().n_puts.get(), 2);
    let [entry] = &stage.list()[..] else {
        panic!("one run");
    };
    assert!(entry.is_running);
    let key = entry.key.clone();
    let refused = stage.history(HistoryCommand::Delete(vec![key.clone()]));
    assert!(
        matches!(&refused, HistoryNotice::Problem(it) if it.contains("cannot be deleted")),
        "{refused:?}"
    );
    stage.until_over(1);

    let [entry] = &stage.list()[..] else {
        panic!("one run");
    };
    assert!(!entry.is_running && stage.archive().running.borrow().is_empty());
    let saved = stage.archive().runs.borrow()[&key].report.clone();
    assert_eq!(Report::from_json(&saved).unwrap(), stage.report());

    stage.history(HistoryCommand::Rename(key.clone(), "B".to_owned()));
    assert_eq!(stage.list()[0].title, "B");
    let import = HistoryCommand::Import("a.json".to_owned(), saved.clone());
    assert!(matches!(stage.history(import), HistoryNotice::Problem(it) if it.contains("already")));
    stage.history(HistoryCommand::Delete(vec![key]));
    assert_eq!(stage.list(), []);
    stage.history(HistoryCommand::Import("a.json".to_owned(), saved));
    assert_eq!(stage.list()[0].title, "A");
}

#[test]
fn what_cannot_be_saved_is_said_once_and_when_it_can_again() {
    let mut stage = Stage::new(quick);
    *stage.archive().failure.borrow_mut() = Some("no room".to_owned());
    stage.start(1, PLAN);
    let problems = |world: &World| -> Vec<Option<String>> {
        let heard = world.heard.borrow();
        let problems = heard.iter().filter_map(|it| match it {
            Notice::Saved { run: 1, problem } => Some(problem.clone()),
            _ => None,
        });
        problems.collect()
    };
    stage.until(|world| board(world, 1).is_some_and(|it| it.at() >= Elapsed::from_secs(12)));
    let [Some(problem)] = &problems(&stage.world)[..] else {
        panic!("{:?}", problems(&stage.world));
    };
    assert!(problem.contains("no room"), "{problem}");
    *stage.archive().failure.borrow_mut() = None;
    stage.until_over(1);
    assert_eq!(problems(&stage.world).last(), Some(&None));
}

#[test]
fn a_host_may_save_nothing() {
    let mut stage = Stage::with(quick, None);
    stage.start(1, PLAN);
    stage.until_over(1);
    let notice = stage.history(HistoryCommand::List);
    assert!(matches!(notice, HistoryNotice::Problem(_)), "{notice:?}");
    assert_eq!(stage.report().verdict(), RunVerdict::NoFailures);
}

#[test]
fn a_file_of_a_run_holds_all_of_it() {
    let mut stage = Stage::new(quick);
    let write = |run| Command::Write {
        run,
        file: RunFile::Json,
        keeps_credentials: true,
        utc_offset_minutes: 0,
        color_scheme: None,
    };
    let none = stage.ask(write(None));
    assert!(
        matches!(none, Notice::History(HistoryNotice::Problem(_))),
        "{none:?}"
    );
    stage.start(1, PLAN);
    stage.until_over(1);
    let key = stage.list()[0].key.clone();
    for run in [None, Some(key)] {
        let Notice::Written { name, text, .. } = stage.ask(write(run)) else {
            panic!("no file");
        };
        assert_eq!(name, "Mayfly_2026-01-01-00h00_a.test_A.json");
        assert_eq!(Report::from_json(&text).unwrap(), stage.report());
    }
}

#[test]
fn one_request_is_tried_without_a_run() {
    let mut stage = Stage::new(quick);
    stage.session.handle_command(
        ME,
        Command::Try {
            id: 3,
            plan: Draft::from_toml(PLAN).unwrap().to_json(),
            place: "user_class[0].task[0]".to_owned(),
        },
    );
    stage.until(|world| {
        matches!(
            world.heard.borrow().last(),
            Some(Notice::Tried { id: 3, .. })
        )
    });
    let heard = stage.world.heard.borrow();
    let Some(Notice::Tried {
        result: Ok(trial), ..
    }) = heard.last()
    else {
        panic!("{:?}", heard.last());
    };
    assert_eq!(trial.requests.len(), 1);
    assert_eq!(stage.world.logs.borrow()[0].n_answered.get(), 1);
}

fn read(id: u32, source: Source) -> Command {
    Command::Read { id, source }
}

#[test]
fn a_run_needs_nothing_that_is_loaded_later_and_is_saved_once_it_is_there() {
    let mut stage = Stage::in_parts();
    let json = Draft::from_toml(PLAN).unwrap().to_json();
    stage
        .session
        .handle_command(ME, Command::History(HistoryCommand::List));
    for (id, source) in [
        (1, Source::Toml(PLAN.to_owned())),
        (2, Source::Json(json)),
        (3, Source::Json("{}".to_owned())),
    ] {
        stage.session.handle_command(ME, read(id, source));
    }
    let heard = stage.hear();
    let [Notice::Ready { .. }, Notice::Read { id: 2, reading }] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert!(reading.plan().is_some() && !reading.is_whole());
    assert!(!heard[1].is_answer());

    for run in [1, 2] {
        stage.start(run, PLAN);
        stage.until_over(run);
        stage.session.handle_command(ME, Command::Stop { run });
    }
    let is_of_run = |it: &Notice| {
        use Notice::{Began, Load, Snapshot};
        matches!(it, Began { .. } | Load { .. } | Snapshot { .. })
    };
    assert!(stage.hear().iter().all(is_of_run));
    assert_eq!(stage.archive().n_puts.get(), 0);
    assert_eq!(stage.archive().running.borrow().len(), 1, "two at one time");

    stage.end_load(true);
    let heard = stage.hear();
    let (mut ids, mut n_saved) = (Vec::new(), None);
    for notice in heard {
        match notice {
            Notice::Read { id, reading } => {
                assert!(reading.is_whole());
                ids.push(id);
            }
            Notice::History(HistoryNotice::List(entries)) => n_saved = Some(entries.len()),
            other => panic!("{other:?}"),
        }
    }
    // The two runs began at the same time with the same seed, so they are one.
    assert_eq!((ids, n_saved), (vec![1, 2, 3], Some(1)));
    assert_eq!(stage.archive().n_puts.get(), 2);
    assert!(stage.archive().running.borrow().is_empty());
}

#[test]
fn what_could_not_be_loaded_is_told_and_loaded_again_when_it_is_needed() {
    let mut stage = Stage::in_parts();
    let missing = [Notice::Loaded { is_whole: false }];
    stage.end_load(false);
    assert_eq!(stage.hear()[1..], missing);

    // The first numbers, and the last.
    stage.start(1, PLAN);
    stage.until(|world| board(world, 1).is_some());
    stage.end_load(false);
    stage.until_over(1);
    stage.end_load(false);
    assert_eq!(stage.archive().n_puts.get(), 0);

    stage.hear();
    stage.session.handle_command(ME, Command::Load);
    stage.session.handle_command(ME, Command::Load);
    stage.end_load(false);
    assert_eq!(stage.hear(), missing);
    stage.session.handle_command(ME, Command::Load);
    stage.end_load(true);
    assert_eq!(stage.hear(), [Notice::Loaded { is_whole: true }]);
    let entries = stage.list();
    assert_eq!(entries.len(), 1);
    let report = stage.archive().runs.borrow()[&entries[0].key]
        .report
        .clone();
    assert_eq!(Report::from_json(&report).unwrap(), stage.report());
}
