//! What the engine says about a plan that is being written.

use std::fmt;

use mayfly_core::plan::browser::{Unsent, unsent};
use mayfly_core::plan::data::Table;
use mayfly_core::plan::{Draft, Load, Plan, PlanProblem, Share, Summary, Targets, locate};
use mayfly_core::running::program::{Program, ProgramError};
use mayfly_core::running::script::heads::{FileOption, Loaded, LoadedClass};
use mayfly_core::schedule::forecast::Forecast;
use mayfly_core::schedule::load_line::LoadLine;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ready::ReadyPlan;

/// A plan as it came.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Source {
    /// In JSON.
    Json(String),
    /// In TOML.
    Toml(String),
}

impl Source {
    /// The plan.
    pub fn text(&self) -> &str {
        match self {
            Self::Json(text) | Self::Toml(text) => text,
        }
    }
}

/// A plan as it was read.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Reading {
    /// In TOML, as it is shown; `None` if there is nothing to show in its place.
    pub text: Option<String>,
    /// Its keys and values as JSON; `None` if the notation is broken.
    pub draft: Option<String>,
    /// What is wrong with it, in the order of the text; nothing if it can run.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub n_more: usize,
    /// What this plan asks for and a browser does not do. It can run all the same.
    pub warnings: Vec<Problem>,
    /// Its load over time; `None` if its load makes no sense.
    pub line: Option<LoadLine>,
    /// What it loads.
    pub targets: Targets,
    /// How much of it a run sends; `None` if it cannot be read.
    pub forecast: Option<Forecast>,
    /// What else is shown of it; the default if it cannot be read.
    pub summary: Summary,
    /// What is in its locustfile, if it has one that Python could read.
    pub script: Option<Script>,
}

/// What is shown of a locustfile.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Script {
    /// The version of Python that read it.
    pub python: String,
    /// Its user classes, in the order in which users get them.
    pub classes: Vec<ScriptClass>,
    /// The tags of its tasks.
    pub tags: Vec<String>,
    /// What it adds to the options of the command.
    pub options: Vec<ScriptOption>,
    /// The class that says the load over time, if it has one.
    pub shape: Option<String>,
}

/// What is shown of a user class of a locustfile.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ScriptClass {
    /// Its name.
    pub name: String,
    /// How many of the users it has: `weight 3`, or `2 users`.
    pub share: String,
    /// What it loads, if the file says it.
    pub host: Option<String>,
    /// The names of its tasks.
    pub tasks: Vec<String>,
}

/// An option that a locustfile adds to those of the command.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ScriptOption {
    /// Its name.
    pub name: String,
    /// Its value if nobody says one; may be empty.
    pub default: String,
    /// What it is for; may be empty.
    pub help: String,
}

impl Script {
    /// What is shown of a file that Python has loaded.
    pub fn of(loaded: &Loaded) -> Self {
        let class = |it: &LoadedClass| ScriptClass {
            name: it.name.clone(),
            share: match it.share() {
                Share::FixedCount(1) => "1 user".to_owned(),
                Share::FixedCount(count) => format!("{count} users"),
                Share::Weight(weight) => format!("weight {weight}"),
            },
            host: it.host.clone(),
            tasks: it.tasks.iter().map(|it| it.name.clone()).collect(),
        };
        let option = |it: &FileOption| ScriptOption {
            name: it.name.clone(),
            default: match &it.default {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
            help: it.help.clone().unwrap_or_default(),
        };
        Self {
            python: loaded.python.clone(),
            classes: loaded.classes.iter().map(class).collect(),
            tags: loaded.tags.clone(),
            options: loaded.options.iter().map(option).collect(),
            shape: loaded.shape.as_ref().map(|it| it.name.clone()),
        }
    }
}

/// One thing that is wrong with a plan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// The keys that lead there, as in [`PlanProblem::path`].
    pub path: String,
    /// Its line in [`Reading::text`], from 1; `None` if it is about the plan as a whole.
    pub line: Option<u32>,
    /// What was expected and what was found; a single line.
    pub message: String,
}

impl Reading {
    /// The most warnings that are told apart; who has read so many knows what it is about.
    pub(crate) const MAX_WARNINGS: usize = 10;

    /// Reads a plan, and makes it ready if it can run. `read_file` gives the text of a file that it
    /// names.
    pub fn new(
        source: Source,
        read_file: impl Fn(&str) -> Result<String, String>,
    ) -> (Self, Option<ReadyPlan>) {
        let mut unread = None;
        let (text, draft) = match source {
            Source::Toml(text) => {
                let mut draft = Draft::from_toml(&text).ok();
                if let Some(draft) = &mut draft {
                    unread = draft.inline_locustfile(&read_file).err();
                }
                (text, draft)
            }
            Source::Json(json) => match Draft::from_json(&json) {
                Ok(mut draft) => {
                    let text = draft.to_toml();
                    unread = draft.inline_locustfile(&read_file).err();
                    (text, Some(draft))
                }
                Err(errors) => {
                    let reading = Self {
                        problems: errors.as_slice().iter().map(Problem::new).collect(),
                        n_more: errors.n_more(),
                        ..Self::default()
                    };
                    return (reading, None);
                }
            },
        };
        let json = draft.as_ref().map(Draft::to_json);
        let (reading, ready) = Self::of_text(&text, draft.unwrap_or_default(), read_file);
        let mut reading = Self {
            text: Some(text),
            draft: json,
            ..reading
        };
        reading.problems.extend(unread.map(|message| Problem {
            path: "locustfile".to_owned(),
            line: None,
            message,
        }));
        (reading, ready)
    }

    /// Reads a plan in JSON only as far as a run needs it: without its text, and without what is said by
    /// lines. `None` if it cannot run.
    pub fn to_run(
        json: &str,
        read_file: impl Fn(&str) -> Result<String, String>,
    ) -> Option<(Self, ReadyPlan)> {
        let draft = Draft::from_json(json).ok()?;
        let plan = Plan::from_json(json).ok()?;
        let program = Program::new(&plan, read_file).ok()?;
        let mut reading = Self {
            draft: Some(draft.to_json()),
            targets: Targets::of(&plan),
            ..Self::default()
        };
        reading.describe(&plan);
        Some((reading, ReadyPlan::of(plan, draft, program)))
    }

    /// Says what is to be shown of a plan, but for its targets.
    pub(crate) fn describe(&mut self, plan: &Plan) {
        let line = LoadLine::of_plan(plan);
        self.forecast = Some(Forecast::new(plan, &line));
        self.line = Some(line);
        self.summary = Summary::of(plan);
    }

    fn of_text(
        text: &str,
        draft: Draft,
        read_file: impl Fn(&str) -> Result<String, String>,
    ) -> (Self, Option<ReadyPlan>) {
        let mut reading = Self::default();
        let mut ready = None;
        match Plan::from_toml(text) {
            Ok(plan) => {
                reading.warnings = warnings(&plan, text);
                reading.targets = Targets::of(&plan);
                reading.describe(&plan);
                if plan.locustfile.is_some() {
                    // Only Python knows more.
                    return (reading, None);
                }
                // Whether the parts of a plan fit each other shows when it is made ready.
                match Program::new(&plan, read_file) {
                    Ok(program) => ready = Some(ReadyPlan::of(plan, draft, program)),
                    Err(errors) => {
                        let errors = errors.as_slice().iter();
                        reading.problems = errors.map(|it| problem_of_part(it, &plan)).collect();
                    }
                }
            }
            Err(errors) => {
                let load = draft.keys.get("load").and_then(load_alone);
                reading.line = load.map(|it| LoadLine::of_load(&it));
                reading.targets = Targets::of_draft(&draft);
                reading.problems = errors.as_slice().iter().map(Problem::new).collect();
                reading.n_more = errors.n_more();
            }
        }
        (reading, ready)
    }

    /// The plan, if only its locustfile is still to be loaded.
    pub(crate) fn unloaded(&self) -> Option<(Plan, Draft)> {
        let draft = self.plan()?;
        draft.keys.get("locustfile")?;
        let plan = Plan::from_json(&draft.to_json()).ok()?;
        Some((plan, draft))
    }

    /// Whether it is all there is to say, and not only [what a run needs](Self::to_run).
    pub fn is_whole(&self) -> bool {
        self.text.is_some() || self.draft.is_none()
    }

    /// The keys and values; `None` if the notation is broken.
    pub fn draft(&self) -> Option<Draft> {
        let keys = serde_json::from_str(self.draft.as_ref()?).ok()?;
        Some(Draft { keys })
    }

    /// The plan, if it can run.
    pub fn plan(&self) -> Option<Draft> {
        self.draft().filter(|_| self.problems.is_empty())
    }
}

/// With its line, if it has one: `line 3: expected …`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Problem {
    fn new(problem: &PlanProblem) -> Self {
        Self {
            path: problem.path.clone(),
            line: problem.line,
            message: problem.message.clone(),
        }
    }
}

/// The load that a plan has under its key `load`, if that makes sense, whatever else the plan says.
pub fn load_alone(load: &Value) -> Option<Load> {
    let class = json!({ "name": "A", "task": [{ "get": "/" }] });
    let plan = json!({ "version": 1, "load": load, "user_class": [class] });
    Plan::from_json(&plan.to_string()).ok().map(|it| it.load)
}

/// The rows of a CSV file as a plan has them: a list of tables, as JSON.
///
/// # Errors
///
/// Fails with what is wrong with the file.
pub fn rows_of_csv(text: &str) -> Result<String, String> {
    let table = Table::from_csv(text).map_err(|error| error.to_string())?;
    let row = |nth: usize| {
        let columns = table.columns().iter();
        let cells = columns.map(|column| {
            let value = table.value(nth, column).cloned();
            (column.clone(), value.unwrap_or_default())
        });
        Value::Object(cells.collect::<Map<_, _>>())
    };
    let rows: Value = (0..table.n_rows()).map(row).collect();
    Ok(rows.to_string())
}

/// What a browser does not send of a plan, whose text is known.
fn warnings(plan: &Plan, toml: &str) -> Vec<Problem> {
    let mut unsent = unsent(plan);
    unsent.truncate(Reading::MAX_WARNINGS);
    // A task of one step may be written with its step or without.
    let paths = unsent.iter().flat_map(|it| {
        let Unsent { place, key, .. } = it;
        [format!("{place}.{key}"), format!("{place}.steps[0].{key}")]
    });
    let paths: Vec<String> = paths.collect();
    let places = locate(toml, &paths);
    let places = places.chunks(2).map(|it| it.iter().flatten().next());
    let warning = |(unsent, place): (Unsent, Option<&(String, u32)>)| Problem {
        path: place.map_or_else(|| unsent.place.clone(), |it| it.0.clone()),
        line: place.map(|it| it.1),
        message: unsent.message,
    };
    unsent.into_iter().zip(places).map(warning).collect()
}

fn problem_of_part(error: &ProgramError, plan: &Plan) -> Problem {
    let (path, message) = match error {
        ProgramError::NoHost { class } => {
            let mut classes = plan.user_classes.as_slice().iter();
            let index = classes.position(|it| it.name == *class).unwrap_or_default();
            (format!("user_class[{index}].host"), error.to_string())
        }
        ProgramError::Data { name, problem } => (format!("data.{name}"), problem.clone()),
        ProgramError::NothingToSend => ("load.max_requests".to_owned(), error.to_string()),
        error => (String::new(), error.to_string()),
    };
    Problem {
        path,
        line: None,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "version = 1\n\n[load]\nusers = 2\nspawn_rate = 1\n\n\
                        [[user_class]]\nname = \"A\"\n\n[[user_class.task]]\nget = \"/\"\n";

    fn read(source: Source) -> Reading {
        let (reading, ready) = Reading::new(source, |_| Err("there are no files".to_owned()));
        assert_eq!(ready.is_some(), reading.plan().is_some());
        reading
    }

    fn toml(text: &str) -> Reading {
        read(Source::Toml(text.to_owned()))
    }

    #[test]
    fn a_limit_of_requests_that_nothing_can_reach_is_told_at_its_place() {
        let text = PLAN
            .replace("spawn_rate = 1", "spawn_rate = 1\nmax_requests = 5")
            .replace("get = \"/\"", "steps = [{ wait = 1 }]");
        let problems = toml(&text).problems;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path, "load.max_requests");
    }

    #[test]
    fn a_plan_that_can_run_has_no_problems() {
        let reading = toml(PLAN);
        assert_eq!(reading.problems, []);
        assert_eq!(reading.text.as_deref(), Some(PLAN));
        assert_eq!(reading.plan().unwrap().to_toml(), PLAN);
    }

    #[test]
    fn where_one_class_has_a_host_all_need_one() {
        let other = PLAN.split_once("\n\n[[user_class]]").unwrap().1;
        let other = other.replace("\"A\"", "\"B\"\nhost = \"http://b.test\"");
        let reading = toml(&format!("{PLAN}\n[[user_class]]{other}"));
        let [problem] = reading.problems.as_slice() else {
            panic!("{reading:?}");
        };
        assert_eq!(problem.path, "user_class[0].host");
        assert!(problem.message.contains("“A” has no host"), "{problem:?}");
    }

    #[test]
    fn text_and_keys_follow_each_other() {
        let draft = toml(PLAN).draft.unwrap();
        assert_eq!(read(Source::Json(draft)), toml(PLAN));
    }

    #[test]
    fn problems_name_their_lines() {
        let reading = toml(&PLAN.replace("users = 2", "users = \"two\""));
        let [problem] = reading.problems.as_slice() else {
            panic!("{reading:?}");
        };
        assert_eq!(
            (problem.path.as_str(), problem.line),
            ("load.users", Some(4))
        );
        assert!(reading.draft.is_some());
        assert_eq!(reading.plan(), None);
    }

    #[test]
    fn broken_notation_has_a_text_and_no_keys() {
        let reading = toml("version =");
        assert_eq!(reading.draft, None);
        assert_eq!(reading.problems[0].line, Some(1));
        let json = read(Source::Json("{".to_owned()));
        assert_eq!((json.text, json.draft), (None, None));
        assert_eq!(json.problems.len(), 1);
    }

    #[test]
    fn the_load_is_drawn_as_long_as_it_makes_sense() {
        let summary = |text: &str| toml(text).line.map(|it| it.summary);
        let expected = Some("0 to 2 users within 2s, then 2 users until stopped".to_owned());
        assert_eq!(summary(PLAN), expected);
        assert_eq!(summary(&PLAN.replace("get =", "got =")), expected);
        assert_eq!(summary(&PLAN.replace("users = 2", "users = 0")), None);
        let fixed = PLAN.replace("name = \"A\"", "name = \"A\"\nfixed_count = 1");
        assert_eq!(
            summary(&fixed).as_deref(),
            Some("0 to 1 user within 1s, then 1 user until stopped")
        );
    }

    #[test]
    fn parts_that_do_not_fit_are_problems() {
        let file = PLAN.replace(
            "[[user_class]]",
            "[data.a]\ncsv = \"a.csv\"\n\n[[user_class]]",
        );
        let problem = &toml(&file).problems[0];
        assert_eq!(problem.path, "data.a");
        assert!(problem.message.contains("there are no files"));
    }

    #[test]
    fn what_a_browser_does_not_send_is_a_warning_at_its_line() {
        let task = "[[user_class.task]]\nsteps = [{ get = \"/\", headers = { Cookie = \"a\" } }]\n";
        let plan = PLAN.replace("version = 1\n", "version = 1\nhost = \"http://a.test\"\n");
        let plan = format!("{plan}\n{task}\n[[user_class.task]]\nget = \"/\"\nbody = \"a\"\n");
        let reading = toml(&plan);
        assert_eq!(reading.problems, []);
        let warnings = reading.warnings.iter();
        let warnings: Vec<_> = warnings.map(|it| (it.path.as_str(), it.line)).collect();
        let expected = [
            ("user_class[0].task[1].steps[0].headers.Cookie", Some(15)),
            ("user_class[0].task[2].body", Some(19)),
        ];
        assert_eq!(warnings, expected);
        let simulated = plan.replace("host = \"http://a.test\"\n", "");
        assert_eq!(toml(&simulated).warnings, []);
    }

    #[test]
    fn csv_becomes_rows() {
        let rows = rows_of_csv("a,b\n1,\"x, y\"\n");
        assert_eq!(rows.as_deref(), Ok(r#"[{"a":"1","b":"x, y"}]"#));
        let error = rows_of_csv("a,b\n1\n").unwrap_err();
        assert!(error.starts_with("line 2: expected 2 fields"), "{error}");
    }
}
