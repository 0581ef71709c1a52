//! Chromium, driven by chromedriver.

use std::path::Path;

use serde_json::{Value, json};
use thirtyfour::{
    Capabilities, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
};
use tokio::process::Command;

use super::Driver;
use crate::program::Program;

pub(super) async fn start_driver() -> Driver {
    let mut command = Command::new("chromedriver");
    // ChromeDriver was started successfully on port 40123.
    let read_port = |line: &str| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    };
    let (program, port) = Program::start_driver(command.arg("--port=0"), read_port).await;
    Driver {
        port,
        _programs: vec![program],
    }
}

pub(super) fn capabilities(folder: &Path, downloads: &Path) -> Capabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    let profile = folder.join("profile");
    for arg in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        // Targets over TLS make their own certificates.
        "--ignore-certificate-errors",
        // A host of somebody else, for whoever asks for one.
        "--host-resolver-rules=MAP foreign.example 127.0.0.1",
        &format!("--user-data-dir={}", profile.display()),
    ] {
        capabilities.add_arg(arg).expect("an argument is text");
    }
    capabilities
        .add_experimental_option("prefs", json!({ "download.default_directory": downloads }))
        .and_then(|()| capabilities.set_browser_log_level(LoggingPrefsLogLevel::Severe))
        .expect("settings are JSON");
    capabilities.into()
}

pub(super) async fn resize(session: &WebDriver, width: u32, height: u32) {
    // Narrower than a window can be, so the page is told and not the window.
    let metrics = json!({
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
    });
    devtools(session, "Emulation.setDeviceMetricsOverride", metrics).await;
}

pub(super) async fn prefer(session: &WebDriver, scheme: &str) {
    let features = json!({
        "features": [{ "name": "prefers-color-scheme", "value": scheme }],
    });
    devtools(session, "Emulation.setEmulatedMedia", features).await;
}

pub(super) async fn devtools(session: &WebDriver, command: &str, params: Value) -> Value {
    let done = session.cdp().send_raw(command, params).await;
    done.unwrap_or_else(|error| panic!("Chromium refuses {command}: {error}"))
}

/// What was logged as an error since it was last asked.
pub(super) async fn console_errors(session: &WebDriver) -> Vec<String> {
    let log = session.browser_log().await;
    let log = log.expect("the log was asked for when the browser started");
    log.into_iter()
        .filter(|entry| entry.level == "SEVERE")
        .map(|entry| entry.message)
        .collect()
}
