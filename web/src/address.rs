//! What the address of the page names: a plan, or a view.

pub(crate) mod link;
pub(crate) mod route;
