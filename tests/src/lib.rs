//! What the end-to-end tests and the benchmarks stand on: the built page in a real browser, and
//! targets that count. The truth is what the target counted.

#![expect(clippy::missing_panics_doc, reason = "a test fails by a panic")]

mod browser;
mod encrypted;
mod httpbin;
pub mod memory;
mod native;
mod page;
mod program;
mod scripted;
mod site;
mod target;
mod until;
mod xpath;

pub use self::browser::{Browser, Kind};
pub use self::encrypted::serve_encrypted;
pub use self::httpbin::Httpbin;
pub use self::native::Native;
pub use self::page::{Page, Row, has_native_engine, needs_browser_engine};
pub use self::scripted::{Act, CORS, Heard, ScriptedTarget};
pub use self::site::Site;
pub use self::target::{CLOSED_PORT, Counted, DemoTarget, SlowTarget, raw, serve, without_cors};
pub use self::until::until;
