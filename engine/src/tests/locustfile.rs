//! Plans whose tasks are in Python.

use mayfly_core::plan::Draft;
use mayfly_core::run_state::EndCause;

use super::*;
use crate::reading::{Problem, Reading};

const TOML: &str = "version = 1\nhost = 'http://a.test'\n\
                    load = { users = 3, spawn_rate = 10, run_time = '20s' }\n";

fn plan(name: &str, text: &str) -> String {
    format!("{TOML}[locustfile]\nname = '{name}'\ntext = '{text}'\n")
}

fn read(stage: &mut Stage, toml: &str) -> Reading {
    let source = Source::Json(Draft::from_toml(toml).unwrap().to_json());
    match stage.ask(Command::Read { id: 1, source }) {
        Notice::Read { id: 1, reading } => reading,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_locustfile_runs_as_any_plan() {
    let mut stage = Stage::new(quick);
    stage.start(1, &plan("locust.py", "import locust"));
    stage.until_over(1);
    let heard = stage.world.heard.borrow();
    let said = heard.iter().filter_map(|it| match it {
        Notice::Said { run: 1, log } => Some(log.text.as_str()),
        _ => None,
    });
    assert_eq!(said.collect::<Vec<_>>(), ["Python begins"]);
    drop(heard);
    let report = stage.report();
    assert_eq!(report.board.end_cause(), Some(&EndCause::RunTime));
    let total = aggregated(&report.board.rows());
    assert!(50 < total.n_requests, "{}", total.n_requests);
    let kept = report.plan.to_json();
    assert!(
        kept.contains("import locust"),
        "the report has the file: {kept}"
    );
}

#[test]
fn a_reading_tells_what_is_in_the_file() {
    let mut stage = Stage::new(quick);
    let reading = read(&mut stage, &plan("locust.py", "import locust"));
    assert_eq!(reading.problems, []);
    let script = reading.script.unwrap();
    assert_eq!(
        (script.python.as_str(), script.classes.len()),
        ("3.11.7", 1)
    );
    assert_eq!(reading.targets.hosts, ["http://a.test"]);
}

#[test]
fn a_broken_file_has_its_line_and_does_not_start() {
    let mut stage = Stage::new(quick);
    let broken = plan("locust.py", "broken");
    let expected = Problem {
        path: "locustfile".to_owned(),
        line: Some(3),
        message: "SyntaxError: invalid syntax".to_owned(),
    };
    assert_eq!(read(&mut stage, &broken).problems, [expected]);
    stage.start(1, &broken);
    let refused = Notice::Refused {
        run: 1,
        reason: "line 3: SyntaxError: invalid syntax".to_owned(),
    };
    assert!(stage.hear().contains(&refused));
}

#[test]
fn an_engine_without_python_says_so() {
    let mut stage = Stage::new(quick);
    let reading = read(&mut stage, &plan("other.py", "import locust"));
    assert_eq!(reading.problems[0].message, "there is no Python");
    stage.start(1, &plan("other.py", "import locust"));
    let refused = Notice::Refused {
        run: 1,
        reason: "there is no Python".to_owned(),
    };
    assert!(stage.hear().contains(&refused));
}

#[test]
fn a_run_can_be_stopped_while_its_file_is_loaded() {
    let mut stage = Stage::new(quick);
    stage.start(1, &plan("locust.py", "import locust"));
    stage.session.handle_command(ME, Command::Stop { run: 1 });
    let heard = stage.hear();
    let is_refused = |it: &Notice| matches!(it, Notice::Refused { run: 1, .. });
    assert!(heard.iter().any(is_refused), "{heard:?}");
    assert!(!stage.session.is_running());
}

#[test]
fn nobody_else_ends_a_start_whose_file_is_loaded() {
    let mut stage = Stage::new(quick);
    stage.start(1, &plan("locust.py", "import locust"));
    let other = Command::Start {
        run: 2,
        title: String::new(),
        plan: "{}".to_owned(),
        seed: 7,
        started_millis: 0.0,
        hosts: Vec::new(),
    };
    stage.session.handle_command(ME + 1, other);
    let heard = stage.hear();
    let is_refused = |run| {
        let is = move |it: &Notice| matches!(it, Notice::Refused { run: id, .. } if *id == run);
        heard.iter().any(is)
    };
    assert!(!is_refused(1) && is_refused(2), "{heard:?}");
    assert!(stage.session.is_running());
}

#[test]
fn who_writes_another_file_leaves_the_reading_of_one_alone() {
    let mut stage = Stage::new(quick);
    let toml = plan("locust.py", "import locust");
    let source = || Source::Json(Draft::from_toml(&toml).unwrap().to_json());
    let read = |id| Command::Read {
        id,
        source: source(),
    };
    stage.session.handle_command(ME, read(1));
    stage.session.handle_command(ME + 1, read(2));
    let heard = stage.hear();
    let mut readings = heard.iter().filter_map(|it| match it {
        Notice::Read { reading, .. } => Some(reading),
        _ => None,
    });
    assert!(readings.all(|it| it.draft.is_some()), "{heard:?}");
}

#[test]
fn a_file_that_is_only_named_is_read_beside_the_plan() {
    let mut stage = Stage::new(quick);
    let reading = read(
        &mut stage,
        &format!("{TOML}locustfile = 'none.py'\n").replace(
            "load = { users = 3, spawn_rate = 10, run_time = '20s' }\nlocustfile = 'none.py'",
            "locustfile = 'none.py'\nload = { users = 3, spawn_rate = 10, run_time = '20s' }",
        ),
    );
    let problem = &reading.problems[0];
    assert_eq!(problem.path, "locustfile");
    assert_eq!(
        problem.message,
        "cannot read none.py: there is no such file"
    );
}

#[test]
fn other_users_are_told_to_a_run_of_a_file() {
    let mut stage = Stage::new(quick);
    let toml = plan("locust.py", "import locust");
    stage.start(1, &toml);
    stage.until(|world| board(world, 1).is_some_and(|it| it.n_users() == 3));
    let edited = toml.replace("users = 3", "users = 6");
    let plan = Draft::from_toml(&edited).unwrap().to_json();
    stage
        .session
        .handle_command(ME, Command::Edit { run: 1, plan });
    stage.until(|world| board(world, 1).is_some_and(|it| it.n_users() == 6));
}
