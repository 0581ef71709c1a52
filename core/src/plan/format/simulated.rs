//! How the simulated API is written.

use serde::{Deserialize, Serialize};

use super::values::{Real, Short, Spread, Time, Unit, Whole};
use super::{As, Form, Mistake, TableOr, models, only, some_forms, table};
use crate::simulate::{Model, ServiceTime, Stall};

table! {
    /// A simulated API in place of a host; nothing leaves the machine.
    struct SimulatedTable {
        required {}
        optional {
            /// How many requests it works on at once; the others queue.
            workers: Whole<1, 10_000>,
            /// The most requests that are on their way to it, or in it, at once.
            max_in_flight: Whole<1, 1_000_000>,
            /// How long it works on a request: "path", which is as long as the path says, or a
            /// distribution.
            service_time: As<ServiceTimeForm>,
            /// The part of the requests it answers with an error.
            error_rate: Real<Unit>,
            /// Times at which it stands still.
            stalls: Vec<As<StallTable>>,
        }
    }
}

impl Form for SimulatedTable {
    type Model = Model;

    fn read(self) -> Result<Model, Mistake> {
        let mut model = Model::default();
        if let Some(workers) = self.workers {
            model.workers = workers.small();
        }
        if let Some(max_in_flight) = self.max_in_flight {
            model.max_in_flight = max_in_flight.small() as usize;
        }
        if let Some(As(service_time)) = self.service_time {
            model.service_time = service_time;
        }
        if let Some(error_rate) = self.error_rate {
            model.error_rate = error_rate.get();
        }
        if self.stalls.is_some() {
            model.stalls = models(self.stalls);
        }
        Ok(model)
    }

    fn write(model: &Model) -> Self {
        let default = Model::default();
        let has_workers = model.workers != default.workers;
        let has_limit = model.max_in_flight != default.max_in_flight;
        let has_service_time = model.service_time != default.service_time;
        let has_errors = model.error_rate != default.error_rate;
        Self {
            workers: has_workers.then(|| Whole::new(model.workers)),
            max_in_flight: has_limit.then(|| Whole::new(model.max_in_flight as u64)),
            service_time: has_service_time.then(|| As(model.service_time.clone())),
            error_rate: has_errors.then(|| Real::new(model.error_rate)),
            stalls: some_forms(&model.stalls),
        }
    }
}

table! {
    /// A time at which the simulated API stands still.
    struct StallTable {
        required {
            /// When it starts, counted from the start of the run.
            at: Short,
            /// How long it lasts.
            duration: Short,
        }
        optional {}
    }
}

impl Form for StallTable {
    type Model = Stall;

    fn read(self) -> Result<Stall, Mistake> {
        Ok(Stall {
            at: self.at.0,
            length: self.duration.0,
        })
    }

    fn write(stall: &Stall) -> Self {
        Self {
            at: Time(stall.at),
            duration: Time(stall.length),
        }
    }
}

/// The word for the service time of the path, or a table with a distribution.
type ServiceTimeForm = TableOr<PathWord, ServiceTimeTable>;

#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(expecting = "“path” or a table", rename_all = "snake_case")]
pub(in crate::plan) enum PathWord {
    Path,
}

table! {
    /// A distribution of service times: one of these.
    struct ServiceTimeTable {
        required {}
        optional {
            /// The same every time.
            constant: Short,
            /// Exponential, with this mean.
            exponential: Short,
            /// Log-normal: most are near the median, some much longer.
            log_normal: LogNormalTable,
            /// Drawn evenly from the first length to the second.
            uniform: (Short, Short),
        }
    }
}

table! {
    /// A log-normal distribution.
    struct LogNormalTable {
        required {
            /// Half of the service times are shorter.
            median: Short,
            /// The standard deviation of their logarithm; 0 is a constant.
            spread: Real<Spread>,
        }
        optional {}
    }
}

impl Form for ServiceTimeForm {
    type Model = ServiceTime;

    fn read(self) -> Result<ServiceTime, Mistake> {
        let table = match self {
            Self::Short(PathWord::Path) => return Ok(ServiceTime::Path),
            Self::Table(table) => table,
        };
        let log_normal = table.log_normal.map(|it| ServiceTime::LogNormal {
            median: it.median.0,
            spread: it.spread.get(),
        });
        let uniform = table.uniform.map(|(from, to)| ServiceTime::Uniform {
            from: from.0,
            to: to.0,
        });
        let (_, service_time) = only(vec![
            (
                "constant",
                table.constant.map(|it| ServiceTime::Constant(it.0)),
            ),
            (
                "exponential",
                table
                    .exponential
                    .map(|it| ServiceTime::Exponential { mean: it.0 }),
            ),
            ("log_normal", log_normal),
            ("uniform", uniform),
        ])?;
        match service_time {
            ServiceTime::Uniform { from, to } if to < from => Err(Mistake::Uniform { from, to }),
            service_time => Ok(service_time),
        }
    }

    fn write(service_time: &ServiceTime) -> Self {
        let mut table = ServiceTimeTable {
            constant: None,
            exponential: None,
            log_normal: None,
            uniform: None,
        };
        match *service_time {
            ServiceTime::Constant(length) => table.constant = Some(Time(length)),
            ServiceTime::Exponential { mean } => table.exponential = Some(Time(mean)),
            ServiceTime::LogNormal { median, spread } => {
                let (median, spread) = (Time(median), Real::new(spread));
                table.log_normal = Some(LogNormalTable { median, spread });
            }
            ServiceTime::Path => return Self::Short(PathWord::Path),
            ServiceTime::Uniform { from, to } => table.uniform = Some((Time(from), Time(to))),
        }
        Self::Table(table)
    }
}
