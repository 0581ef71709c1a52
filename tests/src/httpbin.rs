//! httpbin under gunicorn: an API that answers as its documentation says, and that others wrote.

use tokio::process::Command;

use crate::program::{Program, free_port};

/// httpbin on a free port, until it is dropped.
pub struct Httpbin {
    _program: Program,
    url: String,
}

impl Httpbin {
    /// Starts it, and waits until it listens.
    pub async fn start() -> Self {
        let port = free_port().await;
        let folder = std::env::var_os("MAYFLY_HTTPBIN");
        let folder = folder.expect("MAYFLY_HTTPBIN names the folder where it is installed, as `cargo xtask test chromium` does");
        let mut command = Command::new("python3");
        command
            .env("PYTHONPATH", folder)
            .args(["-m", "gunicorn", "httpbin:app", "--threads", "4"])
            .args(["--bind", &format!("127.0.0.1:{port}")]);
        Self {
            _program: Program::start_at(&mut command, port).await,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}
