//! Users that wait as long as the target asks for.

use std::time::Duration;

use crate::http::request::Request;
use crate::running::shard::Command;
use crate::testing::{Answer, Outcome, Simulation, answer_after, answer_later};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

/// A target that takes a tenth of a second, refuses with 429 for the first three seconds, and says when to come
/// again.
fn run(
    retry_after: &'static str,
    load: &str,
    class: &str,
) -> Simulation<impl Fn(Elapsed, &Request) -> Answer + Clone> {
    let toml = format!(
        "version = 1\nload = {{ {load} }}\n\
         [[user_class]]\nname = 'User'\nwait = 0.4\n{class}\n"
    );
    Simulation::of(&toml, move |at: Elapsed, _: &Request| match at.as_secs() {
        0..3 => answer_later(100 * MILLI, 429, retry_after),
        _ => answer_after(100 * MILLI, 200),
    })
}

/// When requests were sent, in tenths of a second.
fn times(outcome: &Outcome) -> Vec<u64> {
    let accounts = outcome.board.accounts();
    assert!(accounts.adds_up(), "{accounts}");
    let sent = outcome.logs[0].sent.borrow();
    sent.iter().map(|it| it.0.as_micros() / 100_000).collect()
}

const ASK: &str = "task = [ { get = '/' } ]";

const POLITE: &str = "users = 1, spawn_rate = 1, run_time = 5, autostop = true";

#[test]
fn a_user_sends_nothing_before_the_time_that_the_target_names() {
    let outcome = run("2", POLITE, ASK).run();
    // It wants to send at 0.5 and 2.6, and may at 2.1 and 4.2.
    assert_eq!(times(&outcome), [0, 21, 42, 47]);
    let health = outcome.board.health().expect("it looks");
    assert_eq!(
        (health.n_held_back, health.held_back_micros),
        (2, 3_200_000)
    );
    let span = health
        .held_back_span
        .map(|it| (it.first.as_micros(), it.last.as_micros()));
    assert_eq!(span, Some((500_000, 4_200_000)));
    // Its waits are in no response time.
    let rows = outcome.board.rows();
    assert_eq!(rows[0].response_times.max, Some(100 * MILLI));
}

#[test]
fn nothing_is_waited_for_that_was_not_asked() {
    let all = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45];
    let impolite = "users = 1, spawn_rate = 1, run_time = 5";
    assert_eq!(times(&run("2", impolite, ASK).run()), all);
    // The status was expected, and so it was where another check failed.
    for checks in ["{ status = 429 }", "{ status = 429 }, { contains = 'x' }"] {
        let class = format!("task = [ {{ get = '/', check = [ {checks} ] }} ]");
        assert_eq!(times(&run("2", POLITE, &class).run()), all, "{checks}");
    }
    for wait in ["0", "soon", "-1", "", "Fri, 31 Dec 1999 23:59:59 GMT"] {
        assert_eq!(times(&run(wait, POLITE, ASK).run()), all, "{wait}");
    }
}

#[test]
fn an_arrival_waits_for_nobody_and_what_follows_does() {
    let load = "arrivals = [ { duration = 4, rate = 0.5 } ], autostop = true";
    let class = "task = [ { steps = [ { get = '/a' }, { get = '/b' } ] } ]";
    let outcome = run("1", load, class).run();
    let sent = outcome.logs[0].sent.borrow();
    let sent = sent
        .iter()
        .map(|it| (it.0.as_micros() / 100_000, &*it.1.url));
    // One at 0 and one at 2, by the same user: it was asked to wait at 1.2, too.
    assert_eq!(
        Vec::from_iter(sent),
        [(0, "/a"), (11, "/b"), (20, "/a"), (31, "/b")]
    );
}

#[test]
fn an_edit_that_turns_autostop_off_lets_users_go_on() {
    let mut run = run("3600", POLITE, ASK);
    let mut impolite = run.plan.clone();
    impolite.load.autostop = Some(false);
    let at = Elapsed::from_micros(2_500_000);
    run.commands = vec![(at, Command::Edit(Box::new(impolite)))];
    assert_eq!(times(&run.run())[..3], [0, 25, 30]);
}

#[test]
fn a_user_that_waits_for_its_target_ends_with_the_run() {
    let outcome = run("4294967295", POLITE, ASK).run();
    assert_eq!(times(&outcome), [0]);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(5));
    let health = outcome.board.health().expect("it looks");
    assert_eq!(
        (health.n_held_back, health.held_back_micros),
        (1, 4_500_000)
    );
}

#[test]
fn what_a_user_does_at_its_end_waits_for_nobody() {
    let class = format!("on_stop = [ {{ get = '/out' }} ]\n{ASK}");
    let outcome = run("3600", POLITE, &class).run();
    assert_eq!(times(&outcome), [0, 50]);
    assert_eq!(outcome.board.at(), Elapsed::from_micros(5_100_000));
    // It does not finish its task, though it may.
    let patient = format!("{POLITE}, stop_timeout = 60");
    let outcome = run("3600", &patient, &class).run();
    assert_eq!(times(&outcome), [0, 50]);
}

#[test]
fn a_reset_counts_who_waits_from_then_on() {
    let mut run = run("4", POLITE, ASK);
    run.commands = vec![(Elapsed::from_secs(2), Command::Reset)];
    let outcome = run.run();
    assert_eq!(times(&outcome), [0, 41, 46]);
    let health = outcome.board.health().expect("it looks");
    assert_eq!(
        (health.n_held_back, health.held_back_micros),
        (1, 2_100_000)
    );
}
