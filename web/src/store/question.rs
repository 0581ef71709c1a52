//! What a person is asked before requests are sent, and what is to be done once they agree.

use mayfly_core::plan::{Draft, Summary, Targets, Users};
use mayfly_core::schedule::forecast::Forecast;

use crate::gate::agreements::Cause;

/// A question to a person, with all that it takes to go on once they agree: what they saw is what is done,
/// whatever becomes of the plan in the form.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is to be done.
    pub then: Then,
    /// What is known of its plan.
    pub about: About,
    /// Why its hosts are asked about; `None` if it is not for them.
    pub cause: Option<Cause>,
    /// Whether another tab has a run under way.
    pub is_shared: bool,
    /// When it was asked, in milliseconds since 1970.
    pub asked_millis: f64,
    /// Whether it was on the screen long enough to be read.
    pub is_read: bool,
}

/// What is to be done once a person agrees.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// A run of this plan starts, with this name.
    Start(String, Draft),
    /// The run goes on with the load and the weights of this plan.
    Update(Draft),
    /// The run goes on with other users, which makes this its plan.
    EditUsers(Users, Draft),
}

/// What is known of a plan that can run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// What it loads.
    pub targets: Targets,
    /// How much a run of it sends.
    pub forecast: Option<Forecast>,
    /// What else is shown of it.
    pub summary: Summary,
}

impl Then {
    /// Whether it changes a run that is under way.
    pub fn is_edit(&self) -> bool {
        match self {
            Self::EditUsers(..) | Self::Update(_) => true,
            Self::Start(..) => false,
        }
    }
}

impl Question {
    /// Nothing is asked yet.
    pub fn new(then: Then, about: About) -> Self {
        Self {
            then,
            about,
            cause: None,
            is_shared: false,
            asked_millis: 0.0,
            is_read: false,
        }
    }
}
