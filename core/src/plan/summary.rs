//! What a host shows of a plan, beside what it loads.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Draft, Plan, Shape, Users};

/// What a host shows of a plan, beside its [`Targets`](super::Targets).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Summary {
    /// What the load is about.
    pub kind: LoadKind,
    /// The users and their spawn rate, if the load is about users.
    pub users: Option<Users>,
    /// When the run ends by itself, as [`Load::end`](super::Load::end) has it; `None` if it goes on
    /// until it is stopped.
    pub length: Option<Duration>,
    /// The number all randomness comes from; `None` if every run takes a new one.
    pub seed: Option<u64>,
}

impl Summary {
    /// What is to be shown of `plan`.
    pub fn of(plan: &Plan) -> Self {
        Self {
            kind: LoadKind::of(&plan.load.shape),
            users: match plan.load.shape {
                Shape::Users(users) => Some(users),
                Shape::Arrivals(_) | Shape::Stages(_) => None,
            },
            length: plan.load.end(),
            seed: plan.load.seed,
        }
    }

    /// What is to be shown of the plan of a report: nothing of one that this version cannot read.
    pub fn of_draft(draft: &Draft) -> Self {
        let plan = Plan::from_json(&draft.to_json());
        plan.map_or_else(|_| Self::default(), |plan| Self::of(&plan))
    }
}

/// What a load is about.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum LoadKind {
    /// A number of users.
    #[default]
    Users,
    /// Numbers of users, one after the other.
    Stages,
    /// Tasks started per second, whether or not earlier ones are done.
    Arrivals,
}

impl LoadKind {
    /// In the order in which a person chooses.
    pub const ALL: [Self; 3] = [Self::Users, Self::Stages, Self::Arrivals];

    /// The kind of a load of this shape.
    pub fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Arrivals(_) => Self::Arrivals,
            Shape::Stages(_) => Self::Stages,
            Shape::Users(_) => Self::Users,
        }
    }

    /// Whether tasks start at given times (open model), rather than one after the other.
    pub fn is_open(self) -> bool {
        self == Self::Arrivals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASS: &str = "[[user_class]]\nname = 'A'\ntask = [{ get = '/a' }]\n";

    fn plan(text: &str) -> Plan {
        let text = format!("version = 1\n{text}");
        Plan::from_toml(&text).unwrap_or_else(|errors| panic!("{errors}\n\n{text}"))
    }

    fn of_load(load: &str) -> Summary {
        Summary::of(&plan(&format!("[load]\n{load}\n{CLASS}")))
    }

    #[test]
    fn users_are_shown_where_the_load_is_about_them() {
        let found = of_load("users = 7\nspawn_rate = 0.5\nseed = 9");
        assert_eq!((found.kind, found.seed), (LoadKind::Users, Some(9)));
        let users = found.users.unwrap();
        assert_eq!((users.users.get(), users.spawn_rate.get()), (7, 0.5));

        let found = of_load("stages = [{ duration = '1m', users = 7, spawn_rate = 1 }]");
        assert_eq!((found.kind, found.seed), (LoadKind::Stages, None));
        assert_eq!(found.users, None);

        let found = of_load("arrivals = [{ duration = '1m', rate = 7 }]");
        assert_eq!((found.kind, found.users), (LoadKind::Arrivals, None));
    }

    #[track_caller]
    fn check_length(load: &str, secs: Option<f64>) {
        let expected = secs.map(Duration::from_secs_f64);
        assert_eq!(of_load(load).length, expected, "{load}");
    }

    #[test]
    fn a_run_ends_by_its_run_time_or_with_its_last_stage() {
        let users = "users = 7\nspawn_rate = 1";
        check_length(users, None);
        check_length(&format!("{users}\nrun_time = '1m30s'"), Some(90.0));
        check_length(&format!("{users}\nrun_time = 2.5"), Some(2.5));
        let stage = "users = 7, spawn_rate = 1";
        let stages =
            format!("stages = [{{ duration = '1m', {stage} }}, {{ duration = 5, {stage} }}]");
        check_length(&stages, Some(65.0));
        check_length(&format!("{stages}\nrun_time = 10"), Some(10.0));
        check_length(&format!("{stages}\nrun_time = '1h'"), Some(65.0));
        check_length("arrivals = [{ duration = '2s', rate = [0, 5] }]", Some(2.0));
    }

    #[test]
    fn a_summary_is_sent_as_bytes() {
        let found = of_load("users = 7\nspawn_rate = 0.5\nrun_time = '1m'");
        let bytes = postcard::to_stdvec(&found).unwrap();
        assert_eq!(postcard::from_bytes::<Summary>(&bytes), Ok(found));
    }

    #[test]
    fn nothing_is_shown_of_a_draft_that_cannot_be_read() {
        let text = format!("version = 1\nload = {{ users = 1, spawn_rate = 1 }}\n{CLASS}");
        let draft = Draft::from_toml(&text).unwrap();
        let readable = Plan::from_toml(&text).unwrap();
        assert_eq!(Summary::of_draft(&draft), Summary::of(&readable));
        let broken = Draft::from_toml("load = { users = 'many' }").unwrap();
        assert_eq!(Summary::of_draft(&broken), Summary::default());
    }
}
