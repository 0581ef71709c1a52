//! Frames as bytes, the same over pipes and ports.
//!
//! A frame is one message after the other: `u32 id, u8 kind, u32 head_len, u32 body_len, head, body`, all
//! numbers little endian. `id` is the number of a user in the run, and zero where there is none. Heads are
//! JSON where they have parts. Nothing here trusts what it reads.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::heads::{
    AnswerHead, Broken, ExitHead, Hello, LoadError, Loaded, Log, ModuleHead, OwnSample,
    RequestHead, ShapeTick, TickHead, Verdict,
};

/// Why a frame cannot be understood.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadFrame {
    /// Bytes are missing at its end.
    #[error("a message is cut off")]
    CutOff,
    /// A head that is not what its kind has.
    #[error("a message of kind {kind} has a head that cannot be read: {problem}")]
    Head {
        /// The kind.
        kind: u8,
        /// What is wrong.
        problem: String,
    },
    /// A message that this version does not know.
    #[error("a message of kind {0} is not known")]
    Kind(u8),
    /// The answer to a question is missing.
    #[error("what was asked is not answered")]
    Unanswered,
    /// An answer to what was not asked.
    #[error("user {0} was not asked for what it does")]
    Unasked(u32),
}

/// One message as it came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Message<'a> {
    /// The number of a user.
    pub id: u32,
    kind: u8,
    head: &'a [u8],
    body: &'a [u8],
}

/// The messages of a frame, up to the first that is cut off.
pub fn messages(frame: &[u8]) -> impl Iterator<Item = Result<Message<'_>, BadFrame>> {
    let mut rest = frame;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = split(&mut rest);
        if message.is_none() {
            rest = &[];
        }
        Some(message.ok_or(BadFrame::CutOff))
    })
}

fn split<'a>(rest: &mut &'a [u8]) -> Option<Message<'a>> {
    let id = u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?);
    let kind = *rest.split_off_first()?;
    let head_len = u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?);
    let body_len = u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?);
    let head = rest.split_off(..usize::try_from(head_len).ok()?)?;
    let body = rest.split_off(..usize::try_from(body_len).ok()?)?;
    Some(Message {
        id,
        kind,
        head,
        body,
    })
}

/// What the core says.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The first message, with the text of the file.
    Hello(Box<Hello>, String),
    /// A file that may be imported, before that.
    Module(String, Vec<u8>),
    /// The time of the run, in seconds; the first of each frame of a run.
    Clock(f64),
    /// A user begins, of the class at this place.
    Spawn(u32),
    /// Its wait is over.
    Resume,
    /// What came of its request, and the body as far as it was kept.
    Answer(Box<AnswerHead>, Vec<u8>),
    /// It is told to stop.
    Stop,
    /// It is gone; no answer.
    Kill,
    /// Asks the shape, while so many users are alive.
    Tick(u32),
    /// Something has happened to the run: JSON with its name.
    Event(Value),
    /// What the statistics say now.
    Stats(Value),
}

/// What Python says.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The file can run.
    Loaded(Box<Loaded>),
    /// The file cannot be loaded.
    Error(LoadError),
    /// A user waits for so many seconds.
    Wait(f64),
    /// A user wants to send a request with this body.
    Request(Box<RequestHead>, Vec<u8>),
    /// A user has judged an answer.
    Verdict(Verdict),
    /// A user is done.
    Done,
    /// A task broke, and the user goes on.
    Exception(Broken),
    /// A task broke, and the user is gone.
    Dead(Broken),
    /// The file says something.
    Log(Log),
    /// The file ends the run.
    Quit,
    /// What the shape wants; `None` ends the run.
    Shape(Option<ShapeTick>),
    /// The file wants a frame at this time of the run, in seconds.
    Wake(f64),
    /// The number with which the file wants the command to end; `None` leaves it to the command.
    Exit(Option<i64>),
    /// A request that the file has measured by itself.
    Sample(OwnSample),
}

impl Ask {
    /// Adds the message at the end of a frame.
    pub fn write(&self, id: u32, frame: &mut Vec<u8>) {
        match self {
            Self::Hello(hello, text) => write(frame, id, 0, &json(hello), text.as_bytes()),
            Self::Module(name, bytes) => write_module(frame, name, bytes),
            Self::Clock(secs) => write(frame, id, 2, &secs.to_le_bytes(), &[]),
            Self::Spawn(class) => write(frame, id, 3, &class.to_le_bytes(), &[]),
            Self::Resume => write(frame, id, 4, &[], &[]),
            Self::Answer(head, body) => write(frame, id, 5, &json(head), body),
            Self::Stop => write(frame, id, 6, &[], &[]),
            Self::Kill => write(frame, id, 7, &[], &[]),
            &Self::Tick(users) => write(frame, id, 8, &json(&TickHead { users }), &[]),
            Self::Event(event) => write(frame, id, 9, &json(event), &[]),
            Self::Stats(stats) => write(frame, id, 10, &json(stats), &[]),
        }
    }

    /// What a message says.
    ///
    /// # Errors
    ///
    /// Fails if its kind is not known, or its head is not what the kind has.
    pub fn read(message: &Message<'_>) -> Result<Self, BadFrame> {
        Ok(match message.kind {
            0 => Self::Hello(message.json()?, message.text()),
            1 => Self::Module(message.json::<ModuleHead>()?.name, message.body.to_vec()),
            2 => Self::Clock(message.number()?),
            3 => Self::Spawn(u32::from_le_bytes(message.chunk()?)),
            4 => Self::Resume,
            5 => Self::Answer(message.json()?, message.body.to_vec()),
            6 => Self::Stop,
            7 => Self::Kill,
            8 => Self::Tick(message.json::<TickHead>()?.users),
            9 => Self::Event(message.json()?),
            10 => Self::Stats(message.json()?),
            kind => return Err(BadFrame::Kind(kind)),
        })
    }
}

impl Reply {
    /// Adds the message at the end of a frame.
    pub fn write(&self, id: u32, frame: &mut Vec<u8>) {
        match self {
            Self::Loaded(loaded) => write(frame, id, 0, &json(loaded), &[]),
            Self::Error(error) => write(frame, id, 1, &json(error), &[]),
            Self::Wait(secs) => write(frame, id, 2, &secs.to_le_bytes(), &[]),
            Self::Request(head, body) => write(frame, id, 3, &json(head), body),
            Self::Verdict(verdict) => write(frame, id, 4, &json(verdict), &[]),
            Self::Done => write(frame, id, 5, &[], &[]),
            Self::Exception(broken) => write(frame, id, 6, &json(broken), &[]),
            Self::Dead(broken) => write(frame, id, 7, &json(broken), &[]),
            Self::Log(log) => write(frame, id, 8, &json(log), &[]),
            Self::Quit => write(frame, id, 9, &[], &[]),
            Self::Shape(shape) => write(frame, id, 10, &json(shape), &[]),
            Self::Wake(secs) => write(frame, id, 11, &secs.to_le_bytes(), &[]),
            &Self::Exit(code) => write(frame, id, 12, &json(&ExitHead { code }), &[]),
            Self::Sample(sample) => write(frame, id, 13, &json(sample), &[]),
        }
    }

    /// What a message says.
    ///
    /// # Errors
    ///
    /// Fails if its kind is not known, or its head is not what the kind has.
    pub fn read(message: &Message<'_>) -> Result<Self, BadFrame> {
        Ok(match message.kind {
            0 => Self::Loaded(message.json()?),
            1 => Self::Error(message.json()?),
            2 => Self::Wait(message.number()?),
            3 => Self::Request(message.json()?, message.body.to_vec()),
            4 => Self::Verdict(message.json()?),
            5 => Self::Done,
            6 => Self::Exception(message.json()?),
            7 => Self::Dead(message.json()?),
            8 => Self::Log(message.json()?),
            9 => Self::Quit,
            10 => Self::Shape(message.json()?),
            11 => Self::Wake(message.number()?),
            12 => Self::Exit(message.json::<ExitHead>()?.code),
            13 => Self::Sample(message.json()?),
            kind => return Err(BadFrame::Kind(kind)),
        })
    }
}

impl Message<'_> {
    fn json<T: DeserializeOwned>(&self) -> Result<T, BadFrame> {
        serde_json::from_slice(self.head).map_err(|error| self.bad(&error.to_string()))
    }

    /// A length of time: not below zero, and finite.
    fn number(&self) -> Result<f64, BadFrame> {
        let number = f64::from_le_bytes(self.chunk()?);
        match number.is_finite() {
            true => Ok(number.max(0.0)),
            false => Err(self.bad("expected a finite number")),
        }
    }

    fn chunk<const N: usize>(&self) -> Result<[u8; N], BadFrame> {
        let chunk = self.head.try_into();
        chunk.map_err(|_| self.bad("expected a number"))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }

    fn bad(&self, problem: &str) -> BadFrame {
        BadFrame::Head {
            kind: self.kind,
            problem: problem.to_owned(),
        }
    }
}

/// Adds a file that may be imported at the end of a frame.
pub(super) fn write_module(frame: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let head = ModuleHead {
        name: name.to_owned(),
    };
    write(frame, 0, 1, &json(&head), bytes);
}

fn write(frame: &mut Vec<u8>, id: u32, kind: u8, head: &[u8], body: &[u8]) {
    frame.extend(id.to_le_bytes());
    frame.push(kind);
    frame.extend(length(head).to_le_bytes());
    frame.extend(length(body).to_le_bytes());
    frame.extend(head);
    frame.extend(body);
}

fn length(part: &[u8]) -> u32 {
    u32::try_from(part.len()).expect("bodies are kept up to 1 MiB, and texts of files up to 10 MiB")
}

fn json(head: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(head).expect("keys are texts, and nothing else can fail")
}

#[cfg(test)]
mod tests;
