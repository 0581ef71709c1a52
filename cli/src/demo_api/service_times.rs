//! Answers that take a known time, with a record of what the demo API itself measured: the truth that
//! the numbers of a load test are compared with.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::sync::Semaphore;

/// How long answers take.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// What answers take in turn, whatever they are to. Without any, they take what they take.
    pub times: Vec<Duration>,
    /// How many requests are worked on at once, while others wait in the order in which they came; all
    /// of them if there is no number.
    pub n_workers: Option<NonZeroUsize>,
    /// When nothing is answered.
    pub stall: Option<Stall>,
}

/// A time in which nothing is answered. What would be is answered at its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stall {
    /// From the first request on until it begins.
    pub after: Duration,
    /// How long it is.
    pub length: Duration,
}

/// How long answers take, and how long they took.
#[derive(Debug)]
pub(super) struct ServiceTimes {
    // Never empty.
    list: Vec<Duration>,
    workers: Semaphore,
    stall: Option<Stall>,
    next: AtomicUsize,
    record: Mutex<Record>,
}

/// What was measured since the last reset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Measured {
    /// How many requests were answered.
    n_answered: u64,
    /// From the head of a request to its answer, in milliseconds.
    service_millis: Percentiles,
    /// How many requests came.
    n_arrived: u64,
    /// Between one request and the next, in milliseconds.
    gap_millis: Percentiles,
    /// How many requests came within two milliseconds, where they were the most.
    most_in_2_millis: usize,
}

/// All zero if there is no value.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Percentiles {
    p50: f64,
    p95: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl ServiceTimes {
    /// The first request takes the first time of the list, and the one after the last the first again.
    /// `None` if the list is empty.
    pub(super) fn new(service: Service) -> Option<Self> {
        let n_workers = service.n_workers.map_or(Semaphore::MAX_PERMITS, |it| {
            it.get().min(Semaphore::MAX_PERMITS)
        });
        (!service.times.is_empty()).then(|| Self {
            list: service.times,
            workers: Semaphore::new(n_workers),
            stall: service.stall,
            next: AtomicUsize::new(0),
            record: Mutex::new(Record::new()),
        })
    }

    /// Gives the answer when its time is over. An answer that nobody waits for any more is not recorded.
    pub(super) async fn take<T>(&self, answer: impl Future<Output = T>) -> T {
        let arrived = Instant::now();
        let first = self.record(|it| it.arrive(arrived));
        let worker = self.workers.acquire().await;
        let begun = Instant::now();
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        let time = self.list[nth % self.list.len()];
        let answer = answer.await;
        sleep_until(begun + time).await;
        if let Some(Stall { after, length }) = self.stall
            && after <= first.elapsed()
        {
            sleep_until(first + after + length).await;
        }
        drop(worker);
        self.record(|it| it.answer(arrived.elapsed()));
        answer
    }

    /// What was measured until now.
    pub(super) fn measured(&self) -> Measured {
        self.record(|it| it.measured())
    }

    /// Forgets what was measured, and begins the list again.
    pub(super) fn reset(&self) {
        self.next.store(0, Ordering::Relaxed);
        self.record(|it| *it = Record::new());
    }

    fn record<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        // A panic elsewhere would have left out one value at worst.
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn sleep_until(time: Instant) {
    if Instant::now() < time {
        tokio::time::sleep_until(time.into()).await;
    }
}

#[derive(Debug)]
struct Record {
    first: Option<Instant>,
    // Both in microseconds.
    services: Histogram<u64>,
    gaps: Histogram<u64>,
    n_arrived: u64,
    // Not older than two milliseconds before the newest, which is the last.
    latest: VecDeque<Instant>,
    most_in_2_millis: usize,
}

impl Record {
    fn new() -> Self {
        // Four digits: at 50 ms a step is 4 µs.
        let empty = || Histogram::new_with_bounds(1, 60_000_000, 4).expect("the bounds are valid");
        Self {
            first: None,
            services: empty(),
            gaps: empty(),
            n_arrived: 0,
            latest: VecDeque::new(),
            most_in_2_millis: 0,
        }
    }

    /// Gives when the first one came.
    fn arrive(&mut self, now: Instant) -> Instant {
        const WINDOW: Duration = Duration::from_millis(2);
        if let Some(before) = self.latest.back() {
            self.gaps.saturating_record(micros(now - *before));
        }
        self.n_arrived += 1;
        self.latest.push_back(now);
        while self.latest.front().is_some_and(|it| WINDOW < now - *it) {
            self.latest.pop_front();
        }
        self.most_in_2_millis = self.most_in_2_millis.max(self.latest.len());
        *self.first.get_or_insert(now)
    }

    fn answer(&mut self, time: Duration) {
        self.services.saturating_record(micros(time));
    }

    fn measured(&self) -> Measured {
        Measured {
            n_answered: self.services.len(),
            service_millis: Percentiles::of(&self.services),
            n_arrived: self.n_arrived,
            gap_millis: Percentiles::of(&self.gaps),
            most_in_2_millis: self.most_in_2_millis,
        }
    }
}

impl Percentiles {
    fn of(micros: &Histogram<u64>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a minute has few microseconds")]
        let millis = |micros: u64| micros as f64 / 1000.0;
        let at = |quantile| millis(micros.value_at_quantile(quantile));
        Self {
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: millis(micros.max()),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_service_times_without_a_list() {
        assert!(ServiceTimes::new(Service::default()).is_none());
    }

    #[test]
    fn gaps_and_the_most_within_two_milliseconds_are_recorded() {
        let mut record = Record::new();
        let start = Instant::now();
        for micros in [0, 10_000, 11_000, 12_000, 12_500, 30_000] {
            record.arrive(start + Duration::from_micros(micros));
        }
        let measured = record.measured();
        assert_eq!(measured.n_arrived, 6);
        assert_eq!(measured.gap_millis.p50, 1.0);
        assert!((17.5..17.51).contains(&measured.gap_millis.max));
        // Those from 10,000 to 12,000.
        assert_eq!(measured.most_in_2_millis, 3);
        assert_eq!(measured.n_answered, 0);
        assert_eq!(measured.service_millis, Percentiles::default());
    }

    #[test]
    fn service_times_are_recorded_to_four_digits() {
        let mut record = Record::new();
        for millis in [5, 5, 5, 5, 5, 5, 10, 10, 20, 50] {
            record.answer(Duration::from_millis(millis));
        }
        let Percentiles {
            p50, p95, p99, max, ..
        } = record.measured().service_millis;
        assert_eq!([p50, p95, p99].map(f64::round), [5.0, 50.0, 50.0]);
        assert!((50.0..50.004).contains(&max), "{max}");
    }
}
