//! Numbers become what is shown: pure, and tested without a browser.

pub(crate) mod chart_model;
pub(crate) mod comparison;
pub(crate) mod diagnosis;
pub(crate) mod format;
pub(crate) mod from_here;
pub(crate) mod load_picture;
pub mod model;
pub(crate) mod question;
