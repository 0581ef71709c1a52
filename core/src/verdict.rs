//! Whether a run passed, whether its numbers are those of the target, and whether it is to go on.

pub mod autostop;
pub mod threshold;
pub mod validity;
