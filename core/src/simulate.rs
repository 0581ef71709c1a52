//! The simulated API: a transport that answers by itself, from a queueing model.
//!
//! It makes an hour of load a deterministic test of milliseconds, and it is what the page runs
//! against where there is no API at hand. It answers the same paths as `mayfly demo-api`.

use std::cell::RefCell;
use std::time::Duration;

use crate::request::{Method, Request};
use crate::rng::Rng;
use crate::time::{Clock, Elapsed};
use crate::transport::{Response, Transport, TransportError};

/// An API with a few workers, each of which answers one request at a time.
///
/// A request takes the worker that is free first. How long the worker needs is drawn from a
/// log-normal distribution around the usual time of the path, so a few answers are slow, as they are
/// in life. With more load than the workers can bear, requests wait, and response times grow.
pub struct SimulatedApi<C> {
    clock: C,
    state: RefCell<State>,
}

struct State {
    rng: Rng,
    // When each worker is free. Never empty.
    workers: Vec<Elapsed>,
}

impl<C: Clock> SimulatedApi<C> {
    /// How many requests it answers at once; fewer than a browser sends, so that they can queue.
    pub const WORKERS: usize = 4;

    /// An idle API whose service times follow from `seed`.
    pub fn new(clock: C, seed: u64) -> Self {
        // A stream that no user has: their indices are below 2^32.
        let rng = Rng::new(seed, u64::MAX);
        let workers = vec![Elapsed::ZERO; Self::WORKERS];
        Self {
            clock,
            state: RefCell::new(State { rng, workers }),
        }
    }

    /// When the answer to a request of now is there, and what it is.
    fn answer(&self, request: &Request) -> (Elapsed, Response) {
        let State { rng, workers } = &mut *self.state.borrow_mut();
        let Answer {
            usual_time,
            spread,
            response,
        } = route(request, rng);
        let worker = workers
            .iter_mut()
            .min()
            .expect("never empty: filled in `new`");
        let done = (*worker).max(self.clock.now()) + log_normal(rng, usual_time, spread);
        *worker = done;
        (done, response)
    }
}

impl<C: Clock> Transport for SimulatedApi<C> {
    /// As many as a browser opens to one host.
    fn max_in_flight(&self) -> usize {
        6
    }

    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let (done, response) = self.answer(request);
        self.clock.sleep_until(done).await;
        Ok(response)
    }
}

struct Answer {
    // The median.
    usual_time: Duration,
    // Standard deviation of the logarithm; zero for no spread.
    spread: f64,
    response: Response,
}

fn route(request: &Request, rng: &mut Rng) -> Answer {
    let answer = |millis, status, body_bytes| Answer {
        usual_time: Duration::from_millis(millis),
        spread: 0.4,
        response: Response {
            status,
            body_bytes,
            kept: None,
        },
    };
    let path = request.url.split('?').next().unwrap_or_default();
    let mut parts = path.trim_start_matches('/').split('/');
    // HEAD is GET without a body.
    let is_head = request.method == Method::Head;
    let method = if is_head { Method::Get } else { request.method };
    let mut answer = match (method, parts.next(), parts.next(), parts.next()) {
        (Method::Get, Some(""), None, None) => answer(12, 200, 11),
        (Method::Get, Some("cube"), None, None) => answer(45, 200, 9_144),
        (Method::Get, Some("square"), None, None) => answer(25, 200, 6_546),
        (Method::Post, Some("echo"), None, None) => answer(15, 200, 0),
        (_, Some("delay"), Some(millis), None) => match millis.parse() {
            Ok(millis @ 0..=60_000) => Answer {
                spread: 0.0,
                ..answer(millis, 200, 11)
            },
            _ => answer(5, 400, 0),
        },
        (_, Some("status"), Some(status), None) => match status.parse() {
            Ok(status @ 200..=599) => answer(8, status, 0),
            _ => answer(5, 400, 0),
        },
        (_, Some("flaky"), Some(percent), None) => match percent.parse::<u8>() {
            Ok(percent @ 0..=100) if rng.below(100) < u64::from(percent) => answer(20, 500, 0),
            Ok(0..=100) => answer(20, 200, 2),
            _ => answer(5, 400, 0),
        },
        (_, Some("" | "cube" | "square" | "echo"), None, None) => answer(5, 405, 0),
        _ => answer(5, 404, 0),
    };
    if is_head {
        answer.response.body_bytes = 0;
    }
    answer
}

/// A time from the log-normal distribution with this median, by the method of Box and Muller.
///
/// The functions are those of libm, which give the same bits on every target.
fn log_normal(rng: &mut Rng, median: Duration, spread: f64) -> Duration {
    if spread == 0.0 {
        return median;
    }
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - rng.unit()));
    let normal = radius * libm::cos(std::f64::consts::TAU * rng.unit());
    // `normal` is below 9: `unit` has 53 bits.
    median.mul_f64(libm::exp(spread * normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, url: &str, expected: u16) {
        let request = Request::new(method, url);
        assert_eq!(
            route(&request, &mut Rng::new(1, 0)).response.status,
            expected,
            "{url}"
        );
    }

    #[test]
    fn paths_answer_as_those_of_the_demo_api() {
        check(Method::Get, "/", 200);
        check(Method::Get, "/cube?n=3", 200);
        check(Method::Post, "/cube", 405);
        check(Method::Get, "/square", 200);
        check(Method::Post, "/echo", 200);
        check(Method::Get, "/delay/250", 200);
        check(Method::Get, "/delay/soon", 400);
        check(Method::Get, "/delay/60001", 400);
        check(Method::Head, "/cube", 200);
        check(Method::Put, "/status/418", 418);
        check(Method::Get, "/status/99", 400);
        check(Method::Get, "/flaky/0", 200);
        check(Method::Get, "/flaky/100", 500);
        check(Method::Get, "/flaky/101", 400);
        check(Method::Get, "/nowhere", 404);
        check(Method::Get, "/cube/3", 404);
    }

    #[test]
    fn half_of_the_service_times_are_below_the_usual_one() {
        let mut rng = Rng::new(1, 0);
        let median = Duration::from_millis(100);
        let below = (0..10_000)
            .filter(|_| log_normal(&mut rng, median, 0.4) < median)
            .count();
        // Five standard deviations of a fair coin.
        assert!((4_750..5_250).contains(&below), "{below}");
    }
}
