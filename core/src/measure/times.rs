//! Distributions of times with their exact ends and sum: `Times` to record into, [`TimeTotals`] to send
//! and read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::measure::histogram::{Buckets, Histogram};
use crate::time::micros;

/// A distribution of times, with its exact ends and sum.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct TimeTotals {
    /// Sum of all times, in µs.
    pub sum_micros: u64,
    /// The shortest; `None` if there are none. To the µs where it is kept as text.
    #[serde(rename = "min_micros", with = "micros_or_none")]
    pub min: Option<Duration>,
    /// The longest; `None` if there are none. To the µs where it is kept as text.
    #[serde(rename = "max_micros", with = "micros_or_none")]
    pub max: Option<Duration>,
    /// All of them, to three digits.
    pub buckets: Buckets,
}

impl TimeTotals {
    /// All of `parts` together.
    pub fn merged<'a>(parts: impl Iterator<Item = &'a Self> + Clone) -> Self {
        Self {
            sum_micros: parts.clone().map(|it| it.sum_micros).sum(),
            min: parts.clone().filter_map(|it| it.min).min(),
            max: parts.clone().filter_map(|it| it.max).max(),
            buckets: Buckets::merged(parts.map(|it| &it.buckets)),
        }
    }

    /// The mean; `None` if there are no times.
    pub fn mean(&self) -> Option<Duration> {
        self.sum_micros
            .checked_div(self.buckets.count())
            .map(Duration::from_micros)
    }

    /// The smallest time that at least the fraction `quantile` of all does not exceed; `None` if
    /// there are none. Never below [`min`](Self::min) nor above [`max`](Self::max).
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        Some(self.buckets.quantile(quantile)?.clamp(self.min?, self.max?))
    }
}

#[derive(Clone, Debug)]
pub(in crate::measure) struct Times {
    histogram: Histogram,
    sum: Duration,
    min: Option<Duration>,
    max: Option<Duration>,
}

impl Times {
    pub(in crate::measure) fn new() -> Self {
        Self {
            histogram: Histogram::new(3),
            sum: Duration::ZERO,
            min: None,
            max: None,
        }
    }

    pub(in crate::measure) fn record(&mut self, time: Duration) {
        self.histogram.record(time);
        self.sum += time;
        self.min = Some(self.min.map_or(time, |min| min.min(time)));
        self.max = self.max.max(Some(time));
    }

    pub(in crate::measure) fn totals(&self) -> TimeTotals {
        TimeTotals {
            sum_micros: micros(self.sum),
            min: self.min,
            max: self.max,
            buckets: self.histogram.buckets(),
        }
    }
}

/// A time: in formats of text a number of whole µs, which is all that clocks of a run tell.
mod micros_or_none {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::time::micros;

    #[expect(
        clippy::ref_option,
        reason = "serde hands over a reference to the field"
    )]
    pub(super) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return time.serialize(serializer);
        }
        time.map(micros).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        if !deserializer.is_human_readable() {
            return Option::deserialize(deserializer);
        }
        let micros = Option::<u64>::deserialize(deserializer)?;
        Ok(micros.map(Duration::from_micros))
    }
}
