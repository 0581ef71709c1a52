//! Whole runs in virtual time. The invariants of ARCHITECTURE.md are kept here.

mod claims;
mod edits;
mod ending;
mod foreign;
mod load;
mod locust;
pub(crate) mod locust_dispatch;
mod locustfile;
mod measure;
mod origins;
mod retry_after;
mod sharding;
mod simulated;
mod swarm;
mod tasks;
mod truth;
