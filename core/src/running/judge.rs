//! What an answer means to the step that asked for it: whether it is a failure, and what is kept of
//! it.

use std::time::Duration;

use serde_json::Value;

use crate::http::request::{Keep, Request};
use crate::http::transport::{Response, TransportError};
use crate::judging::answer::Answer;
use crate::judging::check::CheckFailure;
use crate::measure::sample::{Evidence, Failure};
use crate::running::program::ReadyRequest;
use crate::template::Scope;

/// What an answer means.
#[derive(Debug, Default)]
pub(crate) struct Judgment {
    /// The first thing that is wrong with it.
    pub(crate) failure: Option<Failure>,
    /// What was extracted, by variable.
    pub(crate) values: Vec<(String, Value)>,
    /// Why the task cannot go on.
    pub(crate) exception: Option<String>,
}

/// Judges what came of a request.
pub(crate) fn judge(
    request: &ReadyRequest,
    result: &Result<Response, TransportError>,
    response_time: Duration,
    scope: &mut dyn Scope,
) -> Judgment {
    let mut judgment = Judgment {
        failure: match result {
            Ok(response) if request.judges_status => bad_status(response),
            Ok(_) => None,
            Err(error) => Some(Failure::Transport(*error)),
        },
        ..Judgment::default()
    };
    let answer = answer(result);
    for check in &request.checks {
        if judgment.failure.is_some() {
            break;
        }
        match check.judge(&answer, response_time, scope) {
            Ok(()) => {}
            Err(CheckFailure::Failure(message)) => {
                judgment.failure = Some(Failure::Check((*message).into()));
            }
            Err(CheckFailure::Exception(error)) => judgment.exception = Some(error.to_string()),
        }
    }
    for extract in &request.extracts {
        match extract.find(&answer) {
            Ok(value) => judgment.values.push((extract.variable.clone(), value)),
            Err(missing) => {
                judgment
                    .exception
                    .get_or_insert_with(|| missing.to_string());
            }
        }
    }
    judgment
}

/// What there is for checks and extracts to read; without an answer, an empty one.
pub(crate) fn answer(result: &Result<Response, TransportError>) -> Answer<'_> {
    static NOTHING: Response = Response {
        status: 0,
        body_bytes: 0,
        kept: None,
    };
    Answer::new(result.as_ref().unwrap_or(&NOTHING))
}

/// What is wrong with an answer whose status no check is about.
pub(crate) fn bad_status(response: &Response) -> Option<Failure> {
    (400 <= response.status).then_some(Failure::Status(response.status))
}

impl Evidence {
    /// What is shown of a failed request of user `user`.
    pub(crate) fn new(request: &Request, user: u32, response: Option<&Response>) -> Self {
        let mut evidence = Self {
            url: request.url.to_string(),
            preflighted: request.preflighted(),
            user,
            status: response.map(|it| it.status),
            ..Self::default()
        };
        if let Some(kept) = response.and_then(|it| it.kept.as_deref()) {
            let headers = kept.headers.iter();
            evidence.headers = headers
                .map(|(name, value)| {
                    // A session belongs to nobody who reads a report.
                    let value = if name == "set-cookie" {
                        "(hidden)"
                    } else {
                        value
                    };
                    (name.clone(), value.to_owned())
                })
                .collect();
            let end = kept.body.len().min(Keep::SAMPLE_BYTES);
            evidence.body = String::from_utf8_lossy(&kept.body[..end]).into_owned();
        }
        evidence
    }
}
