//! What scheduling and statistics cost: for a request, for a user, for a snapshot.
//!
//! `cargo bench -p mayfly-core --bench shard`; the figures go to docs/benchmarks.md by hand.

mod snapshots;
mod treadmill;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use mayfly_core::measure::board::{Board, aggregated};
use mayfly_core::rng::Rng;

use self::treadmill::Treadmill;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Time per request: the column of items per second, turned over.
#[divan::bench(args = [1_000, 100_000], sample_count = 20, sample_size = 1)]
fn requests(bencher: Bencher<'_, '_>, n_users: u32) {
    const N: u64 = 200_000;
    let mut treadmill = Treadmill::new(n_users);
    bencher
        .counter(ItemsCount::new(N))
        .bench_local(|| treadmill.run(N));
}

/// Memory per user: the largest size that was allocated, divided by the users.
#[divan::bench(args = [100_000], sample_count = 1, sample_size = 1)]
fn users(n_users: u32) -> Treadmill {
    Treadmill::new(n_users)
}

/// A snapshot of 100 rows, from reading it out to the rows and the total that a table shows.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn snapshot_and_merge_of_100_rows(bencher: Bencher<'_, '_>) {
    snapshot_and_merge(bencher, snapshots::usual);
}

/// The same at its worst: log-uniform from 1 ms to 30 s, where hardly two times share a bucket and
/// some 7,000 are filled.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn snapshot_and_merge_of_100_wide_rows(bencher: Bencher<'_, '_>) {
    snapshot_and_merge(bencher, |rng| 1000.0 * 30_000_f64.powf(rng.unit()));
}

fn snapshot_and_merge(bencher: Bencher<'_, '_>, draw: impl Fn(&mut Rng) -> f64) {
    let mut stats = snapshots::stats(100, draw);
    bencher.bench_local(|| {
        let mut board = Board::default();
        board.post(snapshots::snapshot(&mut stats, 0));
        let rows = board.rows();
        (aggregated(&rows), rows)
    });
}

/// The same from four shards of 100 rows each.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn merge_of_four_shards_of_100_rows(bencher: Bencher<'_, '_>) {
    let mut board = Board::default();
    for shard in 0..4 {
        let mut stats = snapshots::stats(100, snapshots::usual);
        board.post(snapshots::snapshot(&mut stats, shard));
    }
    bencher.bench_local(|| {
        let rows = board.rows();
        (aggregated(&rows), rows)
    });
}
