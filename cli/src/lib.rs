//! The parts of the command `mayfly` that the tests use too.

#![forbid(unsafe_code)]
#![cfg_attr(
    all(test, target_os = "linux"),
    expect(
        clippy::duplicate_mod,
        reason = "the tests of the transport run against the loop too"
    )
)]

pub mod clock;
pub mod console;
pub mod demo_api;
#[cfg(target_os = "linux")]
mod event_loop;
pub mod exit;
pub mod files;
mod host;
pub mod http;
pub mod import;
pub mod one_request;
pub mod open_files;
pub mod plan_source;
pub mod python;
mod reports;
pub mod run;
pub mod runtime;
pub mod serve;
mod shards;
mod signals;
mod whole_file;
