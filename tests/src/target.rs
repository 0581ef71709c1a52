//! Targets of load tests, on free ports of this machine.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use mayfly::demo_api::DemoApi;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_http::cors::CorsLayer;

/// Serves `router` until the test ends, and returns its URL, without a slash at the end.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A URL at which nothing answers: a port that only an administrator could open.
pub const CLOSED_PORT: &str = "http://127.0.0.1:1023";

/// A server that answers and does not allow pages to read its answers.
pub async fn without_cors() -> String {
    serve(Router::new().fallback(|| async { "Hello World" })).await
}

/// A server that sends these bytes to whatever it is asked, and closes the connection; without bytes it
/// resets the connection.
pub async fn raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_raw(stream, answer));
        }
    });
    format!("http://{address}")
}

async fn answer_raw(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.readable().await?;
    if answer.is_empty() {
        // A connection that is closed before all was read is reset.
        return Ok(());
    }
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && 0 < stream.read_buf(&mut head).await? {}
    stream.write_all(answer).await?;
    stream.shutdown().await
}

/// The API of `mayfly demo-api`.
pub struct DemoTarget {
    api: DemoApi,
    url: String,
}

/// What a target counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Counted {
    /// Requests answered.
    pub total: u64,
    /// By method and path.
    pub by_request: BTreeMap<String, u64>,
    /// Requests answered with a status of 400 or above.
    pub failed: u64,
}

impl DemoTarget {
    /// Serves the API on a free port.
    pub async fn start() -> Self {
        let api = DemoApi::default();
        Self {
            url: serve(api.router()).await,
            api,
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it answered so far.
    pub fn counted(&self) -> Counted {
        let answered = self.api.counts().answered();
        let failed = answered
            .by_status
            .range(400..)
            .map(|(_, count)| count)
            .sum();
        Counted {
            total: answered.total,
            by_request: answered.by_request,
            failed,
        }
    }
}

/// A target that never answers, and knows how many requests wait for it.
pub struct SlowTarget {
    n_waiting: Arc<AtomicUsize>,
    url: String,
}

impl SlowTarget {
    /// Serves on a free port.
    pub async fn start() -> Self {
        let n_waiting = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&n_waiting);
        let wait = move || async move {
            let _waiting = Waiting::new(counter);
            pending::<()>().await;
        };
        let router = Router::new()
            .route("/", get(wait))
            .layer(CorsLayer::permissive());
        Self {
            n_waiting,
            url: serve(router).await,
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Requests that wait for an answer and have not been given up.
    pub fn n_waiting(&self) -> usize {
        self.n_waiting.load(Ordering::SeqCst)
    }
}

/// Counts a request until it is dropped, which the server does when its connection is closed.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn new(counter: Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::SeqCst);
        Self(counter)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
