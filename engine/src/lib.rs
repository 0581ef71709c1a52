//! What a page, a command or a socket can ask of a run, and the one way in which a run is composed.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod archive;
pub mod edit;
pub mod file;
pub mod history;
pub mod host;
pub mod locustfile;
pub mod parcel;
pub mod preset;
pub mod protocol;
pub mod reading;
pub mod ready;
pub mod recorder;
pub mod run;
mod saved;
pub mod session;
pub mod trial;

#[cfg(test)]
mod tests;
