//! What a locustfile sees of the statistics, under Locust's names.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::request::{Method, RequestName};
use crate::measure::snapshot::{RowTotals, TimeTotals};
use crate::run_state::RunState;
use crate::time::Elapsed;

/// The statistics of `rows` at `now`, and of a run with so many users of so many.
pub(super) fn of_rows(
    rows: &[RowTotals],
    n_users: u32,
    n_wanted: u32,
    state: RunState,
    (now, since): (Elapsed, Elapsed),
) -> Value {
    let secs = now.since(since).as_secs_f64();
    let aggregated = RequestName {
        name: "Aggregated".to_owned(),
        method: Method::Get,
    };
    let total = RowTotals::merged(aggregated, &rows.iter().collect::<Vec<_>>());
    let entries = rows.iter().map(|it| {
        let mut entry = row(it, secs);
        entry["name"] = it.name.name.as_str().into();
        entry["method"] = it.name.method.as_str().into();
        entry
    });
    json!({
        "user_count": n_users,
        "target_user_count": n_wanted,
        "state": state.to_string(),
        "total": row(&total, secs),
        "entries": entries.collect::<Vec<_>>(),
    })
}

fn row(row: &RowTotals, secs: f64) -> Value {
    let (n_requests, n_failures) = (row.n_requests, row.n_failures());
    let ratio = |count: u64, of: f64| match of {
        0.0 => 0.0,
        of => count as f64 / of,
    };
    let times = &row.response_times;
    json!({
        "num_requests": n_requests,
        "num_failures": n_failures,
        "avg_response_time": times.mean().map_or(0.0, millis),
        "min_response_time": times.min.map_or(0.0, millis),
        "max_response_time": times.max.map_or(0.0, millis),
        "median_response_time": quantile(times, 0.5),
        "total_rps": ratio(n_requests, secs),
        "current_rps": row.recent.request_rate(),
        "fail_ratio": ratio(n_failures, n_requests as f64),
        "percentiles": {
            "0.5": quantile(times, 0.5),
            "0.95": quantile(times, 0.95),
            "0.99": quantile(times, 0.99),
        },
    })
}

fn quantile(times: &TimeTotals, quantile: f64) -> f64 {
    times.quantile(quantile).map_or(0.0, millis)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
