use std::cell::RefCell;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::http::transport::Kept;
use crate::run_state::ShardId;
use crate::simulate::SimulatedApi;
use crate::testing::{
    Answer, ManualClock, Script, answer_after, answer_json, in_virtual_time, run_to_end, shard,
};
use crate::time::Elapsed;

const MILLI: Duration = Duration::from_millis(1);

/// A plan with one class of these lines.
fn plan(class: &str) -> Plan {
    let toml = format!(
        "version = 1\nhost = 'http://127.0.0.1:5000'\nload = {{ users = 1, spawn_rate = 1 }}\n\
         [[user_class]]\nname = 'A'\n{class}"
    );
    plan_of(&toml)
}

#[track_caller]
fn plan_of(toml: &str) -> Plan {
    Plan::from_toml(toml).unwrap_or_else(|errors| panic!("{errors}\n\nin:\n{toml}"))
}

fn setting(seed: u64) -> TrialSetting<'static> {
    TrialSetting {
        seed,
        started: Duration::from_secs(1_767_225_600),
        csv: &|_| Err("a test reads no files".to_owned()),
    }
}

/// Tries the request at `place`, with answers as given.
fn try_at(plan: &Plan, place: &str, answer: impl Fn(&Request) -> Answer) -> Trial {
    let clock = ManualClock::default();
    let (script, log) = Script::new(&clock, |_: Elapsed, request: &Request| answer(request));
    let place: Place = place.parse().unwrap();
    let work = try_step(plan, &place, setting(1), &script, &clock);
    let trial = in_virtual_time(&clock, work).unwrap();
    let n_sent = trial.requests.iter().filter(|it| it.exchange.is_ok());
    assert_eq!(log.sent.borrow().len(), n_sent.count());
    assert_eq!(log.n_in_flight.get(), 0);
    trial
}

/// Tries the request at `place` against the simulated API.
fn try_simulated(plan: &Plan, place: &str, seed: u64) -> Trial {
    let clock = ManualClock::default();
    let api = SimulatedApi::new(clock.clone(), seed);
    let place: Place = place.parse().unwrap();
    let work = try_step(plan, &place, setting(seed), &api, &clock);
    in_virtual_time(&clock, work).unwrap()
}

fn ok(_: &Request) -> Answer {
    answer_json(20 * MILLI, 200, &json!({"ok": true, "token": "t-1"}))
}

fn exchange(tried: &Tried) -> &Exchange {
    tried.exchange.as_ref().expect("it was sent")
}

fn urls(trial: &Trial) -> Vec<&str> {
    let sent = trial.requests.iter().map(|it| &exchange(it).sent);
    sent.map(|it| it.url.as_str()).collect()
}

fn last(trial: &Trial) -> &Tried {
    trial.requests.last().expect("never empty")
}

fn verdicts(tried: &Tried) -> Vec<(&str, Verdict)> {
    let checks = exchange(tried).checks.iter();
    checks
        .map(|it| (it.text.as_str(), it.verdict.clone()))
        .collect()
}

fn failed(message: &str) -> Verdict {
    Verdict::Failed(message.to_owned())
}

#[test]
fn all_of_a_request_and_its_answer_is_shown() {
    let plan = plan(
        r#"
        [[user_class.task]]
        post = "/cart?n={{user()}}"
        headers = { X-Key = "abc" }
        json = { id = 7 }
        check = [ { status = 200 }, { json = "$.ok", equals = true } ]
        extract = { token = { json = "$.token" }, all = { json = "$" } }
    "#,
    );

    let trial = try_at(&plan, "user_class[0].task[0]", ok);

    let body = r#"{"ok":true,"token":"t-1"}"#;
    let passed = |text: &str| Checked {
        text: text.to_owned(),
        is_implied: false,
        verdict: Verdict::Passed,
    };
    let found = |variable: &str, value: &str| Extracted {
        variable: variable.to_owned(),
        found: Ok(value.to_owned()),
    };
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = Exchange {
        sent: Sent {
            method: Method::Post,
            url: "http://127.0.0.1:5000/cart?n=0".to_owned(),
            headers: vec![
                header("x-key", "abc"),
                header("content-type", "application/json"),
            ],
            body: Some(Excerpt::new(br#"{"id":7}"#, 8)),
        },
        received: Ok(Received {
            status: 200,
            reason: Some("OK".to_owned()),
            headers: vec![header("content-type", "application/json")],
            body: Excerpt::new(body.as_bytes(), body.len() as u64),
        }),
        response_time: 20 * MILLI,
        checks: vec![passed("status 200"), passed("$.ok is true")],
        extracts: vec![found("token", r#""t-1""#), found("all", body)],
    };
    assert_eq!(trial.requests.len(), 1);
    let tried = last(&trial);
    assert_eq!(tried.place.to_string(), "user_class[0].task[0]");
    assert_eq!(tried.name.to_string(), "POST /cart?n={{user()}}");
    assert_eq!(tried.exchange, Ok(expected));
}

#[test]
fn trials_cross_to_a_page() {
    let plan =
        plan("task = [ { get = '/{{a}}' }, { get = '/', extract = { a = { json = '$.ok' } } } ]");
    for place in ["user_class[0].task[0]", "user_class[0].task[1]"] {
        let trial = try_at(&plan, place, ok);
        let bytes = postcard::to_stdvec(&trial).unwrap();
        assert_eq!(postcard::from_bytes::<Trial>(&bytes).unwrap(), trial);
        let json = serde_json::to_string(&trial).unwrap();
        assert_eq!(serde_json::from_str::<Trial>(&json).unwrap(), trial);
    }
}

const LOGIN_AND_CART: &str = include_str!("../../../../examples/login-and-cart.toml");

#[test]
fn a_token_is_fetched_before_it_is_used() {
    let mut plan = plan_of(LOGIN_AND_CART);
    plan.target = None;

    let trial = try_simulated(&plan, "user_class[0].task[1].steps[2]", 1);

    let places: Vec<String> = trial
        .requests
        .iter()
        .map(|it| it.place.to_string())
        .collect();
    let expected = [
        "user_class[0].on_start[0]",
        "user_class[0].task[1].steps[0]",
        "user_class[0].task[1].steps[2]",
    ];
    assert_eq!(places, expected);
    let [login, item, cart] = [0, 1, 2].map(|nth| exchange(&trial.requests[nth]));
    let body = login.sent.body.as_ref().unwrap();
    assert!(body.text.contains("buyer0@example.org"), "{}", body.text);
    let token: String = serde_json::from_str(login.extracts[0].found.as_ref().unwrap()).unwrap();
    let authorization = ("authorization".to_owned(), format!("Bearer {token}"));
    assert!(cart.sent.headers.contains(&authorization));
    let id = item.extracts[0].found.as_ref().unwrap();
    assert_eq!(
        cart.sent.body.as_ref().unwrap().text,
        format!("{{\"id\":{id}}}")
    );
    assert_eq!(cart.received.as_ref().unwrap().status / 100, 2);
    for tried in &trial.requests {
        let checks = &exchange(tried).checks;
        assert!(
            checks.iter().all(|it| it.verdict == Verdict::Passed),
            "{tried:?}"
        );
    }
}

#[test]
fn only_what_is_needed_is_sent_before() {
    let plan = plan(
        r#"
        on_start = [
            { get = "/key", extract = { key = { json = "$.token" } } },
            { get = "/unneeded", extract = { other = { json = "$.token" } } },
            { get = "/old?key={{key}}", extract = { token = { json = "$.token" } } },
            { get = "/new?key={{key}}", extract = { token = { json = "$.token" } } },
        ]
        [[user_class.task]]
        get = "/"
        [[user_class.task]]
        on_start = [ { get = "/in/{{token}}", extract = { visit = { json = "$.ok" } } } ]
        [[user_class.task.task]]
        steps = [
            { wait = "1h" },
            { get = "/seen", extract = { seen = { json = "$.ok" } } },
            { get = "/a", check = [ { json = "$.ok", equals = "{{visit}}" } ] },
            { get = "/b" },
        ]
    "#,
    );
    let host = "http://127.0.0.1:5000";
    for (place, expected) in [
        ("user_class[0].task[0]", vec!["/"]),
        ("user_class[0].on_start[3]", vec!["/key", "/new?key=t-1"]),
        (
            "user_class[0].task[1].task[0].steps[2]",
            vec!["/key", "/new?key=t-1", "/in/t-1", "/a"],
        ),
        ("user_class[0].task[1].task[0].steps[3]", vec!["/b"]),
    ] {
        let trial = try_at(&plan, place, ok);
        let expected: Vec<String> = expected.iter().map(|it| format!("{host}{it}")).collect();
        assert_eq!(urls(&trial), expected, "{place}");
        assert_eq!(last(&trial).place.to_string(), place);
    }
}

#[test]
fn all_checks_are_looked_at_also_after_one_that_failed() {
    let plan = plan(
        r#"
        [[user_class.task]]
        get = "/"
        check = [
            { status = [200, "3xx"] },
            { contains = "nope" },
            { header = "etag" },
            { json = "$.ok", equals = true },
            { under = "10ms" },
            { contains = "{{missing}}" },
        ]
        extract = { id = { json = "$.id" }, or = { json = "$.id", default = [1] } }

        [[user_class.task]]
        get = "/"
        extract = { missing = { json = "$" } }
    "#,
    );

    let trial = try_at(&plan, "user_class[0].task[0]", |_| {
        answer_json(20 * MILLI, 404, &json!({"ok": true}))
    });

    let tried = last(&trial);
    let why = "unknown variable “missing”: user_class[0].task[1] extracts it, which does not come \
               before this request";
    let expected = [
        (
            "status 200 or 3xx",
            failed("expected status 200 or 3xx, found 404"),
        ),
        ("body contains “nope”", failed("no “nope” in the body")),
        ("header etag", failed("no header etag")),
        ("$.ok is true", Verdict::Passed),
        ("under 10ms", failed("slower than 10ms; found 20ms")),
        (
            "body contains “{{missing}}”",
            Verdict::Exception(why.to_owned()),
        ),
    ];
    assert_eq!(verdicts(tried), expected);
    let received = exchange(tried).received.as_ref().unwrap();
    assert_eq!(received.reason.as_deref(), Some("Not Found"));
    let found: Vec<_> = exchange(tried)
        .extracts
        .iter()
        .map(|it| it.found.clone())
        .collect();
    let missing = "found no $.id for “id”".to_owned();
    assert_eq!(found, [Err(missing), Ok("[1]".to_owned())]);
}

#[test]
fn without_a_check_of_the_status_400_and_above_fails() {
    let plan = plan("task = [ { get = '/', check = [ { json = '$.ok' } ] } ]");
    for (status, verdict) in [
        (302, Verdict::Passed),
        (503, failed("503 Service Unavailable")),
        (599, failed("status 599")),
    ] {
        let trial = try_at(&plan, "user_class[0].task[0]", |_| {
            answer_json(MILLI, status, &json!({"ok": 1}))
        });
        let tried = last(&trial);
        let expected = [
            ("status below 400", verdict),
            ("$.ok exists", Verdict::Passed),
        ];
        assert_eq!(verdicts(tried), expected);
        let implied = exchange(tried).checks.iter().map(|it| it.is_implied);
        assert_eq!(implied.collect::<Vec<_>>(), [true, false]);
    }
}

#[test]
fn a_variable_without_a_value_says_why() {
    let plan = plan_of(
        r#"
        version = 1
        load = { users = 1, spawn_rate = 1 }
        [data.words]
        rows = [ { word = "mayfly" } ]
        [data.accounts]
        csv = "accounts.csv"
        [[user_class]]
        name = "A"
        on_start = [ { get = "/", extract = { key = { json = "$.nope" } } } ]
        task = [
            { get = "/{{key}}" },
            { get = "/{{id}}" },
            { post = "/items", extract = { id = { json = "$.token" } } },
            { get = "/{{words.wort}}" },
            { get = "/{{worte.word}}" },
            { get = "/{{accounts.email}}" },
        ]
    "#,
    );
    let not_found =
        "unknown variable “key”: user_class[0].on_start[0] should have extracted it, and did not";
    let too_late = "unknown variable “id”: user_class[0].task[2] extracts it, which does not come \
                    before this request";
    for (nth, expected) in [
        (0, not_found),
        (1, too_late),
        (
            3,
            "unknown column “words.wort”; the columns of words are word",
        ),
        (
            4,
            "unknown variable “worte.word”: the plan has no data of this name",
        ),
        (
            5,
            "data.accounts: cannot read accounts.csv: a test reads no files",
        ),
    ] {
        let trial = try_at(&plan, &format!("user_class[0].task[{nth}]"), ok);
        assert_eq!(last(&trial).exchange, Err(expected.to_owned()));
    }
}

#[test]
fn a_name_that_cannot_be_filled_is_shown_as_the_plan_has_it() {
    let plan = plan(
        "task = [ { steps = [ { get = '/', name = 'at {{x}}' } ] } ]\n\
         on_stop = [ { get = '/', extract = { x = { json = '$' } } } ]",
    );
    let trial = try_at(&plan, "user_class[0].task[0].steps[0]", ok);
    assert_eq!(last(&trial).name.to_string(), "GET at {{x}}");
    assert!(last(&trial).exchange.is_err());
}

#[test]
fn without_an_answer_no_check_is_judged() {
    let plan = plan(
        "task = [ { get = '/', check = [ { json = '$.a' } ], extract = { a = { json = '$.a' } } } ]",
    );

    let trial = try_at(&plan, "user_class[0].task[0]", |_| Answer {
        after: 30 * MILLI,
        result: Err(TransportError::Connect),
    });

    let tried = last(&trial);
    let expected = [
        ("status below 400", Verdict::NotJudged),
        ("$.a exists", Verdict::NotJudged),
    ];
    assert_eq!(verdicts(tried), expected);
    let exchange = exchange(tried);
    assert_eq!(
        exchange.received,
        Err("connection refused or lost".to_owned())
    );
    assert_eq!(exchange.response_time, 30 * MILLI);
    assert_eq!(
        exchange.extracts[0].found,
        Err("found no $.a for “a”".to_owned())
    );
}

#[test]
fn a_request_is_given_up_after_its_timeout() {
    let plan = plan("task = [ { get = '/', timeout = '2s' } ]");
    let trial = try_at(&plan, "user_class[0].task[0]", |_| {
        answer_after(Duration::from_secs(3), 200)
    });
    let exchange = exchange(last(&trial));
    assert_eq!(exchange.received, Err("timed out".to_owned()));
    assert_eq!(exchange.response_time, Duration::from_secs(2));
}

fn answer_bytes(request: &Request, body: &[u8]) -> Answer {
    let limit = request.keep.limit(200).unwrap_or(0).min(body.len());
    Answer {
        after: MILLI,
        result: Ok(Response {
            status: 200,
            body_bytes: body.len() as u64,
            phases: None,
            kept: Some(Box::new(Kept {
                headers: Vec::new(),
                body: body[..limit].to_vec(),
                ..Kept::default()
            })),
        }),
    }
}

#[test]
fn of_long_and_of_binary_bodies_the_start_is_shown() {
    // Neither a check nor an extract, so that a run would keep nothing.
    let plan = plan("task = [ { get = '/' } ]");
    let received = |body: &[u8]| {
        let trial = try_at(&plan, "user_class[0].task[0]", |it| answer_bytes(it, body));
        exchange(last(&trial)).received.clone().unwrap().body
    };

    let long = received(&b"ab".repeat(1 << 20));
    assert_eq!(long.text, "ab".repeat(1 << 15));
    assert_eq!(long.n_bytes, 1 << 21);
    assert!(long.is_cut && !long.is_binary);

    let binary = received(b"\x89PNG\r\n\x1a\n\0\0");
    assert_eq!(binary.text, "\u{fffd}PNG\r\n\x1a\n\0\0");
    assert!(binary.is_binary && !binary.is_cut);
}

#[test]
fn a_long_body_is_sent_whole_and_shown_in_part() {
    let text = "x".repeat(70_000);
    let plan = plan(&format!("task = [ {{ post = '/', body = '{text}' }} ]"));
    let n_sent = RefCell::new(0);
    let trial = try_at(&plan, "user_class[0].task[0]", |request| {
        *n_sent.borrow_mut() = request.body.as_ref().map_or(0, |it| it.len());
        answer_after(MILLI, 204)
    });
    assert_eq!(*n_sent.borrow(), 70_000);
    let body = exchange(last(&trial)).sent.body.clone().unwrap();
    assert_eq!(
        (body.text.len(), body.n_bytes),
        (Excerpt::MAX_BYTES, 70_000)
    );
    assert!(body.is_cut);
}

/// A plan with rows of data and one request, to `path`.
fn plan_with_data(path: &str) -> Plan {
    plan_of(&format!(
        r#"
        version = 1
        load = {{ users = 1, spawn_rate = 1, run_time = 1 }}
        [data.letters]
        rows = [ {{ it = "a" }}, {{ it = "b" }}, {{ it = "c" }} ]
        [data.words]
        pick = "random"
        rows = [ {{ it = "d" }}, {{ it = "e" }}, {{ it = "f" }}, {{ it = "g" }}, {{ it = "h" }} ]
        [[user_class]]
        name = "A"
        wait = 10
        task = [ {{ get = "{path}" }} ]
    "#
    ))
}

fn url(plan: &Plan, seed: u64) -> String {
    let trial = try_simulated(plan, "user_class[0].task[0]", seed);
    urls(&trial)[0].to_owned()
}

#[test]
fn what_is_random_follows_from_the_seed() {
    let plan = plan_with_data("/{{uuid()}}/{{randint(1, 1000000)}}");
    assert_eq!(url(&plan, 1), url(&plan, 1));
    assert_ne!(url(&plan, 1), url(&plan, 2));
}

#[test]
fn user_0_has_the_values_of_its_first_task_in_a_run() {
    let plan = plan_with_data("/{{letters.it}}/{{words.it}}/{{user()}}/{{seq()}}/{{now(s)}}");
    for seed in 0..20 {
        let clock = ManualClock::default();
        let (script, log) = Script::new(&clock, |_: Elapsed, _: &Request| answer_after(MILLI, 200));
        run_to_end(
            shard(&plan, seed, ShardId::ONLY, 10),
            &script,
            &clock,
            Vec::new(),
        );
        let sent = log.sent.borrow();
        assert_eq!(*sent[0].1.url, url(&plan, seed));
    }
    assert!(url(&plan, 1).starts_with("/a/"));
    assert!(url(&plan, 1).ends_with("/0/0/1767225600"));
}

#[test]
fn a_place_without_a_request_is_refused() {
    let plan = plan("task = [ { get = '/' } ]");
    let clock = ManualClock::default();
    let (script, log) = Script::new(&clock, |_: Elapsed, request: &Request| ok(request));
    let place: Place = "user_class[0].task[1]".parse().unwrap();
    let work = try_step(&plan, &place, setting(1), &script, &clock);
    let error = in_virtual_time(&clock, work).unwrap_err();
    let expected = "expected a request at user_class[0].task[1], found nothing";
    assert_eq!(error.to_string(), expected);
    assert!(log.sent.borrow().is_empty());
}

#[test]
fn the_host_of_a_class_comes_before_that_of_the_plan() {
    let plan = plan("host = 'http://127.0.0.1:7000'\ntask = [ { get = '/x' } ]");
    let trial = try_at(&plan, "user_class[0].task[0]", ok);
    assert_eq!(urls(&trial), ["http://127.0.0.1:7000/x"]);
}

#[test]
fn tags_and_weights_keep_no_request_from_being_tried() {
    let plan = plan_of(
        "version = 1\nexclude_tags = ['slow']\nload = { users = 1, spawn_rate = 1 }\n\
         [[user_class]]\nname = 'A'\n\
         task = [ { get = '/a' }, { get = '/b', tags = ['slow'], weight = 0 } ]",
    );
    let trial = try_at(&plan, "user_class[0].task[1]", ok);
    assert_eq!(urls(&trial), ["/b"]);
}
