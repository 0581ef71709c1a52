//! The start form: what was typed, and the plan it means.

use mayfly_core::plan::{
    BaseUrl, Draft, PlanError, RunTime, SpawnRate, UrlTemplate, UserCount, Users, parse_wait,
    parse_weight,
};
use mayfly_core::request::Method;
use mayfly_core::wait::WaitTime;
use serde_json::{Map, Value, json};

use crate::outline::number;

/// What was typed, as it was typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Form {
    /// Empty for the simulated API.
    pub host: String,
    /// Number of users.
    pub users: String,
    /// Users started per second.
    pub spawn_rate: String,
    /// Empty for no end.
    pub run_time: String,
    /// In seconds.
    pub wait_from: String,
    /// In seconds.
    pub wait_to: String,
    /// The tasks.
    pub tasks: Vec<TaskForm>,
    // The next free number for a row.
    next_id: u32,
}

/// A row of the task list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TaskForm {
    /// Tells rows apart while others come and go.
    pub id: u32,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The weight.
    pub weight: String,
}

/// A text field of the form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the fields of `Form`")]
pub enum Field {
    Host,
    RunTime,
    SpawnRate,
    Users,
    WaitFrom,
    WaitTo,
}

/// A change to one task.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "the names are those of the fields of `TaskForm`"
)]
pub enum TaskEdit {
    Method(Method),
    Path(String),
    Weight(String),
}

/// What is wrong with the form, each beside the field that caused it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the fields of `Form`")]
pub struct FormErrors {
    pub host: Option<PlanError>,
    pub users: Option<PlanError>,
    pub spawn_rate: Option<PlanError>,
    pub run_time: Option<PlanError>,
    pub wait_from: Option<PlanError>,
    pub wait_to: Option<PlanError>,
    /// About all tasks together.
    pub tasks: Option<PlanError>,
    /// One for each task, in order.
    pub rows: Vec<TaskErrors>,
}

/// What is wrong with one task.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "the names are those of the fields of `TaskForm`"
)]
pub struct TaskErrors {
    pub path: Option<PlanError>,
    pub weight: Option<PlanError>,
}

impl Default for Form {
    /// The demo: a small swarm on the simulated API.
    fn default() -> Self {
        let mut form = Self {
            host: String::new(),
            users: "20".to_owned(),
            spawn_rate: "4".to_owned(),
            run_time: String::new(),
            wait_from: "0.5".to_owned(),
            wait_to: "1.5".to_owned(),
            tasks: Vec::new(),
            next_id: 0,
        };
        for (path, weight) in [("/", "3"), ("/cube", "1"), ("/square", "1")] {
            form.push_task(path, weight);
        }
        form
    }
}

impl Form {
    /// The demo, against `host`.
    pub fn with_host(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a task at the end.
    pub fn add_task(&mut self) {
        self.push_task("/", "1");
    }

    fn push_task(&mut self, path: &str, weight: &str) {
        let (path, weight) = (path.to_owned(), weight.to_owned());
        self.tasks.push(TaskForm {
            id: self.next_id,
            method: Method::Get,
            path,
            weight,
        });
        self.next_id += 1;
    }

    /// Removes the task with this number.
    pub fn remove_task(&mut self, id: u32) {
        self.tasks.retain(|task| task.id != id);
    }

    /// Changes the task with this number.
    pub fn edit_task(&mut self, id: u32, edit: TaskEdit) {
        let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) else {
            return;
        };
        match edit {
            TaskEdit::Method(method) => task.method = method,
            TaskEdit::Path(path) => task.path = path,
            TaskEdit::Weight(weight) => task.weight = weight,
        }
    }

    /// What is in a field.
    pub fn field_mut(&mut self, field: Field) -> &mut String {
        match field {
            Field::Host => &mut self.host,
            Field::RunTime => &mut self.run_time,
            Field::SpawnRate => &mut self.spawn_rate,
            Field::Users => &mut self.users,
            Field::WaitFrom => &mut self.wait_from,
            Field::WaitTo => &mut self.wait_to,
        }
    }

    /// Whether the run will be against the simulated API.
    pub fn is_simulated(&self) -> bool {
        self.host.trim().is_empty()
    }

    /// The plan that the form means.
    ///
    /// # Errors
    ///
    /// Fails with all that is wrong at once.
    pub fn draft(&self) -> Result<Draft, Box<FormErrors>> {
        let mut errors = FormErrors::default();
        let host = match self.host.trim() {
            "" => Some(None),
            text => keep(text.parse::<BaseUrl>(), &mut errors.host).map(Some),
        };
        let users = parse_users(&self.users, &self.spawn_rate);
        let users = users.map_err(|it| {
            errors.users = it.users;
            errors.spawn_rate = it.spawn_rate;
        });
        let run_time = match self.run_time.trim() {
            "" => Some(None),
            text => keep(text.parse::<RunTime>(), &mut errors.run_time).map(|_| Some(text)),
        };
        let wait = self.wait(&mut errors);
        let tasks = self.tasks(&mut errors);
        let (Some(host), Ok(users), Some(run_time), Some(wait), Some(tasks)) =
            (host, users, run_time, wait, tasks)
        else {
            return Err(Box::new(errors));
        };
        let mut load = json!({
            "users": users.users.get(),
            "spawn_rate": number(users.spawn_rate.get()),
        });
        if let Some(run_time) = run_time {
            load["run_time"] = run_time.into();
        }
        let mut keys = Map::from_iter([("version".to_owned(), 1.into())]);
        if let Some(host) = host {
            keys.insert("host".to_owned(), host.as_str().into());
        }
        keys.insert("load".to_owned(), load);
        let class = json!({ "name": "User", "wait": wait, "task": tasks });
        keys.insert("user_class".to_owned(), json!([class]));
        Ok(Draft { keys })
    }

    /// What is wrong with the form; nothing if it means a plan.
    pub fn errors(&self) -> FormErrors {
        self.draft().err().map(|errors| *errors).unwrap_or_default()
    }

    fn wait(&self, errors: &mut FormErrors) -> Option<Value> {
        let from = keep(parse_wait(&self.wait_from), &mut errors.wait_from);
        let to = keep(parse_wait(&self.wait_to), &mut errors.wait_to);
        let (from, to) = (from?, to?);
        keep(WaitTime::between(from, to), &mut errors.wait_to)?;
        Some(json!({ "between": [number(from.as_secs_f64()), number(to.as_secs_f64())] }))
    }

    fn tasks(&self, errors: &mut FormErrors) -> Option<Vec<Value>> {
        let parse = |form: &TaskForm| {
            let mut row = TaskErrors::default();
            let url: Option<UrlTemplate> = keep(form.path.parse(), &mut row.path);
            let weight = keep(parse_weight(&form.weight), &mut row.weight);
            errors.rows.push(row);
            let (_, weight) = (url?, weight?);
            let key = form.method.as_str().to_ascii_lowercase();
            Some((weight, json!({ "weight": weight, key: form.path.trim() })))
        };
        // All rows are read, so that all errors are found.
        let tasks: Vec<Option<(u32, Value)>> = self.tasks.iter().map(parse).collect();
        let tasks: Vec<(u32, Value)> = tasks.into_iter().collect::<Option<_>>()?;
        if tasks.iter().all(|(weight, _)| *weight == 0) {
            errors.tasks = Some(PlanError::NoTask);
            return None;
        }
        Some(tasks.into_iter().map(|(_, task)| task).collect())
    }
}

/// What is wrong with the users of a form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the fields of `Form`")]
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
    use mayfly_core::plan::{Plan, Target};

    use super::*;

    #[test]
    fn the_form_as_it_comes_is_a_plan_for_the_simulated_api() {
        let draft = Form::default().draft().unwrap();
        assert_eq!(
            draft.to_toml(),
            "version = 1\n\
             \n\
             [load]\n\
             users = 20\n\
             spawn_rate = 4\n\
             \n\
             [[user_class]]\n\
             name = \"User\"\n\
             wait = { between = [0.5, 1.5] }\n\
             \n\
             [[user_class.task]]\n\
             weight = 3\n\
             get = \"/\"\n\
             \n\
             [[user_class.task]]\n\
             weight = 1\n\
             get = \"/cube\"\n\
             \n\
             [[user_class.task]]\n\
             weight = 1\n\
             get = \"/square\"\n"
        );
        Plan::from_toml(&draft.to_toml()).unwrap();
    }

    #[test]
    fn what_the_form_takes_the_engine_takes() {
        let mut form = Form::with_host(" http://a.test/api ");
        "1h20m".clone_into(&mut form.run_time);
        for (index, method) in Method::ALL.into_iter().enumerate() {
            form.add_task();
            form.edit_task(3 + index as u32, TaskEdit::Method(method));
            form.edit_task(
                3 + index as u32,
                TaskEdit::Path(" /x?q={{uuid()}} ".to_owned()),
            );
        }
        let plan = Plan::from_json(&form.draft().unwrap().to_json()).unwrap();
        assert_eq!(
            plan.target,
            "http://a.test/api".parse().ok().map(Target::BaseUrl)
        );
        let tasks = &plan.user_classes.as_slice()[0].set.tasks;
        assert_eq!(tasks.as_slice().len(), 3 + Method::ALL.len());
    }

    /// Which fields have an error, after `change`.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Form), expected: &[&str]) {
        let mut form = Form::default();
        change(&mut form);
        let errors = form.errors();
        let mut found = Vec::new();
        for (name, error) in [
            ("host", &errors.host),
            ("users", &errors.users),
            ("spawn_rate", &errors.spawn_rate),
            ("run_time", &errors.run_time),
            ("wait_from", &errors.wait_from),
            ("wait_to", &errors.wait_to),
            ("tasks", &errors.tasks),
        ] {
            found.extend(error.is_some().then(|| name.to_owned()));
        }
        for (index, row) in errors.rows.iter().enumerate() {
            found.extend(row.path.is_some().then(|| format!("path {index}")));
            found.extend(row.weight.is_some().then(|| format!("weight {index}")));
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn each_error_stands_beside_its_field() {
        check(|form| form.host = "localhost:5000".to_owned(), &["host"]);
        check(|form| form.users = "0".to_owned(), &["users"]);
        check(|form| form.users = "many".to_owned(), &["users"]);
        check(|form| form.spawn_rate = "0".to_owned(), &["spawn_rate"]);
        check(|form| form.run_time = "1h30".to_owned(), &["run_time"]);
        check(|form| form.wait_from = "x".to_owned(), &["wait_from"]);
        check(|form| form.wait_to = "0.1".to_owned(), &["wait_to"]);
        check(|form| form.tasks[1].path = "cube".to_owned(), &["path 1"]);
        check(|form| form.tasks[2].weight = "-1".to_owned(), &["weight 2"]);
        check(|form| form.tasks.clear(), &["tasks"]);
        check(
            |form| {
                form.tasks
                    .iter_mut()
                    .for_each(|it| it.weight = "0".to_owned())
            },
            &["tasks"],
        );
    }

    #[test]
    fn all_errors_are_found_at_once() {
        let all = |form: &mut Form| {
            for text in [
                &mut form.host,
                &mut form.users,
                &mut form.spawn_rate,
                &mut form.wait_to,
            ] {
                "x".clone_into(text);
            }
            form.tasks[0].path.clear();
            form.tasks[1].weight.clear();
        };
        check(
            all,
            &[
                "host",
                "users",
                "spawn_rate",
                "wait_to",
                "path 0",
                "weight 1",
            ],
        );
    }

    #[test]
    fn tasks_come_and_go_and_keep_their_numbers() {
        let mut form = Form::default();
        form.remove_task(1);
        form.add_task();
        let ids: Vec<u32> = form.tasks.iter().map(|task| task.id).collect();
        assert_eq!(ids, [0, 2, 3]);
        form.edit_task(3, TaskEdit::Path("/new".to_owned()));
        form.edit_task(1, TaskEdit::Path("/gone".to_owned()));
        let paths: Vec<&str> = form.tasks.iter().map(|task| task.path.as_str()).collect();
        assert_eq!(paths, ["/", "/square", "/new"]);
    }
}
