//! A plan that is being written, as keys and values that may still be wrong. Pure.

pub(crate) mod keys;
pub(crate) mod load_kind;
pub(crate) mod script;
pub(crate) mod users;
