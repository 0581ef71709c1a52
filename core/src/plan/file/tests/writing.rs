//! What is written, and that it is read as the same plan again.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::Union;
use serde_json::json;

use super::*;

/// What is made of a plan in TOML, whole.
#[track_caller]
fn check(toml: &str, expected: &str) {
    assert_eq!(plan(toml).to_toml(), expected);
}

#[test]
fn a_plan_is_written_in_sections() {
    let (get, name) = (
        r#"get = "/item/{{randint(1, 500)}}""#,
        r#"name = "/item/[id]""#,
    );
    let expected = SAMPLE
        .replace("order = \"weighted\"\n", "")
        .replace("Accept", "accept")
        .replace("Authorization", "authorization")
        .replace(&format!("{get}, {name}"), &format!("{name}, {get}"));
    check(SAMPLE, &expected);
}

#[test]
fn what_is_as_it_would_be_anyway_is_left_out() {
    check(
        "version = 1
thresholds = [{ check = 'p95 < 1s', abort = false }]
tags = []
request = { timeout = '30s', headers = {}, follow_redirects = true, cookies = true }
tls = { verify = true }
load = { arrivals = [{ duration = '60s', rate = [5, 5] }], max_users = 1000, stop_timeout = 0 }

[simulated]
workers = 4
max_in_flight = 6
service_time = 'path'
error_rate = 0
stalls = []

[data.a]
rows = [{ id = 1 }]
pick = 'user'

[[user_class]]
name = 'A'
weight = 1.0
order = 'weighted'
on_start = []

[[user_class.task]]
weight = 1
steps = [{ get = '/', headers = {}, check = [], extract = {} }]
",
        r#"version = 1
thresholds = ["p95 < 1s"]

[load]
arrivals = [{ duration = "1m", rate = 5 }]

[simulated]

[data.a]
rows = [{ id = 1 }]

[[user_class]]
name = "A"

[[user_class.task]]
get = "/"
"#,
    );
}

#[test]
fn what_toml_lacks_is_written_as_json() {
    let body = r#"json = { a = { "$json" = "null" }, b = [1, { "$json" = "null" }] }"#;
    let toml = with_task(&format!("post = '/'\n{body}"));
    let step = plan(&toml).to_toml();
    assert!(step.ends_with(&format!("post = \"/\"\n{body}\n")), "{step}");
}

#[test]
fn json_has_the_same_keys() {
    let plan = plan(&with_load("users = 2\nspawn_rate = 0.5\nrun_time = 90"));
    let expected = r#"{
  "version": 1,
  "load": {
    "users": 2,
    "spawn_rate": 0.5,
    "run_time": "1m30s"
  },
  "user_class": [
    {
      "name": "A",
      "task": [
        {
          "get": "/"
        }
      ]
    }
  ]
}
"#;
    assert_eq!(plan.to_json(), expected);
}

type Values = BoxedStrategy<Value>;

/// Tables with all of the keys `required`, and any of the keys `optional`.
fn tables(required: Vec<(&'static str, Values)>, optional: Vec<(&'static str, Values)>) -> Values {
    let (first_keys, first): (Vec<_>, Vec<_>) = required.into_iter().unzip();
    let (other_keys, others): (Vec<_>, Vec<_>) = optional.into_iter().unzip();
    let others: Vec<_> = others.into_iter().map(prop::option::of).collect();
    let values = (first, others);
    let table = values.prop_map(move |(first, others)| {
        let first = first_keys.iter().zip(first.into_iter().map(Some));
        let others = other_keys.iter().zip(others);
        let entries = first.chain(others);
        let entries = entries.filter_map(|(key, value)| Some(((*key).to_owned(), value?)));
        Value::Object(entries.collect())
    });
    table.boxed()
}

/// Tables with the keys of both.
fn joined(left: Values, right: Values) -> Values {
    let both = (left, right).prop_map(|(left, right)| {
        let tables = [left, right];
        let entries = tables.iter().filter_map(Value::as_object).flatten();
        Value::Object(
            entries
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        )
    });
    both.boxed()
}

fn any_of(options: Vec<Values>) -> Values {
    Union::new(options).boxed()
}

fn lists(item: Values, sizes: std::ops::Range<usize>) -> Values {
    prop::collection::vec(item, sizes)
        .prop_map(Value::Array)
        .boxed()
}

fn one(value: impl Into<Value>) -> Values {
    Just(value.into()).boxed()
}

/// Texts with anything in them.
fn texts() -> Values {
    let any = any::<String>().prop_map(|it| it.replace('{', "<"));
    let templates = select(vec![
        "{{id}}",
        "a{{ a.id }}ü",
        "{ {a}}}",
        r"\{{",
        "{{choice(1, 'x')}}\n",
    ]);
    prop_oneof![any, templates.prop_map(str::to_owned)]
        .prop_map(Value::String)
        .boxed()
}

/// Texts without control characters.
fn lines() -> Values {
    let lines = "[^\\p{Cc}{]{0,12}(\\{\\{id\\}\\})?";
    lines.prop_map(Value::String).boxed()
}

fn names() -> Values {
    select(vec!["a", "B_1", "_"]).prop_map(Value::from).boxed()
}

fn numbers(max: f64) -> Values {
    prop_oneof![
        (1..=(max as u64)).prop_map(Value::from),
        (1e-9..max).prop_map(Value::from)
    ]
    .boxed()
}

fn wholes(from: u64, to: u64) -> Values {
    (from..=to).prop_map(Value::from).boxed()
}

/// Lengths of time up to a day, above zero.
fn lengths() -> Values {
    prop_oneof![
        (1..=86_400_000_u64).prop_map(|it| json!(format!("{it}ms"))),
        (1..=86_400_u64).prop_map(Value::from),
        (1e-9..86_400.0).prop_map(Value::from),
    ]
    .boxed()
}

fn jsons() -> Values {
    let leaves = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|it| Value::from(if it.is_finite() { it } else { 0.1 })),
        texts(),
        Just(json!({ "$json": "{\"$json\": \"1\"}" })),
    ];
    let keys = prop_oneof![
        any::<String>(),
        Just("$json".to_owned()),
        Just("a.b".to_owned())
    ];
    let nested = leaves.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            // A text beside `$json` alone would be read as JSON.
            prop::collection::vec((keys.clone(), inner), 0..3)
                .prop_map(|entries| Value::Object(entries.into_iter().collect()))
                .prop_filter("a text of JSON", |it| !it["$json"].is_string()),
        ]
    });
    nested.boxed()
}

/// Headers or fields: a table, or a list of pairs.
fn pairs(names: Values, values: Values) -> Values {
    let pairs = lists(
        (names, values)
            .prop_map(|(name, value)| json!([name, value]))
            .boxed(),
        0..3,
    );
    let table = tables(vec![], vec![("Accept", lines()), ("x", lines())]);
    any_of(vec![pairs, table])
}

fn checks() -> Values {
    let status = json!([200, "2xx", [404, "3xx"], [500]]);
    let status = select(status.as_array().cloned().unwrap_or_default()).boxed();
    let json = tables(vec![("json", one("$.a[0]"))], vec![("equals", jsons())]);
    let header = tables(vec![("header", one("ETag"))], vec![("equals", texts())]);
    any_of(vec![
        tables(vec![("status", status)], vec![]),
        tables(vec![("under", lengths())], vec![]),
        tables(vec![("contains", texts())], vec![]),
        tables(vec![("regex", one("a(b)\\s\"'"))], vec![]),
        json,
        header,
    ])
}

fn extracts() -> Values {
    let default = || vec![("default", jsons())];
    let one = any_of(vec![
        tables(vec![("json", one("$..b"))], default()),
        tables(vec![("regex", one("x+"))], default()),
        tables(vec![("header", one("a"))], default()),
    ]);
    tables(vec![], vec![("a", one.clone()), ("B_2", one)])
}

/// The keys of a request.
fn requests() -> Values {
    let urls = select(vec!["/", "/a?b={{id}}&c=%20", "{{next}}", "https://a/ü"]);
    let method = select(form_methods())
        .prop_flat_map(move |method| urls.clone().prop_map(move |url| json!({ method: url })));
    let bodies = any_of(vec![
        one(json!({})),
        tables(vec![("json", jsons())], vec![]),
        tables(vec![("form", pairs(texts(), texts()))], vec![]),
        tables(vec![("body", texts())], vec![]),
    ]);
    let others = tables(
        vec![],
        vec![
            ("headers", pairs(names(), lines())),
            ("timeout", lengths()),
            (
                "follow_redirects",
                any::<bool>().prop_map(Value::from).boxed(),
            ),
            ("check", lists(checks(), 0..3)),
            ("extract", extracts()),
        ],
    );
    joined(joined(method.boxed(), bodies), others)
}

fn form_methods() -> Vec<&'static str> {
    vec!["get", "post", "put", "patch", "delete", "head", "options"]
}

fn waits() -> Values {
    let between = (0..50_u64, 0..50_u64).prop_map(|(from, more)| json!([from, from + more]));
    any_of(vec![
        lengths(),
        tables(vec![("between", between.boxed())], vec![]),
        tables(vec![("poisson", numbers(1e6))], vec![]),
    ])
}

fn task_waits() -> Values {
    any_of(vec![
        waits(),
        tables(vec![("constant", lengths())], vec![]),
        tables(vec![("pacing", lengths())], vec![]),
        tables(vec![("throughput", numbers(1e6))], vec![]),
    ])
}

fn steps() -> Values {
    let named = tables(vec![], vec![("name", texts())]);
    any_of(vec![
        joined(requests(), named),
        tables(vec![("wait", waits())], vec![]),
    ])
}

/// What a set has besides its tasks.
fn sets() -> Values {
    let order = select(vec!["weighted", "sequential"]).prop_map(Value::from);
    let steps = || lists(steps(), 0..2);
    let keys = vec![
        ("order", order.boxed()),
        ("wait", task_waits()),
        ("on_start", steps()),
        ("on_stop", steps()),
    ];
    tables(vec![], keys)
}

fn tasks() -> Values {
    let of_task = || {
        let tags = lists(texts(), 0..2);
        let keys = vec![
            ("name", texts()),
            ("weight", wholes(1, 1_000_000)),
            ("tags", tags),
        ];
        tables(vec![], keys)
    };
    let steps = tables(vec![("steps", lists(steps(), 1..3))], vec![]);
    let leaves = joined(of_task(), any_of(vec![requests(), steps]));
    let nested = leaves.prop_recursive(2, 6, 2, move |inner| {
        let tasks = lists(inner.boxed(), 1..3);
        let set = tables(vec![("task", tasks)], vec![("runs", wholes(1, 9))]);
        joined(joined(of_task(), sets()), set)
    });
    nested.boxed()
}

fn classes() -> Values {
    let share = any_of(vec![
        tables(vec![], vec![("weight", numbers(1e6))]),
        tables(vec![("fixed_count", wholes(1, 1_000_000))], vec![]),
    ]);
    let host = tables(vec![], vec![("host", one("https://a:1/b"))]);
    let tasks = tables(vec![("task", lists(tasks(), 1..3))], vec![]);
    let class = joined(joined(share, host), joined(sets(), tasks));
    let classes = prop::collection::vec((texts(), class), 1..3);
    let classes = classes.prop_map(|classes| {
        let classes = classes.into_iter().enumerate();
        let named = classes.map(|(index, (name, mut class))| {
            class["name"] = format!("{index}{}", name.as_str().unwrap_or_default()).into();
            let sets_variables = json!({ "get": "/", "extract": {
                "id": { "json": "$" }, "next": { "json": "$" },
            } });
            match &mut class["on_stop"] {
                Value::Array(steps) => steps.push(sets_variables),
                none => *none = json!([sets_variables]),
            }
            class
        });
        named.collect()
    });
    classes.boxed()
}

fn loads() -> Values {
    let stage = tables(
        vec![
            ("duration", lengths()),
            ("users", wholes(0, 1_000_000)),
            ("spawn_rate", numbers(1e6)),
        ],
        vec![],
    );
    let rate = any_of(vec![numbers(1e6), lists(numbers(1e6), 2..3), one(0)]);
    let arrival = tables(vec![("duration", lengths()), ("rate", rate)], vec![]);
    let users = || wholes(1, 1_000_000);
    let shapes = any_of(vec![
        tables(
            vec![("users", users()), ("spawn_rate", numbers(1e6))],
            vec![],
        ),
        tables(vec![("stages", lists(stage, 1..3))], vec![]),
        tables(
            vec![("arrivals", lists(arrival, 1..3))],
            vec![("max_users", users())],
        ),
    ]);
    let ends = vec![
        ("run_time", lengths()),
        ("max_requests", wholes(1, u64::MAX)),
        ("stop_timeout", lengths()),
        ("seed", wholes(0, u64::MAX)),
        ("autostop", any::<bool>().prop_map(Value::from).boxed()),
    ];
    joined(shapes, tables(vec![], ends))
}

fn simulated() -> Values {
    let stall = tables(vec![("at", lengths()), ("duration", lengths())], vec![]);
    let spread = numbers(10.0);
    let log_normal = tables(vec![("median", lengths()), ("spread", spread)], vec![]);
    let service_time = any_of(vec![
        one("path"),
        tables(vec![("constant", lengths())], vec![]),
        tables(vec![("exponential", lengths())], vec![]),
        tables(vec![("log_normal", log_normal)], vec![]),
        one(json!({ "uniform": ["1ms", 2] })),
    ]);
    let keys = vec![
        ("workers", wholes(1, 10_000)),
        ("max_in_flight", wholes(1, 1_000_000)),
        ("service_time", service_time),
        ("error_rate", (0.0..=1.0).prop_map(Value::from).boxed()),
        ("stalls", lists(stall, 0..2)),
    ];
    tables(vec![], keys)
}

fn data() -> Values {
    let pick = || {
        let pick = select(vec!["user", "random", "sequential"]);
        vec![("pick", pick.prop_map(Value::from).boxed())]
    };
    let scalar = any_of(vec![texts(), wholes(0, 9), one(Value::Null), one(true)]);
    let row = tables(vec![("a", scalar.clone()), ("b", scalar)], vec![]);
    let set = any_of(vec![
        tables(vec![("csv", texts())], pick()),
        tables(vec![("rows", lists(row, 1..3))], pick()),
    ]);
    tables(vec![], vec![("a", set.clone()), ("B_1", set)])
}

/// Plan files in JSON that make sense.
fn files() -> Values {
    let targets = any_of(vec![
        one(json!({})),
        one(json!({ "host": "http://[::1]:5000" })),
        tables(vec![("simulated", simulated())], vec![]),
    ]);
    let checks = [
        "p95 < 500ms",
        "GET /: fail_ratio <= 1% over 5s",
        "ü: rps > 2",
    ];
    let check = select(checks.map(Value::from).to_vec()).boxed();
    let abort = vec![("abort", any::<bool>().prop_map(Value::from).boxed())];
    let threshold = any_of(vec![check.clone(), tables(vec![("check", check)], abort)]);
    let request = vec![
        ("timeout", lengths()),
        ("headers", pairs(names(), lines())),
        (
            "follow_redirects",
            any::<bool>().prop_map(Value::from).boxed(),
        ),
        ("cookies", any::<bool>().prop_map(Value::from).boxed()),
        (
            "http_version",
            select(vec!["1.1", "2"]).prop_map(Value::from).boxed(),
        ),
    ];
    let verify = || any::<bool>().prop_map(Value::from).boxed();
    let tls = any_of(vec![
        tables(vec![], vec![("verify", verify()), ("ca", texts())]),
        tables(
            vec![("cert", texts())],
            vec![("verify", verify()), ("key", texts())],
        ),
    ]);
    let required = vec![
        ("version", one(1)),
        ("load", loads()),
        ("user_class", classes()),
    ];
    let optional = vec![
        ("thresholds", lists(threshold, 0..3)),
        ("tags", lists(texts(), 0..2)),
        ("exclude_tags", lists(texts(), 0..2)),
        ("request", tables(vec![], request)),
        ("tls", tls),
        ("data", data()),
    ];
    joined(targets, tables(required, optional))
}

fn is_read_as_it_is_written(plan: &Plan) -> Result<(), TestCaseError> {
    let (toml, json) = (plan.to_toml(), plan.to_json());
    for found in [Plan::from_toml(&toml), Plan::from_json(&json)] {
        prop_assert_eq!(found.as_ref(), Ok(plan), "{}{}", toml, json);
        // Plans that differ in nothing but the order of keys in a body are equal.
        let found = found.map(|it| (it.to_toml(), it.to_json()));
        prop_assert_eq!(found, Ok((toml.clone(), json.clone())));
    }
    Ok(())
}

/// What is said about a text is about one of its lines, in their order.
fn makes_sense(found: Result<Plan, PlanErrors>, text: &str) -> Result<(), TestCaseError> {
    let errors = match found {
        Ok(plan) => return is_read_as_it_is_written(&plan),
        Err(errors) => errors,
    };
    let lines: Vec<Option<u32>> = errors.as_slice().iter().map(|it| it.line).collect();
    prop_assert!(!lines.is_empty() && lines.is_sorted());
    let n_lines = 1 + text.matches('\n').count();
    let last = lines.last().copied().flatten();
    prop_assert!(last.is_none_or(|it| it as usize <= n_lines), "{errors}");
    Ok(())
}

/// `text` with some of its characters replaced.
fn mutated(text: &str, changes: &[(Index, usize, String)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (at, n_removed, added) in changes {
        let start = at.index(chars.len() + 1);
        let end = chars.len().min(start + n_removed);
        chars.splice(start..end, added.chars());
    }
    chars.into_iter().collect()
}

fn changes() -> impl Strategy<Value = Vec<(Index, usize, String)>> {
    let tokens = vec![
        "", "[", "]", "{", "}", "\"", "'", "'''", "=", "\n", ".", ",", "{{", "}}", "-1", "0",
        "1e9", "null", "true", "ü🦋", "[[a]]\n", "$json", "\r", "\0", "#",
    ];
    let change = (
        any::<Index>(),
        0..6_usize,
        select(tokens).prop_map(str::to_owned),
    );
    prop::collection::vec(change, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_plan_is_read_as_it_is_written(file in files()) {
        let plan = Plan::from_json(&file.to_string());
        let plan = plan.map_err(|it| TestCaseError::fail(format!("{it}\n\nin: {file:#}")))?;
        is_read_as_it_is_written(&plan)?;
    }

    #[test]
    fn any_text_is_a_plan_or_has_problems(text in any::<String>()) {
        makes_sense(Plan::from_toml(&text), &text)?;
        makes_sense(Plan::from_json(&text), &text)?;
    }

    #[test]
    fn a_plan_with_slips_is_a_plan_or_has_problems(changes in changes()) {
        let toml = mutated(SAMPLE, &changes);
        makes_sense(Plan::from_toml(&toml), &toml)?;
        let json = mutated(&plan(SAMPLE).to_json(), &changes);
        makes_sense(Plan::from_json(&json), &json)?;
    }
}
