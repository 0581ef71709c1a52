//! What fills the page: the start form, a run, the history, or two runs side by side.

pub(crate) mod compare;
pub(crate) mod history;
pub(crate) mod run;
pub(crate) mod start;

pub(crate) use self::compare::ComparePage;
pub(crate) use self::history::HistoryPage;
pub(crate) use self::run::RunPage;
pub(crate) use self::start::StartPage;
