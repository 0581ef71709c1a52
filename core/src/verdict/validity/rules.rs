//! The rules, each by itself. Their limits are constants with their reasons; `docs/validity.md` has them
//! in a table.

mod given_up;
mod standstill;

use std::time::Duration;

use self::given_up::given_up;
use self::standstill::{short_standstills, standstill, times};
use super::{Cause, Grade, Reason};
use crate::http::transport::TransportError;
use crate::measure::accounts::Accounts;
use crate::measure::board::{Board, aggregated};
use crate::measure::estimate::needed;
use crate::measure::health::{Health, Span};
use crate::measure::sample::Failure;
use crate::measure::series::Slot;
use crate::measure::snapshot::RowTotals;
use crate::measure::times::TimeTotals;
use crate::shorten::shorten;
use crate::time::{Elapsed, micros};
use crate::verdict::threshold::TooFew;

/// What all rules look at.
pub(super) struct Facts {
    health: Health,
    pub(super) accounts: Accounts,
    rows: Vec<RowTotals>,
    total: RowTotals,
    slots: Vec<Slot>,
    since: Elapsed,
    at: Elapsed,
    is_over: bool,
    too_few: Option<TooFew>,
}

type Rule = fn(&Facts) -> Option<Reason>;

pub(super) const ALL: [Rule; 19] = [
    counts,
    nothing_measured,
    given_up,
    own_queue,
    start_lag,
    rate_not_reached,
    held_back,
    standstill,
    short_standstills,
    processor,
    open_files,
    dropped,
    clock_resolution,
    clock_step,
    hidden,
    other_run,
    preflights,
    unknown_connections,
    too_few,
];

/// A percentile is wrong by more than this and this part of it: as with the lag of arrivals.
const OFF: Duration = Duration::from_millis(5);
const OFF_PART: f64 = 0.05;

/// Own queue as a part of the response times of a row: from a hundredth on it is told apart from the
/// error of a percentile, and from half on the times are more of the generator than of the target.
const QUEUE_LIMITED: f64 = 0.01;
const QUEUE_INVALID: f64 = 0.5;
/// A shorter mean wait is the turn of a loop.
const LEAST_MEAN_WAIT: Duration = Duration::from_micros(200);

/// Start lag of 99 in 100 arrivals beside the median of the service times.
const LAG_LIMITED: Duration = Duration::from_millis(5);
const LAG_LIMITED_PART: f64 = 0.05;
/// And beside the 99th percentile of the response times, of which it is a part.
const LAG_INVALID: Duration = Duration::from_millis(50);
const LAG_INVALID_PART: f64 = 0.25;

/// The part of all arrivals that was never sent.
const UNSENT_LIMITED: f64 = 0.01;
const UNSENT_INVALID: f64 = 0.1;
/// The part of their time that users lost. Timers of a millisecond cost a user who waits 20 ms a twentieth,
/// and its response times are right all the same.
const LOST_LIMITED: f64 = 0.05;
const LOST_INVALID: f64 = 0.25;

/// The part of the time in which the thread had none to spare.
const BUSY_LIMITED: f64 = 0.1;

/// Failures for want of files or ports, as a part of all requests.
const FILES_INVALID: f64 = 0.01;

/// A step of the clock beside the median of the service times.
const RESOLUTION_LIMITED: f64 = 0.05;

/// Requests that may have waited unseen as a part of all: as the wait for a connection.
const WAITING_LIMITED: f64 = 0.01;

/// Preflights as a part of all requests.
const PREFLIGHTS_LIMITED: f64 = 0.01;

/// Shown everywhere, so it must be sure.
const SHOWN: f64 = 0.95;

impl Facts {
    pub(super) fn new(board: &Board, too_few: &[TooFew]) -> Option<Self> {
        let rows = board.rows();
        Some(Self {
            health: board.health()?,
            accounts: board.accounts(),
            total: aggregated(&rows),
            rows,
            slots: board.series(),
            since: board.since(),
            at: board.at(),
            is_over: !board.state().is_active(),
            too_few: too_few.iter().copied().max_by_key(|it| it.needed),
        })
    }

    fn length(&self) -> Duration {
        self.at.since(self.since)
    }

    /// These µs as a part of the time that all users had.
    fn part_of_users(&self, micros: u64) -> f64 {
        let slots = self.slots.iter();
        let user_secs: u64 = slots
            .map(|it| u64::from(it.n_users) * u64::from(it.secs))
            .sum();
        part(micros, user_secs * 1_000_000)
    }

    fn is_open(&self) -> bool {
        self.slots.iter().any(|it| 0 < it.n_arrivals)
    }

    /// A reason that held in this time, or all the time.
    fn reason(
        &self,
        cause: Cause,
        verdict: Grade,
        span: Option<Span>,
        evidence: String,
        advice: &str,
    ) -> Reason {
        let (from, to) = span.map_or((self.since, self.at), |it| (it.first, it.last));
        Reason {
            cause,
            verdict,
            evidence,
            advice: advice.to_owned(),
            // What began before a reset goes on after it.
            from: from.max(self.since),
            to: to.max(self.since),
        }
    }
}

/// Invalid from the one limit on, limited from the other on.
fn grade(part: f64, limited: f64, invalid: f64) -> Option<Grade> {
    if invalid <= part {
        Some(Grade::Invalid)
    } else {
        (limited <= part).then_some(Grade::Limited)
    }
}

fn part(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn counts(facts: &Facts) -> Option<Reason> {
    if facts.accounts.adds_up() {
        return None;
    }
    let evidence = format!(
        "The generator’s own counts do not add up: {}.",
        facts.accounts
    );
    let advice = "This is a fault of Mayfly. Please report it, with the report as JSON.";
    Some(facts.reason(Cause::Counts, Grade::Invalid, None, evidence, advice))
}

fn nothing_measured(facts: &Facts) -> Option<Reason> {
    if !facts.is_over || 0 < facts.total.n_requests {
        return None;
    }
    let evidence = format!("No request has an answer: {}.", facts.accounts);
    let advice = "Check that the target answers, and let the run last longer than the timeout of its \
                  requests.";
    Some(facts.reason(
        Cause::NothingMeasured,
        Grade::Invalid,
        None,
        evidence,
        advice,
    ))
}

/// The part of the waits before sending that was the wait for a connection; the rest is lag.
fn queue_part(health: &Health) -> f64 {
    let (queue, lag) = (health.own_queue.sum_micros, health.start_lag.sum_micros);
    queue as f64 / (queue + lag).max(1) as f64
}

fn own_queue(facts: &Facts) -> Option<Reason> {
    let of_queue = queue_part(&facts.health);
    let wait = |row: &RowTotals| {
        let (response, service) = (&row.response_times, &row.service_times);
        let before = response.sum_micros.saturating_sub(service.sum_micros);
        before as f64 * of_queue
    };
    let share = |row: &RowTotals| {
        let mean = wait(row) / row.n_requests.max(1) as f64;
        match mean < micros(LEAST_MEAN_WAIT) as f64 {
            true => 0.0,
            false => wait(row) / row.response_times.sum_micros.max(1) as f64,
        }
    };
    let worst = facts
        .rows
        .iter()
        .max_by(|a, b| share(a).total_cmp(&share(b)))?;
    let verdict = grade(share(worst), QUEUE_LIMITED, QUEUE_INVALID);
    let verdict = verdict.or_else(|| has_long_tail(facts).then_some(Grade::Limited))?;
    let waits = &facts.health.own_queue;
    let evidence = format!(
        "{} of the response times of {} are the wait for a free connection: the median is {}, and {} \
         without it, the 95th percentile {}, and {}, the 99th {}, and {}. {} requests waited, half of them {} or more.",
        percent(share(worst)),
        shorten(&worst.name.to_string()),
        ms(worst.response_times.quantile(0.5)),
        ms(worst.service_times.quantile(0.5)),
        ms(worst.response_times.quantile(0.95)),
        ms(worst.service_times.quantile(0.95)),
        ms(worst.response_times.quantile(0.99)),
        ms(worst.service_times.quantile(0.99)),
        waits.buckets.count(),
        ms(waits.quantile(0.5)),
    );
    let advice = "There are more users than connections carry. Read the service times for what the \
                  target took, or use fewer users. A browser opens 6 connections to an http:// host, \
                  and the command as many as the system allows. Where an API answers by several host names, give \
                  each a user class.";
    Some(facts.reason(
        Cause::OwnQueue,
        verdict,
        facts.health.queue_span,
        evidence,
        advice,
    ))
}

/// Whether few and long waits for a connection make the 95th or the 99th percentile: one of 20 requests, or
/// of 100, waited so long.
fn has_long_tail(facts: &Facts) -> bool {
    let (total, waits) = (&facts.total, &facts.health.own_queue);
    let (n_requests, n_waits) = (total.n_requests as f64, waits.buckets.count() as f64);
    [0.95, 0.99].into_iter().any(|quantile| {
        let of = |it: &TimeTotals| it.quantile(quantile).unwrap_or_default();
        let service = of(&total.service_times);
        let margin = OFF.max(service.mul_f64(OFF_PART));
        let rank = 1.0 - (1.0 - quantile) * n_requests / n_waits.max(1.0);
        let wait = waits.quantile(rank.max(0.0)).unwrap_or_default();
        let is_sure = 0.0 <= rank && needed(quantile) <= total.n_requests;
        is_sure && margin < wait && service + margin < of(&total.response_times)
    })
}

/// The lag that `quantile` of all starts do not exceed. Most are on time, and are not recorded.
fn lag(health: &Health, quantile: f64) -> Duration {
    let n_late = health.start_lag.buckets.count();
    let n_starts = health.n_starts.max(n_late);
    let n_on_time = n_starts - n_late;
    let rank = n_starts as f64 * quantile - n_on_time as f64;
    if rank <= 0.0 || n_late == 0 {
        return Duration::ZERO;
    }
    let lag = health.start_lag.quantile(rank / n_late as f64);
    lag.unwrap_or_default()
}

fn start_lag(facts: &Facts) -> Option<Reason> {
    if !facts.is_open() {
        return None;
    }
    let lag = lag(&facts.health, 0.99);
    let median = facts.total.service_times.quantile(0.5)?;
    let p99 = facts.total.response_times.quantile(0.99)?;
    let verdict = if LAG_INVALID.max(p99.mul_f64(LAG_INVALID_PART)) < lag {
        Grade::Invalid
    } else if LAG_LIMITED.max(median.mul_f64(LAG_LIMITED_PART)) < lag {
        Grade::Limited
    } else {
        return None;
    };
    let evidence = format!(
        "One arrival in a hundred started {} late or later, at most {}. That is part of the response \
         times; the target took {} at the median.",
        ms(Some(lag)),
        ms(facts.health.start_lag.max),
        ms(Some(median)),
    );
    let advice = "The machine of the generator was too busy. Ask for a lower rate, or end what else \
                  runs there; where this was a page, use the command.";
    Some(facts.reason(
        Cause::StartLag,
        verdict,
        facts.health.lag_span,
        evidence,
        advice,
    ))
}

fn rate_not_reached(facts: &Facts) -> Option<Reason> {
    let (lost, evidence) = if facts.is_open() {
        let n_unsent = facts.accounts.unsent;
        let lost = part(n_unsent, facts.accounts.due);
        let evidence = format!(
            "{n_unsent} requests of arrivals, {} of all, were never sent: they still waited for a \
             connection at the end.",
            percent(lost)
        );
        (lost, evidence)
    } else {
        let lag = facts.health.start_lag.sum_micros;
        let lost = facts.part_of_users(lag);
        let evidence = format!(
            "Users went on late after their waits, and lost {} of their time to that; the longest \
             delay was {}. So they sent less than the plan says.",
            percent(lost),
            ms(facts.health.start_lag.max),
        );
        (lost, evidence)
    };
    let verdict = match facts.is_open() {
        true => grade(lost, UNSENT_LIMITED, UNSENT_INVALID)?,
        false => grade(lost, LOST_LIMITED, LOST_INVALID)?,
    };
    let advice = "The generator could not keep the rate. Use fewer users or a lower rate; where this \
                  was a page, the command has more connections and a finer clock.";
    let span = match facts.is_open() {
        true => facts.health.queue_span,
        false => facts.health.lag_span,
    };
    Some(facts.reason(Cause::RateNotReached, verdict, span, evidence, advice))
}

fn held_back(facts: &Facts) -> Option<Reason> {
    let (n_waits, waited) = (facts.health.n_held_back, facts.health.held_back_micros);
    let lost = facts.part_of_users(waited);
    if lost < LOST_LIMITED {
        return None;
    }
    let evidence = format!(
        "The target refused, and asked by Retry-After to be left alone. Users waited for that {}, {} of their time, \
         so they sent less than the plan says.",
        times(n_waits),
        percent(lost),
    );
    let advice = "The numbers are those of a target that refuses. Ask for less load; autostop = false under [load] \
                  of the plan lets users go on all the same.";
    let span = facts.health.held_back_span;
    Some(facts.reason(Cause::HeldBack, Grade::Limited, span, evidence, advice))
}

fn processor(facts: &Facts) -> Option<Reason> {
    let busy = facts.health.busy_micros;
    let share = part(busy, micros(facts.length()));
    if share < BUSY_LIMITED {
        return None;
    }
    let evidence = format!(
        "For {}, {} of the run, the thread of the generator worked for {} of the time or more.",
        ms(Some(Duration::from_micros(busy))),
        percent(share),
        percent(Health::BUSY_SHARE),
    );
    let advice = "It could send no more than it did, so the rate is not the most that the target \
                  takes, and its times have some of the generator’s in them. Use fewer users, or more \
                  machines.";
    Some(facts.reason(
        Cause::Processor,
        Grade::Limited,
        facts.health.busy_span,
        evidence,
        advice,
    ))
}

fn open_files(facts: &Facts) -> Option<Reason> {
    let mut span = None;
    let mut n_failed = 0;
    for (failure, totals) in &facts.total.failures {
        if let Failure::Transport(TransportError::TooManyOpenFiles | TransportError::NoLocalPort) =
            failure
        {
            n_failed += totals.count;
            let (first, last) = (totals.first, totals.last);
            span = Span::joined(span, Some(Span { first, last }));
        }
    }
    let share = part(n_failed, facts.total.n_requests);
    let verdict = grade(share, f64::MIN_POSITIVE, FILES_INVALID)?;
    let evidence = format!(
        "{n_failed} failures, {} of all requests, are the generator’s own: the system gave it no \
         further file or port for a connection. The target never saw them.",
        percent(share)
    );
    let advice = "Allow more open files with “ulimit -n”, use fewer users, or let connections be used \
                  again.";
    Some(facts.reason(Cause::OpenFiles, verdict, span, evidence, advice))
}

fn dropped(facts: &Facts) -> Option<Reason> {
    let n_dropped = facts.accounts.dropped;
    if n_dropped == 0 {
        return None;
    }
    let evidence = format!(
        "{n_dropped} arrivals, {} of all that was due, found no free user and were dropped. They are \
         in no percentile.",
        percent(part(n_dropped, facts.accounts.due))
    );
    let advice = match facts.health.n_held_back {
        0 => "Raise max_users, or ask for a lower rate.",
        _ => {
            "Users that waited as the target had asked for it were not free. Ask for a lower rate."
        }
    };
    let mut slots = facts.slots.iter().filter(|it| 0 < it.n_dropped);
    let first = slots.next();
    let last = slots.next_back().or(first);
    let secs = |secs: u32| Elapsed::from_secs(secs.into());
    let span = first.zip(last).map(|(first, last)| Span {
        first: secs(first.start),
        last: secs(last.start + last.secs).min(facts.at),
    });
    Some(facts.reason(Cause::Dropped, Grade::Limited, span, evidence, advice))
}

fn clock_resolution(facts: &Facts) -> Option<Reason> {
    let step = Duration::from_micros(facts.health.resolution_micros);
    let median = facts.total.service_times.quantile(0.5)?;
    if step.is_zero() || step < median.mul_f64(RESOLUTION_LIMITED) {
        return None;
    }
    let evidence = format!(
        "The clock of the generator has steps of {}, and half of the service times are {} or less. \
         Each time may be wrong by a step.",
        ms(Some(step)),
        ms(Some(median)),
    );
    let advice = "Means are right over many requests, and single times and differences of a step mean \
                  nothing. The command has a finer clock, and Chromium one of 0.1 ms.";
    Some(facts.reason(
        Cause::ClockResolution,
        Grade::Limited,
        None,
        evidence,
        advice,
    ))
}

fn clock_step(facts: &Facts) -> Option<Reason> {
    let span = facts.health.step_span?;
    let evidence = format!(
        "The time of day moved by {} beside the time of the run.",
        ms(Some(Duration::from_micros(facts.health.step_micros))),
    );
    let advice = "Either the machine slept, and what was in flight was lost with it, or its clock was \
                  set, which does nothing to the times. Keep it awake, and run it again.";
    Some(facts.reason(
        Cause::ClockStep,
        Grade::Limited,
        Some(span),
        evidence,
        advice,
    ))
}

fn hidden(facts: &Facts) -> Option<Reason> {
    let span = facts.health.hidden_span?;
    let evidence = format!(
        "The page was hidden for {} of the run.",
        ms(Some(Duration::from_micros(facts.health.hidden_micros))),
    );
    let advice = "Browsers let hidden pages wait, and may freeze them. Keep the tab in front, in a \
                  window of its own.";
    // By itself it does nothing to a worker; a standstill has its own rule.
    let is_harmless = facts.health.n_gaps == 0;
    (!is_harmless)
        .then(|| facts.reason(Cause::Hidden, Grade::Limited, Some(span), evidence, advice))
}

fn other_run(facts: &Facts) -> Option<Reason> {
    let span = facts.health.shared_span?;
    let evidence = format!(
        "Another run of this browser, in another tab, was going on for {} of this one.",
        ms(Some(Duration::from_micros(facts.health.shared_micros))),
    );
    let advice = "Both have the same processor, and where they load the same http:// host, the same \
                  6 connections: the browser lets requests of one wait for the other, and that wait \
                  is in the service times, too. Run one at a time.";
    Some(facts.reason(
        Cause::OtherRun,
        Grade::Limited,
        Some(span),
        evidence,
        advice,
    ))
}

fn preflights(facts: &Facts) -> Option<Reason> {
    let n_preflighted = facts.health.n_preflighted;
    let share = part(n_preflighted, facts.total.n_requests);
    if share < PREFLIGHTS_LIMITED {
        return None;
    }
    let evidence = format!(
        "For {n_preflighted} requests the browser may have asked permission first, by an OPTIONS \
         request that no number counts and whose time is part of theirs."
    );
    let advice = "Let the target answer with Access-Control-Max-Age: 7200, so that the browser asks \
                  once for each URL, and keep what changes out of the URL. The command asks nothing.";
    Some(facts.reason(Cause::Preflights, Grade::Limited, None, evidence, advice))
}

fn unknown_connections(facts: &Facts) -> Option<Reason> {
    let n_waiting = facts.health.n_maybe_waiting;
    if part(n_waiting, facts.total.n_requests) < WAITING_LIMITED {
        return None;
    }
    let evidence = format!(
        "{n_waiting} requests were sent to a host while 6 others were under way to it, and the page may not read \
         whether it speaks HTTP/2. Over HTTP/1.1 the browser lets such requests wait, and that wait is in the \
         service times."
    );
    let advice = "Let the target answer with Timing-Allow-Origin: *, or have no more than 6 users without a wait. \
                  The command knows what a host speaks.";
    let cause = Cause::UnknownConnections;
    Some(facts.reason(cause, Grade::Limited, None, evidence, advice))
}

fn too_few(facts: &Facts) -> Option<Reason> {
    let shown = TooFew {
        found: facts.total.n_requests,
        needed: needed(SHOWN),
    };
    let shown = (shown.found < shown.needed).then_some(shown);
    let TooFew { found, needed } = facts.too_few.or(shown)?;
    if !facts.is_over || facts.total.n_requests == 0 {
        return None;
    }
    let what = match facts.too_few {
        Some(_) => "a percentile that a threshold asks for",
        None => "the 95th percentile",
    };
    let evidence = format!(
        "{what} is from {found} requests, and {needed} are needed to be sure of it.",
        what = capitalized(what)
    );
    let advice = "Let the run last longer.";
    Some(facts.reason(Cause::TooFew, Grade::Limited, None, evidence, advice))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase());
    first.into_iter().flatten().chain(letters).collect()
}

fn ms(time: Option<Duration>) -> String {
    let millis = time.unwrap_or_default().as_secs_f64() * 1e3;
    match millis {
        0.0..10_000.0 => format!("{millis:.1} ms"),
        _ => format!("{:.1} s", millis / 1e3),
    }
}

fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}
