//! Work of a known amount, for counting instructions: what they are does not depend on what else the
//! machine does.
//!
//! `cargo xtask instructions` runs it under callgrind with two amounts and divides the difference, so
//! that getting ready does not count. Its limits are the gate against regressions.

mod snapshots;
mod treadmill;

use std::env;
use std::hint::black_box;

use mayfly_core::measure::board::{Board, aggregated};

use self::treadmill::Treadmill;

fn main() {
    // Cargo adds `--bench`.
    let args: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let [work, amount] = args.as_slice() else {
        // What `cargo test` and `cargo bench` do: nothing is measured without a tool around it.
        return;
    };
    let amount = amount.parse().expect("a number");
    match work.as_str() {
        "requests" => Treadmill::new(1_000).run(amount),
        "snapshots" => snapshots(amount),
        other => panic!("there is no work {other}"),
    }
}

fn snapshots(amount: u64) {
    let mut stats = snapshots::stats(100, snapshots::usual);
    for _ in 0..amount {
        let mut board = Board::default();
        board.post(snapshots::snapshot(&mut stats, 0));
        let rows = board.rows();
        black_box((aggregated(&rows), rows));
    }
}
