//! What the exit code of a run says.

use std::process::ExitCode;

/// Why the command ends. The numbers are Locust's, where it has one, and k6's for thresholds.
///
/// | code | means |
/// |---|---|
/// | 0 | the run ended; no request failed, no exception, no threshold failed |
/// | 1 | requests failed, or there were exceptions; or the command itself failed |
/// | 2 | the command or the plan makes no sense |
/// | 98 | no data: nothing was answered, or nothing that one of the thresholds is about |
/// | 99 | a threshold failed |
/// | 130 | a person interrupted the run a second time |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Nothing went wrong.
    Passed,
    /// Requests failed, or there were exceptions.
    Failed,
    /// The command or the plan makes no sense.
    Misused,
    /// Nobody knows whether it would have passed: too little was measured.
    NoData,
    /// A threshold failed.
    ThresholdFailed,
    /// A person did not wait for the end.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Misused => 2,
            Exit::NoData => 98,
            Exit::ThresholdFailed => 99,
            Exit::Interrupted => 130,
        })
    }
}
