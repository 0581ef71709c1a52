//! The kinds of loads that a plan can have, and how one becomes another.

use std::collections::BTreeMap;
use std::time::Duration;

use mayfly_core::plan::{LoadKind, parse_length};
use mayfly_core::time::format_length;
use serde_json::{Map, Value, json};

use mayfly_engine::edit::number;

/// The kind of the load of a draft with these keys, as far as it can be told.
pub(crate) fn kind_of(keys: &Map<String, Value>) -> LoadKind {
    let load = keys.get("load");
    let has = |key: &str| load.is_some_and(|it| it.get(key).is_some());
    if has("stages") {
        LoadKind::Stages
    } else if has("arrivals") {
        LoadKind::Arrivals
    } else {
        LoadKind::Users
    }
}

/// What a kind of load is called.
pub(crate) fn title(kind: LoadKind) -> &'static str {
    match kind {
        LoadKind::Users => "Users",
        LoadKind::Stages => "Stages",
        LoadKind::Arrivals => "Arrivals (open model)",
    }
}

/// The loads that gave way to another kind, to come back with theirs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FormerLoads(BTreeMap<LoadKind, Map<String, Value>>);

impl FormerLoads {
    /// Gives the plan with these keys a load of another kind: the one that it had before, or else
    /// what comes closest to the one it has.
    pub(crate) fn switch(&mut self, keys: &mut Map<String, Value>, kind: LoadKind) {
        let from = kind_of(keys);
        if from == kind {
            return;
        }
        let load = keys.entry("load").or_insert_with(|| json!({}));
        let Value::Object(old) = load.take() else {
            *load = Value::Object(demo(kind));
            return;
        };
        let is_of_shape = |key: &str| SHAPE_KEYS.contains(&key);
        let (shape, others): (Map<_, _>, Map<_, _>) =
            old.into_iter().partition(|(key, _)| is_of_shape(key));
        let former = self.0.remove(&kind);
        let mut new = former.unwrap_or_else(|| converted(&shape, from, kind));
        new.extend(others);
        *load = Value::Object(new);
        self.0.insert(from, shape);
    }

    /// Gives the plan with these keys a load of `kind` with this list of stages. It ends with the
    /// last of them.
    pub(crate) fn put(&mut self, keys: &mut Map<String, Value>, kind: LoadKind, list: Value) {
        self.switch(keys, kind);
        if let Some(Value::Object(load)) = keys.get_mut("load") {
            let key = if kind.is_open() { "arrivals" } else { "stages" };
            load.insert(key.to_owned(), list);
            load.shift_remove("run_time");
        }
    }
}

/// A load where there is none to start from.
fn demo(kind: LoadKind) -> Map<String, Value> {
    let users = table(&[("users", 20.into()), ("spawn_rate", 4.into())]);
    match kind {
        LoadKind::Users => users,
        _ => converted(&users, LoadKind::Users, kind),
    }
}

fn converted(shape: &Map<String, Value>, from: LoadKind, to: LoadKind) -> Map<String, Value> {
    let stages = match from {
        LoadKind::Users => vec![stage_of_users(shape)],
        LoadKind::Stages => list(shape, "stages"),
        LoadKind::Arrivals => stages_of_arrivals(&list(shape, "arrivals")),
    };
    let mut load = match to {
        LoadKind::Users => return users_of_stages(&stages, shape.get("run_time")),
        LoadKind::Stages => table(&[("stages", stages.into())]),
        LoadKind::Arrivals => table(&[("arrivals", arrivals_of_stages(&stages).into())]),
    };
    // The run time of users is the length of their stage.
    if let Some(run_time) = shape.get("run_time").filter(|_| from != LoadKind::Users) {
        load.insert("run_time".to_owned(), run_time.clone());
    }
    load
}

/// One stage that is as long as the run, or a minute at least where nothing ends it.
fn stage_of_users(shape: &Map<String, Value>) -> Value {
    let get = |key: &str| shape.get(key).cloned().unwrap_or(Value::Null);
    let (users, spawn_rate) = (get("users"), get("spawn_rate"));
    let ramp = users.as_f64().zip(spawn_rate.as_f64());
    let ramp = ramp.map_or(0.0, |(users, rate)| users / rate);
    let length = shape
        .get("run_time")
        .cloned()
        .unwrap_or_else(|| length_of((2.0 * ramp).max(60.0)));
    stage(length, users, spawn_rate)
}

fn users_of_stages(stages: &[Value], run_time: Option<&Value>) -> Map<String, Value> {
    let users = |stage: &Value| stage["users"].as_u64().unwrap_or_default();
    // The first of the highest.
    let peak = stages.iter().rev().max_by_key(|it| users(it));
    let get = |key: &str| peak.map_or(Value::Null, |it| it[key].clone());
    let total: Option<f64> = stages.iter().map(|it| secs(&it["duration"])).sum();
    let total = total.filter(|it| 0.0 < *it);
    let run_time = run_time.cloned().or_else(|| total.map(length_of));
    let mut load = table(&[("users", get("users")), ("spawn_rate", get("spawn_rate"))]);
    load.extend(run_time.map(|it| ("run_time".to_owned(), it)));
    load
}

/// Each stage becomes the way to its level, as long as its users take to come, and the stay there.
fn arrivals_of_stages(stages: &[Value]) -> Vec<Value> {
    let mut level: Value = 0.into();
    let mut arrivals = Vec::new();
    for stage in stages {
        let from = level.clone();
        if let Some(users) = stage.get("users") {
            level = users.clone();
        }
        let change = from
            .as_f64()
            .zip(level.as_f64())
            .map(|(a, b)| (a - b).abs());
        let ramp = change.zip(stage["spawn_rate"].as_f64());
        let ramp = ramp.map_or(0.0, |(change, rate)| change / rate);
        let length = &stage["duration"];
        match secs(length) {
            Some(secs) if ramp < secs => {
                if 0.0 < ramp {
                    arrivals.push(json!({ "duration": length_of(ramp), "rate": [from, level] }));
                }
                arrivals.push(json!({ "duration": length_of(secs - ramp), "rate": level }));
            }
            _ => {
                let entries = [("duration", length.clone()), ("rate", json!([from, level]))];
                arrivals.push(table(&entries).into());
            }
        }
    }
    arrivals
}

fn stages_of_arrivals(arrivals: &[Value]) -> Vec<Value> {
    let mut level = 0.0;
    let convert = |arrival: &Value| {
        let length = arrival["duration"].clone();
        let rate = &arrival["rate"];
        let is_flat = !rate.is_array();
        let to = rate.get(1).unwrap_or(rate);
        let Some(users) = to.as_f64().map(f64::round) else {
            return stage(length, to.clone(), 1.into());
        };
        let change = (users - std::mem::replace(&mut level, users)).abs();
        // A jump takes a second.
        let secs = secs(&length).filter(|_| !is_flat);
        let spawn_rate = change.max(1.0) / secs.unwrap_or(1.0);
        stage(length, number(users), number(spawn_rate))
    };
    arrivals.iter().map(convert).collect()
}

fn list(shape: &Map<String, Value>, key: &str) -> Vec<Value> {
    let list = shape.get(key).and_then(Value::as_array);
    list.cloned().unwrap_or_default()
}

fn stage(length: Value, users: Value, spawn_rate: Value) -> Value {
    let entries = [
        ("duration", length),
        ("users", users),
        ("spawn_rate", spawn_rate),
    ];
    table(&entries).into()
}

/// A table of the values that there are.
fn table(entries: &[(&str, Value)]) -> Map<String, Value> {
    let entries = entries.iter().filter(|it| !it.1.is_null());
    entries
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect()
}

/// A length of time as a plan writes it.
fn length_of(secs: f64) -> Value {
    let millis = (secs * 1e3).round().clamp(1.0, 1e15) as u64;
    format_length(Duration::from_millis(millis)).into()
}

fn secs(length: &Value) -> Option<f64> {
    let secs = match length {
        Value::String(text) => parse_length(text, Duration::MAX).ok()?.as_secs_f64(),
        other => other.as_f64()?,
    };
    (0.0 < secs).then_some(secs)
}

/// The keys that make the shape of a load. The others mean the same with each of them.
const SHAPE_KEYS: [&str; 6] = [
    "users",
    "spawn_rate",
    "stages",
    "arrivals",
    "max_users",
    "run_time",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(load: Value) -> Map<String, Value> {
        Map::from_iter([("load".to_owned(), load)])
    }

    #[track_caller]
    fn check(load: Value, kind: LoadKind, expected: Value) {
        let mut keys = keys(load.clone());
        let mut former = FormerLoads::default();
        let from = kind_of(&keys);
        former.switch(&mut keys, kind);
        assert_eq!(keys["load"], expected);
        assert_eq!(kind_of(&keys), kind);
        former.switch(&mut keys, from);
        assert_eq!(keys["load"], load, "it comes back as it was");
    }

    #[test]
    fn users_become_one_stage() {
        check(
            json!({ "users": 50, "spawn_rate": 2, "run_time": "5m", "seed": 7 }),
            LoadKind::Stages,
            json!({ "stages": [{ "duration": "5m", "users": 50, "spawn_rate": 2 }], "seed": 7 }),
        );
        check(
            json!({ "users": 20, "spawn_rate": 4 }),
            LoadKind::Stages,
            json!({ "stages": [{ "duration": "1m", "users": 20, "spawn_rate": 4 }] }),
        );
    }

    #[test]
    fn users_become_as_many_tasks_per_second() {
        check(
            json!({ "users": 20, "spawn_rate": 4, "run_time": 60 }),
            LoadKind::Arrivals,
            json!({ "arrivals": [
                { "duration": "5s", "rate": [0, 20] },
                { "duration": "55s", "rate": 20 },
            ] }),
        );
    }

    #[test]
    fn stages_become_their_peak() {
        check(
            json!({ "stages": [
                { "duration": "30s", "users": 10, "spawn_rate": 10 },
                { "duration": "1m", "users": 50, "spawn_rate": 5 },
                { "duration": 10, "users": 0, "spawn_rate": 10 },
            ] }),
            LoadKind::Users,
            json!({ "users": 50, "spawn_rate": 5, "run_time": "1m40s" }),
        );
    }

    #[test]
    fn arrivals_become_stages_that_take_as_long() {
        check(
            json!({ "arrivals": [
                { "duration": "10s", "rate": [0, 100] },
                { "duration": "1m", "rate": 100 },
            ], "max_users": 200, "run_time": "30s" }),
            LoadKind::Stages,
            json!({ "stages": [
                { "duration": "10s", "users": 100, "spawn_rate": 10 },
                { "duration": "1m", "users": 100, "spawn_rate": 1 },
            ], "run_time": "30s" }),
        );
    }

    #[test]
    fn what_makes_no_sense_goes_along() {
        check(
            json!({ "users": "many", "spawn_rate": 0 }),
            LoadKind::Stages,
            json!({ "stages": [{ "duration": "1m", "users": "many", "spawn_rate": 0 }] }),
        );
        check(json!({ "stages": [] }), LoadKind::Users, json!({}));
        let mut keys = keys("none".into());
        FormerLoads::default().switch(&mut keys, LoadKind::Stages);
        assert_eq!(keys["load"]["stages"][0]["users"], 20);
    }

    #[test]
    fn a_list_takes_the_place_of_the_load_and_of_its_end() {
        let users = json!({ "users": 2, "spawn_rate": 1, "run_time": 5 });
        let mut keys = keys(users.clone());
        let mut former = FormerLoads::default();
        former.put(&mut keys, LoadKind::Arrivals, json!([7]));
        assert_eq!(keys["load"], json!({ "arrivals": [7] }));
        former.switch(&mut keys, LoadKind::Users);
        assert_eq!(keys["load"], users);
    }
}
