//! The browser of the tests: the system's Chromium and its driver.

use anyhow::bail;

use crate::command::{command, exists, run};

/// Installs Chromium and its driver, where the system's package manager can.
///
/// # Errors
///
/// Fails with the command to run by hand.
pub(crate) fn set_up() -> anyhow::Result<()> {
    if is_there() {
        return Ok(());
    }
    if exists("apt-get") {
        let root = crate::command::output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
        let apt = |args: &[&str]| {
            let mut apt = if root {
                command("apt-get")
            } else {
                command("sudo")
            };
            if !root {
                apt.args(["-n", "apt-get"]);
            }
            apt.args(args).env("DEBIAN_FRONTEND", "noninteractive");
            apt
        };
        // Only a hint of what is wrong if it fails: the check below decides.
        let _ = run(
            "reading the list of system packages",
            &mut apt(&["update", "-qq"]),
        );
        // Debian's names, and Ubuntu's.
        for packages in [
            ["chromium", "chromium-driver"],
            ["chromium-browser", "chromium-chromedriver"],
        ] {
            let install = ["install", "-y", "-qq", packages[0], packages[1]];
            let step = "installing Chromium and its driver";
            if is_there() || run(step, &mut apt(&install)).is_ok() {
                break;
            }
        }
    }
    if is_there() {
        return Ok(());
    }
    bail!(
        "the tests need Chromium and chromedriver of the same version. Install them:\n  \
         Debian, Ubuntu: sudo apt-get install chromium chromium-driver\n  \
         macOS: brew install --cask chromium chromedriver"
    )
}

fn is_there() -> bool {
    exists("chromedriver") && BROWSERS.into_iter().any(exists)
}

/// What Chromium is called.
const BROWSERS: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
