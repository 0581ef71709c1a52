//! Whether a run ends by itself, because its target refuses to answer or is gone.
//!
//! Load on a service that says no measures nothing, and on one of other people it does harm. The counts
//! of whole seconds are looked at, so a request costs nothing.

use std::collections::VecDeque;

use crate::digits::grouped;
use crate::http::transport::TransportError;
use crate::judging::check::status_found;
use crate::measure::board::Board;
use crate::measure::sample::{Failure, reason_phrase};
use crate::measure::snapshot::FailureTotals;
use crate::run_state::EndCause;
use crate::time::Elapsed;

/// Looks at the last seconds of a run.
///
/// To be [updated](Self::update) with every new board.
#[derive(Clone, Debug)]
pub struct Autostop {
    is_on: bool,
    // When counting began. A reset begins anew.
    since: Elapsed,
    // At the ends of the last whole seconds, oldest first.
    totals: VecDeque<Totals>,
    found: Option<EndCause>,
}

impl Autostop {
    /// How many seconds it looks back. A target that comes back sooner stops no run.
    const WINDOW_SECS: u64 = 10;

    /// Fewer requests say nothing.
    const MIN_REQUESTS: u64 = 50;

    /// Looks at a run that it may end, unless `is_on` is false.
    pub fn new(is_on: bool) -> Self {
        Self {
            is_on,
            since: Elapsed::ZERO,
            totals: VecDeque::new(),
            found: None,
        }
    }

    /// Says whether it may end the run from now on.
    pub fn turn(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// Takes note of what `board` says.
    pub fn update(&mut self, board: &Board) {
        if self.since != board.since() {
            self.since = board.since();
            self.totals.clear();
            self.found = None;
        }
        let whole = board.whole_seconds();
        if self.totals.is_empty() {
            self.totals.push_back(Totals {
                second: whole.start,
                ..Totals::default()
            });
        }
        if self.totals.back().is_some_and(|it| whole.end <= it.second) {
            return;
        }
        let last = self.totals.back().copied().unwrap_or_default();
        self.totals.push_back(last.next(board, whole.end));
        while let Some(second) = self.totals.get(1)
            && second.second + Self::WINDOW_SECS <= whole.end
        {
            self.totals.pop_front();
        }
        self.found = self.judge(board);
    }

    /// Why the run is to end; `None` if it is not.
    pub fn cause(&self) -> Option<&EndCause> {
        self.found.as_ref().filter(|_| self.is_on)
    }

    fn judge(&self, board: &Board) -> Option<EndCause> {
        let (first, last) = (self.totals.front()?, self.totals.back()?);
        let window = last.since(first);
        if window.second < Self::WINDOW_SECS {
            return None;
        }
        let text = if Self::MIN_REQUESTS <= window.would_have_ended()
            && self.is_mostly(90, Totals::refused)
        {
            refusal(&window, board)
        } else if Self::MIN_REQUESTS <= window.ended && self.is_mostly(99, |it| it.lost) {
            loss(&window, board, first.second)
        } else {
            return None;
        };
        Some(EndCause::Autostop(text.into()))
    }

    /// Whether these are so many percent of the requests that ended, and the most in every second: a
    /// target that is back fails far fewer requests than it did in a second in which it was gone.
    fn is_mostly(&self, percent: u64, count: fn(&Totals) -> u64) -> bool {
        let is_share = |percent, part: &Totals| percent * part.ended <= 100 * count(part);
        let seconds = self.totals.iter().zip(self.totals.iter().skip(1));
        let mut seconds = seconds.map(|(before, after)| after.since(before));
        let (Some(first), Some(last)) = (self.totals.front(), self.totals.back()) else {
            return false;
        };
        is_share(percent, &last.since(first)) && seconds.all(|it| is_share(51, &it))
    }
}

/// What had ended by the end of a second, or between two such times.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    second: u64,
    ended: u64,
    // With 429 or 503, where that was not expected.
    too_many: u64,
    unavailable: u64,
    // Without a connection, or with one that was closed.
    lost: u64,
    // Time of all users, and how much of it they waited as the target had asked for it.
    user_micros: u64,
    held_back_micros: u64,
}

impl Totals {
    /// What there was by the end of `second`.
    fn next(self, board: &Board, second: u64) -> Self {
        let passed = 1_000_000 * second.saturating_sub(self.second);
        let mut totals = Self {
            second,
            user_micros: self.user_micros + passed * u64::from(board.n_users()),
            held_back_micros: board.health().map_or(0, |it| it.held_back_micros),
            ..Self::default()
        };
        for row in board.parts() {
            totals.ended += row.n_requests;
            for (failure, of_kind) in &row.failures {
                let counted = match (status(failure), failure) {
                    (Some(429), _) => &mut totals.too_many,
                    (Some(503), _) => &mut totals.unavailable,
                    (_, Failure::Transport(error)) if error.is_lost() => &mut totals.lost,
                    _ => continue,
                };
                *counted += of_kind.count;
            }
        }
        totals
    }

    fn since(&self, before: &Self) -> Self {
        let less = |count: fn(&Self) -> u64| count(self).saturating_sub(count(before));
        Self {
            second: less(|it| it.second),
            ended: less(|it| it.ended),
            too_many: less(|it| it.too_many),
            unavailable: less(|it| it.unavailable),
            lost: less(|it| it.lost),
            user_micros: less(|it| it.user_micros),
            held_back_micros: less(|it| it.held_back_micros),
        }
    }

    fn refused(&self) -> u64 {
        self.too_many + self.unavailable
    }

    /// How many requests would have ended if no user had waited as the target asks for.
    fn would_have_ended(&self) -> u64 {
        let had = self.user_micros.max(1);
        let free = had.saturating_sub(self.held_back_micros).max(1);
        let number = u128::from(self.ended) * u128::from(had) / u128::from(free);
        u64::try_from(number).unwrap_or(u64::MAX)
    }
}

/// Whether a request failed because the target refuses: with 429 or 503, where that was not expected.
pub fn is_refusal(failure: &Failure) -> bool {
    matches!(status(failure), Some(429 | 503))
}

/// The status that was not the expected one.
fn status(failure: &Failure) -> Option<u16> {
    match failure {
        Failure::Check(message) => status_found(message),
        Failure::Status(status) => Some(*status),
        Failure::Transport(_) => None,
    }
}

fn refusal(window: &Totals, board: &Board) -> String {
    let statuses = [(window.too_many, 429), (window.unavailable, 503)];
    let seen = statuses.into_iter().filter(|it| 0 < it.0);
    let phrase = |status| format!("{status} {}", reason_phrase(status).unwrap_or_default());
    let seen = Vec::from_iter(seen.map(|it| phrase(it.1))).join(" or ");
    let refusals = failures(board).filter(|it| is_refusal(it.0));
    let waits = refusals.filter_map(|it| it.1.evidence.as_ref()?.retry_after());
    let wait = waits.max().map_or_else(String::new, |wait| {
        let secs = grouped(wait.as_secs(), ',');
        format!(", with a Retry-After of up to {secs} s")
    });
    format!(
        "the target refuses: {} got {seen}{wait}; {}",
        share(window, window.refused()),
        go_on("against a service that says no")
    )
}

fn loss(window: &Totals, board: &Board, from: u64) -> String {
    let from = Elapsed::from_secs(from);
    let lost = failures(board).filter_map(|(failure, totals)| match failure {
        Failure::Transport(error) if error.is_lost() => Some((*error, totals)),
        _ => None,
    });
    let recent = lost.filter(|it| from <= it.1.last);
    let most = recent.max_by_key(|it| it.1.count).map(|it| it.0);
    format!(
        "the target is gone: {} got no answer ({}); {}",
        share(window, window.lost),
        most.unwrap_or(TransportError::Connect),
        go_on("all the same")
    )
}

fn share(window: &Totals, part: u64) -> String {
    format!(
        "{} % of the {} requests that ended in the last {} s",
        100 * part / window.ended.max(1),
        grouped(window.ended, ','),
        window.second
    )
}

fn go_on(how: &str) -> String {
    format!("autostop = false under [load] of the plan lets a run go on {how}")
}

fn failures(board: &Board) -> impl Iterator<Item = (&Failure, &FailureTotals)> {
    board.parts().flat_map(|it| &it.failures)
}

#[cfg(test)]
mod tests;
