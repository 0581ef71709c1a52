//! What the address of the page names: a plan, or a view.

pub mod link;
pub mod route;
