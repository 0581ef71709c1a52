//! Whole runs in virtual time. The invariants of ARCHITECTURE.md are kept here.

mod edits;
mod locust;
mod measure;
mod sharding;
mod simulated;
mod swarm;
