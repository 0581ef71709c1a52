//! What a command line, or another part of a swarm, may change of a plan without writing another one.

use std::num::NonZeroU64;
use std::time::Duration;

use super::notation::messages::closest;
use super::path::Path;
use super::{
    BaseUrl, Draft, LoadKind, Plan, PlanError, RunTime, Shape, SpawnRate, UserClasses, UserCount,
};

/// Values that take the place of those of a plan. `None` leaves what the plan has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// Loads this host, whatever the plan and its user classes say.
    pub host: Option<BaseUrl>,
    /// Users at the peak; for a load of users only.
    pub users: Option<UserCount>,
    /// Users started per second; for a load of users only.
    pub spawn_rate: Option<SpawnRate>,
    /// When the run ends by itself.
    pub run_time: Option<RunTime>,
    /// The run ends once so many requests were sent and answered.
    pub max_requests: Option<NonZeroU64>,
    /// How long users that are stopped may go on with their task.
    pub stop_timeout: Option<Duration>,
    /// The number all randomness of the run comes from.
    pub seed: Option<u64>,
    /// Only tasks with one of these tags run.
    pub tags: Option<Vec<String>>,
    /// Tasks with one of these tags do not run.
    pub exclude_tags: Option<Vec<String>>,
    /// Whether any certificate of a server is taken, whatever the plan says.
    pub is_insecure: bool,
    /// Only users of these classes run. Empty for all.
    pub user_classes: Vec<String>,
}

/// Why a plan cannot be changed as it was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OverrideError {
    /// The load of the plan is of another kind.
    #[error(
        "the load of the plan is given by {}, so there is no {what} to replace; change them in the plan",
        match kind { LoadKind::Arrivals => "arrivals", _ => "stages" }
    )]
    Load {
        /// What was to be replaced, in words.
        what: &'static str,
        /// What the load of the plan is about.
        kind: LoadKind,
    },
    /// No user class has this name.
    #[error(
        "the plan has no user class “{name}”{}; it has {}",
        match meant { Some(meant) => format!("; did you mean “{meant}”?"), None => String::new() },
        known.join(", ")
    )]
    UserClass {
        /// The name that was given.
        name: String,
        /// The name that is much like it.
        meant: Option<String>,
        /// Those of the plan.
        known: Vec<String>,
    },
    /// The user classes that are left make no plan.
    #[error(transparent)]
    Classes(#[from] PlanError),
}

/// Why no value of a plan was set.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SetError {
    /// There is no `=`, or nothing before it.
    #[error("expected a key of the plan and its value, such as load.users=50, found “{0}”")]
    NoPair(String),
    /// The key is not one, or names an item of a list that is not there.
    #[error("the plan has no place “{0}”; expected keys and indices, such as user_class[0].weight")]
    NoPlace(String),
}

impl Draft {
    /// Sets one value, as `load.users=50`. What makes a value in TOML is that; all else is text.
    /// Whether the plan takes it shows when it is read.
    ///
    /// # Errors
    ///
    /// Fails if `setting` is not a place and a value.
    pub fn set(&mut self, setting: &str) -> Result<(), SetError> {
        let no_pair = || SetError::NoPair(setting.to_owned());
        let (place, text) = setting.split_once('=').ok_or_else(no_pair)?;
        let (place, text) = (place.trim(), text.trim());
        if place.is_empty() {
            return Err(no_pair());
        }
        let read = Self::from_toml(&format!("value = {text}\n"));
        let mut keys = read.map(|it| it.keys).unwrap_or_default();
        // A value with a line break may be more than one.
        let value = keys.remove("value").filter(|_| keys.is_empty());
        let path = Path::parse(place);
        let old = path
            .as_ref()
            .and_then(|it| it.get_or_insert(&mut self.keys));
        *old.ok_or_else(|| SetError::NoPlace(place.to_owned()))? =
            value.unwrap_or_else(|| text.into());
        Ok(())
    }
}

impl Overrides {
    /// Changes `plan`. It is as it was if that fails.
    ///
    /// # Errors
    ///
    /// Fails if the plan has nothing of the kind that is to be replaced.
    pub fn apply(&self, plan: &mut Plan) -> Result<(), OverrideError> {
        let mut changed = plan.clone();
        self.change(&mut changed)?;
        *plan = changed;
        Ok(())
    }

    fn change(&self, plan: &mut Plan) -> Result<(), OverrideError> {
        if let Some(host) = &self.host {
            plan.set_host(host.clone());
        }
        self.change_users(&mut plan.load.shape)?;
        let load = &mut plan.load;
        load.run_time = self.run_time.or(load.run_time);
        load.max_requests = self.max_requests.or(load.max_requests);
        load.stop_timeout = self.stop_timeout.unwrap_or(load.stop_timeout);
        load.seed = self.seed.or(load.seed);
        if let Some(tags) = &self.tags {
            plan.tags.include.clone_from(tags);
        }
        if let Some(tags) = &self.exclude_tags {
            plan.tags.exclude.clone_from(tags);
        }
        plan.tls.verify &= !self.is_insecure;
        match &mut plan.locustfile {
            _ if self.user_classes.is_empty() => {}
            // Whether they are there is known once it was loaded.
            Some(file) => file.classes.clone_from(&self.user_classes),
            None => plan.user_classes = self.choose(&plan.user_classes)?,
        }
        Ok(())
    }

    fn change_users(&self, shape: &mut Shape) -> Result<(), OverrideError> {
        let what = match (self.users, self.spawn_rate) {
            (None, None) => return Ok(()),
            (Some(_), _) => "number of users",
            (None, Some(_)) => "spawn rate",
        };
        let kind = LoadKind::of(shape);
        let Shape::Users(load) = shape else {
            return Err(OverrideError::Load { what, kind });
        };
        load.users = self.users.unwrap_or(load.users);
        load.spawn_rate = self.spawn_rate.unwrap_or(load.spawn_rate);
        Ok(())
    }

    fn choose(&self, classes: &UserClasses) -> Result<UserClasses, OverrideError> {
        let names = || classes.as_slice().iter().map(|it| it.name.as_str());
        let unknown = self.user_classes.iter();
        if let Some(name) = { unknown }.find(|name| names().all(|it| it != name.as_str())) {
            return Err(OverrideError::UserClass {
                name: name.clone(),
                meant: closest(name, &names().collect::<Vec<_>>()).map(str::to_owned),
                known: names().map(str::to_owned).collect(),
            });
        }
        let mut chosen = classes.as_slice().to_vec();
        chosen.retain(|it| self.user_classes.contains(&it.name));
        Ok(chosen.try_into()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Tags, Target};

    const CLASSES: &str = "[[user_class]]\nname = 'Buyer'\nhost = 'http://b.test'\n\
                           task = [{ get = '/b' }]\n\
                           [[user_class]]\nname = 'Reader'\ntask = [{ get = '/r' }]\n\
                           [[user_class]]\nname = 'Idler'\nweight = 0\ntask = [{ get = '/i' }]\n";

    fn plan(load: &str) -> Plan {
        let text = format!("version = 1\ntags = ['a']\nload = {{ {load} }}\n{CLASSES}");
        Plan::from_toml(&text).unwrap_or_else(|errors| panic!("{errors}\n\n{text}"))
    }

    fn changed(overrides: &Overrides) -> Plan {
        let mut plan = plan("users = 3, spawn_rate = 1, run_time = '1m', seed = 7");
        overrides.apply(&mut plan).unwrap();
        plan
    }

    #[track_caller]
    fn check_error(overrides: &Overrides, load: &str, expected: &str) {
        let (mut found, before) = (plan(load), plan(load));
        let error = overrides.apply(&mut found).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(found, before, "nothing is changed by half");
    }

    #[test]
    fn nothing_is_changed_where_nothing_is_said() {
        let before = plan("users = 3, spawn_rate = 1, run_time = '1m', seed = 7");
        assert_eq!(changed(&Overrides::default()), before);
    }

    #[test]
    fn what_is_said_takes_the_place_of_what_the_plan_has() {
        let found = changed(&Overrides {
            host: "http://c.test".parse().ok(),
            users: "50".parse().ok(),
            spawn_rate: "2.5".parse().ok(),
            run_time: "20s".parse().ok(),
            max_requests: NonZeroU64::new(9),
            stop_timeout: Some(Duration::from_secs(3)),
            seed: Some(8),
            tags: Some(vec![]),
            exclude_tags: Some(vec!["x".to_owned()]),
            is_insecure: true,
            user_classes: vec!["Buyer".to_owned()],
        });
        let Shape::Users(users) = found.load.shape else {
            panic!("{:?}", found.load.shape)
        };
        assert_eq!((users.users.get(), users.spawn_rate.get()), (50, 2.5));
        assert_eq!(found.load.end(), Some(Duration::from_secs(20)));
        assert_eq!(found.load.max_requests, NonZeroU64::new(9));
        assert_eq!(found.load.stop_timeout, Duration::from_secs(3));
        assert_eq!(found.load.seed, Some(8));
        let tags = Tags {
            include: vec![],
            exclude: vec!["x".to_owned()],
        };
        assert_eq!(found.tags, tags);
        assert!(!found.tls.verify);
        let [class] = found.user_classes.as_slice() else {
            panic!("{:?}", found.user_classes)
        };
        assert_eq!((&*class.name, &class.host), ("Buyer", &None));
        assert_eq!(
            found.target,
            Some(Target::BaseUrl("http://c.test".parse().unwrap()))
        );
    }

    #[test]
    fn a_spawn_rate_alone_leaves_the_users() {
        let found = changed(&Overrides {
            spawn_rate: "9".parse().ok(),
            ..Overrides::default()
        });
        assert_eq!(found.load.shape.max_users(), 3);
    }

    #[test]
    fn a_load_of_another_kind_has_no_users_to_replace() {
        let users = Overrides {
            users: "5".parse().ok(),
            ..Overrides::default()
        };
        let stages = "stages = [{ duration = '1m', users = 7, spawn_rate = 1 }]";
        let expected = "the load of the plan is given by stages, so there is no number of users to \
                        replace; change them in the plan";
        check_error(&users, stages, expected);
        let rate = Overrides {
            spawn_rate: "5".parse().ok(),
            ..Overrides::default()
        };
        let expected = "the load of the plan is given by arrivals, so there is no spawn rate to \
                        replace; change them in the plan";
        check_error(
            &rate,
            "arrivals = [{ duration = '1m', rate = 7 }]",
            expected,
        );
    }

    #[test]
    fn a_user_class_that_is_not_there_is_said_with_those_that_are() {
        let users = "users = 3, spawn_rate = 1";
        let of = |name: &str| Overrides {
            user_classes: vec!["Reader".to_owned(), name.to_owned()],
            ..Overrides::default()
        };
        let expected = "the plan has no user class “Byer”; did you mean “Buyer”?; it has Buyer, \
                        Reader, Idler";
        check_error(&of("Byer"), users, expected);
        let only_idle = Overrides {
            user_classes: vec!["Idler".to_owned()],
            ..Overrides::default()
        };
        let expected = "expected at least one user class with a weight above 0";
        check_error(&only_idle, users, expected);
    }

    #[track_caller]
    fn check_set(setting: &str, expected: Result<serde_json::Value, &str>) {
        let mut draft = Draft::from_toml(&format!("load = {{ users = 3 }}\n{CLASSES}")).unwrap();
        let set = draft.set(setting);
        match (set, expected) {
            (Ok(()), Ok(expected)) => {
                let place = setting.split('=').next().unwrap().trim();
                let place = Path::parse(place).unwrap();
                assert_eq!(place.get(&draft.keys), Some(&expected), "{setting}");
            }
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
            (set, expected) => panic!("{setting}: {set:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn any_value_of_a_plan_can_be_set() {
        check_set("load.users=50", Ok(50.into()));
        check_set("load.run_time=30s", Ok("30s".into()));
        check_set("request.headers.x-run=a=b", Ok("a=b".into()));
        check_set("host=http://a.test", Ok("http://a.test".into()));
        check_set("user_class[1].weight = 7", Ok(7.into()));
        check_set("tags=['a', 'b']", Ok(vec!["a", "b"].into()));
        check_set("title=", Ok("".into()));
        check_set("host=1\nload = 2", Ok("1\nload = 2".into()));
    }

    #[test]
    fn a_setting_that_names_no_place_says_what_was_expected() {
        let no_pair = "expected a key of the plan and its value, such as load.users=50, found ";
        check_set("load.users", Err(&format!("{no_pair}“load.users”")));
        check_set("=5", Err(&format!("{no_pair}“=5”")));
        let no_place = |it| {
            format!(
                "the plan has no place “{it}”; expected keys and indices, such as \
                 user_class[0].weight"
            )
        };
        check_set(
            "user_class[9].weight=1",
            Err(&no_place("user_class[9].weight")),
        );
        check_set("a..b=1", Err(&no_place("a..b")));
    }
}
