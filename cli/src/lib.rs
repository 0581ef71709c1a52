//! The parts of the command `mayfly` that the tests use too.

#![forbid(unsafe_code)]

pub mod clock;
pub mod demo_api;
pub mod exit;
mod host;
pub mod http;
pub mod open_files;
mod reports;
pub mod run;
pub mod runtime;
pub mod serve;
mod signals;
