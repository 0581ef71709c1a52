//! What the parts of a plan file mean.

use std::num::NonZeroU64;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::http::request::Method;
use crate::judging::check::{Check, StatusSet};
use crate::judging::extract::{Extract, Source};
use crate::plan::data::Pick;
use crate::plan::tls::{Identity, Tls};
use crate::plan::wait::{WaitRule, WaitTime};
use crate::plan::{
    ArrivalStage, Arrivals, BaseUrl, Body, DataSet, DataSource, HttpVersion, Load, Order,
    RequestDefaults, RequestStep, RunTime, Shape, Share, SpawnRate, Stage, Step, Tags, Target,
    Task, UserClass, Users, Work,
};
use crate::simulate::{Model, ServiceTime, Stall};
use crate::template::{JsonTemplate, Template};
use crate::verdict::threshold::Threshold;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn run_time(length: Duration) -> RunTime {
    length.try_into().unwrap()
}

fn rate(rate: f64) -> SpawnRate {
    rate.try_into().unwrap()
}

fn template(text: &str) -> Template {
    text.parse().unwrap()
}

fn wait(rule: WaitRule) -> WaitTime {
    WaitTime::new(rule).unwrap()
}

fn request(method: Method, url: &str) -> RequestStep {
    RequestStep::new(method, url.parse().unwrap())
}

#[track_caller]
fn load(lines: &str) -> Load {
    plan(&with_load(lines)).load
}

#[track_caller]
fn class(lines: &str) -> UserClass {
    let plan = plan(&with_class(lines));
    plan.user_classes.as_slice()[0].clone()
}

#[track_caller]
fn task(lines: &str) -> Task {
    let plan = plan(&with_task(lines));
    plan.user_classes.as_slice()[0].set.tasks.as_slice()[0].clone()
}

#[track_caller]
fn step(step: &str) -> Step {
    let Work::Steps(mut steps) = task(&format!("steps = [{{ {step} }}]")).work else {
        panic!("steps");
    };
    steps.remove(0)
}

#[track_caller]
fn checks_request(text: &str, expected: RequestStep) {
    assert_eq!(step(text), Step::Request(Box::new(expected)));
}

#[test]
fn the_load_is_a_number_of_users() {
    let users = Users {
        users: 50.try_into().unwrap(),
        spawn_rate: rate(2.0),
    };
    let expected = Load {
        run_time: Some(run_time(secs(60))),
        max_requests: NonZeroU64::new(10_000),
        stop_timeout: secs(10),
        seed: Some(42),
        autostop: Some(false),
        ..Load::new(Shape::Users(users))
    };
    let lines = "run_time = '1m'\nmax_requests = 10000\nstop_timeout = '10s'\nseed = 42\n\
                 autostop = false";
    assert_eq!(
        load(&format!("users = 50\nspawn_rate = 2\n{lines}")),
        expected
    );
    assert_eq!(
        load("users = 50.0\nspawn_rate = 2.0"),
        Load::new(Shape::Users(users))
    );
}

#[test]
fn the_load_may_have_stages() {
    let stage = |length, users, spawn_rate| Stage {
        length: run_time(length),
        users,
        spawn_rate: rate(spawn_rate),
    };
    let stages = vec![stage(secs(30), 10, 10.0), stage(millis(1500), 0, 0.5)];
    let shape = Shape::Stages(stages.try_into().unwrap());
    let lines = "stages = [ { duration = '30s', users = 10, spawn_rate = 10 }, \
                 { duration = 1.5, users = 0, spawn_rate = 0.5 } ]";
    assert_eq!(load(lines).shape, shape);
}

#[test]
fn the_load_may_be_arrivals() {
    let stage = |secs: u64, from: f64, to: f64| ArrivalStage {
        length: run_time(Duration::from_secs(secs)),
        from: from.try_into().unwrap(),
        to: to.try_into().unwrap(),
    };
    let stages = vec![stage(10, 0.0, 100.0), stage(60, 100.0, 100.0)];
    let arrivals = |max_users: u32| {
        let arrivals = Arrivals::new(stages.clone(), max_users.try_into().unwrap());
        Shape::Arrivals(arrivals.unwrap())
    };
    let lines =
        "arrivals = [ { duration = '10s', rate = [0, 100] }, { duration = '1m', rate = 100 } ]";
    assert_eq!(load(lines).shape, arrivals(1000));
    assert_eq!(
        load(&format!("{lines}\nmax_users = 200")).shape,
        arrivals(200)
    );
}

#[test]
fn run_times_are_in_the_notation_of_locust() {
    for (text, expected) in [
        ("20", 20),
        ("'20'", 20),
        ("'20s'", 20),
        ("'3m'", 180),
        ("'2h'", 7200),
        ("'1h20m'", 4800),
    ] {
        let load = load(&format!("users = 1\nspawn_rate = 1\nrun_time = {text}"));
        assert_eq!(load.run_time, Some(run_time(secs(expected))), "{text}");
    }
}

#[test]
fn a_plan_has_a_host_or_a_model_or_neither() {
    let url: BaseUrl = "http://127.0.0.1:5000".parse().unwrap();
    let target = |lines: &str| plan(&with_lines(lines)).target;
    assert_eq!(
        target("host = 'http://127.0.0.1:5000/'"),
        Some(Target::BaseUrl(url))
    );
    assert_eq!(
        target("[simulated]"),
        Some(Target::Simulated(Model::default()))
    );
    assert_eq!(target(""), None);
}

#[test]
fn the_simulated_api_has_a_model() {
    let lines = "[simulated]\nworkers = 3\nmax_in_flight = 5\nservice_time = { constant = '20ms' }\n\
                 error_rate = 0.01\nstalls = [ { at = '10s', duration = '3s' } ]";
    let expected = Model {
        workers: 3,
        max_in_flight: 5,
        service_time: ServiceTime::Constant(millis(20)),
        error_rate: 0.01,
        stalls: vec![Stall {
            at: secs(10),
            length: secs(3),
        }],
    };
    assert_eq!(
        plan(&with_lines(lines)).target,
        Some(Target::Simulated(expected))
    );
}

#[test]
fn service_times_have_distributions() {
    let log_normal = ServiceTime::LogNormal {
        median: millis(20),
        spread: 0.4,
    };
    let uniform = ServiceTime::Uniform {
        from: millis(10),
        to: millis(30),
    };
    for (text, expected) in [
        ("'path'", ServiceTime::Path),
        ("{ constant = 0.02 }", ServiceTime::Constant(millis(20))),
        (
            "{ exponential = '20ms' }",
            ServiceTime::Exponential { mean: millis(20) },
        ),
        (
            "{ log_normal = { median = '20ms', spread = 0.4 } }",
            log_normal,
        ),
        ("{ uniform = ['10ms', '30ms'] }", uniform),
    ] {
        let plan = plan(&with_lines(&format!("[simulated]\nservice_time = {text}")));
        let Some(Target::Simulated(model)) = plan.target else {
            panic!("a model");
        };
        assert_eq!(model.service_time, expected, "{text}");
    }
}

#[test]
fn tags_thresholds_and_defaults_are_those_of_the_plan() {
    let plan = plan(SAMPLE);
    assert_eq!(
        plan.tags,
        Tags {
            include: vec!["smoke".to_owned()],
            exclude: vec!["slow".to_owned()],
        }
    );
    let threshold = |text: &str, abort| Threshold {
        condition: text.parse().unwrap(),
        abort,
    };
    let thresholds = [
        threshold("p95 < 500ms", false),
        threshold("fail_ratio < 1%", true),
    ];
    assert_eq!(plan.thresholds, thresholds);
    let request = RequestDefaults {
        timeout: secs(20),
        headers: vec![("accept".to_owned(), template("application/json"))],
        follow_redirects: false,
        cookies: false,
        http_version: Some(HttpVersion::Http2),
    };
    assert_eq!(plan.request, request);
    let tls = Tls {
        verify: false,
        ca: Some("ca.pem".to_owned()),
        identity: Some(Identity {
            cert: "me.pem".to_owned(),
            key: Some("me.key".to_owned()),
        }),
    };
    assert_eq!(plan.tls, tls);
}

#[test]
fn what_is_left_out_is_as_the_model_says() {
    let plan = plan(&with_lines(""));
    assert_eq!(plan.request, RequestDefaults::default());
    assert_eq!(plan.tls, Tls::default());
    assert_eq!(plan.tags, Tags::default());
    assert!(plan.thresholds.is_empty() && plan.data.is_empty());
    let class = &plan.user_classes.as_slice()[0];
    assert_eq!(class.share, Share::Weight(1.0));
    assert_eq!((class.set.order, class.set.wait), (Order::Weighted, None));
    let task = Task::request(1, Method::Get, "/".parse().unwrap());
    assert_eq!(class.set.tasks.as_slice(), [task]);
}

#[test]
fn rows_come_from_a_file_or_the_plan() {
    let plan = plan(SAMPLE);
    let accounts = DataSet {
        source: DataSource::Csv("accounts.csv".to_owned()),
        pick: Pick::Random,
    };
    assert_eq!(plan.data["accounts"], accounts);
    let rows = [
        json!({ "id": 1, "name": "a" }),
        json!({ "id": 2, "name": "b" }),
    ];
    let items = DataSet {
        source: DataSource::Rows(rows.map(|it| it.as_object().unwrap().clone()).into()),
        pick: Pick::User,
    };
    assert_eq!(plan.data["items"], items);
}

#[test]
fn a_class_has_a_share_and_maybe_a_host() {
    const TASK: &str = "task = [{ get = '/' }]";
    let share = |line: &str| class(&format!("{line}\n{TASK}")).share;
    assert_eq!(share("weight = 0.5"), Share::Weight(0.5));
    assert_eq!(share("weight = 3"), Share::Weight(3.0));
    assert_eq!(share("fixed_count = 2"), Share::FixedCount(2));
    let host = class(&format!("host = 'http://other:80'\n{TASK}")).host;
    assert_eq!(host, Some("http://other:80".parse().unwrap()));
}

#[test]
fn waits_have_rules() {
    for (text, rule) in [
        ("'1s'", WaitRule::Constant(secs(1))),
        ("1", WaitRule::Constant(secs(1))),
        ("0.5", WaitRule::Constant(millis(500))),
        ("{ constant = '1s' }", WaitRule::Constant(secs(1))),
        (
            "{ between = ['1s', 5] }",
            WaitRule::Between(secs(1), secs(5)),
        ),
        ("{ pacing = '2s' }", WaitRule::Pacing(secs(2))),
        ("{ poisson = 0.5 }", WaitRule::Poisson(0.5)),
        ("{ throughput = 2 }", WaitRule::Throughput(2.0)),
    ] {
        let class = class(&format!("wait = {text}\ntask = [{{ get = '/' }}]"));
        assert_eq!(class.set.wait, Some(wait(rule)), "{text}");
    }
}

#[test]
fn a_task_is_a_request_or_steps() {
    let expected = Task {
        name: "hello_world".to_owned(),
        tags: vec!["smoke".to_owned()],
        ..Task::request(3, Method::Get, "/".parse().unwrap())
    };
    let lines = "name = 'hello_world'\nweight = 3\ntags = ['smoke']";
    assert_eq!(task(&format!("{lines}\nget = '/'")), expected);
    assert_eq!(
        task(&format!("{lines}\nsteps = [{{ get = '/' }}]")),
        expected
    );
}

#[test]
fn a_task_may_be_a_set() {
    let task = task(
        "order = 'sequential'\nruns = 4\nwait = '1s'\non_start = [{ wait = 1 }]\n\
         on_stop = [{ wait = 2 }]\n[[user_class.task.task]]\nget = '/a'",
    );
    let Work::Set(set, Some(4)) = task.work else {
        panic!("a set, four times");
    };
    assert_eq!(set.order, Order::Sequential);
    assert_eq!(set.wait, Some(WaitTime::constant(secs(1)).unwrap()));
    assert_eq!(
        set.on_start,
        [Step::Wait(WaitTime::constant(secs(1)).unwrap())]
    );
    assert_eq!(
        set.on_stop,
        [Step::Wait(WaitTime::constant(secs(2)).unwrap())]
    );
    assert_eq!(
        set.tasks.as_slice(),
        [Task::request(1, Method::Get, "/a".parse().unwrap())]
    );
}

#[test]
fn every_method_is_a_key() {
    for method in Method::ALL {
        let key = method.as_str().to_lowercase();
        checks_request(&format!("{key} = '/'"), request(method, "/"));
    }
}

#[test]
fn a_request_has_headers_and_a_body() {
    let expected = RequestStep {
        name: Some(template("n")),
        headers: vec![(
            "authorization".to_owned(),
            template("Bearer {{users.token}}"),
        )],
        body: Some(Body::Json(
            JsonTemplate::new(json!({ "id": "{{users.id}}", "n": [1, 1.0] })).unwrap(),
        )),
        timeout: Some(secs(5)),
        follow_redirects: Some(false),
        ..request(Method::Post, "/cart")
    };
    checks_request(
        "post = '/cart', name = 'n', timeout = '5s', follow_redirects = false, \
         headers = { Authorization = 'Bearer {{users.token}}' }, json = { id = '{{users.id}}', n = [1, 1.0] }",
        expected,
    );
    let form = vec![
        ("b".to_owned(), template("1")),
        ("a".to_owned(), template("2")),
    ];
    let expected = RequestStep {
        body: Some(Body::Form(form)),
        ..request(Method::Put, "/x")
    };
    checks_request("put = '/x', form = { b = '1', a = '2' }", expected);
    let expected = RequestStep {
        body: Some(Body::Text(template("text"))),
        ..request(Method::Patch, "/x")
    };
    checks_request("patch = '/x', body = 'text'", expected);
}

#[test]
fn a_list_of_pairs_may_repeat_a_name() {
    let pairs = vec![
        ("a".to_owned(), template("1")),
        ("a".to_owned(), template("2")),
    ];
    let expected = RequestStep {
        headers: pairs.clone(),
        body: Some(Body::Form(pairs)),
        ..request(Method::Post, "/")
    };
    checks_request(
        "post = '/', headers = [['A', '1'], ['a', '2']], form = [['a', '1'], ['a', '2']]",
        expected,
    );
}

#[test]
fn answers_are_checked() {
    let status = |status| Check::Status(serde_json::from_value::<StatusSet>(status).unwrap());
    let json = |path: &str, equals: Option<Value>| Check::Json {
        path: path.parse().unwrap(),
        equals: equals.map(|it| JsonTemplate::new(it).unwrap()),
    };
    let header = |equals: Option<&str>| Check::Header {
        name: "content-type".to_owned(),
        equals: equals.map(template),
    };
    for (text, expected) in [
        ("status = 200", status(json!(200))),
        ("status = '2xx'", status(json!("2xx"))),
        ("status = [200, '3xx']", status(json!([200, "3xx"]))),
        ("under = '800ms'", Check::Under(millis(800))),
        ("contains = 'ok'", Check::Contains(template("ok"))),
        ("regex = 'o+k'", Check::Regex("o+k".parse().unwrap())),
        ("json = '$.id'", json("$.id", None)),
        (
            "json = '$.ok', equals = true",
            json("$.ok", Some(json!(true))),
        ),
        (
            "json = '$.ok', equals = { '$json' = 'null' }",
            json("$.ok", Some(Value::Null)),
        ),
        ("header = 'Content-Type'", header(None)),
        (
            "header = 'content-type', equals = 'text/html'",
            header(Some("text/html")),
        ),
    ] {
        let expected = RequestStep {
            checks: vec![expected],
            ..request(Method::Get, "/")
        };
        checks_request(&format!("get = '/', check = [{{ {text} }}]"), expected);
    }
}

#[test]
fn values_are_kept_of_answers() {
    for (text, source, default) in [
        (
            "json = '$.id', default = 0",
            Source::Json("$.id".parse().unwrap()),
            Some(json!(0)),
        ),
        ("regex = 'o+k'", Source::Regex("o+k".parse().unwrap()), None),
        ("header = 'ETag'", Source::Header("etag".to_owned()), None),
    ] {
        let extract = Extract {
            variable: "id".to_owned(),
            source,
            default,
        };
        let expected = RequestStep {
            extracts: vec![extract],
            ..request(Method::Get, "/")
        };
        checks_request(
            &format!("get = '/', extract = {{ id = {{ {text} }} }}"),
            expected,
        );
    }
}

#[test]
fn a_step_may_wait() {
    assert_eq!(
        step("wait = '500ms'"),
        Step::Wait(WaitTime::constant(millis(500)).unwrap())
    );
    let between = WaitTime::between(secs(1), secs(2)).unwrap();
    assert_eq!(
        step("wait = { between = ['1s', '2s'] }"),
        Step::Wait(between)
    );
    assert_eq!(
        step("wait = { poisson = 2 }"),
        Step::Wait(wait(WaitRule::Poisson(2.0)))
    );
}

#[test]
fn toml_and_json_are_the_same() {
    let table: Value = toml::from_str(SAMPLE).unwrap();
    let json = serde_json::to_string_pretty(&table).unwrap();
    assert_eq!(Plan::from_json(&json).unwrap(), plan(SAMPLE));
    assert_eq!(Plan::from_json(&table.to_string()).unwrap(), plan(SAMPLE));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(plan(&format!("\u{feff}{SAMPLE}")), plan(SAMPLE));
    let json = plan(SAMPLE).to_json();
    assert_eq!(
        Plan::from_json(&format!("\u{feff}{json}")).unwrap(),
        plan(SAMPLE)
    );
}

#[test]
fn what_is_at_a_path_is_found_by_its_line() {
    let plan = with_task(
        "steps = [\n{ get = '/', headers = { Cookie = 'a' } },\n\
         { get = '/', headers = [['a', 'b'],\n['Cookie', 'b']] }]",
    );
    let steps = "user_class[0].task[0].steps";
    for (path, expected) in [
        ("[0].headers.cookie", Some(("[0].headers.Cookie", 9))),
        ("[1].headers.cookie", Some(("[1].headers[1]", 11))),
        ("[1].headers", Some(("[1].headers", 10))),
        ("[2].headers", None),
        ("[1].headers.accept", None),
    ] {
        let found = crate::plan::locate(&plan, &[format!("{steps}{path}")]);
        let expected = expected.map(|(path, line)| (format!("{steps}{path}"), line));
        assert_eq!(found, [expected], "{path}");
    }
}
