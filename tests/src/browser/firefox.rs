//! Firefox, driven by geckodriver.

use std::net::SocketAddr;
use std::path::Path;

use axum::http::Method;
use serde_json::{Value, json};
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{Capabilities, DesiredCapabilities, RequestData, SessionId, WebDriver};
use tokio::process::Command;

use super::Driver;
use crate::program::Program;

pub(super) async fn start_driver(folder: &Path) -> Driver {
    let mut command = Command::new("geckodriver");
    command
        .args(["--port=0", "--profile-root"])
        .arg(folder)
        // For scripts in the window around the page, see `run_around_the_page`.
        .arg("--allow-system-access");
    // 1754300000000	geckodriver	INFO	Listening on 127.0.0.1:40123
    let read_address = |line: &str| line.split_once("Listening on ")?.1.parse().ok();
    let (program, address): (_, SocketAddr) =
        Program::start_driver(&mut command, read_address).await;
    Driver {
        port: address.port(),
        _programs: vec![program],
    }
}

pub(super) fn capabilities(downloads: &Path) -> Capabilities {
    let mut capabilities = DesiredCapabilities::firefox();
    // Larger than any page of the tests, which is made smaller inside of it.
    for arg in ["-headless", "-width", "1600", "-height", "1200"] {
        capabilities.add_arg(arg).expect("an argument is text");
    }
    let mut preferences = FirefoxPreferences::new();
    for (key, value) in [
        // Into a folder of our own, and not the person's.
        ("browser.download.folderList", json!(2)),
        ("browser.download.dir", json!(downloads)),
        // The rest of what Firefox asks the internet for is turned off by geckodriver.
        ("network.connectivity-service.enabled", json!(false)),
    ] {
        preferences.set(key, value).expect("a value is JSON");
    }
    capabilities
        .set_preferences(preferences)
        .expect("preferences are JSON");
    capabilities.into()
}

pub(super) async fn resize(session: &WebDriver, width: u32, height: u32) {
    // Narrower than a window can be, so the page is made smaller and not the window.
    let script = "
        const { style } = gBrowser.selectedBrowser;
        [style.width, style.height] = arguments;";
    let args = [width, height].map(|it| json!(format!("{it}px")));
    run_around_the_page(session, script, args.to_vec()).await;
}

pub(super) async fn prefer(session: &WebDriver, scheme: &str) {
    let value = match scheme {
        "dark" => 0,
        "light" => 1,
        _ => panic!("expected the color scheme light or dark, found {scheme}"),
    };
    let script = "
        Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', ...arguments);";
    run_around_the_page(session, script, vec![value.into()]).await;
}

/// Runs a script where Firefox's own windows run theirs, and then turns to the page again.
async fn run_around_the_page(session: &WebDriver, script: &str, args: Vec<Value>) {
    turn_to(session, "chrome").await;
    let result = session.execute(script, args).await;
    turn_to(session, "content").await;
    result.expect("Firefox's windows understand the script");
}

async fn turn_to(session: &WebDriver, context: &'static str) {
    let turned = session.cmd(TurnTo(context)).await;
    turned.expect("geckodriver was started with system access");
}

/// Geckodriver's own command, which says where the scripts that follow run.
#[derive(Debug)]
struct TurnTo(&'static str);

impl FormatRequestData for TurnTo {
    fn format_request(&self, session: &SessionId) -> RequestData {
        RequestData::new(Method::POST, format!("session/{session}/moz/context"))
            .add_body(json!({ "context": self.0 }))
    }
}
