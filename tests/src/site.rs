//! The built page, served as any static host would.

use std::path::{Path, PathBuf};

use axum::Router;
use tower_http::services::ServeDir;

use crate::target::serve;

/// A static host with the built page in one of its folders.
#[derive(Clone, Debug)]
pub struct Site {
    url: String,
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
        Self {
            url: format!("{}{path}", serve(router).await),
        }
    }

    /// Serves a folder of other files.
    pub async fn of(folder: &Path) -> Self {
        let router = Router::new().fallback_service(ServeDir::new(folder));
        Self {
            url: format!("{}/", serve(router).await),
        }
    }

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn dist() -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist");
    assert!(
        dist.join("index.html").exists(),
        "the page is not built: run `cargo xtask dist`"
    );
    dist
}
