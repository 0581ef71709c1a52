//! The browser of the tests: the system's Chromium and its driver.

use anyhow::bail;

use crate::command::exists;
use crate::packages;

/// Installs Chromium and its driver, where the system's package manager can.
///
/// # Errors
///
/// Fails with the command to run by hand.
pub(crate) fn set_up() -> anyhow::Result<()> {
    if is_there() {
        return Ok(());
    }
    // Debian's names, and Ubuntu's.
    for packages in [
        ["chromium", "chromium-driver"],
        ["chromium-browser", "chromium-chromedriver"],
    ] {
        if is_there() || packages::install("Chromium and its driver", &packages) {
            break;
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
