//! Which step of a plan is meant, and the way there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::plan::path::{self, Path};
use crate::plan::{Plan, RequestStep, Step, TaskSet, UserClass, Work};
use crate::shorten::shorten;

/// The keys that lead to a step in a plan file, as the errors of its reader have them:
/// `user_class[0].task[2]`, `user_class[0].task[2].steps[1]`, `user_class[0].on_start[0]`. All are
/// counted from 0, and tasks of a set are `user_class[0].task[1].task[0]`.
///
/// There may be no such step in a plan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place {
    class: usize,
    // The task of the class, the task in the set that this is, and so on.
    tasks: Vec<usize>,
    // `None` is a task that is one request.
    step: Option<(StepList, usize)>,
}

/// A key that holds steps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum StepList {
    OnStart,
    OnStop,
    Steps,
}

impl StepList {
    const ALL: [Self; 3] = [Self::OnStart, Self::OnStop, Self::Steps];

    fn key(self) -> &'static str {
        match self {
            Self::OnStart => "on_start",
            Self::OnStop => "on_stop",
            Self::Steps => "steps",
        }
    }
}

impl Place {
    pub(crate) fn class(class: usize) -> Self {
        Self {
            class,
            tasks: Vec::new(),
            step: None,
        }
    }

    /// Its user class in `plan`; `None` if there is none.
    pub fn user_class<'p>(&self, plan: &'p Plan) -> Option<&'p UserClass> {
        plan.user_classes.as_slice().get(self.class)
    }

    fn task(&self, nth: usize) -> Self {
        let mut place = self.clone();
        place.tasks.push(nth);
        place
    }

    fn at(&self, list: StepList, nth: usize) -> Self {
        Self {
            step: Some((list, nth)),
            ..self.clone()
        }
    }

    /// Whether it is below `around`, the place of a class or of a task.
    fn is_in(&self, around: &Self) -> bool {
        around.step.is_none() && self.class == around.class && self.tasks.starts_with(&around.tasks)
    }

    /// Whether its step is done before that at `later`: it is in the same list, or in the `on_start`
    /// of a set around it.
    fn is_before(&self, later: &Self) -> bool {
        let Some((list, nth)) = self.step else {
            return false;
        };
        let is_same_set = self.tasks == later.tasks;
        match later.step {
            Some((same, later)) if list == same && is_same_set => nth < later,
            _ => list == StepList::OnStart && later.tasks.starts_with(&self.tasks),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user_class[{}]", self.class)?;
        for nth in &self.tasks {
            write!(f, ".task[{nth}]")?;
        }
        match self.step {
            Some((list, nth)) => write!(f, ".{}[{nth}]", list.key()),
            None => Ok(()),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl TryFrom<String> for Place {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        text.parse()
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        read(text).ok_or_else(|| PlaceError {
            found: shorten(text).into_owned(),
        })
    }
}

/// Not the keys that lead to a step.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a place in a plan such as user_class[0].task[2].steps[1], found “{found}”")]
pub struct PlaceError {
    /// What was given, shortened if it is long.
    pub found: String,
}

fn read(text: &str) -> Option<Place> {
    let path = Path::parse(text)?;
    let mut keys = path.steps().chunks(2).map(|it| match it {
        [path::Step::Key(key), path::Step::Index(nth)] => Some((&**key, *nth)),
        _ => None,
    });
    let ("user_class", class) = keys.next()?? else {
        return None;
    };
    let mut place = Place::class(class);
    for key in keys {
        let (key, nth) = key?;
        if place.step.is_some() {
            return None;
        }
        if key == "task" {
            place.tasks.push(nth);
        } else {
            let list = StepList::ALL.into_iter().find(|it| it.key() == key)?;
            place.step = Some((list, nth));
        }
    }
    Some(place)
}

/// Why a place is not that of a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoRequest {
    /// Nothing is there.
    #[error("expected a request at {place}, found nothing")]
    Nothing {
        /// The place.
        place: Place,
    },
    /// Several steps or tasks.
    #[error("expected a request at {place}, found several; name one, such as {first}")]
    Several {
        /// The place.
        place: Place,
        /// The first one there.
        first: Place,
    },
    /// A wait.
    #[error("expected a request at {place}, found a wait")]
    Wait {
        /// The place.
        place: Place,
    },
}

/// A request of a user class.
#[derive(Clone, Debug)]
pub(crate) struct Stop<'p> {
    pub(crate) place: Place,
    pub(crate) request: &'p RequestStep,
}

/// The requests that a user sends on the way to `place`, in order; the last is the one there.
///
/// On the way are the `on_start` of the class and of the sets around it, and what comes before it in
/// its own list.
pub(crate) fn route<'p>(plan: &'p Plan, place: &Place) -> Result<Vec<Stop<'p>>, NoRequest> {
    let steps = steps_of_class(plan, place);
    let Some(found) = steps.iter().find(|it| it.is_at(place)) else {
        let first = steps.into_iter().find(|it| it.place.is_in(place));
        let place = place.clone();
        return Err(match first {
            Some(first) => NoRequest::Several {
                place,
                first: first.place,
            },
            None => NoRequest::Nothing { place },
        });
    };
    let Step::Request(request) = found.step else {
        let place = place.clone();
        return Err(NoRequest::Wait { place });
    };
    let before = steps.iter().filter(|it| it.place.is_before(&found.place));
    let mut route: Vec<Stop<'p>> = before.filter_map(Located::stop).collect();
    route.push(Stop {
        place: place.clone(),
        request,
    });
    Ok(route)
}

/// All requests of the user class that `place` is in.
pub(crate) fn requests_of_class<'p>(plan: &'p Plan, place: &Place) -> Vec<Stop<'p>> {
    let steps = steps_of_class(plan, place);
    steps.iter().filter_map(Located::stop).collect()
}

/// A step of a user class.
struct Located<'p> {
    place: Place,
    step: &'p Step,
    // Whether it is all of its task, so that the place of the task is its own.
    is_task: bool,
}

impl<'p> Located<'p> {
    fn is_at(&self, place: &Place) -> bool {
        self.place == *place || self.is_task && self.place.at(StepList::Steps, 0) == *place
    }

    fn stop(&self) -> Option<Stop<'p>> {
        let place = self.place.clone();
        match self.step {
            Step::Request(request) => Some(Stop { place, request }),
            Step::Wait(_) => None,
        }
    }
}

fn steps_of_class<'p>(plan: &'p Plan, place: &Place) -> Vec<Located<'p>> {
    let mut steps = Vec::new();
    if let Some(class) = place.user_class(plan) {
        add_set(&mut steps, &Place::class(place.class), &class.set);
    }
    steps
}

fn add_set<'p>(steps: &mut Vec<Located<'p>>, at: &Place, set: &'p TaskSet) {
    add_list(steps, at, StepList::OnStart, &set.on_start);
    for (nth, task) in set.tasks.as_slice().iter().enumerate() {
        let at = at.task(nth);
        match &task.work {
            Work::Set(set, _) => add_set(steps, &at, set),
            Work::Steps(list) => match list.as_slice() {
                [step] => steps.push(Located {
                    place: at,
                    step,
                    is_task: true,
                }),
                list => add_list(steps, &at, StepList::Steps, list),
            },
        }
    }
    add_list(steps, at, StepList::OnStop, &set.on_stop);
}

fn add_list<'p>(steps: &mut Vec<Located<'p>>, at: &Place, list: StepList, of_list: &'p [Step]) {
    let of_list = of_list.iter().enumerate();
    steps.extend(of_list.map(|(nth, step)| Located {
        place: at.at(list, nth),
        step,
        is_task: false,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_they_were_read() {
        for text in [
            "user_class[0]",
            "user_class[1].task[2]",
            "user_class[0].task[2].steps[10]",
            "user_class[0].on_start[0]",
            "user_class[0].task[1].task[0].on_stop[3]",
        ] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.to_string(), text);
            let bytes = postcard::to_stdvec(&place).unwrap();
            assert_eq!(postcard::from_bytes::<Place>(&bytes).unwrap(), place);
            let json = serde_json::to_value(&place).unwrap();
            assert_eq!(json, text);
        }
    }

    #[test]
    fn what_is_no_place_is_said() {
        for text in [
            "",
            "task[0]",
            "user_class",
            "user_class[]",
            "user_class[-1]",
            "user_class[+1]",
            "user_class[0",
            "user_class[0].",
            "user_class[0].task[0].get",
            "user_class[0].steps[0].task[0]",
            "user_class[0].task[99999999999999999999]",
        ] {
            let error = text.parse::<Place>().unwrap_err();
            let expected = format!(
                "expected a place in a plan such as user_class[0].task[2].steps[1], found “{text}”"
            );
            assert_eq!(error.to_string(), expected);
        }
    }

    const PLAN: &str = r#"
        version = 1
        load = { users = 1, spawn_rate = 1 }
        [[user_class]]
        name = "A"
        on_start = [ { get = "/a" }, { wait = 1 }, { get = "/b" } ]
        on_stop = [ { get = "/c" }, { get = "/d" } ]
        [[user_class.task]]
        get = "/e"
        [[user_class.task]]
        steps = [ { get = "/f" }, { wait = 1 }, { get = "/g" } ]
        [[user_class.task]]
        on_start = [ { get = "/h" } ]
        task = [ { get = "/i" }, { steps = [ { wait = 1 } ] }, { steps = [ { get = "/j" } ] } ]
        [[user_class]]
        name = "B"
        task = [ { get = "/k" } ]
    "#;

    #[track_caller]
    fn check(place: &str, expected: Result<&str, &str>) {
        let plan = Plan::from_toml(PLAN).unwrap();
        let found = route(&plan, &place.parse().unwrap());
        let urls = |it: Vec<Stop<'_>>| {
            let urls: Vec<&str> = it.iter().map(|it| it.request.url.as_str()).collect();
            urls.join(" ")
        };
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(found.map(urls).map_err(|it| it.to_string()), expected);
    }

    #[test]
    fn the_way_to_a_request_is_what_its_user_does_before() {
        check("user_class[0].on_start[2]", Ok("/a /b"));
        check("user_class[0].task[0]", Ok("/a /b /e"));
        check("user_class[0].task[0].steps[0]", Ok("/a /b /e"));
        check("user_class[0].task[1].steps[0]", Ok("/a /b /f"));
        check("user_class[0].task[1].steps[2]", Ok("/a /b /f /g"));
        check("user_class[0].task[2].on_start[0]", Ok("/a /b /h"));
        check("user_class[0].task[2].task[0]", Ok("/a /b /h /i"));
        check("user_class[0].task[2].task[2]", Ok("/a /b /h /j"));
        check("user_class[0].on_stop[1]", Ok("/a /b /c /d"));
        check("user_class[1].task[0]", Ok("/k"));
    }

    #[test]
    fn a_place_without_a_request_says_what_is_there() {
        for place in [
            "user_class[2].task[0]",
            "user_class[0].task[3]",
            "user_class[0].task[0].task[0]",
            "user_class[0].task[0].steps[1]",
            "user_class[0].task[0].on_start[0]",
            "user_class[0].on_start[3]",
            "user_class[0].steps[0]",
        ] {
            let expected = format!("expected a request at {place}, found nothing");
            check(place, Err(&expected));
        }
        for place in ["user_class[0].on_start[1]", "user_class[0].task[2].task[1]"] {
            let expected = format!("expected a request at {place}, found a wait");
            check(place, Err(&expected));
        }
        for (place, first) in [
            ("user_class[0]", "user_class[0].on_start[0]"),
            ("user_class[0].task[1]", "user_class[0].task[1].steps[0]"),
            ("user_class[0].task[2]", "user_class[0].task[2].on_start[0]"),
        ] {
            let expected =
                format!("expected a request at {place}, found several; name one, such as {first}");
            check(place, Err(&expected));
        }
    }
}
