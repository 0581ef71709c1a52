//! The product in a real browser. The page must agree with what the target counted.

#![expect(
    clippy::tests_outside_test_module,
    reason = "the whole target is tests"
)]

mod controls;
mod demo;
mod diagnosis;
mod form;
mod looks;
mod results;
mod swarm;
