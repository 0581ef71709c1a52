//! What fills the page: the start form, or a run.

pub mod compare;
pub mod history;
pub mod run;
pub mod start;

pub use self::compare::ComparePage;
pub use self::history::HistoryPage;
pub use self::run::RunPage;
pub use self::start::StartPage;
