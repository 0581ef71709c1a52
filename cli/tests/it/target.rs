//! A target that keeps a record of its own.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use mayfly::demo_api::DemoApi;
use tokio::net::TcpListener;

/// A target that keeps a record of its own. It lives as long as the tests.
pub(crate) struct Target {
    pub(crate) url: String,
    arrivals: Arc<Arrivals>,
}

/// When requests came, by path.
#[derive(Default)]
struct Arrivals(Mutex<BTreeMap<String, Vec<Instant>>>);

impl Target {
    /// Answers every path at once, but for a pause of `stall` that begins `at` after the first
    /// request.
    pub(crate) fn start(at: Duration, stall: Duration) -> Self {
        let arrivals = Arc::new(Arrivals::default());
        let answer = move |State(arrivals): State<Arc<Arrivals>>, request: Request| async move {
            let now = Instant::now();
            let first = arrivals.add(request.uri().path(), now);
            let (start, end) = (first + at, first + at + stall);
            if start <= now && now < end {
                tokio::time::sleep_until(end.into()).await;
            }
            StatusCode::OK
        };
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&arrivals));
        Self {
            url: serve(router),
            arrivals,
        }
    }

    /// Answers every path at once.
    pub(crate) fn quick() -> Self {
        Self::start(Duration::ZERO, Duration::ZERO)
    }

    /// When requests came, by path.
    pub(crate) fn arrivals(&self) -> BTreeMap<String, Vec<Instant>> {
        self.arrivals.0.lock().unwrap().clone()
    }

    /// How many requests came.
    pub(crate) fn n_requests(&self) -> u64 {
        self.arrivals().values().map(|it| it.len() as u64).sum()
    }
}

impl Arrivals {
    /// When the first of all came.
    fn add(&self, path: &str, now: Instant) -> Instant {
        let mut arrivals = self.0.lock().unwrap();
        arrivals.entry(path.to_owned()).or_default().push(now);
        let firsts = arrivals.values().filter_map(|it| it.first());
        firsts.min().copied().unwrap()
    }
}

/// A target that keeps what it is asked. It lives as long as the tests.
pub(crate) struct Recorder {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let record = move |State(requests): State<Arc<Mutex<Vec<String>>>>, request: Request| async move {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let header = |name: &str| {
                let value = head.headers.get(name);
                value.map_or("", |it| it.to_str().unwrap()).to_owned()
            };
            // Spaces between its parts mean nothing.
            let body = match serde_json::from_slice::<serde_json::Value>(&body) {
                Ok(json) => json.to_string(),
                Err(_) => String::from_utf8(body.into()).unwrap(),
            };
            let request = [
                head.method.to_string(),
                head.uri.to_string(),
                header("content-type"),
                header("x-a"),
                body,
            ];
            requests.lock().unwrap().push(request.join(" "));
        };
        let router = Router::new()
            .fallback(record)
            .with_state(Arc::clone(&requests));
        Self {
            url: serve(router),
            requests,
        }
    }

    /// Method, address, content type, the header `X-A` and body of each.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Serves the demo API, and returns its URL and its counts.
pub(crate) fn demo_api() -> (String, DemoApi) {
    let api = DemoApi::default();
    (serve(api.router()), api)
}

/// Serves on a thread of its own until the tests end.
pub(crate) fn serve(router: Router) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    format!("http://{}", receiver.recv().unwrap())
}
