//! A plan that is being written, as keys and values that may still be wrong. Pure.

pub mod keys;
pub mod load_kind;
pub mod secrets;
pub mod users;
