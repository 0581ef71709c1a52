//! The course of a user whose tasks are in Python: what it is to be told, and what it wants.

use std::sync::Arc;

use super::{Exception, Name, Next, Outgoing, Resume, Turn};
use crate::http::request::{Method, Request, RequestName};
use crate::http::transport::{Response, TransportError};
use crate::measure::sample::{Evidence, Failure, Sample};
use crate::running::program::{Class, ScriptProgram};
use crate::running::script::heads::RequestHead;
use crate::running::script::wire::Ask;

/// What is known of a user whose tasks are in Python.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScriptCourse {
    // Whether Python knows the user.
    is_spawned: bool,
    // Whether it was told to stop.
    is_told: bool,
    // Whether it waits, and not for an answer.
    is_resting: bool,
    // Whether it has sent a request since it last waited.
    has_sent: bool,
    // What it is told next.
    ask: Option<Ask>,
    // What it wants to send.
    wish: Option<Box<Wish>>,
    // What it has sent, and whether it judges the answer.
    sent: Option<(u64, bool)>,
    // Requests with an answer that it is still to judge.
    held: Vec<(u64, Held)>,
}

/// A request that a user wants to send.
#[derive(Clone, Debug)]
struct Wish {
    number: u64,
    is_judged: bool,
    name: RequestName,
    outgoing: Arc<Request>,
    timeout: std::time::Duration,
}

/// A request with an answer that is not counted yet.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) row: usize,
    pub(crate) sample: Sample,
    pub(crate) method: Method,
    pub(crate) error: Option<TransportError>,
    request: Arc<Request>,
    user: u32,
    status: Option<u16>,
    evidence: Option<Box<Evidence>>,
}

impl Held {
    pub(crate) fn new(row: usize, sample: Sample, request: &Arc<Request>, user: u32) -> Self {
        Self {
            row,
            sample,
            method: request.method,
            error: None,
            request: Arc::clone(request),
            user,
            status: None,
            evidence: None,
        }
    }

    /// Takes from the answer what is shown if the request counts as failed.
    pub(crate) fn see(&mut self, result: &Result<Response, TransportError>) {
        self.error = result.as_ref().err().copied();
        self.status = result.as_ref().ok().map(|it| it.status);
        self.evidence = Some(Box::new(self.evidence_of(result.as_ref().ok())));
    }

    pub(crate) fn evidence_of(&self, response: Option<&Response>) -> Evidence {
        Evidence::new(&self.request, self.user, response, None)
    }

    pub(crate) fn take_evidence(&mut self) -> Evidence {
        self.evidence
            .take()
            .map_or_else(Evidence::default, |it| *it)
    }

    /// What is wrong with the answer in the words of its user, or in those for its status and for the
    /// transport, if it was left to these.
    pub(crate) fn failure(&self, message: &str, is_left: bool) -> Failure {
        match (self.error, self.status) {
            (Some(error), _) if is_left => Failure::Transport(error),
            (None, Some(status)) if is_left && 400 <= status => Failure::Status(status),
            _ => Failure::Check(message.into()),
        }
    }
}

impl ScriptCourse {
    pub(super) fn resume(&mut self, why: Resume<'_>, class: &Class) -> Next {
        self.is_resting = false;
        self.wish = None;
        self.ask = Some(match why {
            Resume::Abandoned if !self.is_spawned => return Next::End,
            Resume::Abandoned => {
                self.is_told = true;
                Ask::Stop
            }
            Resume::Waited if self.is_spawned => Ask::Resume,
            Resume::Waited => {
                self.is_spawned = true;
                Ask::Spawn(class.nth)
            }
            // The shard passes answers on, as it can move them.
            Resume::Answered { .. } => return Next::Park,
        });
        Next::Park
    }

    pub(super) fn fill(&mut self) -> Result<Outgoing, Turn> {
        let Some(wish) = self.wish.take() else {
            let exception = Exception {
                task: "".into(),
                message: "a request was sent that nobody wanted".into(),
            };
            return Err(Turn {
                exception: Some(Box::new(exception)),
                ..Turn::to(Next::Die)
            });
        };
        self.has_sent = true;
        self.sent = Some((wish.number, wish.is_judged));
        Ok(Outgoing {
            request: wish.outgoing,
            name: Name::Made(wish.name),
            timeout: wish.timeout,
        })
    }

    pub(super) fn unsent_name(&mut self) -> RequestName {
        let wish = self.wish.take();
        let name = wish.map(|it| it.name);
        name.unwrap_or_else(|| RequestName {
            name: String::new(),
            method: Method::Get,
        })
    }

    pub(super) fn is_resting(&self) -> bool {
        self.is_resting || !self.is_spawned
    }

    /// Whether it was told to stop, so that it does what its file has for that.
    pub(crate) fn is_told(&self) -> bool {
        self.is_told
    }

    /// Whether Python knows it.
    pub(crate) fn is_spawned(&self) -> bool {
        self.is_spawned
    }

    /// Python knows it no longer.
    pub(crate) fn leave(&mut self) {
        self.is_spawned = false;
    }

    /// It waits. False if it has sent nothing since the last time.
    pub(crate) fn rest(&mut self) -> bool {
        self.is_resting = true;
        std::mem::take(&mut self.has_sent)
    }

    /// What it is to be told.
    pub(crate) fn take_ask(&mut self) -> Option<Ask> {
        self.ask.take()
    }

    /// Tells it something next.
    pub(crate) fn tell(&mut self, ask: Ask) {
        self.ask = Some(ask);
    }

    /// The number of the request that it has sent, and whether it judges the answer.
    pub(crate) fn take_sent(&mut self) -> (u64, bool) {
        self.sent.take().unwrap_or_default()
    }

    /// Keeps a request until it is judged.
    pub(crate) fn hold(&mut self, number: u64, held: Held) {
        self.held.push((number, held));
    }

    /// The request with this number, if it is still to be judged.
    pub(crate) fn take_held(&mut self, number: u64) -> Option<Held> {
        let place = self.held.iter().position(|it| it.0 == number)?;
        Some(self.held.remove(place).1)
    }

    /// A request that will not be judged any more.
    pub(crate) fn pop_held(&mut self) -> Option<Held> {
        self.held.pop().map(|it| it.1)
    }

    /// Wants to send a request.
    ///
    /// # Errors
    ///
    /// Fails, in words, if there is no such request.
    pub(crate) fn want(
        &mut self,
        head: RequestHead,
        body: Vec<u8>,
        program: &ScriptProgram,
    ) -> Result<(), String> {
        let method: Method = head.method.parse().map_err(|_| {
            let known = Method::ALL.map(Method::as_str).join(", ");
            format!("expected one of the methods {known}, found {}", head.method)
        })?;
        let timeout = head.timeout.map(|it| {
            let timeout = std::time::Duration::try_from_secs_f64(it);
            timeout.unwrap_or(std::time::Duration::MAX)
        });
        let request = Request {
            headers: head.headers.into(),
            body: (!body.is_empty()).then(|| body.into()),
            follow_redirects: head.redirects,
            keep: program.keep,
            ..Request::new(method, &head.url)
        };
        self.wish = Some(Box::new(Wish {
            number: head.request,
            is_judged: head.catch,
            name: RequestName {
                name: head.name,
                method,
            },
            outgoing: Arc::new(request),
            timeout: timeout.unwrap_or(program.timeout),
        }));
        Ok(())
    }
}
