//! What the running view shows, computed from the board. Text is made in [`crate::format`].

use std::time::Duration;

use mayfly_core::board::{Board, aggregated};
use mayfly_core::run::RunState;
use mayfly_core::sample::Failure;
use mayfly_core::snapshot::RowTotals;
use mayfly_core::time::Elapsed;
use mayfly_core::transport::TransportError;

/// A row of the statistics table.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsRow {
    /// The method; empty for `Aggregated`.
    pub method: String,
    /// The request name.
    pub name: String,
    /// Finished requests, failed ones included.
    pub n_requests: u64,
    /// How many of them failed.
    pub n_failures: u64,
    /// Response times.
    pub median: Option<Duration>,
    /// 95 of 100 are not longer.
    pub p95: Option<Duration>,
    /// 99 of 100 are not longer.
    pub p99: Option<Duration>,
    /// The mean.
    pub average: Option<Duration>,
    /// The shortest.
    pub min: Option<Duration>,
    /// The longest.
    pub max: Option<Duration>,
    /// Mean length of the bodies, in bytes.
    pub average_bytes: Option<u64>,
    /// Requests per second, over the last ten.
    pub request_rate: f64,
    /// Failures per second, over the last ten.
    pub failure_rate: f64,
}

impl StatsRow {
    fn new(method: String, row: &RowTotals) -> Self {
        let times = &row.response_times;
        Self {
            method,
            name: row.name.name.clone(),
            n_requests: row.n_requests,
            n_failures: row.n_failures(),
            median: times.quantile(0.5),
            p95: times.quantile(0.95),
            p99: times.quantile(0.99),
            average: times.mean(),
            min: times.min,
            max: times.max,
            average_bytes: row.body_bytes.checked_div(row.n_requests),
            request_rate: row.recent.request_rate(),
            failure_rate: row.recent.failure_rate(),
        }
    }
}

/// A row of the failures table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FailureRow {
    /// How many.
    pub count: u64,
    /// The method.
    pub method: String,
    /// The request name.
    pub name: String,
    /// Why.
    pub message: String,
    /// When the first was seen.
    pub first: Elapsed,
    /// When the last was seen.
    pub last: Elapsed,
}

/// Columns for the charts. All have the same length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartData {
    /// Seconds since the run began.
    pub at: Vec<f64>,
    /// Requests per second.
    pub request_rate: Vec<Option<f64>>,
    /// Failures per second.
    pub failure_rate: Vec<Option<f64>>,
    /// Median response time in milliseconds; `None` where nothing was answered.
    pub median: Vec<Option<f64>>,
    /// 95 % response time in milliseconds; `None` where nothing was answered.
    pub p95: Vec<Option<f64>>,
    /// Users.
    pub n_users: Vec<Option<f64>>,
}

/// Everything the running view shows at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunModel {
    /// What the run is doing.
    pub state: RunState,
    /// Users alive.
    pub n_users: u32,
    /// Users that wait for a free connection.
    pub n_queued: u32,
    /// Requests that were under way when their users were stopped.
    pub n_aborted: u64,
    /// The rows of the statistics, in order of name.
    pub rows: Vec<StatsRow>,
    /// All rows together.
    pub total: Option<StatsRow>,
    /// The failures, in order of name.
    pub failures: Vec<FailureRow>,
    /// For the charts.
    pub chart: ChartData,
    /// Whether there are requests and no answer to any, for a reason that the browser does not name.
    pub is_unexplained: bool,
}

impl RunModel {
    /// What `board` says.
    pub fn new(board: &Board) -> Self {
        let rows = board.rows();
        let total = aggregated(&rows);
        Self {
            state: board.state(),
            n_users: board.n_users(),
            n_queued: board.n_queued(),
            n_aborted: total.n_aborted,
            is_unexplained: is_unexplained(&total),
            failures: rows.iter().flat_map(failures).collect(),
            chart: chart(board),
            total: Some(StatsRow::new(String::new(), &total)),
            rows: rows
                .iter()
                .map(|it| StatsRow::new(it.name.method.to_string(), it))
                .collect(),
        }
    }
}

fn is_unexplained(total: &RowTotals) -> bool {
    let causes = [TransportError::Opaque, TransportError::Timeout].map(Failure::Transport);
    let failures = causes.iter().filter_map(|cause| total.failures.get(cause));
    0 < total.n_requests && failures.map(|it| it.count).sum::<u64>() == total.n_requests
}

fn failures(row: &RowTotals) -> impl Iterator<Item = FailureRow> {
    row.failures.iter().map(|(failure, totals)| FailureRow {
        count: totals.count,
        method: row.name.method.to_string(),
        name: row.name.name.clone(),
        message: failure.to_string(),
        first: totals.first,
        last: totals.last,
    })
}

/// While the run goes on, the second under way is left out: it would always look like a slump.
fn chart(board: &Board) -> ChartData {
    let mut chart = ChartData::default();
    let is_over = board.state() == RunState::Stopped;
    let end = board.at().as_secs();
    for slot in board.series() {
        if !is_over && end < u64::from(slot.start + slot.secs) {
            continue;
        }
        let rate = |count: u64| Some(count as f64 / f64::from(slot.secs));
        let millis = |quantile| {
            slot.response_times
                .quantile(quantile)
                .map(|time| time.as_secs_f64() * 1e3)
        };
        chart.at.push(slot.start.into());
        chart.request_rate.push(rate(slot.n_requests));
        chart.failure_rate.push(rate(slot.n_failures));
        chart.median.push(millis(0.5));
        chart.p95.push(millis(0.95));
        chart.n_users.push(Some(slot.n_users.into()));
    }
    chart
}

#[cfg(test)]
mod tests {
    use mayfly_core::request::Request;
    use mayfly_core::testing::{Answer, Simulation, answer_after, class, load, plan, task};

    use super::*;

    /// A user that sends every 100 ms for ten and a half seconds; `/cube` fails.
    fn board(result: Result<u16, TransportError>) -> Board {
        let mut user = class("A", 1);
        user.set.tasks = vec![task(1, "/"), task(1, "/cube")].try_into().unwrap();
        let mut plan = plan(vec![user], load(1, 1.0), 1);
        plan.load.run_time = Duration::from_millis(10_500).try_into().ok();
        let answer = move |_: Elapsed, request: &Request| {
            let after = Duration::from_millis(100);
            match result {
                Err(error) => Answer {
                    after,
                    result: Err(error),
                },
                Ok(_) if request.url.contains("cube") => answer_after(after, 500),
                Ok(status) => answer_after(after, status),
            }
        };
        Simulation::new(plan, answer).run().board
    }

    #[test]
    fn the_rows_and_the_total_agree() {
        let model = RunModel::new(&board(Ok(200)));
        let total = model.total.unwrap();
        assert_eq!(
            model.rows.iter().map(|row| row.n_requests).sum::<u64>(),
            104
        );
        assert_eq!((total.n_requests, total.name.as_str()), (104, "Aggregated"));
        assert_eq!(
            total.n_failures,
            model.failures.iter().map(|row| row.count).sum::<u64>()
        );
        assert_eq!(model.failures[0].message, "500 Internal Server Error");
        // The first is done at 0.1 s, so the first ten seconds have one less than the rest.
        assert_eq!(total.request_rate, 9.9);
        assert_eq!(model.n_aborted, 1);
    }

    #[test]
    fn the_chart_holds_every_request_once_the_run_is_over() {
        let chart = RunModel::new(&board(Ok(200))).chart;
        let total: f64 = chart.request_rate.iter().flatten().sum();
        assert_eq!(total, 104.0);
        assert_eq!(chart.at.len(), 11);
        for column in [
            &chart.failure_rate,
            &chart.median,
            &chart.p95,
            &chart.n_users,
        ] {
            assert_eq!(column.len(), 11);
        }
    }

    #[test]
    fn only_runs_without_any_answer_are_unexplained() {
        assert!(RunModel::new(&board(Err(TransportError::Opaque))).is_unexplained);
        assert!(RunModel::new(&board(Err(TransportError::Timeout))).is_unexplained);
        assert!(!RunModel::new(&board(Err(TransportError::Body))).is_unexplained);
        assert!(!RunModel::new(&board(Ok(200))).is_unexplained);
        assert!(!RunModel::new(&Board::default()).is_unexplained);
    }
}
