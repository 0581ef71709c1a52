//! What can be saved as a file, and what the files are called.

use std::time::{Duration, SystemTime};

use mayfly_core::report::csv;

use crate::js;
use crate::store::{PlanDoc, Run, Side};

/// A file that a run can be downloaded as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Download {
    /// The failures table.
    Failures,
    /// The statistics table.
    Requests,
}

/// Offers a file of a run's numbers.
pub fn save(run: &Run, download: Download) {
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(run.started_millis / 1e3);
    let (kind, text) = match download {
        Download::Failures => ("failures", csv::failures(&run.board, started)),
        Download::Requests => ("requests", csv::requests(&run.board)),
    };
    let base_url = run.outline.base_url.as_ref();
    let host = base_url.map_or("simulated", |url| url.as_str());
    let host = host.split("://").last().unwrap_or_default();
    let host = host.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
    let name = format!(
        "mayfly_{}_{host}_{kind}.csv",
        js::file_time(run.started_millis)
    );
    // The browser itself says why it keeps a file back.
    let _ = js::download(&name, "text/csv", &text);
}

/// Offers the plan that is being written as a file.
pub fn save_plan(plan: &PlanDoc) {
    let (name, kind) = match plan.edited {
        Side::Json => ("plan.json", "application/json"),
        Side::Form | Side::Toml => ("plan.toml", "application/toml"),
    };
    // The browser itself says why it keeps a file back.
    let _ = js::download(name, kind, &plan.text);
}
