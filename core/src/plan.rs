//! What the user asked for: the validated description of a run.
//!
//! A [`Plan`] cannot hold a bad value: every value is of a type that is made by parsing. What a form
//! or a file says is turned into these types by the hosts, which show the [`PlanError`] beside what
//! caused it.

pub mod browser;
pub mod data;
pub mod path;
pub mod place;
pub mod preset;
pub mod tls;
pub mod wait;

mod error;
mod file;
mod file_text;
mod format;
mod load;
mod locustfile;
mod notation;
mod overrides;
mod range;
mod requests;
mod summary;
mod targets;
mod task;
mod url;
mod values;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::plan::data::Pick;
use crate::plan::tls::Tls;
use crate::simulate::Model;
use crate::template::Template;
use crate::verdict::threshold::Threshold;

pub use self::error::PlanError;
#[cfg(feature = "schema")]
pub use self::file::schema;
pub use self::file::{Draft, is_json, locate};
pub use self::file_text::{FileTextError, file_text};
pub use self::load::{ArrivalStage, Arrivals, Load, Shape, Stage, Stages, Users};
pub use self::locustfile::{FileBeside, Locustfile, is_python};
pub use self::notation::errors::{PlanErrors, PlanProblem};
pub use self::overrides::{OverrideError, Overrides, SetError};
pub use self::range::Range;
pub use self::summary::{LoadKind, Summary};
pub use self::targets::{Targets, is_near};
pub use self::task::{
    Body, Order, RequestStep, Share, Step, Task, TaskSet, Tasks, UserClass, Work,
};
pub use self::url::{BaseUrl, UrlTemplate, host_name, is_absolute, origin};
pub use self::values::{ArrivalRate, RunTime, SpawnRate, UserCount, parse_length};

/// The validated description of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What is loaded; `None` leaves it to the host, which may know it from elsewhere.
    pub target: Option<Target>,
    /// What decides whether the run passed.
    pub thresholds: Vec<Threshold>,
    /// Which tasks run.
    pub tags: Tags,
    /// How much load there is, and until when.
    pub load: Load,
    /// What all requests have in common.
    pub request: RequestDefaults,
    /// How connections are encrypted, where the host can choose.
    pub tls: Tls,
    /// Rows that templates can use, by name.
    pub data: BTreeMap<String, DataSet>,
    /// What users do, if it is in Python.
    pub locustfile: Option<Locustfile>,
    /// The kinds of users. Those of a locustfile are there once it was loaded.
    pub user_classes: UserClasses,
}

impl Plan {
    /// A plan with nothing but users.
    pub fn new(target: Target, load: Load, user_classes: UserClasses) -> Self {
        Self {
            target: Some(target),
            thresholds: Vec::new(),
            tags: Tags::default(),
            load,
            request: RequestDefaults::default(),
            tls: Tls::default(),
            data: BTreeMap::new(),
            locustfile: None,
            user_classes,
        }
    }

    /// What users of `class`, one of this plan, load: the class's own host, or else that of the plan.
    /// `None` is the simulated API.
    pub fn base_url<'a>(&'a self, class: &'a UserClass) -> Option<&'a BaseUrl> {
        match (&class.host, &self.target) {
            (Some(host), _) | (None, Some(Target::BaseUrl(host))) => Some(host),
            (None, Some(Target::Simulated(_)) | None) => None,
        }
    }

    /// Whether something of it has nothing to load but the simulated API, which it does not name.
    pub fn lacks_host(&self) -> bool {
        let mut classes = self.user_classes.as_slice().iter();
        self.target.is_none() && classes.any(|it| it.host.is_none())
    }

    /// Whether a run of it ends by itself if its target refuses or is gone, and its users wait as long as the
    /// target asks for: as its load says, or if a host is not of this machine or network, so that it may be
    /// other people's.
    pub fn stops_itself(&self) -> bool {
        let is_foreign = || Targets::of(self).foreign().next().is_some();
        self.load.autostop.unwrap_or_else(is_foreign)
    }

    /// Loads `host`, whatever the plan and its user classes say.
    pub fn set_host(&mut self, host: BaseUrl) {
        self.target = Some(Target::BaseUrl(host));
        for class in &mut self.user_classes.0 {
            class.host = None;
        }
    }
}

/// What is loaded.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A real host.
    BaseUrl(BaseUrl),
    /// The simulated API in this crate; nothing leaves the machine.
    Simulated(Model),
}

/// Which tasks run: those with one of the tags to include, or all if there are none, and of these
/// not the ones with a tag to exclude. The tags of a set are those of all its tasks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tags {
    /// Empty for all.
    pub include: Vec<String>,
    /// Empty for none.
    pub exclude: Vec<String>,
}

impl Tags {
    /// Whether a task with these `tags` runs. The rules are Locust's: a tag to exclude beats one to
    /// include, and tasks without tags run only where none is to be included.
    pub fn choose(&self, tags: &[&str]) -> bool {
        let has = |list: &[String]| list.iter().any(|it| tags.contains(&it.as_str()));
        (self.include.is_empty() || has(&self.include)) && !has(&self.exclude)
    }
}

/// What all requests have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestDefaults {
    /// How long a request may be under way before it is given up and counted as a failure.
    pub timeout: Duration,
    /// Header names in lower case, and their values. Those of a request come before these.
    pub headers: Vec<(String, Template)>,
    /// Whether an answer that points elsewhere is followed.
    pub follow_redirects: bool,
    /// Whether each user keeps the cookies that it gets, and sends them, where the host can.
    pub cookies: bool,
    /// The version of HTTP, where the host can choose. `None` is what a server of `https://` chooses of
    /// both, and HTTP/1.1 for `http://`.
    pub http_version: Option<HttpVersion>,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl RequestDefaults {
    /// The timeout of a plan that names none.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
}

impl Default for RequestDefaults {
    fn default() -> Self {
        Self {
            timeout: Self::TIMEOUT,
            headers: Vec::new(),
            follow_redirects: true,
            cookies: true,
            http_version: None,
        }
    }
}

/// Rows that templates can use.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// Where the rows are.
    pub source: DataSource,
    /// Which row a user gets.
    pub pick: Pick,
}

/// Where rows are.
#[derive(Clone, Debug, PartialEq)]
pub enum DataSource {
    /// In a CSV file of this name, which the host reads.
    Csv(String),
    /// In the plan: the same keys in every row.
    Rows(Vec<Map<String, Value>>),
}

/// The user classes of a plan: never empty, no two of the same name, and at least one can have
/// users. Those of a locustfile that was not loaded are empty.
#[derive(Clone, Debug, PartialEq)]
pub struct UserClasses(Vec<UserClass>);

impl UserClasses {
    /// Those that nobody knows yet.
    pub(crate) const UNKNOWN: Self = Self(Vec::new());

    /// In the order of the plan.
    pub fn as_slice(&self) -> &[UserClass] {
        &self.0
    }
}

impl TryFrom<Vec<UserClass>> for UserClasses {
    type Error = PlanError;

    fn try_from(classes: Vec<UserClass>) -> Result<Self, PlanError> {
        if classes.iter().all(|class| class.share.is_zero()) {
            return Err(PlanError::NoUserClass);
        }
        for (index, class) in classes.iter().enumerate() {
            if classes[..index].iter().any(|it| it.name == class.name) {
                return Err(PlanError::SameClassName {
                    name: class.name.clone(),
                });
            }
        }
        Ok(Self(classes))
    }
}
