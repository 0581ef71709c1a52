//! Trying one request of a plan: it is sent once, and everything about the answer is shown.
//!
//! The request is filled, and the answer judged, by the same code as in a run. What a person is
//! shown of it is in [`Trial`]; nothing is counted.

mod excerpt;
mod needs;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use serde::{Deserialize, Serialize};

use self::needs::{Needs, ReadyStop};
use crate::http::request::{Keep, Method, Request, RequestName};
use crate::http::transport::{Response, Transport, TransportError};
use crate::judging::answer::Answer;
use crate::judging::check::CheckFailure;
use crate::measure::sample::reason_phrase;
use crate::plan::place::{NoRequest, Place};
use crate::plan::{Plan, Shape};
use crate::rng::Rng;
use crate::running::course::{Memory, UserScope, UserView, World};
use crate::running::judge::{answer, bad_status};
use crate::running::program::ReadyRequest;
use crate::template::UnknownVariable;
use crate::time::Clock;

pub use self::excerpt::Excerpt;

/// Sends the request at `place`, and before it those that extract what it needs: of the `on_start`
/// of its class and of the sets around it, and of the steps before it in its own task. Waits are
/// left out, and so are the tags of the plan: any request can be tried.
///
/// It is user 0 who sends, in its first task.
///
/// # Errors
///
/// Fails if no request is at `place`.
pub async fn try_step(
    plan: &Plan,
    place: &Place,
    setting: TrialSetting<'_>,
    transport: &impl Transport,
    clock: &impl Clock,
) -> Result<Trial, NoRequest> {
    let needs = Needs::new(plan, place, setting.csv)?;
    let mut attempt = Attempt {
        setting,
        is_open: matches!(plan.load.shape, Shape::Arrivals(_)),
        memory: Memory::default(),
        rng: Rng::new(setting.seed, 0),
        transport,
        session: Default::default(),
        clock,
        needs: &needs,
    };
    let mut requests = Vec::new();
    for nth in needs.chosen() {
        requests.push(attempt.send(nth).await);
    }
    Ok(Trial { requests })
}

/// What a trial depends on besides its plan.
#[derive(Clone, Copy)]
pub struct TrialSetting<'a> {
    /// The number all randomness comes from.
    pub seed: u64,
    /// The time of day at zero of the clock, since 1970 in UTC. For templates only.
    pub started: Duration,
    /// Reads a CSV file that the plan names. One that cannot be read is said where it is used.
    pub csv: &'a dyn Fn(&str) -> Result<String, String>,
}

/// What came of trying a request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trial {
    /// In the order in which they were sent. The last is the one that was to be tried, and the
    /// others are those whose variables it needs.
    pub requests: Vec<Tried>,
}

/// A request that was sent, or should have been.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tried {
    /// Where it is in the plan.
    pub place: Place,
    /// The row of the statistics; if a placeholder in it has no value, as the plan has it.
    pub name: RequestName,
    /// What came of it. `Err` is the exception of a template that could not be filled, for which
    /// nothing was sent.
    pub exchange: Result<Exchange, String>,
}

/// A request that was sent, and what came back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Exchange {
    /// What was sent.
    pub sent: Sent,
    /// What came back. `Err` says in words why nothing did.
    pub received: Result<Received, String>,
    /// From sending to the last byte of the answer, or to the error.
    pub response_time: Duration,
    /// What each check says, in the order of the plan. The rule for the status, where no check is
    /// about it, comes first.
    pub checks: Vec<Checked>,
    /// What each extract found, in the order of the plan.
    pub extracts: Vec<Extracted>,
}

/// A request as it was sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sent {
    /// The method.
    pub method: Method,
    /// The whole URL; for the simulated API, the path alone.
    pub url: String,
    /// Header names in lower case, and their values. Hosts add more of their own.
    pub headers: Vec<(String, String)>,
    /// `None` if there was none.
    pub body: Option<Excerpt>,
}

/// An answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Received {
    /// The HTTP status code.
    pub status: u16,
    /// The usual words for it; `None` if there are none.
    pub reason: Option<String>,
    /// Header names in lower case, and their values, as far as the host may read them.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there was none.
    pub body: Excerpt,
}

/// A check, and what it says of the answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Checked {
    /// What it asks for, with its placeholders as the plan has them.
    pub text: String,
    /// Whether the plan does not name it: the rule that 400 and above is a failure.
    pub is_implied: bool,
    /// What it says.
    pub verdict: Verdict,
}

/// What a check says of an answer. Unlike in a run, one that fails does not keep the others from
/// being looked at.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Verdict {
    /// It could not be judged, which is an exception of the task; for this reason.
    Exception(String),
    /// The answer is not what it asks for; in its words.
    Failed(String),
    /// No answer came.
    NotJudged,
    /// The answer is what it asks for.
    Passed,
}

/// An extract, and what it found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Extracted {
    /// The variable.
    pub variable: String,
    /// The value as JSON. `Err` says what was not found, which is an exception of the task.
    pub found: Result<String, String>,
}

/// User 0, who sends the requests.
struct Attempt<'a, T: Transport, C> {
    setting: TrialSetting<'a>,
    is_open: bool,
    memory: Memory,
    rng: Rng,
    transport: &'a T,
    session: T::Session,
    clock: &'a C,
    needs: &'a Needs<'a>,
}

impl<'a, T: Transport, C: Clock> Attempt<'a, T, C> {
    async fn send(&mut self, nth: usize) -> Tried {
        let ReadyStop { place, request } = self.needs.stop(nth);
        let place = place.clone();
        let (name, to_send) = match self.fill(request) {
            Ok(filled) => filled,
            Err(error) => {
                return Tried {
                    place,
                    name: request.written_name(),
                    exchange: Err(self.needs.why(&error, nth)),
                };
            }
        };
        let sent = self.clock.now();
        let result = self.answer_to(&to_send, request.timeout).await;
        let response_time = self.clock.now().since(sent);
        Tried {
            place,
            name,
            exchange: Ok(Exchange {
                sent: Sent::new(&to_send),
                checks: self.judge(nth, &result, response_time),
                extracts: self.extract(request, &answer(&result)),
                received: match &result {
                    Ok(response) => Ok(Received::new(response)),
                    Err(error) => Err(error.to_string()),
                },
                response_time,
            }),
        }
    }

    fn fill(&mut self, request: &ReadyRequest) -> Result<(RequestName, Request), UnknownVariable> {
        let scope = &mut self.scope();
        let filled = Arc::unwrap_or_clone(request.request(scope)?);
        // All that may be looked at, and not only what the checks look at.
        let keep = Keep::Body;
        Ok((request.name(scope)?, Request { keep, ..filled }))
    }

    async fn answer_to(
        &self,
        request: &Request,
        timeout: Duration,
    ) -> Result<Response, TransportError> {
        let deadline = self.clock.sleep_until(self.clock.now() + timeout);
        match select(
            pin!(self.transport.send(&self.session, request)),
            pin!(deadline),
        )
        .await
        {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(TransportError::Timeout),
        }
    }

    fn judge(
        &mut self,
        nth: usize,
        result: &Result<Response, TransportError>,
        response_time: Duration,
    ) -> Vec<Checked> {
        let needs = self.needs;
        let request = &needs.stop(nth).request;
        let answer = answer(result);
        let implied = request.judges_status.then(|| Checked::implied(result));
        let checks = request.checks.iter().map(|check| Checked {
            text: check.to_string(),
            is_implied: false,
            verdict: if result.is_ok() {
                let judged = check.judge(&answer, response_time, &mut self.scope());
                Verdict::new(judged, |error| needs.why(error, nth))
            } else {
                Verdict::NotJudged
            },
        });
        implied.into_iter().chain(checks).collect()
    }

    fn extract(&mut self, request: &ReadyRequest, answer: &Answer<'_>) -> Vec<Extracted> {
        let mut extracts = Vec::new();
        for extract in &request.extracts {
            let found = extract.find(answer);
            extracts.push(Extracted {
                variable: extract.variable.clone(),
                found: match &found {
                    Ok(value) => Ok(value.to_string()),
                    Err(missing) => Err(match &missing.place {
                        Some(place) => format!("{missing}; {place}"),
                        None => missing.to_string(),
                    }),
                },
            });
            if let Ok(value) = found {
                self.memory.set_variable(&extract.variable, value);
            }
        }
        extracts
    }

    fn scope(&mut self) -> UserScope<'_> {
        let world = World {
            data: &self.needs.data,
            seed: self.setting.seed,
            unix_time: self.setting.started + self.clock.now().to_duration(),
            is_open: self.is_open,
        };
        self.memory.scope(UserView {
            index: 0,
            arrival_idx: 0,
            rng: &mut self.rng,
            world,
        })
    }
}

impl Sent {
    fn new(request: &Request) -> Self {
        let body = request.body.as_deref();
        Self {
            method: request.method,
            url: request.url.to_string(),
            headers: request.headers.to_vec(),
            body: body.map(|it| Excerpt::new(it, it.len() as u64)),
        }
    }
}

impl Received {
    fn new(response: &Response) -> Self {
        let kept = response.kept.as_deref();
        Self {
            status: response.status,
            reason: reason_phrase(response.status).map(str::to_owned),
            headers: kept.map_or_else(Vec::new, |it| it.headers.clone()),
            body: Excerpt::of_answer(kept, response.body_bytes),
        }
    }
}

impl Checked {
    /// The rule for answers whose status no check is about.
    fn implied(result: &Result<Response, TransportError>) -> Self {
        Self {
            text: "status below 400".to_owned(),
            is_implied: true,
            verdict: match result {
                Ok(response) => match bad_status(response) {
                    Some(failure) => Verdict::Failed(failure.to_string()),
                    None => Verdict::Passed,
                },
                Err(_) => Verdict::NotJudged,
            },
        }
    }
}

impl Verdict {
    fn new(judged: Result<(), CheckFailure>, why: impl FnOnce(&UnknownVariable) -> String) -> Self {
        match judged {
            Ok(()) => Self::Passed,
            Err(CheckFailure::Exception(error)) => Self::Exception(why(&error)),
            Err(CheckFailure::Failure(fault)) => Self::Failed(fault.to_string()),
        }
    }
}
