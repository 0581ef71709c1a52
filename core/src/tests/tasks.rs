//! What users do: the order of tasks and steps, sets, tags, variables and exceptions.

use std::time::Duration;

use serde_json::json;

use crate::http::request::Request;
use crate::measure::board::aggregated;
use crate::plan::Plan;
use crate::running::program::Program;
use crate::testing::{Answer, Outcome, Simulation, answer_after, answer_json};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

/// One user for `secs` seconds, with `class` as what follows `[[user_class]]`.
fn run(secs: u64, class: &str, answer: impl Fn(&Request) -> Answer + Clone) -> Outcome {
    run_with("", secs, class, answer)
}

fn run_with(
    head: &str,
    secs: u64,
    class: &str,
    answer: impl Fn(&Request) -> Answer + Clone,
) -> Outcome {
    let plan = format!(
        "version = 1\n{head}\nload = {{ users = 1, spawn_rate = 1, run_time = {secs} }}\n\
         [[user_class]]\nname = \"User\"\n{class}"
    );
    Simulation::of(&plan, move |_: Elapsed, request: &Request| answer(request)).run()
}

fn after_100_ms(_: &Request) -> Answer {
    answer_after(100 * MILLI, 200)
}

/// What was sent, and at which tenth of a second.
fn sent(outcome: &Outcome) -> Vec<(u64, String)> {
    let sent = outcome.logs[0].sent.borrow();
    sent.iter()
        .map(|(at, request)| {
            assert_eq!(at.as_micros() % 100_000, 0, "{request:?}");
            (at.as_micros() / 100_000, request.url.to_string())
        })
        .collect()
}

#[track_caller]
fn check_sent(outcome: &Outcome, expected: &[(u64, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|&(at, url)| (at, url.to_owned()))
        .collect();
    assert_eq!(sent(outcome), expected);
}

fn exceptions(outcome: &Outcome) -> Vec<(String, String, u64)> {
    let exceptions = outcome.board.exceptions();
    exceptions
        .iter()
        .map(|it| (it.task.to_string(), it.message.to_string(), it.count))
        .collect()
}

#[test]
fn a_sequential_set_goes_round_and_repeats_by_weight() {
    let class = r#"
        order = "sequential"
        wait = "400ms"
        task = [ { get = "/a" }, { get = "/b", weight = 2 }, { get = "/never", weight = 0 }, { get = "/c" } ]
    "#;
    check_sent(
        &run(3, class, after_100_ms),
        &[
            (0, "/a"),
            (5, "/b"),
            (10, "/b"),
            (15, "/c"),
            (20, "/a"),
            (25, "/b"),
        ],
    );
}

#[test]
fn steps_follow_each_other_and_waits_are_between_them() {
    let class = r#"
        wait = "500ms"
        on_start = [ { get = "/start" }, { wait = "200ms" } ]
        task = [ { steps = [ { get = "/1" }, { wait = "300ms" }, { get = "/2" } ] } ]
    "#;
    check_sent(
        &run(2, class, after_100_ms),
        &[(0, "/start"), (3, "/1"), (7, "/2"), (13, "/1"), (17, "/2")],
    );
}

#[test]
fn a_nested_set_returns_at_once_after_its_runs() {
    let class = r#"
        order = "sequential"
        wait = "1s"
        [[user_class.task]]
        get = "/front"
        [[user_class.task]]
        order = "sequential"
        runs = 3
        wait = "200ms"
        on_start = [ { get = "/in" } ]
        on_stop = [ { get = "/out" } ]
        task = [ { get = "/a" }, { get = "/b" } ]
    "#;
    check_sent(
        &run(4, class, after_100_ms),
        &[
            (0, "/front"),
            (11, "/in"),
            (12, "/a"),
            (15, "/b"),
            (18, "/a"),
            // Its own wait, and no other.
            (21, "/out"),
            (22, "/front"),
            (33, "/in"),
            (34, "/a"),
            (37, "/b"),
            // The end of the run.
            (40, "/out"),
        ],
    );
}

#[test]
fn a_set_without_a_number_of_runs_does_each_task_once() {
    let class = r#"
        order = "sequential"
        task = [ { get = "/front" }, { order = "sequential", task = [ { get = "/a" }, { get = "/b" } ] } ]
    "#;
    let outcome = run(1, class, after_100_ms);
    let urls: Vec<String> = sent(&outcome).into_iter().map(|it| it.1).collect();
    assert_eq!(urls[..6], ["/front", "/a", "/b", "/front", "/a", "/b"]);
}

#[test]
fn on_stop_is_done_at_the_end_from_the_inside_out() {
    let class = r#"
        on_stop = [ { get = "/bye" } ]
        task = [ { on_stop = [ { get = "/out" } ], wait = "10s", task = [ { get = "/a" } ] } ]
    "#;
    let outcome = run(2, class, after_100_ms);
    check_sent(&outcome, &[(0, "/a"), (20, "/out"), (21, "/bye")]);
    assert_eq!(outcome.board.at(), Elapsed::from_micros(2_200_000));
    assert_eq!(aggregated(&outcome.board.rows()).n_requests, 3);
}

#[test]
fn a_pace_counts_from_start_to_start() {
    let class = r#"wait = { pacing = "1s" }
        on_start = [ { get = "/start" } ]
        task = [ { get = "/" } ]"#;
    // The first pace counts from the birth of the user.
    check_sent(
        &run(4, class, after_100_ms),
        &[(0, "/start"), (1, "/"), (10, "/"), (20, "/"), (30, "/")],
    );
    let slow = |_: &Request| answer_after(1200 * MILLI, 200);
    let class = r#"wait = { throughput = 1 }
        task = [ { get = "/" } ]"#;
    check_sent(
        &run(4, class, slow),
        &[(0, "/"), (12, "/"), (24, "/"), (36, "/")],
    );
}

#[test]
fn tags_choose_tasks_and_exclusion_wins() {
    let class = r#"
        order = "sequential"
        wait = "900ms"
        [[user_class.task]]
        get = "/plain"
        [[user_class.task]]
        tags = ["a"]
        get = "/a"
        [[user_class.task]]
        tags = ["a", "b"]
        get = "/ab"
        [[user_class.task]]
        tags = ["a"]
        task = [ { get = "/inner" }, { tags = ["b"], get = "/inner-b" } ]
    "#;
    let urls = |head: &str| -> Vec<String> {
        let outcome = run_with(head, 20, class, after_100_ms);
        let mut urls: Vec<String> = sent(&outcome).into_iter().map(|it| it.1).collect();
        urls.sort_unstable();
        urls.dedup();
        urls
    };
    assert_eq!(urls("tags = [\"a\"]"), ["/a", "/ab", "/inner", "/inner-b"]);
    assert_eq!(urls("exclude_tags = [\"b\"]"), ["/a", "/inner", "/plain"]);
    assert_eq!(
        urls("tags = [\"a\"]\nexclude_tags = [\"b\"]"),
        ["/a", "/inner"]
    );
}

#[test]
fn values_go_from_answers_to_requests_with_their_types() {
    let class = r#"
        wait = "10s"
        on_start = [ { post = "/login", json = { n = "{{seq()}}", who = "user {{user()}}" }, extract = { token = { json = "$.token" }, id = { json = "$.id" } } } ]
        [[user_class.task]]
        steps = [
            { get = "/item/{{id}}?q={{token}}", headers = { Authorization = "Bearer {{token}}" } },
            { post = "/cart", json = { id = "{{id}}", list = [ "{{id}}!" ] } },
            { post = "/form", form = { "a b" = "{{token}}", c = "1" } },
        ]
    "#;
    let outcome = run(1, class, |_| {
        answer_json(100 * MILLI, 200, &json!({ "token": "t&1", "id": 7 }))
    });
    let sent = outcome.logs[0].sent.borrow();
    let body = |nth: usize| String::from_utf8(sent[nth].1.body.as_ref().unwrap().to_vec()).unwrap();
    assert_eq!(body(0), r#"{"n":0,"who":"user 0"}"#);
    assert_eq!(&*sent[1].1.url, "/item/7?q=t%261");
    let bearer = ("authorization".to_owned(), "Bearer t&1".to_owned());
    assert_eq!(*sent[1].1.headers, [bearer]);
    assert_eq!(body(2), r#"{"id":7,"list":["7!"]}"#);
    let json = ("content-type".to_owned(), "application/json".to_owned());
    assert_eq!(*sent[2].1.headers, [json]);
    assert_eq!(body(3), "a%20b=t%261&c=1");
    // Names come from the plan and not from what was sent.
    let rows = outcome.board.rows();
    let names: Vec<String> = rows.iter().map(|it| it.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "POST /cart",
            "POST /form",
            "GET /item/{{id}}?q={{token}}",
            "POST /login"
        ]
    );
}

#[test]
fn a_value_at_the_start_of_a_path_does_not_become_a_part_of_the_host() {
    for (next, expected) in [
        ("items/2", "http://a.test/items/2"),
        ("/items/2", "http://a.test/items/2"),
        ("?page=2", "http://a.test?page=2"),
        ("@b.test/", "http://a.test/@b.test/"),
        ("HTTP://b.test/", "HTTP://b.test/"),
    ] {
        let class = format!("task = [ {{ get = \"{{{{choice('{next}')}}}}\" }} ]");
        let outcome = run_with("host = \"http://a.test\"", 1, &class, after_100_ms);
        assert_eq!(sent(&outcome)[0].1, expected);
    }
}

#[test]
fn an_unknown_variable_is_an_exception_and_ends_the_task() {
    let class = r#"
        wait = "1s"
        [[user_class.task]]
        name = "buy"
        steps = [ { get = "/a" }, { get = "/{{nobody}}" }, { get = "/never" } ]
        [[user_class.task]]
        weight = 0
        get = "/"
        extract = { nobody = { json = "$" } }
    "#;
    let outcome = run(3, class, after_100_ms);
    check_sent(&outcome, &[(0, "/a"), (11, "/a"), (22, "/a")]);
    let expected = ("buy".to_owned(), "unknown variable “nobody”".to_owned(), 3);
    assert_eq!(exceptions(&outcome), [expected]);
    assert_eq!(aggregated(&outcome.board.rows()).n_failures(), 0);
}

#[test]
fn an_extract_that_finds_nothing_is_an_exception_without_a_default() {
    let class = |default: &str| {
        format!(
            "wait = \"1s\"\n[[user_class.task]]\nsteps = [ {{ get = \"/a\", \
             extract = {{ x = {{ json = \"$.x\"{default} }} }} }}, {{ get = \"/b/{{{{x}}}}\" }} ]"
        )
    };
    let answer = |_: &Request| answer_json(100 * MILLI, 200, &json!({}));
    let outcome = run(1, &class(""), answer);
    check_sent(&outcome, &[(0, "/a")]);
    let expected = ("GET /a".to_owned(), "found no $.x for “x”".to_owned(), 1);
    assert_eq!(exceptions(&outcome), [expected]);

    let outcome = run(1, &class(", default = 5"), answer);
    check_sent(&outcome, &[(0, "/a"), (1, "/b/5")]);
    assert_eq!(exceptions(&outcome), []);
}

#[test]
fn an_exception_in_on_start_ends_the_user() {
    let class = r#"
        on_start = [ { get = "/{{nobody}}" } ]
        on_stop = [ { get = "/bye", extract = { nobody = { json = "$" } } } ]
        task = [ { get = "/" } ]
    "#;
    let outcome = run(3, class, after_100_ms);
    check_sent(&outcome, &[]);
    assert_eq!(exceptions(&outcome)[0].0, "User on_start");
    let users = outcome.snapshots.iter().map(|it| it.n_users).max();
    assert_eq!(users, Some(0));
}

#[test]
fn a_user_that_sends_nothing_does_not_keep_the_shard_busy() {
    let class = r#"task = [ { steps = [ { wait = "0s" } ] } ]"#;
    let outcome = run(1, class, after_100_ms);
    assert_eq!(outcome.board.at(), Elapsed::from_secs(1));
}

#[test]
fn checks_decide_what_is_a_failure() {
    let run = |status, checks: &str| {
        let class = format!("wait = \"10s\"\ntask = [ {{ get = \"/\", check = [ {checks} ] }} ]");
        let outcome = run(1, &class, move |_| {
            answer_json(100 * MILLI, status, &json!({ "id": 5 }))
        });
        let total = aggregated(&outcome.board.rows());
        let failures: Vec<String> = total.failures.keys().map(ToString::to_string).collect();
        failures.join(", ")
    };
    assert_eq!(run(404, ""), "404 Not Found");
    assert_eq!(run(404, "{ status = 404 }"), "");
    assert_eq!(
        run(200, "{ status = [201, 204] }"),
        "expected status 201 or 204, found 200"
    );
    // Without a check of the status, 400 and above is what is wrong.
    assert_eq!(
        run(500, "{ json = \"$.name\" }"),
        "500 Internal Server Error"
    );
    assert_eq!(
        run(200, "{ json = \"$.id\" }, { json = \"$.name\" }"),
        "no $.name in the body"
    );
    assert_eq!(run(200, "{ under = \"99ms\" }"), "slower than 99ms");
    assert_eq!(run(200, "{ under = \"100ms\" }"), "");
}

#[test]
fn failures_come_with_a_sample_of_the_first_answer() {
    let class = r#"wait = "200ms"
        task = [ { get = "/x/{{seq()}}", name = "/x", check = [ { contains = "ok" } ] } ]"#;
    let outcome = run(1, class, |_| {
        answer_json(100 * MILLI, 200, &json!("é".repeat(3000)))
    });
    let rows = outcome.board.rows();
    let (failure, totals) = rows[0].failures.first_key_value().unwrap();
    assert_eq!(failure.to_string(), "no “ok” in the body");
    let evidence = totals.evidence.as_ref().unwrap();
    assert_eq!((evidence.url.as_str(), evidence.user), ("/x/0", 0));
    assert_eq!(evidence.status, Some(200));
    assert_eq!(evidence.headers[0].0, "content-type");
    assert!(evidence.body.starts_with("\"éé"), "{}", evidence.body);
    assert!(evidence.body.len() <= 2050, "{}", evidence.body.len());
}

#[test]
fn a_plan_cannot_run_on_data_that_are_not_there() {
    let toml = r#"
        version = 1
        load = { users = 1, spawn_rate = 1 }
        data = { words = { rows = [ { word = "mayfly", length = 6 } ] } }
        [[user_class]]
        name = "A"
        [[user_class.task]]
        get = "/{{words.word}}/{{words.wort}}"
        check = [ { json = "$.n", equals = "{{words.len}}" }, { contains = "{{worte.word}}" } ]
    "#;
    let plan = Plan::from_toml(toml).unwrap();
    let errors = Program::new(&plan, |_| Err("no files".to_owned())).unwrap_err();
    let expected = [
        "unknown column “words.wort”; the columns of words are word, length",
        "unknown column “words.len”; the columns of words are word, length",
        "unknown variable “worte.word”: the plan has no data of this name",
    ];
    assert_eq!(errors.to_string(), expected.join("\n"));
}

#[test]
fn users_whose_tasks_break_wait_for_no_connection() {
    let id = "extract = { id = { json = \"$.id\" } }";
    for steps in [
        format!("{{ get = \"/{{{{id}}}}\" }}, {{ get = \"/\", {id} }}"),
        format!("{{ get = \"/\" }}, {{ get = \"/{{{{id}}}}\" }}, {{ get = \"/\", {id} }}"),
    ] {
        let plan = format!(
            "version = 1\nload = {{ users = 20, spawn_rate = 1000, run_time = 1 }}\n\
             [[user_class]]\nname = \"User\"\n[[user_class.task]]\nweight = 1000000\nsteps = [{steps}]\n\
             [[user_class.task]]\nget = \"/hardly\"\n"
        );
        let outcome = Simulation::of(&plan, |_, _| answer_after(100 * MILLI, 200)).run();
        let queued = outcome.snapshots.iter().map(|it| it.n_queued);
        assert_eq!(queued.max(), Some(0), "{steps}");
        // A task that sends nothing takes a millisecond at least.
        let n_exceptions = outcome.board.exceptions()[0].count;
        assert!((180..=20_000).contains(&n_exceptions), "{n_exceptions}");
    }
}

#[test]
fn numbers_come_out_of_an_answer_digit_by_digit() {
    let class = r#"
        task = [{ steps = [
            { get = "/", extract = { id = { json = "$.id" }, all = { json = "$" } } },
            { post = "/{{id}}", json = { id = "{{id}}", text = "<{{id}}>", all = "{{all}}" } },
        ] }]
    "#;
    for id in [
        "12345678901234567890123",
        "0.1234567890123456789",
        "1e400",
        "52.97",
    ] {
        let answer = format!("{{\"id\":{id}}}");
        let body = answer.clone();
        let outcome = run(1, class, move |_| answer_json(200 * MILLI, 200, &body));
        let sent = outcome.logs[0].sent.borrow();
        let (_, request) = &sent[1];
        assert_eq!(&*request.url, format!("/{id}"));
        let expected = format!("{{\"id\":{id},\"text\":\"<{id}>\",\"all\":{answer}}}");
        assert_eq!(request.body.as_deref(), Some(expected.as_bytes()));
    }
}
