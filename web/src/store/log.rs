//! What happened on the page, and when: the lines of the tab Logs.

use std::collections::VecDeque;
use std::fmt;

use mayfly_core::plan::Users;
use mayfly_core::run_state::RunState;

use super::{Run, RunAction};
use crate::view::format;
use mayfly_engine::protocol::Deed;

/// The newest lines, and whether a warning among them was not seen yet. It outlives runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    // The oldest first.
    lines: VecDeque<LogLine>,
    /// How many lines there were before the first that is kept.
    n_forgotten: usize,
    /// Whether something above [`Level::Info`] came while nobody looked.
    pub has_alert: bool,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// It went as it should.
    Info,
    /// Numbers may not mean what they seem to.
    Warning,
    /// Something does not work.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "Info",
            Self::Warning => "Warning",
            Self::Error => "Error",
        })
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// When, in milliseconds since 1970.
    pub at_millis: f64,
    /// What.
    pub text: String,
}

impl Log {
    /// The most lines that are kept: Locust's number.
    pub const MAX_LINES: usize = 500;

    /// Adds a line, and forgets the oldest if there are too many.
    pub fn push(&mut self, level: Level, at_millis: f64, text: String) {
        if self.lines.len() == Self::MAX_LINES {
            self.lines.pop_front();
            self.n_forgotten += 1;
        }
        self.has_alert |= Level::Info < level;
        self.lines.push_back(LogLine {
            level,
            at_millis,
            text,
        });
    }

    /// The lines, the oldest first, each with a number that no other has.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = (usize, &LogLine)> {
        let lines = self.lines.iter().enumerate();
        lines.map(|(index, line)| (self.n_forgotten + index, line))
    }
}

/// That a run has begun.
pub fn started(run: &Run, seed: u64) -> String {
    let name = match run.title.trim() {
        "" => "A run".to_owned(),
        title => format!("“{title}”"),
    };
    let load = match run.summary.users {
        Some(users) => user_text(users),
        None => "the load that the plan describes".to_owned(),
    };
    let target = run.targets.label();
    let target = target.unwrap_or_else(|| "the simulated API".to_owned());
    format!("{name} started on {target}: {load}. Its seed is {seed}.")
}

/// That a run goes on with other users.
pub fn edited(users: Users) -> String {
    format!("The load was edited: {}.", user_text(users))
}

/// When somebody else did something to the run, and what, if it is one of these.
pub(super) fn followed(run: &Run, action: &RunAction) -> Option<(f64, String)> {
    let RunAction::Follow(id, at, deed) = action else {
        return None;
    };
    let text = match deed {
        Deed::Edit(_) => {
            let users = run.summary.users.map(edited);
            users.unwrap_or_else(|| "The load was edited.".to_owned())
        }
        Deed::Reset => "The counts were reset.".to_owned(),
        Deed::Stop => "The run was told to stop.".to_owned(),
    };
    let at_millis = run.started_millis + at.as_secs_f64() * 1e3;
    (*id == run.id).then_some((at_millis, text))
}

fn user_text(users: Users) -> String {
    let spawn_rate = users.spawn_rate.get();
    format!(
        "{}, {spawn_rate} started per second",
        count(users.users.get())
    )
}

fn count(n_users: u32) -> String {
    match n_users {
        1 => "1 user".to_owned(),
        _ => format!("{} users", format::count(n_users.into())),
    }
}

/// What is worth a line of what is new about a run.
pub(super) fn news(before: &Run, after: &Run) -> Vec<(Level, String)> {
    let news = [
        state_change(before, after).map(|it| (Level::Info, it)),
        warn(left_out(before, after)),
        warn(dropped(before, after)),
        warn(broke(before, after)),
        warn(died(before, after)),
        warn(unkept(before, after)),
        diagnosed(before, after).map(|it| (Level::Error, it)),
    ];
    news.into_iter().flatten().collect()
}

/// That the history does not have the run.
fn unkept(before: &Run, after: &Run) -> Option<String> {
    let problem = after.save_problem.clone();
    problem.filter(|_| before.save_problem.is_none())
}

fn warn(text: Option<String>) -> Option<(Level, String)> {
    text.map(|it| (Level::Warning, it))
}

fn state_change(before: &Run, after: &Run) -> Option<String> {
    let [was, is] = [before, after].map(|it| count(it.model.n_users));
    match (before.model.state, after.model.state) {
        (before, after) if before == after => None,
        (_, RunState::Running) => Some(format!("Spawning is complete: {is}.")),
        (RunState::Running, RunState::Spawning) => {
            Some(format!("The number of users changes from {was}."))
        }
        // A run that was told so said that already.
        (_, RunState::Stopping) if !before.is_stopping => Some("The run is ending.".to_owned()),
        (_, RunState::Stopped) => {
            let (n_requests, n_failures) = after.model.counts();
            let cause = after
                .model
                .end_cause
                .as_ref()
                .filter(|it| !it.is_expected());
            let why = cause.map_or_else(String::new, |it| format!(", because {it}"));
            let given_up = besides(after.model.n_aborted, "given up in flight");
            let unsent = besides(after.model.n_unsent, "never sent");
            Some(format!(
                "The run stopped after {}{why}: {} requests, {} of them failed ({}){given_up}{unsent}.",
                format::clock(after.model.at.to_duration()),
                format::count(n_requests),
                format::count(n_failures),
                format::percent(n_failures, n_requests),
            ))
        }
        _ => None,
    }
}

/// What became of requests that are in no other count; empty if there are none.
fn besides(count: u64, what: &str) -> String {
    if count == 0 {
        return String::new();
    }
    format!("; {} {what}", format::count(count))
}

fn left_out(before: &Run, after: &Run) -> Option<String> {
    let is_new = after.model.rows_left_out && !before.model.rows_left_out;
    is_new.then(|| {
        "There are more request names than rows; the others are counted as “(other)”.".to_owned()
    })
}

fn dropped(before: &Run, after: &Run) -> Option<String> {
    let is_new = before.model.n_dropped == 0 && 0 < after.model.n_dropped;
    is_new.then(|| "Arrivals are dropped, because all users are busy.".to_owned())
}

fn broke(before: &Run, after: &Run) -> Option<String> {
    let first = after.model.exceptions.first()?;
    before.model.exceptions.is_empty().then(|| {
        let (task, message) = (format::line(&first.task), format::line(&first.message));
        format!("A task broke: {task}: {message}. See Exceptions.")
    })
}

fn died(before: &Run, after: &Run) -> Option<String> {
    let is_new = before.model.n_dead == 0 && 0 < after.model.n_dead;
    is_new.then(|| "Exceptions end users for good. See Exceptions.".to_owned())
}

fn diagnosed(before: &Run, after: &Run) -> Option<String> {
    let diagnosis = after.diagnosis.as_ref();
    let diagnosis = diagnosis.filter(|_| before.diagnosis.is_none())?;
    Some(diagnosis.headline())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_are_forgotten() {
        let mut log = Log::default();
        for number in 0..=Log::MAX_LINES {
            log.push(Level::Info, 0.0, number.to_string());
        }
        assert_eq!(log.lines().len(), Log::MAX_LINES);
        let (number, first) = log.lines().next().unwrap();
        assert_eq!((number, first.text.as_str()), (1, "1"));
        let last = log.lines().last().unwrap();
        assert_eq!(last.1.text, "500");
    }

    #[test]
    fn only_what_matters_is_an_alert() {
        let mut log = Log::default();
        log.push(Level::Info, 0.0, String::new());
        assert!(!log.has_alert);
        log.push(Level::Warning, 0.0, String::new());
        assert!(log.has_alert);
    }
}
