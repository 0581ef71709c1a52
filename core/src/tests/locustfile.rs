//! Runs whose tasks are in Python, without Python: what a shard makes of what it hears.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use crate::http::request::Request;
use crate::measure::board::{Board, aggregated};
use crate::measure::sample::Failure;
use crate::measure::snapshot::Snapshot;
use crate::plan::Plan;
use crate::run_state::{EndCause, RunState, ShardId};
use crate::running::script::heads::{
    Broken, Level, Loaded, LoadedClass, LoadedShape, OwnSample, RequestHead, ShapeTick, Verdict,
};
use crate::running::script::wire::{Ask, Reply};
use crate::running::shard::Command;
use crate::testing::{
    Answer, FakeScript, Log, ManualClock, Script, answer_after, answer_json, answer_later, name,
    run_script_to_end, scripted_shard,
};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

fn plan(load: &str) -> Plan {
    let toml = format!(
        "version = 1\nhost = 'http://a.test'\nload = {{ {load} }}\n\
         [locustfile]\nname = 'a.py'\ntext = ''\n"
    );
    Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}"))
}

fn loaded() -> Loaded {
    let class = |name: &str, weight| LoadedClass {
        name: name.to_owned(),
        weight,
        ..LoadedClass::default()
    };
    Loaded {
        classes: vec![class("A", 1.0), class("B", 2.0)],
        ..Loaded::default()
    }
}

fn get(number: u64, path: &str, catch: bool) -> Reply {
    let head = RequestHead {
        request: number,
        method: "GET".to_owned(),
        url: format!("http://a.test{path}"),
        name: path.to_owned(),
        redirects: true,
        catch,
        ..RequestHead::default()
    };
    Reply::Request(head.into(), Vec::new())
}

fn verdict(request: u64, failure: Option<&str>) -> Reply {
    Reply::Verdict(Verdict {
        request,
        failure: failure.map(str::to_owned),
        ..Verdict::default()
    })
}

/// A user that gets `/`, waits a second, and so on.
fn simple(_: u32, ask: Ask) -> Vec<Reply> {
    match ask {
        Ask::Answer(..) => vec![Reply::Wait(1.0)],
        Ask::Resume | Ask::Spawn(_) => vec![get(1, "/", false)],
        Ask::Stop => vec![Reply::Done],
        _ => vec![],
    }
}

struct Outcome {
    board: Board,
    snapshots: Vec<Snapshot>,
    log: std::rc::Rc<Log>,
    said: Vec<String>,
    exit_code: Option<u8>,
    most_messages: usize,
}

impl Outcome {
    fn cause(&self) -> Option<&EndCause> {
        self.board.end_cause()
    }

    #[track_caller]
    fn check_accounts(&self) {
        let accounts = self.board.accounts();
        assert!(accounts.adds_up(), "{accounts}");
        assert_eq!((accounts.queued, accounts.in_flight), (0, 0), "{accounts}");
    }
}

struct Run<A> {
    plan: Plan,
    loaded: Loaded,
    hosts: Option<Vec<String>>,
    answer: A,
    takes: Duration,
    commands: Vec<(Elapsed, Command)>,
}

impl<A: Fn(Elapsed, &Request) -> Answer> Run<A> {
    fn new(load: &str, answer: A) -> Self {
        Self {
            plan: plan(load),
            loaded: loaded(),
            hosts: None,
            answer,
            takes: Duration::ZERO,
            commands: Vec::new(),
        }
    }

    fn with(self, script: impl FnMut(u32, Ask) -> Vec<Reply>) -> Outcome {
        let clock = ManualClock::default();
        let (transport, log) = Script::new(&clock, self.answer);
        let shard = scripted_shard(
            &self.plan,
            &self.loaded,
            self.hosts.as_deref(),
            ShardId::ONLY,
        );
        let mut fake = FakeScript::new(&clock, script);
        fake.takes = self.takes;
        let snapshots = run_script_to_end(shard, Some(&fake), &transport, &clock, self.commands);
        let mut board = Board::default();
        for snapshot in &snapshots {
            board.post(snapshot.clone());
        }
        assert_eq!(board.state(), RunState::Stopped);
        Outcome {
            board,
            snapshots,
            log,
            said: fake.said.take().into_iter().map(|it| it.text).collect(),
            exit_code: fake.exit_code.get(),
            most_messages: fake.most_messages.get(),
        }
    }
}

fn ok(_: Elapsed, _: &Request) -> Answer {
    answer_after(100 * MILLI, 200)
}

#[test]
fn users_do_what_python_says_when_it_is_due() {
    let outcome = Run::new("users = 3, spawn_rate = 1, run_time = 10", ok).with(simple);
    // Users start at 0, 1 and 2 s, and send every 1.1 s.
    let sent = outcome.log.sent.borrow();
    let times: Vec<u64> = sent.iter().map(|it| it.0.as_micros() / 100_000).collect();
    assert_eq!(times[..6], [0, 10, 11, 20, 21, 22]);
    assert_eq!(outcome.cause(), Some(&EndCause::RunTime));
    outcome.check_accounts();
    let total = aggregated(&outcome.board.rows());
    assert_eq!(total.response_times.max, Some(100 * MILLI));
}

/// What is sent by a file that wants these URLs, one after the other, and what it hears of each instead of
/// an answer; of others it loads no hosts but these, if any are said.
fn sent_of(urls: &'static [&str], hosts: Option<&[&str]>) -> (Vec<String>, Vec<String>) {
    let mut run = Run::new("users = 1, spawn_rate = 1, run_time = 30", ok);
    run.hosts = hosts.map(|it| it.iter().map(ToString::to_string).collect());
    let (next, heard) = (Cell::new(0), RefCell::new(Vec::new()));
    let outcome = run.with(|_, ask| match ask {
        Ask::Answer(head, _) => {
            heard.borrow_mut().extend(head.error);
            vec![Reply::Wait(1.0)]
        }
        Ask::Resume | Ask::Spawn(_) => match urls.get(next.replace(next.get() + 1)) {
            Some(url) => {
                let Reply::Request(mut head, body) = get(next.get() as u64, "/", false) else {
                    unreachable!()
                };
                head.url = (*url).to_owned();
                vec![Reply::Request(head, body)]
            }
            None => vec![Reply::Done],
        },
        Ask::Stop => vec![Reply::Done],
        _ => vec![],
    });
    outcome.check_accounts();
    let sent = outcome.log.sent.borrow();
    let exceptions = outcome.board.exceptions();
    let n_exceptions: u64 = exceptions.iter().map(|it| it.count).sum();
    assert_eq!(n_exceptions, heard.borrow().len() as u64);
    (
        sent.iter().map(|it| it.1.url.to_string()).collect(),
        heard.take(),
    )
}

#[test]
fn a_confined_file_loads_no_hosts_of_others_but_those_that_are_known() {
    let urls = &[
        "http://a.test/1",
        "http://b.test/",
        "https://a.test/",
        "http://localhost:1/",
        "http://a.test:81/",
        "http:///b.test/",
        "http://me:secret@b.test/",
        "//b.test/",
        "http://10.0.0.1/",
    ];
    let (sent, heard) = sent_of(urls, Some(&["http://a.test/api"]));
    assert_eq!(
        sent,
        ["http://a.test/1", "http://localhost:1/", "http://10.0.0.1/"]
    );
    assert_eq!(heard.len(), 6, "{heard:?}");
    assert!(
        heard[0].contains("not sent to http://b.test:80"),
        "{heard:?}"
    );
    assert!(heard[4].contains("expected a URL"), "{heard:?}");
    assert!(!heard[4].contains("secret"), "{heard:?}");
    // A program of the machine is asked nothing, and what is no URL fails as a request.
    let (sent, heard) = sent_of(urls, None);
    assert_eq!((sent.len(), heard.len()), (9, 0));
}

#[test]
fn what_a_confined_file_says_when_it_is_loaded_for_a_run_adds_no_hosts() {
    let urls = &["http://a.test/", "https://b.test/"];
    // The host of its plan is http://a.test, which nobody was told.
    let (sent, heard) = sent_of(urls, Some(&["https://b.test"]));
    assert_eq!((sent, heard.len()), (vec!["https://b.test/".to_owned()], 1));
}

#[test]
fn classes_are_dealt_out_by_their_weights() {
    let classes = RefCell::new(BTreeMap::<u32, u32>::new());
    Run::new("users = 9, spawn_rate = 9, run_time = 2", ok).with(|id, ask| {
        if let Ask::Spawn(class) = ask {
            *classes.borrow_mut().entry(class).or_default() += 1;
        }
        simple(id, ask)
    });
    assert_eq!(classes.take(), BTreeMap::from([(0, 3), (1, 6)]));
}

#[test]
fn a_chosen_class_keeps_its_place_in_the_file() {
    let mut run = Run::new("users = 2, spawn_rate = 9, run_time = 1", ok);
    run.plan.locustfile.as_mut().unwrap().classes = vec!["B".to_owned()];
    run.with(|id, ask| {
        assert_ne!(ask, Ask::Spawn(0));
        simple(id, ask)
    });
}

#[test]
fn no_time_of_python_is_in_a_response_time() {
    let mut run = Run::new("users = 20, spawn_rate = 20, run_time = 5", ok);
    run.takes = 300 * MILLI;
    let outcome = run.with(simple);
    let total = aggregated(&outcome.board.rows());
    assert!(20 < total.n_requests, "{}", total.n_requests);
    assert_eq!(total.response_times.max, Some(100 * MILLI));
    outcome.check_accounts();
    // Messages are collected while a frame is out, and it is said that Python is late.
    assert!(5 < outcome.most_messages, "{}", outcome.most_messages);
    assert!(
        outcome.said.iter().any(|it| it.contains("Python was late")),
        "{:?}",
        outcome.said
    );
    assert!(
        outcome.said.iter().any(|it| it.contains("90 %")),
        "{:?}",
        outcome.said
    );
}

#[test]
fn a_wait_counts_from_what_python_took_for_now() {
    let mut run = Run::new("users = 1, spawn_rate = 1, run_time = 4", ok);
    run.takes = 300 * MILLI;
    let outcome = run.with(simple);
    let sent = outcome.log.sent.borrow();
    let times: Vec<u64> = sent.iter().map(|it| it.0.as_micros() / 100_000).collect();
    // The first frame is out until 0.3. Python hears of the answer at 0.4, and wants to go on at 1.4; the
    // next request is there at 1.7.
    assert_eq!(times, [3, 17, 31]);
}

/// When a user sends that judges its answers itself, in tenths of a second: each is 503 and asks for two.
fn times_of_refused(judges: bool, failure: Option<&'static str>) -> Vec<u64> {
    let later = |_: Elapsed, _: &Request| answer_later(100 * MILLI, 503, "2");
    let mut run = Run::new("users = 1, spawn_rate = 1, run_time = 6", later);
    run.plan.load.autostop = Some(true);
    let outcome = run.with(|_, ask| match ask {
        Ask::Answer(..) if judges => vec![verdict(1, failure), Reply::Wait(1.0)],
        Ask::Answer(..) => vec![Reply::Wait(1.0)],
        Ask::Resume | Ask::Spawn(_) => vec![get(1, "/", judges)],
        Ask::Stop => vec![Reply::Done],
        _ => vec![],
    });
    outcome.check_accounts();
    let sent = outcome.log.sent.borrow();
    sent.iter().map(|it| it.0.as_micros() / 100_000).collect()
}

#[test]
fn a_user_in_python_waits_as_long_as_the_target_asks() {
    assert_eq!(times_of_refused(false, None), [0, 21, 42]);
    assert_eq!(times_of_refused(true, Some("no")), [0, 21, 42]);
    // Its file takes the refusal for what it wants.
    assert_eq!(times_of_refused(true, None), [0, 11, 22, 33, 44, 55]);
}

#[test]
fn a_judged_request_counts_as_its_user_says() {
    let n_sent = Cell::new(0);
    let outcome = Run::new("users = 1, spawn_rate = 1, run_time = 4", |_, request| {
        answer_after(
            100 * MILLI,
            if request.url.ends_with("missing") {
                404
            } else {
                200
            },
        )
    })
    .with(|_, ask| match ask {
        Ask::Answer(head, _) => {
            let verdict = match head.request {
                1 => verdict(1, Some("no token")),
                2 => verdict(2, None),
                3 => Reply::Verdict(Verdict {
                    request: 3,
                    failure: Some("HTTPError('404 Client Error: Not Found')".to_owned()),
                    judge: true,
                    name: None,
                }),
                number => Reply::Verdict(Verdict {
                    request: number,
                    name: Some("renamed".to_owned()),
                    ..Verdict::default()
                }),
            };
            vec![verdict, Reply::Wait(0.5)]
        }
        Ask::Resume | Ask::Spawn(_) => {
            n_sent.set(n_sent.get() + 1);
            let path = if n_sent.get() == 1 { "/" } else { "/missing" };
            vec![get(n_sent.get(), path, true)]
        }
        Ask::Stop => vec![Reply::Done],
        _ => vec![],
    });
    outcome.check_accounts();
    let rows = outcome.board.rows();
    let row = |path: &str| rows.iter().find(|it| it.name == name(path)).unwrap();
    let failures: Vec<_> = row("/").failures.keys().cloned().collect();
    assert_eq!(failures, [Failure::Check("no token".into())]);
    let failures: Vec<_> = row("/missing").failures.keys().cloned().collect();
    assert_eq!(failures, [Failure::Status(404)]);
    assert_eq!(row("/missing").n_requests, 2);
    assert!(0 < row("renamed").n_requests);
}

#[test]
fn a_request_that_is_not_judged_in_time_is_given_up() {
    // A verdict after the answer to the next request is fine.
    let outcome =
        Run::new("users = 1, spawn_rate = 1, run_time = 2", ok).with(|_, ask| match ask {
            Ask::Spawn(_) => vec![get(1, "/outer", true)],
            Ask::Answer(head, _) if head.request == 1 => vec![get(2, "/inner", false)],
            Ask::Answer(..) => vec![verdict(1, None), get(3, "/never", true)],
            Ask::Stop => vec![Reply::Done],
            _ => vec![],
        });
    outcome.check_accounts();
    assert_eq!(outcome.board.accounts().answered, 2);

    let outcome =
        Run::new("users = 1, spawn_rate = 1, run_time = 2", ok).with(|_, ask| match ask {
            Ask::Spawn(_) => vec![get(1, "/", true)],
            // The answer is there, and it waits before it judges.
            Ask::Answer(..) => vec![Reply::Wait(100.0)],
            Ask::Stop => vec![Reply::Done],
            _ => vec![],
        });
    outcome.check_accounts();
    assert_eq!(outcome.board.accounts().given_up, 1);
    // Until then it is in flight.
    let middle = outcome
        .snapshots
        .iter()
        .find(|it| Elapsed::from_secs(1) <= it.at);
    assert_eq!(middle.unwrap().n_in_flight, 1);
}

#[test]
fn users_that_are_told_to_stop_do_what_the_file_has_for_it() {
    let outcome =
        Run::new("users = 2, spawn_rate = 9, run_time = 2", ok).with(|id, ask| match ask {
            Ask::Stop => vec![get(9, "/logout", false)],
            Ask::Answer(head, _) if head.request == 9 => vec![Reply::Done],
            ask => simple(id, ask),
        });
    outcome.check_accounts();
    let rows = outcome.board.rows();
    let logout = rows.iter().find(|it| it.name == name("/logout")).unwrap();
    assert_eq!(logout.n_requests, 2);
    assert_eq!(outcome.board.at(), Elapsed::from_micros(2_100_000));
}

#[test]
fn a_user_may_finish_its_task_if_the_plan_gives_it_time() {
    let load = "users = 1, spawn_rate = 1, run_time = 1, stop_timeout = 9";
    let slow = |_: Elapsed, _: &Request| answer_after(3000 * MILLI, 200);
    let outcome = Run::new(load, slow).with(simple);
    assert_eq!(outcome.board.accounts().answered, 1);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(3));

    // One that goes on and on is stopped, and then forgotten.
    let load = "users = 1, spawn_rate = 1, run_time = 1, stop_timeout = 2";
    let n_stops = Cell::new(0);
    let outcome = Run::new(load, ok).with(|_, ask| match ask {
        Ask::Stop => {
            n_stops.set(n_stops.get() + 1);
            vec![Reply::Done]
        }
        Ask::Answer(..) | Ask::Spawn(_) => vec![get(1, "/", false)],
        _ => vec![],
    });
    assert_eq!(
        (n_stops.get(), outcome.board.at()),
        (1, Elapsed::from_secs(3))
    );
    outcome.check_accounts();
}

#[test]
fn exceptions_are_counted_by_task_with_their_line() {
    let broken = || Broken {
        task: "A.index".to_owned(),
        line: Some(12),
        r#type: "KeyError".to_owned(),
        message: "'id'".to_owned(),
        ..Broken::default()
    };
    let outcome =
        Run::new("users = 1, spawn_rate = 1, run_time = 5", ok).with(|_, ask| match ask {
            Ask::Spawn(_) => vec![Reply::Exception(broken()), Reply::Wait(1.0)],
            Ask::Resume => vec![Reply::Dead(broken())],
            _ => vec![Reply::Done],
        });
    let exceptions = outcome.board.exceptions();
    assert_eq!(&*exceptions[0].task, "A.index");
    assert_eq!(&*exceptions[0].message, "KeyError: 'id' (line 12)");
    assert_eq!(exceptions[0].count, 2);
    assert_eq!(outcome.board.n_dead(), 1);
    assert_eq!(outcome.cause(), Some(&EndCause::NoUsersLeft));
}

#[test]
fn a_run_whose_users_are_all_done_ends_as_wanted() {
    let outcome = Run::new("users = 3, spawn_rate = 9", ok).with(|_, ask| match ask {
        Ask::Spawn(_) => vec![get(1, "/", false)],
        _ => vec![Reply::Done],
    });
    assert_eq!(outcome.cause(), Some(&EndCause::AllDone));
    assert_eq!(outcome.board.accounts().answered, 3);
}

#[test]
fn a_file_can_end_the_run_and_say_with_which_number() {
    let outcome = Run::new("users = 1, spawn_rate = 1", ok).with(|id, ask| match ask {
        Ask::Answer(..) => vec![Reply::Quit, Reply::Wait(1.0)],
        Ask::Event(event) if event["name"] == "quitting" => vec![Reply::Exit(Some(7))],
        ask => simple(id, ask),
    });
    assert_eq!(outcome.cause(), Some(&EndCause::Quit));
    assert_eq!(outcome.exit_code, Some(7));
    outcome.check_accounts();
}

#[test]
fn events_of_the_run_are_told_in_order() {
    let events = RefCell::new(Vec::new());
    let mut run = Run::new("users = 2, spawn_rate = 2, run_time = 3", ok);
    run.commands = vec![(Elapsed::from_secs(2), Command::Reset)];
    run.with(|id, ask| {
        if let Ask::Event(event) = &ask {
            events
                .borrow_mut()
                .push(event["name"].as_str().unwrap().to_owned());
        }
        simple(id, ask)
    });
    let expected = [
        "test_start",
        "spawning_complete",
        "reset_stats",
        "test_stop",
        "quitting",
    ];
    assert_eq!(events.take(), expected);
}

#[test]
fn an_interpreter_that_dies_ends_the_run_with_all_numbers() {
    let n_answers = Cell::new(0);
    let outcome = Run::new("users = 4, spawn_rate = 9, run_time = 60", ok).with(|id, ask| {
        if let Ask::Answer(..) = ask {
            n_answers.set(n_answers.get() + 1);
            if n_answers.get() == 10 {
                return vec![];
            }
        }
        simple(id, ask)
    });
    let cause = EndCause::Locustfile("Python ended with exit code 3".into());
    assert_eq!(outcome.cause(), Some(&cause));
    outcome.check_accounts();
    assert!(10 <= outcome.board.accounts().answered);
    assert_eq!(outcome.said, ["Python ended with exit code 3"]);
}

#[test]
fn an_answer_that_makes_no_sense_ends_the_run() {
    for senseless in [
        vec![],
        vec![Reply::Done, Reply::Done],
        vec![Reply::Verdict(Verdict::default())],
    ] {
        let outcome =
            Run::new("users = 1, spawn_rate = 1, run_time = 60", ok).with(|id, ask| match ask {
                Ask::Resume if senseless.is_empty() => {
                    vec![Reply::Log(crate::running::script::heads::Log {
                        level: Level::Info,
                        text: "no answer".to_owned(),
                    })]
                }
                Ask::Resume => senseless.clone(),
                ask => simple(id, ask),
            });
        let cause = outcome.cause().unwrap().to_string();
        assert!(cause.contains("makes no sense"), "{cause}");
        outcome.check_accounts();
    }
}

#[test]
fn a_method_that_is_not_sent_is_an_exception_and_its_user_hears_it() {
    let heard = Cell::new(false);
    let outcome =
        Run::new("users = 1, spawn_rate = 1, run_time = 2", ok).with(|_, ask| match ask {
            Ask::Spawn(_) => {
                let head = RequestHead {
                    request: 1,
                    method: "PURGE".to_owned(),
                    url: "http://a.test/".to_owned(),
                    name: "/".to_owned(),
                    ..RequestHead::default()
                };
                vec![Reply::Request(head.into(), Vec::new())]
            }
            Ask::Answer(head, _) => {
                heard.set(head.error.unwrap().contains("PURGE"));
                vec![Reply::Wait(9.0)]
            }
            _ => vec![Reply::Done],
        });
    assert!(heard.get());
    assert!(outcome.board.exceptions()[0].message.contains("PURGE"));
    assert_eq!(outcome.board.accounts().due, 0);
}

#[test]
fn bodies_and_headers_of_answers_reach_the_file() {
    let json =
        |_: Elapsed, _: &Request| answer_json(MILLI, 200, &serde_json::json!({ "token": "t" }));
    let seen = RefCell::new(Vec::new());
    Run::new("users = 1, spawn_rate = 1, run_time = 1", json).with(|_, ask| match ask {
        Ask::Spawn(_) => vec![get(1, "/", false)],
        Ask::Answer(head, body) => {
            assert_eq!(head.headers[0].1, "application/json");
            assert_eq!(head.elapsed, 0.001);
            seen.replace(body);
            vec![Reply::Wait(9.0)]
        }
        _ => vec![Reply::Done],
    });
    assert_eq!(seen.take(), br#"{"token":"t"}"#);
}

#[test]
fn a_user_that_forgets_its_cookies_has_a_new_session() {
    let outcome =
        Run::new("users = 1, spawn_rate = 1, run_time = 4", ok).with(|_, ask| match ask {
            Ask::Answer(head, _) if head.request == 2 => {
                let head = RequestHead {
                    request: 3,
                    method: "GET".to_owned(),
                    url: "http://a.test/".to_owned(),
                    name: "/".to_owned(),
                    clear_cookies: true,
                    ..RequestHead::default()
                };
                vec![Reply::Request(head.into(), Vec::new())]
            }
            Ask::Answer(head, _) if head.request < 5 => vec![get(head.request + 1, "/", false)],
            Ask::Answer(..) => vec![Reply::Wait(9.0)],
            Ask::Spawn(_) => vec![get(1, "/", false)],
            _ => vec![Reply::Done],
        });
    assert_eq!(*outcome.log.n_before.borrow(), [0, 1, 0, 1, 2]);
}

#[test]
fn a_shape_that_is_asked_sets_the_number_of_users() {
    let mut run = Run::new("users = 1, spawn_rate = 1", ok);
    run.loaded.shape = Some(LoadedShape {
        is_live: true,
        ..LoadedShape::default()
    });
    let n_ticks = Cell::new(0_u32);
    let outcome = run.with(|id, ask| match ask {
        Ask::Tick(_) => {
            n_ticks.set(n_ticks.get() + 1);
            let users = if n_ticks.get() < 5 { 3 } else { 6 };
            let tick = ShapeTick {
                users,
                spawn_rate: 10.0,
                classes: None,
            };
            vec![Reply::Shape((n_ticks.get() < 10).then_some(tick))]
        }
        ask => simple(id, ask),
    });
    assert_eq!(outcome.board.at(), Elapsed::from_secs(9));
    let users = |secs| {
        let mut snapshots = outcome.snapshots.iter();
        snapshots
            .find(|it| Elapsed::from_secs(secs) <= it.at)
            .unwrap()
            .n_users
    };
    assert_eq!((users(3), users(7)), (3, 6));
}

#[test]
fn a_limit_of_requests_ends_a_run() {
    for catch in [false, true] {
        let run = Run::new("users = 2, spawn_rate = 9, max_requests = 5", ok);
        let events = RefCell::new(Vec::new());
        let outcome = run.with(|_, ask| match ask {
            Ask::Event(event) => {
                events.borrow_mut().push(event["name"].to_string());
                vec![]
            }
            Ask::Answer(answer, _) if catch => {
                vec![verdict(answer.request, None), Reply::Wait(1.0)]
            }
            Ask::Answer(..) => vec![Reply::Wait(1.0)],
            Ask::Resume | Ask::Spawn(_) => vec![get(1, "/", catch)],
            Ask::Stop => vec![Reply::Done],
            _ => vec![],
        });
        assert_eq!(outcome.cause(), Some(&EndCause::MaxRequests));
        assert_eq!(aggregated(&outcome.board.rows()).n_requests, 5);
        let events = events.into_inner();
        assert!(
            events.ends_with(&["\"test_stop\"".to_owned(), "\"quitting\"".to_owned()]),
            "{events:?}"
        );
    }
}

#[test]
fn a_live_shape_goes_by_its_spawn_rate() {
    let mut run = Run::new("users = 1, spawn_rate = 1, run_time = 8", ok);
    run.loaded.shape = Some(LoadedShape {
        is_live: true,
        ..LoadedShape::default()
    });
    let outcome = run.with(|id, ask| match ask {
        Ask::Tick(_) => vec![Reply::Shape(Some(ShapeTick {
            users: 20,
            spawn_rate: 0.25,
            classes: Some(vec!["A".to_owned()]),
        }))],
        ask => simple(id, ask),
    });
    let most = outcome.snapshots.iter().map(|it| it.n_users).max();
    assert!(most.is_some_and(|it| it <= 4), "{most:?}");
    let warnings = outcome.said.iter();
    let warnings = warnings.filter(|it| it.contains("names user classes"));
    assert_eq!(warnings.count(), 1, "{:?}", outcome.said);
}

#[test]
fn who_decides_at_the_end_knows_all_statistics() {
    let mut run = Run::new("users = 3, spawn_rate = 9, run_time = 5.2", ok);
    run.loaded.uses_stats = true;
    let (newest, at_end) = (Cell::new(0), Cell::new(0));
    let outcome = run.with(|id, ask| match ask {
        Ask::Stats(stats) => {
            newest.set(stats["total"]["num_requests"].as_u64().unwrap());
            vec![]
        }
        Ask::Event(event) if event["name"] == "quitting" => {
            at_end.set(newest.get());
            vec![]
        }
        ask => simple(id, ask),
    });
    assert_eq!(at_end.get(), aggregated(&outcome.board.rows()).n_requests);
}

#[test]
fn a_file_that_looks_at_the_statistics_is_told_them() {
    let mut run = Run::new("users = 1, spawn_rate = 1, run_time = 5", ok);
    run.loaded.uses_stats = true;
    let seen = RefCell::new(serde_json::Value::Null);
    run.with(|id, ask| match ask {
        // The last ones are told when nobody is left.
        Ask::Stats(stats) if stats["user_count"] != 0 => {
            seen.replace(stats);
            vec![]
        }
        ask => simple(id, ask),
    });
    let seen = seen.take();
    assert_eq!(seen["user_count"], 1);
    assert_eq!(seen["entries"][0]["name"], "/");
    assert!(0 < seen["total"]["num_requests"].as_u64().unwrap());
    assert_eq!(seen["total"]["percentiles"]["0.5"], 100.0);
}

#[test]
fn a_request_that_the_file_measured_has_a_row_of_its_own() {
    let outcome =
        Run::new("users = 1, spawn_rate = 1, run_time = 2", ok).with(|_, ask| match ask {
            Ask::Spawn(_) => vec![Reply::Wait(1.0)],
            Ask::Resume => {
                let sample = OwnSample {
                    r#type: "grpc".to_owned(),
                    name: "Say".to_owned(),
                    response_time: 12.0,
                    length: 3,
                    error: Some("refused".to_owned()),
                };
                vec![Reply::Sample(sample), Reply::Wait(9.0)]
            }
            _ => vec![Reply::Done],
        });
    let rows = outcome.board.rows();
    assert_eq!(rows[0].name, name("grpc Say"));
    assert_eq!(rows[0].response_times.max, Some(12 * MILLI));
    assert_eq!(rows[0].n_failures(), 1);
    outcome.check_accounts();
}

#[test]
fn a_file_that_wants_a_frame_gets_one() {
    let clocks = RefCell::new(Vec::new());
    Run::new("users = 1, spawn_rate = 1, run_time = 5", ok).with(|_, ask| match ask {
        Ask::Clock(secs) => {
            clocks.borrow_mut().push(secs);
            if clocks.borrow().len() == 1 {
                vec![Reply::Wake(2.5)]
            } else {
                vec![]
            }
        }
        Ask::Spawn(_) => vec![Reply::Wait(100.0)],
        Ask::Stop => vec![Reply::Done],
        _ => vec![],
    });
    assert!(clocks.borrow().contains(&2.5), "{clocks:?}");
}

#[test]
fn a_run_without_a_wait_does_not_hang() {
    let outcome =
        Run::new("users = 2, spawn_rate = 9, run_time = 1", ok).with(|_, ask| match ask {
            Ask::Resume | Ask::Spawn(_) => vec![Reply::Wait(0.0)],
            _ => vec![Reply::Done],
        });
    assert_eq!(outcome.board.at(), Elapsed::from_secs(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever users do, and whenever they are stopped or are more or fewer: each request that was due
    /// is in one count.
    #[test]
    fn all_that_was_due_is_in_one_count(
        choices in prop::collection::vec(0_u8..9, 40),
        stop_timeout in 0_u32..3,
        takes in 0_u32..50,
        changes in prop::collection::vec((1_u64..9000, 1_u32..30, 0_u8..8), 0..6),
        end in 1_u64..9000,
    ) {
        let answer = |now: Elapsed, _: &Request| {
            let nth = usize::try_from(now.as_micros() / 1000).unwrap();
            let status = if choices[nth % choices.len()] == 0 { 500 } else { 200 };
            answer_after(u32::from(choices[(nth * 7) % choices.len()]) * 37 * MILLI, status)
        };
        let load = format!("users = 8, spawn_rate = 4, run_time = 20, stop_timeout = {stop_timeout}");
        let mut run = Run::new(&load, answer);
        run.takes = takes * MILLI;
        for &(at, users, kind) in &changes {
            let mut edited = plan(&load);
            edited.load.shape = crate::testing::users(users, 20.0);
            let command = if kind == 0 { Command::Reset } else { Command::Edit(Box::new(edited)) };
            run.commands.push((Elapsed::from_micros(at * 1000), command));
        }
        run.commands.push((Elapsed::from_micros(end * 1000), Command::Stop(EndCause::Person)));
        run.commands.sort_by_key(|it| it.0);
        let n_asked = Cell::new(0_usize);
        let open = RefCell::new(BTreeMap::<u32, Vec<u64>>::new());
        let outcome = run.with(|id, ask| {
            let nth = n_asked.get();
            n_asked.set(nth + 1);
            let choice = choices[(nth * 13 + id as usize) % choices.len()];
            let number = nth as u64;
            let mut replies = Vec::new();
            let mut open = open.borrow_mut();
            let open = open.entry(id).or_default();
            match ask {
                Ask::Spawn(_) => open.clear(),
                Ask::Answer(..) | Ask::Resume => {}
                // Some do something before they go.
                Ask::Stop if choice == 1 => return vec![get(number, "/stop", false)],
                Ask::Stop => return vec![Reply::Done],
                _ => return vec![],
            }
            if choice % 2 == 0 {
                let failure = (choice == 4).then_some("bad");
                replies.extend(open.drain(..).map(|it| verdict(it, failure)));
            }
            replies.push(match choice {
                0 | 1 => Reply::Wait(0.05),
                2 => Reply::Wait(0.0),
                3 => Reply::Dead(Broken::default()),
                4 => Reply::Done,
                _ => {
                    let is_judged = choice % 2 == 1;
                    if is_judged {
                        open.push(number);
                    }
                    get(number, "/", is_judged)
                }
            });
            replies
        });
        let accounts = outcome.board.accounts();
        prop_assert!(accounts.adds_up(), "{}", accounts);
        prop_assert_eq!((accounts.queued, accounts.in_flight), (0, 0));
        let cause = outcome.cause().unwrap();
        prop_assert!(!matches!(cause, EndCause::Locustfile(_)), "{}", cause);
        for snapshot in &outcome.snapshots {
            let mut board = Board::default();
            board.post(snapshot.clone());
            prop_assert!(board.accounts().adds_up(), "{}", board.accounts());
        }
    }
}
