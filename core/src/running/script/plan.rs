//! A plan with what is in its locustfile.

use std::time::Duration;

use super::heads::{Hello, Loaded, LoadedClass, LoadedShape, LoadedTask, VERSION};
use crate::http::request::Keep;
use crate::plan::{
    Order, OverrideError, Overrides, Plan, PlanError, RunTime, Shape, SpawnRate, Stage, Target,
    Task, TaskSet, UserClass, Work,
};

/// Why a file that Python has loaded is no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoPlan {
    /// A class that is not in the file, or no class that can have users.
    #[error(transparent)]
    Classes(#[from] OverrideError),
    /// A host that is none.
    #[error("the host of {class} (line {}): {problem}", .line.unwrap_or_default())]
    Host {
        /// The name of the class.
        class: String,
        /// Its line.
        line: Option<u32>,
        /// What is wrong.
        problem: PlanError,
    },
    /// A load that makes no sense.
    #[error("the shape {name} says a load that makes no sense: {problem}")]
    Shape {
        /// The name of its class.
        name: String,
        /// What is wrong.
        problem: PlanError,
    },
}

impl Hello {
    /// The first message of a run of `plan` with this seed, which begins at this time of day. `folder` is
    /// where the file is.
    pub fn new(plan: &Plan, folder: Option<String>, seed: u64, started: Duration) -> Self {
        let file = plan.locustfile.clone().unwrap_or_default();
        let users = match &plan.load.shape {
            Shape::Users(users) => Some(users),
            Shape::Arrivals(_) | Shape::Stages(_) => None,
        };
        let tags = |tags: &[String]| (!tags.is_empty()).then(|| tags.to_vec());
        Self {
            version: VERSION,
            file: file.name,
            folder,
            seed,
            started: started.as_secs_f64(),
            host: match &plan.target {
                Some(Target::BaseUrl(host)) => Some(host.to_string()),
                Some(Target::Simulated(_)) | None => None,
            },
            tags: tags(&plan.tags.include),
            exclude_tags: tags(&plan.tags.exclude),
            options: file.options,
            max_body: Keep::MAX_BYTES as u64,
            users: users.map(|it| it.users.get()),
            spawn_rate: users.map(|it| it.spawn_rate.get()),
            run_time: plan.load.end().map(|it| it.as_secs_f64()),
        }
    }
}

/// Puts the user classes and the shape of a file into its plan.
///
/// # Errors
///
/// Fails if the plan wants what is not in the file, or the file says what makes no sense.
pub fn complete(plan: &mut Plan, loaded: &Loaded) -> Result<(), NoPlan> {
    let classes: Result<Vec<UserClass>, NoPlan> = loaded.classes.iter().map(user_class).collect();
    let no_classes = |error| NoPlan::Classes(OverrideError::Classes(error));
    let mut completed = plan.clone();
    completed.user_classes = classes?.try_into().map_err(no_classes)?;
    if let Some(file) = completed.locustfile.take() {
        let choice = Overrides {
            user_classes: file.classes.clone(),
            ..Overrides::default()
        };
        choice.apply(&mut completed)?;
        completed.locustfile = Some(file);
    }
    if let Some(Target::BaseUrl(host)) = completed.target.clone() {
        // As -H of Locust: it counts whatever the classes say.
        completed.set_host(host);
    }
    if let Some(shape) = &loaded.shape
        && !shape.points.is_empty()
    {
        completed.load.shape = stages(shape).map_err(|problem| NoPlan::Shape {
            name: shape.name.clone(),
            problem,
        })?;
    }
    *plan = completed;
    Ok(())
}

fn user_class(class: &LoadedClass) -> Result<UserClass, NoPlan> {
    let host = class.host.as_deref().filter(|it| !it.is_empty());
    let host = host.map(str::parse).transpose();
    Ok(UserClass {
        name: class.name.clone(),
        share: class.share(),
        host: host.map_err(|problem| NoPlan::Host {
            class: class.name.clone(),
            line: class.line,
            problem,
        })?,
        set: set(&class.tasks),
    })
}

/// The tasks, as far as they are shown: what they do is in Python.
fn set(tasks: &[LoadedTask]) -> TaskSet {
    let mut shown: Vec<Task> = tasks.iter().map(task).collect();
    if shown.iter().all(|it| it.weight == 0) {
        // A class may draw its tasks by itself.
        shown = vec![task(&LoadedTask {
            name: "(tasks)".to_owned(),
            weight: 1.0,
            tasks: Vec::new(),
        })];
    }
    let shown = shown.try_into();
    TaskSet {
        order: Order::Weighted,
        wait: None,
        on_start: Vec::new(),
        on_stop: Vec::new(),
        tasks: shown.expect("one has a weight: it was looked at above"),
    }
}

fn task(task: &LoadedTask) -> Task {
    Task {
        name: task.name.clone(),
        weight: task.weight.ceil().clamp(0.0, f64::from(u32::MAX)) as u32,
        tags: Vec::new(),
        work: match task.tasks.as_slice() {
            [] => Work::Steps(Vec::new()),
            tasks => Work::Set(set(tasks), None),
        },
    }
}

/// The load of a shape, from point to point. One without an end goes on with its last point.
fn stages(shape: &LoadedShape) -> Result<Shape, PlanError> {
    let mut stages = Vec::new();
    let points = shape.points.as_slice();
    for (index, &(at, users, spawn_rate)) in points.iter().enumerate() {
        // Of a live one only the run can tell when it ends.
        let ends = shape.ends.filter(|_| !shape.is_live);
        let next = points.get(index + 1).map(|it| it.0).or(ends);
        let length = match next {
            Some(next) => Duration::try_from_secs_f64(next - at).unwrap_or_default(),
            None => RunTime::MAX,
        };
        if length.is_zero() {
            continue;
        }
        stages.push(Stage {
            length: length.min(RunTime::MAX).try_into()?,
            users: users.clamp(0.0, f64::from(u32::MAX)) as u32,
            spawn_rate: SpawnRate::try_from(spawn_rate)?,
        });
    }
    Ok(Shape::Stages(stages.try_into()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Draft;
    use crate::plan::{Share, Targets};
    use crate::schedule::load_line::LoadLine;

    fn plan(lines: &str) -> Plan {
        let toml = format!(
            "version = 1\nload = {{ users = 3, spawn_rate = 1 }}\n{lines}\n\
             [locustfile]\nname = 'a.py'\ntext = ''\n"
        );
        Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn class(name: &str, weight: f64) -> LoadedClass {
        LoadedClass {
            name: name.to_owned(),
            weight,
            ..LoadedClass::default()
        }
    }

    fn loaded(classes: &[LoadedClass]) -> Loaded {
        Loaded {
            classes: classes.to_vec(),
            ..Loaded::default()
        }
    }

    #[test]
    fn a_plan_gets_the_classes_of_its_file() {
        let host = Some("http://b.test".to_owned());
        let mut fixed = LoadedClass {
            fixed_count: 2,
            ..class("B", 1.0)
        };
        fixed.host.clone_from(&host);
        let mut completed = plan("");
        complete(&mut completed, &loaded(&[class("A", 3.0), fixed.clone()])).unwrap();
        let classes = completed.user_classes.as_slice();
        assert_eq!(classes[0].share, Share::Weight(3.0));
        assert_eq!(classes[1].share, Share::FixedCount(2));
        assert_eq!(Targets::of(&completed).hosts, ["http://b.test"]);

        let mut with_host = plan("host = 'http://a.test'");
        complete(&mut with_host, &loaded(&[class("A", 3.0), fixed])).unwrap();
        assert_eq!(Targets::of(&with_host).hosts, ["http://a.test"]);
    }

    #[test]
    fn hosts_that_a_plan_adds_are_loaded_too() {
        let hosts =
            "host = 'http://a.test'\n[locustfile]\nname = 'a.py'\nhosts = ['https://b.test']\n";
        let toml = format!("version = 1\nload = {{ users = 3, spawn_rate = 1 }}\n{hosts}");
        let mut added = Plan::from_toml(&toml).unwrap();
        complete(&mut added, &loaded(&[class("A", 3.0)])).unwrap();
        assert_eq!(
            Targets::of(&added).hosts,
            ["http://a.test", "https://b.test"]
        );
        assert_eq!(
            Plan::from_toml(&added.to_toml()).unwrap().locustfile,
            added.locustfile
        );
        // Without any host, all requests go to the simulated API.
        let toml = toml.replace("host = 'http://a.test'", "");
        let mut simulated = Plan::from_toml(&toml).unwrap();
        complete(&mut simulated, &loaded(&[class("A", 3.0)])).unwrap();
        assert!(Targets::of(&simulated).is_simulated());
        let errors = Plan::from_toml(&toml.replace("https://b.test", "b.test")).unwrap_err();
        assert!(
            errors.to_string().contains("locustfile.hosts[0]"),
            "{errors}"
        );
    }

    #[test]
    fn only_the_classes_that_are_wanted_run() {
        let mut wanted = plan("");
        let file = wanted.locustfile.as_mut().unwrap();
        file.classes = vec!["B".to_owned()];
        let before = wanted.clone();
        complete(&mut wanted, &loaded(&[class("A", 1.0), class("B", 1.0)])).unwrap();
        assert_eq!(wanted.user_classes.as_slice().len(), 1);
        let mut wanted = before.clone();
        let error = complete(&mut wanted, &loaded(&[class("A", 1.0)])).unwrap_err();
        assert!(error.to_string().contains("no user class “B”"), "{error}");
        assert_eq!(wanted, before);
    }

    #[test]
    fn a_shape_that_is_known_is_the_load_of_the_plan() {
        let mut shaped = plan("");
        let mut file = loaded(&[class("A", 1.0)]);
        file.shape = Some(LoadedShape {
            name: "S".to_owned(),
            points: vec![(0.0, 10.0, 10.0), (60.0, 50.0, 10.0)],
            ends: Some(90.0),
            ..LoadedShape::default()
        });
        complete(&mut shaped, &file).unwrap();
        assert_eq!(shaped.load.end(), Some(Duration::from_secs(90)));
        let line = LoadLine::of_plan(&shaped);
        assert_eq!(line.points.last().map(|it| it.1), Some(50.0));
    }

    #[test]
    fn a_shape_that_is_asked_ends_when_it_says_so() {
        let mut shaped = plan("");
        let mut file = loaded(&[class("A", 1.0)]);
        file.shape = Some(LoadedShape {
            points: vec![(0.0, 10.0, 10.0)],
            ends: Some(3.0),
            is_live: true,
            ..LoadedShape::default()
        });
        complete(&mut shaped, &file).unwrap();
        assert_ne!(shaped.load.end(), Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_host_that_is_none_is_named() {
        let mut wrong = class("A", 1.0);
        (wrong.host, wrong.line) = (Some("localhost".to_owned()), Some(7));
        let error = complete(&mut plan(""), &loaded(&[wrong])).unwrap_err();
        assert!(error.to_string().contains("A (line 7)"), "{error}");
    }

    #[test]
    fn the_first_message_has_what_the_plan_says() {
        let draft = Draft::of_python("a.py", "");
        let mut plan = Plan::from_json(&draft.to_json()).unwrap();
        plan.tags.include = vec!["x".to_owned()];
        plan.target = "http://a.test".parse().ok().map(Target::BaseUrl);
        let hello = Hello::new(&plan, Some("/b".to_owned()), 7, Duration::from_secs(9));
        assert_eq!(hello.file, "a.py");
        assert_eq!(hello.tags, Some(vec!["x".to_owned()]));
        assert_eq!(hello.exclude_tags, None);
        assert_eq!(hello.host.as_deref(), Some("http://a.test"));
        let common = |load: &str| {
            let toml = format!("version = 1\nload = {{ {load} }}\nlocustfile = 'a.py'\n");
            let hello = Hello::new(&Plan::from_toml(&toml).unwrap(), None, 7, Duration::ZERO);
            (hello.users, hello.spawn_rate, hello.run_time)
        };
        assert_eq!(
            common("users = 3, spawn_rate = 0.5, run_time = '1m'"),
            (Some(3), Some(0.5), Some(60.0))
        );
        let stages = "stages = [{ duration = '10s', users = 4, spawn_rate = 2 }]";
        assert_eq!(common(stages), (None, None, Some(10.0)));
    }
}
