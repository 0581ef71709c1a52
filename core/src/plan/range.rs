//! Which numbers a plan may hold, and how errors say so.

use std::fmt;

use crate::digits::grouped;

/// The numbers that a value may be, both ends included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Range {
    // What the numbers are, in words that “from” or “above” can follow.
    what: &'static str,
    // `None` is anything above zero.
    pub(super) min: Option<u32>,
    pub(super) max: u32,
}

impl Range {
    pub(super) const ARRIVAL_RATE: Self =
        Self::from_zero("tasks started per second, a number", MILLION);
    pub(super) const CLASS_WEIGHT: Self = Self::from_zero("a weight, a number", MILLION);
    pub(super) const SPAWN_RATE: Self = Self::above_zero("users started per second, a number");
    pub(super) const SPREAD: Self = Self::from_zero("a spread, a number", 10);
    pub(super) const TASK_RATE: Self = Self::above_zero("tasks per second, a number");
    pub(super) const UNIT: Self = Self::from_zero("a number", 1);
    pub(super) const USERS: Self = Self {
        what: "a whole number of users",
        min: Some(1),
        max: MILLION,
    };
    pub(super) const WAIT: Self = Self::from_zero("seconds, a number", 86_400);

    const fn from_zero(what: &'static str, max: u32) -> Self {
        Self {
            what,
            min: Some(0),
            max,
        }
    }

    const fn above_zero(what: &'static str) -> Self {
        Self {
            what,
            min: None,
            max: MILLION,
        }
    }

    pub(super) fn contains(self, number: f64) -> bool {
        let is_above = match self.min {
            Some(min) => f64::from(min) <= number,
            None => 0.0 < number,
        };
        is_above && number <= f64::from(self.max)
    }
}

const MILLION: u32 = 1_000_000;

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = grouped(self.max.into(), ',');
        match self.min {
            Some(min) => write!(f, "{} from {min} to {max}", self.what),
            None => write!(f, "{} above 0 and up to {max}", self.what),
        }
    }
}
