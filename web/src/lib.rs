//! The page of Mayfly, and the worker that runs its engine: two programs, `bin/page.rs` and
//! `bin/engine.rs`, so that the page is there before the engine is loaded.
//!
//! Nothing here decides load: what can be computed without a browser is computed in `mayfly-core`,
//! or in one of the modules below that touch no browser and are tested without one.

// Pure.
pub mod diagnosis;
pub mod form;
pub mod format;
pub mod model;
pub mod outline;
pub mod protocol;
pub mod store;

// What runs in the window.
pub mod app;
pub mod components;
pub mod engine;
pub mod pages;

// What runs in the worker.
pub mod worker;

// All contact with JavaScript that is not the worker's.
pub mod js;
mod uplot;
