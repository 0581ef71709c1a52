//! What remains of a run, as files.

pub mod csv;
mod figures;
pub mod ratio;
pub mod text;

pub use self::figures::Figures;
