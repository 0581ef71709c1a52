//! What actions make of the state.

use mayfly_core::http::transport::TransportError;
use mayfly_core::measure::board::Board;
use mayfly_core::measure::health::Vitals;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Plan, Shape, Summary};
use mayfly_core::run_state::RunState;
use mayfly_core::schedule::load_line::LoadLine;
use mayfly_core::testing::{Answer, Simulation, answer_after, users};
use mayfly_core::time::Elapsed;

use super::*;
use mayfly_core::plan::LoadKind;

use crate::gate::Refusal;

use crate::view::diagnosis::{Cause, Diagnosis};
use crate::view::model::RunModel;
use mayfly_engine::protocol::RunId;

fn draft() -> Draft {
    let mut plan = PlanDoc::default();
    let run_time = Path::of("load").key("run_time");
    plan.apply(PlanAction::Edit(Edit::Set(run_time, 3.into())));
    plan.draft
}

fn snapshots(result: Result<u16, TransportError>) -> Vec<Snapshot> {
    snapshots_of(&draft(), result)
}

/// Snapshots of a run with a target, of which no answer can be read.
fn unanswered() -> Vec<Snapshot> {
    let mut plan = draft();
    plan.keys.insert("host".to_owned(), "http://a.test".into());
    snapshots_of(&plan, Err(TransportError::Opaque))
}

fn diagnose(snapshot: &Snapshot) -> Action {
    let mut board = Board::default();
    board.post(snapshot.clone());
    let request = RunModel::new(&board).unanswered[0].clone();
    let cause = Cause::NoAnswer;
    Action::Run(RunAction::Diagnose(
        1,
        Box::new(Diagnosis { request, cause }),
    ))
}

fn snapshots_of(draft: &Draft, result: Result<u16, TransportError>) -> Vec<Snapshot> {
    let after = std::time::Duration::from_millis(10);
    let answer = match result {
        Ok(status) => answer_after(after, status),
        Err(error) => Answer {
            after,
            result: Err(error),
        },
    };
    let plan = Plan::from_json(&draft.to_json()).unwrap();
    Simulation::new(plan, move |_, _| answer.clone())
        .run()
        .snapshots
}

fn state(actions: impl IntoIterator<Item = Action>) -> State {
    let mut state = State::default();
    let plan = Plan::from_json(&draft().to_json()).unwrap();
    let run = Run {
        summary: Summary::of(&plan),
        ..Run::new(1, String::new(), draft(), 0.0)
    };
    state.apply(Action::Start(Box::new(run)));
    for action in actions {
        state.apply(action);
    }
    state
}

fn post(run: RunId, snapshot: &Snapshot) -> Action {
    Action::Run(RunAction::Post(
        run,
        Box::new(snapshot.clone()),
        Vec::new(),
        None,
    ))
}

#[test]
fn a_run_is_spawning_from_the_click_on() {
    let state = state([]);
    assert_eq!(state.view, View::Run);
    assert_eq!(state.run.unwrap().state(), RunState::Spawning);
}

#[test]
fn late_news_of_an_old_run_is_ignored() {
    let snapshots = snapshots(Ok(200));
    let state = state([post(0, &snapshots[5]), post(1, &snapshots[1])]);
    assert_eq!(state.run.unwrap().board.at(), snapshots[1].at);
}

#[test]
fn a_click_on_stop_shows_at_once() {
    let snapshots = snapshots(Ok(200));
    let mut state = state([post(1, &snapshots[1]), Action::Run(RunAction::Stop)]);
    assert_eq!(state.run.as_ref().unwrap().state(), RunState::Stopping);
    state.apply(post(1, snapshots.last().unwrap()));
    assert_eq!(state.run.unwrap().state(), RunState::Stopped);
}

#[test]
fn a_lost_engine_keeps_the_numbers() {
    let snapshots = snapshots(Ok(200));
    let lose = Action::Run(RunAction::LoseEngine("it is gone".to_owned()));
    let run = state([post(1, &snapshots[5]), lose]).run.unwrap();
    assert_eq!(run.state(), RunState::Stopped);
    assert_eq!(run.board.at(), snapshots[5].at);
    assert_eq!(run.model.n_users, 0);
}

#[test]
fn a_diagnosis_lasts_until_an_answer_can_be_read() {
    let unanswered = unanswered();
    let mut state = state([post(1, &unanswered[2]), diagnose(&unanswered[2])]);
    assert!(state.run.as_ref().unwrap().diagnosis.is_some());
    state.apply(post(1, &unanswered[3]));
    assert!(state.run.as_ref().unwrap().diagnosis.is_some());
    state.apply(post(1, &snapshots(Ok(200))[5]));
    assert_eq!(state.run.as_ref().unwrap().diagnosis, None);
    // It comes too late.
    state.apply(diagnose(&unanswered[2]));
    assert_eq!(state.run.unwrap().diagnosis, None);
}

#[test]
fn a_reset_after_the_end_leaves_nothing() {
    let snapshots = snapshots(Ok(200));
    let run = state([
        post(1, snapshots.last().unwrap()),
        Action::Run(RunAction::ResetCounts),
    ])
    .run
    .unwrap();
    assert_eq!(run.state(), RunState::Stopped);
    assert!(run.model.rows.is_empty());
}

#[test]
fn a_start_settles_where_the_plan_came_from() {
    let own = PlanDoc::of(draft());
    let linked = super::plan::with_host(Some(own), "http://a.test");
    assert!(linked.is_from_link && linked.replaced.is_some());
    let mut state = State {
        plan: Rc::new(linked),
        ..State::default()
    };
    // Another plan, which was started before the link came.
    let run = |draft: Draft| Action::Start(Box::new(Run::new(1, String::new(), draft, 0.0)));
    state.apply(run(draft()));
    assert!(state.plan.is_from_link && state.plan.replaced.is_some());
    state.apply(run(state.plan.draft.clone()));
    let plan = &state.plan;
    assert!(!plan.is_from_link && plan.replaced.is_none() && !plan.is_untouched_link());
}

#[test]
fn what_cannot_be_opened_leads_to_the_history_which_says_why() {
    let mut state = State::default();
    state.apply(Action::Show(View::Opening));
    state.apply(Action::History(HistoryAction::Await("1".to_owned())));
    assert_eq!(state.shown(), View::Opening);
    let reason = "The run is no longer in the history.";
    let problem = HistoryAction::Problem(Some(reason.to_owned()));
    state.apply(Action::History(problem));
    assert_eq!(state.shown(), View::History);
    assert_eq!(state.history.problem.as_deref(), Some(reason));
}

#[test]
fn an_edit_is_what_new_shows() {
    let Shape::Users(seven) = users(7, 0.5) else {
        panic!("users are users");
    };
    let state = state([
        Action::OpenDialog(Dialog::EditUsers),
        Action::Run(RunAction::EditUsers(seven)),
    ]);
    assert_eq!(state.dialog, None);
    assert_eq!(
        state.plan.draft.keys["load"],
        serde_json::json!({ "users": 7, "spawn_rate": 0.5 })
    );
    assert_eq!(state.run.unwrap().summary.users, Some(seven));
}

#[test]
fn a_row_is_chosen_once_and_the_oldest_makes_room() {
    let row = |number: usize| mayfly_core::testing::name(&format!("/{number}"));
    let mut state = state((0..7).map(|it| Action::SelectRow(row(it))));
    let chosen = |numbers: &[usize]| numbers.iter().map(|&it| row(it)).collect::<Vec<_>>();
    assert_eq!(state.selected_rows, chosen(&[1, 2, 3, 4, 5, 6]));
    state.apply(Action::SelectRow(row(3)));
    assert_eq!(state.selected_rows, chosen(&[1, 2, 4, 5, 6]));
}

#[test]
fn a_line_that_is_hidden_stays_hidden_in_the_next_run() {
    let toggle = |label: &str| Action::ToggleLine(label.to_owned());
    let mut state = state([toggle("RPS"), toggle(HIDDEN[0])]);
    let run = Run::new(2, String::new(), draft(), 0.0);
    state.apply(Action::Start(Box::new(run)));
    assert_eq!(*state.hidden_lines, [HIDDEN[1], "RPS"]);
}

#[test]
fn events_are_those_of_the_counts_that_are_shown() {
    let labels = |state: &State| -> Vec<(f64, String)> {
        let events = state.run.as_ref().unwrap().events.iter();
        events.map(|it| (it.at, it.label.clone())).collect()
    };
    let snapshots = snapshots(Ok(200));
    let Shape::Users(seven) = users(7, 0.5) else {
        panic!("users are users");
    };
    let mut state = state([
        post(1, &snapshots[2]),
        Action::Run(RunAction::EditUsers(seven)),
    ]);
    let edit = (snapshots[2].at.as_secs_f64(), "7 users".to_owned());
    assert_eq!(labels(&state), std::slice::from_ref(&edit));
    let reset = Snapshot {
        since: snapshots[4].at,
        ..snapshots[4].clone()
    };
    state.apply(post(1, &reset));
    state.apply(Action::Run(RunAction::Stop));
    state.apply(Action::Run(RunAction::Stop));
    let at = snapshots[4].at.as_secs_f64();
    let expected = [(at, "Reset".to_owned()), (at, "Stop".to_owned())];
    assert_eq!(labels(&state), expected);
}

#[test]
fn users_are_edited_in_a_dialog_and_all_else_in_the_plan() {
    let mut state = state([Action::EditLoad]);
    assert_eq!(
        (state.dialog, state.view),
        (Some(Dialog::EditUsers), View::Run)
    );
    state.apply(Action::Show(View::Form));
    assert_eq!((state.dialog, state.view), (None, View::Form));

    let plan = Rc::make_mut(&mut state.plan);
    plan.apply(PlanAction::Load(LoadAction::Switch(LoadKind::Stages)));
    let edited = plan.draft.clone();
    state.apply(Action::Run(RunAction::Edit(Box::new(edited.clone()))));
    assert_eq!(state.view, View::Run);
    let plan = Plan::from_json(&edited.to_json()).unwrap();
    let (line, summary) = (LoadLine::of_plan(&plan), Summary::of(&plan));
    state.apply(Action::Run(RunAction::Draw(1, line.into(), summary.into())));
    let summary = &state.run.as_ref().unwrap().summary;
    assert_eq!((summary.users, summary.kind), (None, LoadKind::Stages));
    state.apply(Action::EditLoad);
    assert_eq!((state.dialog, state.view), (None, View::Form));
}

#[test]
fn the_edit_dialog_closes_with_the_run() {
    let snapshots = snapshots(Ok(200));
    let state = state([
        Action::OpenDialog(Dialog::EditUsers),
        post(1, snapshots.last().unwrap()),
    ]);
    assert_eq!(state.dialog, None);
}

/// The texts of the log.
fn texts(state: &State) -> Vec<&str> {
    state.log.lines().map(|it| it.1.text.as_str()).collect()
}

#[test]
fn the_log_says_how_a_run_went() {
    let snapshots = snapshots(Ok(200));
    let state = state(snapshots.iter().map(|it| post(1, it)));
    let model = &state.run.as_ref().unwrap().model;
    let last = format!(
        "The run stopped after 0:03: {} requests, 0 of them failed (0 %).",
        model.total.as_ref().unwrap().n_requests
    );
    // Without a stop timeout, nothing lies between the last request and the end.
    assert_eq!(texts(&state), [&last]);
    assert!(!state.log.has_alert);
}

#[test]
fn the_log_says_what_was_given_up_at_the_end() {
    let plan = Plan::from_json(&draft().to_json()).unwrap();
    let late = std::time::Duration::from_secs(3600);
    let run = Simulation::new(plan, move |_, _| answer_after(late, 200)).run();
    let state = state([post(1, run.snapshots.last().unwrap())]);
    let n_aborted = state.run.as_ref().unwrap().model.n_aborted;
    assert!(0 < n_aborted);
    let texts = texts(&state);
    let end = format!("failed (0 %); {n_aborted} given up in flight.");
    assert!(texts.iter().any(|it| it.ends_with(&end)), "{texts:?}");
}

#[test]
fn a_diagnosis_alerts_until_the_log_is_looked_at() {
    let unanswered = unanswered();
    let mut state = state([post(1, &unanswered[2]), diagnose(&unanswered[2])]);
    let headline = state.run.as_ref().unwrap().diagnosis.as_ref();
    let headline = headline.unwrap().headline();
    assert_eq!(texts(&state), [&headline]);
    assert!(state.log.has_alert);
    state.apply(Action::SelectTab(Tab::Logs));
    assert!(!state.log.has_alert);
}

#[test]
fn the_form_is_shown_where_something_else_is_not_there() {
    let shown = |view| {
        let state = State {
            view,
            ..State::default()
        };
        state.shown()
    };
    assert_eq!(shown(View::History), View::History);
    for view in [View::Run, View::Saved, View::Compare] {
        assert_eq!(shown(view), View::Form, "{view:?}");
    }
}

/// The run with this number, as somebody else has started it.
fn followed(id: RunId, deeds: Vec<(Duration, Deed)>, is_over: bool) -> Action {
    let run = Run::new(id, String::new(), draft(), 0.0);
    Action::Follow(Box::new(run), deeds, is_over)
}

fn labels(state: &State) -> Vec<&str> {
    let events = state.run.as_ref().unwrap().events.iter();
    events.map(|it| it.label.as_str()).collect()
}

#[test]
fn a_run_of_somebody_else_is_shown_unless_it_is_over() {
    let mut state = State::default();
    state.apply(followed(7, Vec::new(), true));
    assert_eq!(
        (state.view, state.run.as_ref().unwrap().id),
        (View::Form, 7)
    );
    state.apply(followed(8, Vec::new(), false));
    assert_eq!((state.view, state.run.as_ref().unwrap().id), (View::Run, 8));
    assert_eq!(state.log.lines().len(), 2, "both have begun");
    state.apply(Action::Show(View::History));
    state.apply(followed(9, Vec::new(), false));
    assert_eq!(
        state.view,
        View::History,
        "a person looks at something else"
    );
}

#[test]
fn a_reload_finds_the_run_that_the_address_names() {
    let key = Run::new(7, String::new(), draft(), 0.0).key();
    let opening = || {
        let mut state = State::default();
        state.apply(Action::Show(View::Opening));
        state.apply(Action::History(HistoryAction::Await(key.clone())));
        state
    };
    let mut state = opening();
    state.apply(followed(7, Vec::new(), true));
    assert_eq!((state.view, &state.history.awaited), (View::Run, &None));

    // The page may have asked for it later than it came.
    let mut state = State::default();
    state.apply(followed(7, Vec::new(), true));
    state.apply(Action::Show(View::Opening));
    state.apply(Action::History(HistoryAction::Await(key.clone())));
    let saved = mayfly_engine::history::PastRun {
        key: key.clone(),
        ..mayfly_engine::history::PastRun::default()
    };
    state.apply(Action::History(HistoryAction::Open(Box::new(saved))));
    assert_eq!((state.view, &state.history.awaited), (View::Run, &None));
}

#[test]
fn what_others_do_is_marked_and_logged_once() {
    let secs = Duration::from_secs;
    let snapshots = snapshots(Ok(200));
    let mut state = state([post(1, &snapshots[4])]);
    let edit = Deed::Edit(draft().to_json());
    state.apply(Action::Run(RunAction::Follow(1, secs(1), edit.clone())));
    state.apply(Action::Run(RunAction::Follow(2, secs(1), Deed::Stop)));
    assert_eq!(labels(&state).len(), 1, "the other one is of another run");
    let n_lines = state.log.lines().len();

    // After the engine was away it tells all that was done.
    let deeds = vec![(secs(1), edit), (secs(600), Deed::Stop)];
    state.apply(followed(1, deeds, false));
    assert_eq!(labels(&state)[1..], ["Stop"]);
    assert_eq!(state.log.lines().len(), n_lines + 1);
    let run = state.run.unwrap();
    assert_eq!(run.board.at(), snapshots[4].at, "its numbers stay");
    assert_eq!(run.state(), RunState::Stopping);
}

#[test]
fn an_engine_that_is_away_ends_no_run() {
    let snapshots = snapshots(Ok(200));
    let mut state = state([post(1, &snapshots[1])]);
    state.apply(Action::MissEngine("12:34:56".to_owned()));
    assert!(state.is_running());
    assert!(state.engine_error.as_ref().unwrap().contains("12:34:56"));
    state.apply(Action::FindEngineAgain);
    assert_eq!((state.engine_error, state.n_reunions), (None, 1));
}

#[test]
fn two_who_stop_a_run_at_the_same_time_are_marked_once() {
    let snapshots = snapshots(Ok(200));
    let at = snapshots[2].at.to_duration();
    let mut state = state([post(1, &snapshots[2]), Action::Run(RunAction::Stop)]);
    state.apply(Action::Run(RunAction::Follow(1, at, Deed::Stop)));
    assert_eq!(labels(&state), ["Stop"]);
}

#[test]
fn a_standstill_is_marked_once_and_where_it_was() {
    let [from, to] = [500, 2_500].map(|millis| Elapsed::from_micros(millis * 1000));
    let mut snapshots = snapshots(Ok(200));
    for snapshot in &mut snapshots[4..] {
        let mut vitals = Vitals::default();
        vitals.turn(from, to);
        vitals.add_to(&mut snapshot.health);
    }
    let stop = Action::Run(RunAction::Stop);
    let posts = snapshots[3..6].iter().map(|it| post(1, it));
    let state = state([post(1, &snapshots[2]), stop].into_iter().chain(posts));
    assert_eq!(labels(&state), ["Standstill of 2.0 s", "Stop"]);
}

fn question(then: Then) -> Action {
    Action::Ask(Box::new(Question {
        asked_millis: 7.0,
        ..Question::new(then, About::default())
    }))
}

#[test]
fn a_question_is_answered_once_it_was_on_the_screen() {
    let mut state = State {
        is_starting: true,
        ..State::default()
    };
    state.apply(question(Then::Start("A".to_owned(), draft())));
    assert!(!state.is_starting);
    let is_read = |state: &State| state.question.as_ref().map(|it| it.is_read);
    // That was another one.
    state.apply(Action::SettleQuestion(6.0));
    assert_eq!(is_read(&state), Some(false));
    state.apply(Action::SettleQuestion(7.0));
    assert_eq!(is_read(&state), Some(true));
    state.apply(Action::Plan(PlanAction::Refuse(Refusal::Script)));
    assert!(state.question.is_some(), "a person may try again");
    state.apply(Action::CloseQuestion);
    assert_eq!((is_read(&state), state.plan.refusal), (None, None));
}

#[test]
fn a_question_goes_with_what_it_is_about() {
    let mut form = State::default();
    form.apply(question(Then::Start(String::new(), draft())));
    // As a link does that comes meanwhile.
    form.apply(Action::Show(View::Form));
    assert_eq!(form.question, None);

    let mut running = state([]);
    running.apply(question(Then::Update(draft())));
    assert!(running.question.is_some());
    running.apply(Action::Run(RunAction::LoseEngine("it is gone".to_owned())));
    assert_eq!(running.question, None);
    running.apply(question(Then::Update(draft())));
    assert_eq!(running.question, None, "there is no run to change");
}
