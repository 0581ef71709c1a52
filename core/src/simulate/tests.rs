use std::cell::Cell;
use std::future::{Ready, ready};

use futures::FutureExt;

use super::*;

/// A clock that a test sets; nobody has to wait.
#[derive(Default)]
struct SetClock(Cell<Elapsed>);

impl Clock for SetClock {
    fn now(&self) -> Elapsed {
        self.0.get()
    }

    fn sleep_until(&self, at: Elapsed) -> impl Future<Output = ()> + 'static {
        self.0.set(self.0.get().max(at));
        let done: Ready<()> = ready(());
        done
    }
}

fn api(model: Model) -> SimulatedApi<SetClock> {
    SimulatedApi::with_model(SetClock::default(), 1, model)
}

fn send(api: &SimulatedApi<SetClock>, request: &Request) -> Result<Response, TransportError> {
    let sent = api.send(&(), request).now_or_never();
    sent.expect("nothing waits")
}

#[track_caller]
fn check(method: Method, url: &str, expected: u16) {
    let response = send(&api(Model::default()), &Request::new(method, url)).unwrap();
    assert_eq!(response.status, expected, "{method} {url}");
}

#[test]
fn paths_that_are_by_chance_answer_too() {
    check(Method::Get, "/", 200);
    check(Method::Get, "/delay/250", 200);
    check(Method::Get, "/delay/soon", 400);
    check(Method::Get, "/delay/60001", 400);
    check(Method::Get, "/flaky/0", 200);
    check(Method::Get, "/flaky/100", 500);
    check(Method::Get, "/flaky/101", 400);
    check(Method::Get, "/nowhere", 404);
}

#[test]
fn as_much_is_kept_as_the_request_says() {
    let api = api(Model::default());
    for (url, keep, expected) in [
        ("/cube", Keep::OnFailure, None),
        ("/cube", Keep::Start, Some(Keep::SAMPLE_BYTES)),
        ("/cube", Keep::Body, Some(9_144)),
        ("/nowhere", Keep::OnFailure, Some(12)),
    ] {
        let mut request = Request::new(Method::Get, url);
        request.keep = keep;
        let kept = send(&api, &request).unwrap().kept;
        let length = kept.as_ref().map(|it| it.body.len());
        assert_eq!(length, expected, "{url} {keep:?}");
        assert!(kept.is_none_or(|it| it.header("content-type").is_some()));
    }
}

#[test]
fn a_chain_of_redirects_is_one_request_unless_it_is_too_long() {
    let api = api(Model {
        service_time: ServiceTime::Constant(Duration::from_secs(1)),
        ..Model::default()
    });
    let mut request = Request::new(Method::Get, "/redirect/20");
    let expected = Response {
        status: 200,
        body_bytes: 11,
        phases: None,
        kept: None,
    };
    assert_eq!(send(&api, &request), Ok(expected));
    assert_eq!(api.clock.now(), Elapsed::from_secs(21));

    request.url = "/redirect/21".into();
    let too_long = send(&api, &request);
    assert_eq!(too_long, Err(TransportError::TooManyRedirects));
    request.follow_redirects = false;
    assert_eq!(send(&api, &request).unwrap().status, 302);
}

#[test]
fn as_many_requests_fail_as_the_model_says() {
    let n_failed = |error_rate| {
        let api = api(Model {
            error_rate,
            ..Model::default()
        });
        let request = Request::new(Method::Get, "/");
        let statuses = (0..10_000).map(|_| send(&api, &request).unwrap().status);
        statuses.filter(|&it| it == 500).count()
    };
    assert_eq!(n_failed(0.0), 0);
    assert_eq!(n_failed(1.0), 10_000);
    // Five standard deviations.
    let some = n_failed(0.1);
    assert!((850..1_150).contains(&some), "{some}");
}

#[test]
fn a_stall_delays_what_overlaps_it() {
    let api = api(Model {
        workers: 1,
        service_time: ServiceTime::Constant(Duration::from_secs(2)),
        stalls: vec![Stall {
            at: Duration::from_secs(3),
            length: Duration::from_secs(10),
        }],
        ..Model::default()
    });
    let request = Request::new(Method::Get, "/");
    let done = [(); 3].map(|()| api.answer(&request).0.as_secs());
    assert_eq!(done, [2, 14, 16]);
}

#[test]
fn the_same_seed_gives_the_same_answers() {
    let run = |seed| {
        let model = Model {
            service_time: ServiceTime::Exponential {
                mean: Duration::from_millis(10),
            },
            error_rate: 0.5,
            ..Model::default()
        };
        let api = SimulatedApi::with_model(SetClock::default(), seed, model);
        let request = Request::new(Method::Get, "/flaky/50");
        let answers = (0..100).map(|_| api.answer(&request));
        answers.collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_model_can_carry_at_least_one_request() {
    let api = api(Model {
        workers: 0,
        max_in_flight: 0,
        ..Model::default()
    });
    assert_eq!(api.max_in_flight(), 1);
    check(Method::Get, "/", 200);
}
