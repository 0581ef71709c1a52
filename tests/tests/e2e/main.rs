//! The product in a real browser. The page must agree with what the target counted.

#![expect(
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "the whole target is tests"
)]

mod asking;
mod attacks;
mod charts;
mod controls;
mod demo;
mod diagnosis;
mod engine;
mod failures;
mod form;
mod helpers;
mod history;
mod http;
mod load;
mod locustfile;
mod looks;
mod native;
mod plan_form;
mod plan_text;
mod results;
mod shell;
mod start;
mod swarm;
mod tables;
mod trial;
mod validity;
