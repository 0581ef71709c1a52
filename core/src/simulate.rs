//! The simulated API: a transport that answers by itself, from a queueing model.
//!
//! It makes an hour of load a deterministic test of milliseconds, and it is what the page runs
//! against where there is no API at hand. It answers the same paths as `mayfly demo-api`.

mod demo;
mod exchange;
mod model;
mod shop;

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::Duration;

pub use self::demo::Demo;
pub use self::exchange::{Answer, Incoming};
pub use self::model::{Model, ServiceTime, Stall};
use self::model::{Queue, UsualTime};
use crate::http::request::{Keep, Method, Request};
use crate::http::transport::{Kept, Response, Transport, TransportError};
use crate::rng::Rng;
use crate::time::{Clock, Elapsed};

/// An API with a few workers, as [`Model`] has it.
///
/// With more load than the workers can bear, requests wait, and response times grow.
pub struct SimulatedApi<C> {
    clock: C,
    service_time: ServiceTime,
    error_rate: f64,
    max_in_flight: usize,
    state: RefCell<State>,
}

struct State {
    rng: Rng,
    queue: Queue,
    demo: Demo,
}

impl<C: Clock> SimulatedApi<C> {
    /// The longest chain of redirects that is followed, as in browsers.
    const MAX_REDIRECTS: usize = 20;

    /// An idle API of four workers, whose service times follow from `seed`.
    pub fn new(clock: C, seed: u64) -> Self {
        Self::with_model(clock, seed, Model::default())
    }

    /// An idle API whose service times and errors follow from `seed`.
    pub fn with_model(clock: C, seed: u64, model: Model) -> Self {
        let state = State {
            // A stream that no user has: their indices are below 2^32.
            rng: Rng::new(seed, u64::MAX),
            queue: Queue::new(model.workers, &model.stalls),
            demo: Demo::default(),
        };
        Self {
            clock,
            service_time: model.service_time,
            error_rate: model.error_rate,
            max_in_flight: model.max_in_flight.max(1),
            state: state.into(),
        }
    }

    /// When the answer to a request of now is there, and what it is.
    fn answer(&self, request: &Request) -> (Elapsed, Answer) {
        let State { rng, queue, demo } = &mut *self.state.borrow_mut();
        let request = Incoming {
            method: request.method,
            url: &request.url,
            headers: &request.headers,
            body: request.body.as_deref().unwrap_or_default(),
        };
        // Nothing is drawn where nothing is by chance, so that older runs stay as they were.
        let is_error = 0.0 < self.error_rate && rng.unit() < self.error_rate;
        let answer = if is_error {
            Answer::text(500, "simulated error")
        } else {
            answer(&request, demo, rng)
        };
        let usual = usual_time(&request, answer.status);
        let work = self.service_time.draw(rng, usual);
        (queue.add(self.clock.now(), work), answer)
    }
}

impl<C: Clock> Transport for SimulatedApi<C> {
    type Session = ();

    fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    async fn send(&self, _: &(), request: &Request) -> Result<Response, TransportError> {
        let mut request = Cow::Borrowed(request);
        for _ in 0..=Self::MAX_REDIRECTS {
            let (done, answer) = self.answer(&request);
            self.clock.sleep_until(done).await;
            match &answer.location {
                Some(location) if request.follow_redirects => {
                    request.to_mut().url = location.as_str().into();
                }
                _ => return Ok(response(&answer, request.keep)),
            }
        }
        Err(TransportError::TooManyRedirects)
    }
}

/// The answer of the demo API, and of the paths that are by chance.
fn answer(request: &Incoming<'_>, demo: &mut Demo, rng: &mut Rng) -> Answer {
    let mut parts = request.segments();
    let mut answer = match (parts.next(), parts.next(), parts.next()) {
        (Some("delay"), Some(millis), None) => match delay(millis) {
            Some(_) => Answer::text(200, "Hello World"),
            None => Answer::text(400, "expected milliseconds from 0 to 60000"),
        },
        (Some("flaky"), Some(percent), None) => match percent.parse::<u8>() {
            Ok(percent @ 0..=100) if rng.below(100) < u64::from(percent) => Answer::empty(500),
            Ok(0..=100) => Answer::text(200, "ok"),
            _ => Answer::text(400, "expected a percentage from 0 to 100"),
        },
        _ => demo.answer(request),
    };
    if request.method == Method::Head {
        answer.body = Cow::Borrowed(&[]);
    }
    answer
}

/// The longest is a minute.
fn delay(millis: &str) -> Option<Duration> {
    let millis = millis.parse().ok().filter(|&it| it <= 60_000);
    millis.map(Duration::from_millis)
}

/// How long a path takes. What is refused is refused quickly.
fn usual_time(request: &Incoming<'_>, status: u16) -> UsualTime {
    let mut parts = request.segments();
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let millis = match (first, status) {
        ("delay", 200) => {
            return UsualTime {
                median: second.and_then(delay).unwrap_or_default(),
                spread: 0.0,
            };
        }
        ("status", _) => 8,
        (_, 400..=499) => 5,
        ("", _) => 12,
        ("cart" | "flaky", _) => 20,
        ("cube", _) => 45,
        ("items", _) => 30,
        // Checking a password takes its time.
        ("login", _) => 60,
        ("square", _) => 25,
        ("headers" | "logout" | "redirect", _) => 8,
        // Such as `/echo`, `/form` and `/item/{id}`.
        _ => 15,
    };
    UsualTime {
        median: Duration::from_millis(millis),
        spread: 0.4,
    }
}

fn response(answer: &Answer, keep: Keep) -> Response {
    let kept = keep.limit(answer.status).map(|limit| {
        let headers = answer.headers();
        let length = limit.min(answer.body.len());
        Kept {
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: answer.body[..length].to_vec(),
            text: None,
        }
    });
    Response {
        status: answer.status,
        body_bytes: answer.body.len() as u64,
        phases: None,
        kept: kept.map(Box::new),
    }
}

#[cfg(test)]
mod tests;
