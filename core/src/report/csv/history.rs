//! The statistics over time.

use std::time::{Duration, SystemTime};

use super::super::QUANTILES;
use super::{finish, millis, rate, text, write, writer};
use crate::measure::board::{Board, aggregated};
use crate::measure::histogram::Buckets;
use crate::measure::series::Slot;
use crate::measure::snapshot::{RowTotals, TimeTotals};

/// One line per slot of the series of each row, and of `Aggregated`, in order of time; the columns
/// are those of Locust's `stats_history.csv`.
///
/// A slot is a second, and where the run is long older ones are longer. The timestamp is the end of
/// the slot, in seconds since 1970. Rates and percentiles are of the slot alone, where Locust has
/// those of the last ten seconds; the columns with *Total* are of all slots so far. Times are in
/// milliseconds to two digits, `N/A` without requests. Of a second that was not counted from begin to
/// end, as that in which a run ended, rates are `N/A`: for so short a time they mean nothing. The
/// average content size over time is not kept, so it is `N/A` but in the last line of each row.
///
/// Rows have a series once a run is over. While it goes on, the second under way is left out.
pub fn history(board: &Board, started: SystemTime) -> String {
    text_of(lines(board, &board.rows(), started))
}

/// The same of `Aggregated` alone, which is all that Locust writes unless it is told otherwise.
pub fn total_history(board: &Board, started: SystemTime) -> String {
    text_of(lines(board, &[], started))
}

fn text_of(lines: Vec<Vec<String>>) -> String {
    let mut out = writer();
    write(&mut out, titles());
    for line in lines {
        write(&mut out, line);
    }
    finish(out)
}

fn titles() -> impl Iterator<Item = &'static str> {
    let first = [
        "Timestamp",
        "User Count",
        "Type",
        "Name",
        "Requests/s",
        "Failures/s",
    ];
    let last = [
        "Total Request Count",
        "Total Failure Count",
        "Total Median Response Time",
        "Total Average Response Time",
        "Total Min Response Time",
        "Total Max Response Time",
        "Total Average Content Size",
    ];
    let quantiles = QUANTILES.map(|(_, title)| title);
    first.into_iter().chain(quantiles).chain(last)
}

/// All lines, by time, and then in order of name with `Aggregated` last.
fn lines(board: &Board, rows: &[RowTotals], started: SystemTime) -> Vec<Vec<String>> {
    let total = aggregated(&board.rows());
    let all = board.series();
    let is_over = !board.state().is_active();
    let end = board.at().as_secs();
    let is_done = |slot: &Slot| is_over || slot_end(slot) <= end;
    let clock = Clock {
        board,
        started,
        users: &all,
    };
    let mut lines: Vec<(u64, Vec<String>)> = Vec::new();
    for row in rows {
        let slots = row.series.iter().flatten().filter(|it| is_done(it));
        lines.extend(clock.lines(row.name.method.as_str(), row, slots));
    }
    lines.extend(clock.lines("", &total, all.iter().filter(|it| is_done(it))));
    // Stable, so rows stay in order.
    lines.sort_by_key(|it| it.0);
    lines.into_iter().map(|it| it.1).collect()
}

fn slot_end(slot: &Slot) -> u64 {
    u64::from(slot.start) + u64::from(slot.secs)
}

/// What is known about every moment of the run.
struct Clock<'a> {
    board: &'a Board,
    started: SystemTime,
    // All rows together: the series of a row knows no users.
    users: &'a [Slot],
}

impl Clock<'_> {
    /// The lines of one row, with the second at which each ends.
    fn lines<'a>(
        &self,
        method: &str,
        row: &RowTotals,
        slots: impl Iterator<Item = &'a Slot>,
    ) -> Vec<(u64, Vec<String>)> {
        let mut sum = Sum::default();
        let mut lines = Vec::new();
        for slot in slots {
            sum.add(slot);
            let end = slot_end(slot);
            let mut line = vec![
                self.timestamp(end).to_string(),
                self.n_users(end).to_string(),
                method.to_owned(),
                text(&row.name.name).into_owned(),
            ];
            line.extend(of_slot(
                slot,
                self.board.is_whole(slot),
                &row.response_times,
            ));
            line.extend(sum.cells(&row.response_times));
            line.push("N/A".to_owned());
            lines.push((end, line));
        }
        if let (Some(bytes), Some((_, line))) =
            (row.body_bytes.checked_div(row.n_requests), lines.last_mut())
        {
            line.pop();
            line.push(bytes.to_string());
        }
        lines
    }

    fn timestamp(&self, end: u64) -> u64 {
        let since = self.started.duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default().as_secs().saturating_add(end)
    }

    fn n_users(&self, end: u64) -> u32 {
        let place = self.users.partition_point(|it| slot_end(it) < end);
        self.users.get(place).map_or(0, |it| it.n_users)
    }
}

fn of_slot(slot: &Slot, is_whole: bool, whole_run: &TimeTotals) -> Vec<String> {
    let length = Duration::from_secs(slot.secs.into());
    let rate = |count| match is_whole {
        true => rate(count, length),
        false => "N/A".to_owned(),
    };
    let mut cells = vec![rate(slot.n_requests), rate(slot.n_failures)];
    let time = |quantile| within(slot.response_times.quantile(quantile), whole_run);
    cells.extend(QUANTILES.map(|(quantile, _)| millis(time(quantile))));
    cells
}

/// The upper end of a bucket may lie beyond all times of the run.
fn within(time: Option<Duration>, whole_run: &TimeTotals) -> Option<Duration> {
    Some(time?.clamp(whole_run.min?, whole_run.max?))
}

/// All slots so far.
#[derive(Default)]
struct Sum {
    n_requests: u64,
    n_failures: u64,
    micros: u64,
    times: Buckets,
}

impl Sum {
    fn add(&mut self, slot: &Slot) {
        self.n_requests += slot.n_requests;
        self.n_failures += slot.n_failures;
        self.micros += slot.sum_micros;
        self.times.merge(&slot.response_times);
    }

    /// `whole_run` knows the exact ends, beyond which no time lies.
    fn cells(&self, whole_run: &TimeTotals) -> [String; 6] {
        let time = |quantile| within(self.times.quantile(quantile), whole_run);
        let mean = self.micros.checked_div(self.n_requests);
        let mean = mean.map(Duration::from_micros);
        // The mean is exact, and the end of a bucket is not.
        let min = time(0.0).map(|it| mean.map_or(it, |mean| it.min(mean)));
        [
            self.n_requests.to_string(),
            self.n_failures.to_string(),
            millis(time(0.5)),
            millis(mean),
            millis(min),
            millis(time(1.0)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;
    use crate::testing::{Answer, Simulation, answer_after, class, load, plan, task};
    use crate::time::Elapsed;

    fn started() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_700)
    }

    #[test]
    fn history_has_locusts_columns_and_running_totals() {
        let mut user = class("A", 1);
        user.set.tasks = vec![task(1, "/a")].try_into().unwrap();
        let answer =
            |_: Elapsed, _: &Request| -> Answer { answer_after(Duration::from_millis(400), 503) };
        let board = Simulation::new(plan(vec![user], load(1, 1.0), 2), answer)
            .run()
            .board;
        // Done at 0.4, 0.8, 1.2, 1.6 and 2.0, where the run ends.
        let text = history(&board, started());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "Timestamp,User Count,Type,Name,Requests/s,Failures/s,\
             50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,\
             Total Request Count,Total Failure Count,Total Median Response Time,\
             Total Average Response Time,Total Min Response Time,Total Max Response Time,\
             Total Average Content Size"
        );
        let slot = ["400.000"; 11].join(",");
        let whole = "400.000,400.000,400.000,400.000";
        let line = |end, name, total, bytes| {
            format!("{end},1,{name},2.000000,2.000000,{slot},{total},{total},{whole},{bytes}")
        };
        assert_eq!(lines[1], line(1_700_000_001, "GET,/a", 2, "N/A"));
        assert_eq!(lines[2], line(1_700_000_001, ",Aggregated", 2, "N/A"));
        assert_eq!(lines[3], line(1_700_000_002, "GET,/a", 4, "N/A"));
        assert_eq!(lines[4], line(1_700_000_002, ",Aggregated", 4, "N/A"));
    }

    #[test]
    fn a_second_that_was_cut_off_has_no_rate() {
        let mut plan = plan(vec![class("A", 1)], load(1, 1.0), 1);
        plan.load.run_time = Duration::from_millis(1250).try_into().ok();
        let answer = |_: Elapsed, _: &Request| answer_after(Duration::from_millis(100), 200);
        let text = history(&Simulation::new(plan, answer).run().board, started());
        let lines = text.lines().filter(|it| it.contains("Aggregated"));
        let rates: Vec<_> = lines.map(|it| it.split(',').nth(4).unwrap()).collect();
        assert_eq!(rates, ["9.000000", "N/A"]);
    }

    #[test]
    fn times_are_in_order_in_every_line() {
        let micros = |at: Elapsed| 9_400 + at.as_micros() % 1_000;
        let answer = move |at: Elapsed, _: &Request| -> Answer {
            answer_after(Duration::from_micros(micros(at)), 200)
        };
        let plan = plan(vec![class("A", 1)], load(1, 1.0), 3);
        let text = history(&Simulation::new(plan, answer).run().board, started());
        for line in text.lines().skip(1) {
            let cells: Vec<f64> = line
                .split(',')
                .map(|it| it.parse().unwrap_or(-1.0))
                .collect();
            let [average, min, max] = [20, 21, 22].map(|it| cells[it]);
            assert!(0.0 < min && min <= average && average <= max, "{line}");
            assert!(cells[16] <= max, "{line}");
        }
    }

    #[test]
    fn the_last_line_of_each_row_agrees_with_the_requests() {
        let mut user = class("A", 2);
        user.set.tasks = vec![task(1, "/a"), task(2, "/b")].try_into().unwrap();
        let answer =
            |at: Elapsed, _: &Request| answer_after(Duration::from_millis(7 + at.as_secs()), 200);
        let board = Simulation::new(plan(vec![user], load(3, 1.0), 600), answer)
            .run()
            .board;
        let text = history(&board, started());
        let rows = board.rows();
        let total = aggregated(&rows);
        for (name, row) in [
            (",GET,/a,", &rows[0]),
            (",GET,/b,", &rows[1]),
            (",,Aggregated,", &total),
        ] {
            let last = text.lines().rfind(|it| it.contains(name)).unwrap();
            let cells: Vec<&str> = last.split(',').collect();
            assert_eq!(cells[17], row.n_requests.to_string());
            assert_eq!(cells[18], row.n_failures().to_string());
            assert_eq!(cells[20], millis(row.response_times.mean()));
            assert_eq!(cells[22], millis(row.response_times.max));
            assert_eq!(cells[23], "100");
        }
    }

    #[test]
    fn the_total_alone_is_the_same_without_the_rows() {
        let answer = |_: Elapsed, _: &Request| answer_after(Duration::from_millis(300), 200);
        let board = Simulation::new(plan(vec![class("A", 1)], load(1, 1.0), 5), answer)
            .run()
            .board;
        let full = history(&board, started());
        let total = full.lines().filter(|it| !it.contains(",GET,"));
        assert_eq!(
            total_history(&board, started()).lines().collect::<Vec<_>>(),
            total.collect::<Vec<_>>()
        );
    }

    #[test]
    fn while_a_run_goes_on_the_second_under_way_is_left_out() {
        let answer = |_: Elapsed, _: &Request| answer_after(Duration::from_millis(300), 200);
        let run = Simulation::new(plan(vec![class("A", 1)], load(1, 1.0), 5), answer).run();
        let mut snapshots = run.snapshots.into_iter();
        let early = snapshots.find(|it| Elapsed::from_micros(2_400_000) < it.at);
        let mut board = Board::default();
        board.post(early.unwrap());
        assert!(board.state().is_active());
        let n_lines = history(&board, started()).lines().count() as u64;
        assert_eq!(n_lines, 1 + board.at().as_secs());
    }
}
