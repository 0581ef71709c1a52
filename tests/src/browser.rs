//! A real browser, driven through WebDriver.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A Chromium with a profile of its own. It ends with the value, for which the runtime of the test
/// must have another thread (`flavor = "multi_thread"`): the driver is told while dropping.
pub struct Browser {
    // First, because it must end before its driver does.
    session: WebDriver,
    _driver: Child,
    // Last, because it is in use until the browser has ended.
    folder: Folder,
}

impl Browser {
    /// Starts a browser whose window shows `width` × `height` pixels of a page.
    pub async fn start(width: u32, height: u32) -> Self {
        let folder = new_folder();
        let (driver, port) = start_driver().await;
        let mut capabilities = DesiredCapabilities::chrome();
        let profile = folder.0.join("profile");
        for arg in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            &format!("--user-data-dir={}", profile.display()),
        ] {
            capabilities.add_arg(arg).expect("an argument is text");
        }
        let downloads = json!({ "download.default_directory": folder.0.join("downloads") });
        let added = capabilities.add_experimental_option("prefs", downloads);
        added.expect("settings are JSON");
        let session = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await;
        let session = session.expect("Chromium starts; `cargo xtask setup --tests` installs it");
        // What is not there is looked for again by `until`, and not by the driver.
        let no_wait = session.set_implicit_wait_timeout(Duration::ZERO).await;
        no_wait.expect("every driver knows timeouts");
        let browser = Self {
            session,
            _driver: driver,
            folder,
        };
        browser.resize(width, height).await;
        browser
    }

    /// The session, for what has no method here.
    pub fn session(&self) -> &WebDriver {
        &self.session
    }

    /// Where downloads go.
    pub fn downloads(&self) -> PathBuf {
        self.folder.0.join("downloads")
    }

    /// Makes the window show `width` × `height` pixels of a page.
    pub async fn resize(&self, width: u32, height: u32) {
        // Narrower than a window can be, so the page is told and not the window.
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Makes the page light or dark.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!({
            "features": [{ "name": "prefers-color-scheme", "value": scheme }],
        });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    async fn devtools(&self, command: &str, params: serde_json::Value) {
        let done = self.session.cdp().send_raw(command, params).await;
        done.expect("Chromium knows the command");
    }
}

/// A folder for a profile and for downloads, removed with the value.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // A browser that is slow to end may hold on to a file; the folder is a temporary one.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new folder for a profile and for downloads.
fn new_folder() -> Folder {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("mayfly-{}-{number}", std::process::id()));
    std::fs::create_dir_all(folder.join("downloads")).expect("there is room for a folder");
    Folder(folder)
}

/// Starts a driver on a free port, and returns the port.
async fn start_driver() -> (Child, u16) {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("chromedriver starts; `cargo xtask setup --tests` installs it");
    let output = driver.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await.expect("the driver writes text") {
        // ChromeDriver was started successfully on port 40123.
        if let Some((_, port)) = line.split_once("successfully on port ") {
            let port = port.trim_end_matches('.').parse().expect("a port");
            // Read on, or the driver would wait for a reader some day.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (driver, port);
        }
    }
    panic!("chromedriver ended before it listened");
}
