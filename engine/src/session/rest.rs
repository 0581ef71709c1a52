//! All that an engine can do besides running: the runs that are saved, files of runs, trials, and plans
//! as a person writes them. A run starts without it.
//!
//! Whatever is named outside of this module is loaded at first, so what is here is reached through the
//! functions of [`Rest`] only.

use std::pin::Pin;
use std::rc::Rc;

use futures::future::{AbortHandle, Abortable};
use mayfly_core::plan::{Draft, Plan};
use mayfly_core::report::Report;
use mayfly_core::report::html::{Look, Theme};

use super::{Session, State};
use crate::history::{HistoryCommand, HistoryNotice, RunKey, since_1970};
use crate::host::Host;
use crate::locustfile;
use crate::preset::PresetReading;
use crate::protocol::{Command, Notice, Peer, ReadingId, To};
use crate::reading::{Reading, Source, rows_of_csv};
use crate::recorder::{Judge, Recorder};
use crate::run::RunStart;
use crate::saved::{Save, save};
use crate::trial::try_plan;

/// The functions that a host may load later.
pub struct Rest<H: Host> {
    pub(super) follow: fn(&Rc<State<H>>, Peer, Command),
    pub(super) save: Save<H>,
    pub(super) judge: Judge,
}

/// Loads them; `None` if that failed. It may be called again.
pub type Load<H> = fn() -> Pin<Box<dyn Future<Output = Option<&'static Rest<H>>>>>;

impl<H: Host> Rest<H> {
    /// All of it.
    #[expect(clippy::new_without_default, reason = "it is named where it is to be")]
    pub const fn new() -> Self {
        Self {
            follow,
            save,
            judge: Report::validity,
        }
    }
}

impl<H: Host> Clone for Rest<H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Host> Copy for Rest<H> {}

/// Does what does nothing to a run, and starts those of locustfiles.
fn follow<H: Host>(state: &Rc<State<H>>, peer: Peer, command: Command) {
    let to = To::One(peer);
    match command {
        Command::History(command) => look_after(state, peer, command),
        Command::Read { id, source } => read(state, to, id, source),
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
            keeps_credentials,
            utc_offset_minutes,
            color_scheme,
        } => {
            let look = look(utc_offset_minutes, color_scheme.as_deref());
            let written = move |report: &Report| Notice::Written {
                name: report.file_stem(look.utc_offset_minutes) + file.ending(),
                mime_type: file.mime_type().to_owned(),
                text: file.text(report, look, keeps_credentials),
            };
            write(state, to, run, written);
        }
        // Others start without what is here.
        Command::Start {
            run,
            title,
            plan,
            seed,
            started_millis,
            hosts,
        } => {
            let start = RunStart {
                run,
                title,
                seed,
                started: since_1970(started_millis),
                hosts,
            };
            Session(Rc::clone(state)).start_locustfile(peer, &plan, start);
        }
        // The session does these by itself.
        Command::Edit { .. }
        | Command::Hide(_)
        | Command::Load
        | Command::Reset { .. }
        | Command::Stop { .. }
        | Command::Watch { .. } => {}
    }
}

/// Does something with the saved runs.
fn look_after<H: Host>(state: &State<H>, peer: Peer, command: HistoryCommand) {
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
        host.tell(To::One(peer), Notice::History(answer));
    });
}

fn read<H: Host>(state: &Rc<State<H>>, to: To, id: ReadingId, source: Source) {
    let (mut reading, ready) = Reading::new(source, |name| state.host.read_file(name));
    if !H::IS_BROWSER {
        reading.warnings.clear();
    }
    match reading.unloaded().filter(|_| ready.is_none()) {
        Some((plan, draft)) => read_locustfile(state, to, id, (plan, draft), reading),
        None => {
            state.remember(&reading, ready);
            state.host.tell(to, Notice::Read { id, reading });
        }
    }
}

/// Reads a plan with its locustfile, unless somebody has written another one before that is done.
fn read_locustfile<H: Host>(
    state: &Rc<State<H>>,
    to: To,
    id: ReadingId,
    (plan, draft): (Plan, Draft),
    mut reading: Reading,
) {
    let host = Rc::clone(&state.host);
    let (handle, registration) = AbortHandle::new_pair();
    // Others write plans of their own.
    if let Some((of, before)) = state.loading.replace(Some((to, handle)))
        && of == to
    {
        before.abort();
    }
    state.host.spawn(async move {
        let work = locustfile::read(Rc::clone(&host), plan, draft, &mut reading);
        if Abortable::new(work, registration).await.is_err() {
            // Who asked knows that it is out of date, and wants an answer all the same.
            reading.draft = None;
        }
        host.tell(to, Notice::Read { id, reading });
    });
}

/// Makes a file of a saved run, or of the one that is under way or was last.
fn write<H: Host>(
    state: &State<H>,
    to: To,
    run: Option<RunKey>,
    written: impl Fn(&Report) -> Notice + 'static,
) {
    let (host, saved) = (Rc::clone(&state.host), Rc::clone(&state.saved));
    let recorder = Rc::clone(&state.recorder);
    state.host.spawn(async move {
        let written = match run {
            Some(key) => saved.report(&key).await.map(|it| written(&it)),
            None => {
                let recorder = recorder.borrow();
                let report = recorder.as_ref().map(Recorder::report);
                report
                    .map(written)
                    .ok_or_else(|| "There is no run to make a file of.".to_owned())
            }
        };
        let problem = |problem| Notice::History(HistoryNotice::Problem(problem));
        host.tell(to, written.unwrap_or_else(problem));
    });
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
