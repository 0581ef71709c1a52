//! What a Mayfly run sends and when, and what the answers mean.
//!
//! This crate does no I/O. It reads no clock, starts no thread, and draws no randomness of its own,
//! so the same code runs in a browser tab and on a server, and a run can be repeated to the byte.
//! The hosts (`mayfly-web`, `mayfly`) implement [`http::transport::Transport`] and [`time::Clock`] and
//! call [`running::drive::drive`]; everything else they do is show what comes out.
//!
//! # Time
//!
//! Time is [`time::Elapsed`]: microseconds since the run began, handed in by the host. Nothing here
//! knows the time of day. Every sample has three times: *due*, *sent* and *done*. Response time is
//! done − due, so that waiting for a free connection counts; service time is done − sent.
//!
//! # Randomness
//!
//! A run is a function of the plan, the seed and the answers. Each user has its own stream of
//! random numbers, derived from the seed and the user's index, so neither the number of shards nor
//! the other users change what a user does. The results are the same on wasm32 and x86-64.
//!
//! # Precision
//!
//! Response times are kept in histograms of three significant digits, laid out like HdrHistogram's,
//! from one microsecond to one hour; longer times count as one hour. Minimum, maximum and average
//! are exact. Quantiles are always read from merged histograms, and [`measure::estimate`] says how sure they
//! are. No time is finer than the host's clock, which browsers coarsen on purpose.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

// From the ground up: each of these knows only those above it in this list. `rooms.toml` has the
// floors, and a check keeps to them.
pub mod digits;
pub mod rng;
pub mod run_state;
pub mod secrets;
pub mod time;
pub mod weight;

mod few;
mod shorten;

pub mod http;
pub mod simulate;
pub mod template;

pub mod judging;
pub mod measure;
pub mod verdict;

pub mod plan;
pub mod schedule;

pub mod running;

pub mod report;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(test)]
mod tests;
