//! The table of rooms, `rooms.toml`.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::Deserialize;

/// The packages of the table by their folders.
pub(crate) type Table = BTreeMap<String, Floors>;

/// The floors of a package.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Floors {
    /// Its rooms, floor by floor from top to bottom.
    pub(crate) floors: Vec<Vec<String>>,
    /// The arrows that may run upward, or along a floor.
    #[serde(default)]
    pub(crate) upward: Vec<Exception>,
}

/// An arrow that may run upward.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Why. It is not empty.
    pub(crate) reason: String,
}

impl Floors {
    /// How high a room is: zero at the bottom, `None` if the table does not have it.
    pub(crate) fn height(&self, room: &str) -> Option<usize> {
        let has_it = |floor: &Vec<String>| floor.iter().any(|it| it == room);
        self.floors.iter().rev().position(has_it)
    }

    /// Its rooms from top to bottom.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &str> {
        self.floors.iter().flatten().map(String::as_str)
    }
}

/// Reads the table.
///
/// # Errors
///
/// Fails if it is no such table, or if an exception has no reason.
pub(crate) fn parse(text: &str) -> anyhow::Result<Table> {
    let table: Table = toml::from_str(text)?;
    for (package, floors) in &table {
        for Exception { from, to, reason } in &floors.upward {
            ensure!(
                !reason.trim().is_empty(),
                "{package}: expected a reason why {from} → {to} may run upward"
            );
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_has_the_height_zero() {
        let table = parse("[core]\nfloors = [[\"plan\"], [\"time\", \"rng\"]]").unwrap();
        let heights = ["plan", "rng", "shard"].map(|it| table["core"].height(it));
        assert_eq!(heights, [Some(1), Some(0), None]);
    }

    #[test]
    fn an_exception_has_a_reason() {
        let table = |reason: &str| {
            let upward = format!("[{{ from = \"a\", to = \"b\", reason = \"{reason}\" }}]");
            parse(&format!("[core]\nfloors = []\nupward = {upward}"))
        };
        assert!(table("because").is_ok());
        assert!(table(" ").is_err());
    }

    #[test]
    fn what_the_table_does_not_know_is_refused() {
        assert!(parse("[core]\nfloor = []").is_err());
    }
}
