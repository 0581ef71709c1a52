//! Changes of a plan that may still have mistakes elsewhere.

use mayfly_core::plan::{Draft, Users};
use serde_json::{Map, Value, json};

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

#[cfg(test)]
mod tests {
    use super::*;

    fn users(users: u32, spawn_rate: f64) -> Users {
        Users {
            users: users.try_into().unwrap(),
            spawn_rate: spawn_rate.try_into().unwrap(),
        }
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
