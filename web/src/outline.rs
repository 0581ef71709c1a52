//! What the page itself needs to know of a plan. All else about plans is the engine's.

use std::time::Duration;

use mayfly_core::plan::{Draft, PlanError, SpawnRate, UserCount, Users, parse_length};
use serde_json::{Map, Value, json};

use crate::load_kind::LoadKind;

/// What the page shows of a plan that runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// What its load is about.
    pub kind: LoadKind,
    /// The users, if their number is what the load is about.
    pub users: Option<Users>,
    /// When the run ends by itself, if that is known: by its run time, or with its last stage.
    pub length: Option<Duration>,
    /// The number all randomness comes from, if the plan says it.
    pub seed: Option<u64>,
}

impl Outline {
    /// Reads what is there; values that make no sense are left out.
    pub fn new(draft: &Draft) -> Self {
        let load = |key: &str| draft.keys.get("load").and_then(|it| it.get(key));
        let users = load("users").and_then(Value::as_u64);
        let users = users.and_then(|it| u32::try_from(it).ok()?.try_into().ok());
        let spawn_rate = load("spawn_rate").and_then(Value::as_f64);
        let spawn_rate = spawn_rate.and_then(|it| it.try_into().ok());
        Self {
            kind: LoadKind::of(&draft.keys),
            users: users
                .zip(spawn_rate)
                .map(|(users, spawn_rate)| Users { users, spawn_rate }),
            length: [
                load("run_time").and_then(length),
                load("stages").and_then(sum),
            ]
            .into_iter()
            .chain([load("arrivals").and_then(sum)])
            .flatten()
            .min(),
            seed: load("seed").and_then(Value::as_u64),
        }
    }
}

/// The hosts of a plan and of its user classes, each once.
pub fn hosts(keys: &Map<String, Value>) -> Vec<&str> {
    let of_plan = keys.get("host").and_then(Value::as_str);
    let classes = keys.get("user_class").and_then(Value::as_array);
    let of_classes = classes.into_iter().flatten();
    let of_classes = of_classes.filter_map(|it| it.get("host")?.as_str());
    let mut hosts = Vec::new();
    for host in of_plan.into_iter().chain(of_classes) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// How long all stages are together.
fn sum(stages: &Value) -> Option<Duration> {
    let lengths = stages
        .as_array()?
        .iter()
        .map(|it| it.get("duration").and_then(length));
    lengths.sum()
}

/// A length of time as a plan has it: a text, or a number of seconds.
fn length(value: &Value) -> Option<Duration> {
    let length = match value {
        Value::String(text) => parse_length(text, Duration::MAX).ok(),
        other => Duration::try_from_secs_f64(other.as_f64()?).ok(),
    };
    length.filter(|it| !it.is_zero())
}

/// The same plan with other users.
pub fn with_users(draft: &Draft, users: Users) -> Draft {
    let mut draft = draft.clone();
    let load = draft.keys.entry("load").or_insert_with(|| json!({}));
    if let Value::Object(load) = load {
        load.insert("users".to_owned(), users.users.get().into());
        load.insert("spawn_rate".to_owned(), number(users.spawn_rate.get()));
    }
    draft
}

/// The same plan with what a run takes over from another one while it is under way: the load, but for
/// what is settled at the start, and the weights of user classes and tasks.
pub fn with_load(draft: &Draft, other: &Draft) -> Draft {
    let mut edited = draft.clone();
    let load = |draft: &Draft| draft.keys.get("load").and_then(Value::as_object).cloned();
    let (old, new) = (load(draft), load(other));
    let mut load = new.unwrap_or_default();
    take_keys(
        &mut load,
        &old.unwrap_or_default(),
        &["max_requests", "seed"],
    );
    edited.keys.insert("load".to_owned(), load.into());
    let classes = edited.keys.get_mut("user_class");
    let others = other.keys.get("user_class").and_then(Value::as_array);
    for class in classes.and_then(Value::as_array_mut).into_iter().flatten() {
        let mut others = others.into_iter().flatten();
        if let Some(other) = others.find(|it| it["name"] == class["name"]) {
            take_weights(class, other);
        }
    }
    edited
}

/// Of a user class or a task, and of the tasks in it, if there are as many.
fn take_weights(to: &mut Value, from: &Value) {
    let (Value::Object(to), Value::Object(from)) = (to, from) else {
        return;
    };
    take_keys(to, from, &["weight", "fixed_count"]);
    if let (Some(Value::Array(to)), Some(Value::Array(from))) =
        (to.get_mut("task"), from.get("task"))
        && to.len() == from.len()
    {
        for (to, from) in to.iter_mut().zip(from) {
            take_weights(to, from);
        }
    }
}

fn take_keys(to: &mut Map<String, Value>, from: &Map<String, Value>, keys: &[&str]) {
    for &key in keys {
        match from.get(key) {
            Some(value) => to.insert(key.to_owned(), value.clone()),
            None => to.shift_remove(key),
        };
    }
}

/// A number as a person would write it: `4` rather than `4.0`.
pub fn number(number: f64) -> Value {
    let whole = number as i64;
    if whole as f64 == number {
        return whole.into();
    }
    number.into()
}

/// What is wrong with the users that were typed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the fields of `Users`")]
pub struct UsersErrors {
    pub users: Option<PlanError>,
    pub spawn_rate: Option<PlanError>,
}

/// The users that two fields mean.
///
/// # Errors
///
/// Fails with all that is wrong at once.
pub fn parse_users(users: &str, spawn_rate: &str) -> Result<Users, UsersErrors> {
    let mut errors = UsersErrors::default();
    let users: Option<UserCount> = keep(users.parse(), &mut errors.users);
    let spawn_rate: Option<SpawnRate> = keep(spawn_rate.parse(), &mut errors.spawn_rate);
    match (users, spawn_rate) {
        (Some(users), Some(spawn_rate)) => Ok(Users { users, spawn_rate }),
        _ => Err(errors),
    }
}

/// The value, or `None` after putting the error in its place.
fn keep<T>(result: Result<T, PlanError>, place: &mut Option<PlanError>) -> Option<T> {
    result.map_err(|error| *place = Some(error)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Outline {
        Outline::new(&Draft::from_toml(text).unwrap())
    }

    fn users(users: u32, spawn_rate: f64) -> Users {
        Users {
            users: users.try_into().unwrap(),
            spawn_rate: spawn_rate.try_into().unwrap(),
        }
    }

    #[test]
    fn an_outline_has_what_the_plan_says() {
        let found = outline("host = \"http://a.test/\"\n[load]\nusers = 7\nspawn_rate = 2\n");
        assert_eq!(found.users, Some(users(7, 2.0)));
        let stages = outline("[load]\nstages = []\n");
        assert_eq!((stages.users, stages.kind), (None, LoadKind::Stages));
        assert_eq!(outline("host = 7\nload = 8\n"), Outline::default());
    }

    #[track_caller]
    fn check_length(load: &str, secs: Option<f64>) {
        let found = outline(&format!("[load]\n{load}\n")).length;
        assert_eq!(found, secs.map(Duration::from_secs_f64), "{load}");
    }

    #[test]
    fn a_run_ends_by_its_run_time_or_with_its_last_stage() {
        check_length("users = 7", None);
        check_length("run_time = \"1m30s\"", Some(90.0));
        check_length("run_time = 2.5", Some(2.5));
        check_length("run_time = \"soon\"", None);
        let stages = "stages = [{ duration = \"1m\" }, { duration = 5 }]";
        check_length(stages, Some(65.0));
        check_length(&format!("{stages}\nrun_time = 10"), Some(10.0));
        check_length("arrivals = [{ duration = \"2s\" }]", Some(2.0));
    }

    #[test]
    fn other_users_change_nothing_else() {
        let text = "version = 1\n\n[load]\nusers = 7\nspawn_rate = 2\nrun_time = \"1m\"\n";
        let edited = with_users(&Draft::from_toml(text).unwrap(), users(9, 0.5));
        assert_eq!(
            edited.to_toml(),
            "version = 1\n\n[load]\nusers = 9\nspawn_rate = 0.5\nrun_time = \"1m\"\n"
        );
    }

    #[test]
    fn a_run_takes_over_load_and_weights_and_nothing_else() {
        let plan = |host: &str, load: &str, weight: u32, path: &str| {
            let text = format!(
                "host = \"{host}\"\n\n[load]\n{load}\n\n[[user_class]]\nname = \"A\"\nweight = \
                 {weight}\n\n[[user_class.task]]\nget = \"{path}\"\nweight = {weight}\n"
            );
            Draft::from_toml(&text).unwrap()
        };
        let before = plan(
            "http://a.test",
            "users = 7\nspawn_rate = 2\nseed = 1",
            1,
            "/a",
        );
        let other = plan(
            "http://b.test",
            "users = 9\nspawn_rate = 5\nmax_requests = 3",
            4,
            "/b",
        );
        assert_eq!(
            with_load(&before, &other),
            plan(
                "http://a.test",
                "users = 9\nspawn_rate = 5\nseed = 1",
                4,
                "/a"
            )
        );
    }
}
