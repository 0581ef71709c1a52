//! A plan, ready to run: tags applied, sets and steps numbered, requests without placeholders built.

mod request;
mod route;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::http::request::RequestName;
use crate::plan::data::{Pick, Table};
use crate::plan::wait::WaitTime;
use crate::plan::{
    self, BaseUrl, DataSource, Load, Order, Plan, RequestDefaults, Share, Tags, Task, TaskSet,
    UserClass, Work,
};
use crate::running::script::heads::Loaded;
use crate::verdict::threshold::Threshold;
use crate::weight::Weights;

pub(crate) use self::request::ReadyRequest;
pub(crate) use self::route::{NameIdx, OriginIdx, Routes};
pub(crate) use self::script::ScriptProgram;

/// A plan, ready to run.
///
/// It is made once for all shards of a run. A clone shares the data and the requests, which take
/// most of the memory, and has the load and the weights to itself, which an edit of the run changes.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) load: Load,
    /// Whether users wait as long as the target asks for, as the run [stops itself](Plan::stops_itself).
    pub(crate) heeds_retry_after: bool,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) classes: Vec<Class>,
    pub(crate) data: Arc<Data>,
    pub(crate) routes: Arc<Routes>,
    /// What is only in a program whose tasks are in Python.
    pub(crate) script: Option<ScriptProgram>,
}

// Shards on other threads get clones.
const _: () = {
    const fn can_leave_its_thread<T: Send>() {}
    can_leave_its_thread::<Program>();
};

impl Program {
    /// Makes `plan` ready. `csv` reads a CSV file that the plan names.
    ///
    /// # Errors
    ///
    /// Fails with all that is wrong: files that cannot be read, columns that are used and are not
    /// there, no task that the tags leave, or a limit of requests that nothing can reach.
    pub fn new(
        plan: &Plan,
        mut csv: impl FnMut(&str) -> Result<String, String>,
    ) -> Result<Self, ProgramErrors> {
        let mut errors = Vec::new();
        let data = Data::new(plan, &mut csv, &mut errors);
        let classes = plan.user_classes.as_slice();
        if plan.locustfile.is_some() && classes.is_empty() {
            return Err(ProgramErrors(vec![ProgramError::NotLoaded]));
        }
        let mut routes = Routes::new(classes.iter().all(|it| plan.base_url(it).is_none()));
        let classes: Vec<Class> = classes
            .iter()
            .map(|class| Class::new(class, plan, &mut routes))
            .collect();
        if classes.iter().all(|class| class.share.is_zero()) {
            errors.push(ProgramError::NoTaskLeft);
        } else if plan.locustfile.is_none()
            && plan.load.max_requests.is_some()
            && plan.requests().is_empty()
        {
            errors.push(ProgramError::NothingToSend);
        }
        for class in &classes {
            class.check_variables(&data, &mut errors);
        }
        errors.extend(classes_without_host(plan));
        errors.dedup();
        if !errors.is_empty() {
            return Err(ProgramErrors(errors));
        }
        Ok(Self {
            heeds_retry_after: plan.stops_itself(),
            load: plan.load.clone(),
            thresholds: plan.thresholds.clone(),
            classes,
            data: data.into(),
            routes: routes.into(),
            script: None,
        })
    }

    /// Makes a plan ready whose tasks are in Python, and whose locustfile was loaded.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn scripted(plan: &Plan, loaded: &Loaded) -> Result<Self, ProgramErrors> {
        let mut program = Self::new(plan, |_| Err("a locustfile has no data".to_owned()))?;
        for class in &mut program.classes {
            let place = loaded.classes.iter().position(|it| it.name == class.name);
            class.nth = index(place.unwrap_or_default());
        }
        program.script = Some(ScriptProgram::new(plan, loaded));
        Ok(program)
    }

    /// Lets the locustfile load no hosts of others but these.
    pub fn confine(&mut self, hosts: &[String]) {
        if let Some(script) = &mut self.script {
            script.confine(hosts);
        }
    }

    /// The request names that are known before the run, sorted.
    pub(crate) fn request_names(&self) -> Vec<RequestName> {
        let mut names = BTreeSet::new();
        names.extend(self.routes.names().iter().cloned());
        names.into_iter().collect()
    }

    /// Takes over the shares of the classes and the weights of the tasks of `plan`, and how many
    /// tasks a set does, where classes and tasks are the same; true if a share changed.
    pub(crate) fn set_weights(&mut self, plan: &Plan) -> bool {
        let mut is_changed = false;
        for class in &mut self.classes {
            let mut others = plan.user_classes.as_slice().iter();
            if let Some(other) = others.find(|it| it.name == class.name) {
                let other = Class::new(other, plan, &mut Routes::new(true));
                is_changed |= class.share != other.share;
                class.share = other.share;
                class.set_weights(&other);
            }
        }
        is_changed
    }
}

/// What keeps a plan from running, although each of its values makes sense.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProgramError {
    /// A CSV file that is not there, or is none.
    #[error("data.{name}: {problem}")]
    Data {
        /// The name of the data.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A user class without a host, where others have one.
    #[error("user class “{class}” has no host, and others have; give it one, or give the plan one")]
    NoHost {
        /// The name of the class.
        class: String,
    },
    /// A locustfile that only Python can read.
    #[error("the locustfile was not loaded: this engine has no Python")]
    NotLoaded,
    /// All tasks are left out.
    #[error("expected at least one task that the tags leave, found none")]
    NoTaskLeft,
    /// A limit of requests, and no request.
    #[error(
        "max_requests ends a run after so many requests, and no task sends one; \
         add a request, or use run_time"
    )]
    NothingToSend,
    /// A placeholder for a column that the data does not have.
    #[error("unknown column “{variable}”; the columns of {data} are {columns}")]
    UnknownColumn {
        /// As the template has it.
        variable: String,
        /// The name of the data.
        data: String,
        /// Its columns.
        columns: String,
    },
    /// A placeholder for a column of data that the plan does not have.
    #[error("unknown variable “{variable}”: the plan has no data of this name")]
    UnknownData {
        /// As the template has it.
        variable: String,
    },
}

/// All that keeps a plan from running. Never empty.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ProgramErrors(Vec<ProgramError>);

impl ProgramErrors {
    /// One after the other.
    pub fn as_slice(&self) -> &[ProgramError] {
        &self.0
    }
}

/// A run goes to hosts or to the simulated API, and not to both.
fn classes_without_host(plan: &Plan) -> impl Iterator<Item = ProgramError> {
    let classes = plan.user_classes.as_slice();
    let has_host = |class: &&UserClass| plan.base_url(class).is_some();
    let are_some_with = classes.iter().any(|class| has_host(&class));
    let without = classes
        .iter()
        .filter(move |class| are_some_with && !has_host(class));
    without.map(|class| ProgramError::NoHost {
        class: class.name.clone(),
    })
}

/// The rows that templates can use, by name.
#[derive(Debug, Default)]
pub(crate) struct Data {
    tables: BTreeMap<String, Rows>,
    // The names of those that cannot be read, which is said already.
    broken: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) table: Table,
    pub(crate) pick: Pick,
    /// Its place among the tables, so that each draws rows of its own.
    pub(crate) nth: u64,
}

impl Data {
    /// Reads the rows of `plan`. Those that cannot be read are missing, and among `errors`.
    pub(crate) fn new(
        plan: &Plan,
        csv: &mut impl FnMut(&str) -> Result<String, String>,
        errors: &mut Vec<ProgramError>,
    ) -> Self {
        let mut tables = BTreeMap::new();
        let mut broken = Vec::new();
        for (nth, (name, set)) in (0..).zip(&plan.data) {
            let table = match &set.source {
                DataSource::Csv(file) => csv(file)
                    .map_err(|problem| format!("cannot read {file}: {problem}"))
                    .and_then(|text| {
                        Table::from_csv(&text).map_err(|error| format!("{file}: {error}"))
                    }),
                DataSource::Rows(rows) => {
                    Table::from_rows(rows.clone()).map_err(|error| error.to_string())
                }
            };
            match table {
                Ok(table) => {
                    let pick = set.pick;
                    tables.insert(name.clone(), Rows { table, pick, nth });
                }
                Err(problem) => {
                    broken.push(name.clone());
                    errors.push(ProgramError::Data {
                        name: name.clone(),
                        problem,
                    });
                }
            }
        }
        Self { tables, broken }
    }

    /// The table and the column that a variable with a dot in it means.
    pub(crate) fn column<'n>(&self, variable: &'n str) -> Option<(&Rows, &'n str)> {
        let (name, column) = variable.split_once('.')?;
        Some((self.tables.get(name)?, column))
    }

    /// What is wrong with a variable that has a dot in it, if anything is.
    pub(crate) fn problem(&self, variable: &str) -> Option<ProgramError> {
        let (name, column) = variable.split_once('.')?;
        let Some(Rows { table, .. }) = self.tables.get(name) else {
            if self.broken.iter().any(|it| it == name) {
                return None;
            }
            return Some(ProgramError::UnknownData {
                variable: variable.to_owned(),
            });
        };
        let is_there = table.columns().iter().any(|it| it == column);
        (!is_there).then(|| ProgramError::UnknownColumn {
            variable: variable.to_owned(),
            data: name.to_owned(),
            columns: table.columns().join(", "),
        })
    }
}

/// A user class, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) name: String,
    // Its place in its locustfile; zero in a plan.
    pub(crate) nth: u32,
    // Zero if the tags leave no task.
    pub(crate) share: Share,
    // The class's own set is the first; a set comes after those around it.
    pub(crate) sets: Vec<Set>,
    lists: Arc<[Vec<Step>]>,
}

/// A task set, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) order: Order,
    pub(crate) weights: Weights,
    // Its own, or that of the closest set around it.
    pub(crate) wait: WaitTime,
    pub(crate) on_start: ListIdx,
    pub(crate) on_stop: ListIdx,
    // How many tasks are done before control returns; zero is without end.
    pub(crate) runs: u32,
    pub(crate) tasks: Vec<ReadyTask>,
}

/// The place of a list of steps in its class.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ListIdx(u32);

/// A task, ready to run.
#[derive(Clone, Debug)]
pub(crate) struct ReadyTask {
    pub(crate) name: Arc<str>,
    pub(crate) work: ReadyWork,
}

/// What is done in a task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadyWork {
    /// The index of the set in its class.
    Set(u32),
    Steps(ListIdx),
}

/// A step, ready to run.
#[derive(Debug)]
pub(crate) enum Step {
    Request(Box<ReadyRequest>),
    Wait(WaitTime),
}

impl Class {
    fn new(class: &UserClass, plan: &Plan, routes: &mut Routes) -> Self {
        // Python leaves out tasks of a locustfile by itself.
        static ALL: Tags = Tags {
            include: Vec::new(),
            exclude: Vec::new(),
        };
        let mut builder = Builder {
            base_url: plan.base_url(class),
            defaults: &plan.request,
            tags: match plan.locustfile {
                Some(_) => &ALL,
                None => &plan.tags,
            },
            sets: Vec::new(),
            lists: Vec::new(),
        };
        let set = builder.set(&class.set, WaitTime::ZERO, None, &[]);
        let mut lists = builder.lists;
        for step in lists.iter_mut().flatten() {
            if let Step::Request(request) = step {
                request.route = routes.add(request.fixed_origin(), request.fixed_name.clone());
            }
        }
        Self {
            name: class.name.clone(),
            nth: 0,
            share: if set.is_some() {
                class.share
            } else {
                Share::Weight(0.0)
            },
            sets: builder.sets.into_iter().flatten().collect(),
            lists: lists.into(),
        }
    }

    /// The steps of a list.
    pub(crate) fn list(&self, list: ListIdx) -> &[Step] {
        &self.lists[list.0 as usize]
    }

    /// The requests of all tasks.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &ReadyRequest> {
        self.lists.iter().flatten().filter_map(|step| match step {
            Step::Request(request) => Some(&**request),
            Step::Wait(_) => None,
        })
    }

    /// Whether a user that has the variables that `is_set` knows gets to send a request in any task,
    /// or has a task without one.
    pub(crate) fn can_send(&self, is_set: impl Fn(&str) -> bool) -> bool {
        let begins = |list: ListIdx| {
            let mut steps = self.list(list).iter();
            let first = steps.find_map(|step| match step {
                Step::Request(request) => Some(request),
                Step::Wait(_) => None,
            });
            first.is_none_or(|it| it.needed_variables().all(&is_set))
        };
        self.can_begin(&self.sets[0], &begins)
    }

    /// Whether a list that a user comes to in a set begins, as `begins` has it.
    fn can_begin(&self, set: &Set, begins: &impl Fn(ListIdx) -> bool) -> bool {
        let tasks = set.tasks.iter().enumerate();
        let mut tasks = tasks.filter(|&(index, _)| set.weights.is_drawn(index));
        tasks.any(|(_, task)| match task.work {
            ReadyWork::Set(inner) => {
                let inner = &self.sets[inner as usize];
                // Most have no such list.
                let has_start = !self.list(inner.on_start).is_empty();
                has_start && begins(inner.on_start) || self.can_begin(inner, begins)
            }
            ReadyWork::Steps(list) => begins(list),
        })
    }

    fn set_weights(&mut self, other: &Self) {
        if self.sets.len() != other.sets.len() {
            return;
        }
        for (set, other) in self.sets.iter_mut().zip(&other.sets) {
            if set.tasks.len() == other.tasks.len() {
                set.weights = other.weights.clone();
                set.runs = other.runs;
            }
        }
    }

    fn check_variables(&self, data: &Data, errors: &mut Vec<ProgramError>) {
        let variables = self.requests().flat_map(ReadyRequest::variables);
        errors.extend(variables.filter_map(|it| data.problem(it)));
    }
}

/// Numbers the sets and lists of one class.
struct Builder<'a> {
    base_url: Option<&'a BaseUrl>,
    defaults: &'a RequestDefaults,
    tags: &'a Tags,
    // `None` is a set that is not finished yet.
    sets: Vec<Option<Set>>,
    lists: Vec<Vec<Step>>,
}

impl Builder<'_> {
    /// Adds a set, and returns its index; `None` if the tags leave no task of it.
    fn set(
        &mut self,
        set: &TaskSet,
        wait: WaitTime,
        runs: Option<Option<u32>>,
        tags: &[&str],
    ) -> Option<u32> {
        let wait = set.wait.unwrap_or(wait);
        let (n_sets, n_lists) = (self.sets.len(), self.lists.len());
        self.sets.push(None);
        let on_start = self.list(&set.on_start);
        let on_stop = self.list(&set.on_stop);
        let mut tasks = Vec::new();
        let mut weights = Vec::new();
        for task in set.tasks.as_slice() {
            if let Some(ready) = self.task(task, wait, tags) {
                tasks.push(ready);
                weights.push(task.weight);
            }
        }
        let n_tasks: u32 = weights.iter().fold(0, |sum, &it| sum.saturating_add(it));
        let Some(weights) = Weights::new(weights) else {
            self.sets.truncate(n_sets);
            self.lists.truncate(n_lists);
            return None;
        };
        self.sets[n_sets] = Some(Set {
            order: set.order,
            weights,
            wait,
            on_start,
            on_stop,
            runs: runs.map_or(0, |runs| runs.unwrap_or(n_tasks).max(1)),
            tasks,
        });
        Some(index(n_sets))
    }

    fn task(&mut self, task: &Task, wait: WaitTime, tags: &[&str]) -> Option<ReadyTask> {
        let tags: Vec<&str> = tags
            .iter()
            .copied()
            .chain(task.tags.iter().map(String::as_str))
            .collect();
        let work = match &task.work {
            Work::Set(set, runs) => ReadyWork::Set(self.set(set, wait, Some(*runs), &tags)?),
            Work::Steps(_) if !self.tags.choose(&tags) => return None,
            Work::Steps(steps) => ReadyWork::Steps(self.list(steps)),
        };
        Some(ReadyTask {
            name: task_name(task).into(),
            work,
        })
    }

    fn list(&mut self, steps: &[plan::Step]) -> ListIdx {
        let steps = steps.iter().map(|step| match step {
            plan::Step::Request(step) => {
                let request = ReadyRequest::new(step, self.base_url, self.defaults);
                Step::Request(Box::new(request))
            }
            plan::Step::Wait(wait) => Step::Wait(*wait),
        });
        let list = ListIdx(index(self.lists.len()));
        let steps = steps.collect();
        self.lists.push(steps);
        list
    }
}

/// What exceptions of a task are counted by.
fn task_name(task: &Task) -> String {
    if !task.name.is_empty() {
        return task.name.clone();
    }
    let Work::Steps(steps) = &task.work else {
        return "(task set)".to_owned();
    };
    let first = steps.iter().find_map(|step| match step {
        plan::Step::Request(request) => Some(format!("{} {}", request.method, request.url)),
        plan::Step::Wait(_) => None,
    });
    first.unwrap_or_else(|| "(wait)".to_owned())
}

fn index(n: usize) -> u32 {
    u32::try_from(n).expect("a plan has fewer than 2^32 sets and lists")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_data_and_requests_and_not_the_weights() {
        let toml = "version = 1\nload = { users = 1, spawn_rate = 1 }\ndata.a.rows = [{ b = 1 }]\n\
                    [[user_class]]\nname = 'A'\ntask = [{ get = '/{{a.b}}' }, { get = '/c' }]";
        let plan = Plan::from_toml(toml).unwrap();
        let program = Program::new(&plan, |_| Err("no files".to_owned())).unwrap();
        let mut clone = program.clone();
        assert!(Arc::ptr_eq(&program.data, &clone.data));
        assert!(Arc::ptr_eq(
            &program.classes[0].lists,
            &clone.classes[0].lists
        ));

        let edited = Plan::from_toml(&toml.replace("'/c' }", "'/c', weight = 7 }")).unwrap();
        clone.set_weights(&edited);
        let tickets = |program: &Program| program.classes[0].sets[0].weights.tickets();
        assert_eq!((tickets(&program), tickets(&clone)), (2, 8));
    }

    #[test]
    fn a_limit_of_requests_that_nothing_can_reach_is_an_error() {
        let read = |task: &str| {
            let toml = format!(
                "version = 1\nload = {{ users = 1, spawn_rate = 1, max_requests = 5 }}\n\
                 [[user_class]]\nname = 'A'\ntask = [{task}]"
            );
            let plan = Plan::from_toml(&toml).unwrap();
            Program::new(&plan, |_| Err("no files".to_owned()))
        };
        let errors = read("{ steps = [{ wait = 1 }] }").unwrap_err();
        assert_eq!(errors.as_slice(), [ProgramError::NothingToSend]);
        assert!(read("{ steps = [{ wait = 1 }] }, { get = '/' }").is_ok());
    }
}
