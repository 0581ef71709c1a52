//! What the page and the engine say to each other.

use std::collections::BTreeSet;
use std::time::Duration;

use mayfly_core::http::request::RequestName;
use mayfly_core::plan::{Summary, Targets};
use mayfly_core::report::ThresholdResult;
use mayfly_core::running::script::heads::Log;
use mayfly_core::running::trial::Trial;
use mayfly_core::schedule::load_line::LoadLine;
use mayfly_core::verdict::validity::Validity;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::file::RunFile;
use crate::history::{HistoryCommand, HistoryNotice, RunKey};
use crate::parcel::Parcel;
use crate::preset::{PresetDraft, PresetReading};
use crate::reading::{Reading, Source};

/// The version of this protocol. Two ends talk to each other only if theirs are the same.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "/2");

/// The number of a run, so that a late word about an old one is known. Whoever starts a run draws it, so
/// that those of several pages differ.
pub type RunId = u32;

/// The number of one of those that an engine talks to: a worker has one page, a process any number.
pub type Peer = u32;

/// Whom a notice is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum To {
    /// Everyone that is there.
    All,
    /// The one who asked.
    One(Peer),
    /// All but the one who did it, and knows.
    Others(Peer),
}

impl To {
    /// Whether it is for `peer`.
    pub fn is_for(self, peer: Peer) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == peer,
            Self::Others(one) => one != peer,
        }
    }
}

/// The number of a reading, by which the newest is known.
pub type ReadingId = u32;

/// From the page to the engine.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Command {
    /// Starts a run. One that is under way is dropped if the same one has started it; that of another is
    /// not.
    Start {
        /// The new run.
        run: RunId,
        /// What it is called; may be empty.
        title: String,
        /// What to run, as JSON.
        plan: String,
        /// Where its randomness comes from.
        seed: u64,
        /// When it begins, in milliseconds since 1970.
        started_millis: f64,
        /// As [`RunStart::hosts`](crate::run::RunStart::hosts).
        hosts: Vec<String>,
    },
    /// Does something with the saved runs.
    History(HistoryCommand),
    /// Sends one request of a plan.
    Try {
        /// The number of this trial, by which the newest is known.
        id: u32,
        /// The plan, as JSON.
        plan: String,
        /// Where the request is, as errors name places.
        place: String,
    },
    /// Makes a file of a run.
    Write {
        /// A saved run; `None` is the one that is under way, or was last.
        run: Option<RunKey>,
        /// Which file.
        file: RunFile,
        /// Whether it is to have what looks like a credential, where it can be without.
        keeps_credentials: bool,
        /// Offset of local time from UTC, in minutes; positive east of Greenwich.
        utc_offset_minutes: i32,
        /// The value of `color-scheme`, if a person chose one.
        color_scheme: Option<String>,
    },
    /// This run goes on with the load and the weights of a plan.
    Edit {
        /// The run; of one that is over, or not the one that is under way, nothing is changed.
        run: RunId,
        /// The plan, as JSON.
        plan: String,
    },
    /// Makes rows of a CSV file.
    Rows {
        /// Where they belong in the plan.
        path: String,
        /// The text of the file.
        csv: String,
    },
    /// Reads a plan that is being written.
    Read {
        /// The number of this reading.
        id: ReadingId,
        /// The plan.
        source: Source,
    },
    /// Reads a preset that is being filled in.
    ReadPreset(PresetDraft),
    /// Loads again what could not be loaded of the engine.
    Load,
    /// This run forgets all that it counted.
    Reset {
        /// As of an edit.
        run: RunId,
    },
    /// This run ends.
    Stop {
        /// As of an edit.
        run: RunId,
    },
    /// The page is hidden from now on, or to be seen again. Only one that runs its engine itself says so.
    Hide(bool),
    /// Puts the series of these rows into the snapshots of the run that is under way.
    Watch {
        /// Their names, whether there are such rows or not.
        rows: BTreeSet<RequestName>,
    },
}

/// From the engine to the page.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Notice {
    /// The engine listens. The page holds its commands back until then, because they would be lost.
    ///
    /// It is the first of all notices, with a text, so that both ends of any two versions understand
    /// it.
    Ready {
        /// The engine's [`VERSION`].
        version: String,
    },
    /// A page has come to an engine that was there before it. What follows is what has happened so far.
    Joined {
        /// The run that is under way, or was last.
        run: Option<RunId>,
        /// The plan that the engine was started with.
        plan: Option<GivenPlan>,
    },
    /// A run has begun.
    Began {
        /// The run.
        run: RunId,
        /// What it is called; may be empty.
        title: String,
        /// What runs, as JSON.
        plan: String,
        /// Where its randomness comes from.
        seed: u64,
        /// When it began, in milliseconds since 1970.
        started_millis: f64,
        /// What it loads.
        targets: Targets,
        /// What was done to it so far, and when, in the time of the run.
        deeds: Vec<(Duration, Deed)>,
        /// Whether it has ended since.
        is_over: bool,
    },
    /// Somebody else has done something to a run.
    Did {
        /// The run.
        run: RunId,
        /// When, in the time of the run.
        at: Duration,
        /// What.
        deed: Deed,
    },
    /// Whether the run is saved in the history: why not, or `None` if it is again.
    Saved {
        /// The run.
        run: RunId,
        /// Why it is not saved: whole sentences.
        problem: Option<String>,
    },
    /// Whether all of the engine is there. It is told when a part could not be loaded, and when it was
    /// loaded after all; what needs it waits.
    Loaded {
        /// Whether it is.
        is_whole: bool,
    },
    /// What was read.
    Read {
        /// The number of the reading.
        id: ReadingId,
        /// What came of it.
        reading: Reading,
    },
    /// What was read of a preset.
    ReadPreset(PresetDraft, PresetReading),
    /// What a run is about, at its start and after an edit.
    Load {
        /// The run.
        run: RunId,
        /// Its load over time.
        line: LoadLine,
        /// What else is shown of its plan.
        summary: Summary,
    },
    /// The plan cannot run.
    Refused {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// What a CSV file holds.
    Rows {
        /// Where it belongs in the plan.
        path: String,
        /// The rows as JSON, or what is wrong with the file.
        rows: Result<String, String>,
    },
    /// What a run has counted so far.
    Snapshot {
        /// The run.
        run: RunId,
        /// Its totals, packed.
        parcel: Parcel,
        /// What becomes of its thresholds.
        thresholds: Vec<ThresholdResult>,
        /// Whether they are those of the target; `None` until that is known.
        validity: Option<Validity>,
    },
    /// About the saved runs.
    History(HistoryNotice),
    /// A locustfile says something.
    Said {
        /// The run that it belongs to.
        run: RunId,
        /// What.
        log: Log,
    },
    /// What came of a request.
    Tried {
        /// The number of the trial.
        id: u32,
        /// All of it; `Err` says why nothing was sent.
        result: Result<Trial, String>,
    },
    /// A file of a run.
    Written {
        /// What it is called.
        name: String,
        /// What kind of text it is.
        mime_type: String,
        /// What is in it.
        text: String,
    },
}

/// The plan that an engine was started with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GivenPlan {
    /// Tells it from those of other starts, so that a page takes it over once.
    pub id: String,
    /// Its text, in TOML or JSON.
    pub text: String,
}

/// What a person did to a run that is under way.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Deed {
    /// It goes on with the load and the weights of this plan, as JSON.
    Edit(String),
    /// It forgot what it had counted.
    Reset,
    /// It was told to end.
    Stop,
}

impl Command {
    /// The run that it does something to; `None` if it is about none, or starts one. Who sees an old run
    /// while somebody else starts another does not mean that one.
    pub(crate) fn run(&self) -> Option<RunId> {
        match self {
            Self::Edit { run, .. } | Self::Reset { run } | Self::Stop { run } => Some(*run),
            _ => None,
        }
    }

    /// Whether the engine answers it, by one notice that [`is_answer`](Notice::is_answer).
    pub fn is_answered(&self) -> bool {
        match self {
            Self::Edit { .. }
            | Self::History(_)
            | Self::Read { .. }
            | Self::ReadPreset(_)
            | Self::Rows { .. }
            | Self::Start { .. }
            | Self::Try { .. }
            | Self::Write { .. } => true,
            Self::Hide(_)
            | Self::Load
            | Self::Reset { .. }
            | Self::Stop { .. }
            | Self::Watch { .. } => false,
        }
    }

    /// How many bytes of text the engine has to read for it; `None` if that does not say how long it
    /// takes, as with a locustfile, for which Python starts.
    pub fn size(&self) -> Option<usize> {
        let text = match self {
            Self::Edit { plan, .. } | Self::Start { plan, .. } | Self::Try { plan, .. } => plan,
            Self::Read { source, .. } => source.text(),
            Self::Rows { csv, .. } => return Some(csv.len()),
            Self::Hide(_)
            | Self::ReadPreset(_)
            | Self::Load
            | Self::Reset { .. }
            | Self::Stop { .. }
            | Self::Watch { .. } => return Some(0),
            Self::History(_) | Self::Write { .. } => return None,
        };
        (!text.contains("locustfile")).then_some(text.len())
    }
}

impl Notice {
    /// Whether it answers a command.
    pub fn is_answer(&self) -> bool {
        match self {
            Self::History(_)
            | Self::Load { .. }
            | Self::ReadPreset(..)
            | Self::Refused { .. }
            | Self::Rows { .. }
            | Self::Tried { .. }
            | Self::Written { .. } => true,
            // The other one follows.
            Self::Read { reading, .. } => reading.is_whole(),
            Self::Began { .. }
            | Self::Did { .. }
            | Self::Joined { .. }
            | Self::Saved { .. }
            | Self::Loaded { .. }
            | Self::Ready { .. }
            | Self::Said { .. }
            | Self::Snapshot { .. } => false,
        }
    }
}

/// As bytes, to be sent.
pub fn encode(message: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(message).expect("messages have no type that postcard cannot write")
}

/// From bytes that were received. `None` if they are not such a message, which only another
/// program's could be.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use mayfly_core::testing::{Simulation, answer_after, class, load, plan};

    use super::*;
    use crate::parcel::Packer;

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let plan = plan(vec![class("A", 1)], load(3, 2.5), 5);
        let run = Simulation::new(plan.clone(), |_, _| {
            answer_after(std::time::Duration::from_millis(7), 500)
        });
        let snapshot = run.run().snapshots.pop().unwrap();

        let command = Command::Start {
            run: 7,
            plan: plan.to_json(),
            title: "A".to_owned(),
            seed: u64::MAX,
            started_millis: 1.5,
            hosts: vec!["http://a.test".to_owned()],
        };
        assert_eq!(decode(&encode(&command)), Some(command));
        let parcel = Packer::default().pack(snapshot);
        let notice = Notice::Snapshot {
            run: 7,
            parcel,
            thresholds: Vec::new(),
            validity: None,
        };
        assert_eq!(decode(&encode(&notice)), Some(notice));
    }

    #[test]
    fn every_version_reads_which_version_an_engine_has() {
        let version = "9.9.9/9".to_owned();
        let bytes = b"\x00\x079.9.9/9";
        assert_eq!(encode(&Notice::Ready { version }), bytes);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert_eq!(decode::<Notice>(&[99, 1, 2]), None);
    }
}
