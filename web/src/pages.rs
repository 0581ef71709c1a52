//! What fills the page: the start form, a run, the history, or two runs side by side.

pub mod compare;
pub mod history;
pub mod run;
pub mod start;

pub use self::compare::ComparePage;
pub use self::history::HistoryPage;
pub use self::run::RunPage;
pub use self::start::StartPage;
