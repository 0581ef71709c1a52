//! All that an engine can do besides running: the runs that are saved, files of runs, trials, and plans
//! as a person writes them. A run starts without it.
//!
//! Whatever is named outside of this module is loaded at first, so what is here is reached through the
//! functions of [`Rest`] only.

use std::pin::Pin;
use std::rc::Rc;

use mayfly_core::report::Report;
use mayfly_core::report::html::{Look, Theme};

use super::State;
use crate::file::RunFile;
use crate::history::{HistoryNotice, RunKey};
use crate::host::Host;
use crate::preset::PresetReading;
use crate::protocol::{Command, Notice, Peer, To};
use crate::reading::{Reading, rows_of_csv};
use crate::recorder::Recorder;
use crate::saved::{Save, save};
use crate::trial::try_plan;

/// The functions that a host may load later.
pub struct Rest<H: Host> {
    pub(super) follow: fn(&Rc<State<H>>, Peer, Command),
    pub(super) save: Save<H>,
}

/// Loads them; `None` if that failed. It may be called again.
pub type Load<H> = fn() -> Pin<Box<dyn Future<Output = Option<&'static Rest<H>>>>>;

impl<H: Host> Rest<H> {
    /// All of it.
    #[expect(clippy::new_without_default, reason = "it is named where it is to be")]
    pub const fn new() -> Self {
        Self { follow, save }
    }
}

impl<H: Host> Clone for Rest<H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Host> Copy for Rest<H> {}

/// Does what starts no run and does nothing to one.
fn follow<H: Host>(state: &Rc<State<H>>, peer: Peer, command: Command) {
    let to = To::One(peer);
    match command {
        Command::History(command) => {
            let (host, saved) = (Rc::clone(&state.host), Rc::clone(&state.saved));
            state.host.spawn(async move {
                let is_change = command.is_change();
                let answer = saved.follow(command).await;
                if let HistoryNotice::List(entries) = &answer
                    && is_change
                {
                    let news = HistoryNotice::Refreshed(entries.clone());
                    host.tell(To::Others(peer), Notice::History(news));
                }
                host.tell(to, Notice::History(answer));
            });
        }
        Command::Read { id, source } => {
            let (mut reading, ready) = Reading::new(source, |name| state.host.read_file(name));
            if !H::IS_BROWSER {
                reading.warnings.clear();
            }
            state.remember(&reading, ready);
            state.host.tell(to, Notice::Read { id, reading });
        }
        Command::ReadPreset(draft) => {
            let reading = PresetReading::new(&draft);
            state.host.tell(to, Notice::ReadPreset(draft, reading));
        }
        Command::Rows { path, csv } => {
            let rows = rows_of_csv(&csv);
            state.host.tell(to, Notice::Rows { path, rows });
        }
        Command::Try { id, plan, place } => {
            let host = Rc::clone(&state.host);
            state.host.spawn(async move {
                let result = try_plan(&*host, &plan, &place).await;
                host.tell(to, Notice::Tried { id, result });
            });
        }
        Command::Write {
            run,
            file,
            utc_offset_minutes,
            color_scheme,
        } => {
            let look = look(utc_offset_minutes, color_scheme.as_deref());
            write(state, to, run, file, look);
        }
        // The session does these by itself.
        Command::Edit { .. }
        | Command::Load
        | Command::Reset { .. }
        | Command::Start { .. }
        | Command::Stop { .. }
        | Command::Watch { .. } => {}
    }
}

/// Makes a file of a saved run, or of the one that is under way or was last.
fn write<H: Host>(state: &State<H>, to: To, run: Option<RunKey>, file: RunFile, look: Look) {
    let (host, saved) = (Rc::clone(&state.host), Rc::clone(&state.saved));
    let recorder = Rc::clone(&state.recorder);
    state.host.spawn(async move {
        let written = match run {
            Some(key) => saved.report(&key).await.map(|it| written(file, &it, look)),
            None => {
                let recorder = recorder.borrow();
                let report = recorder.as_ref().map(Recorder::report);
                report
                    .map(|it| written(file, it, look))
                    .ok_or_else(|| "There is no run to make a file of.".to_owned())
            }
        };
        let problem = |problem| Notice::History(HistoryNotice::Problem(problem));
        host.tell(to, written.unwrap_or_else(problem));
    });
}

/// The notice of a file.
fn written(file: RunFile, report: &Report, look: Look) -> Notice {
    Notice::Written {
        name: report.file_stem(look.utc_offset_minutes) + file.ending(),
        mime_type: file.mime_type().to_owned(),
        text: file.text(report, look),
    }
}

/// How a report looks that is made where clocks are so far ahead of UTC.
fn look(utc_offset_minutes: i32, color_scheme: Option<&str>) -> Look {
    let theme = match color_scheme {
        Some("dark") => Theme::Dark,
        Some("light") => Theme::Light,
        _ => Theme::Auto,
    };
    Look {
        theme,
        utc_offset_minutes,
    }
}
