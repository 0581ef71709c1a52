//! An API to practise on. It counts what it answers, so that a load test can be checked against it.
//! The simulated API in `mayfly-core` answers the same paths.

mod counts;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use tokio::net::TcpListener;
use tower_http::cors::{Any, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

pub use self::counts::{Answered, Counts};

/// An API to practise on. Its clones share their counts.
#[derive(Clone, Debug, Default)]
pub struct DemoApi {
    counts: Arc<Counts>,
    n_flaky: Arc<AtomicU64>,
}

impl DemoApi {
    /// The longest answer of `/delay/{ms}`.
    const MAX_DELAY: Duration = Duration::from_secs(60);

    /// How long a browser may keep the answer to a preflight: what Chromium allows at most.
    const MAX_AGE: Duration = Duration::from_secs(7200);

    /// Serves on `listener` until the process ends.
    ///
    /// # Errors
    ///
    /// Fails if the listener does.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    /// What was answered so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The routes of the API. Preflights and `/__counts` are not counted.
    pub fn router(&self) -> Router {
        let cors = CorsLayer::new()
            .allow_origin(Any)
            .allow_methods(Any)
            .allow_headers(Any)
            .max_age(Self::MAX_AGE);
        let timing = SetResponseHeaderLayer::overriding(
            HeaderName::from_static("timing-allow-origin"),
            HeaderValue::from_static("*"),
        );
        Router::new()
            .route("/", get(|| async { "Hello World" }))
            .route("/cube", get(|| async { Json(powers(3)) }))
            .route("/square", get(|| async { Json(powers(2)) }))
            .route("/delay/{millis}", any(delay))
            .route("/status/{code}", any(status))
            .route("/flaky/{percent}", any(flaky))
            .route("/echo", post(|body: Bytes| async { body }))
            .fallback(|| async { (StatusCode::NOT_FOUND, "no such path") })
            .layer(middleware::from_fn_with_state(self.clone(), count))
            .route("/__counts", get(read_counts).delete(reset_counts))
            .layer(cors)
            .layer(timing)
            .with_state(self.clone())
    }
}

/// Counts the answer to a request. An answer that nobody waits for any more is not counted.
async fn count(State(api): State<DemoApi>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    api.counts.add(&method, &path, response.status());
    response
}

fn powers(exponent: u32) -> Vec<u64> {
    (0..=1000_u64).map(|it| it.pow(exponent)).collect()
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

async fn status(Path(code): Path<String>) -> Response {
    match code
        .parse()
        .ok()
        .and_then(|it| StatusCode::from_u16(it).ok())
    {
        Some(code) if (200..600).contains(&code.as_u16()) => code.into_response(),
        _ => bad_request("expected a status from 200 to 599"),
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

#[cfg(test)]
mod tests;
