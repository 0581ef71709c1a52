use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::plan::Share;
use crate::testing::{arrival_stage, arrivals, class, load, plan, stage, stages};

fn secs(secs: u64) -> Elapsed {
    Elapsed::from_secs(secs)
}

fn of(shape: Shape) -> LoadLine {
    LoadLine::of_load(&Load::new(shape))
}

#[track_caller]
fn check(line: &LoadLine, corners: &[(f64, f64)], summary: &str) {
    let found: Vec<(f64, f64)> = line
        .points
        .iter()
        .map(|(at, level)| (at.as_secs_f64(), *level))
        .collect();
    assert_eq!(found, corners);
    assert_eq!(line.summary, summary);
}

#[test]
fn users_go_up_and_stay_until_the_run_time() {
    let mut load = load(50, 2.0);
    load.run_time = Duration::from_secs(60).try_into().ok();
    let line = LoadLine::of_load(&load);
    assert!(line.has_end);
    check(
        &line,
        &[(0.0, 0.0), (25.0, 50.0), (60.0, 50.0)],
        "0 to 50 users within 25s, then 50 users until 1m",
    );
    load.run_time = Duration::from_secs(10).try_into().ok();
    check(
        &LoadLine::of_load(&load),
        &[(0.0, 0.0), (10.0, 20.0)],
        "0 to 20 users within 10s",
    );
}

#[test]
fn users_without_a_run_time_go_on() {
    let line = LoadLine::of_load(&load(1, 3.0));
    assert!(!line.has_end);
    assert_eq!(line.points.len(), 2);
    assert_eq!(
        line.summary,
        "0 to 1 user within 330ms, then 1 user until stopped"
    );
}

#[test]
fn stages_have_corners_where_they_begin_and_where_they_reach_their_users() {
    let line = of(stages(&[
        stage(10, 5, 1.0),
        stage(10, 5, 1.0),
        stage(2, 100, 1.0),
        stage(10, 0, 10.0),
    ]));
    check(
        &line,
        &[
            (0.0, 0.0),
            (5.0, 5.0),
            (20.0, 5.0),
            (22.0, 7.0),
            (22.7, 0.0),
            (32.0, 0.0),
        ],
        "0 to 5 users within 5s, then 5 users until 20s, then 5 to 7 users within 2s, \
         then 7 to 0 users within 700ms, then 0 users until 32s",
    );
}

#[test]
fn arrival_rates_jump_and_end_with_the_run() {
    let stages = [arrival_stage(10, 0.0, 100.0), arrival_stage(60, 2.5, 2.5)];
    let mut load = Load::new(Shape::Arrivals(arrivals(&stages, 10)));
    let line = LoadLine::of_load(&load);
    assert_eq!(line.unit, LoadUnit::TasksPerSecond);
    check(
        &line,
        &[(0.0, 0.0), (10.0, 100.0), (10.0, 2.5), (70.0, 2.5)],
        "0 to 100 tasks/s within 10s, then 2.5 tasks/s until 1m10s",
    );
    load.run_time = Duration::from_secs(4).try_into().ok();
    check(
        &LoadLine::of_load(&load),
        &[(0.0, 0.0), (4.0, 40.0)],
        "0 to 40 tasks/s within 4s",
    );
}

#[test]
fn fixed_counts_keep_the_users_few() {
    let fixed = |name: &str, n_users| {
        let mut class = class(name, 1);
        class.share = Share::FixedCount(n_users);
        class
    };
    let classes = vec![fixed("A", 3), fixed("B", 1)];
    check(
        &LoadLine::of_plan(&plan(classes, load(10, 2.0), 20)),
        &[(0.0, 0.0), (2.0, 4.0), (20.0, 4.0)],
        "0 to 4 users within 2s, then 4 users until 20s",
    );
}

#[test]
fn an_edit_changes_what_is_to_come() {
    let plan = |n_users, rate| plan(vec![class("A", 1)], load(n_users, rate), 60);
    let mut outlook = Outlook::new(&plan(10, 2.0));
    outlook.edit(secs(20), &plan(30, 1.0));
    let corners = [
        (0.0, 0.0),
        (5.0, 10.0),
        (20.0, 10.0),
        (40.0, 30.0),
        (60.0, 30.0),
    ];
    let summary = "0 to 10 users within 5s, then 10 users until 20s, then 10 to 30 users within \
                   20s, then 30 users until 1m";
    check(outlook.line(), &corners, summary);

    let mut other = plan(5, 1.0);
    other.load.shape = Shape::Arrivals(arrivals(&[arrival_stage(9, 1.0, 1.0)], 10));
    outlook.edit(secs(30), &other);
    check(outlook.line(), &corners, summary);

    other.load = Load::new(stages(&[stage(10, 5, 1.0)]));
    outlook.edit(secs(30), &other);
    assert!(outlook.line().has_end);
    assert_eq!(outlook.line().last(), (secs(30), 21.0));
}

#[test]
fn an_edit_of_arrivals_keeps_what_was() {
    let plan = |rate| {
        let stages = [arrival_stage(20, rate, rate)];
        let load = Load::new(Shape::Arrivals(arrivals(&stages, 10)));
        plan(vec![class("A", 1)], load, 60)
    };
    let mut outlook = Outlook::new(&plan(10.0));
    outlook.edit(secs(5), &plan(4.0));
    check(
        outlook.line(),
        &[(0.0, 10.0), (5.0, 10.0), (5.0, 4.0), (20.0, 4.0)],
        "10 tasks/s until 5s, then 4 tasks/s until 20s",
    );
}

#[test]
fn many_stages_are_drawn_with_few_corners_and_all_peaks() {
    let mut list: Vec<_> = (0..2000)
        .map(|n| stage(10, if n % 2 == 0 { 10 } else { 20 }, 5.0))
        .collect();
    list[777] = stage(10, 60, 5.0);
    let line = of(stages(&list));
    assert!(line.points.len() <= LoadLine::MAX_POINTS);
    assert!(line.points.iter().any(|it| it.1 == 60.0));
    assert_eq!(
        (line.points[0], line.last()),
        ((secs(0), 0.0), (secs(20_000), 20.0))
    );
    assert!(
        line.summary.starts_with("0 to 60 users in ") && line.summary.ends_with("until 5h33m20s"),
        "{}",
        line.summary
    );
}

proptest! {
    /// By definition: the corners are those of the schedule, whatever is drawn around them.
    #[test]
    fn corners_are_on_the_schedule(
        list in proptest::collection::vec((1_u64..20, 0_u32..30, 0.1..20.0_f64), 1..6),
    ) {
        let list: Vec<_> = list.into_iter().map(|(s, n, r)| stage(s, n, r)).collect();
        let shape = stages(&list);
        let schedule = UserSchedule::new(&shape).unwrap();
        for (at, level) in of(shape).points {
            let before = Elapsed::from_micros(at.as_micros().saturating_sub(1));
            let users = if at == Elapsed::ZERO { 0 } else { schedule.target(before) };
            prop_assert_eq!(f64::from(users), level);
        }
    }
}
