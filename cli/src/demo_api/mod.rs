//! An API to practise on. It counts what it answers, so that a load test can be checked against it.
//! What it answers is in [`mayfly_core::simulate`], where the simulated API asks too; here are the
//! paths that need time or a count.

mod counts;
mod service_times;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::serve::Listener;
use axum::{Json, Router};
use futures::FutureExt as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use mayfly_core::simulate::{Answer, Demo, Incoming};
use tokio::net::TcpListener;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

pub use self::counts::{Answered, Counts};
use self::service_times::ServiceTimes;
pub use self::service_times::{Service, Stall};

/// An API to practise on. Its clones share their counts and their carts.
#[derive(Clone, Debug, Default)]
pub struct DemoApi {
    counts: Arc<Counts>,
    demo: Arc<Mutex<Demo>>,
    n_flaky: Arc<AtomicU64>,
    service_times: Option<Arc<ServiceTimes>>,
}

impl DemoApi {
    /// The longest that an answer can be told to take.
    pub const MAX_DELAY: Duration = Duration::from_secs(60);

    /// How long a browser may keep the answer to a preflight: what Chromium allows at most.
    const MAX_AGE: Duration = Duration::from_secs(7200);

    /// One whose answers take known times, and which records what they took. Without times nothing changes.
    pub fn with_service(service: Service) -> Self {
        Self {
            service_times: ServiceTimes::new(service).map(Arc::new),
            ..Self::default()
        }
    }

    /// How long a client may take for the head of a request, and be silent before the next one.
    const HEAD_LIMIT: Duration = Duration::from_secs(60);

    /// Serves on `listener` until the process ends.
    pub async fn serve(self, listener: TcpListener) {
        self.serve_within(Self::HEAD_LIMIT, listener).await;
    }

    /// As [`serve`](Self::serve), with another limit. Clients that begin many requests and finish none would
    /// else be there for good.
    async fn serve_within(self, head_limit: Duration, mut listener: TcpListener) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(head_limit);
        let router = TowerToHyperService::new(self.router());
        loop {
            let (stream, _) = Listener::accept(&mut listener).await;
            let connection = http.serve_connection(TokioIo::new(stream), router.clone());
            // What becomes of one client is its own affair.
            tokio::spawn(connection.map(drop));
        }
    }

    /// What was answered so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The routes of the API. Preflights, `/__counts` and `/__service_times` are not counted.
    pub fn router(&self) -> Router {
        let cors = CorsLayer::new()
            .allow_origin(Any)
            .allow_methods(Any)
            // By its specification `*` would not allow `authorization`.
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(Any)
            .max_age(Self::MAX_AGE);
        let timing = SetResponseHeaderLayer::overriding(
            HeaderName::from_static("timing-allow-origin"),
            HeaderValue::from_static("*"),
        );
        Router::new()
            .route("/delay/{millis}", any(delay))
            .route("/flaky/{percent}", any(flaky))
            .fallback(demo)
            .layer(middleware::from_fn_with_state(self.clone(), count))
            .route("/__counts", get(read_counts).delete(reset_counts))
            .route("/__service_times", get(read_times).delete(reset_times))
            .layer(cors)
            .layer(timing)
            .with_state(self.clone())
    }
}

/// Counts the answer to a request. An answer that nobody waits for any more is not counted.
async fn count(State(api): State<DemoApi>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = next.run(request);
    let response = match &api.service_times {
        Some(times) => times.take(answer).await,
        None => answer.await,
    };
    api.counts.add(&method, &path, response.status());
    response
}

async fn demo(
    State(api): State<DemoApi>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(method) = method.as_str().parse() else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    let headers = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    let request = Incoming {
        method,
        url: uri.path_and_query().map_or("/", |it| it.as_str()),
        headers: &headers.collect::<Vec<_>>(),
        body: &body,
    };
    // A panic elsewhere would have left a cart without an item at worst.
    let mut demo = api.demo.lock().unwrap_or_else(PoisonError::into_inner);
    into_response(demo.answer(&request))
}

fn into_response(answer: Answer) -> Response {
    let status =
        StatusCode::from_u16(answer.status).expect("the demo API has statuses from 200 on");
    let mut response = (status, Body::from(answer.body)).into_response();
    let headers = response.headers_mut();
    if let Some(content_type) = answer.content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(location) = answer.location {
        let location = HeaderValue::try_from(location).expect("paths of the demo API are ASCII");
        headers.insert(header::LOCATION, location);
    }
    response
}

async fn delay(Path(millis): Path<String>) -> Response {
    let delay = millis.parse().map(Duration::from_millis);
    match delay {
        Ok(delay) if delay <= DemoApi::MAX_DELAY => {
            tokio::time::sleep(delay).await;
            "Hello World".into_response()
        }
        _ => bad_request("expected milliseconds from 0 to 60000"),
    }
}

/// Fails evenly and not by chance: of a hundred requests in a row with the same percentage, as many
/// as asked for.
async fn flaky(State(api): State<DemoApi>, Path(percent): Path<String>) -> Response {
    let Some(percent) = percent.parse::<u64>().ok().filter(|&it| it <= 100) else {
        return bad_request("expected a percentage from 0 to 100");
    };
    let nth = api.n_flaky.fetch_add(1, Ordering::Relaxed);
    let failed_by = |n: u64| n * percent / 100;
    if failed_by(nth) < failed_by(nth + 1) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "flaky").into_response();
    }
    "ok".into_response()
}

fn bad_request(expected: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, expected).into_response()
}

async fn read_counts(State(api): State<DemoApi>) -> Json<Answered> {
    Json(api.counts.answered())
}

async fn reset_counts(State(api): State<DemoApi>) -> StatusCode {
    api.counts.reset();
    StatusCode::NO_CONTENT
}

async fn read_times(State(api): State<DemoApi>) -> Response {
    match &api.service_times {
        Some(times) => Json(times.measured()).into_response(),
        None => NO_TIMES.into_response(),
    }
}

async fn reset_times(State(api): State<DemoApi>) -> Response {
    match &api.service_times {
        Some(times) => {
            times.reset();
            StatusCode::NO_CONTENT.into_response()
        }
        None => NO_TIMES.into_response(),
    }
}

const NO_TIMES: (StatusCode, &str) = (
    StatusCode::NOT_FOUND,
    "nothing is recorded; start the demo API with --service-times",
);

#[cfg(test)]
mod tests;
