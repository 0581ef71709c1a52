//! Times in which the generator did nothing.

use std::time::Duration;

use super::{Facts, ms, part, percent};
use crate::measure::health::Span;
use crate::time::micros;
use crate::verdict::validity::{Cause, Grade, Reason, seconds};

/// Standstills as a part of the time: at a hundredth the 99th percentile is made of them.
const GAPS_INVALID: f64 = 0.01;
const GAP_INVALID: Duration = Duration::from_secs(1);
const GAPS_LIMITED: f64 = 0.001;
const GAP_LIMITED: Duration = Duration::from_millis(500);
/// Short standstills, by the part of the alarms that the loop hears late: at a hundredth, as above. What is
/// late by less than a part of the service times does nothing to a percentile.
const LATE_LIMITED: f64 = 0.01;
const LATE_LIMITED_PART: f64 = 0.05;
const LATE_INVALID: f64 = 0.1;
const LATE_INVALID_PART: f64 = 0.25;
const LATE_INVALID_MEAN: Duration = Duration::from_millis(25);
/// Fewer happen on every machine, unless they are long, and so many of the few that there were.
const LATE_LEAST: u64 = 5;
const LATE_LEAST_OF_FEW: u64 = 2;

pub(super) fn standstill(facts: &Facts) -> Option<Reason> {
    let longest = facts.health.gaps.first()?;
    let share = part(facts.health.gap_micros, micros(facts.length()));
    let verdict = if GAP_INVALID <= longest.length() && GAPS_INVALID <= share {
        Grade::Invalid
    } else if GAP_LIMITED <= longest.length() || GAPS_LIMITED <= share {
        Grade::Limited
    } else {
        return None;
    };
    let evidence = format!(
        "The generator stood still {} for {} in all, {} of the run; the longest time was {} at {}. \
         What was in flight or due then has times that are too long, and the target had a pause and \
         then a rush.",
        times(facts.health.n_gaps),
        ms(Some(Duration::from_micros(facts.health.gap_micros))),
        percent(share),
        ms(Some(longest.length())),
        seconds(longest.from),
    );
    let advice = "Something stopped it: a process that was suspended, a tab that was frozen, a \
                  machine without time. Keep the machine free, and a page in front, and run it again.";
    let gaps = facts.health.gaps.iter();
    let span = gaps
        .map(|it| Span {
            first: it.from,
            last: it.to,
        })
        .fold(None, |all, it| Span::joined(all, Some(it)));
    Some(facts.reason(Cause::Standstill, verdict, span, evidence, advice))
}

/// Those that are too short to be told one by one, and a loop that has too much to do. Its alarms are a sample
/// of its time: an answer is noticed as late as they are.
pub(super) fn short_standstills(facts: &Facts) -> Option<Reason> {
    let health = &facts.health;
    let n_late = health.n_late_alarms;
    let share = part(n_late, health.n_alarms);
    let mean = Duration::from_micros(health.late_micros.checked_div(n_late)?);
    let least = match LATE_INVALID <= share && LATE_INVALID_MEAN <= mean {
        true => LATE_LEAST_OF_FEW,
        false => LATE_LEAST,
    };
    if n_late < least || standstill(facts).is_some() {
        return None;
    }
    let median = facts.total.service_times.quantile(0.5)?;
    let invalid = LATE_INVALID_MEAN.max(median.mul_f64(LATE_INVALID_PART));
    let verdict = if LATE_INVALID <= share && invalid <= mean {
        Grade::Invalid
    } else if LATE_LIMITED <= share && median.mul_f64(LATE_LIMITED_PART) <= mean {
        Grade::Limited
    } else {
        return None;
    };
    let evidence = format!(
        "Of the {} alarms that the generator has set itself, it heard {n_late} late, by {} on average: it \
         stood still for a moment again and again, or had too much to do. Answers are noticed as late as \
         that, so times are too long; the median of the service times is {}.",
        health.n_alarms,
        ms(Some(mean)),
        ms(Some(median)),
    );
    let advice = "Something took its processor: other programs, a limit of a container, a machine that is \
                  shared. Keep the machine free, or use fewer users, and run it again.";
    Some(facts.reason(
        Cause::Standstill,
        verdict,
        health.late_span,
        evidence,
        advice,
    ))
}

pub(super) fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}
