//! What remains of a run, as files.

pub mod csv;
pub mod text;
