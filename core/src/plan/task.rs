//! What users do: task sets, tasks and steps.

use std::time::Duration;

use super::{BaseUrl, PlanError, UrlTemplate};
use crate::http::request::{Method, RequestName};
use crate::judging::check::Check;
use crate::judging::extract::Extract;
use crate::plan::wait::WaitTime;
use crate::template::{JsonTemplate, Template};
use crate::weight::Weights;

/// A kind of user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserClass {
    /// Decides the order of the class mix. No two classes have the same.
    pub name: String,
    /// How many users are of this class.
    pub share: Share,
    /// What these users load, if it is not what the plan says.
    pub host: Option<BaseUrl>,
    /// What these users do.
    pub set: TaskSet,
}

/// How many users are of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// So many, before users of other classes come; above zero.
    FixedCount(u32),
    /// Its part of the others; finite, at least zero, and zero is none.
    Weight(f64),
}

impl Share {
    /// Whether any user can be of the class.
    pub fn is_zero(self) -> bool {
        self == Self::Weight(0.0)
    }
}

/// Tasks that belong together, and what is done before and after them.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSet {
    /// Which task is next.
    pub order: Order,
    /// Pause after each task; `None` is that of the set around it, and of a user class, none.
    pub wait: Option<WaitTime>,
    /// Done once before the first task.
    pub on_start: Vec<Step>,
    /// Done once after the last task.
    pub on_stop: Vec<Step>,
    /// The tasks.
    pub tasks: Tasks,
}

/// Which task of a set is next.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// In the order of the plan, and from the start again. A task of weight n is done n times in a
    /// row.
    Sequential,
    /// Drawn by weight.
    #[default]
    Weighted,
}

/// The tasks of a set: never empty, and at least one has a weight above zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Tasks(Vec<Task>);

impl Tasks {
    /// In the order of the plan.
    pub fn as_slice(&self) -> &[Task] {
        &self.0
    }

    /// The weights of the tasks, in the same order.
    pub fn weights(&self) -> Weights {
        let weights = Weights::new(self.0.iter().map(|it| it.weight));
        weights.expect("a weight is above zero: checked in `try_from`")
    }
}

impl TryFrom<Vec<Task>> for Tasks {
    type Error = PlanError;

    fn try_from(tasks: Vec<Task>) -> Result<Self, PlanError> {
        if tasks.iter().all(|task| task.weight == 0) {
            return Err(PlanError::NoTask);
        }
        Ok(Self(tasks))
    }
}

/// One thing a user does.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// What exceptions are counted by; empty if the plan names none.
    pub name: String,
    /// Chance relative to the other tasks of the set; zero is never.
    pub weight: u32,
    /// For choosing which tasks run.
    pub tags: Vec<String>,
    /// What is done.
    pub work: Work,
}

impl Task {
    /// A task of one request.
    pub fn request(weight: u32, method: Method, url: UrlTemplate) -> Self {
        let step = Step::Request(Box::new(RequestStep::new(method, url)));
        Self {
            name: String::new(),
            weight,
            tags: Vec::new(),
            work: Work::Steps(vec![step]),
        }
    }
}

/// What is done in a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Tasks of a set of their own, so many of them before control returns to the set around it;
    /// `None` is as many as the set has, each as often as its weight says.
    Set(TaskSet, Option<u32>),
    /// One step after the other.
    Steps(Vec<Step>),
}

/// A part of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Sends a request, and looks at the answer.
    Request(Box<RequestStep>),
    /// Does nothing for some time. Never a rule that paces tasks.
    Wait(WaitTime),
}

/// A request, and what is to be found in the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestStep {
    /// The method.
    pub method: Method,
    /// A path below the host, or a whole URL.
    pub url: UrlTemplate,
    /// The request name; `None` is the text of the URL as the plan has it, with its placeholders.
    pub name: Option<Template>,
    /// Headers besides those of all requests, with names in lower case.
    pub headers: Vec<(String, Template)>,
    /// The body; `None` sends none.
    pub body: Option<Body>,
    /// How long the request may take; `None` is what the plan says for all.
    pub timeout: Option<Duration>,
    /// Whether redirects are followed; `None` is what the plan says for all.
    pub follow_redirects: Option<bool>,
    /// What the answer must be. Without one about the status, 400 and above is a failure.
    pub checks: Vec<Check>,
    /// What is kept of the answer for later requests of the user.
    pub extracts: Vec<Extract>,
}

impl RequestStep {
    /// A request without anything else.
    pub fn new(method: Method, url: UrlTemplate) -> Self {
        Self {
            method,
            url,
            name: None,
            headers: Vec::new(),
            body: None,
            timeout: None,
            follow_redirects: None,
            checks: Vec::new(),
            extracts: Vec::new(),
        }
    }

    /// The row of the statistics that the request counts in, if it is the same every time.
    pub fn request_name(&self) -> Option<RequestName> {
        let name = match &self.name {
            None => self.url.as_str(),
            Some(name) => name.static_text()?,
        };
        Some(RequestName {
            name: name.to_owned(),
            method: self.method,
        })
    }
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Fields as a browser's form sends them; `content-type: application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
    /// `content-type: application/json`.
    Json(JsonTemplate),
    /// Any text, without a content type unless a header says one.
    Text(Template),
}
