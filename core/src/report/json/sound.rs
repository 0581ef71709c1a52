//! Whether snapshots that come from a file can be those of a run.
//!
//! All that reads them may rely on this: sums do not overflow, times can be written, and what is
//! shorter is not longer. Snapshots of an engine need no such look.

use std::time::Duration;

use crate::measure::health::{Health, Span};
use crate::measure::phases::PhaseTotals;
use crate::measure::series::Slot;
use crate::measure::snapshot::{FailureTotals, RowTotals, Snapshot, TimeTotals};
use crate::run_state::ShardId;
use crate::time::{Elapsed, micros};

/// The latest start of a run: some day of the year 9892, so that its end is before 10000.
pub(super) const LAST_START: Duration = Duration::from_secs(250_000_000_000);

/// Longer than any run: a hundred years.
const LONGEST: Elapsed = Elapsed::from_secs(100 * 365 * 86_400);

/// All counts together. Whatever of them is added up is less than this, and fits.
const MOST: u64 = u64::MAX / 4;

/// Fails with what cannot be, in words.
pub(super) fn check(snapshots: &[&Snapshot]) -> Result<(), String> {
    for (index, snapshot) in snapshots.iter().enumerate() {
        let is_again = snapshots[..index]
            .iter()
            .any(|it| it.shard == snapshot.shard);
        let ShardId { index, count } = snapshot.shard;
        ensure(index < count && !is_again, "the numbers of the shards")?;
        check_snapshot(snapshot)?;
    }
    let counts = snapshots.iter().copied().flat_map(counts);
    let sum = counts.fold(0_u64, u64::saturating_add);
    let users = snapshots.iter().copied().map(most_users);
    let users = users.fold(0_u64, u64::saturating_add);
    ensure(
        sum <= MOST && users <= u64::from(u32::MAX),
        "counts that add up",
    )
}

fn check_snapshot(snapshot: &Snapshot) -> Result<(), String> {
    ensure(snapshot.at <= LONGEST, "a time within a hundred years")?;
    ensure(snapshot.since <= snapshot.at, "a start before the end")?;
    check_series(&snapshot.series)?;
    snapshot.health.as_deref().map_or(Ok(()), check_health)?;
    for row in &snapshot.rows {
        check_row(row)?;
    }
    let times = snapshot.exceptions.iter().map(|it| (it.first, it.last));
    times.into_iter().try_for_each(check_times)
}

fn check_health(health: &Health) -> Result<(), String> {
    for times in [&health.start_lag, &health.own_queue] {
        check_distribution(times, times.buckets.count())?;
    }
    let spans = [
        health.lag_span,
        health.late_span,
        health.queue_span,
        health.held_back_span,
        health.busy_span,
        health.step_span,
        health.hidden_span,
        health.shared_span,
    ];
    let spans = spans
        .into_iter()
        .flatten()
        .map(|Span { first, last }| (first, last));
    let gaps = health.gaps.iter().map(|it| (it.from, it.to));
    spans.chain(gaps).try_for_each(check_times)
}

fn check_row(row: &RowTotals) -> Result<(), String> {
    check_distribution(&row.response_times, row.n_requests)?;
    check_distribution(&row.service_times, row.n_requests)?;
    check_distribution(&row.given_up, row.given_up.buckets.count())?;
    let counts = row.failures.values().map(|it| it.count);
    let n_failures = counts.fold(0_u64, u64::saturating_add);
    ensure(n_failures <= row.n_requests, "fewer failures than requests")?;
    let times = |it: &FailureTotals| (it.first, it.last);
    row.failures.values().map(times).try_for_each(check_times)?;
    check_series(row.series.as_deref().unwrap_or_default())
}

fn check_distribution(times: &TimeTotals, n_requests: u64) -> Result<(), String> {
    ensure(
        times.buckets.count() == n_requests,
        "a response time for each request",
    )?;
    let ends_fit = match (times.min, times.max) {
        (Some(min), Some(max)) => {
            0 < n_requests && min <= max && micros(max) <= LONGEST.as_micros()
        }
        (None, None) => n_requests == 0,
        _ => false,
    };
    ensure(ends_fit, "a shortest and a longest response time")
}

fn check_series(slots: &[Slot]) -> Result<(), String> {
    let mut next = slots.first().map(|it| u64::from(it.start));
    for slot in slots {
        let start = u64::from(slot.start);
        let end = start + u64::from(slot.secs);
        let follows = next == Some(start) && 0 < slot.secs && end <= LONGEST.as_secs();
        ensure(follows, "a series without gaps")?;
        ensure(
            slot.n_failures <= slot.n_requests && slot.response_times.count() == slot.n_requests,
            "a response time for each request of a series",
        )?;
        next = Some(end);
    }
    Ok(())
}

fn check_times((first, last): (Elapsed, Elapsed)) -> Result<(), String> {
    ensure(
        first <= last && last <= LONGEST,
        "the first time before the last",
    )
}

/// All that is ever added up.
fn counts(snapshot: &Snapshot) -> Vec<u64> {
    let mut counts = vec![
        snapshot.n_dropped,
        snapshot.n_due,
        snapshot.n_in_flight,
        snapshot.n_dead,
        snapshot.n_resent,
        snapshot.wire_bytes,
    ];
    counts.extend(snapshot.exceptions.iter().map(|it| it.count));
    counts.extend(snapshot.health.iter().flat_map(|it| of_health(it)));
    counts.extend(of_slots(&snapshot.series));
    for row in &snapshot.rows {
        counts.extend([
            row.n_requests,
            row.n_aborted,
            row.n_unsent,
            row.body_bytes,
            row.response_times.sum_micros,
            row.service_times.sum_micros,
            row.given_up.sum_micros,
            row.given_up.buckets.count(),
            row.recent.n_requests,
            row.recent.n_failures,
        ]);
        counts.extend(row.phases.iter().flat_map(of_phases));
        counts.extend(of_slots(row.series.as_deref().unwrap_or_default()));
    }
    counts
}

fn of_phases(phases: &PhaseTotals) -> [u64; 7] {
    [
        phases.n_requests,
        phases.n_connects,
        phases.n_handshakes,
        phases.first_byte_micros,
        phases.body_micros,
        phases.connect_micros,
        phases.tls_micros,
    ]
}

fn of_health(health: &Health) -> [u64; 16] {
    [
        health.n_starts,
        health.n_held_back,
        health.held_back_micros,
        health.start_lag.sum_micros,
        health.own_queue.sum_micros,
        health.n_gaps,
        health.gap_micros,
        health.n_alarms,
        health.n_late_alarms,
        health.late_micros,
        health.processor_micros.unwrap_or(0),
        health.busy_micros,
        health.resolution_micros,
        health.n_preflighted,
        health.n_maybe_waiting,
        health
            .step_micros
            .saturating_add(health.hidden_micros)
            .saturating_add(health.shared_micros),
    ]
}

fn of_slots(slots: &[Slot]) -> impl Iterator<Item = u64> {
    let counts = |it: &Slot| {
        let times = [it.sum_micros, it.service_micros];
        [it.n_requests, it.n_arrivals, it.n_dropped]
            .into_iter()
            .chain(times)
    };
    slots.iter().flat_map(counts)
}

/// The most users at any time, those that wait for a connection apart.
fn most_users(snapshot: &Snapshot) -> u64 {
    let rows = snapshot.rows.iter().filter_map(|it| it.series.as_deref());
    let slots = rows.flatten().chain(&snapshot.series);
    let users = slots.map(|it| it.n_users).chain([snapshot.n_users]);
    u64::from(users.max().unwrap_or(0)) + u64::from(snapshot.n_queued)
}

fn ensure(is_so: bool, expected: &str) -> Result<(), String> {
    if is_so {
        return Ok(());
    }
    Err(format!(
        "expected {expected}, found what no run can measure"
    ))
}
