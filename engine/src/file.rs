//! Files of runs: what they are called, and what is in them.

use std::time::SystemTime;

use mayfly_core::report::html::{self, Look};
use mayfly_core::report::{Report, csv};
use serde::{Deserialize, Serialize};

/// A file of a run.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum RunFile {
    /// The exceptions table as CSV.
    Exceptions,
    /// The failures table as CSV.
    Failures,
    /// The statistics over time as CSV.
    History,
    /// All that is known of the run, to be saved and imported.
    Json,
    /// A page that shows the run, without this one.
    Report,
    /// The statistics table as CSV.
    Requests,
}

impl RunFile {
    /// The end of the name, after what says which run it is.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Exceptions => "_exceptions.csv",
            Self::Failures => "_failures.csv",
            Self::History => "_requests_full_history.csv",
            Self::Json => ".json",
            Self::Report => ".html",
            Self::Requests => "_requests.csv",
        }
    }

    /// The kind of text.
    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Exceptions | Self::Failures | Self::History | Self::Requests => "text/csv",
            Self::Json => "application/json",
            Self::Report => "text/html",
        }
    }

    /// Whether a person can have it with or without what looks like a credential. The tables have none but
    /// what the target says.
    pub fn may_have_credentials(self) -> bool {
        matches!(self, Self::Json | Self::Report)
    }

    /// What is in it. Where a person wants no credentials in it, it has none as far as they can be known.
    pub fn text(self, report: &Report, look: Look, keeps_credentials: bool) -> String {
        if self.may_have_credentials() && !keeps_credentials {
            return self.text(&report.without_credentials(), look, true);
        }
        let started = SystemTime::UNIX_EPOCH + report.started;
        match self {
            Self::Exceptions => csv::exceptions(&report.board),
            Self::Failures => csv::failures(&report.board, started),
            Self::History => csv::history(&report.board, started),
            Self::Json => report.to_json(),
            Self::Report => html::page(report, look),
            Self::Requests => csv::requests(&report.board, report.validity().map(|it| it.verdict)),
        }
    }
}
