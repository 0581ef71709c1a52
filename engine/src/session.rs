//! An engine: it follows commands, runs one plan at a time, and says what happens.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable};
use mayfly_core::plan::{Draft, Plan};
use mayfly_core::report::Report;
use mayfly_core::report::html::{Look, Theme};
use mayfly_core::run_state::EndCause;
use mayfly_core::running::shard;

use crate::file::RunFile;
use crate::history::{HistoryNotice, RunKey, since_1970};
use crate::host::Host;
use crate::preset::PresetReading;
use crate::protocol::{Command, Notice, VERSION};
use crate::reading::{Reading, rows_of_csv};
use crate::ready::ReadyPlan;
use crate::recorder::{Recorder, Shared};
use crate::run::{Drawing, Run, RunStart};
use crate::saved::SavedRuns;
use crate::trial::try_plan;

/// An engine on a host.
pub struct Session<H: Host> {
    host: Rc<H>,
    // The run that is under way, or was last.
    recorder: Shared,
    saved: Rc<SavedRuns<H>>,
    run: RefCell<Option<Running<H>>>,
    // The plan that was read last, as JSON and ready: what is started was read before.
    read: RefCell<Option<(String, ReadyPlan)>>,
}

/// A run that was started. Dropping it ends it.
struct Running<H: Host> {
    commands: UnboundedSender<shard::Command>,
    drawing: Drawing<H::Clock>,
    handle: AbortHandle,
}

impl<H: Host> Drop for Running<H> {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl<H: Host> Session<H> {
    /// An engine without a run. It says that it is [`Ready`](Notice::Ready).
    pub fn new(host: H) -> Self {
        let host = Rc::new(host);
        let recorder = Shared::default();
        host.tell(Notice::Ready {
            version: VERSION.to_owned(),
        });
        Self {
            saved: Rc::new(SavedRuns::new(Rc::clone(&host), Rc::clone(&recorder))),
            host,
            recorder,
            run: RefCell::default(),
            read: RefCell::default(),
        }
    }

    /// Does what the other side asks for. What comes of it is told in notices, soon or later.
    pub fn handle_command(&self, command: Command) {
        match command {
            Command::Start {
                run,
                title,
                plan,
                seed,
                started_millis,
            } => {
                let start = RunStart {
                    run,
                    title,
                    seed,
                    started: since_1970(started_millis),
                };
                match self.ready(&plan) {
                    Ok(plan) => self.start(plan, start),
                    Err(reason) => self.host.tell(Notice::Refused { run, reason }),
                }
            }
            Command::Edit { plan } => self.edit(&plan),
            Command::History(command) => {
                let (host, saved) = (Rc::clone(&self.host), Rc::clone(&self.saved));
                self.host.spawn(async move {
                    host.tell(Notice::History(saved.follow(command).await));
                });
            }
            Command::Read { id, source } => {
                let (reading, ready) = Reading::new(source, |name| self.host.read_file(name));
                // A file may be another one by the time of a start.
                let ready = ready.filter(|it| !it.reads_files());
                *self.read.borrow_mut() = reading.draft.clone().zip(ready);
                self.host.tell(Notice::Read { id, reading });
            }
            Command::ReadPreset(draft) => {
                let reading = PresetReading::new(&draft);
                self.host.tell(Notice::ReadPreset(draft, reading));
            }
            Command::Rows { path, csv } => {
                let rows = rows_of_csv(&csv);
                self.host.tell(Notice::Rows { path, rows });
            }
            Command::Reset => self.tell_run(shard::Command::Reset),
            Command::Stop => self.stop(EndCause::Person),
            Command::Try { id, plan, place } => {
                let host = Rc::clone(&self.host);
                self.host.spawn(async move {
                    let result = try_plan(&*host, &plan, &place).await;
                    host.tell(Notice::Tried { id, result });
                });
            }
            Command::Watch { rows } => self.tell_run(shard::Command::Watch(rows)),
            Command::Write {
                run,
                file,
                utc_offset_minutes,
                color_scheme,
            } => self.write(run, file, look(utc_offset_minutes, color_scheme.as_deref())),
        }
    }

    /// Starts a run; one that is under way is dropped.
    pub fn start(&self, plan: ReadyPlan, start: RunStart) {
        let (commands, receiver) = unbounded();
        let (handle, registration) = AbortHandle::new_pair();
        let run = Run {
            host: Rc::clone(&self.host),
            recorder: Rc::clone(&self.recorder),
            saved: Rc::clone(&self.saved),
            drawing: Drawing::default(),
            commands: commands.clone(),
        };
        *self.run.borrow_mut() = Some(Running {
            commands,
            drawing: run.drawing.clone(),
            handle,
        });
        let work = run.begin(plan, start, receiver);
        self.host.spawn(async {
            // Aborted means that a new run took its place.
            let _ = Abortable::new(work, registration).await;
        });
    }

    /// Ends the run that is under way as its plan says, and at once if it is ending already.
    pub fn stop(&self, cause: EndCause) {
        self.tell_run(shard::Command::Stop(cause));
    }

    /// Looks at what is recorded of the run that is under way, or was last; `None` if there was none.
    pub fn look<T>(&self, look: impl FnOnce(&Recorder) -> T) -> Option<T> {
        self.recorder.borrow().as_ref().map(look)
    }

    /// The plan, in JSON, ready to run.
    fn ready(&self, json: &str) -> Result<ReadyPlan, String> {
        let read = self.read.borrow_mut().take_if(|it| it.0 == json);
        if let Some((_, ready)) = read {
            return Ok(ready);
        }
        let draft = Draft::from_json(json).map_err(|errors| errors.to_string())?;
        let plan = Plan::from_json(json).map_err(|errors| errors.to_string())?;
        ReadyPlan::new(plan, draft, |name| self.host.read_file(name))
            .map_err(|errors| errors.to_string())
    }

    fn edit(&self, json: &str) {
        let (Ok(plan), Ok(draft)) = (Plan::from_json(json), Draft::from_json(json)) else {
            return;
        };
        let drawing = self.run.borrow().as_ref().map(|it| it.drawing.clone());
        if let Some(recorder) = &mut *self.recorder.borrow_mut()
            && recorder.can_be_edited()
            && let Some(notice) = drawing.and_then(|it| it.edit(&plan))
        {
            recorder.edit(&draft);
            self.host.tell(notice);
            self.tell_run(shard::Command::Edit(Box::new(plan)));
        }
    }

    fn tell_run(&self, command: shard::Command) {
        if let Some(run) = &*self.run.borrow() {
            // Nobody listens once the run is over.
            let _ = run.commands.unbounded_send(command);
        }
    }

    /// Makes a file of a saved run, or of the one that is under way or was last.
    fn write(&self, run: Option<RunKey>, file: RunFile, look: Look) {
        let (host, saved) = (Rc::clone(&self.host), Rc::clone(&self.saved));
        let recorder = Rc::clone(&self.recorder);
        self.host.spawn(async move {
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
            host.tell(
                written.unwrap_or_else(|problem| Notice::History(HistoryNotice::Problem(problem))),
            );
        });
    }
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
