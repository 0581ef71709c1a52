//! Numbers become what is shown: pure, and tested without a browser.

pub mod chart_model;
pub mod comparison;
pub mod diagnosis;
pub mod format;
pub mod load_picture;
pub mod model;
