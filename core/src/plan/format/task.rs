//! How tasks and their steps are written.

use super::check::{CheckTable, Extracts};
use super::headers::Headers;
use super::request::{RequestKeys, request_table};
use super::values::{Fields, Json, Text, Timeout, Whole};
use super::wait::Wait;
use super::{As, Form, Mistake, forms, models, none_of, only, some_forms, table};
use crate::plan::{Order, Step, Task, TaskSet, Tasks, UrlTemplate, Work};
use crate::template::Template;

request_table! {
    /// A step of a task: a request or a wait.
    struct StepTable {
        /// The request name: what the statistics call it. The path or URL as it is written here if
        /// it is left out.
        name: Text<Template>,
        /// Does nothing for some time.
        wait: As<Wait>,
    }
}

impl Form for StepTable {
    type Model = Step;

    fn read(mut self) -> Result<Step, Mistake> {
        let keys = self.take_request();
        let mut kinds = keys.methods();
        kinds.push(("wait", self.wait.as_ref().map(drop)));
        only(kinds)?;
        let Some(As(wait)) = self.wait else {
            let request = keys.read(self.name.map(|it| it.0))?;
            return Ok(Step::Request(Box::new(request)));
        };
        keys.check_no_request()?;
        none_of(self.name.as_ref(), "name", "a method such as “get”")?;
        if wait.paces_tasks() {
            return Err(Mistake::PacingStep);
        }
        Ok(Step::Wait(wait))
    }

    fn write(step: &Step) -> Self {
        match step {
            Step::Request(request) => {
                let mut table = Self::new(RequestKeys::write(request));
                table.name = request.name.clone().map(Text);
                table
            }
            Step::Wait(wait) => {
                let mut table = Self::new(RequestKeys::default());
                table.wait = Some(As(*wait));
                table
            }
        }
    }
}

/// Which task of a set is next.
#[derive(serde::Deserialize, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "snake_case")]
pub(in crate::plan) enum OrderWord {
    /// One after the other. A task of weight n is done n times in a row.
    Sequential,
    /// Drawn by weight.
    Weighted,
}

impl OrderWord {
    pub(super) fn read(word: Option<Self>) -> Order {
        match word {
            Some(Self::Sequential) => Order::Sequential,
            None | Some(Self::Weighted) => Order::Weighted,
        }
    }

    pub(super) fn write(order: Order) -> Option<Self> {
        match order {
            Order::Sequential => Some(Self::Sequential),
            Order::Weighted => None,
        }
    }
}

/// The tasks of a set.
pub(super) type TaskList = Vec<As<TaskTable>>;

impl Form for TaskList {
    type Model = Tasks;

    fn read(self) -> Result<Tasks, Mistake> {
        let tasks: Vec<Task> = self.into_iter().map(|it| it.0).collect();
        Ok(tasks.try_into()?)
    }

    fn write(tasks: &Tasks) -> Self {
        forms(tasks.as_slice())
    }
}

request_table! {
    /// One thing a user does: a request, several `steps`, or a set with a `task` list of its own.
    struct TaskTable {
        /// What exceptions of the task are counted by.
        name: String,
        /// Chance relative to the other tasks; 0 is never, and 1 if it is left out.
        weight: Whole<0, 1_000_000>,
        /// For choosing which tasks run.
        tags: Vec<String>,
        /// Requests and waits, one after the other.
        steps: Vec<As<StepTable>>,
        /// Of a set: "weighted", which draws tasks by weight, or "sequential"; weighted if it is left
        /// out.
        order: OrderWord,
        /// Of a set: how many of its tasks are done before the set around it goes on; as many as it
        /// has, each as often as its weight says, if it is left out.
        runs: Whole<1, 1_000_000>,
        /// Of a set: pause after each task; that of the set around it if it is left out.
        wait: As<Wait>,
        /// Of a set: steps done once before the first task.
        on_start: Vec<As<StepTable>>,
        /// Of a set: steps done once after the last task.
        on_stop: Vec<As<StepTable>>,
        /// The tasks of a set.
        task: As<TaskList>,
    }
}

impl Form for TaskTable {
    type Model = Task;

    fn read(mut self) -> Result<Task, Mistake> {
        let request = self.take_request();
        Ok(Task {
            name: self.name.take().unwrap_or_default(),
            weight: self.weight.map_or(1, Whole::small),
            tags: self.tags.take().unwrap_or_default(),
            work: self.work(request)?,
        })
    }

    fn write(task: &Task) -> Self {
        let mut table = match &task.work {
            Work::Set(set, runs) => Self::of_set(set, *runs),
            Work::Steps(steps) => Self::of_steps(steps),
        };
        table.name = (!task.name.is_empty()).then(|| task.name.clone());
        table.weight = (task.weight != 1).then(|| Whole::new(task.weight));
        table.tags = (!task.tags.is_empty()).then(|| task.tags.clone());
        table
    }
}

impl TaskTable {
    fn of_steps(steps: &[Step]) -> Self {
        match steps {
            // The name of a table with a request is that of the task.
            [Step::Request(request)] if request.name.is_none() => {
                Self::new(RequestKeys::write(request))
            }
            _ => {
                let mut table = Self::new(RequestKeys::default());
                table.steps = Some(forms(steps));
                table
            }
        }
    }

    fn of_set(set: &TaskSet, runs: Option<u32>) -> Self {
        let mut table = Self::new(RequestKeys::default());
        table.order = OrderWord::write(set.order);
        table.runs = runs.map(Whole::new);
        table.wait = set.wait.map(As);
        table.on_start = some_forms(&set.on_start);
        table.on_stop = some_forms(&set.on_stop);
        table.task = Some(As(set.tasks.clone()));
        table
    }

    fn work(mut self, request: RequestKeys) -> Result<Work, Mistake> {
        let mut kinds = request.methods();
        kinds.push(("steps", self.steps.as_ref().map(drop)));
        kinds.push(("task", self.task.as_ref().map(drop)));
        only(kinds)?;
        if let Some(As(tasks)) = self.task.take() {
            request.check_no_request()?;
            return Ok(self.set(tasks));
        }
        self.check_no_set()?;
        let Some(steps) = self.steps else {
            let step = Step::Request(Box::new(request.read(None)?));
            return Ok(Work::Steps(vec![step]));
        };
        request.check_no_request()?;
        if steps.is_empty() {
            return Err(Mistake::NoStep);
        }
        Ok(Work::Steps(models(Some(steps))))
    }

    fn check_no_set(&self) -> Result<(), Mistake> {
        none_of(self.order.as_ref(), "order", "“task”")?;
        none_of(self.runs.as_ref(), "runs", "“task”")?;
        none_of(self.wait.as_ref(), "wait", "“task”")?;
        none_of(self.on_start.as_ref(), "on_start", "“task”")?;
        none_of(self.on_stop.as_ref(), "on_stop", "“task”")
    }

    fn set(self, tasks: Tasks) -> Work {
        let set = TaskSet {
            order: OrderWord::read(self.order),
            wait: self.wait.map(|it| it.0),
            on_start: models(self.on_start),
            on_stop: models(self.on_stop),
            tasks,
        };
        Work::Set(set, self.runs.map(Whole::small))
    }
}
