//! How the load is written.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::values::{PerSecond, Real, RunLength, Short, Spawns, Time, Whole};
use super::{As, Form, Mistake, forms, none_of, only, table};
use crate::plan::{ArrivalRate, ArrivalStage, Arrivals, Load, Shape, SpawnRate, Stage, Users};

table! {
    /// How much load there is, and until when: `users` and `spawn_rate`, or `stages`, or
    /// `arrivals`.
    struct LoadTable {
        required {}
        optional {
            /// Users at the peak.
            users: Whole<1, 1_000_000>,
            /// Users started per second.
            spawn_rate: Real<Spawns>,
            /// Numbers of users, one after the other.
            stages: Vec<As<StageTable>>,
            /// Rates at which tasks are started, one after the other, whether or not earlier tasks
            /// are done.
            arrivals: Vec<As<ArrivalTable>>,
            /// The most users there may be for `arrivals`; 1000 if it is left out. A task that finds
            /// all of them busy is dropped, and counted as such.
            max_users: Whole<1, 1_000_000>,
            /// When the run ends by itself. Without it, a run ends with its last stage, if it has
            /// stages.
            run_time: Time<RunLength>,
            /// The run ends once so many requests were sent and answered.
            max_requests: Whole<1, { u64::MAX }>,
            /// How long users that are stopped may go on with their task; they may not if it is left
            /// out.
            stop_timeout: Short,
            /// The number all randomness of the run comes from; a new one for every run if it is
            /// left out.
            seed: Whole<0, { u64::MAX }>,
            /// Whether the run ends by itself if the target answers mostly with 429 or 503, or is
            /// gone, and users wait as long as an answer with 429 or 503 asks for by `Retry-After`. If
            /// it is left out, that is so if a host is not of this machine or network.
            autostop: bool,
        }
    }
}

impl LoadTable {
    fn empty() -> Self {
        Self {
            users: None,
            spawn_rate: None,
            stages: None,
            arrivals: None,
            max_users: None,
            run_time: None,
            max_requests: None,
            stop_timeout: None,
            seed: None,
            autostop: None,
        }
    }

    fn shape(&mut self) -> Result<Shape, Mistake> {
        let (key, ()) = only(vec![
            ("users", self.users.map(drop)),
            ("stages", self.stages.as_ref().map(drop)),
            ("arrivals", self.arrivals.as_ref().map(drop)),
        ])?;
        if key != "users" {
            none_of(self.spawn_rate.as_ref(), "spawn_rate", "“users”")?;
        }
        if key != "arrivals" {
            none_of(self.max_users.as_ref(), "max_users", "“arrivals”")?;
        }
        if let Some(stages) = self.stages.take() {
            let stages: Vec<Stage> = stages.into_iter().map(|it| it.0).collect();
            return Ok(Shape::Stages(stages.try_into()?));
        }
        if let Some(arrivals) = self.arrivals.take() {
            let stages = arrivals.into_iter().map(|it| it.0).collect();
            let max_users = self.max_users.map_or(Arrivals::MAX_USERS, Whole::small);
            return Ok(Shape::Arrivals(Arrivals::new(
                stages,
                max_users.try_into()?,
            )?));
        }
        let (Some(users), Some(spawn_rate)) = (&self.users, &self.spawn_rate) else {
            return Err(Mistake::Without {
                key: "users",
                missing: "spawn_rate",
            });
        };
        Ok(Shape::Users(Users {
            users: users.small().try_into()?,
            spawn_rate: spawn_rate.get().try_into()?,
        }))
    }

    fn set_shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Arrivals(arrivals) => {
                self.arrivals = Some(forms(arrivals.stages()));
                let max_users = arrivals.max_users().get();
                let is_default = max_users == Arrivals::MAX_USERS;
                self.max_users = (!is_default).then(|| Whole::new(max_users));
            }
            Shape::Stages(stages) => self.stages = Some(forms(stages.as_slice())),
            Shape::Users(Users { users, spawn_rate }) => {
                self.users = Some(Whole::new(users.get()));
                self.spawn_rate = Some(Real::new(spawn_rate.get()));
            }
        }
    }
}

impl Form for LoadTable {
    type Model = Load;

    fn read(mut self) -> Result<Load, Mistake> {
        Ok(Load {
            shape: self.shape()?,
            run_time: self.run_time.map(|it| it.0),
            max_requests: self.max_requests.and_then(|it| NonZeroU64::new(it.get())),
            stop_timeout: self.stop_timeout.map_or(Duration::ZERO, |it| it.0),
            seed: self.seed.map(Whole::get),
            autostop: self.autostop,
        })
    }

    fn write(load: &Load) -> Self {
        let mut table = Self::empty();
        table.set_shape(&load.shape);
        table.run_time = load.run_time.map(Time);
        table.max_requests = load.max_requests.map(Whole::new);
        table.stop_timeout = (!load.stop_timeout.is_zero()).then_some(Time(load.stop_timeout));
        table.seed = load.seed.map(Whole::new);
        table.autostop = load.autostop;
        table
    }
}

table! {
    /// A stretch of time over which the swarm goes to a number of users, and stays there.
    struct StageTable {
        required {
            /// How long it lasts, counted from the end of the stage before.
            duration: Time<RunLength>,
            /// Users to go to; 0 is a pause.
            users: Whole<0, 1_000_000>,
            /// Users started, or stopped, per second.
            spawn_rate: Real<Spawns>,
        }
        optional {}
    }
}

impl Form for StageTable {
    type Model = Stage;

    fn read(self) -> Result<Stage, Mistake> {
        Ok(Stage {
            length: self.duration.0,
            users: self.users.small(),
            spawn_rate: SpawnRate::try_from(self.spawn_rate.get())?,
        })
    }

    fn write(stage: &Stage) -> Self {
        Self {
            duration: Time(stage.length),
            users: Whole::new(stage.users),
            spawn_rate: Real::new(stage.spawn_rate.get()),
        }
    }
}

table! {
    /// A stretch of time over which the arrival rate changes in a straight line.
    struct ArrivalTable {
        required {
            /// How long it lasts, counted from the end of the stage before.
            duration: Time<RunLength>,
            /// Tasks started per second: a number, or a list of two for the start and the end.
            rate: Rates,
        }
        optional {}
    }
}

/// Rates at the start and at the end.
pub(in crate::plan) struct Rates {
    from: ArrivalRate,
    to: ArrivalRate,
}

impl<'de> Deserialize<'de> for Rates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrTwo)
    }
}

impl Serialize for Rates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [from, to] = [self.from, self.to].map(|it| Real::<PerSecond>::new(it.get()));
        if self.from == self.to {
            from.serialize(serializer)
        } else {
            (from, to).serialize(serializer)
        }
    }
}

struct OneOrTwo;

impl OneOrTwo {
    fn same<E: Error>(rate: Real<PerSecond>) -> Result<Rates, E> {
        Self::rates(rate.get(), rate.get())
    }

    fn rates<E: Error>(from: f64, to: f64) -> Result<Rates, E> {
        let rate = |it| ArrivalRate::try_from(it).map_err(E::custom);
        Ok(Rates {
            from: rate(from)?,
            to: rate(to)?,
        })
    }
}

impl<'de> Visitor<'de> for OneOrTwo {
    type Value = Rates;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tasks started per second, a number or a list of two")
    }

    fn visit_f64<E: Error>(self, rate: f64) -> Result<Rates, E> {
        Self::same(Real::deserialize(rate.into_deserializer())?)
    }

    fn visit_i64<E: Error>(self, rate: i64) -> Result<Rates, E> {
        Self::same(Real::deserialize(rate.into_deserializer())?)
    }

    fn visit_u64<E: Error>(self, rate: u64) -> Result<Rates, E> {
        Self::same(Real::deserialize(rate.into_deserializer())?)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rates, A::Error> {
        let mut rates: Vec<Real<PerSecond>> = Vec::new();
        while let Some(rate) = seq.next_element()? {
            rates.push(rate);
        }
        match rates.as_slice() {
            [from, to] => Self::rates(from.get(), to.get()),
            _ => Err(A::Error::invalid_length(rates.len(), &self)),
        }
    }
}

impl Form for ArrivalTable {
    type Model = ArrivalStage;

    fn read(self) -> Result<ArrivalStage, Mistake> {
        Ok(ArrivalStage {
            length: self.duration.0,
            from: self.rate.from,
            to: self.rate.to,
        })
    }

    fn write(stage: &ArrivalStage) -> Self {
        Self {
            duration: Time(stage.length),
            rate: Rates {
                from: stage.from,
                to: stage.to,
            },
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Rates {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rates".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<Real<PerSecond>>();
        let two = generator.subschema_for::<(Real<PerSecond>, Real<PerSecond>)>();
        schemars::json_schema!({ "anyOf": [one, two] })
    }
}
