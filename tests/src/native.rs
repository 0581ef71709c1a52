//! The command `mayfly` with the page in front of its engine.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::process::Command;

use crate::program::{Program, free_port};

/// The command on a free port, with saved runs of its own. It ends with the value.
pub struct Native {
    program: Option<Program>,
    port: u16,
    url: String,
    folder: PathBuf,
    args: Vec<String>,
}

impl Native {
    /// Starts it without a plan.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts it with these arguments besides.
    pub async fn start_with(args: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mayfly-native-{}-{number}", std::process::id());
        let mut native = Self {
            program: None,
            port: free_port().await,
            url: String::new(),
            folder: std::env::temp_dir().join(name),
            args: args.iter().map(|&it| it.to_owned()).collect(),
        };
        native.start_again().await;
        native
    }

    /// Starts it again on the same port.
    pub async fn start_again(&mut self) {
        let program = program();
        let mut command = Command::new(&program);
        command
            .args(["--no-open", "--web-port", &self.port.to_string()])
            .arg("--data-dir")
            .arg(&self.folder)
            .args(&self.args);
        let url = |line: &str| line.strip_prefix("Mayfly is at ").map(str::to_owned);
        let (program, url) = Program::start(&mut command, url).await;
        (self.program, self.url) = (Some(program), url);
    }

    /// Ends it, as a power cut would.
    pub async fn end(&mut self) {
        if let Some(program) = self.program.take() {
            program.end().await;
        }
    }

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The names of the reports that it has saved.
    pub fn reports(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten();
        let names = files.map(|it| it.expect("it can be listed").file_name());
        let names = names.map(|it| it.to_string_lossy().into_owned());
        names.filter(|it| it.ends_with(".json")).collect()
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        self.program.take();
        // It is a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The command, as cargo has built it beside the tests.
fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("a test is a program");
    let folder = tests.ancestors().nth(2).unwrap_or_else(|| Path::new(""));
    let program = folder
        .join("mayfly")
        .with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        program.exists(),
        "there is no command at {}: run `cargo build -p mayfly` after `cargo xtask dist --quick`",
        program.display()
    );
    program
}
