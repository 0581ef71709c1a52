//! The numbers of Locust, and by how much ours may differ.
//!
//! `testdata/locust.json` was computed by running `StatsEntry` and `RequestStats` of Locust 2.47.0.
//! Requests without a response time, which Locust leaves out and this crate does not have, were
//! removed.

use std::time::Duration;

use serde::Deserialize;

use crate::measure::sample::Evidence;
use crate::measure::stats::Stats;
use crate::testing::{name, sample, times};
use crate::time::Elapsed;

#[derive(Deserialize)]
struct Golden {
    percentiles: Vec<Percentiles>,
    // Response time in ms, and the bucket Locust puts it in.
    bucket_response_time: Vec<(f64, f64)>,
    current_rps: Vec<CurrentRps>,
}

#[derive(Deserialize)]
struct Percentiles {
    millis: Vec<f64>,
    // The fraction, and the time in ms.
    percentiles: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
struct CurrentRps {
    // The second of the first request, of which Locust counts from.
    start: u64,
    // The second of the last request.
    last: u64,
    // The second, and how many requests in it.
    requests: Vec<(u64, u64)>,
    current_rps: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("testdata/locust.json")).unwrap()
}

/// How far a time in ms may be from the Locust bucket it is in: half the bucket, which is 1 ms wide
/// below 100 ms, 10 ms below a second, and so on; and the 0.1 % of our own buckets.
fn tolerance(bucket: f64) -> f64 {
    let width = match bucket {
        0.0..100.0 => 1.0,
        100.0..1000.0 => 10.0,
        1000.0..10_000.0 => 100.0,
        _ => 1000.0,
    };
    width / 2.0 + bucket * 0.001 + 1e-9
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn duration(millis: f64) -> Duration {
    Duration::from_micros((millis * 1e3).round() as u64)
}

#[test]
fn a_time_is_closer_to_the_truth_than_its_locust_bucket() {
    for (time, bucket) in golden().bucket_response_time {
        let totals = times([duration(time)]);
        let found = millis(totals.buckets.quantile(0.5).unwrap());
        assert!(
            (found - bucket).abs() <= tolerance(bucket),
            "{time} {found} {bucket}"
        );
        assert!(
            time <= found + 1e-9 && found <= time * 1.001 + 1e-9,
            "{time} {found}"
        );
    }
}

/// Of n sorted times, Locust takes number ⌊n·p⌋ counted from zero, or the last; we take the smallest
/// that at least the fraction p does not exceed, which is number ⌈n·p⌉ counted from one. These are
/// the same, or ours is the one before: of 10 and 20 ms, the median is 20 ms for Locust and 10 ms for
/// us. So Locust's may be that of our rank or of the next.
#[test]
fn quantiles_are_those_of_locust_or_of_the_rank_before() {
    let mut n_same = 0;
    let mut n_all = 0;
    for vector in golden().percentiles {
        let totals = times(vector.millis.iter().copied().map(duration));
        let n = vector.millis.len() as f64;
        for (quantile, locust) in vector.percentiles {
            let is_near = |rank: f64| {
                // Half a rank less, so that no rounding leads to the next one.
                let ours = totals.quantile(((rank - 0.5) / n).clamp(0.0, 1.0));
                (millis(ours.unwrap()) - locust).abs() <= tolerance(locust)
            };
            let rank = (n * quantile - 1e-9).ceil();
            assert_eq!(totals.quantile(quantile), totals.quantile((rank - 0.5) / n));
            let next = (rank + 1.0).min(n);
            assert!(
                is_near(rank) || is_near(next),
                "{quantile} of {:?}",
                vector.millis
            );
            n_same += usize::from(is_near(rank));
            n_all += 1;
        }
    }
    // Most are the same: the vectors of a few times are the exception.
    assert!(n_all * 2 < n_same * 3, "{n_same} of {n_all}");
}

/// Locust leaves out the last two seconds before its last request, because the reports of its workers
/// come late, and its clock is that request. Ours is the run's, so what Locust says at the last
/// request is what we say two seconds before; and ours goes on falling when nothing comes any more.
#[test]
fn the_current_rate_is_that_of_locust_two_seconds_later() {
    for vector in golden().current_rps {
        let now = (vector.last - 2).max(vector.start);
        let mut stats = Stats::new([name("/")]);
        // Counting begins with the first request.
        stats.reset(Elapsed::from_secs(vector.start));
        // A request before that is in no rate, and there is a row in any case.
        stats.record_abort(0, Duration::ZERO);
        for &(second, n_requests) in vector.requests.iter().filter(|it| it.0 < now) {
            for _ in 0..n_requests {
                let sample = sample(Elapsed::from_secs(second), 200);
                stats.record(0, &sample, 1, Evidence::default);
            }
        }
        let rate = |stats: &mut Stats, secs| {
            stats.rows(Elapsed::from_secs(secs), false)[0]
                .recent
                .request_rate()
        };
        assert_eq!(rate(&mut stats, now), vector.current_rps, "at {now}");
        assert_eq!(rate(&mut stats, now + 11), 0.0);
    }
}
