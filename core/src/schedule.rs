//! When: pure functions of time, and the lines that are drawn of them.

pub mod arrival;
pub mod class_mix;
pub mod forecast;
pub mod load_line;
pub mod spawn;
