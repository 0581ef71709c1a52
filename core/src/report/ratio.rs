//! Which part of the load falls to which class and task, as the plan has it: Locust's *Ratio per
//! class* and *Total ratio*. What really ran is in the statistics.
//!
//! It is read from a [`Draft`] and not from a plan, so that a page that knows no plans can show it.
//! Values that make no sense count as if they were left out.

use serde_json::{Map, Value};

use crate::http::request::Method;
use crate::plan::{Draft, Tags};

/// The part of a class, a set or a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// What the class or the task is called; of a task without a name, what exceptions are counted
    /// by: `GET /`.
    pub name: String,
    /// The part of what is around it, in `[0, 1]`: of all users for a class, of all tasks done for
    /// the tasks of a class or a set.
    pub ratio: f64,
    /// The part of everything, in `[0, 1]`.
    pub total: f64,
    /// The tasks of a class or a set; empty for a task.
    pub tasks: Vec<Self>,
}

/// The parts of all user classes that can have users, in the order of the plan.
///
/// Shares are those of the peak: fixed counts are parts of the most users that the load has, and the
/// classes with a weight share the rest. Tasks that the tags leave out have no part.
pub fn ratios(draft: &Draft) -> Vec<Ratio> {
    let tags = Tags {
        include: texts(draft.keys.get("tags")),
        exclude: texts(draft.keys.get("exclude_tags")),
    };
    let classes = tables(draft.keys.get("user_class"));
    let classes = classes.filter_map(|class| Class::read(class, &tags));
    let classes: Vec<Class> = classes.collect();
    let shares = Shares::new(&classes, draft.keys.get("load"));
    let ratios = classes.into_iter().map(|class| {
        let share = shares.of(class.share);
        Ratio {
            name: class.name,
            ratio: share,
            total: share,
            tasks: of_tasks(class.tasks, share),
        }
    });
    ratios.filter(|it| 0.0 < it.ratio).collect()
}

struct Class {
    name: String,
    share: ClassShare,
    tasks: Vec<Task>,
}

#[derive(Clone, Copy)]
enum ClassShare {
    Fixed(f64),
    Weight(f64),
}

impl Class {
    /// `None` if it cannot have users.
    fn read(table: &Map<String, Value>, tags: &Tags) -> Option<Self> {
        let share = match number(table, "fixed_count") {
            Some(count) => ClassShare::Fixed(count),
            None => ClassShare::Weight(number(table, "weight").unwrap_or(1.0)),
        };
        let tasks = Task::read_all(table, tags, &[]);
        (!tasks.is_empty()).then(|| Self {
            name: text(table, "name").unwrap_or_default().to_owned(),
            share,
            tasks,
        })
    }
}

/// How users are shared among the classes.
struct Shares {
    // What a fixed count is a part of.
    n_users: f64,
    // What is left for classes with a weight, in `[0, 1]`.
    rest: f64,
    weights: f64,
}

impl Shares {
    fn new(classes: &[Class], load: Option<&Value>) -> Self {
        let (mut fixed, mut weights) = (0.0, 0.0);
        for class in classes {
            match class.share {
                ClassShare::Fixed(count) => fixed += count,
                ClassShare::Weight(weight) => weights += weight,
            }
        }
        let has_arrivals = load.is_some_and(|it| it.get("arrivals").is_some());
        let n_users = if has_arrivals {
            // Of arrivals there is no number that could be fixed: the count is a weight.
            fixed + weights
        } else if weights == 0.0 {
            fixed
        } else {
            load.and_then(peak_users).unwrap_or(0.0).max(fixed)
        };
        Self {
            n_users,
            rest: 1.0 - part(fixed, n_users),
            weights,
        }
    }

    fn of(&self, share: ClassShare) -> f64 {
        match share {
            ClassShare::Fixed(count) => part(count, self.n_users),
            ClassShare::Weight(weight) => self.rest * part(weight, self.weights),
        }
    }
}

fn part(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

/// The most users that the load asks for.
fn peak_users(load: &Value) -> Option<f64> {
    let load = load.as_object()?;
    let stages = tables(load.get("stages")).filter_map(|it| number(it, "users"));
    number(load, "users")
        .into_iter()
        .chain(stages)
        .reduce(f64::max)
}

struct Task {
    name: String,
    weight: f64,
    tasks: Vec<Self>,
}

impl Task {
    /// The tasks in `set` that the tags leave, with a weight above zero.
    fn read_all(set: &Map<String, Value>, chosen: &Tags, around: &[String]) -> Vec<Self> {
        let tasks = tables(set.get("task")).filter_map(|it| Self::read(it, chosen, around));
        tasks.collect()
    }

    fn read(table: &Map<String, Value>, chosen: &Tags, around: &[String]) -> Option<Self> {
        let tags = [around, &texts(table.get("tags"))].concat();
        let is_set = table.contains_key("task");
        let tasks = Self::read_all(table, chosen, &tags);
        let is_there = if is_set {
            !tasks.is_empty()
        } else {
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            chosen.choose(&tags)
        };
        let weight = number(table, "weight").unwrap_or(1.0);
        (is_there && 0.0 < weight).then(|| Self {
            name: task_name(table),
            weight,
            tasks,
        })
    }
}

fn of_tasks(tasks: Vec<Task>, total: f64) -> Vec<Ratio> {
    let weights: f64 = tasks.iter().map(|it| it.weight).sum();
    let ratios = tasks.into_iter().map(|task| {
        let ratio = task.weight / weights;
        let total = total * ratio;
        Ratio {
            name: task.name,
            ratio,
            total,
            tasks: of_tasks(task.tasks, total),
        }
    });
    ratios.collect()
}

/// As a program names it.
fn task_name(table: &Map<String, Value>) -> String {
    if let Some(name) = text(table, "name").filter(|it| !it.is_empty()) {
        return name.to_owned();
    }
    if table.contains_key("task") {
        return "(task set)".to_owned();
    }
    let mut steps = [table].into_iter().chain(tables(table.get("steps")));
    let first = steps.find_map(request);
    first.unwrap_or_else(|| "(wait)".to_owned())
}

fn request(table: &Map<String, Value>) -> Option<String> {
    Method::ALL.into_iter().find_map(|method| {
        let url = text(table, &method.as_str().to_ascii_lowercase())?;
        Some(format!("{method} {url}"))
    })
}

fn tables(list: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|it| Some(it.as_str()?.to_owned()))
        .collect()
}

fn text<'a>(table: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}

/// A number that can be a weight or a count.
fn number(table: &Map<String, Value>, key: &str) -> Option<f64> {
    let number = table.get(key)?.as_f64()?;
    (0.0..=MAX_NUMBER).contains(&number).then_some(number)
}

/// What is beyond could add up to infinity.
const MAX_NUMBER: f64 = 1e12;

#[cfg(test)]
mod tests;
