//! WebKitGTK's MiniBrowser, driven by WebKitWebDriver, on a display of its own that nobody sees.
//!
//! MiniBrowser cannot do without a display, so Xvfb gives it one. It needs neither a graphics
//! card nor a D-Bus session, and runs as root too.

use std::path::Path;

use thirtyfour::{Capabilities, WebDriver};
use tokio::process::Command;

use super::Driver;
use crate::program::{Program, free_port};

pub(super) async fn start_driver(folder: &Path, downloads: &Path) -> Driver {
    choose_downloads(folder, downloads);
    let (display, number) = start_display().await;
    let port = free_port().await;
    let mut command = Command::new("WebKitWebDriver");
    command
        // It cannot choose one by itself. Without --host it listens on this machine alone.
        .arg(format!("--port={port}"))
        .env("DISPLAY", format!(":{number}"))
        // Or the window would be on the person's desk where that speaks Wayland.
        .env("GDK_BACKEND", "x11")
        // In the locale C, pages would be told that the person speaks a language `C`, which no
        // other browser says and `Intl` refuses. The locale need not be installed.
        .env("LC_ALL", "en_US.UTF-8")
        .env("XDG_CONFIG_HOME", folder);
    let driver = Program::start_at(&mut command, port).await;
    Driver {
        port,
        // The browser ends before its display.
        _programs: vec![driver, display],
    }
}

/// Writes into `folder`, as the settings of a desktop, where MiniBrowser saves what it downloads.
fn choose_downloads(folder: &Path, downloads: &Path) {
    let setting = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads.display());
    let written = std::fs::write(folder.join("user-dirs.dirs"), setting);
    written.expect("there is room for a file");
}

/// Starts a display, and returns its number.
async fn start_display() -> (Program, u32) {
    let mut command = Command::new("Xvfb");
    command
        .args(["-displayfd", "1"])
        .args(["-screen", "0", "1600x1200x24"])
        .args(["-nolisten", "tcp"]);
    Program::start(&mut command, |line| line.trim().parse().ok()).await
}

/// Those of MiniBrowser, which the driver starts where it is told nothing else. What is automated
/// has no profile: all it keeps is gone when it ends.
pub(super) fn capabilities() -> Capabilities {
    Capabilities::new()
}

/// Makes the window larger by as much as the page is too small.
pub(super) async fn resize(session: &WebDriver, width: u32, height: u32) {
    let shown = session.execute("return [innerWidth, innerHeight];", vec![]);
    let shown = shown.await.and_then(|it| it.convert::<[i64; 2]>());
    let [shown_width, shown_height] = shown.expect("a page has a size");
    let window = session.get_window_rect().await.expect("it has a window");
    let larger = |by: u32, around: i64| u32::try_from(i64::from(by) + around);
    let width = larger(width, window.width - shown_width);
    let height = larger(height, window.height - shown_height);
    let (width, height) = width.and_then(|it| Ok((it, height?))).expect("a size");
    let resized = session.set_window_rect(0, 0, width, height).await;
    resized.expect("every driver knows windows");
}
