//! Whole plan files.

mod docs;
mod errors;
mod reading;
mod schema;
mod writing;

use super::*;

/// A plan with every part of the format.
const SAMPLE: &str = include_str!("tests/sample.toml");

/// What a plan needs besides what is looked at.
const LOAD: &str = "[load]\nusers = 1\nspawn_rate = 1\n";
const CLASS: &str = "[[user_class]]\nname = 'A'\ntask = [{ get = '/' }]\n";

/// A plan in TOML with these lines in `[load]`.
fn with_load(lines: &str) -> String {
    format!("version = 1\n{CLASS}[load]\n{lines}\n")
}

/// A plan in TOML with these lines in front of its tables.
fn with_lines(lines: &str) -> String {
    format!("version = 1\n{lines}\n{LOAD}{CLASS}")
}

/// A plan in TOML with these lines in its only user class.
fn with_class(lines: &str) -> String {
    format!("version = 1\n{LOAD}[[user_class]]\nname = 'A'\n{lines}\n")
}

/// A plan in TOML whose only task has these lines.
fn with_task(lines: &str) -> String {
    with_class(&format!("[[user_class.task]]\n{lines}"))
}

#[track_caller]
fn plan(toml: &str) -> Plan {
    let plan = Plan::from_toml(toml);
    plan.unwrap_or_else(|errors| panic!("{errors}\n\nin:\n{toml}"))
}
