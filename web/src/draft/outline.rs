//! What the page itself needs to know of a plan. All else about plans is the engine's.

use std::time::Duration;

use mayfly_core::plan::{Draft, PlanError, SpawnRate, UserCount, Users, parse_length};
use serde_json::{Map, Value};

use crate::draft::load_kind::LoadKind;

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
}
