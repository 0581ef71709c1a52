//! The queueing model of the simulated API: who works when, and for how long. What is answered is
//! not decided here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::few;
use crate::rng::Rng;
use crate::time::Elapsed;

/// An API with some workers, each of which answers one request at a time, in order of arrival.
///
/// A request that was given up is worked on all the same: the workers do not hear of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// How many requests are worked on at once, in `1..=10_000`; a number beyond counts as the
    /// nearest.
    pub workers: u32,
    /// How long a worker needs for a request.
    pub service_time: ServiceTime,
    /// Share of requests that are answered with status 500 and have no effect, in `[0, 1]`; drawn
    /// for each request.
    pub error_rate: f64,
    /// When the work rests, in any order. They may overlap.
    pub stalls: Vec<Stall>,
    /// How many requests may be under way at once, the waiting ones included; above zero. The
    /// others wait in the shard.
    pub max_in_flight: usize,
}

impl Model {
    /// The most workers there can be.
    pub const MAX_WORKERS: u32 = 10_000;
}

impl Default for Model {
    /// Four workers with the usual times, and as many requests under way as a browser opens to one
    /// host, so that they can queue.
    fn default() -> Self {
        Self {
            workers: 4,
            service_time: ServiceTime::Path,
            error_rate: 0.0,
            stalls: Vec::new(),
            max_in_flight: 6,
        }
    }
}

/// How long a worker needs for a request, when nothing stalls.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ServiceTime {
    /// The same for every request.
    Constant(Duration),
    /// Exponentially distributed: short times are frequent, and there is no longest one.
    Exponential {
        /// The average.
        mean: Duration,
    },
    /// Log-normally distributed: most times are near the median, and a few are long.
    LogNormal {
        /// Half of the times are below.
        median: Duration,
        /// Standard deviation of the logarithm; finite, zero or above. With zero every time is the
        /// median.
        spread: f64,
    },
    /// Log-normally distributed around the usual time of the path, with the spread 0.4;
    /// `/delay/{ms}` needs what it says.
    #[default]
    Path,
    /// Equally likely between two times.
    Uniform {
        /// The shortest.
        from: Duration,
        /// The longest. If it is below `from`, every time is `from`.
        to: Duration,
    },
}

impl ServiceTime {
    /// A time for a request whose path usually takes `usual`.
    pub(super) fn draw(&self, rng: &mut Rng, usual: UsualTime) -> Duration {
        match *self {
            Self::Constant(time) => time,
            Self::Exponential { mean } => scaled(mean, exponential(rng)),
            Self::LogNormal { median, spread } => log_normal(rng, median, spread),
            Self::Path => log_normal(rng, usual.median, usual.spread),
            Self::Uniform { from, to } => from + scaled(to.saturating_sub(from), rng.unit()),
        }
    }
}

/// A time in which all workers rest.
///
/// A worker's time stands still during a stall: a request whose work would overlap it ends later by
/// the overlap, and one that would begin in it begins at its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stall {
    /// When it begins, counted from the start of the run.
    pub at: Duration,
    /// How long it lasts.
    pub length: Duration,
}

/// How long a path takes: the median, and the standard deviation of the logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct UsualTime {
    pub(super) median: Duration,
    pub(super) spread: f64,
}

/// When each worker is free, and when all rest.
pub(super) struct Queue {
    // Never empty.
    workers: BinaryHeap<Reverse<Elapsed>>,
    stalls: Stalls,
}

impl Queue {
    pub(super) fn new(n_workers: u32, stalls: &[Stall]) -> Self {
        let n_workers = n_workers.clamp(1, Model::MAX_WORKERS);
        Self {
            workers: (0..n_workers).map(|_| Reverse(Elapsed::ZERO)).collect(),
            stalls: Stalls::new(stalls),
        }
    }

    /// When a request that arrives now is done, if it needs so much work.
    ///
    /// It takes the worker that is free first. Requests must come in order of time.
    pub(super) fn add(&mut self, now: Elapsed, work: Duration) -> Elapsed {
        let first = self.workers.peek_mut();
        let mut worker = first.expect("never empty: filled in `new`");
        let done = self.stalls.end_of_work(worker.0.max(now), work);
        worker.0 = done;
        done
    }
}

/// Stalls in order of time, none of which touch: when each begins and ends.
struct Stalls(Vec<(Elapsed, Elapsed)>);

impl Stalls {
    fn new(stalls: &[Stall]) -> Self {
        let mut sorted = stalls.to_vec();
        few::sort_by(&mut sorted, |a, b| a.at.cmp(&b.at));
        let mut joined: Vec<(Elapsed, Elapsed)> = Vec::new();
        for stall in sorted {
            let from = Elapsed::ZERO + stall.at;
            let until = from + stall.length;
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => joined.push((from, until)),
            }
        }
        Self(joined)
    }

    fn end_of_work(&self, start: Elapsed, work: Duration) -> Elapsed {
        let mut end = start + work;
        let first = self.0.partition_point(|&(_, until)| until <= start);
        for &(from, until) in &self.0[first..] {
            if end <= from {
                break;
            }
            end = end + until.since(from.max(start));
        }
        end
    }
}

/// From the exponential distribution with mean one.
fn exponential(rng: &mut Rng) -> f64 {
    -libm::log(1.0 - rng.unit())
}

/// A time from the log-normal distribution with this median, by the method of Box and Muller.
///
/// The functions are those of libm, which give the same bits on every target.
fn log_normal(rng: &mut Rng, median: Duration, spread: f64) -> Duration {
    if spread == 0.0 {
        return median;
    }
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - rng.unit()));
    let normal = radius * libm::cos(std::f64::consts::TAU * rng.unit());
    scaled(median, libm::exp(spread * normal))
}

/// `time` times `factor`, or the longest time if that is more.
fn scaled(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    use super::*;

    const MILLIS: Duration = Duration::from_millis(1);
    const USUAL: UsualTime = UsualTime {
        median: MILLIS,
        spread: 0.0,
    };

    fn draws(service_time: &ServiceTime) -> Vec<Duration> {
        let mut rng = Rng::new(1, 0);
        let draw = |_| service_time.draw(&mut rng, USUAL);
        (0..10_000).map(draw).collect()
    }

    #[test]
    fn half_of_log_normal_times_are_below_the_median() {
        let median = 100 * MILLIS;
        let spread = 0.4;
        let times = draws(&ServiceTime::LogNormal { median, spread });
        let below = times.iter().filter(|&&it| it < median).count();
        // Five standard deviations of a fair coin.
        assert!((4_750..5_250).contains(&below), "{below}");
    }

    #[test]
    fn exponential_times_have_their_mean() {
        let times = draws(&ServiceTime::Exponential { mean: 100 * MILLIS });
        let mean = times.iter().sum::<Duration>() / 10_000;
        // Five standard deviations of the mean.
        assert!((95 * MILLIS..105 * MILLIS).contains(&mean), "{mean:?}");
    }

    #[test]
    fn uniform_times_stay_between_their_bounds() {
        let (from, to) = (10 * MILLIS, 20 * MILLIS);
        let times = draws(&ServiceTime::Uniform { from, to });
        assert!(times.iter().all(|it| (from..to).contains(it)));
        let in_upper_half = times.iter().filter(|&&it| 15 * MILLIS < it).count();
        assert!((4_750..5_250).contains(&in_upper_half), "{in_upper_half}");

        let backwards = ServiceTime::Uniform { from: to, to: from };
        assert!(draws(&backwards).iter().all(|&it| it == to));
    }

    #[test]
    fn no_spread_is_too_wide() {
        let (median, spread) = (Duration::MAX, 1e300);
        let times = draws(&ServiceTime::LogNormal { median, spread });
        assert!(times.contains(&Duration::MAX) && times.contains(&Duration::ZERO));
    }

    /// With λ arrivals and μ services a second, both without memory, an answer takes 1/(μ − λ) on
    /// average (M/M/1). With λ = 70 and μ = 100 the standard deviation of this mean is below 1 %.
    #[test]
    fn one_worker_is_the_queue_of_the_textbook() {
        for arrivals in [20.0, 50.0, 70.0] {
            let service_time = ServiceTime::Exponential { mean: 10 * MILLIS };
            let mut queue = Queue::new(1, &[]);
            let (mut gaps, mut services) = (Rng::new(1, 0), Rng::new(1, 1));
            let (mut now, mut total) = (Elapsed::ZERO, Duration::ZERO);
            let n_requests = 400_000;
            for _ in 0..n_requests {
                now = now + scaled(Duration::from_secs(1), exponential(&mut gaps) / arrivals);
                let work = service_time.draw(&mut services, USUAL);
                total += queue.add(now, work).since(now);
            }
            let mean = total.as_secs_f64() / f64::from(n_requests);
            let expected = 1.0 / (100.0 - arrivals);
            assert!(
                (mean / expected - 1.0).abs() < 0.03,
                "{arrivals} arrivals: {mean} instead of {expected}"
            );
        }
    }

    #[test]
    fn more_workers_work_at_the_same_time() {
        let mut queue = Queue::new(2, &[]);
        let done: Vec<_> = (0..5).map(|_| queue.add(Elapsed::ZERO, MILLIS)).collect();
        let expected = [1_000, 1_000, 2_000, 2_000, 3_000].map(Elapsed::from_micros);
        assert_eq!(done, expected);
    }

    #[track_caller]
    fn check_stall(start: u64, work: u64, expected: u64) {
        let stalls = [(100, 50), (300, 100)].map(|(at, length)| Stall {
            at: Duration::from_micros(at),
            length: Duration::from_micros(length),
        });
        let work = Duration::from_micros(work);
        let end = Stalls::new(&stalls).end_of_work(Elapsed::from_micros(start), work);
        assert_eq!(end.as_micros(), expected, "{start} + {work:?}");
    }

    #[test]
    fn work_ends_later_by_what_overlaps_a_stall() {
        check_stall(0, 50, 50);
        check_stall(0, 100, 100);
        check_stall(0, 101, 151);
        check_stall(120, 0, 150);
        check_stall(120, 10, 160);
        check_stall(150, 150, 300);
        check_stall(0, 300, 450);
        check_stall(399, 1, 401);
        check_stall(400, 1, 401);
    }

    /// The definition, one microsecond after the other.
    fn end_by_definition(stalls: &[Stall], start: u64, work: u64) -> u64 {
        let ends = |it: &Stall| (it.at.as_micros(), (it.at + it.length).as_micros());
        let rests = |micro: u64| {
            let is_in = |(from, until)| (from..until).contains(&u128::from(micro));
            stalls.iter().map(ends).any(is_in)
        };
        let (mut now, mut left) = (start, work);
        while 0 < left {
            left -= u64::from(!rests(now));
            now += 1;
        }
        now
    }

    proptest! {
        #[test]
        fn work_rests_during_stalls(
            stalls in prop::collection::vec((0..200_u64, 1..50_u64), 0..6),
            start in 0..200_u64,
            work in 1..100_u64,
        ) {
            let stalls: Vec<_> = stalls
                .into_iter()
                .map(|(at, length)| Stall {
                    at: Duration::from_micros(at),
                    length: Duration::from_micros(length),
                })
                .collect();
            let end = Stalls::new(&stalls)
                .end_of_work(Elapsed::from_micros(start), Duration::from_micros(work));
            prop_assert_eq!(end.as_micros(), end_by_definition(&stalls, start, work));
        }
    }
}
