//! What the running view shows, computed from the board: all but the charts, which are in
//! `crate::view::chart_model`. Text is made in `crate::view::format`.

use std::sync::Arc;
use std::time::Duration;

use mayfly_core::http::transport::TransportError;
use mayfly_core::measure::board::{Board, aggregated};
use mayfly_core::measure::phases::PhaseTotals;
use mayfly_core::measure::sample::{Evidence, Failure};
use mayfly_core::measure::snapshot::{
    ExceptionTotals, FailureTotals, Recent, RowTotals, TimeTotals,
};
use mayfly_core::plan::is_absolute;
use mayfly_core::run_state::{EndCause, RunState};
use mayfly_core::time::Elapsed;

use crate::view::diagnosis::{Needs, Unanswered};

/// A row of the statistics table.
///
/// Quantiles are read from the times when they are drawn or sorted by: of 1,000 rows, most are
/// neither.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsRow {
    /// The method; empty for `Aggregated`.
    pub method: &'static str,
    /// The request name.
    pub name: String,
    /// Finished requests, failed ones included.
    pub n_requests: u64,
    /// How many of them failed.
    pub n_failures: u64,
    /// Requests that were in flight when their users were stopped, in no other count.
    pub n_aborted: u64,
    /// Requests that were due and not sent when their users were stopped, in no other count.
    pub n_unsent: u64,
    /// done − due.
    pub response_times: TimeTotals,
    /// done − sent.
    pub service_times: TimeTotals,
    /// Where the time went, as far as it is known.
    pub phases: PhaseTotals,
    /// Mean length of the bodies, in bytes.
    pub average_bytes: Option<u64>,
    /// Requests per second, over the last ten.
    pub request_rate: f64,
    /// Failures per second, over the last ten.
    pub failure_rate: f64,
}

impl StatsRow {
    fn new(method: &'static str, row: RowTotals) -> Self {
        Self {
            method,
            n_requests: row.n_requests,
            n_failures: row.n_failures(),
            n_aborted: row.n_aborted,
            n_unsent: row.n_unsent,
            average_bytes: row.body_bytes.checked_div(row.n_requests),
            request_rate: row.recent.request_rate(),
            failure_rate: row.recent.failure_rate(),
            name: row.name.name,
            response_times: row.response_times,
            service_times: row.service_times,
            phases: row.phases.unwrap_or_default(),
        }
    }

    /// A quantile of the response times, be it sure or not; `None` without requests.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        self.response_times.quantile(quantile)
    }

    /// Failures ÷ requests; zero without requests.
    pub fn fail_ratio(&self) -> f64 {
        self.n_failures as f64 / self.n_requests.max(1) as f64
    }
}

/// A row of the failures table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FailureRow {
    /// How many.
    pub count: u64,
    /// The method.
    pub method: &'static str,
    /// The request name.
    pub name: String,
    /// How many requests of this method and name there were.
    pub n_requests: u64,
    /// Why.
    pub message: String,
    /// When the first was seen.
    pub first: Elapsed,
    /// When the last was seen.
    pub last: Elapsed,
    /// One of them; `None` where there were too many kinds of failures before.
    pub evidence: Option<Arc<Evidence>>,
}

/// Everything the running view shows at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunModel {
    /// What the run is doing.
    pub state: RunState,
    /// When all of this was read, since the run began.
    pub at: Elapsed,
    /// Users alive.
    pub n_users: u32,
    /// Users that wait for a free connection.
    pub n_queued: u32,
    /// Requests that were in flight when their users were stopped.
    pub n_aborted: u64,
    /// Requests that were due and not sent when their users were stopped.
    pub n_unsent: u64,
    /// Users that exceptions ended for good.
    pub n_dead: u64,
    /// Why the run ends or has ended; `None` while it goes on, or if nobody knows.
    pub end_cause: Option<EndCause>,
    /// Arrivals that found no free user.
    pub n_dropped: u64,
    /// Whether there were too many names, so that some are counted in rows named `(other)`.
    pub rows_left_out: bool,
    /// The rows of the statistics, in order of name.
    pub rows: Vec<StatsRow>,
    /// All rows together.
    pub total: Option<StatsRow>,
    /// The failures, in order of name.
    pub failures: Vec<FailureRow>,
    /// Tasks that broke, in order of task and message.
    pub exceptions: Vec<ExceptionTotals>,
    /// The requests of which no answer can be read, for a reason that the browser does not name; in
    /// the order in which they failed.
    pub unanswered: Vec<Unanswered>,
}

impl RunModel {
    /// What `board` says.
    pub fn new(board: &Board) -> Self {
        let rows = board.rows();
        let total = aggregated(&rows);
        Self {
            state: board.state(),
            at: board.at(),
            n_users: board.n_users(),
            n_queued: board.n_queued(),
            n_aborted: total.n_aborted,
            n_unsent: total.n_unsent,
            n_dead: board.n_dead(),
            end_cause: board.end_cause().cloned(),
            n_dropped: board.n_dropped(),
            rows_left_out: board.rows_left_out(),
            unanswered: unanswered(&rows, board.at()),
            failures: rows.iter().flat_map(failures).collect(),
            exceptions: board.exceptions(),
            total: Some(StatsRow::new("", total)),
            rows: rows
                .into_iter()
                .map(|it| StatsRow::new(it.name.method.as_str(), it))
                .collect(),
        }
    }

    /// How many tasks broke.
    pub fn n_exceptions(&self) -> u64 {
        self.exceptions.iter().map(|it| it.count).sum()
    }

    /// What a target has to allow a page from `origin`, as far as it is known to lack it.
    pub fn needs(&self, origin: String) -> Needs {
        let mut needs = Needs {
            origin,
            ..Needs::default()
        };
        for row in &self.rows {
            if !needs.methods.contains(&row.method) {
                needs.methods.push(row.method);
            }
        }
        for header in self.unanswered.iter().flat_map(|it| &it.preflighted) {
            if !needs.headers.contains(header) {
                needs.headers.push(header.clone());
            }
        }
        needs
    }

    /// Requests and failures of all rows.
    pub fn counts(&self) -> (u64, u64) {
        let total = self.total.as_ref();
        total.map_or((0, 0), |it| (it.n_requests, it.n_failures))
    }
}

fn unanswered(rows: &[RowTotals], at: Elapsed) -> Vec<Unanswered> {
    let mut unanswered: Vec<Unanswered> = rows.iter().filter_map(|it| of_row(it, at)).collect();
    unanswered.sort_by_key(|it| it.first);
    unanswered
}

/// `None` if an answer of this row could be read, in the last ten seconds at least.
fn of_row(row: &RowTotals, at: Elapsed) -> Option<Unanswered> {
    let recent = row.recent;
    let has_failed_always = 0 < row.n_requests && row.n_failures() == row.n_requests;
    let has_failed_lately = recent.secs == Recent::WINDOW_SECS
        && 0 < recent.n_requests
        && recent.n_failures == recent.n_requests;
    let window = Elapsed::from_secs(at.as_secs().saturating_sub(Recent::WINDOW_SECS));
    let causes = [
        (has_failed_always, Elapsed::ZERO),
        (has_failed_lately, window),
    ];
    let causes = causes.into_iter().filter(|it| it.0);
    let causes = causes.filter_map(|(_, since)| unexplained_since(row, since));
    let (cause, totals) = causes.into_iter().next()?;
    let evidence = totals.evidence.as_ref()?;
    // The simulated API has no host.
    is_absolute(&evidence.url).then(|| Unanswered {
        method: row.name.method,
        name: row.name.name.clone(),
        url: evidence.url.clone(),
        preflighted: evidence.preflighted.clone(),
        has_timed_out: cause == TransportError::Timeout,
        first: totals.first,
    })
}

/// The failures since then, if the browser names the reason of none; the reason is
/// [`TransportError::Timeout`] only if it is that of all.
fn unexplained_since(row: &RowTotals, since: Elapsed) -> Option<(TransportError, &FailureTotals)> {
    let mut found = None;
    for (failure, totals) in row.failures.iter().filter(|it| since <= it.1.last) {
        match failure {
            Failure::Transport(TransportError::Opaque) => {
                found = Some((TransportError::Opaque, totals));
            }
            Failure::Transport(TransportError::Timeout) => {
                found = found.or(Some((TransportError::Timeout, totals)));
            }
            _ => return None,
        }
    }
    found
}

fn failures(row: &RowTotals) -> impl Iterator<Item = FailureRow> {
    row.failures.iter().map(|(failure, totals)| FailureRow {
        count: totals.count,
        method: row.name.method.as_str(),
        name: row.name.name.clone(),
        n_requests: row.n_requests,
        message: failure.to_string(),
        first: totals.first,
        last: totals.last,
        evidence: totals.evidence.clone(),
    })
}

#[cfg(test)]
mod tests {
    use mayfly_core::http::request::{Method, Request};
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
        let failure = &model.failures[0];
        assert_eq!(failure.message, "500 Internal Server Error");
        assert_eq!(failure.n_requests, model.rows[1].n_requests);
        let status = failure.evidence.as_ref().and_then(|it| it.status);
        assert_eq!(status, Some(500));
        // The first is done at 0.1 s, so the first ten seconds have one less than the rest.
        assert_eq!(total.request_rate, 9.9);
        assert_eq!(model.n_aborted, 1);
    }

    /// What is unanswered at the end of a run of 30 s, whose answer depends on path and time.
    fn unanswered(
        answer: impl Fn(&Request, u64) -> Result<u16, TransportError> + Clone,
    ) -> Vec<Unanswered> {
        let plan = "version = 1\nhost = \"http://a.test\"\n\
                    load = { users = 1, spawn_rate = 1, run_time = 30 }\n\
                    [[user_class]]\nname = \"A\"\norder = \"sequential\"\n\
                    task = [{ get = \"/\" }, { post = \"/cart\", json = {} }]\n";
        let answer = move |at: Elapsed, request: &Request| {
            let after = Duration::from_millis(100);
            match answer(request, at.as_secs()) {
                Err(error) => Answer {
                    after,
                    result: Err(error),
                },
                Ok(status) => answer_after(after, status),
            }
        };
        RunModel::new(&Simulation::of(plan, answer).run().board).unanswered
    }

    #[test]
    fn a_row_of_which_no_answer_can_be_read_is_unanswered() {
        let found = unanswered(|request, _| match request.method {
            Method::Post => Err(TransportError::Opaque),
            _ => Ok(200),
        });
        let [found] = &found[..] else {
            panic!("one row: {found:?}");
        };
        assert_eq!((found.method, &*found.name), (Method::Post, "/cart"));
        assert_eq!(found.url, "http://a.test/cart");
        assert_eq!(found.preflighted, ["content-type"]);
        assert!(!found.has_timed_out);
    }

    #[test]
    fn the_row_that_failed_first_comes_first() {
        let found = unanswered(|_, _| Err(TransportError::Timeout));
        let found = Vec::from_iter(found.iter().map(|it| (&*it.name, it.has_timed_out)));
        assert_eq!(found, [("/", true), ("/cart", true)]);
    }

    #[test]
    fn failures_of_the_last_ten_seconds_are_enough() {
        let from = |start: u64| {
            unanswered(move |_, at| match at {
                at if at < start => Ok(200),
                _ => Err(TransportError::Opaque),
            })
        };
        assert_eq!(from(15).len(), 2);
        assert_eq!(from(25), []);
        // A timeout long ago says nothing about what fails now.
        let found = unanswered(|_, at| match at {
            0..5 => Err(TransportError::Timeout),
            5..15 => Ok(200),
            _ => Err(TransportError::Opaque),
        });
        assert!(found.iter().all(|it| !it.has_timed_out), "{found:?}");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_is_explained_is_not_unanswered() {
        assert_eq!(unanswered(|_, _| Ok(200)), []);
        assert_eq!(unanswered(|_, _| Ok(500)), []);
        assert_eq!(unanswered(|_, _| Err(TransportError::Body)), []);
        // The simulated API has no host that could be asked.
        let simulated = RunModel::new(&board(Err(TransportError::Opaque)));
        assert_eq!(simulated.unanswered, []);
        assert_eq!(RunModel::new(&Board::default()).unanswered, []);
    }
}
