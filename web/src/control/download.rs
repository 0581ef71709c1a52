//! Plans as files to save.

use crate::browser;
use crate::store::Side;

/// Offers the text of the plan that is being written as a file.
pub(crate) fn save_plan(side: Side, text: &str) {
    let (name, kind) = match side {
        Side::Json => ("plan.json", "application/json"),
        Side::Form | Side::Toml => ("plan.toml", "application/toml"),
    };
    // The browser itself says why it keeps a file back.
    let _ = browser::files::download(name, kind, text);
}

/// Offers a locustfile as a file.
pub(crate) fn save_script(name: &str, text: &str) {
    // As above.
    let _ = browser::files::download(name, "text/x-python", text);
}
