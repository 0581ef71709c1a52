//! How waits are written.

use super::values::{Real, Short, Tasks, Time, WaitLength};
use super::{Form, Mistake, TableOr, only, table};
use crate::plan::wait::{WaitRule, WaitTime};

/// A constant wait as a length of time, or a table with a rule.
pub(super) type Wait = TableOr<Time<WaitLength>, WaitTable>;

table! {
    /// How long a user waits: one of these rules. A length of time alone is `constant`.
    struct WaitTable {
        required {}
        optional {
            /// Drawn evenly from the first length to the second.
            between: (Short, Short),
            /// The same every time.
            constant: Short,
            /// So long that tasks start this far apart, if they do not take longer than that.
            pacing: Short,
            /// As if the tasks of many users came by chance: so many per second of waiting on
            /// average.
            poisson: Real<Tasks>,
            /// So long that one user starts so many tasks per second, if they do not take longer.
            throughput: Real<Tasks>,
        }
    }
}

impl Form for Wait {
    type Model = WaitTime;

    fn read(self) -> Result<WaitTime, Mistake> {
        let rule = match self {
            Self::Short(Time(length)) => WaitRule::Constant(length),
            Self::Table(table) => table.rule()?,
        };
        Ok(WaitTime::new(rule)?)
    }

    fn write(wait: &WaitTime) -> Self {
        let mut table = WaitTable {
            between: None,
            constant: None,
            pacing: None,
            poisson: None,
            throughput: None,
        };
        match wait.rule() {
            WaitRule::Between(start, end) => table.between = Some((Time(start), Time(end))),
            WaitRule::Constant(length) => return Self::Short(Time(length)),
            WaitRule::Pacing(period) => table.pacing = Some(Time(period)),
            WaitRule::Poisson(rate) => table.poisson = Some(Real::new(rate)),
            WaitRule::Throughput(rate) => table.throughput = Some(Real::new(rate)),
        }
        Self::Table(table)
    }
}

impl WaitTable {
    fn rule(self) -> Result<WaitRule, Mistake> {
        let between = self
            .between
            .map(|(start, end)| WaitRule::Between(start.0, end.0));
        let constant = self.constant.map(|it| WaitRule::Constant(it.0));
        let pacing = self.pacing.map(|it| WaitRule::Pacing(it.0));
        let poisson = self.poisson.map(|it| WaitRule::Poisson(it.get()));
        let throughput = self.throughput.map(|it| WaitRule::Throughput(it.get()));
        let (_, rule) = only(vec![
            ("between", between),
            ("constant", constant),
            ("pacing", pacing),
            ("poisson", poisson),
            ("throughput", throughput),
        ])?;
        Ok(rule)
    }
}
