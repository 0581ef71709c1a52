//! Statistics as they are after five minutes: a million requests in a hundred rows.

use mayfly_core::http::request::{Method, RequestName};
use mayfly_core::measure::sample::{Evidence, Sample};
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::measure::stats::Stats;
use mayfly_core::rng::Rng;
use mayfly_core::run_state::RunState;
use mayfly_core::run_state::ShardId;
use mayfly_core::time::Elapsed;

/// How many requests each row has counted.
const PER_ROW: u64 = 10_000;

/// How many seconds they were spread over.
const SECS: u64 = 300;

/// Response times in µs, log-normal around 50 ms with the spread 0.5: 99 % are between 14 ms and
/// 180 ms, and some 3,000 buckets are filled.
pub(crate) fn usual(rng: &mut Rng) -> f64 {
    // The sum of twelve even numbers is as good as normal.
    let normal = (0..12).map(|_| rng.unit()).sum::<f64>() - 6.0;
    50_000.0 * (0.5 * normal).exp()
}

/// `n_rows` rows with response times that are drawn in µs.
pub(crate) fn stats(n_rows: u64, draw: impl Fn(&mut Rng) -> f64) -> Stats {
    let name = |n| RequestName {
        name: format!("/row/{n:03}"),
        method: Method::Get,
    };
    let mut stats = Stats::new((0..n_rows).map(name));
    let mut rng = Rng::new(1, 0);
    for n in 0..n_rows * PER_ROW {
        let row = usize::try_from(n % n_rows).expect("few rows");
        let micros = draw(&mut rng) as u64;
        let done = Elapsed::from_micros(60_000_000 + n * SECS * 1_000_000 / (n_rows * PER_ROW));
        let sent = Elapsed::from_micros(done.as_micros() - micros);
        let sample = Sample {
            due: sent,
            sent,
            done,
            body_bytes: 100,
            failure: None,
        };
        stats.record(row, &sample, 10, Evidence::default);
    }
    stats
}

/// What a shard would tell of it.
pub(crate) fn snapshot(stats: &mut Stats, shard: u32) -> Snapshot {
    let now = Elapsed::from_secs(60 + SECS);
    let rows = stats.rows(now, false);
    Snapshot {
        shard: ShardId {
            index: shard,
            count: 4,
        },
        at: now,
        since: Elapsed::ZERO,
        state: RunState::Running,
        n_users: 10,
        n_queued: 0,
        n_in_flight: 0,
        n_due: 0,
        n_dead: 0,
        n_resent: 0,
        health: None,
        wire_bytes: 0,
        end_cause: None,
        n_dropped: 0,
        rows,
        rows_left_out: false,
        exceptions: stats.exceptions(),
        series: stats.series().slots(),
    }
}
