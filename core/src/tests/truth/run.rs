//! A run whose target keeps a record of its own, and what is shown of it.

use std::rc::Rc;
use std::time::Duration;

use crate::http::request::Request;
use crate::measure::board::aggregated;
use crate::measure::estimate::needed;
use crate::plan::Plan;
use crate::running::shard::Command;
use crate::testing::{Faults, Outcome, Simulation, answer_after};
use crate::time::Elapsed;
use crate::verdict::threshold::Verdicts;
use crate::verdict::validity::{Cause, Validity};

const MILLI: Duration = Duration::from_millis(1);

/// How long a target takes for what comes at a time, the same whenever it is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    pub(super) usual: Duration,
    // One of so many takes ten times as long; none, if it is zero.
    pub(super) slow_one_of: u64,
    // Nothing is answered between these times, and what came is answered then.
    pub(super) stall: Option<(Elapsed, Elapsed)>,
    // One of so many is never answered; none, if it is zero.
    pub(super) hung_one_of: u64,
    pub(super) status: u16,
}

pub(super) const QUICK: Service = Service {
    usual: Duration::from_millis(20),
    slow_one_of: 0,
    stall: None,
    hung_one_of: 0,
    status: 200,
};

impl Service {
    const NEVER: Duration = Duration::from_secs(100_000);

    pub(super) fn time(&self, at: Elapsed) -> Duration {
        let draw = at.as_micros().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let is_one_of = |n: u64| n != 0 && draw.is_multiple_of(n);
        if is_one_of(self.hung_one_of) {
            return Self::NEVER;
        }
        let wait = match self.stall {
            Some((from, to)) if from <= at && at < to => to.since(at),
            _ => Duration::ZERO,
        };
        wait + self.usual * if is_one_of(self.slow_one_of) { 10 } else { 1 }
    }
}

/// A run and what its target does.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) service: Service,
    pub(super) faults: Faults,
    pub(super) capacity: usize,
    pub(super) n_shards: u32,
    pub(super) commands: Vec<(Elapsed, Command)>,
}

impl Run {
    pub(super) fn new(load: &str, lines: &str, service: Service) -> Self {
        let toml = format!(
            "version = 1\nrequest = {{ timeout = 30 }}\nload = {{ {load} }}\n\
             [[user_class]]\nname = 'A'\n{lines}\ntask = [{{ get = '/' }}]\n"
        );
        Self {
            plan: Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}\n{toml}")),
            service,
            faults: Faults::default(),
            capacity: 1000,
            n_shards: 1,
            commands: Vec::new(),
        }
    }

    pub(super) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.plan.request.timeout = timeout;
        self
    }

    pub(super) fn judge(self) -> Judged {
        let (service, capacity) = (self.service, self.capacity);
        let answer = move |at: Elapsed, _: &Request| answer_after(service.time(at), service.status);
        let timeout = self.plan.request.timeout;
        let mut verdicts = Verdicts::new(&self.plan.thresholds);
        let simulation = Simulation {
            faults: self.faults,
            n_shards: self.n_shards,
            commands: self.commands,
            capacity: Rc::new(move |_, _| capacity),
            ..Simulation::new(self.plan, answer)
        };
        let outcome = simulation.run();
        verdicts.update(&outcome.board);
        let too_few = Vec::from_iter(verdicts.iter().filter_map(|it| it.too_few));
        let validity = Validity::new(&outcome.board, &too_few).expect("a run of this version");
        let (mut record, mut known) = record(&outcome, service, timeout);
        record.sort_unstable();
        known.sort_unstable();
        Judged {
            outcome,
            validity,
            record,
            known,
        }
    }
}

/// How long the target took, or would have, for each request that came since counting began; and how much of
/// that was over when the run was. What a request would have taken nobody knows who gives it up.
fn record(
    outcome: &Outcome,
    service: Service,
    timeout: Duration,
) -> (Vec<Duration>, Vec<Duration>) {
    let (since, end) = (outcome.board.since(), outcome.board.at());
    let mut record = Vec::new();
    let mut known = Vec::new();
    for log in &outcome.logs {
        let sent = log.sent.borrow();
        let times = sent
            .iter()
            .map(|(at, _)| (*at, service.time(*at).min(timeout)));
        for (at, time) in times.filter(|(at, it)| since <= *at + *it) {
            record.push(time);
            known.push(time.min(end.since(at)));
        }
    }
    (record, known)
}

/// What is shown of a run, and what its target has recorded.
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) validity: Validity,
    // Both sorted.
    record: Vec<Duration>,
    known: Vec<Duration>,
}

impl Judged {
    /// What is wrong with the numbers; `None` if nothing is.
    pub(super) fn wrong(&self) -> Option<String> {
        let total = aggregated(&self.outcome.board.rows());
        let accounts = self.outcome.board.accounts();
        let n_sent = self.record.len() as u64;
        let n_told = accounts.answered + accounts.failed + accounts.given_up;
        // Around a reset, what the target has done and what is noticed of it are told apart by the lag.
        let is_reset = Elapsed::ZERO < self.outcome.board.since();
        if !accounts.adds_up() || n_told != n_sent && !is_reset {
            return Some(format!("{n_sent} requests came; {accounts}"));
        }
        for quantile in [0.5, 0.95, 0.99] {
            if total.n_requests < needed(quantile) {
                continue;
            }
            let shown = total.response_times.quantile(quantile)?;
            // A few that hang say nothing of a percentile, and are given up without a word.
            let ranks = 0.011 + 4.0 / n_sent as f64;
            let least = at(&self.known, quantile - ranks);
            // The longest of all would let any 99th percentile pass.
            let most = self.recorded(quantile + ranks.min((1.0 - quantile) / 2.0));
            let margin = |it: Duration| (10 * MILLI).max(it.mul_f64(0.05)) + MILLI;
            if shown + margin(least) < least || most + margin(most) < shown {
                return Some(format!(
                    "p{} is shown as {shown:?}, and was {least:?} to {most:?}",
                    100.0 * quantile
                ));
            }
        }
        None
    }

    pub(super) fn recorded(&self, quantile: f64) -> Duration {
        at(&self.record, quantile)
    }

    pub(super) fn causes(&self) -> Vec<Cause> {
        self.validity.reasons.iter().map(|it| it.cause).collect()
    }
}

/// A quantile of sorted times, of which there are some.
fn at(times: &[Duration], quantile: f64) -> Duration {
    let rank = (times.len() as f64 * quantile).ceil().max(1.0) as usize;
    times[rank.min(times.len()) - 1]
}
