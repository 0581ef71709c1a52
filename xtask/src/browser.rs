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
        let install = ["install", "-y", "-qq", "chromium", "chromium-driver"];
        let _ = run("installing Chromium and its driver", &mut apt(&install));
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
    exists("chromedriver")
        && ["chromium", "google-chrome", "chrome"]
            .into_iter()
            .any(exists)
}
