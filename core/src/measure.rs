//! What was counted: from one finished request to the totals of a run.

pub mod accounts;
pub mod board;
pub mod censored;
pub mod estimate;
pub mod health;
pub mod histogram;
pub mod phases;
pub mod sample;
pub mod series;
pub mod snapshot;
pub mod stats;
pub mod times;
