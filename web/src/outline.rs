//! What the page itself needs to know of a plan. All else about plans is the engine's.

use mayfly_core::plan::{BaseUrl, Draft, Users};
use serde_json::{Value, json};

/// What the page shows of a plan that runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// What is loaded; `None` is the simulated API.
    pub base_url: Option<BaseUrl>,
    /// The users, if their number is what the load is about.
    pub users: Option<Users>,
}

impl Outline {
    /// Reads what is there; values that make no sense are left out.
    pub fn new(draft: &Draft) -> Self {
        let host = draft.keys.get("host").and_then(Value::as_str);
        let load = |key: &str| draft.keys.get("load").and_then(|it| it.get(key));
        let users = load("users").and_then(Value::as_u64);
        let users = users.and_then(|it| u32::try_from(it).ok()?.try_into().ok());
        let spawn_rate = load("spawn_rate").and_then(Value::as_f64);
        let spawn_rate = spawn_rate.and_then(|it| it.try_into().ok());
        Self {
            base_url: host.and_then(|it| it.parse().ok()),
            users: users
                .zip(spawn_rate)
                .map(|(users, spawn_rate)| Users { users, spawn_rate }),
        }
    }
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
        assert_eq!(found.base_url, Some("http://a.test/".parse().unwrap()));
        assert_eq!(found.users, Some(users(7, 2.0)));
        assert_eq!(outline("[load]\nstages = []\n"), Outline::default());
        assert_eq!(outline("host = 7\nload = 8\n"), Outline::default());
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
}
