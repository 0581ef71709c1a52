//! Whether the numbers of a run are those of the target: valid, limited or invalid, and why.
//!
//! A generator that is late, full or stopped measures itself. Each rule here looks at one way in which
//! that happens and gives a reason with its evidence, the time it held, and what helps. `docs/validity.md`
//! has the limits and where they come from. Thresholds say whether the target passed; this says whether
//! they were asked of the right numbers.

mod rules;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::measure::accounts::Accounts;
use crate::measure::board::Board;
use crate::time::Elapsed;
use crate::verdict::threshold::TooFew;

/// How far the numbers of a run are those of the target.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Validity {
    /// The worst of the reasons.
    pub verdict: Grade,
    /// Why they are not valid, the worst first; empty if they are.
    pub reasons: Vec<Reason>,
    /// What became of everything that was due.
    pub accounts: Accounts,
}

/// How far numbers are to be believed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As they are.
    #[default]
    Valid,
    /// With what the reasons say.
    Limited,
    /// Not as numbers of the target.
    Invalid,
}

/// Why numbers are not simply those of the target.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Reason {
    /// What happened.
    pub cause: Cause,
    /// How bad it was.
    pub verdict: Grade,
    /// How it shows, with numbers: whole sentences.
    pub evidence: String,
    /// What helps: whole sentences.
    pub advice: String,
    /// When it was noticed first.
    #[serde(rename = "from_micros")]
    pub from: Elapsed,
    /// When it was noticed last.
    #[serde(rename = "to_micros")]
    pub to: Elapsed,
}

/// What made numbers of a target those of its generator.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// What was due is not the sum of what became of it.
    Counts,
    /// There is no answer at all.
    NothingMeasured,
    /// Requests that hung were given up, and are in no percentile.
    GivenUp,
    /// Requests waited for a free connection.
    OwnQueue,
    /// Arrivals were noticed late.
    StartLag,
    /// Less was sent than was wanted, because of the generator.
    RateNotReached,
    /// Users waited, as the target refused and asked for it.
    HeldBack,
    /// The generator did nothing for a while.
    Standstill,
    /// The generator had no processor time to spare.
    Processor,
    /// The system allowed no more connections.
    OpenFiles,
    /// Arrivals found no free user.
    Dropped,
    /// The clock is too coarse for these times.
    ClockResolution,
    /// The machine slept, or its clock was set.
    ClockStep,
    /// The page was hidden.
    Hidden,
    /// Another run of the same browser was going on.
    OtherRun,
    /// Requests of the browser that nobody counts.
    Preflights,
    /// Whether the browser lets requests wait for each other is not known.
    UnknownConnections,
    /// There are too few requests for the percentiles.
    TooFew,
}

impl Validity {
    /// What `board` says of its own numbers; `None` if it cannot know, for it is that of an earlier
    /// version. `too_few` are the percentiles of thresholds that have too few requests.
    pub fn new(board: &Board, too_few: &[TooFew]) -> Option<Self> {
        let facts = rules::Facts::new(board, too_few)?;
        let mut reasons: Vec<Reason> = rules::ALL.iter().filter_map(|it| it(&facts)).collect();
        reasons.sort_by_key(|it| std::cmp::Reverse(it.verdict));
        Some(Self {
            verdict: reasons.first().map(|it| it.verdict).unwrap_or_default(),
            reasons,
            accounts: facts.accounts,
        })
    }

    /// Whether the numbers are not those of the target.
    pub fn is_invalid(&self) -> bool {
        self.verdict == Grade::Invalid
    }
}

/// As it is called everywhere: `VALID`.
impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "VALID",
            Self::Limited => "LIMITED",
            Self::Invalid => "INVALID",
        })
    }
}

/// In a few words.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counts => "Counts do not add up",
            Self::NothingMeasured => "Nothing measured",
            Self::GivenUp => "Requests without an answer",
            Self::OwnQueue => "Wait for a connection",
            Self::StartLag => "Late arrivals",
            Self::RateNotReached => "Rate not reached",
            Self::HeldBack => "Held back",
            Self::Standstill => "Standstill",
            Self::Processor => "Processor busy",
            Self::OpenFiles => "No further connections",
            Self::Dropped => "Dropped arrivals",
            Self::ClockResolution => "Coarse clock",
            Self::ClockStep => "Clock set, or machine asleep",
            Self::Hidden => "Hidden page",
            Self::OtherRun => "Another run",
            Self::Preflights => "Preflights",
            Self::UnknownConnections => "Unknown connections",
            Self::TooFew => "Too few requests",
        })
    }
}

/// In a line: `LIMITED: Standstill (2 s to 8 s). …`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cause,
            verdict,
            evidence,
            advice,
            ..
        } = self;
        let when = self.when();
        write!(f, "{verdict}: {cause} ({when}). {evidence} {advice}")
    }
}

impl Reason {
    /// From when to when it held, since the run began: `2 s to 8 s`.
    pub fn when(&self) -> String {
        format!("{} to {}", seconds(self.from), seconds(self.to))
    }
}

/// A time of a run, to the tenth of a second.
fn seconds(at: Elapsed) -> String {
    format!("{} s", ((at.as_micros() + 50_000) / 100_000) as f64 / 10.0)
}
