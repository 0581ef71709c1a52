//! The browsers of the tests, and their drivers.

use std::process::Stdio;

use anyhow::ensure;

use crate::command::{command, exists};
use crate::{packages, tools};

/// Installs every browser of the tests, where the system's package manager can.
///
/// # Errors
///
/// Fails with the command to run by hand.
pub(crate) fn set_up() -> anyhow::Result<()> {
    set_up_chromium()?;
    set_up_firefox()?;
    if !set_up_webkit()? {
        println!("  without WebKit: {NO_WEBKIT}");
    }
    Ok(())
}

/// Why there may be no WebKit.
pub(crate) const NO_WEBKIT: &str = "its WebKitWebDriver is for Linux";

/// Installs Chromium and its driver.
///
/// # Errors
///
/// Fails with the command to run by hand.
pub(crate) fn set_up_chromium() -> anyhow::Result<()> {
    let is_there = || exists("chromedriver") && CHROMIUM.into_iter().any(exists);
    // Debian's names, and Ubuntu's.
    for packages in [
        ["chromium", "chromium-driver"],
        ["chromium-browser", "chromium-chromedriver"],
    ] {
        if is_there() || packages::install("Chromium and its driver", &packages) {
            break;
        }
    }
    ensure!(
        is_there(),
        "the tests need Chromium and chromedriver of the same version. Install them:\n  \
         Debian, Ubuntu: sudo apt-get install chromium chromium-driver\n  \
         macOS: brew install --cask chromium chromedriver"
    );
    Ok(())
}

/// Installs Firefox, and builds its driver.
///
/// # Errors
///
/// Fails with the command to run by hand, or if the driver cannot be built.
pub(crate) fn set_up_firefox() -> anyhow::Result<()> {
    let is_there = || FIREFOX.into_iter().any(exists);
    if !is_there() {
        // Debian's name. Ubuntu's Firefox is a snap, which drivers cannot start well.
        packages::install("Firefox", &["firefox-esr"]);
    }
    ensure!(
        is_there(),
        "the tests need Firefox. Install it:\n  \
         Debian: sudo apt-get install firefox-esr\n  \
         Ubuntu: as a package from packages.mozilla.org, not as a snap\n  \
         macOS: brew install --cask firefox"
    );
    tools::set_up_firefox_driver()
}

/// Installs WebKit's driver, its browser, and a display for it. False where there is none for
/// this system.
///
/// # Errors
///
/// Fails on Linux with the command to run by hand.
pub(crate) fn set_up_webkit() -> anyhow::Result<bool> {
    // Neither of them knows `--version`.
    let is_there = || answers("WebKitWebDriver", "--help") && answers("Xvfb", "-help");
    if !is_there() {
        packages::install("WebKit and its driver", &["webkit2gtk-driver", "xvfb"]);
    }
    let is_there = is_there();
    ensure!(
        is_there || !cfg!(target_os = "linux"),
        "the tests need WebKitWebDriver and Xvfb. Install them:\n  \
         Debian, Ubuntu: sudo apt-get install webkit2gtk-driver xvfb\n  \
         elsewhere: they are parts of WebKitGTK and of X.Org"
    );
    Ok(is_there)
}

/// Whether a program is there and does what `option` asks for.
fn answers(program: &str, option: &str) -> bool {
    let output = command(program).arg(option).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}

/// What Chromium is called.
const CHROMIUM: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// What Firefox is called where its driver looks for it.
const FIREFOX: [&str; 2] = [
    "firefox",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
];
