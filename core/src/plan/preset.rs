//! Usual load shapes, which fill the stages of a plan.

use std::time::Duration;

use crate::plan::range::Range;
use crate::plan::{
    ArrivalRate, ArrivalStage, Arrivals, PlanError, RunTime, Shape, SpawnRate, Stage, UserCount,
};

/// A usual load shape. Its level is users, or arrivals per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preset {
    /// Two waves, of which the second is lower: the shape `DoubleWave` of Locust's examples.
    DoubleWave {
        /// Level before, between and after the waves.
        low: f64,
        /// Level of the first wave.
        first: f64,
        /// Level of the second wave.
        second: f64,
        /// How long all of it takes.
        length: Duration,
    },
    /// Up in a straight line, and then on at that level.
    Ramp {
        /// Level at the end of the line.
        peak: f64,
        /// How long the line is.
        up: Duration,
        /// How long the level is kept.
        hold: Duration,
    },
    /// A ramp up, a long time at one level, and a ramp down.
    Soak {
        /// The level.
        level: f64,
        /// How long each of the ramps takes.
        ramp: Duration,
        /// How long the level is kept.
        hold: Duration,
    },
    /// A usual level, a sudden peak, and the usual level again.
    Spike {
        /// The usual level.
        low: f64,
        /// The level of the peak.
        peak: f64,
        /// How long the usual level is kept, before the peak and after it.
        calm: Duration,
        /// How long the peak is.
        spike: Duration,
    },
    /// From level to level, each kept for the same time.
    Steps {
        /// What each step adds.
        step: f64,
        /// How many steps there are.
        n_steps: u32,
        /// How long each step is.
        length: Duration,
    },
}

/// A straight line of a shape.
struct Line {
    length: Duration,
    from: f64,
    to: f64,
}

impl Preset {
    /// How many straight lines stand for the curve of [`DoubleWave`](Self::DoubleWave).
    const WAVE_LINES: u32 = 60;

    /// As stages of a closed model. Levels are rounded to whole users; a jump takes a second.
    ///
    /// # Errors
    ///
    /// Fails if a level is no number of users, or a length is zero.
    pub fn stages(self) -> Result<Shape, PlanError> {
        let mut level = 0;
        let mut stage = |line: Line| {
            let from = std::mem::replace(&mut level, users(line.to)?);
            let change = f64::from(from.abs_diff(level)).max(1.0);
            let is_jump = line.from == line.to || users(line.from)? != from;
            let secs = if is_jump {
                1.0
            } else {
                line.length.as_secs_f64()
            };
            Ok(Stage {
                length: RunTime::try_from(line.length)?,
                users: level,
                spawn_rate: SpawnRate::try_from(change / secs)?,
            })
        };
        let stages: Result<Vec<Stage>, PlanError> =
            self.lines().into_iter().map(&mut stage).collect();
        stages?.try_into().map(Shape::Stages)
    }

    /// As stages of an open model, done by at most `max_users` users.
    ///
    /// # Errors
    ///
    /// Fails if a level is no arrival rate, or a length is zero.
    pub fn arrivals(self, max_users: UserCount) -> Result<Shape, PlanError> {
        let stage = |line: Line| {
            Ok(ArrivalStage {
                length: RunTime::try_from(line.length)?,
                from: ArrivalRate::try_from(line.from)?,
                to: ArrivalRate::try_from(line.to)?,
            })
        };
        let stages: Result<Vec<ArrivalStage>, PlanError> =
            self.lines().into_iter().map(stage).collect();
        Arrivals::new(stages?, max_users).map(Shape::Arrivals)
    }

    fn lines(self) -> Vec<Line> {
        let line = |length, from, to| Line { length, from, to };
        let flat = |length, level| line(length, level, level);
        match self {
            Self::DoubleWave { length, .. } => {
                let level = |n: u32| self.wave(f64::from(n) / f64::from(Self::WAVE_LINES));
                (0..Self::WAVE_LINES)
                    .map(|n| line(length / Self::WAVE_LINES, level(n), level(n + 1)))
                    .collect()
            }
            Self::Ramp { peak, up, hold } => vec![line(up, 0.0, peak), flat(hold, peak)],
            Self::Soak { level, ramp, hold } => {
                vec![
                    line(ramp, 0.0, level),
                    flat(hold, level),
                    line(ramp, level, 0.0),
                ]
            }
            Self::Spike {
                low,
                peak,
                calm,
                spike,
            } => vec![flat(calm, low), flat(spike, peak), flat(calm, low)],
            Self::Steps {
                step,
                n_steps,
                length,
            } => (1..=n_steps)
                .map(|n| flat(length, f64::from(n) * step))
                .collect(),
        }
    }

    /// The level of the double wave after the fraction `progress` of its length.
    ///
    /// Two bells over the low level, at a third and at two thirds: with T the length and t the time,
    /// (first − low)·e^−(t·15/T − 5)² + (second − low)·e^−(t·15/T − 10)² + low. The formula is that of
    /// Locust's example `double_wave.py`.
    fn wave(self, progress: f64) -> f64 {
        let Self::DoubleWave {
            low, first, second, ..
        } = self
        else {
            return 0.0;
        };
        let bell = |peak: f64, center: f64| {
            let distance = progress * 15.0 - center;
            (peak - low) * libm::exp(-distance * distance)
        };
        bell(first, 5.0) + bell(second, 10.0) + low
    }
}

fn users(level: f64) -> Result<u32, PlanError> {
    let is_count = (0.0..=f64::from(Range::USERS.max)).contains(&level);
    is_count
        .then(|| libm::round(level) as u32)
        .ok_or_else(|| PlanError::number(Range::USERS, level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::spawn::UserSchedule;
    use crate::time::Elapsed;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// Users shortly before each of these times.
    #[track_caller]
    fn check(preset: Preset, expected: &[(u64, u32)]) {
        let schedule = UserSchedule::new(&preset.stages().unwrap()).unwrap();
        for &(secs, users) in expected {
            let at = Elapsed::from_micros(secs * 1_000_000 - 1);
            assert_eq!(schedule.target(at), users, "before {secs} s");
        }
    }

    #[test]
    fn a_ramp_reaches_its_peak_and_stays() {
        let (up, hold) = (secs(10), secs(20));
        check(
            Preset::Ramp {
                peak: 100.0,
                up,
                hold,
            },
            &[(1, 10), (5, 50), (10, 100), (30, 100)],
        );
    }

    #[test]
    fn steps_are_locusts() {
        let length = secs(30);
        check(
            Preset::Steps {
                step: 10.0,
                n_steps: 3,
                length,
            },
            &[(2, 10), (30, 10), (32, 20), (60, 20), (62, 30), (90, 30)],
        );
    }

    #[test]
    fn a_spike_comes_and_goes_in_a_second() {
        let (calm, spike) = (secs(20), secs(5));
        check(
            Preset::Spike {
                low: 5.0,
                peak: 500.0,
                calm,
                spike,
            },
            &[(20, 5), (21, 500), (25, 500), (26, 5), (45, 5)],
        );
    }

    #[test]
    fn a_soak_ends_with_nobody() {
        let (ramp, hold) = (secs(60), secs(3600));
        let level = 30.0;
        check(
            Preset::Soak { level, ramp, hold },
            &[(60, 30), (3660, 30), (3690, 15), (3720, 0)],
        );
    }

    #[test]
    fn the_double_wave_is_locusts() {
        let golden = crate::tests::locust_dispatch::golden();
        let wave = Preset::DoubleWave {
            low: 20.0,
            first: 60.0,
            second: 40.0,
            length: secs(600),
        };
        let points: Vec<(u64, u32)> =
            serde_json::from_value(golden["double_wave_users"].clone()).unwrap();
        assert_eq!(points.len(), 30);
        check(wave, &points[1..]);
        // Locust starts as many users a second as it wants.
        check(wave, &[(1, 20)]);
    }

    #[test]
    fn arrivals_have_the_same_level() {
        let max_users = UserCount::try_from(50).unwrap();
        let (up, hold) = (secs(10), secs(20));
        let ramp = Preset::Ramp {
            peak: 100.0,
            up,
            hold,
        };
        let Ok(Shape::Arrivals(arrivals)) = ramp.arrivals(max_users) else {
            panic!("a ramp can be arrivals");
        };
        let schedule = crate::schedule::arrival::ArrivalSchedule::new(&arrivals);
        for (at, rate) in [(0, 0.0), (5, 50.0), (10, 100.0), (29, 100.0), (30, 0.0)] {
            assert_eq!(schedule.rate(Elapsed::from_secs(at)), rate);
        }
    }

    #[test]
    fn levels_and_lengths_must_make_sense() {
        let ramp = |peak, up| Preset::Ramp {
            peak,
            up,
            hold: secs(1),
        };
        assert!(ramp(f64::NAN, secs(1)).stages().is_err());
        assert!(ramp(-1.0, secs(1)).stages().is_err());
        assert!(ramp(10.0, secs(0)).stages().is_err());
    }
}
