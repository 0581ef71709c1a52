//! Whether a run passed.

pub mod threshold;
