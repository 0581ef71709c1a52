//! The key numbers of a run.

use std::time::Duration;

use crate::measure::board::{Board, aggregated};

/// The key numbers of a run, all requests together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Finished requests, failed ones included.
    pub n_requests: u64,
    /// How many of them failed.
    pub n_failures: u64,
    /// Tasks that broke.
    pub n_exceptions: u64,
    /// Arrivals that found no free user.
    pub n_dropped: u64,
    /// Failures ÷ requests, in `[0, 1]`; `None` without requests.
    pub fail_ratio: Option<f64>,
    /// Half of the response times are not longer; `None` without requests.
    pub median: Option<Duration>,
    /// 95 of 100 response times are not longer; `None` without requests.
    pub p95: Option<Duration>,
    /// Requests per second since counting began; zero for a run without length.
    pub request_rate: f64,
    /// How long was counted: since the start, or since the last reset.
    pub length: Duration,
    /// The most users that were alive at once.
    pub peak_users: u32,
}

impl Figures {
    /// What `board` says.
    pub fn new(board: &Board) -> Self {
        let total = aggregated(&board.rows());
        let (n_requests, n_failures) = (total.n_requests, total.n_failures());
        let length = board.at().since(board.since());
        let series = board.series();
        let users = series.iter().map(|it| it.n_users);
        Self {
            n_requests,
            n_failures,
            n_exceptions: board.exceptions().iter().map(|it| it.count).sum(),
            n_dropped: board.n_dropped(),
            fail_ratio: (0 < n_requests).then(|| n_failures as f64 / n_requests as f64),
            median: total.response_times.quantile(0.5),
            p95: total.response_times.quantile(0.95),
            request_rate: rate(n_requests, length),
            length,
            peak_users: users.chain([board.n_users()]).max().unwrap_or(0),
        }
    }
}

/// So many per second; zero if there was no time.
pub(super) fn rate(count: u64, length: Duration) -> f64 {
    if length.is_zero() {
        0.0
    } else {
        count as f64 / length.as_secs_f64()
    }
}
