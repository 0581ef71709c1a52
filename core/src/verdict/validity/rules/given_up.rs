//! Requests that were given up at the end of the run, and what percentiles leave out with them.

use super::{Facts, OFF, OFF_PART, ms, part, percent};
use crate::measure::censored;
use crate::measure::estimate::needed;
use crate::measure::snapshot::RowTotals;
use crate::verdict::validity::{Cause, Grade, Reason};

/// The requests that hung and were given up, as a part of all: at a hundredth the 99th percentile that
/// is shown is too low, at a twentieth the 95th.
const GIVEN_UP_LIMITED: f64 = 0.01;
const GIVEN_UP_INVALID: f64 = 0.05;
/// Fewer say nothing about a percentile.
const GIVEN_UP_LEAST: u64 = 5;

pub(super) fn given_up(facts: &Facts) -> Option<Reason> {
    let (total, n_requests) = (&facts.total, facts.total.n_requests);
    // By buckets, as the ages are told by theirs.
    let longer_than = |quantile| {
        let bucket = total.response_times.buckets.quantile(quantile)?;
        let ages = total.given_up.buckets.iter();
        let n_old: u64 = ages.filter(|it| bucket < it.0).map(|it| it.1).sum();
        let part = part(n_old, n_requests + n_old);
        (GIVEN_UP_LEAST <= n_old).then_some((n_old, part))
    };
    // The 95th percentile is lost only with more of them, but may be the one that they are longer than.
    let found = [
        (0.95, GIVEN_UP_INVALID, Grade::Invalid),
        (0.99, GIVEN_UP_LIMITED, Grade::Limited),
    ];
    let mut found = found.into_iter().filter_map(|(quantile, limit, verdict)| {
        let (n_old, part) = longer_than(quantile).filter(|it| limit <= it.1)?;
        Some((quantile, verdict, n_old, part))
    });
    let Some((quantile, verdict, n_old, part)) = found.next() else {
        return too_low(facts);
    };
    let evidence = format!(
        "{n_old} requests had waited longer than the {}th percentile, {}, when they were given up at \
         the end: no table counts them in percentiles. They are {} of all; with them, the 95th \
         percentile is {}, and the 99th {}.",
        (quantile * 100.0_f64).round(),
        ms(total.response_times.quantile(quantile)),
        percent(part),
        with_given_up(&facts.total, 0.95),
        with_given_up(&facts.total, 0.99),
    );
    Some(facts.reason(Cause::GivenUp, verdict, None, evidence, GIVEN_UP_ADVICE))
}

const GIVEN_UP_ADVICE: &str = "Times that are shown are too low. Let the run go on for the timeout of its requests, \
                               or set stop_timeout, so that they end or fail.";

/// Where no percentile is lost for sure, but one is shown as less than it is with those that were given up.
fn too_low(facts: &Facts) -> Option<Reason> {
    let total = &facts.total;
    let n_given_up = total.given_up.buckets.count();
    if n_given_up < GIVEN_UP_LEAST {
        return None;
    }
    let known = [0.5, 0.95, 0.99].into_iter();
    let mut known = known.filter(|quantile| needed(*quantile) <= total.n_requests);
    let (quantile, shown) = known.find_map(|quantile| {
        let shown = total.response_times.quantile(quantile)?;
        let whole = censored::quantile(&total.response_times, &total.given_up, quantile)?;
        let margin = OFF.max(shown.mul_f64(OFF_PART));
        (shown + margin < whole.time).then_some((quantile, shown))
    })?;
    let evidence = format!(
        "{n_given_up} requests were given up at the end before they had an answer: no table counts them in \
         percentiles. With them, the {}th percentile is {}, and without {}.",
        (quantile * 100.0_f64).round(),
        with_given_up(total, quantile),
        ms(Some(shown)),
    );
    Some(facts.reason(
        Cause::GivenUp,
        Grade::Limited,
        None,
        evidence,
        GIVEN_UP_ADVICE,
    ))
}

/// A percentile that counts those that were given up, too.
fn with_given_up(row: &RowTotals, at: f64) -> String {
    let found = censored::quantile(&row.response_times, &row.given_up, at);
    let text = ms(found.map(|it| it.time));
    match found {
        Some(it) if it.is_at_least => format!("at least {text}"),
        _ => text,
    }
}
