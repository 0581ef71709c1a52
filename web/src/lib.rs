//! The page of Mayfly, and the worker that runs its engine: two programs, `bin/page.rs` and
//! `bin/engine.rs`, so that the page is there before the engine is loaded.
//!
//! Nothing here decides load: what can be computed without a browser is computed in `mayfly-core`,
//! or in one of the modules below that touch no browser and are tested without one.

#![expect(
    unnameable_types,
    reason = "public is what the two programs and the tests name, and nobody else uses this crate"
)]

// From the top down: each of these knows only those below it. `rooms.toml` has the floors, and a check
// keeps to them.
pub mod shell;

mod pages;

pub mod components;

mod control;

mod address;
pub mod worker;

pub mod browser;

pub mod store;

mod draft;
pub mod view;

mod gate;
