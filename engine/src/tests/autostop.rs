//! Runs whose target refuses, and what is told of them.

use std::time::Duration;

use mayfly_core::http::request::Request;
use mayfly_core::plan::Draft;
use mayfly_core::report::html::Look;
use mayfly_core::report::{Report, RunVerdict};
use mayfly_core::run_state::EndCause;
use mayfly_core::testing::{Answer, answer_after};
use mayfly_core::time::Elapsed;

use super::{ME, PLAN, Stage, board};
use crate::file::RunFile;
use crate::protocol::Command;

/// 503 from the third second on.
fn refusing(at: Elapsed, _: &Request) -> Answer {
    let status = if at.as_secs() < 3 { 200 } else { 503 };
    answer_after(Duration::from_millis(10), status)
}

fn run(plan: &str) -> Report {
    let mut stage = Stage::new(refusing);
    stage.start(1, plan);
    stage.until_over(1);
    stage.report()
}

#[test]
fn a_target_elsewhere_that_refuses_ends_the_run_and_all_hear_why() {
    let mut stage = Stage::new(refusing);
    stage.start(1, PLAN);
    stage.until_over(1);
    let report = stage.report();
    let seen = board(&stage.world, 1).unwrap();
    assert_eq!(seen.end_cause(), report.board.end_cause());
    let Some(EndCause::Autostop(reason)) = seen.end_cause() else {
        panic!("{:?}", seen.end_cause());
    };
    assert!(
        reason.contains(" got 503 Service Unavailable; "),
        "{reason}"
    );
    assert_eq!(report.board.at().as_secs(), 13);
    assert_eq!(report.verdict(), RunVerdict::SomeFailures);

    let again = Report::from_json(&report.to_json()).unwrap();
    assert_eq!(again, report);
    let look = Look::default();
    for file in [RunFile::Json, RunFile::Report, RunFile::Requests] {
        let text = file.text(&report, look, false);
        assert!(
            text.contains("got 503 Service Unavailable; autostop = false"),
            "{text}"
        );
    }
}

#[test]
fn a_target_of_this_machine_or_one_that_is_to_bear_it_goes_on() {
    for plan in [
        PLAN.replace("a.test", "localhost:8080"),
        PLAN.replace("[load]", "[load]\nautostop = false"),
    ] {
        assert_eq!(run(&plan).board.end_cause(), Some(&EndCause::RunTime));
    }
    let forced = PLAN.replace("a.test", "localhost:8080");
    let forced = run(&forced.replace("[load]", "[load]\nautostop = true"));
    assert!(matches!(
        forced.board.end_cause(),
        Some(EndCause::Autostop(_))
    ));
}

#[test]
fn a_run_whose_thresholds_allow_failures_has_failed_all_the_same() {
    let plan = |threshold| {
        let thresholds = format!("thresholds = ['{threshold}']\n[load]");
        PLAN.replace("[load]", &thresholds)
    };
    let allowed = run(&plan("fail_ratio <= 100%"));
    assert_eq!(allowed.verdict(), RunVerdict::SomeFailures);
    assert_eq!(run(&plan("fail_ratio < 1%")).verdict(), RunVerdict::Failed);
}

#[test]
fn an_edit_may_say_that_the_run_goes_on() {
    let mut stage = Stage::new(refusing);
    stage.start(1, PLAN);
    stage.until(|world| board(world, 1).is_some_and(|it| 5 <= it.at().as_secs()));
    let edited = PLAN.replace("users = 3", "autostop = false\nusers = 4");
    let edit = Command::Edit {
        run: 1,
        plan: Draft::from_toml(&edited).unwrap().to_json(),
    };
    stage.session.handle_command(ME, edit);
    stage.until_over(1);
    assert_eq!(stage.report().board.end_cause(), Some(&EndCause::RunTime));
}
