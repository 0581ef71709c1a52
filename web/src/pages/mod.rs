//! What fills the page: the start form, or a run.

pub mod run;
pub mod start;

pub use self::run::RunPage;
pub use self::start::StartPage;
