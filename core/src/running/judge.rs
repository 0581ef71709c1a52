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
    pub(crate) failure: Option<Box<Failed>>,
    /// What was extracted, by variable.
    pub(crate) values: Vec<(String, Value)>,
    /// Why the task cannot go on.
    pub(crate) exception: Option<String>,
}

/// Why a request counts as failed. Boxed, because most do not.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) failure: Failure,
    /// What was found in place of what a check wants.
    pub(crate) found: Option<String>,
}

impl Failed {
    #[cold]
    fn boxed(failure: Failure, found: Option<String>) -> Box<Self> {
        Box::new(Self { failure, found })
    }
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
            Ok(response) if request.judges_status => {
                bad_status(response).map(|it| Failed::boxed(it, None))
            }
            Ok(_) => None,
            Err(error) => Some(Failed::boxed(Failure::Transport(*error), None)),
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
            Err(CheckFailure::Failure(fault)) => {
                let failure = Failure::Check((*fault.message).into());
                judgment.failure = Some(Failed::boxed(failure, fault.found));
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
        phases: None,
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
    pub(crate) fn new(
        request: &Request,
        user: u32,
        response: Option<&Response>,
        found: Option<String>,
    ) -> Self {
        let mut evidence = Self {
            url: request.url.to_string(),
            preflighted: request.preflighted(),
            user,
            status: response.map(|it| it.status),
            found,
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
            evidence.body = match &kept.text {
                Some(Ok(text)) => text[..text.floor_char_boundary(Keep::SAMPLE_BYTES)].to_owned(),
                _ => {
                    let end = kept.body.len().min(Keep::SAMPLE_BYTES);
                    String::from_utf8_lossy(&kept.body[..end]).into_owned()
                }
            };
        }
        evidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Method;
    use crate::http::transport::Kept;

    #[test]
    fn a_session_is_hidden_in_samples() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let response = Response {
            status: 500,
            body_bytes: 0,
            phases: None,
            kept: Some(Box::new(Kept {
                headers: vec![
                    header("set-cookie", "session=secret"),
                    header("server", "a"),
                ],
                ..Kept::default()
            })),
        };
        let evidence = Evidence::new(
            &Request::new(Method::Get, "http://a.test/"),
            0,
            Some(&response),
            None,
        );
        let expected = [header("set-cookie", "(hidden)"), header("server", "a")];
        assert_eq!(evidence.headers, expected);
    }
}
