//! The parts of the command `mayfly` that the tests use too.

#![forbid(unsafe_code)]

pub mod clock;
pub mod console;
pub mod demo_api;
pub mod exit;
pub mod files;
mod host;
pub mod http;
pub mod one_request;
pub mod open_files;
pub mod plan_source;
mod reports;
pub mod run;
pub mod runtime;
pub mod serve;
mod signals;
mod whole_file;
