//! Runs whose numbers are wrong in a known way, and what is said of them.

use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;

use super::{Cause, Grade, Reason, Validity};
use crate::http::request::Request;
use crate::http::transport::TransportError;
use crate::measure::board::Board;
use crate::plan::{Load, Plan, Shape};
use crate::running::shard::Command;
use crate::testing::{
    Answer, Faults, Simulation, answer_after, answer_later, arrival_stage, arrivals, class, load,
    plan,
};
use crate::time::{Elapsed, Reading};
use crate::verdict::threshold::TooFew;

const MILLI: Duration = Duration::from_millis(1);

type Target = fn(Elapsed, &Request) -> Answer;

/// A target that takes 5.6 ms.
fn quick(_: Elapsed, _: &Request) -> Answer {
    answer_after(Duration::from_micros(5600), 200)
}

/// A target that answers nothing at all.
fn silent(_: Elapsed, _: &Request) -> Answer {
    answer_after(Duration::from_secs(1000), 200)
}

/// A target that answers nothing from 7.5 s on.
fn hangs(at: Elapsed, request: &Request) -> Answer {
    match at < Elapsed::from_micros(7_500_000) {
        true => quick(at, request),
        false => silent(at, request),
    }
}

/// Every 50th connection finds no file.
fn short_of_files(at: Elapsed, request: &Request) -> Answer {
    match at.as_micros() / 5600 % 50 {
        0 => Answer {
            after: 5 * MILLI,
            result: Err(TransportError::TooManyOpenFiles),
        },
        _ => quick(at, request),
    }
}

/// So many users without a wait, for ten seconds.
fn users(n_users: u32) -> Plan {
    plan(vec![class("A", 1)], load(n_users, 1e6), 10)
}

/// Ten users without a wait who do as the target asks.
fn polite() -> Plan {
    let mut plan = users(10);
    plan.load.autostop = Some(true);
    plan
}

/// So many users who wait so long, for ten seconds.
fn waiting(n_users: u32, wait: &str) -> Plan {
    let text = format!(
        "version = 1\nload = {{ users = {n_users}, spawn_rate = 1e6, run_time = 10 }}\n\
         [[user_class]]\nname = 'A'\nwait = {wait}\ntask = [{{ get = '/' }}]\n"
    );
    Plan::from_toml(&text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// So many arrivals a second for ten seconds, for at most so many users.
fn rate(rate: f64, max_users: u32) -> Plan {
    let shape = Shape::Arrivals(arrivals(&[arrival_stage(10, rate, rate)], max_users));
    plan(vec![class("A", 1)], Load::new(shape), 10)
}

fn simulation(plan: Plan, target: Target) -> Simulation<Target> {
    Simulation::new(plan, target)
}

/// As a browser has it: 6 connections.
fn page(plan: Plan, target: Target) -> Simulation<Target> {
    Simulation {
        capacity: Rc::new(|_, _| 6),
        ..simulation(plan, target)
    }
}

fn with(faults: Faults, run: Simulation<Target>) -> Simulation<Target> {
    Simulation { faults, ..run }
}

fn stalled(from: u64, to: u64) -> Faults {
    let [from, to] = [from, to].map(|millis| Elapsed::from_micros(millis * 1000));
    Faults {
        stall: Some((from, to)),
        ..Faults::default()
    }
}

fn late(lag: Duration) -> Faults {
    Faults {
        lag,
        ..Faults::default()
    }
}

fn reading(reading: fn(Elapsed) -> Reading) -> Faults {
    Faults {
        reading,
        ..Faults::default()
    }
}

fn validity(board: &Board) -> Validity {
    Validity::new(board, &[]).expect("a run of this version")
}

fn reason(validity: &Validity, cause: Cause) -> &Reason {
    let mut reasons = validity.reasons.iter();
    reasons
        .find(|it| it.cause == cause)
        .unwrap_or_else(|| panic!("{cause:?} in {validity:?}"))
}

/// Each is a way in which a number of a generator passes for one of a target.
#[test]
#[expect(clippy::too_many_lines, reason = "most of them are a table")]
fn no_wrong_number_is_valid() {
    let no_time: fn(Elapsed) -> Reading = |at| Reading {
        processor: Some(at.to_duration()),
        ..Reading::default()
    };
    let steps: fn(Elapsed) -> Reading = |_| Reading {
        resolution: MILLI,
        ..Reading::default()
    };
    let slept: fn(Elapsed) -> Reading = |at| Reading {
        unix_time: Some(at.to_duration() + Duration::from_secs(at.as_secs() / 5 * 60)),
        ..Reading::default()
    };
    let (limited, invalid) = (Grade::Limited, Grade::Invalid);
    let cases = [
        // The seven configurations that once gave a wrong number without a word.
        (
            "half-open target",
            simulation(users(4), silent),
            Cause::NothingMeasured,
            invalid,
        ),
        (
            "half-open target, arrivals",
            simulation(rate(20.0, 200), silent),
            Cause::NothingMeasured,
            invalid,
        ),
        (
            "stall across the end",
            simulation(rate(100.0, 1000), hangs),
            Cause::GivenUp,
            invalid,
        ),
        (
            "stall across the end, page",
            page(rate(100.0, 1000), hangs),
            Cause::GivenUp,
            invalid,
        ),
        (
            "stopped for 6 s",
            with(stalled(2000, 8000), simulation(rate(50.0, 1000), quick)),
            Cause::Standstill,
            invalid,
        ),
        (
            "16 users, 6 connections",
            page(users(16), quick),
            Cause::OwnQueue,
            invalid,
        ),
        (
            "64 users, 6 connections",
            page(users(64), quick),
            Cause::OwnQueue,
            invalid,
        ),
        // And more.
        (
            "7 users, 6 connections",
            page(users(7), quick),
            Cause::OwnQueue,
            limited,
        ),
        (
            "stopped for 6 s, users",
            with(stalled(2000, 8000), simulation(users(10), quick)),
            Cause::Standstill,
            invalid,
        ),
        (
            "frozen for 0.6 s",
            with(stalled(2000, 2600), simulation(users(10), quick)),
            Cause::Standstill,
            limited,
        ),
        (
            "late timers, arrivals",
            with(late(20 * MILLI), simulation(rate(50.0, 1000), quick)),
            Cause::StartLag,
            limited,
        ),
        (
            "very late timers, arrivals",
            with(late(80 * MILLI), simulation(rate(5.0, 1000), quick)),
            Cause::StartLag,
            invalid,
        ),
        (
            "late timers, users",
            with(late(12 * MILLI), simulation(waiting(10, "0.1"), quick)),
            Cause::RateNotReached,
            limited,
        ),
        (
            "very late timers, users",
            with(late(90 * MILLI), simulation(waiting(2, "0.01"), quick)),
            Cause::RateNotReached,
            invalid,
        ),
        (
            "unsent arrivals",
            page(rate(100.0, 1000), hangs),
            Cause::RateNotReached,
            invalid,
        ),
        (
            "asked to come later",
            simulation(polite(), |_, _| answer_later(5 * MILLI, 503, "2")),
            Cause::HeldBack,
            limited,
        ),
        (
            "too few users for arrivals",
            simulation(rate(1000.0, 3), quick),
            Cause::Dropped,
            limited,
        ),
        (
            "short of files",
            simulation(users(10), short_of_files),
            Cause::OpenFiles,
            invalid,
        ),
        (
            "no processor time to spare",
            with(reading(no_time), simulation(users(10), quick)),
            Cause::Processor,
            limited,
        ),
        (
            "clock of 1 ms",
            with(reading(steps), simulation(users(2), quick)),
            Cause::ClockResolution,
            limited,
        ),
        (
            "slept for a minute",
            with(reading(slept), simulation(users(2), quick)),
            Cause::ClockStep,
            limited,
        ),
        (
            "ten requests",
            simulation(waiting(1, "1"), quick),
            Cause::TooFew,
            limited,
        ),
    ];
    for (what, run, cause, expected) in cases {
        let validity = validity(&run.run().board);
        let reason = reason(&validity, cause);
        assert_eq!(reason.verdict, expected, "{what}: {reason:?}");
        assert!(validity.verdict >= expected, "{what}: {validity:?}");
        assert!(reason.from <= reason.to, "{what}: {reason:?}");
    }
}

#[test]
fn the_evidence_says_what_the_target_took() {
    let run = page(users(64), quick).run();
    let validity = validity(&run.board);
    let found = reason(&validity, Cause::OwnQueue);
    let text = &found.evidence;
    assert!(
        text.contains("the median is 61.6 ms, and 5.6 ms without it"),
        "{text}"
    );
    assert!(found.from < Elapsed::from_secs(1) && Elapsed::from_secs(9) < found.to);
}

#[test]
fn percentiles_are_told_with_what_was_given_up() {
    let run = simulation(rate(100.0, 1000), hangs).run();
    let validity = validity(&run.board);
    let text = &reason(&validity, Cause::GivenUp).evidence;
    assert!(text.contains("the 95th percentile is at least "), "{text}");
}

#[test]
fn a_standstill_is_found_where_it_was() {
    let run = with(stalled(2000, 8000), simulation(rate(50.0, 1000), quick));
    let validity = validity(&run.run().board);
    let found = reason(&validity, Cause::Standstill);
    let (from, to) = (Elapsed::from_secs(2), Elapsed::from_secs(8));
    assert!(
        from <= found.from && found.from.since(from) <= 100 * MILLI,
        "{found:?}"
    );
    assert!(
        to <= found.to && found.to.since(to) <= 100 * MILLI,
        "{found:?}"
    );
}

#[test]
fn a_reset_forgets_what_was_wrong_before() {
    let mut run = with(stalled(1000, 3000), simulation(users(10), quick));
    run.commands = vec![(Elapsed::from_secs(5), Command::Reset)];
    let validity = validity(&run.run().board);
    assert_eq!(validity.reasons, []);
}

#[test]
fn a_threshold_that_asks_for_more_requests_is_told() {
    let run = simulation(users(1), quick).run();
    let too_few = TooFew {
        found: 1785,
        needed: 5662,
    };
    let validity = Validity::new(&run.board, &[too_few]).unwrap();
    let text = &reason(&validity, Cause::TooFew).evidence;
    assert!(
        text.contains("1785 requests, and 5662 are needed"),
        "{text}"
    );
}

#[test]
fn a_hidden_page_is_only_told_where_it_stood_still() {
    let hide = |is_hidden, secs| (Elapsed::from_secs(secs), Command::Hide(is_hidden));
    let commands = vec![hide(true, 2), hide(false, 4)];
    let run = |faults| Simulation {
        commands: commands.clone(),
        ..with(faults, simulation(users(10), quick))
    };
    assert_eq!(validity(&run(Faults::default()).run().board).reasons, []);
    let frozen = validity(&run(stalled(2500, 3500)).run().board);
    let text = &reason(&frozen, Cause::Hidden).evidence;
    assert!(text.contains("hidden for "), "{text}");
}

#[test]
fn another_run_of_the_browser_limits_this_one() {
    let share = |is_shared, secs| (Elapsed::from_secs(secs), Command::Share(is_shared));
    let mut run = simulation(users(10), quick);
    run.commands = vec![share(false, 1), share(true, 2), share(false, 4)];
    let validity = validity(&run.run().board);
    let found = reason(&validity, Cause::OtherRun);
    assert_eq!(validity.verdict, Grade::Limited);
    assert!(found.evidence.contains("for 2000.0 ms of"), "{found:?}");
    let times = (found.from, found.to);
    assert_eq!(times, (Elapsed::from_secs(2), Elapsed::from_secs(4)));
}

#[test]
fn what_a_browser_may_have_let_wait_unseen_limits_the_run() {
    let run = simulation(users(10), quick).run();
    let mut snapshot = run.snapshots.last().unwrap().clone();
    let n_requests: u64 = snapshot.rows.iter().map(|it| it.n_requests).sum();
    for (n_waiting, is_told) in [(n_requests / 200, false), (n_requests / 50, true)] {
        snapshot.health.as_mut().unwrap().n_maybe_waiting = n_waiting;
        let mut board = Board::default();
        board.post(snapshot.clone());
        let causes = validity(&board).reasons;
        let told = causes
            .iter()
            .find(|it| it.cause == Cause::UnknownConnections);
        assert_eq!(told.map(|it| it.verdict), is_told.then_some(Grade::Limited));
    }
}

#[test]
fn a_count_that_is_lost_is_a_fault_of_the_generator() {
    let run = simulation(users(10), quick).run();
    let mut snapshot = run.snapshots.last().unwrap().clone();
    snapshot.n_due += 1;
    let mut board = Board::default();
    board.post(snapshot.clone());
    assert_eq!(
        reason(&validity(&board), Cause::Counts).verdict,
        Grade::Invalid
    );

    // That of an earlier version has nothing to judge.
    snapshot.health = None;
    let mut board = Board::default();
    board.post(snapshot);
    assert_eq!(Validity::new(&board, &[]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// A generator within its limits measures its target, whatever that does.
    #[test]
    fn a_run_within_limits_is_valid(
        n_users in 1_u32..40,
        is_open: bool,
        n_shards in 1_u32..4,
        service_micros in 3_000_u64..60_000,
        stall_millis in 0_u64..3000,
        status in prop::sample::select(vec![200_u16, 503]),
        lag_micros in 0_u64..50,
    ) {
        let plan = if is_open { rate(50.0, 1000) } else { users(n_users) };
        let answer = move |at: Elapsed, _: &Request| {
            let service = Duration::from_micros(service_micros);
            let stall = match at.as_micros() {
                4_000_000..4_500_000 => Duration::from_millis(stall_millis),
                _ => Duration::ZERO,
            };
            answer_after(service + stall, status)
        };
        let run = Simulation {
            n_shards,
            faults: late(Duration::from_micros(lag_micros)),
            ..Simulation::new(plan, answer)
        };
        prop_assert_eq!(validity(&run.run().board).reasons, []);
    }

    /// The law of accounting, in each snapshot of each run.
    #[test]
    fn the_counts_of_a_generator_always_add_up(
        n_users in 1_u32..40,
        capacity in 1_usize..10,
        is_open: bool,
        hangs_at_all: bool,
        reset_millis in 0_u64..12_000,
        stop_millis in 0_u64..12_000,
    ) {
        let plan = if is_open { rate(100.0, n_users) } else { users(n_users) };
        let at = |millis: u64| Elapsed::from_micros(millis * 1000);
        let stop = Command::Stop(crate::run_state::EndCause::Person);
        let mut commands = vec![(at(reset_millis), Command::Reset), (at(stop_millis), stop)];
        commands.sort_by_key(|it| it.0);
        let target: Target = if hangs_at_all { hangs } else { quick };
        let run = Simulation {
            capacity: Rc::new(move |_, _| capacity),
            commands,
            ..simulation(plan, target)
        };
        let mut board = Board::default();
        for snapshot in run.run().snapshots {
            board.post(snapshot);
            let validity = validity(&board);
            let is_lost = validity.reasons.iter().any(|it| it.cause == Cause::Counts);
            prop_assert!(!is_lost, "{:?}", validity);
        }
    }
}
