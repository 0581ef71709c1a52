//! A real browser, driven through WebDriver.

mod chromium;
mod firefox;
mod kind;
mod webkit;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use thirtyfour::{Capabilities, WebDriver};

pub use self::kind::Kind;
use crate::program::Program;
use crate::until::until;

/// A browser with a profile of its own. It ends with the value, for which the runtime of the test
/// must have another thread (`flavor = "multi_thread"`): the driver is told while dropping.
pub struct Browser {
    // First, because it must end before its driver does.
    session: WebDriver,
    kind: Kind,
    _driver: Driver,
    // Last, because it is in use until the browser has ended.
    folder: Folder,
}

impl Browser {
    /// Starts the chosen browser with a window that shows `width` × `height` pixels of a page.
    pub async fn start(width: u32, height: u32) -> Self {
        let kind = Kind::chosen();
        let folder = Folder::new();
        let driver = start_driver(kind, &folder).await;
        let url = format!("http://127.0.0.1:{}", driver.port);
        let session = WebDriver::new(url, capabilities(kind, &folder)).await;
        let session = session.unwrap_or_else(|error| {
            panic!("{kind:?} does not start; `cargo xtask setup --tests` installs it: {error}")
        });
        // What is not there is looked for again by `until`, and not by the driver.
        let no_wait = session.set_implicit_wait_timeout(Duration::ZERO).await;
        no_wait.expect("every driver knows timeouts");
        let browser = Self {
            session,
            kind,
            _driver: driver,
            folder,
        };
        browser.resize(width, height).await;
        browser
    }

    /// Which browser it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The session, for what has no method here.
    pub fn session(&self) -> &WebDriver {
        &self.session
    }

    /// Waits for a download whose name ends with `ending`, and returns where it is.
    pub async fn downloaded(&self, ending: &str) -> PathBuf {
        let folder = self.folder.downloads();
        let what = format!("a file {ending} is downloaded");
        until(&what, async || finished_file(&folder, ending)).await
    }

    /// Makes the window show `width` × `height` pixels of a page.
    pub async fn resize(&self, width: u32, height: u32) {
        match self.kind {
            Kind::Chromium => chromium::resize(&self.session, width, height).await,
            Kind::Firefox => firefox::resize(&self.session, width, height).await,
            Kind::Webkit => webkit::resize(&self.session, width, height).await,
        }
        let what = format!("the page is {width} × {height} pixels large");
        let is_done = "return innerWidth === arguments[0] && innerHeight === arguments[1];";
        self.until_true(&what, is_done, vec![width.into(), height.into()])
            .await;
    }

    /// Makes the page light or dark. WebKit's browser cannot.
    pub async fn prefer(&self, scheme: &str) {
        match self.kind {
            Kind::Chromium => chromium::prefer(&self.session, scheme).await,
            Kind::Firefox => firefox::prefer(&self.session, scheme).await,
            Kind::Webkit => panic!("MiniBrowser has no switch for the color scheme"),
        }
        let what = format!("the page is {scheme}");
        let is_done = "return matchMedia(`(prefers-color-scheme: ${arguments[0]})`).matches;";
        self.until_true(&what, is_done, vec![scheme.into()]).await;
    }

    /// Sends a command of the `DevTools` protocol, and returns the answer. `None` in browsers
    /// other than Chromium, which do not know the protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Option<Value> {
        match self.kind {
            Kind::Chromium => Some(chromium::devtools(&self.session, command, params).await),
            Kind::Firefox | Kind::Webkit => None,
        }
    }

    /// What was logged as an error since this was last asked. Always empty in browsers other than
    /// Chromium, whose drivers do not tell.
    pub async fn console_errors(&self) -> Vec<String> {
        match self.kind {
            Kind::Chromium => chromium::console_errors(&self.session).await,
            Kind::Firefox | Kind::Webkit => Vec::new(),
        }
    }

    /// Waits until a script returns true. What a browser is told reaches its pages some time later.
    async fn until_true(&self, what: &str, script: &str, args: Vec<Value>) {
        until(what, async || {
            let result = self.session.execute(script, args.clone()).await;
            (result.ok()?.json() == &Value::Bool(true)).then_some(())
        })
        .await;
    }
}

/// A driver under way, and what it needs.
struct Driver {
    port: u16,
    _programs: Vec<Program>,
}

async fn start_driver(kind: Kind, folder: &Folder) -> Driver {
    match kind {
        Kind::Chromium => chromium::start_driver().await,
        Kind::Firefox => firefox::start_driver(&folder.0).await,
        Kind::Webkit => webkit::start_driver(&folder.0, &folder.downloads()).await,
    }
}

fn capabilities(kind: Kind, folder: &Folder) -> Capabilities {
    match kind {
        Kind::Chromium => chromium::capabilities(&folder.0, &folder.downloads()),
        Kind::Firefox => firefox::capabilities(&folder.downloads()),
        Kind::Webkit => webkit::capabilities(),
    }
}

/// A folder for a profile and for downloads, removed with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mayfly-{}-{number}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(folder.downloads()).expect("there is room for a folder");
        folder
    }

    fn downloads(&self) -> PathBuf {
        self.0.join("downloads")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A browser that is slow to end may hold on to a file; the folder is a temporary one.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A file of `folder` whose name ends with `ending`.
///
/// While it is on its way it has another name; in Firefox an empty file keeps its place meanwhile.
fn finished_file(folder: &Path, ending: &str) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?;
    files
        .filter_map(Result::ok)
        .filter(|file| file.file_name().to_string_lossy().ends_with(ending))
        .find(|file| file.metadata().is_ok_and(|it| 0 < it.len()))
        .map(|file| file.path())
}
