//! Exit codes and messages.

use mayfly_core::report::{Report, RunVerdict};

use crate::target::demo_api;
use crate::{Ended, PlanFile, mayfly, run};

const USER: &str = "[[user_class]]\nname = \"User\"\nwait = \"10ms\"\n";

#[track_caller]
fn check(plan: &str, code: i32, in_stdout: &[&str]) -> Ended {
    let (url, _) = demo_api();
    let plan = format!("version = 1\nload = {{ users = 2, spawn_rate = 9, run_time = 1 }}\n{plan}");
    let ended = run(&plan, &url);
    assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
    for text in in_stdout {
        assert!(ended.stdout.contains(text), "{text} in\n{}", ended.stdout);
    }
    ended
}

#[test]
fn a_run_without_failures_ends_with_0() {
    check(
        &format!("{USER}task = [ {{ get = \"/\" }} ]"),
        0,
        &["Aggregated"],
    );
}

#[test]
fn failed_requests_end_with_1() {
    let plan = format!("{USER}task = [ {{ get = \"/status/503\" }} ]");
    check(&plan, 1, &["503 Service Unavailable", "(100.00%)"]);
}

#[test]
fn exceptions_end_with_1() {
    let plan = format!(
        "{USER}task = [ {{ name = \"t\", get = \"/\", extract = {{ token = {{ json = \"$.token\" }} }} }} ]"
    );
    check(&plan, 1, &["found no $.token for “token”"]);
}

#[test]
fn a_variable_that_nothing_sets_ends_with_2() {
    let plan = "version = 1\nload = { users = 1, spawn_rate = 1, max_requests = 20 }\n\
                [[user_class]]\nname = \"A\"\n\
                on_start = [{ post = \"/login\", extract = { token = { json = \"$.token\" } } }]\n\
                [[user_class.task]]\nget = \"/cart\"\nheaders = { X = \"{{tokn}}\" }\n";
    let ended = run(plan, "http://127.0.0.1:1");
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    let expected = "line 8: user_class[0].task[0].headers.X: no request of user class “A” sets \
                    “tokn”; did you mean “token”?";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

/// A target that accepts requests and never answers.
#[test]
fn a_run_in_which_nothing_is_answered_ends_with_98() {
    let plan =
        format!("thresholds = [\"failures == 0\"]\n{USER}task = [ {{ get = \"/delay/60000\" }} ]");
    check(
        &plan,
        98,
        &[
            "2 due = 0 answered + 2 given up",
            "GET /delay/60000",
            "no data",
        ],
    );
}

#[test]
fn a_run_whose_users_are_all_gone_ends_by_itself_with_1() {
    let (url, _) = demo_api();
    let plan = format!(
        "version = 1\nload = {{ users = 5, spawn_rate = 50, max_requests = 1000 }}\n{USER}\
         on_start = [ {{ get = \"/status/401\", extract = {{ token = {{ json = \"$.token\" }} }} }} ]\n\
         task = [ {{ get = \"/\" }} ]"
    );
    let ended = run(&plan, &url);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    for text in [
        "5 users were ended for good by exceptions.",
        "The run ended early: exceptions ended users until none was left",
    ] {
        assert!(ended.stdout.contains(text), "{text} in\n{}", ended.stdout);
    }
}

/// A target that answers only 503, and what comes of it.
#[track_caller]
fn check_refused(autostop: &str, run_time: u32, code: i32) -> Ended {
    let (url, _) = demo_api();
    let plan = format!(
        "version = 1\nthresholds = ['failures > 0']\n\
         load = {{ users = 2, spawn_rate = 9, run_time = {run_time}{autostop} }}\n\
         {USER}task = [ {{ get = \"/status/503\" }} ]"
    );
    let ended = run(&plan, &url);
    assert_eq!(ended.code, code, "{}{}", ended.stdout, ended.stderr);
    ended
}

#[test]
fn a_run_against_a_target_that_refuses_ends_by_itself_with_1() {
    let ended = check_refused(", autostop = true", 120, 1);
    let reason =
        "ended in the last 10 s got 503 Service Unavailable; autostop = false under [load]";
    let summary = "The run ended early: the target refuses: 100 % of the ";
    assert!(
        ended.stdout.contains(summary) && ended.stdout.contains(reason),
        "{}",
        ended.stdout
    );
    let line = "The run ends early: the target refuses";
    assert!(ended.stderr.contains(line), "{}", ended.stderr);
}

#[test]
fn a_target_of_this_machine_may_refuse_as_long_as_the_run_takes() {
    let ended = check_refused("", 12, 0);
    assert!(!ended.stdout.contains("ended early"), "{}", ended.stdout);
}

#[test]
fn a_failed_threshold_ends_with_99_even_where_requests_failed() {
    let plan = format!(
        "thresholds = [\"fail_ratio < 1%\", \"p95 < 60s\"]\n{USER}task = [ {{ get = \"/status/503\" }} ]"
    );
    check(
        &plan,
        99,
        &["failed", "fail_ratio < 1%", "passed", "p95 < 60s"],
    );
}

#[test]
fn failures_are_for_thresholds_about_them_and_fail_the_run_otherwise() {
    let task = format!("{USER}task = [ {{ get = \"/status/503\" }} ]");
    let allowed = "thresholds = [\"fail_ratio <= 100%\"]";
    check(&format!("{allowed}\n{task}"), 0, &["passed", "(100.00%)"]);
    for other in ["p95 < 60s", "GET /cube: failures < 1000"] {
        let unjudged = format!("thresholds = [\"requests > 0\", \"{other}\"]");
        let cube = task.replace("task = [", "task = [ { get = \"/cube\" },");
        check(&format!("{unjudged}\n{cube}"), 1, &["passed"]);
    }
}

#[test]
fn the_report_is_written_as_the_page_reads_it() {
    let (url, api) = demo_api();
    let plan = format!(
        "version = 1\nload = {{ users = 2, spawn_rate = 9, max_requests = 7, seed = 3 }}\n{USER}\
         task = [ {{ get = \"/cube\" }} ]"
    );
    let plan = PlanFile::new(&plan, "toml");
    let json = PlanFile::new("", "json");
    let args = ["-f", plan.path(), "--headless", "-H", &url, "--json-file"];
    let ended = mayfly(&[&args[..], &[json.path()]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let report = std::fs::read_to_string(json.path()).unwrap();
    let report = Report::from_json(&report).unwrap();
    let rows = report.board.rows();
    assert_eq!((rows.len(), rows[0].n_requests), (1, 7));
    assert_eq!(api.counts().answered().total, 7);
    assert_eq!((report.seed, report.verdict()), (3, RunVerdict::NoFailures));
    // What ran, with the host that was named.
    assert_eq!(report.host(), url);

    let in_the_way = format!("{}/a.json", plan.path());
    let ended = mayfly(&[&args[..], &[&in_the_way]].concat());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let expected = format!("cannot write {in_the_way}");
    assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
    assert_eq!(api.counts().answered().total, 7, "nothing was sent");
}

#[test]
fn a_threshold_can_end_the_run() {
    let (url, _) = demo_api();
    let plan = format!(
        "version = 1\nload = {{ users = 2, spawn_rate = 9, run_time = \"1h\" }}\n\
         thresholds = [ {{ check = \"failures < 10\", abort = true }} ]\n\
         {USER}task = [ {{ get = \"/status/503\" }} ]"
    );
    let ended = run(&plan, &url);
    assert_eq!(ended.code, 99);
    let expected = "The run ended early: the threshold “failures < 10” failed.";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

#[test]
fn a_bad_plan_ends_with_2_and_says_all_that_is_wrong() {
    let plan = "version = 1\nload = { users = 0, spawn_rat = 1 }\n[[user_class]]\nname = \"A\"\n\
                [[user_class.task]]\nget = \"cube\"\n";
    let ended = run(plan, "http://127.0.0.1:1");
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    for text in [
        "line 2",
        "load.users",
        "spawn_rate",
        "line 6",
        "a path such as /cube",
    ] {
        assert!(ended.stderr.contains(text), "{text} in\n{}", ended.stderr);
    }
}

#[test]
fn what_cannot_run_ends_with_2() {
    let plan = PlanFile::new(
        &format!(
            "version = 1\nload = {{ users = 1, spawn_rate = 1 }}\ndata.x.csv = \"no-such-file.csv\"\n\
             {USER}task = [ {{ get = \"/\" }} ]"
        ),
        "toml",
    );
    let host = ["-H", "http://127.0.0.1:1"];
    for (args, expected) in [
        (vec!["-f", plan.path(), "--headless"], "names no host"),
        (
            [&["-f", plan.path(), "--headless"][..], &host].concat(),
            "cannot read no-such-file.csv",
        ),
        (
            vec!["-f", "no-such-plan.toml", "--headless"],
            "cannot read no-such-plan.toml",
        ),
        (vec!["--headless"], "-f"),
        (
            vec!["--expect-workers=2"],
            "--expect-workers is an option of Locust",
        ),
        (vec!["-f", plan.path(), "-H", "localhost:5000"], "http://"),
    ] {
        let ended = mayfly(&args);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains(expected),
            "{args:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn user_classes_may_each_name_their_host() {
    let (url, api) = demo_api();
    let class = |name: &str, host: &str| {
        format!("[[user_class]]\nname = \"{name}\"\n{host}task = [ {{ get = \"/cube\" }} ]\n")
    };
    let plan = |host: &str| {
        let a = class("A", &format!("host = \"{url}\"\n"));
        let b = class("B", host);
        let load = "load = { users = 2, spawn_rate = 9, max_requests = 6 }";
        PlanFile::new(&format!("version = 1\n{load}\n{a}{b}"), "toml")
    };
    let each = plan(&format!("host = \"{url}\"\n"));
    let ended = mayfly(&["-f", each.path(), "--headless"]);
    assert_eq!((ended.code, ended.n_requests("/cube")), (0, 6));
    assert_eq!(api.counts().answered().by_request["GET /cube"], 6);

    let one = plan("");
    let ended = mayfly(&["-f", one.path(), "--headless"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
}

#[test]
fn a_dead_target_is_named() {
    let plan = format!(
        "version = 1\nload = {{ users = 1, spawn_rate = 1, max_requests = 5 }}\n\
         {USER}task = [ {{ get = \"/\" }} ]"
    );
    let ended = run(&plan, "http://127.0.0.1:1");
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("connection refused"),
        "{}",
        ended.stdout
    );
    let ended = run(&plan, "http://no-such-host.invalid");
    assert!(
        ended.stdout.contains("host name not found"),
        "{}",
        ended.stdout
    );
}

#[test]
fn json_plans_run_too() {
    let (url, api) = demo_api();
    let plan = r#"{ "version": 1, "load": { "users": 1, "spawn_rate": 1, "max_requests": 3 },
        "user_class": [ { "name": "A", "task": [ { "get": "/cube" } ] } ] }"#;
    let plan = PlanFile::new(plan, "json");
    let ended = mayfly(&["-f", plan.path(), "--headless", "-H", &url]);
    assert_eq!(
        (ended.code, ended.n_requests("/cube")),
        (0, 3),
        "{}",
        ended.stderr
    );
    assert_eq!(api.counts().answered().by_request["GET /cube"], 3);
}
