//! What an answer must be, and what is taken from it.

pub mod answer;
pub mod check;
pub mod extract;
pub mod query;
