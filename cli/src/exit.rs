//! What the exit code of a run says.

use std::process::ExitCode;

use mayfly_core::report::RunVerdict;
use mayfly_core::verdict::validity::Validity;
use mayfly_engine::recorder::Recorder;

use crate::signals::Signal;

/// Why the command ends. The numbers are Locust's, where it has one, k6's for thresholds, and those
/// of shells for signals.
///
/// | code | means |
/// |---|---|
/// | 0 | the run passed: no threshold failed, and no request or task but as thresholds allow |
/// | 1 | requests failed or tasks broke, and no threshold is about that (or what `--exit-code-on-error` says); or the command itself failed, or its output |
/// | 2 | invalid command line or plan |
/// | 98 | no data: nothing was answered, or nothing that one of the thresholds is about; or all thresholds held, and the numbers are INVALID |
/// | 99 | a threshold failed |
/// | 129 | SIGHUP ended the run |
/// | 130 | a person interrupted the run a second time |
/// | 143 | SIGTERM ended the run |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Nothing went wrong.
    Passed,
    /// Requests failed or tasks broke, and no threshold is about that.
    Failed,
    /// The terminal was closed before the run had ended.
    HungUp,
    /// Invalid command line or plan.
    Misused,
    /// A locustfile says with which number the command ends.
    Locustfile(u8),
    /// Nobody knows whether it would have passed: too little was measured.
    NoData,
    /// A threshold failed.
    ThresholdFailed,
    /// The command itself failed, or its numbers could not be written.
    Broken,
    /// A person did not wait for the end.
    Interrupted,
    /// The process was told to end before the run had ended.
    Terminated,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Passed => 0,
            Exit::Failed | Exit::Broken => 1,
            Exit::Misused => 2,
            Exit::Locustfile(code) => code,
            Exit::NoData => 98,
            Exit::ThresholdFailed => 99,
            Exit::HungUp => 129,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        })
    }
}

impl Exit {
    /// That of a run that has ended. Thresholds that were asked of wrong numbers have passed nothing.
    pub(crate) fn of_run(recorder: &Recorder) -> Self {
        let verdict = recorder.report().verdict();
        let is_invalid = recorder.validity().is_some_and(Validity::is_invalid);
        match verdict {
            RunVerdict::Passed if is_invalid => Self::NoData,
            verdict => verdict.into(),
        }
    }
}

impl From<RunVerdict> for Exit {
    fn from(verdict: RunVerdict) -> Self {
        match verdict {
            RunVerdict::Failed => Self::ThresholdFailed,
            RunVerdict::NoData | RunVerdict::Unfinished => Self::NoData,
            RunVerdict::NoFailures | RunVerdict::Passed => Self::Passed,
            RunVerdict::SomeFailures => Self::Failed,
        }
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Hangup => Self::HungUp,
            Signal::Interrupt => Self::Interrupted,
            Signal::Terminate => Self::Terminated,
        }
    }
}
