//! Plans whose tasks are in Python: loading them, before a run and for who writes them.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::LocalBoxFuture;
use mayfly_core::http::origin::Origin;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::plan::{Draft, Locustfile, Plan, Targets};
use mayfly_core::running::drive::drive_scripted;
use mayfly_core::running::script::heads::{Hello, Level, LoadError, Loaded, Log, NamedUrl, Note};
use mayfly_core::running::script::plan::{NoPlan, complete};
use mayfly_core::running::script::{Interpreter, Loading, NotLoaded};
use mayfly_core::running::shard::{Command, Shard};
use mayfly_core::simulate::SimulatedApi;

use crate::host::{Drivable, Host, Purpose, Say};
use crate::reading::{Problem, Reading, Script};
use crate::ready::ReadyPlan;

/// A locustfile that was loaded, and the interpreter that has it.
///
/// What is done with one is reached through functions that it brings along: a page loads them with the
/// first locustfile, and a run of a plan without one starts without them.
pub struct LoadedFile<H: Host> {
    /// What is in it.
    pub loaded: Loaded,
    /// Runs it.
    pub(crate) interpreter: H::Interpreter,
    /// Drives a run of it.
    pub(crate) drive: Drive<H>,
    /// Adds to a plan what is in the file.
    pub(crate) complete: Complete,
}

/// Adds to a plan what is in a locustfile.
pub(crate) type Complete = fn(&mut Plan, &Loaded) -> Result<(), NoPlan>;

/// Drives a run to its end.
pub(crate) type Drive<H> = for<'a> fn(Driven<'a, H>) -> LocalBoxFuture<'a, ()>;

/// A run of a locustfile, and all that it takes to drive it.
pub(crate) struct Driven<'a, H: Host> {
    pub(crate) host: &'a H,
    pub(crate) interpreter: H::Interpreter,
    pub(crate) target: Target<'a, H>,
    pub(crate) commands: UnboundedReceiver<Command>,
    pub(crate) publish: &'a mut dyn FnMut(Snapshot),
}

/// Where requests go.
pub(crate) enum Target<'a, H: Host> {
    Network(Drivable<'a, H::Transport, H::Clock>),
    Simulated(Drivable<'a, SimulatedApi<H::Clock>, H::Clock>),
}

fn drive<H: Host>(run: Driven<'_, H>) -> LocalBoxFuture<'_, ()> {
    let (host, python) = (run.host, run.interpreter);
    let (commands, publish) = (run.commands, run.publish);
    async move {
        match run.target {
            Target::Network(run) => host.drive_scripted(run, python, commands, publish).await,
            Target::Simulated(run) => {
                let shard = Shard::new(run.program, run.setting);
                let (python, api) = (Some(&python), &run.transport);
                drive_scripted(shard, python, api, &run.clock, commands, publish).await;
            }
        }
    }
    .boxed_local()
}

/// Has the host load the locustfile of `plan`, for a run with this seed that begins at this time of day.
/// `say` gets what the file says meanwhile and later.
///
/// # Errors
///
/// Fails with all that is wrong with the file, or why the host cannot load it.
pub async fn load<H: Host>(
    host: &H,
    plan: &Plan,
    seed: u64,
    started: Duration,
    say: Say,
) -> Result<LoadedFile<H>, Vec<Problem>> {
    load_for(Purpose::Run, host, plan, (seed, started), say).await
}

async fn load_for<H: Host>(
    purpose: Purpose,
    host: &H,
    plan: &Plan,
    (seed, started): (u64, Duration),
    say: Say,
) -> Result<LoadedFile<H>, Vec<Problem>> {
    let no_file = || vec![problem(None, "the plan has no locustfile")];
    let file = plan.locustfile.as_ref().ok_or_else(no_file)?;
    let text = text_of(file).map_err(|message| vec![problem(None, &message)])?;
    let interpreter = host.interpreter(file, purpose, say).await;
    let interpreter = interpreter.map_err(|message| vec![problem(None, &message)])?;
    let hello = Hello::new(plan, host.folder(), seed, started);
    let files = file.files.iter();
    let files: Vec<_> = files
        .map(|it| (it.name.clone(), it.bytes.to_vec()))
        .collect();
    let loading = mayfly_core::running::script::load(&interpreter, &hello, text, &files);
    let Loading { result, logs } = loading.await;
    for log in logs {
        interpreter.say(log);
    }
    let loaded = result.map_err(|error| vec![problem_of_loading(&error)])?;
    let errors: Vec<Problem> = notes(&loaded, true).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(LoadedFile {
        loaded,
        interpreter,
        drive,
        complete,
    })
}

fn text_of(file: &Locustfile) -> Result<&str, String> {
    file.text.as_deref().ok_or_else(|| {
        format!(
            "expected the text of {} in the plan; open the file, or name it with -f",
            file.name
        )
    })
}

impl ReadyPlan {
    /// Makes a plan ready whose locustfile an interpreter of this kind has loaded. `hosts` are those of
    /// [`RunStart`](crate::run::RunStart::hosts).
    ///
    /// # Errors
    ///
    /// Fails if the plan wants what is not in the file, or the file says what makes no sense.
    pub fn scripted<I: Interpreter>(
        mut plan: Plan,
        mut draft: Draft,
        loaded: &Loaded,
        hosts: &[String],
    ) -> Result<Self, Vec<Problem>> {
        complete(&mut plan, loaded).map_err(|error| vec![problem_of_plan(&error)])?;
        let program = mayfly_core::running::program::Program::scripted(&plan, loaded);
        let mut program = program.map_err(|error| vec![problem(None, &error.to_string())])?;
        if I::IS_CONFINED {
            program.confine(hosts);
        }
        let classes = plan.user_classes.as_slice();
        let hosts: BTreeSet<&str> = classes
            .iter()
            .filter_map(|it| Some(plan.base_url(it)?.as_str()))
            .collect();
        if let (Some(&host), 1) = (hosts.first(), hosts.len()) {
            // A report is read without Python.
            draft.keys.insert("host".to_owned(), host.into());
        }
        Ok(Self::of(plan, draft, program))
    }
}

/// Reads a plan with its locustfile. `reading` is what is known of it without Python.
pub(crate) async fn read<H: Host>(host: Rc<H>, plan: Plan, draft: Draft, reading: &mut Reading) {
    // What a file says while somebody writes it, it says again when it runs.
    let say: Say = Box::new(|_| ());
    let seed = plan.load.seed.unwrap_or_default();
    let start = (seed, host.unix_time());
    let loaded = load_for(Purpose::Read, &*host, &plan, start, say).await;
    let ready = loaded.and_then(|LoadedFile { loaded, .. }| {
        reading.script = Some(Script::of(&loaded));
        let warnings = notes(&loaded, false);
        reading
            .warnings
            .extend(warnings.take(Reading::MAX_WARNINGS));
        let ready = ReadyPlan::scripted::<H::Interpreter>(plan, draft, &loaded, &[])?;
        if H::Interpreter::IS_CONFINED {
            let targets = ready.targets();
            let unnamed = unnamed(&loaded, &targets).take(Reading::MAX_WARNINGS);
            reading.warnings.extend(unnamed);
        }
        Ok(ready)
    });
    match ready {
        Ok(ready) => {
            reading.problems.clear();
            reading.targets = ready.targets();
            reading.describe(ready.plan());
        }
        Err(problems) => reading.problems = problems,
    }
}

/// What is to be said of a file before it runs: what keeps it from running, or what does not.
fn notes(loaded: &Loaded, are_errors: bool) -> impl Iterator<Item = Problem> {
    let notes = loaded.notes.iter();
    let notes = notes.filter(move |it| (it.level == Level::Error) == are_errors);
    notes.map(
        |Note {
             line, text, file, ..
         }| match file {
            None => problem(*line, text),
            Some(file) => problem(None, &format!("{}: {text}", place(file, *line))),
        },
    )
}

/// The hosts of others that a file loads and its plan does not name.
fn unnamed<'a>(loaded: &'a Loaded, targets: &'a Targets) -> impl Iterator<Item = Problem> + 'a {
    let urls = loaded.urls.iter().filter(|_| !targets.is_simulated());
    urls.filter_map(|NamedUrl { url, line, file }| {
        let origin = Origin::of(url).filter(|it| !targets.cover(it))?;
        let text = format!(
            "requests to {origin} are not sent, as it is a host of others that the plan does not name; add it \
             to “Other hosts”"
        );
        Some(match file {
            None => problem(*line, &text),
            Some(file) => problem(None, &format!("{}: {text}", place(file, *line))),
        })
    })
}

/// What is said of a file that was loaded, for a log.
pub fn warnings(loaded: &Loaded) -> impl Iterator<Item = Log> {
    notes(loaded, false).map(|it| Log {
        level: Level::Warning,
        text: it.to_string(),
    })
}

fn place(file: &str, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("{file}, line {line}"),
        None => file.to_owned(),
    }
}

fn problem_of_loading(error: &NotLoaded) -> Problem {
    match error {
        NotLoaded::File(LoadError {
            line,
            file: Some(file),
            ..
        }) => problem(None, &format!("{}: {error}", place(file, *line))),
        NotLoaded::File(LoadError { line, .. }) => problem(*line, &error.to_string()),
        NotLoaded::Gone(_) | NotLoaded::Senseless(_) => problem(None, &error.to_string()),
    }
}

fn problem_of_plan(error: &NoPlan) -> Problem {
    match error {
        NoPlan::Host { line, .. } => problem(*line, &error.to_string()),
        NoPlan::Classes(_) | NoPlan::Shape { .. } => problem(None, &error.to_string()),
    }
}

fn problem(line: Option<u32>, message: &str) -> Problem {
    let message = message.trim_end();
    Problem {
        path: "locustfile".to_owned(),
        line,
        message: message.to_owned(),
    }
}

/// All problems in words, a line each.
pub fn in_words(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
