//! Files of runs.

use std::time::SystemTime;

use mayfly_core::report::html::{self, Look, Theme};
use mayfly_core::report::{Report, csv};

use super::Shared;
use super::history::History;
use mayfly_engine::file::RunFile;
use mayfly_engine::history::{HistoryNotice, RunKey};
use mayfly_engine::protocol::Notice;

/// A file of a run.
pub(super) async fn write(
    run: Option<RunKey>,
    file: RunFile,
    look: Look,
    record: &Shared,
    history: &History,
) -> Notice {
    let kept = match &run {
        Some(key) => Some(history.report(key).await),
        None => None,
    };
    let record = record.borrow();
    let report = match (&kept, &*record) {
        (Some(Ok(report)), _) => report,
        (Some(Err(problem)), _) => {
            return Notice::History(HistoryNotice::Problem(problem.clone()));
        }
        (None, Some(record)) => record.report(),
        (None, None) => {
            let problem = "There is no run to make a file of.".to_owned();
            return Notice::History(HistoryNotice::Problem(problem));
        }
    };
    Notice::Written {
        name: report.file_stem(look.utc_offset_minutes) + file.ending(),
        mime_type: file.mime_type().to_owned(),
        text: text_of(report, file, look),
    }
}

fn text_of(report: &Report, file: RunFile, look: Look) -> String {
    let started = SystemTime::UNIX_EPOCH + report.started;
    match file {
        RunFile::Exceptions => csv::exceptions(&report.board),
        RunFile::Failures => csv::failures(&report.board, started),
        RunFile::History => csv::history(&report.board, started),
        RunFile::Json => report.to_json(),
        RunFile::Report => html::page(report, look),
        RunFile::Requests => csv::requests(&report.board),
    }
}

/// How a report looks that is made for a clock that is so far ahead of UTC.
pub(super) fn look(utc_offset_minutes: i32, color_scheme: Option<&str>) -> Look {
    let theme = match color_scheme {
        Some("dark") => Theme::Dark,
        Some("light") => Theme::Light,
        _ => Theme::Auto,
    };
    Look {
        theme,
        utc_offset_minutes,
    }
}
