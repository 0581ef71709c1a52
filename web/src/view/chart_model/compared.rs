//! The charts of two runs laid over each other, each by the time since its own start.

use std::collections::BTreeSet;

use mayfly_core::measure::board::{Board, aggregated};
use mayfly_core::measure::series::Slot;
use mayfly_core::measure::snapshot::TimeTotals;

use super::rows::COLORS;
use super::timeline::{Stretch, Timeline};
use super::{Axis, Chart, ChartStyle, LineStyle, Points, percentiles};

/// A run that is compared with another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Side {
    /// What its labels begin with.
    letter: &'static str,
    /// The color of its lines.
    color: &'static str,
    timeline: Timeline,
    /// Those of all requests together.
    response_times: TimeTotals,
}

impl Side {
    /// Two runs, whose slots are passed through `thin`.
    pub(crate) fn pair(boards: [&Board; 2], thin: impl Fn(&[Slot]) -> Vec<Slot>) -> [Self; 2] {
        let [a, b] = boards.map(|board| {
            let timeline = Timeline::new(&thin(&board.whole_slots(board.series())));
            (timeline, aggregated(&board.rows()).response_times)
        });
        [Self::new("A", COLORS[0], a), Self::new("B", COLORS[1], b)]
    }

    fn new(
        letter: &'static str,
        color: &'static str,
        (timeline, response_times): (Timeline, TimeTotals),
    ) -> Self {
        Self {
            letter,
            color,
            timeline,
            response_times,
        }
    }
}

/// All charts of two runs. The last is that by percentile.
pub(crate) fn charts(sides: &[Side; 2]) -> [Chart; 4] {
    let rates: [Line; 2] = [
        ("RPS", false, |it| it.rate(it.n_requests)),
        ("Failures/s", true, |it| it.rate(it.n_failures)),
    ];
    let times: [Line; 2] = [
        ("50th percentile", false, |it| it.percentiles[0]),
        ("95th percentile", true, |it| it.percentiles[2]),
    ];
    let users: [Line; 1] = [("Users", false, |it| Some(it.n_users.into()))];
    [
        over_time("RPS and Failures/s", 1, &rates, sides),
        over_time("Response Times (ms)", 1, &times, sides),
        over_time("Number of Users", 0, &users, sides),
        distributions(sides),
    ]
}

/// A label, whether the line is dashed, and its values.
type Line = (&'static str, bool, fn(&Stretch) -> Option<f64>);

fn over_time(title: &'static str, decimals: usize, lines: &[Line], sides: &[Side; 2]) -> Chart {
    let styles = sides.iter().flat_map(|side| {
        let line = |&(label, is_dashed, _): &Line| line(side, label, is_dashed);
        lines.iter().map(line)
    });
    Chart {
        style: style(title, Axis::Elapsed, decimals, styles.collect()),
        points: points(lines, sides),
    }
}

/// Values of both runs at the same times.
///
/// The longer a run, the longer are its oldest stretches, so those of two runs seldom begin
/// together. What holds for a stretch holds for every second of it: were its value only where it
/// begins, the other run's points would cut its line to pieces.
fn points(lines: &[Line], sides: &[Side; 2]) -> Points {
    let stretches = sides.iter().flat_map(|it| &it.timeline.stretches);
    let at: BTreeSet<u32> = stretches.map(|it| it.start).collect();
    let column = |side: &Side, value: fn(&Stretch) -> Option<f64>| {
        let value = |&second| side.timeline.at(second).and_then(value);
        at.iter().map(value).collect::<Vec<_>>()
    };
    let columns = sides
        .iter()
        .flat_map(|side| lines.iter().map(|line| column(side, line.2)));
    Points {
        columns: columns.collect(),
        at: at.iter().copied().map(f64::from).collect(),
    }
}

fn distributions(sides: &[Side; 2]) -> Chart {
    let lines = sides.iter().map(|it| line(it, "response time", false));
    Chart {
        style: style(
            "Response Times by Percentile (ms)",
            Axis::Percentile,
            1,
            lines.collect(),
        ),
        points: percentiles::points(&sides.each_ref().map(|it| &it.response_times)),
    }
}

fn line(side: &Side, label: &str, is_dashed: bool) -> LineStyle {
    LineStyle {
        label: format!("{} {label}", side.letter),
        name_bytes: 0,
        color: side.color,
        is_dashed,
    }
}

fn style(title: &'static str, axis: Axis, decimals: usize, lines: Vec<LineStyle>) -> ChartStyle {
    ChartStyle {
        title,
        axis,
        decimals,
        has_bands: false,
        lines,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mayfly_core::testing::times;

    use super::*;

    fn slot(start: u32, secs: u32, n_requests: u64) -> Slot {
        Slot {
            start,
            secs,
            n_requests,
            n_failures: n_requests / 2,
            n_users: 3,
            ..Slot::default()
        }
    }

    fn side(letter: &'static str, slots: &[Slot], n_times: usize) -> Side {
        let times = times(vec![Duration::from_millis(20); n_times]);
        Side::new(letter, "--any", (Timeline::new(slots), times))
    }

    fn labels(chart: &Chart) -> Vec<(&str, bool)> {
        let lines = chart.style.lines.iter();
        lines.map(|it| (it.label.as_str(), it.is_dashed)).collect()
    }

    #[test]
    fn a_stretch_is_carried_over_its_length_and_no_further() {
        let long = side("A", &[slot(0, 4, 8), slot(4, 2, 2)], 0);
        let short = side("B", &[slot(1, 1, 6), slot(2, 1, 4), slot(7, 1, 5)], 0);
        let [rates, _, users, _] = charts(&[long, short]);
        assert_eq!(rates.points.at, [0.0, 1.0, 2.0, 4.0, 7.0]);
        let [a, a_failures, b, _] = &rates.points.columns[..] else {
            panic!("two lines for each run");
        };
        assert_eq!(a, &[Some(2.0), Some(2.0), Some(2.0), Some(1.0), None]);
        assert_eq!(a_failures[0], Some(1.0));
        assert_eq!(b, &[None, Some(6.0), Some(4.0), None, Some(5.0)]);
        assert_eq!(users.points.columns[1][1..3], [Some(3.0); 2]);
    }

    #[test]
    fn every_line_says_whose_it_is() {
        let charts = charts(&[side("A", &[], 0), side("B", &[], 0)]);
        let titles = charts.each_ref().map(|it| it.style.title);
        assert_eq!(
            titles,
            [
                "RPS and Failures/s",
                "Response Times (ms)",
                "Number of Users",
                "Response Times by Percentile (ms)"
            ]
        );
        assert_eq!(
            labels(&charts[0]),
            [
                ("A RPS", false),
                ("A Failures/s", true),
                ("B RPS", false),
                ("B Failures/s", true)
            ]
        );
        assert_eq!(labels(&charts[2]), [("A Users", false), ("B Users", false)]);
        for chart in &charts {
            assert_eq!(chart.style.lines.len(), chart.points.columns.len());
        }
    }

    #[test]
    fn the_distribution_of_each_run_ends_where_it_is_known() {
        let [.., by_percentile] = charts(&[side("A", &[], 1000), side("B", &[], 100)]);
        let n_filled = |column: usize| {
            let column = &by_percentile.points.columns[column];
            column.iter().flatten().count()
        };
        assert_eq!(by_percentile.style.axis, Axis::Percentile);
        assert!(n_filled(1) < n_filled(0) && 0 < n_filled(1));
    }

    #[test]
    fn runs_without_numbers_have_charts_without_points() {
        let boards = [&Board::default(), &Board::default()];
        let sides = Side::pair(boards, <[Slot]>::to_vec);
        assert_eq!(sides.each_ref().map(|it| it.color), ["--row-1", "--row-2"]);
        assert!(charts(&sides)[0].points.at.is_empty());
    }
}
