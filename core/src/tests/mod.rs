//! Whole runs in virtual time. The invariants of ARCHITECTURE.md are kept here.

mod edits;
mod measure;
mod sharding;
mod simulated;
mod swarm;
