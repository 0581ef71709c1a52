//! What a host shows of a plan, beside what it loads.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Draft, Plan, Shape, Users};
use crate::http::request::RequestName;

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
    /// The rows of the statistics that are known before the run: sorted, each once. Without those
    /// of requests whose key `name` has placeholders.
    pub rows: Vec<RequestName>,
    /// The conditions of the thresholds, as they are written, in the order of the plan.
    pub thresholds: Vec<String>,
}

impl Summary {
    /// What is to be shown of `plan`.
    pub fn of(plan: &Plan) -> Self {
        let requests = plan.requests().into_iter();
        let names: BTreeSet<RequestName> =
            requests.filter_map(|(_, it)| it.request_name()).collect();
        let thresholds = plan.thresholds.iter();
        Self {
            kind: LoadKind::of(&plan.load.shape),
            users: match plan.load.shape {
                Shape::Users(users) => Some(users),
                Shape::Arrivals(_) | Shape::Stages(_) => None,
            },
            length: plan.load.end(),
            seed: plan.load.seed,
            rows: names.into_iter().collect(),
            thresholds: thresholds.map(|it| it.condition.to_string()).collect(),
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
    use crate::running::program::Program;

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

    #[track_caller]
    fn check_rows(lines: &str, expected: &[&str]) {
        let plan = plan(&format!("load = {{ users = 1, spawn_rate = 1 }}\n{lines}"));
        let rows = Summary::of(&plan).rows;
        let names: Vec<String> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(names, expected);
        // What runs the plan is the truth.
        let program = Program::new(&plan, |_| Err("no files here".to_owned())).unwrap();
        assert_eq!(rows, program.request_names());
    }

    #[test]
    fn rows_are_the_names_that_stay_the_same() {
        let class = "[[user_class]]\nname = 'A'\non_start = [{ post = '/login' }]\n\
                     on_stop = [{ wait = 1 }, { get = '/bye' }]\n\
                     task = [{ get = '/item/{{ randint(1, 9) }}' }, { steps = [\n\
                     { get = '/b', name = 'item {{ randint(1, 9) }}' },\n\
                     { get = '/c', name = 'cart' },\n\
                     { put = '/c', name = 'cart' }, { get = '/bye' }] }]\n";
        check_rows(
            class,
            &[
                "GET /bye",
                "GET /item/{{ randint(1, 9) }}",
                "POST /login",
                "GET cart",
                "PUT cart",
            ],
        );
    }

    #[test]
    fn a_set_without_a_task_to_do_has_no_rows() {
        let class = "[[user_class]]\nname = 'A'\n\
                     task = [{ get = '/a', tags = ['x'] },\n\
                     { get = '/b', tags = ['y'] },\n\
                     { on_start = [{ get = '/c' }], task = [{ get = '/d', tags = ['y'] }] },\n\
                     { on_start = [{ get = '/e' }], tags = ['x'],\n\
                     task = [{ get = '/f', weight = 0 }, { get = '/g' }] },\n\
                     { on_start = [{ get = '/h' }],\n\
                     task = [{ get = '/i', weight = 0, tags = ['x'] }, { get = '/j' }] }]\n";
        check_rows(
            &format!("tags = ['x']\n{class}"),
            &["GET /a", "GET /e", "GET /f", "GET /g"],
        );
    }

    #[test]
    fn thresholds_are_shown_as_they_are_written() {
        let head =
            "thresholds = ['p95 < 500ms', { check = 'GET /a: rps  > 1 over 10s', abort = true }]";
        let load = "load = { users = 1, spawn_rate = 1 }";
        let found = Summary::of(&plan(&format!("{head}\n{load}\n{CLASS}")));
        assert_eq!(
            found.thresholds,
            ["p95 < 500ms", "GET /a: rps  > 1 over 10s"]
        );
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
