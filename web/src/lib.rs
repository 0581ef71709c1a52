//! The page of Mayfly, and the worker that runs its engine: two programs, `bin/page.rs` and
//! `bin/engine.rs`, so that the page is there before the engine is loaded.
//!
//! Nothing here decides load: what can be computed without a browser is computed in `mayfly-core`,
//! or in one of the modules below that touch no browser and are tested without one.

// Pure.
pub mod chart_model;
pub mod comparison;
pub mod diagnosis;
pub mod format;
pub mod gate;
pub mod keys;
pub mod load_kind;
pub mod load_picture;
pub mod model;
pub mod outline;
pub mod promise;
pub mod route;
pub mod secrets;
pub mod store;
pub mod watch;

// What runs in the window.
pub mod app;
pub mod components;
pub mod control;
pub mod download;
pub mod engine;
pub mod hooks;
pub mod intents;
pub mod later;
pub mod link;
pub mod pages;
pub mod rest;
pub mod shortcut;

// What runs in the worker.
pub mod worker;

// All contact with JavaScript that is not the worker's.
pub mod js;
mod uplot;
