//! The root of the page, and what connects its state with the browser around it.

pub mod app;
pub mod control;
mod hooks;
pub mod later;
pub mod rest;
