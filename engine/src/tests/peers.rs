//! Several pages in front of one engine.

use mayfly_core::testing::name;

use super::*;
use crate::protocol::{Deed, GivenPlan, RunId};

const OTHER: Peer = 1;

/// What one who heard these notices shows of a run.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    run: Option<RunId>,
    title: String,
    board: Board,
    n_loads: usize,
    deeds: Vec<Deed>,
}

impl Shown {
    fn of(notices: Vec<Notice>) -> Self {
        let (mut shown, mut unpacker) = (Self::default(), Unpacker::default());
        for notice in notices {
            match notice {
                Notice::Began {
                    run, title, deeds, ..
                } => {
                    shown = Self {
                        run: Some(run),
                        title,
                        deeds: deeds.into_iter().map(|it| it.1).collect(),
                        ..Self::default()
                    };
                    unpacker = Unpacker::default();
                }
                Notice::Load { .. } => shown.n_loads += 1,
                Notice::Snapshot { parcel, .. } => {
                    shown.board.post(unpacker.unpack(parcel).unwrap());
                }
                Notice::Did { deed, .. } => shown.deeds.push(deed),
                _ => {}
            }
        }
        shown
    }
}

impl Stage {
    /// What `peer` was told since anyone heard something the last time.
    fn hear_as(&mut self, peer: Peer) -> Vec<Notice> {
        let told = self.hear_whom().into_iter();
        told.filter_map(|(to, it)| to.is_for(peer).then_some(it))
            .collect()
    }

    fn hear_whom(&mut self) -> Vec<(To, Notice)> {
        self.pool.run_until_stalled();
        self.world.told.take()
    }

    fn go_on_for(&mut self, secs: u64) {
        let end = self.world.clock.now() + Duration::from_secs(secs);
        self.until(|world| end <= world.clock.now());
    }
}

#[test]
fn who_comes_later_sees_the_run_from_its_beginning() {
    let mut stage = Stage::new(quick);
    stage.start(77, PLAN);
    stage.go_on_for(3);
    stage.hear();
    let plan = GivenPlan {
        id: "a".to_owned(),
        text: PLAN.to_owned(),
    };
    stage.session.welcome(OTHER, Some(plan.clone()));
    stage.until_over(77);
    let heard = stage.hear_as(OTHER);
    let version = VERSION.to_owned();
    assert_eq!(heard[0], Notice::Ready { version });
    let (run, plan) = (Some(77), Some(plan));
    assert_eq!(heard[1], Notice::Joined { run, plan });
    let shown = Shown::of(heard);
    assert_eq!(
        (shown.run, shown.title.as_str(), shown.n_loads),
        (Some(77), "A", 1)
    );
    assert_eq!(shown.board, stage.report().board, "with all seconds");
}

#[test]
fn who_comes_after_the_end_sees_the_run_and_who_comes_before_any_sees_none() {
    let mut stage = Stage::new(quick);
    stage.session.welcome(OTHER, None);
    assert!(stage.hear_as(OTHER).contains(&Notice::Joined {
        run: None,
        plan: None
    }));
    stage.start(1, PLAN);
    stage.until_over(1);
    stage.hear();
    stage.session.welcome(OTHER, None);
    let shown = Shown::of(stage.hear_as(OTHER));
    assert_eq!(shown.board, stage.report().board);
    assert!(!shown.board.state().is_active());
}

#[test]
fn what_one_does_all_others_see_now_or_later() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.go_on_for(1);
    let edited = Draft::from_toml(&PLAN.replace("users = 3", "users = 9")).unwrap();
    let plan = edited.to_json();
    let edit = Command::Edit {
        run: 1,
        plan: plan.clone(),
    };
    stage.session.handle_command(ME, edit);
    stage.session.handle_command(ME, Command::Reset { run: 1 });
    stage.session.handle_command(ME, Command::Stop { run: 1 });
    let deeds = [Deed::Edit(plan), Deed::Reset, Deed::Stop];
    let told = stage.world.told.borrow().clone();
    let of = |peer| {
        let for_peer = told.iter().filter(|it| it.0.is_for(peer));
        Shown::of(for_peer.map(|it| it.1.clone()).collect())
    };
    assert_eq!(of(ME).deeds, [], "it knows");
    assert_eq!((of(OTHER).deeds, of(OTHER).n_loads), (deeds.to_vec(), 2));
    stage.hear();
    stage.session.welcome(2, None);
    assert_eq!(Shown::of(stage.hear_as(2)).deeds, deeds);
}

#[test]
fn what_is_meant_for_an_old_run_does_nothing_to_a_new_one() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.until_over(1);
    stage.start(2, PLAN);
    stage.go_on_for(1);
    stage.hear();
    let plan = PLAN.replace("users = 3", "users = 9");
    let plan = Draft::from_toml(&plan).unwrap().to_json();
    stage
        .session
        .handle_command(OTHER, Command::Edit { run: 1, plan });
    stage
        .session
        .handle_command(OTHER, Command::Reset { run: 1 });
    stage
        .session
        .handle_command(OTHER, Command::Stop { run: 1 });
    stage.go_on_for(1);
    let did = |it: &Notice| matches!(it, Notice::Did { .. });
    assert!(!stage.hear_as(ME).iter().any(did));
    let report = stage.report();
    assert_eq!(report.plan, Draft::from_toml(PLAN).unwrap());
    assert!(report.board.state().is_active() && report.board.since() == Elapsed::ZERO);
}

#[test]
fn what_was_done_to_no_run_is_told_to_nobody() {
    let mut stage = Stage::new(quick);
    stage.session.handle_command(ME, Command::Stop { run: 1 });
    stage.start(1, PLAN);
    stage.until_over(1);
    stage.hear();
    stage.session.handle_command(ME, Command::Stop { run: 1 });
    assert_eq!(stage.hear_as(OTHER), []);
}

#[test]
fn answers_go_to_the_one_who_asked() {
    let mut stage = Stage::new(quick);
    let source = Source::Toml(PLAN.to_owned());
    stage.hear();
    stage
        .session
        .handle_command(OTHER, Command::Read { id: 1, source });
    let list = Command::History(HistoryCommand::List);
    stage.session.handle_command(OTHER, list);
    let told = stage.hear_whom();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|it| it.0 == To::One(OTHER)), "{told:?}");
}

#[test]
fn a_change_of_the_history_is_news_to_all_others() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.until_over(1);
    let key = stage.list()[0].key.clone();
    stage.hear();
    let delete = Command::History(HistoryCommand::Delete(vec![key]));
    stage.session.handle_command(ME, delete);
    let told = stage.hear_whom();
    let news = |to, notice| (to, Notice::History(notice));
    assert_eq!(
        told,
        [
            news(To::Others(ME), HistoryNotice::Refreshed(Vec::new())),
            news(To::One(ME), HistoryNotice::List(Vec::new())),
        ]
    );
}

#[test]
fn nobody_ends_the_run_of_another_by_starting_one() {
    let mut stage = Stage::new(quick);
    stage.start(1, PLAN);
    stage.go_on_for(1);
    stage.hear();
    stage.session.handle_command(
        OTHER,
        Command::Start {
            run: 2,
            title: String::new(),
            plan: Draft::from_toml(PLAN).unwrap().to_json(),
            seed: 1,
            started_millis: 0.0,
            hosts: Vec::new(),
        },
    );
    let heard = stage.hear_as(OTHER);
    assert!(
        matches!(&heard[0], Notice::Refused { run: 2, reason } if reason.contains("somebody else")),
        "{heard:?}"
    );
    assert_eq!(Shown::of(heard).run, Some(1), "it is shown instead");
    stage.until_over(1);
}

#[test]
fn a_run_has_the_series_of_all_rows_that_anyone_looks_at() {
    let mut stage = Stage::new(quick);
    let two = PLAN.replace("{ get = \"/\" }", "{ get = \"/\" }, { get = \"/b\" }");
    stage.start(1, &two);
    let watch = |rows: &[&str]| Command::Watch {
        rows: rows.iter().copied().map(name).collect(),
    };
    stage.session.handle_command(ME, watch(&["/"]));
    stage.session.handle_command(OTHER, watch(&["/b"]));
    let with_series = |stage: &Stage| {
        let rows = stage.report().board.rows();
        let rows = rows.into_iter().filter(|it| it.series.is_some());
        rows.map(|it| it.name.to_string()).collect::<Vec<_>>()
    };
    stage.go_on_for(2);
    assert_eq!(with_series(&stage), ["GET /", "GET /b"]);
    stage.session.part(OTHER);
    stage.go_on_for(2);
    assert_eq!(with_series(&stage), ["GET /"]);
}
