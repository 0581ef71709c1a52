//! The built page, served as any static host would.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tower_http::services::ServeDir;

use crate::target::serve;

/// A static host with the built page in one of its folders.
#[derive(Clone, Debug)]
pub struct Site {
    url: String,
    is_down: Arc<AtomicBool>,
    lost: Arc<Mutex<Option<&'static str>>>,
    engine_script: Arc<Mutex<&'static str>>,
    held: watch::Sender<Option<&'static str>>,
}

impl Site {
    /// Serves the page at the top.
    pub async fn start() -> Self {
        Self::below("/").await
    }

    /// Serves the page below `path`, which begins and ends with a slash.
    pub async fn below(path: &str) -> Self {
        let files = ServeDir::new(dist());
        let router = match path {
            "/" => Router::new().fallback_service(files),
            path => Router::new().nest_service(path, files),
        };
        Self::serve(router, path).await
    }

    /// Serves a folder of other files.
    pub async fn of(folder: &Path) -> Self {
        let router = Router::new().fallback_service(ServeDir::new(folder));
        Self::serve(router, "/").await
    }

    async fn serve(router: Router, path: &str) -> Self {
        let is_down = Arc::new(AtomicBool::new(false));
        let lost = Arc::new(Mutex::new(None));
        let engine_script = Arc::<Mutex<&str>>::default();
        let held = watch::Sender::new(None::<&str>);
        let guard = {
            let (is_down, lost) = (Arc::clone(&is_down), Arc::clone(&lost));
            let engine_script = Arc::clone(&engine_script);
            let held = held.clone();
            move |request: Request, next: Next| {
                let is_down = is_down.load(Ordering::Relaxed);
                let lost: Option<&str> = *lost.lock().expect(FREE);
                let is_lost = lost.is_some_and(|it| request.uri().path().contains(it));
                let is_engine = request.uri().path().ends_with("/worker.js");
                let before = if is_engine {
                    *engine_script.lock().expect(FREE)
                } else {
                    ""
                };
                let mut held = held.subscribe();
                async move {
                    let path = request.uri().path().to_owned();
                    let is_free = |it: &Option<&str>| it.is_none_or(|it| !path.contains(it));
                    // The other end lives as long as the site.
                    let _ = held.wait_for(is_free).await;
                    if is_down {
                        return StatusCode::SERVICE_UNAVAILABLE.into_response();
                    }
                    if is_lost {
                        return StatusCode::NOT_FOUND.into_response();
                    }
                    with_script(next.run(request).await, before).await
                }
            }
        };
        let url = serve(router.layer(from_fn(guard))).await;
        Self {
            url: format!("{url}{path}"),
            is_down,
            lost,
            engine_script,
            held,
        }
    }

    /// Has the engine of pages that are opened from now on run `script` before its own.
    pub fn run_in_engine(&self, script: &'static str) {
        *self.engine_script.lock().expect(FREE) = script;
    }

    /// Answers 404 for files with `part` in their names from now on; `None` finds them again.
    pub fn lose(&self, part: Option<&'static str>) {
        *self.lost.lock().expect(FREE) = part;
    }

    /// Whether a file of the page has `part` in its name.
    pub fn has(part: &str) -> bool {
        let files = fs::read_dir(dist()).expect("dist is a folder");
        let mut names = files.map(|it| it.expect("it can be listed").file_name());
        names.any(|it| it.to_string_lossy().contains(part))
    }

    /// Answers nothing for files with `part` in their names until it is told otherwise; `None` answers
    /// what waited.
    pub fn hold(&self, part: Option<&'static str>) {
        self.held.send_replace(part);
    }

    /// Answers nothing but 503 from now on.
    pub fn go_down(&self) {
        self.is_down.store(true, Ordering::Relaxed);
    }

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// An answer that is a script, with another one before it.
async fn with_script(answer: Response, before: &str) -> Response {
    if before.is_empty() {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let script = to_bytes(body, usize::MAX).await;
    let script = script.expect("a file can be read");
    let both = [before.as_bytes(), b"\n", &script].concat();
    Response::from_parts(parts, Body::from(both))
}

const FREE: &str = "nothing panics while it has it";

fn dist() -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist");
    assert!(
        dist.join("index.html").exists(),
        "the page is not built: run `cargo xtask dist`"
    );
    dist
}
